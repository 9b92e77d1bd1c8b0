/* file_area.c: asks where the data of a sparse file lies (lseek(2), SEEK_DATA and SEEK_HOLE). */
#include "sys/file_area.h"
#include <errno.h>
#include <unistd.h>
#include "base/mem.h"

static void add(struct file_areas *a, uint64_t off, uint64_t end)
{
    a->list = mem_grow(a->list, a->count, &a->room, sizeof(a->list[0]));
    a->list[a->count++] = (struct file_area){off, end - off};
    a->data += end - off;
}

/* Where data begins from off on; the size where there is none. */
static uint64_t data_from(const struct file_areas *a, int fd, uint64_t off)
{
    off_t data = lseek(fd, (off_t)off, SEEK_DATA);

    if (data < 0)
        return errno == ENXIO ? a->size : off; /* any other: it cannot tell */
    return (uint64_t)data < a->size ? (uint64_t)data : a->size;
}

static uint64_t data_end(const struct file_areas *a, int fd, uint64_t off)
{
    off_t hole = a->count + 1 < FILE_AREA_COUNT ? lseek(fd, (off_t)off, SEEK_HOLE) : -1;

    return hole <= (off_t)off || (uint64_t)hole > a->size ? a->size : (uint64_t)hole;
}

void file_areas_read(struct file_areas *a, int fd, const struct stat *st)
{
    uint64_t off = 0;

    a->count = 0;
    a->data = 0;
    a->size = st->st_size > 0 ? (uint64_t)st->st_size : 0;
    if ((uint64_t)st->st_blocks * 512 >= a->size) {
        if (a->size)
            add(a, 0, a->size);
        return;
    }
    while ((off = data_from(a, fd, off)) < a->size) {
        uint64_t end = data_end(a, fd, off);

        add(a, off, end);
        off = end;
    }
    (void)lseek(fd, 0, SEEK_SET);
}

void file_areas_release(struct file_areas *a)
{
    free(a->list);
}
