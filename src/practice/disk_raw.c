/* disk_raw.c: writes a partition of a disk image into a file, hashed, and says what of it is
 * missing.
 */
#include "practice/disk_raw.h"
#include <errno.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/sink.h"
#include "base/size.h"
#include "evidence/image_read.h"
#include "practice/disk_unread.h"
#include "practice/progress.h"
#include "practice/out_file.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { SECTOR_SIZE = 512 };

struct writing {
    const struct disk_raw *raw;
    struct answer *a;
    struct out_file file;
    struct progress progress;
    struct digest *sha256;
    uint64_t from, until; /* bytes of the disk */
    uint64_t written;
    uint64_t lost;       /* bytes that the image does not have */
    uint64_t said;       /* bytes of the partition by its table */
    uint64_t unreadable; /* bytes that could not be read when the image was taken */
    struct buf sectors;  /* of these, the first runs */
    struct disk_unread unread;
    struct buf sum; /* SHA-256 of what was written, in hex */
};

static void writing_release(struct writing *w)
{
    out_file_release(&w->file);
    digest_free(w->sha256);
    buf_release(&w->sectors);
    buf_release(&w->sum);
    disk_unread_release(&w->unread);
}

/* Where it lies; a partition may be said to end behind the disk. */
static int find_range(struct writing *w, struct err *e)
{
    const struct disk_survey *s = w->raw->survey;
    uint64_t sector = s->table.sector_size, end;

    w->until = w->said = s->table.media_size;
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
        w->said = p->count > UINT64_MAX / sector ? UINT64_MAX : p->count * sector;
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
        rc = w->raw->begin(w->raw->context, &w->file, e);
    if (rc == 0)
        rc = image_read(&input, w->from, w->until, &to, e);
    if (rc == 0 && ftruncate(w->file.fd, (off_t)w->written))
        rc = err_errno(e, "cannot write %s", w->raw->path);
    if (rc == 0)
        rc = out_file_sync(&w->file, w->raw->path, e);
    return rc;
}

static void take_sum(struct writing *w)
{
    uint8_t sum[64];

    (void)digest_end(w->sha256, sum);
    hex_add(&w->sum, sum, sizeof(struct hash));
}

/* What it is not: each a clause, in order. */
static void add_missing(const struct writing *w, struct buf *out)
{
    const char *not_read = w->unread.has_left
                               ? "could not be read, or were left unread, when the image was taken"
                               : "could not be read when the image was taken";

    if (w->unreadable)
        buf_addf(out, "%llu bytes of it %s, and are zeros: sectors %s of it\n",
                 (unsigned long long)w->unreadable, not_read, buf_text(&w->sectors));
    if (w->unread.is_untold)
        buf_addf(out,
                 "some bytes of the disk %s, and are zeros; whether any lie here nobody can say: "
                 "the map beside the image is not there, or is another\n",
                 not_read);
    if (w->lost)
        buf_addf(out, "%llu bytes of it the image does not have: zeros stand there\n",
                 (unsigned long long)w->lost);
    if (w->said > w->until - w->from)
        buf_addf(out,
                 "the table gives it %llu bytes, and the disk ends after %llu of them: the rest is "
                 "not there\n",
                 (unsigned long long)w->said, (unsigned long long)w->written);
}

static int record(struct writing *w, struct err *e)
{
    CLEANUP_BUF struct buf missing = {0};
    CLEANUP_BUF struct buf outcome = {0};
    struct str rest;

    buf_addf(&outcome, "%llu bytes, SHA-256 %s", (unsigned long long)w->written, buf_text(&w->sum));
    add_missing(w, &missing);
    for (rest = buf_str(&missing); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        buf_addf(&outcome, "; " STR_FMT, STR_ARG(line));
    }
    return w->raw->record(w->raw->context, &outcome, e);
}

static void tell_json(struct writing *w)
{
    struct json j;

    json_begin(&j, &w->a->json);
    json_object_begin(&j);
    json_put_u64(&j, "size", w->written);
    json_put_str(&j, "sha256", buf_str(&w->sum));
    json_put_u64(&j, "lost", w->lost);
    json_put_u64(&j, "unreadable", w->unreadable);
    json_put_u64(&j, "behind_the_disk", w->said - (w->until - w->from));
    disk_standing_json(w->raw->standing, &j);
    json_object_end(&j);
}

static void tell(struct writing *w)
{
    CLEANUP_BUF struct buf missing = {0};
    struct buf *out = &w->a->text;
    char size[SIZE_TEXT_SIZE];
    struct str rest;

    if (w->a->wants_json) {
        tell_json(w);
        return;
    }
    buf_addf(out, "%s (%llu bytes) written to ", size_text(size, w->written),
             (unsigned long long)w->written);
    sink_terminal(out, str_of(w->raw->path), false);
    buf_addf(out, ", SHA-256 %s.\n", buf_text(&w->sum));
    add_missing(w, &missing);
    for (rest = buf_str(&missing); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        if (line.p[0] >= 'a' && line.p[0] <= 'z') {
            buf_addc(out, (char)(line.p[0] - 'a' + 'A'));
            line = str_from(line, 1);
        }
        buf_addf(out, STR_FMT ".\n", STR_ARG(line));
    }
}

int disk_raw_write(const struct disk_raw *raw, struct answer *a, struct err *e)
{
    CLEANUP(writing_release)
    struct writing w = {
        .raw = raw, .a = a, .file = {.fd = -1}, .sha256 = digest_new(DIGEST_SHA256)};
    int rc = find_range(&w, e);

    if (rc == 0)
        rc = disk_unread_find(&w.unread, raw->files, e);
    if (rc == 0)
        rc = write_all(&w, e);
    if (rc)
        return rc;
    w.unreadable = disk_unread_within(
        &w.unread, w.from, w.until,
        raw->survey->table.sector_size ? raw->survey->table.sector_size : SECTOR_SIZE, &w.sectors);
    take_sum(&w);
    if (raw->number == 0)
        disk_standing_compare(raw->standing, raw->files, buf_str(&w.sum));
    rc = record(&w, e);
    if (rc == 0)
        rc = out_file_end(&w.file, raw->path, e);
    if (rc == 0)
        tell(&w);
    return rc;
}
