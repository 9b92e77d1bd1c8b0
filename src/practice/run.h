/* run.h: commands and shells that are recorded as they run. */
#pragma once
#include "case/operation.h"

extern const struct kind recording_kind;   /* "recording", rec1 … */
extern const struct operation run_command; /* calm run -- COMMAND…, calm run --shell */
extern const struct operation run_list;
