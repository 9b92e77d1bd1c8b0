/* disk_mark.c: knows disks and file systems by the marks at their beginnings. */
#include "timeline/disk_mark.h"
#include <string.h>
#include "base/mem.h"

enum { MARK_MOST = 8 };

/* Boot sectors (DOS, GPT, FAT, NTFS, exFAT): the same two bytes; ext:
 * Documentation/filesystems/ext4/super.rst; ISO 9660: ECMA-119 8.1; HFS+: TN1150; UFS:
 * sys/ufs/ffs/fs.h of FreeBSD; E01: ewf_set.h; the others as disk_know.c, which says what to do
 * with them. */
static const struct mark {
    uint64_t off;
    uint32_t size;
    char bytes[MARK_MOST];
} marks[] = {
    {0, 8, "EVF\x09\x0d\x0a\xff\0"},
    {510, 2, "\x55\xaa"},
    {1024 + 56, 2, "\x53\xef"},
    {32769, 5, "CD001"},
    {1024, 4, "H+\0\x04"},
    {1024, 4, "HX\0\x05"},
    {8192 + 1372, 4, "\x54\x19\x01\0"}, /* UFS1, of either byte order */
    {8192 + 1372, 4, "\0\x01\x19\x54"},
    {65536 + 1372, 4, "\x19\x01\x54\x19"}, /* UFS2 */
    {65536 + 1372, 4, "\x19\x54\x01\x19"},
    {262144 + 1372, 4, "\x19\x01\x54\x19"},
    {262144 + 1372, 4, "\x19\x54\x01\x19"},
    {0, 6, "LUKS\xba\xbe"},
    {0, 4, "XFSB"},
    {32, 4, "NXSB"},
    {0x10040, 8, "_BHRfS_M"},
};

int disk_mark_is_there(reader_bytes_at *bytes, void *context, bool *out, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        const struct mark *m = &marks[i];
        char found[MARK_MOST];
        size_t got = 0;
        int rc = bytes(context, m->off, found, m->size, &got, e);

        if (rc)
            return rc;
        if (got == m->size && memcmp(found, m->bytes, m->size) == 0) {
            *out = true;
            return 0;
        }
    }
    *out = false;
    return 0;
}
