/* fuzz_timeline_utmp.c: any bytes become events of utmp and lastlog that are well-formed, and
 * counts that add up. */
#include "fuzz_timeline.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_format(&format_utmp, data, size);
    (void)fuzz_format(&format_utmp_wide, data, size);
    (void)fuzz_format(&format_lastlog, data, size);
    (void)fuzz_format(&format_lastlog_wide, data, size);
    return 0;
}
