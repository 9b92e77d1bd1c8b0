/* report.h: a verdict in plain words, in one line, or as JSON. */
#pragma once
#include "verify/verify.h"

#include <stdio.h>

void report_plain(FILE *out, const char *name, const struct verdict *v);
void report_brief(FILE *out, const char *name, const struct verdict *v);
void report_json(FILE *out, const char *name, const struct verdict *v);

/* Writes text with whatever could steer a terminal or deceive a reader spelled \xNN: controls,
 * bytes that are no UTF-8, and characters that are invisible or turn the direction of writing. */
void report_escaped(FILE *out, const char *text);
