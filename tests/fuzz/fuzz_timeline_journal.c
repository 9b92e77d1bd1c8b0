/* fuzz_timeline_journal.c: any bytes become events of the systemd journal, binary and exported that
 * are well-formed, and counts that add up. */
#include "fuzz_timeline.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_format(&format_journal, data, size);
    (void)fuzz_format(&format_journal_export, data, size);
    return 0;
}
