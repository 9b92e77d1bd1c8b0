/* fuzz_timeline_evtx.c: any bytes become events of event logs of Windows that are well-formed, and
 * counts that add up. */
#include "fuzz_timeline.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_format(&format_evtx, data, size);
    return 0;
}
