/* disk_out.c: files from a disk into a folder, each under a safe name, and the list of them. */
#include "practice/disk_out.h"
#include "practice/disk_show.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "practice/disk_body.h"
#include "practice/evidence.h"
#include "sys/beneath.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum {
    SAFE_PATH_SIZE = 3000,
    SAME_NAME_COUNT = 16,
    NTFS_OWN_COUNT = 16,
    LINES_SIZE = 64 << 10,
    ZEROS_SIZE = 64 << 10,
};

struct disk_out {
    struct disk_out_order order;
    struct beneath *folder;
    int list;         /* manifest.jsonl */
    struct buf lines; /* of it, not written yet */
    struct json json; /* the line that is begun */
    bool has_line;
    uint64_t line_count;
    struct disk_out_sums sums;
    struct digest *sha256;
    struct digest *md5;
    struct file {         /* the one that is written */
        int fd;           /* -1: none */
        struct buf path;  /* below the folder */
        struct buf shown; /* on the disk */
        struct buf inode;
        struct buf remark;
        bool is_sealed; /* its bytes are on the register as unlawful to possess */
        uint64_t size;
        struct disk_file facts; /* without its slices */
    } file;
};

void disk_out_free(struct disk_out *o)
{
    if (!o)
        return;
    fd_close(o->list);
    fd_close(o->file.fd);
    beneath_free(o->folder);
    buf_release(&o->lines);
    buf_release(&o->file.path);
    buf_release(&o->file.shown);
    buf_release(&o->file.inode);
    buf_release(&o->file.remark);
    digest_free(o->sha256);
    digest_free(o->md5);
    free(o);
}

int disk_out_new(struct disk_out **out, const struct disk_out_order *order, struct err *e)
{
    CLEANUP(disk_out_freep) struct disk_out *o = mem_new(struct disk_out);
    int rc;

    o->order = *order;
    o->list = -1;
    o->file.fd = -1;
    o->sha256 = digest_new(DIGEST_SHA256);
    o->md5 = digest_new(DIGEST_MD5);
    rc = beneath_new(&o->folder, order->folder, e);
    if (rc == 0)
        rc = beneath_create(o->folder, "manifest.jsonl", &o->list, e);
    if (rc == 0)
        *out = MOVE(o);
    return rc;
}

static int write_lines(struct disk_out *o, size_t least, struct err *e)
{
    int rc = 0;

    if (o->lines.len >= least)
        rc = file_write_fd(o->list, o->lines.p, o->lines.len, "the manifest", e);
    if (o->lines.len >= least)
        buf_clear(&o->lines);
    return rc;
}

static struct json *begin_line(struct disk_out *o)
{
    o->has_line = true;
    json_begin(&o->json, &o->lines);
    json_object_begin(&o->json);
    return &o->json;
}

static int end_line(struct disk_out *o, struct err *e)
{
    json_object_end(&o->json);
    buf_addc(&o->lines, '\n');
    o->has_line = false;
    o->line_count++;
    return write_lines(o, LINES_SIZE, e);
}

static int on_fs(void *context, const struct disk_fs *fs, struct err *e)
{
    struct disk_out *o = context;
    struct json *j = begin_line(o);

    json_put_text(j, "format", "calm-disk/1");
    json_put_str(j, "image", o->order.image);
    if (o->order.compared.len)
        json_put_str(j, "compared", o->order.compared);
    if (o->order.unread) {
        json_put_u64(j, "disk_unread", o->order.unread);
        json_put_str(j, "remark", o->order.unread_fact);
    }
    json_put_utc(j, "begun", utc_now());
    json_put_text(j, "program", "calm " CALM_VERSION);
    json_put_u64(j, "partition", fs->number);
    json_put_u64(j, "first", fs->first);
    json_name(j, "file_system");
    disk_fs_json(j, fs);
    return end_line(o, e);
}

static void safe_path(struct buf *out, const struct disk_file *f)
{
    struct str rest = f->path;

    buf_adds(out, "files");
    while (rest.len) {
        buf_addc(out, '/');
        sink_path_part(out, str_cut(&rest, '\0'));
    }
    if (f->stream.len) {
        buf_adds(out, "%3A");
        sink_path_part(out, f->stream);
    }
}

/* Another name, for the second, third … try. */
static void next_path(struct disk_out *o, const struct disk_file *f, unsigned try)
{
    struct buf *path = &o->file.path;

    buf_clear(path);
    if (try < SAME_NAME_COUNT / 2)
        safe_path(path, f);
    else
        buf_adds(path, "files/%apart/inode");
    if (path->len > SAFE_PATH_SIZE) {
        buf_clear(path);
        buf_adds(path, "files/%apart/inode");
    }
    if (try == 0 && str_starts(buf_str(path), "files/%apart"))
        try = 1;
    if (try)
        buf_addf(path, "~%s", buf_text(&o->file.inode));
    if (try % (SAME_NAME_COUNT / 2) > 1)
        buf_addf(path, "~%u", try % (SAME_NAME_COUNT / 2));
}

/* Makes a file of a name that is still free. */
static int create(struct disk_out *o, const struct disk_file *f, struct err *e)
{
    int rc = ERR_CONFLICT;

    for (unsigned try = 0; rc == ERR_CONFLICT && try < SAME_NAME_COUNT; try++) {
        next_path(o, f, try);
        rc = beneath_create(o->folder, buf_text(&o->file.path), &o->file.fd, e);
    }
    return rc;
}

static void keep_facts(struct disk_out *o, const struct disk_file *f)
{
    struct file *to = &o->file;

    to->facts = *f;
    to->facts.path = to->facts.link = to->facts.stream = STR("");
    to->size = 0;
    to->is_sealed = false;
    buf_clear(&to->shown);
    buf_clear(&to->inode);
    buf_clear(&to->remark);
    disk_path_text(&to->shown, f->path);
    if (f->stream.len)
        buf_addf(&to->shown, ":" STR_FMT, STR_ARG(f->stream));
    disk_inode_text(&to->inode, f);
}

static int on_file(void *context, const struct disk_file *f, struct err *e)
{
    struct disk_out *o = context;
    int rc;

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request");
    disk_file_json(begin_line(o), f);
    if (!f->has_content) {
        o->sums.listed++;
        json_put_text(&o->json, "kept", "listed");
        o->sums.forgotten += f->is_forgotten;
        if (f->is_forgotten)
            json_put_text(&o->json, "remark", DISK_FORGOTTEN);
        return end_line(o, e);
    }
    keep_facts(o, f);
    /* Sixteen files of one name and one inode: only a hostile disk has them. */
    rc = f->is_reallocated ? 0 : create(o, f, e);
    if (rc != ERR_CONFLICT)
        return rc;
    buf_adds(&o->file.remark, "there are too many files of this name and inode");
    return 0;
}

static void show_progress(struct disk_out *o, uint64_t of_this)
{
    char words[32];

    snprintf(words, sizeof(words), "%llu files", (unsigned long long)o->sums.files);
    progress_show(o->order.progress, words, o->sums.size + of_this, 0);
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct disk_out *o = context;

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request");
    o->file.size += bytes.len;
    show_progress(o, o->file.size);
    if (o->file.fd < 0)
        return 0;
    digest_add(o->sha256, bytes.p, bytes.len);
    digest_add(o->md5, bytes.p, bytes.len);
    return file_write_fd(o->file.fd, bytes.p, bytes.len, buf_text(&o->file.path), e);
}

static int on_hole(void *context, uint64_t size, struct err *e)
{
    static const char zeros[ZEROS_SIZE];
    struct disk_out *o = context;

    o->file.size += size;
    if (o->file.fd < 0)
        return 0;
    for (uint64_t left = size; left;) {
        size_t part = left < ZEROS_SIZE ? (size_t)left : ZEROS_SIZE;

        if (interrupt_came())
            return err_set(e, ERR_CANCEL, "stopped at your request");
        show_progress(o, o->file.size - left);
        digest_add(o->sha256, zeros, part);
        digest_add(o->md5, zeros, part);
        left -= part;
    }
    if (lseek(o->file.fd, (off_t)size, SEEK_CUR) < 0 ||
        ftruncate(o->file.fd, (off_t)o->file.size) != 0)
        return err_errno(e, "cannot write %s", buf_text(&o->file.path));
    return 0;
}

static void end_digests(struct disk_out *o, struct blob_digests *out)
{
    uint8_t bytes[64];

    digest_end(o->sha256, bytes);
    memcpy(out->sha256.b, bytes, sizeof(out->sha256.b));
    digest_end(o->md5, bytes);
    memcpy(out->md5, bytes, sizeof(out->md5));
    out->size = o->file.size;
}

static void add_remark(struct buf *remark, const char *words)
{
    if (remark->len)
        buf_adds(remark, "; ");
    buf_adds(remark, words);
}

/* What is known against the content, in words. */
static void weigh(struct disk_out *o, const struct disk_end *end)
{
    CLEANUP_BUF struct buf words = {0};

    if (end->lost) {
        buf_addf(&words, "%llu of its bytes could not be read, and are zeros",
                 (unsigned long long)end->lost);
        add_remark(&o->file.remark, buf_text(&words));
    }
    if (end->unread) {
        buf_clear(&words);
        buf_addf(&words,
                 "%llu of its bytes were not read from the disk when its image was taken, and are "
                 "zeros",
                 (unsigned long long)end->unread);
        add_remark(&o->file.remark, buf_text(&words));
    }
    if (end->foreign) {
        buf_clear(&words);
        buf_addf(&words, "deleted, and %llu of its bytes lie in blocks that another file uses now",
                 (unsigned long long)end->foreign);
        add_remark(&o->file.remark, buf_text(&words));
    }
    if (end->is_guess)
        add_remark(&o->file.remark, "deleted: only where it began is known, the rest is taken to "
                                    "follow");
    if (end->problem.len) {
        buf_clear(&words);
        buf_addstr(&words, end->problem);
        add_remark(&o->file.remark, buf_text(&words));
    }
    o->sums.lost += end->lost;
}

/* Takes away what must not be kept, or was not read at all. */
static int drop(struct disk_out *o, struct err *e)
{
    if (o->file.fd < 0)
        return 0;
    fd_close(o->file.fd);
    o->file.fd = -1;
    return beneath_remove(o->folder, buf_text(&o->file.path), e);
}

static int set_time(const struct disk_out *o, struct err *e)
{
    struct utc t = o->file.facts.time[DISK_MODIFIED];
    const struct timespec times[] = {{0, UTIME_NOW}, {t.sec, t.ns}};

    if (t.sec && futimens(o->file.fd, times) != 0)
        return err_errno(e, "cannot set the time of %s", buf_text(&o->file.path));
    return 0;
}

static int tell_taken(struct disk_out *o, const struct blob_digests *digests, struct err *e)
{
    const struct disk_file *facts = &o->file.facts;
    struct disk_taken t = {.fd = o->file.fd,
                           .path = buf_str(&o->file.shown),
                           .inode = buf_str(&o->file.inode),
                           .digests = *digests,
                           .modified = facts->time[DISK_MODIFIED],
                           .mode = facts->mode,
                           .uid = facts->uid,
                           .gid = facts->gid,
                           .is_deleted = facts->is_deleted || facts->is_inode_deleted,
                           .remark = buf_str(&o->file.remark)};

    if (!o->order.taken)
        return 0;
    if (lseek(o->file.fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read %s again", buf_text(&o->file.path));
    return o->order.taken(o->order.context, &t, e);
}

static void put_taken(struct json *j, const struct disk_out *o, const struct blob_digests *d,
                      const struct disk_end *end)
{
    json_put_text(j, "kept", "file");
    json_put_str(j, "file", buf_str(&o->file.path));
    json_put_u64(j, "taken", d->size);
    json_put_hex(j, "sha256", d->sha256.b, sizeof(d->sha256.b));
    json_put_hex(j, "md5", d->md5, sizeof(d->md5));
    if (end->lost)
        json_put_u64(j, "lost", end->lost);
    if (end->unread)
        json_put_u64(j, "unreadable", end->unread);
    if (end->foreign)
        json_put_u64(j, "foreign", end->foreign);
    if (end->is_guess)
        json_put_bool(j, "guess", true);
}

/* It is written: unless its bytes are sealed, it stays. */
static int settle(struct disk_out *o, const struct disk_end *end, struct err *e)
{
    struct blob_digests digests;
    int rc;

    end_digests(o, &digests);
    if (evidence_bytes_are_sealed(o->order.state, &digests.sha256)) {
        add_remark(&o->file.remark, "the same bytes are sealed as unlawful to possess, and were "
                                    "removed: see calm help unlawful");
        o->file.is_sealed = true;
        return drop(o, e);
    }
    rc = tell_taken(o, &digests, e);
    if (rc == 0)
        rc = set_time(o, e);
    if (rc)
        return rc;
    put_taken(&o->json, o, &digests, end);
    o->sums.files++;
    o->sums.size += digests.size;
    o->sums.unread += end->unread;
    o->sums.unread_in += end->unread > 0;
    o->sums.flawed += o->file.remark.len > 0;
    fd_close(o->file.fd);
    o->file.fd = -1;
    return 0;
}

/* Whether what was not kept should have been. The first records of NTFS are its own: $BadClus has
 * the size of the disk, and nothing where no cluster is bad. */
static bool is_missed(const struct disk_out *o)
{
    const struct disk_file *f = &o->file.facts;
    bool is_of_ntfs = f->has_attribute && f->inode < NTFS_OWN_COUNT;

    return !o->file.is_sealed && !f->is_deleted && !f->is_inode_deleted && !is_of_ntfs;
}

static int on_end(void *context, const struct disk_end *end, struct err *e)
{
    struct disk_out *o = context;
    uint64_t before = o->sums.files;
    int rc;

    weigh(o, end);
    /* What was not begun leaves no empty file behind that would look like one that was empty. */
    if (end->size == 0 && end->problem.len)
        rc = drop(o, e);
    else
        rc = o->file.fd >= 0 ? settle(o, end, e) : 0;
    if (rc)
        return rc;
    if (o->sums.files == before) {
        json_put_text(&o->json, "kept", "no");
        o->sums.left++;
        o->sums.missed += is_missed(o);
    }
    if (o->file.remark.len)
        json_put_str(&o->json, "remark", buf_str(&o->file.remark));
    return end_line(o, e);
}

static int on_trouble(void *context, struct str path, struct str why, struct err *e)
{
    struct disk_out *o = context;
    struct json *j = begin_line(o);

    o->sums.trouble++;
    disk_path_json(j, path);
    json_put_str(j, "trouble", why);
    return end_line(o, e);
}

struct disk_receiver disk_out_receiver(struct disk_out *o)
{
    return (struct disk_receiver){.fs = on_fs,
                                  .file = on_file,
                                  .data = on_data,
                                  .hole = on_hole,
                                  .end = on_end,
                                  .trouble = on_trouble,
                                  .context = o};
}

/* Reading ended within a file: what was written of it is no file. */
static int drop_open(struct disk_out *o, struct err *e)
{
    int rc;

    if (!o->has_line)
        return 0;
    rc = drop(o, e);
    json_put_text(&o->json, "kept", "no");
    json_put_text(&o->json, "remark", "reading ended within it");
    o->sums.left++;
    return rc ? rc : end_line(o, e);
}

int disk_out_end(struct disk_out *o, uint64_t damaged, const char *problem, struct err *e)
{
    int rc = drop_open(o, e);
    struct json *j = begin_line(o);

    json_put_utc(j, "ended", utc_now());
    json_put_u64(j, "lines", o->line_count);
    json_put_u64(j, "kept", o->sums.files);
    json_put_u64(j, "not_kept", o->sums.left);
    json_put_u64(j, "damaged", damaged);
    if (problem)
        json_put_text(j, "problem", problem);
    if (rc == 0)
        rc = end_line(o, e);
    if (rc == 0)
        rc = write_lines(o, 0, e);
    return rc ? rc : beneath_sync(o->folder, e);
}

const struct disk_out_sums *disk_out_sums(const struct disk_out *o)
{
    return &o->sums;
}

int disk_out_manifest(struct disk_out *o, int *fd, struct err *e)
{
    if (lseek(o->list, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read the manifest again");
    *fd = o->list;
    return 0;
}
