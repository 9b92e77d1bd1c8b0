/* hand_out.c: writes an item of evidence out again, checked while it is read, on record. */
#include <errno.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/out_file.h"
#include "sys/file.h"

enum { CHUNK_SIZE = 256 << 10 };

/* Copies, and hashes what is copied: the bytes that are handed out are the ones that were taken. */
static int copy_bytes(struct out_file *c, int from, const struct hash *name, const char *path,
                      struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    uint8_t bytes[64];
    ssize_t n;

    while ((n = read(from, chunk, CHUNK_SIZE)) != 0) {
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read the item");
        digest_add(d, chunk, (size_t)n);
        rc = file_write_fd(c->fd, chunk, (size_t)n, path, e);
        if (rc)
            return rc;
    }
    digest_end(d, bytes);
    if (memcmp(bytes, name->b, sizeof(name->b)) != 0)
        return err_set(e, ERR_TAMPER, "the item changed while it was read; nothing was written");
    return out_file_sync(c, path, e);
}

/* The copy goes on record before it has its name, so that there is none without a record. */
static int record_copy(struct session *s, const struct view *v, const struct operation *op,
                       const struct input *in, const char *path, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;

    decision_begin(&d, v, op, in);
    d.is_independent = true;
    dr = decision_add(&d, "custody/1");
    draft_take_input(&d, dr, &custody_kind);
    custody_label(&d, dr, input_thing(v, op, in, "evidence"));
    draft_value(dr, "act", STR("copied"));
    draft_value(dr, "place", custody_place(&d, "the copy", path));
    return session_append(s, &d, &first, e);
}

/* Of what lies in the case no byte is the item's. */
static int refuse_bare(const struct thing *item, struct err *e)
{
    if (thing_value(item, "destroyed").len || !thing_value(item, "files").len)
        return err_set(e, ERR_NOTFOUND, "e%u has no bytes in this case", item->number);
    return err_set(e, ERR_NOTFOUND,
                   "e%u is a disk image: its files lie outside of this case. To hand it out: calm "
                   "preserve export FILE e%u; to write out the disk that it holds: calm preserve "
                   "read e%u --raw FILE",
                   item->number, item->number, item->number);
}

static int find_item(const struct view *v, const struct operation *op, const struct input *in,
                     struct hash *name, struct err *e)
{
    const struct thing *item = input_thing(v, op, in, "evidence");

    if (!item)
        return err_set(e, ERR_NOTFOUND, "say which item: calm preserve list");
    if (evidence_is_sealed(item))
        return err_set(e, ERR_DENIED,
                       "e%u is sealed: it may hold material that is unlawful to possess, and is "
                       "not handed out. See calm help unlawful",
                       item->number);
    if (!hex_read(name->b, sizeof(name->b), thing_value(item, "sha256")))
        return refuse_bare(item, e);
    if (evidence_bytes_are_sealed(v->state, name))
        return err_set(e, ERR_DENIED,
                       "the bytes of e%u are sealed under another number: they may be unlawful to "
                       "possess, and are not handed out. See calm help unlawful",
                       item->number);
    return 0;
}

static const struct field get_fields[] = {
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "evidence",
     .help = "which item: e3"},
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "where to write the copy; a name that is still free"},
    {.name = "to", .type = FIELD_LINE, .help = "for whom"},
    {.name = "because", .type = FIELD_LINE, .help = "what for"},
};

static int get_job(struct session *s, const struct operation *op, const struct input *in,
                   struct answer *a, struct err *e)
{
    CLEANUP(out_file_release) struct out_file c = {.fd = -1};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;
    struct hash name;
    struct view v;
    uint64_t size;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = find_item(&v, op, in, &name, e);
    if (rc)
        return rc;
    buf_addstr(&path, input_value(op, in, "file"));
    rc = blob_open(session_store(s), &name, &fd, &size, e);
    if (rc == 0)
        rc = out_file_begin(&c, buf_text(&path), e);
    if (rc == 0)
        rc = copy_bytes(&c, fd, &name, buf_text(&path), e);
    if (rc == 0)
        rc = record_copy(s, &v, op, in, buf_text(&path), e);
    if (rc == 0)
        rc = out_file_end(&c, buf_text(&path), e);
    if (rc)
        return rc;
    if (a->wants_json) {
        buf_addf(&a->json, "{\"size\":%llu,\"sha256\":\"", (unsigned long long)size);
        hex_add(&a->json, name.b, sizeof(name.b));
        buf_adds(&a->json, "\"}");
        return 0;
    }
    buf_adds(&a->text, "Written to ");
    sink_terminal(&a->text, buf_str(&path), false);
    buf_adds(&a->text,
             ", and its hash is the one on the register. The copy is on record. It may be "
             "hostile: open it where it can do no harm.\n");
    return 0;
}

const struct operation preserve_get = {
    .name = "preserve get",
    .practice = "preserve",
    .help = "write an item out again, checked, on record",
    .example =
        "calm preserve get e3 /media/STICK/auth.log --to \"Sgt. Weber\" --because \"asked for\"",
    .more = "The item is hashed again before and while it is copied. The copy is a record of its "
            "chain of custody. Items that may be unlawful to possess are refused.",
    OP_FIELDS(get_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("custody/1"),
    .job = get_job};
