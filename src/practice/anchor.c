/* anchor.c: the record anchored from outside: a page to print, a time stamp, a witness. */
#include "base/sink.h"
#include "journal/anchor.h"
#include "journal/note.h"
#include "practice/verify.h"
#include "base/json.h"
#include "sys/file.h"

enum { TOKEN_SIZE_MAX = 32768 };

static const struct field anchor_fields[] = {
    {.name = "token",
     .type = FIELD_PATH,
     .help = "the time stamp that came back for the request (.tsr)"},
    {.name = "note",
     .type = FIELD_PATH,
     .help = "the checkpoint with a witness's signature line (.note)"},
    {.name = "witness", .type = FIELD_LINE, .help = "with --note: the witness's public key in hex"},
    {.name = "size", .type = FIELD_NUMBER, .help = "of which checkpoint; the last if not given"},
    {.name = "request",
     .type = FIELD_PATH,
     .help = "write a time stamp request for the last checkpoint there (.tsq)"},
};

struct find {
    uint64_t wanted; /* 0: the last */
    struct checkpoint *out;
    bool is_found;
};

static int find_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct find *f = context;
    struct public_value size;
    struct public_value root;
    struct entry entry;

    (void)seq;
    (void)openings;
    if (entry_read(&entry, line, e))
        return ERR_FORMAT;
    if (!str_is(entry.statement.type, "checkpoint/1") ||
        !public_find(&entry.statement, "size", &size) ||
        !public_find(&entry.statement, "root", &root))
        return 0;
    if (f->wanted && size.integer != f->wanted)
        return 0;
    f->out->case_id = entry.case_id;
    f->out->size = size.integer;
    f->is_found = hex_read(f->out->root.b, 32, root.string);
    return 0;
}

/* The last checkpoint on record, or the one of a size. */
static int find_checkpoint(struct session *s, const struct operation *op, const struct input *in,
                           struct checkpoint *out, struct err *e)
{
    struct find f = {.out = out};
    int rc;

    if (!str_u64(input_value(op, in, "size"), &f.wanted))
        f.wanted = 0;
    rc = store_read(session_store(s), 0, state_size(session_state(s)), false, find_line, &f, e);
    if (rc == 0 && !f.is_found)
        return err_set(e, ERR_NOTFOUND,
                       "there is no such checkpoint on record: calm log checkpoint");
    return rc;
}

static int append_anchor(struct session *s, const struct checkpoint *c, const char *kind,
                         struct str name, struct str token_base64, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf root = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "anchor/1");
    hex_add(&root, c->root.b, sizeof(c->root.b));
    draft_public_text(&d, dr, "kind", str_of(kind));
    draft_public_text(&d, dr, "name", name);
    draft_public_text(&d, dr, "root", buf_str(&root));
    draft_public_u64(&d, dr, "size", c->size);
    draft_public_text(&d, dr, "token", token_base64);
    return session_append(s, &d, &first, e);
}

static int write_request(const struct checkpoint *c, const char *path, struct answer *a,
                         struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf request = {0};
    int rc;

    checkpoint_text(&text, c);
    rc = timestamp_request(&request, buf_str(&text), e);
    if (rc == 0)
        rc = file_write(path, buf_str(&request), 0644, e);
    if (rc == 0)
        buf_adds(&a->text, "The request holds a digest and nothing of the case. Send it to a "
                           "time-stamp authority; when the answer is there:\n"
                           "  calm log anchor --token ANSWER.tsr\n");
    return rc;
}

static int anchor_token(struct session *s, const struct checkpoint *c, const char *path,
                        struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf token = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf base64 = {0};
    char when[UTC_PLAIN_SIZE];
    struct utc time;
    int rc = file_read(&token, path, TOKEN_SIZE_MAX, e);

    checkpoint_text(&text, c);
    if (rc == 0)
        rc = timestamp_check(buf_str(&token), buf_str(&text), STR(""), &time, e);
    if (rc)
        return rc;
    base64_add(&base64, token.p, token.len);
    rc = append_anchor(s, c, "rfc3161", STR(""), buf_str(&base64), e);
    if (rc == 0)
        buf_addf(&a->text,
                 "Anchored: records up to r%llu existed at %s, if that authority is trusted.\n",
                 (unsigned long long)c->size - 1, utc_plain(when, time));
    return rc;
}

static int anchor_witness(struct session *s, const struct checkpoint *c, const char *path,
                          struct str witness, struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf note = {0};
    struct note_signature line;
    struct checkpoint read;
    struct str rest;
    struct key key;
    int rc = file_read(&note, path, TOKEN_SIZE_MAX, e);

    if (rc == 0 && !hex_read(key.b, sizeof(key.b), witness))
        return err_set(e, ERR_USAGE, "give the witness's public key: --witness, 64 hex digits");
    if (rc == 0)
        rc = checkpoint_read(&read, &rest, buf_str(&note), e);
    if (rc)
        return rc;
    if (read.size != c->size || !hash_eq(&read.root, &c->root) ||
        !hash_eq(&read.case_id, &c->case_id))
        return err_set(e, ERR_TAMPER, "%s is about another checkpoint", path);
    while (note_signature_next(&rest, &line)) {
        if (!note_signature_holds(&line, c, &key))
            continue;
        rc = append_anchor(s, c, "witness", line.name, line.line_base64, e);
        if (rc == 0)
            buf_addf(&a->text, "Anchored: the witness " STR_FMT " saw the records up to r%llu.\n",
                     STR_ARG(line.name), (unsigned long long)c->size - 1);
        return rc;
    }
    return err_set(e, ERR_TAMPER, "%s holds no valid signature of that witness", path);
}

/* The page to print: it anchors the record by being paper. */
static int anchor_page(struct session *s, const struct checkpoint *c, struct answer *a,
                       struct err *e)
{
    int rc = append_anchor(s, c, "page", STR(""), STR(""), e);

    if (rc)
        return rc;
    buf_adds(&a->text,
             "Print this page, or copy it by hand, and let two people sign it.\n\n  case ");
    hex_add(&a->text, c->case_id.b, sizeof(c->case_id.b));
    buf_addf(&a->text, "\n  size %llu\n  root ", (unsigned long long)c->size);
    verify_root(&a->text, &c->root, "\n       ");
    buf_adds(&a->text, "\n\nTo check the record against it, on any machine:\n  ");
    verify_command(&a->text, "", c->size, &c->root, "journal.cj1");
    buf_adds(&a->text, "\nSigned ____________________  ____________________\n");
    return 0;
}

static void put_json(const struct checkpoint *c, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_hex(&j, "case", c->case_id.b, sizeof(c->case_id.b));
    json_put_u64(&j, "size", c->size);
    json_put_hex(&j, "root", c->root.b, sizeof(c->root.b));
    json_object_end(&j);
}

static int anchor_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct checkpoint c;
    int rc = 0;

    if (!input_has(op, in, "token") && !input_has(op, in, "note") && !input_has(op, in, "size"))
        rc = session_checkpoint(s, e);
    if (rc == 0)
        rc = find_checkpoint(s, op, in, &c, e);
    if (rc)
        return rc;
    if (input_has(op, in, "request")) {
        buf_addstr(&path, input_value(op, in, "request"));
        rc = write_request(&c, buf_text(&path), a, e);
    } else if (input_has(op, in, "token")) {
        buf_addstr(&path, input_value(op, in, "token"));
        rc = anchor_token(s, &c, buf_text(&path), a, e);
    } else if (input_has(op, in, "note")) {
        buf_addstr(&path, input_value(op, in, "note"));
        rc = anchor_witness(s, &c, buf_text(&path), input_value(op, in, "witness"), a, e);
    } else {
        rc = anchor_page(s, &c, a, e);
    }
    if (rc == 0 && a->wants_json)
        put_json(&c, &a->json);
    return rc;
}

const struct operation log_anchor = {
    .name = "log anchor",
    .practice = "note",
    .help = "make the record firm from outside: a page to print, a time stamp, a witness",
    .example = "calm log anchor --request monday.tsq",
    .more = "Alone it seals the record and prints a page with its root in groups with check "
            "digits. Nothing is sent by itself: a time stamp request is "
            "written to a file, and the answer is taken from one.",
    OP_FIELDS(anchor_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("anchor/1", "checkpoint/1"),
    .job = anchor_job};
