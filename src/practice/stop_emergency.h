/* stop_emergency.h: cut this host off at once, asking nothing. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_emergency;
/* Takes what could not be put on record then into the case. */
extern const struct operation stop_record;
