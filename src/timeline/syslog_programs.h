/* syslog_programs.h: what sentences of programs mean that write to syslog and the journal. */
#pragma once
#include "timeline/pattern.h"

extern const struct program syslog_programs[];
extern const size_t syslog_program_count;
