/* travel.c: a case leaves as an export and comes together again: export and merge
 * (doc/format/export.md). */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/clear_values.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/travel.h"
#include "sys/file.h"

enum { CHUNK_SIZE = 1 << 20 };

static const struct field export_fields[] = {
    {.name = "text", .type = FIELD_LINE, .help = "where it went", .flags = FIELD_REQUIRED},
    {.name = "what", .type = FIELD_LINE, .help = "what it holds"},
    {.name = "records", .type = FIELD_NUMBER, .help = "how many records"},
};
const struct kind export_kind = {.name = "export",
                                 .prefix = "ex",
                                 .words = "exported",
                                 .change_words = "export changed",
                                 KIND_FIELDS(export_fields)};

static const struct field export_op_fields[] = {
    {.name = "folder",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "where to write it; made if it is not there"},
    {.name = "for", .type = FIELD_LINE, .help = "for whom, and what for"},
    {.name = "skeleton",
     .type = FIELD_FLAG,
     .help = "the lines alone: checks in full, discloses no value"},
    {.name = "clear", .type = FIELD_FLAG, .help = "values in clear too, for a court or an expert"},
    {.name = "label",
     .type = FIELD_WORD,
     .choices = tlp_names,
     .help = "with --clear or --evidence: nothing labelled higher",
     .fallback = "red"},
    {.name = "evidence", .type = FIELD_FLAG, .help = "the items of evidence too"},
};

/* An output file that grows by lines. */
struct lines_out {
    int fd;
    const char *path;
    struct buf pending;
};

static int lines_open(struct lines_out *l, const struct buf *path, struct err *e)
{
    l->path = buf_text(path);
    l->fd = open(l->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return l->fd < 0 ? err_errno(e, "cannot write %s", l->path) : 0;
}

static int lines_flush(struct lines_out *l, struct err *e)
{
    int rc = file_write_fd(l->fd, buf_text(&l->pending), l->pending.len, l->path, e);

    buf_clear(&l->pending);
    return rc;
}

static int lines_end(struct lines_out *l, struct err *e)
{
    buf_addc(&l->pending, '\n');
    return l->pending.len < CHUNK_SIZE ? 0 : lines_flush(l, e);
}

static int lines_close(struct lines_out *l, int rc, struct err *e)
{
    if (rc == 0)
        rc = lines_flush(l, e);
    if (rc == 0 && fsync(l->fd) != 0)
        rc = err_errno(e, "cannot write %s", l->path);
    fd_close(l->fd);
    buf_release(&l->pending);
    return rc;
}

/* What the visitors of the records need. */
struct export_run {
    const struct view *view;
    struct lines_out out;
};

static int write_line(void *context, uint64_t seq, struct str line, struct str openings,
                      struct err *e)
{
    struct export_run *x = context;

    (void)seq;
    (void)openings;
    buf_addstr(&x->out.pending, line);
    return lines_end(&x->out, e);
}

static int write_sealed(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    struct export_run *x = context;

    (void)line;
    if (!openings.len)
        return 0;
    buf_addf(&x->out.pending, "%llu ", (unsigned long long)seq);
    base64_add(&x->out.pending, openings.p, openings.len);
    return lines_end(&x->out, e);
}

static int write_grant(void *context, const struct store_grant *grant, struct err *e)
{
    struct export_run *x = context;

    buf_addstr(&x->out.pending, grant->scope);
    buf_addc(&x->out.pending, ' ');
    hex_add(&x->out.pending, grant->key.b, sizeof(grant->key.b));
    buf_addc(&x->out.pending, ' ');
    base64_add(&x->out.pending, grant->sealed.p, grant->sealed.len);
    return lines_end(&x->out, e);
}

static int write_records(const struct view *v, const char *folder, const char *name, bool openings,
                         store_visit *visit, struct err *e)
{
    struct export_run x = {.view = v};
    CLEANUP_BUF struct buf path = {0};
    int rc;

    buf_addf(&path, "%s/%s", folder, name);
    rc = lines_open(&x.out, &path, e);
    if (rc)
        return rc;
    rc = store_read(v->store, 0, state_size(v->state), openings, visit, &x, e);
    return lines_close(&x.out, rc, e);
}

static int write_grants(const struct view *v, const char *folder, struct err *e)
{
    struct export_run x = {.view = v};
    CLEANUP_BUF struct buf path = {0};
    int rc;

    buf_addf(&path, "%s/journal.cjg", folder);
    rc = lines_open(&x.out, &path, e);
    if (rc)
        return rc;
    rc = store_grants(v->store, write_grant, &x, e);
    return lines_close(&x.out, rc, e);
}

static int write_clear(const struct view *v, const char *folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct lines_out out = {0};
    struct clear_count count;
    int rc;

    buf_addf(&path, "%s/journal.cjo", folder);
    rc = lines_open(&out, &path, e);
    if (rc)
        return rc;
    rc = clear_values_write(v, state_size(v->state), NULL, out.fd, out.path, &count, e);
    return lines_close(&out, rc, e);
}

static int copy_blob(struct store *store, const struct hash *name, const char *path, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    CLEANUP_FD int in = -1;
    CLEANUP_FD int out = -1;
    uint64_t size;
    int rc = blob_open(store, name, &in, &size, e);

    if (rc)
        return rc;
    out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (out < 0)
        return errno == EEXIST ? 0 : err_errno(e, "cannot write %s", path);
    for (;;) {
        ssize_t got = read(in, chunk, CHUNK_SIZE);

        if (got < 0)
            return err_errno(e, "cannot read evidence");
        if (got == 0)
            return fsync(out) == 0 ? 0 : err_errno(e, "cannot write %s", path);
        rc = file_write_fd(out, chunk, (size_t)got, path, e);
        if (rc)
            return rc;
    }
}

/* What went with the export, and disk images, whose files lie outside of the case. */
struct gone {
    size_t items;
    size_t outside;
    struct buf calls; /* of these: "e1, e4" */
};

static void gone_release(struct gone *g)
{
    buf_release(&g->calls);
}

static void add_outside(struct gone *g, const struct thing *item)
{
    g->outside++;
    buf_addf(&g->calls, "%se%u", g->calls.len ? ", " : "", item->number);
}

static int write_evidence(const struct view *v, const char *folder, struct gone *gone,
                          struct err *e)
{
    CLEANUP_BUF struct buf sub = {0};
    const struct thing *t;
    int rc;

    buf_addf(&sub, "%s/evidence", folder);
    rc = folder_make(buf_text(&sub), 0700, e);
    for (size_t at = 0; rc == 0 && (t = view_next(v, "evidence", &at));) {
        CLEANUP_BUF struct buf path = {0};
        struct hash name;

        if (evidence_is_barred(v->state, t))
            continue;
        if (thing_value(t, "files").len && !thing_value(t, "destroyed").len)
            add_outside(gone, t);
        if (!hex_read(name.b, sizeof(name.b), thing_value(t, "sha256")))
            continue;
        buf_addf(&path, "%s/" STR_FMT, buf_text(&sub), STR_ARG(thing_value(t, "sha256")));
        rc = copy_blob(v->store, &name, buf_text(&path), e);
        gone->items += rc == 0;
    }
    return rc;
}

static struct view visible(const struct view *v, const struct operation *op, const struct input *in)
{
    enum tlp label = TLP_RED;

    (void)tlp_of(input_value(op, in, "label"), &label);
    return view_at_most(v, label);
}

static int write_all(const struct view *v, const struct operation *op, const struct input *in,
                     const char *folder, struct gone *gone, struct err *e)
{
    bool is_skeleton = input_has(op, in, "skeleton");
    struct view cut = visible(v, op, in);
    int rc = folder_make(folder, 0700, e);

    if (rc == 0)
        rc = write_records(v, folder, "journal.cj1", false, write_line, e);
    if (rc == 0 && !is_skeleton)
        rc = write_records(v, folder, "journal.cjs", true, write_sealed, e);
    if (rc == 0 && !is_skeleton)
        rc = write_grants(v, folder, e);
    if (rc == 0 && input_has(op, in, "clear"))
        rc = write_clear(&cut, folder, e);
    if (rc == 0 && input_has(op, in, "evidence"))
        rc = write_evidence(&cut, folder, gone, e);
    return rc;
}

/* Each item that goes with it says so in its own chain. */
static void draft_acts(struct decision *d, const struct operation *op, const struct input *in,
                       const char *folder)
{
    struct view v = visible(d->view, op, in);
    struct str place = custody_place(d, "the export", folder);
    const struct thing *t;

    for (size_t at = 0; (t = view_next(&v, "evidence", &at));)
        if (thing_value(t, "sha256").len && !evidence_is_barred(v.state, t))
            (void)custody_draft_export(d, t, str_head(input_value(op, in, "for"), 300), place);
}

static int record_export(struct session *s, const struct operation *op, const struct input *in,
                         const char *folder, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "export/1");
    draft_value(dr, "text",
                str_of(arena_printf(d.arena, "%s%s" STR_FMT, folder,
                                    input_has(op, in, "for") ? ", for " : "",
                                    STR_ARG(str_head(input_value(op, in, "for"), 300)))));
    draft_value(dr, "what",
                str_of(input_has(op, in, "skeleton") ? "lines only"
                       : input_has(op, in, "clear")  ? "lines and values in clear"
                                                     : "lines and sealed values"));
    draft_value(
        dr, "records",
        str_of(arena_printf(d.arena, "%llu", (unsigned long long)state_size(d.view->state))));
    if (input_has(op, in, "evidence"))
        draft_acts(&d, op, in, folder);
    return session_append(s, &d, &first, e);
}

static void tell_gone(const struct gone *g, struct buf *out)
{
    if (g->items)
        buf_addf(out, ", with %zu item%s of evidence", g->items, g->items == 1 ? "" : "s");
    buf_adds(out, ".\n");
    if (g->outside)
        buf_addf(out,
                 "Not among them: the files of %s (%s), which lie outside of the case. What hands "
                 "them out: calm preserve export FILE ITEM\n",
                 g->outside == 1 ? "a disk image" : "disk images", buf_text(&g->calls));
}

/* On record before it leaves, sealed by a checkpoint, so that the copy holds the record of its own
 * making. */
static int export_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(gone_release) struct gone gone = {0};
    CLEANUP_BUF struct buf folder = {0};
    struct view v;
    int rc;

    buf_addstr(&folder, input_value(op, in, "folder"));
    rc = record_export(s, op, in, buf_text(&folder), e);
    if (rc == 0)
        rc = session_checkpoint(s, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc == 0)
        rc = write_all(&v, op, in, buf_text(&folder), &gone, e);
    if (rc)
        return rc;
    if (a->wants_json) {
        buf_addf(&a->json, "{\"records\":%llu,\"items\":%zu,\"outside\":%zu}",
                 (unsigned long long)state_size(v.state), gone.items, gone.outside);
        return 0;
    }
    buf_addf(&a->text, "%llu records are in ", (unsigned long long)state_size(v.state));
    sink_terminal(&a->text, buf_str(&folder), false);
    tell_gone(&gone, &a->text);
    buf_adds(&a->text, "To check it anywhere:  calm-verify journal.cj1\nTo bring it into "
                       "another copy of this case:  calm log merge FOLDER\n");
    return 0;
}

const struct operation log_export = {
    .name = "log export",
    .practice = "note",
    .help = "write the case for another copy, an expert or a court",
    .example = "calm log export /media/stick/monday --for \"bo's laptop\"",
    OP_FIELDS(export_op_fields),
    .kind = &export_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("export/1", "custody/1", "checkpoint/1"),
    .job = export_job};
