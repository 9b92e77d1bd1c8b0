/* fuzz_opening_read.c: whatever is read as an opening is, written again, the same bytes. */
#include "journal/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf value = {0};
    CLEANUP_BUF struct buf again = {0};
    struct str line = {(const char *)data, size};
    struct opening opening;
    struct err e;

    if (opening_read(&opening, &value, line, &e) != 0)
        return 0;
    opening_write(&again, &opening);
    if (!str_eq(buf_str(&again), line))
        BUG("an opening is read that is not written so");
    return 0;
}
