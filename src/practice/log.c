/* log.c: the record as people read it, checked, sealed and anchored. */
#include <unistd.h>
#include "base/limits.h"
#include "base/sink.h"
#include "journal/anchor.h"
#include "journal/note.h"
#include "practice/log.h"
#include "render/wrap.h"
#include "sys/file.h"

enum { TEXT_PART_MAX = 4000, TOKEN_SIZE_MAX = 32768, FOLLOW_WAIT_MS = 60000, ROOM_LEAST = 20 };

static const struct field show_fields[] = {
    {.name = "words",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "only entries with these words; r12: that one, whole"},
    {.name = "since", .type = FIELD_TIME, .help = "only from then on"},
    {.name = "until", .type = FIELD_TIME, .help = "only up to then"},
    {.name = "person",
     .type = FIELD_REF,
     .kind = "person",
     .help = "only what this person wrote",
     .option = "from"},
    {.name = "type",
     .type = FIELD_LINE,
     .help = "only this type: note, decision, problem, evidence …"},
    {.name = "last", .type = FIELD_NUMBER, .help = "only the last so many"},
    {.name = "follow", .type = FIELD_FLAG, .help = "go on and show what comes"},
    {.name = "full", .type = FIELD_FLAG, .help = "whole texts, not one line each"},
};

/* Which record corrects which, so that both show it. */
struct corrections {
    uint64_t (*pairs)[2]; /* correction, corrected */
    size_t count;
    size_t room;
};

struct shown {
    const struct view *v;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct corrections corrections;
    uint64_t one; /* the only record that is wanted; UINT64_MAX: all */
    size_t count;
};

static int corrections_find(const struct view *v, struct corrections *c, struct err *e)
{
    const struct record *r;

    for (uint64_t seq = 0; (r = state_record(v->state, seq)); seq++) {
        CLEANUP_BUF struct buf hex = {0};
        struct id id;
        uint64_t of;
        int rc;

        if (!r->kind || strcmp(r->kind->name, "correction") != 0)
            continue;
        rc = view_text(v, seq, "of", &hex, e);
        if (rc)
            return rc;
        if (!hex_read(id.b, sizeof(id.b), buf_str(&hex)) || !state_find_id(v->state, &id, &of))
            continue;
        c->pairs = mem_grow(c->pairs, c->count, &c->room, sizeof(c->pairs[0]));
        c->pairs[c->count][0] = seq;
        c->pairs[c->count++][1] = of;
    }
    return 0;
}

/* ": state closed, text …": what a change gave anew, as far as it is words. */
static int change_text(const struct view *v, uint64_t seq, struct buf *out, struct err *e)
{
    const struct kind *k = state_record(v->state, seq)->kind;
    const char *between = ": ";

    for (size_t i = 0; i < k->field_count; i++) {
        CLEANUP_BUF struct buf value = {0};
        int rc;

        if (k->fields[i].type != FIELD_WORD && k->fields[i].type != FIELD_TEXT)
            continue;
        rc = view_text(v, seq, k->fields[i].name, &value, e);
        if (rc)
            return rc;
        if (!value.len)
            continue;
        buf_addf(out, "%s%s ", between, k->fields[i].name);
        for (size_t at = 0; at < value.len; at++)
            buf_addc(out,
                     value.p[at] == '\n' && (k->fields[i].flags & FIELD_MANY) ? '+' : value.p[at]);
        between = ", ";
    }
    return 0;
}

/* What a record says in words: its text, or the title of the thing that it made or changed. */
int log_text(const struct view *v, uint64_t seq, struct buf *out, struct err *e)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf with = {0};
    int rc = 0;

    if (r->thing) {
        view_name(v, r->thing, out);
        return r->is_change ? change_text(v, seq, out, e) : 0;
    }
    if (!r->kind)
        return 0;
    if (strcmp(r->kind->name, "conversation") == 0) {
        rc = view_text(v, seq, "with", &with, e);
        if (with.len)
            buf_addf(out, "with " STR_FMT ": ", STR_ARG(buf_str(&with)));
    }
    return rc ? rc : view_text(v, seq, "text", out, e);
}

/* "happened 02:50 (ana's watch)", where that is more than a quarter of an hour before the record.
 */
static int late_words(const struct view *v, uint64_t seq, struct buf *out, struct err *e)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf kept = {0};
    CLEANUP_BUF struct buf clock = {0};
    char text[UTC_PLAIN_SIZE];
    struct utc when;
    int rc = 0;

    if (r->thing) {
        if (r->is_change)
            return 0;
        buf_addstr(&kept, thing_common(r->thing, COMMON_OCCURRED));
        buf_addstr(&clock, thing_common(r->thing, COMMON_CLOCK));
    } else if (r->kind) {
        rc = view_text(v, seq, "occurred", &kept, e);
        if (rc == 0)
            rc = view_text(v, seq, "occurred-clock", &clock, e);
    }
    if (rc || !utc_read(&when, buf_str(&kept)))
        return rc;
    buf_addf(out, " [happened %s", utc_local_short(text, when, v->now));
    if (clock.len)
        buf_addf(out, " by " STR_FMT, STR_ARG(buf_str(&clock)));
    buf_adds(out, utc_minus_ms(r->time, when) > 15 * 60 * 1000 ? ", written late]" : "]");
    return 0;
}

static void correction_words(const struct shown *s, uint64_t seq, struct buf *out)
{
    for (size_t i = 0; i < s->corrections.count; i++) {
        if (s->corrections.pairs[i][0] == seq)
            buf_addf(out, " [corrects r%llu]", (unsigned long long)s->corrections.pairs[i][1]);
        if (s->corrections.pairs[i][1] == seq)
            buf_addf(out, " [corrected by r%llu]", (unsigned long long)s->corrections.pairs[i][0]);
    }
}

/* The journal's own records, which make no thing of the case. */
static const struct {
    const char *type, *words;
} journal_words[] = {
    {"enrol/1", "key enrolled"},
    {"revoke/1", "key revoked"},
    {"checkpoint/1", "sealed by a checkpoint"},
    {"anchor/1", "anchored from outside"},
    {"merge/1", "copies brought together"},
    {"hold/1", "legal hold"},
    {"redact-request/1", "redaction asked for"},
    {"redact-approve/1", "redaction approved"},
    {"redact/1", "value destroyed"},
};

const char *log_words(const struct view *v, const struct record *r)
{
    const char *type = state_type(v->state, r);

    if (r->kind)
        return r->is_change ? r->kind->change_words : r->kind->words;
    for (size_t i = 0; i < COUNT_OF(journal_words); i++)
        if (strcmp(journal_words[i].type, type) == 0)
            return journal_words[i].words;
    return type;
}

static void put_json(const struct shown *s, uint64_t seq, const struct buf *words,
                     const struct buf *marks)
{
    const struct record *r = state_record(s->v->state, seq);
    CLEANUP_BUF struct buf who = {0};
    struct json j;

    if (s->a->json.len > 1)
        buf_addc(&s->a->json, ',');
    json_begin(&j, &s->a->json);
    view_signer_name(s->v, r, &who);
    json_object_begin(&j);
    json_put_u64(&j, "record", seq);
    json_put_utc(&j, "time", r->time);
    json_put_str(&j, "by", buf_str(&who));
    json_put_text(&j, "type", state_type(s->v->state, r));
    json_put_text(&j, "tlp", tlp_names[r->tlp]);
    json_put_str(&j, "text", buf_str(words));
    json_put_str(&j, "marks", buf_str(marks));
    json_put_bool(&j, "trusted", r->trust == TRUST_YES);
    json_object_end(&j);
}

/* The columns left for a record's words, so that what it is marked with is never cut. */
static size_t room(size_t columns, size_t taken)
{
    return columns > taken + ROOM_LEAST ? columns - taken : ROOM_LEAST;
}

static void put_text(const struct shown *s, uint64_t seq, const struct buf *words,
                     const struct buf *marks)
{
    const struct record *r = state_record(s->v->state, seq);
    bool is_full = input_has(s->op, s->in, "full") || s->one != UINT64_MAX;
    bool is_cut = s->a->to_terminal && !is_full;
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf after = {0};
    char when[UTC_PLAIN_SIZE];

    buf_addf(&line, "r%-4llu %s ", (unsigned long long)seq,
             utc_local_short(when, r->time, s->v->now));
    view_signer_name(s->v, r, &line);
    buf_addf(&line, "  %s%s", log_words(s->v, r), words->len ? ": " : "");
    buf_addstr(&line, str_head(buf_str(words), TEXT_PART_MAX));
    buf_addstr(&after, buf_str(marks));
    if (r->trust != TRUST_YES)
        buf_adds(&after, " [not trusted]");
    if (r->is_redacted)
        buf_adds(&after, " [redacted]");
    if (is_cut)
        wrap_cut(&s->a->text, buf_str(&line), room(s->a->columns, utf8_columns(buf_str(&after))),
                 false);
    else
        sink_terminal(&s->a->text, buf_str(&line), is_full);
    sink_terminal(&s->a->text, buf_str(&after), false);
    buf_addc(&s->a->text, '\n');
}

static bool is_wanted(const struct shown *s, const struct record *r)
{
    struct str type = input_value(s->op, s->in, "type");
    struct utc limit;

    if (!view_allows_record(s->v, r))
        return false;
    if (utc_read(&limit, input_value(s->op, s->in, "since")) && utc_cmp(r->time, limit) < 0)
        return false;
    if (utc_read(&limit, input_value(s->op, s->in, "until")) && utc_cmp(r->time, limit) > 0)
        return false;
    if (type.len && !(r->kind && str_is(type, r->kind->name)) &&
        !str_is(type, state_type(s->v->state, r)))
        return false;
    return !input_has(s->op, s->in, "person") ||
           view_signer(s->v, r) == input_thing(s->v, s->op, s->in, "person");
}

static int show_record(struct shown *s, uint64_t seq, struct err *e)
{
    struct str find = input_value(s->op, s->in, "words");
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf marks = {0};
    int rc;

    if ((s->one != UINT64_MAX && s->one != seq) || !is_wanted(s, state_record(s->v->state, seq)))
        return 0;
    rc = log_text(s->v, seq, &words, e);
    if (rc == 0)
        rc = late_words(s->v, seq, &marks, e);
    if (rc)
        return rc;
    if (s->one == UINT64_MAX && find.len &&
        !(words.len && memmem(words.p, words.len, find.p, find.len)))
        return 0;
    s->count++;
    correction_words(s, seq, &marks);
    if ((!words.len || state_record(s->v->state, seq)->thing) && view_is_damaged(s->v, seq))
        buf_adds(&marks, " [not what was signed]");
    if (s->a->wants_json)
        put_json(s, seq, &words, &marks);
    else
        put_text(s, seq, &words, &marks);
    return 0;
}

/* The record in a place of the order that every copy of the case agrees on. */
static uint64_t in_order(const struct view *v, uint64_t place)
{
    const uint64_t *order = state_order(v->state);

    return order ? order[place] : place;
}

/* The first place to look at, so that the last so many wanted ones are shown. */
static uint64_t first_of_last(const struct shown *s)
{
    uint64_t left;
    uint64_t seq = state_size(s->v->state);

    if (!str_u64(input_value(s->op, s->in, "last"), &left))
        return 0;
    while (seq > 0 && left > 0)
        left -= is_wanted(s, state_record(s->v->state, in_order(s->v, --seq)));
    return seq;
}

static int follow(struct session *session, struct shown *s, struct view *v, uint64_t from,
                  struct err *e)
{
    for (;;) {
        int rc = s->a->flush ? s->a->flush(s->a) : 0;

        if (rc)
            return 0; /* nobody reads any more */
        rc = store_watch(session_store(session), from, FOLLOW_WAIT_MS, e);
        if (rc < 0)
            return rc;
        rc = session_view(session, v, e);
        for (; rc == 0 && from < state_size(v->state); from++)
            rc = show_record(s, from, e);
        if (rc)
            return rc;
    }
}

static int show_job(struct session *session, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    struct view v;
    struct shown s = {.v = &v, .op = op, .in = in, .a = a, .one = UINT64_MAX};
    struct str words = input_value(op, in, "words");
    uint64_t seq = 0;
    int rc = session_view(session, &v, e);

    if (str_starts(words, "r") && !str_u64(str_from(words, 1), &s.one))
        s.one = UINT64_MAX;
    if (rc == 0)
        rc = corrections_find(&v, &s.corrections, e);
    if (a->wants_json)
        buf_addc(&a->json, '[');
    for (seq = rc ? 0 : first_of_last(&s); rc == 0 && seq < state_size(v.state); seq++)
        rc = show_record(&s, in_order(&v, seq), e);
    if (a->wants_json)
        buf_addc(&a->json, ']');
    else if (rc == 0 && !s.count)
        buf_adds(&a->text, "Nothing that was written is like that. All of it: calm log\n");
    if (rc == 0 && input_has(op, in, "follow") && !a->wants_json)
        rc = follow(session, &s, &v, seq, e);
    free(s.corrections.pairs);
    return rc;
}

const struct operation log_show = {.name = "log",
                                   .practice = "note",
                                   .help = "read the record: all of it, some of it, or as it comes",
                                   .example = "calm log --since 02:00 --from bo",
                                   OP_FIELDS(show_fields),
                                   .type = OP_JOB,
                                   .faces = FACE_ALL,
                                   .job = show_job};

static int checkpoint_job(struct session *s, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    int rc = session_checkpoint(s, e);

    (void)op;
    (void)in;
    if (rc)
        return rc;
    if (a->wants_json)
        buf_addf(&a->json, "{\"size\":%llu}", (unsigned long long)state_size(session_state(s)) - 1);
    else
        buf_addf(
            &a->text,
            "Sealed up to r%llu. The readable copy is journal/journal.cj1 in the case's folder.\n",
            (unsigned long long)state_size(session_state(s)) - 2);
    return 0;
}

const struct operation log_checkpoint = {
    .name = "log checkpoint",
    .practice = "note",
    .help = "sign the record as it stands, and write its readable copy",
    .example = "calm log checkpoint",
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("checkpoint/1"),
    .job = checkpoint_job};

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

/* The last checkpoint on record, or the one of a size. */
static int find_checkpoint(struct session *s, const struct operation *op, const struct input *in,
                           struct checkpoint *out, struct err *e);

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
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, NULL, NULL);
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
    CLEANUP_BUF struct buf groups = {0};
    int rc = append_anchor(s, c, "page", STR(""), STR(""), e);
    struct str rest;

    if (rc)
        return rc;
    groups_write(&groups, c->root.b);
    buf_adds(&a->text,
             "Print this page, or copy it by hand, and let two people sign it.\n\n  case ");
    hex_add(&a->text, c->case_id.b, sizeof(c->case_id.b));
    buf_addf(&a->text, "\n  size %llu\n  root ", (unsigned long long)c->size);
    rest = buf_str(&groups);
    for (int i = 0; rest.len; i++) {
        struct str group = str_cut(&rest, ' ');

        buf_adds(&a->text, i == 4 ? "\n       " : i ? " " : "");
        buf_addstr(&a->text, group);
    }
    buf_addf(&a->text,
             "\n\nTo check the record against it, on any machine:\n  calm-verify --root "
             "\"%llu:%s\" journal.cj1\n\nSigned ____________________  ____________________\n",
             (unsigned long long)c->size, buf_text(&groups));
    return 0;
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
        buf_addf(&a->json, "{\"size\":%llu}", (unsigned long long)c.size);
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
