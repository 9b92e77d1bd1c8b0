/* disk_raw.c: writes a partition of a disk image into a file, hashed, and says what of it is
 * missing.
 */
#include "practice/disk_raw.h"
#include <errno.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/sink.h"
#include "evidence/image_read.h"
#include "practice/progress.h"
#include "practice/out_file.h"
#include "sys/file.h"
#include "sys/interrupt.h"

struct writing {
    const struct disk_raw *raw;
    struct answer *a;
    struct out_file file;
    struct progress progress;
    struct digest *sha256;
    uint64_t from, until; /* bytes of the disk */
    uint64_t written;
    uint64_t lost; /* bytes that the image does not have */
};

static void writing_release(struct writing *w)
{
    out_file_release(&w->file);
    digest_free(w->sha256);
}

/* Where it lies; a partition may be said to end behind the disk. */
static int find_range(struct writing *w, struct err *e)
{
    const struct disk_survey *s = w->raw->survey;
    uint64_t sector = s->table.sector_size, end;

    w->until = s->table.media_size;
    if (w->raw->number == 0)
        return s->count ? err_set(e, ERR_USAGE, "say which partition, with --partition") : 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct disk_partition *p = &s->rows[i].partition;

        if (p->number != w->raw->number)
            continue;
        if (sector == 0 || p->first >= w->until / sector || p->count == 0)
            return err_set(e, ERR_FORMAT, "partition %u lies behind the end of the image",
                           p->number);
        end = p->count > w->until / sector - p->first ? w->until : (p->first + p->count) * sector;
        w->from = p->first * sector;
        w->until = end;
        return 0;
    }
    return err_set(e, ERR_NOTFOUND, "it has no partition %u", w->raw->number);
}

static bool is_zero(struct str bytes)
{
    return bytes.len && bytes.p[0] == 0 && memcmp(bytes.p, bytes.p + 1, bytes.len - 1) == 0;
}

/* Zeros are holes. */
static int take_bytes(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct writing *w = context;

    (void)off;
    digest_add(w->sha256, bytes.p, bytes.len);
    w->written += bytes.len;
    progress_show(&w->progress, "written", w->written, w->until - w->from);
    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request; nothing was written");
    if (!is_zero(bytes))
        return file_write_fd(w->file.fd, bytes.p, bytes.len, w->raw->path, e);
    return lseek(w->file.fd, (off_t)bytes.len, SEEK_CUR) < 0
               ? err_errno(e, "cannot write %s", w->raw->path)
               : 0;
}

static int take_lost(void *context, uint64_t off, uint64_t size, struct err *e)
{
    struct writing *w = context;

    (void)off, (void)e;
    w->lost += size;
    return 0;
}

static int write_all(struct writing *w, struct err *e)
{
    const struct disk_files *f = w->raw->files;
    const struct image_input input = {.name = buf_text(&f->reading),
                                      .fds = f->set.fds,
                                      .count = f->set.count,
                                      .format = f->set.format};
    const struct image_receiver to = {.bytes = take_bytes, .lost = take_lost, .context = w};
    int rc = out_file_begin(&w->file, w->raw->path, e);

    progress_begin(&w->progress, w->a);
    if (rc == 0)
        rc = image_read(&input, w->from, w->until, &to, e);
    if (rc == 0 && ftruncate(w->file.fd, (off_t)w->written))
        rc = err_errno(e, "cannot write %s", w->raw->path);
    if (rc == 0)
        rc = out_file_sync(&w->file, w->raw->path, e);
    return rc ? rc : out_file_end(&w->file, w->raw->path, e);
}

static void tell(struct writing *w)
{
    CLEANUP_BUF struct buf hex = {0};
    struct buf *out = &w->a->text;
    char size[UTC_PLAIN_SIZE];
    uint8_t sum[64];

    (void)digest_end(w->sha256, sum);
    hex_add(&hex, sum, sizeof(struct hash));
    if (w->a->wants_json) {
        buf_addf(&w->a->json, "{\"size\":%llu,\"sha256\":\"%s\",\"lost\":%llu}",
                 (unsigned long long)w->written, buf_text(&hex), (unsigned long long)w->lost);
        return;
    }
    buf_addf(out, "%s (%llu bytes) written to ", size_text(size, w->written),
             (unsigned long long)w->written);
    sink_terminal(out, str_of(w->raw->path), false);
    buf_addf(out, ", SHA-256 %s.\n", buf_text(&hex));
    if (w->lost)
        buf_addf(out, "%llu bytes of it the image does not have: zeros stand there.\n",
                 (unsigned long long)w->lost);
}

int disk_raw_write(const struct disk_raw *raw, struct answer *a, struct err *e)
{
    CLEANUP(writing_release)
    struct writing w = {
        .raw = raw, .a = a, .file = {.fd = -1}, .sha256 = digest_new(DIGEST_SHA256)};
    int rc = find_range(&w, e);

    if (rc == 0)
        rc = write_all(&w, e);
    if (rc == 0)
        tell(&w);
    return rc;
}
