/* fuzz_groups_read.c: whatever is read as groups is, printed and read again, the same bytes. */
#include "journal/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf printed = {0};
    uint8_t bytes[32];
    uint8_t again[32];
    struct err e;

    if (groups_read(bytes, (struct str){(const char *)data, size}, &e) != 0)
        return 0;
    groups_write(&printed, bytes);
    if (groups_read(again, buf_str(&printed), &e) != 0 || memcmp(bytes, again, sizeof(bytes)) != 0)
        BUG("printed groups are not read again");
    return 0;
}
