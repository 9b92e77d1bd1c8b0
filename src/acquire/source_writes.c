/* source_writes.c: asks the kernel how much was written to a disk. */
#include "acquire/source_writes.h"
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "base/mem.h"
#include "sys/file.h"

enum { VALUE_SIZE = 4096, WRITTEN_SECTORS = 7 }; /* its place in the file, from 1 */

static bool add_file(struct buf *out, const char *path)
{
    CLEANUP_BUF struct buf text = {0};

    if (file_read(&text, path, VALUE_SIZE, NULL))
        return false;
    buf_addstr(out, str_trim(buf_str(&text)));
    return true;
}

/* The disk's, also of a partition. */
static bool add_disk(struct buf *out, dev_t device)
{
    static const char *const folders[] = {"", "/.."};
    char path[PATH_MAX];

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof(path), "/sys/dev/block/%u:%u%s/diskseq", major(device), minor(device),
                 folders[i]);
        if (file_is_there(path))
            return add_file(out, path);
    }
    return false;
}

/* The kernel's Documentation/block/stat.rst. */
static bool add_written(struct buf *out, dev_t device)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest, field = STR("");
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(device), minor(device));
    if (!add_file(&text, path))
        return false;
    rest = buf_str(&text);
    for (int i = 0; i < WRITTEN_SECTORS; i++)
        field = str_field(&rest);
    buf_addstr(out, field);
    return field.len > 0;
}

void source_writes(const char *path, struct buf *out)
{
    CLEANUP_BUF struct buf text = {0};
    struct stat st;
    bool is_told;

    if (stat(path, &st) || !S_ISBLK(st.st_mode))
        return;
    is_told = add_file(&text, "/proc/sys/kernel/random/boot_id");
    buf_addc(&text, ' ');
    is_told = is_told && add_disk(&text, st.st_rdev);
    buf_addc(&text, ' ');
    if (is_told && add_written(&text, st.st_rdev))
        buf_addstr(out, buf_str(&text));
    else
        buf_adds(out, "unknown");
}

uint64_t source_writes_between(const char *before, const char *now)
{
    const char *from = strrchr(before, ' '), *to = strrchr(now, ' ');
    uint64_t first, last;

    if (!from || !to || from - before != to - now ||
        strncmp(before, now, (size_t)(from - before)) != 0 || !str_u64(str_of(from + 1), &first) ||
        !str_u64(str_of(to + 1), &last) || last < first)
        return 0;
    return last - first;
}
