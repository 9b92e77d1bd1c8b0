/* fuzz_timeline_intake.c: any list of files becomes well-formed events, and counts that add up. */
#include "fuzz_timeline.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_format(&format_intake, data, size);
}
