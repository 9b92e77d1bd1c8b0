/* preserve_read_body.c: the list of the files of a disk image, as a body file for mactime. */
#include "base/limits.h"
#include "base/sink.h"
#include "practice/disk_body.h"
#include "practice/disk_show.h"
#include "practice/out_file.h"
#include "practice/preserve_read_record.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { BODY_CHUNK = 256 << 10 };

struct body {
    struct out_file file;
    struct buf lines;
    const char *path;
    uint64_t rows;
    uint64_t forgotten; /* of them, deleted files */
    uint64_t trouble;
};

static void body_release(struct body *b)
{
    out_file_release(&b->file);
    buf_release(&b->lines);
}

static int body_write(struct body *b, size_t least, struct err *e)
{
    int rc = 0;

    if (b->lines.len >= least)
        rc = file_write_fd(b->file.fd, b->lines.p, b->lines.len, b->path, e);
    if (b->lines.len >= least)
        buf_clear(&b->lines);
    return rc;
}

static int on_body_row(void *context, const struct disk_file *f, struct err *e)
{
    struct body *b = context;

    b->rows++;
    b->forgotten += f->is_forgotten;
    disk_body_add(&b->lines, f);
    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request; nothing was written");
    return body_write(b, BODY_CHUNK, e);
}

static int on_body_trouble(void *context, struct str path, struct str why, struct err *e)
{
    struct body *b = context;

    (void)path;
    (void)why;
    (void)e;
    b->trouble++;
    return 0;
}

static void tell_body(const struct reading *r, const struct body *b)
{
    struct json j;

    if (r->a->wants_json) {
        json_begin(&j, &r->a->json);
        json_object_begin(&j);
        json_put_u64(&j, "rows", b->rows);
        json_put_u64(&j, "forgotten", b->forgotten);
        json_put_u64(&j, "not_read", b->trouble);
        json_put_u64(&j, "damaged", r->sums.damaged);
        json_put_u64(&j, "disk_unread", r->unread.sum);
        disk_standing_json(&r->standing, &j);
        json_object_end(&j);
        return;
    }
    buf_addf(&r->a->text, "%llu rows written to ", (unsigned long long)b->rows);
    sink_terminal(&r->a->text, str_of(b->path), false);
    buf_adds(&r->a->text, ".\n");
    disk_forgotten_text(&r->a->text, b->forgotten);
    if (b->forgotten)
        buf_adds(&r->a->text, " Their length is 0 there, and the name says so.\n");
    if (b->trouble)
        buf_addf(&r->a->text,
                 "%llu folders could not be read whole: --list ends with their names.\n",
                 (unsigned long long)b->trouble);
    if (r->sums.damaged)
        buf_addf(&r->a->text,
                 "%llu bytes of the image that were read are damaged, and counted as zeros.\n",
                 (unsigned long long)r->sums.damaged);
}

static int list_body(struct reading *r, struct body *b, struct buf *outcome, struct err *e)
{
    struct disk_receiver to = {.file = on_body_row, .trouble = on_body_trouble, .context = b};
    int rc = disk_list(&r->source, &r->wish, &to, &r->sums, e);

    if (rc == 0)
        rc = body_write(b, 0, e);
    if (rc == 0)
        rc = out_file_sync(&b->file, b->path, e);
    if (r->unread_fact.len)
        buf_addf(outcome, "%s; ", buf_text(&r->unread_fact));
    return rc ? rc : reading_add_sum(outcome, b->rows, "row", "rows", buf_text(&b->file.part), e);
}

/* It is on record before it has its name, so that there is none without a record. */
int reading_body(struct reading *r, struct err *e)
{
    CLEANUP(body_release) struct body b = {.file = {.fd = -1}};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf outcome = {0};
    struct act act = {.begun = "files begun to be listed: ",
                      .done = "files listed: ",
                      .failed = "files not listed: ",
                      .has_where = true};
    int rc;

    buf_addstr(&path, input_value(r->op, r->in, "body"));
    act.to = b.path = buf_text(&path);
    rc = reading_may_write(r, b.path, e);
    if (rc == 0)
        rc = out_file_begin(&b.file, b.path, e);
    if (rc)
        return rc;
    rc = reading_begin(r, &act, &b.file, e);
    if (rc == 0)
        rc = list_body(r, &b, &outcome, e);
    rc = reading_end(r, &act, rc, rc ? NULL : buf_text(&outcome), e);
    if (rc)
        return rc;
    rc = out_file_end(&b.file, b.path, e);
    if (rc)
        return reading_end(r, &act, rc, NULL, e);
    tell_body(r, &b);
    return 0;
}
