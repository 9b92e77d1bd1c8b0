/* trace.h: lines that programs write behind a failure: what called what. */
#pragma once
#include "base/str.h"

/* Whether a line that states no time looks as one of a trace of PHP, Python, Java, .NET, Ruby, Go
 * or Node, also where it begins with no blank. */
bool trace_is_line(struct str line);
/* A frame of one, of which there may be hundreds: "\tat a.B.c(B.java:7)", "\t... 9 more", "  File
 * "a.py", line 7, in f", "#0 …". */
bool trace_is_frame(struct str line);
