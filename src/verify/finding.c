/* finding.c: words a finding where it is made. */
#include "verify/finding.h"

#include <stdarg.h>
#include <stdio.h>

int finding_set(struct finding *f, enum status status, uint64_t record, const char *rule,
                const char *format, ...)
{
    va_list args;

    f->status = status;
    f->record = record;
    f->rule = rule;
    va_start(args, format);
    (void)vsnprintf(f->text, sizeof f->text, format, args); /* a long sentence is cut */
    va_end(args);
    return -1;
}
