/* fuzz_timeline_intake.c: any list of files, as either program writes it, becomes well-formed
 * events, and counts that add up. */
#include "fuzz_timeline.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_format(&format_live_file, data, size);
    return fuzz_format(&format_intake, data, size);
}
