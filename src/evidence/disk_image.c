/* disk_image.c: gives libtsk the bytes of a disk, and remembers where they are damaged. */
#include "base/mem.h"
#include "evidence/disk_job.h"

/* Reads came before in any order; ranges that touch become one. */
static void note_damage(struct disk_image *image, uint64_t off, uint64_t size)
{
    struct disk_damage *d = image->damage;
    size_t at = 0;

    while (at < image->damage_count && d[at].end < off)
        at++;
    if (at < image->damage_count && d[at].off <= off && off + size <= d[at].end)
        return;
    if (at < image->damage_count && d[at].off <= off + size) {
        d[at].off = d[at].off < off ? d[at].off : off;
        d[at].end = d[at].end > off + size ? d[at].end : off + size;
        return;
    }
    /* Full: the last range takes in all that lies between. */
    if (image->damage_count == DISK_DAMAGE_COUNT) {
        at = at < DISK_DAMAGE_COUNT ? at : DISK_DAMAGE_COUNT - 1;
        d[at].off = d[at].off < off ? d[at].off : off;
        d[at].end = d[at].end > off + size ? d[at].end : off + size;
        return;
    }
    memmove(&d[at + 1], &d[at], (image->damage_count - at) * sizeof(d[0]));
    d[at] = (struct disk_damage){off, off + size};
    image->damage_count++;
}

static ssize_t on_read(TSK_IMG_INFO *info, TSK_OFF_T off, char *bytes, size_t size)
{
    struct disk_image *image = (struct disk_image *)info;
    uint64_t media_size = image->media->size;
    size_t damaged = 0;

    if (off < 0 || (uint64_t)off >= media_size) {
        tsk_error_reset();
        tsk_error_set_errno(TSK_ERR_IMG_READ_OFF);
        tsk_error_set_errstr("beyond the end of the disk");
        return -1;
    }
    if (size > media_size - (uint64_t)off)
        size = (size_t)(media_size - (uint64_t)off);
    if (image->media->read_at(image->media->context, (uint64_t)off, bytes, size, &damaged,
                              &image->failure)) {
        tsk_error_reset();
        tsk_error_set_errno(TSK_ERR_IMG_READ);
        tsk_error_set_errstr("%s", image->failure.text);
        return -1;
    }
    image->read_size += size;
    if (damaged) {
        image->damaged += damaged;
        note_damage(image, (uint64_t)off, size);
    }
    return (ssize_t)size;
}

static void on_close(TSK_IMG_INFO *info)
{
    (void)info;
}

static void on_stat(TSK_IMG_INFO *info, FILE *to)
{
    (void)info;
    (void)to;
}

int disk_image_new(struct disk_image **out, const struct media *media, struct err *e)
{
    CLEANUP(disk_image_freep) struct disk_image *image = mem_new(struct disk_image);

    if (media->size == 0 || media->size > INT64_MAX)
        return err_set(e, ERR_FORMAT, "a disk of %llu bytes holds nothing that can be read",
                       (unsigned long long)media->size);
    image->media = media;
    if (!tsk_img_open_external(image, (TSK_OFF_T)media->size, media->sector_size, on_read, on_close,
                               on_stat))
        return err_set(e, ERR_FORMAT, "sectors of %u bytes", (unsigned)media->sector_size);
    *out = MOVE(image);
    return 0;
}

void disk_image_free(struct disk_image *image)
{
    free(image);
}

uint64_t disk_image_damaged(const struct disk_image *image, uint64_t off, uint64_t size)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < image->damage_count; i++) {
        const struct disk_damage *d = &image->damage[i];
        uint64_t from = d->off > off ? d->off : off;
        uint64_t to = d->end < off + size ? d->end : off + size;

        sum += to > from ? to - from : 0;
    }
    return sum;
}

uint64_t disk_image_unread(const struct disk_image *image, uint64_t off, uint64_t size)
{
    size_t from = 0, until = image->gap_count;
    uint64_t sum = 0;

    while (from < until) { /* the first that ends behind off */
        size_t at = from + (until - from) / 2;

        if (image->gaps[at].off + image->gaps[at].size <= off)
            from = at + 1;
        else
            until = at;
    }
    for (; from < image->gap_count && image->gaps[from].off < off + size; from++) {
        const struct disk_gap *g = &image->gaps[from];
        uint64_t begin = g->off > off ? g->off : off;
        uint64_t end = g->off + g->size < off + size ? g->off + g->size : off + size;

        sum += end - begin;
    }
    return sum;
}

struct str disk_tsk_words(char out[DISK_TEXT_LIMIT])
{
    const char *text = tsk_error_get_errstr();
    const char *more = tsk_error_get_errstr2();
    CLEANUP_BUF struct buf words = {0};

    buf_adds(&words, text && text[0] ? text : "no reason is given");
    if (more && more[0])
        buf_addf(&words, " (%s)", more);
    tsk_error_reset();
    snprintf(out, DISK_TEXT_LIMIT, "%s", buf_text(&words));
    return str_of(out);
}

bool disk_image_read(struct disk_image *image, uint64_t off, void *bytes, size_t size)
{
    if (off > image->media->size || size > image->media->size - off)
        return false;
    return tsk_img_read(&image->info, (TSK_OFF_T)off, bytes, size) == (ssize_t)size;
}
