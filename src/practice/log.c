/* log.c: the record as people read it, and sealed. */
#include "base/sink.h"
#include "practice/log.h"
#include "render/wrap.h"

enum { TEXT_PART_MAX = 4000, FOLLOW_WAIT_MS = 60000, ROOM_LEAST = 20 };

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
    if (r->refusal)
        json_put_text(&j, "refused", r->refusal);
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
    if (r->refusal)
        buf_addf(&after, " [refused, no effect: %s]", r->refusal);
    else if (r->trust != TRUST_YES)
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
    if ((!words.len || state_record(s->v->state, seq)->thing) && view_is_missing(s->v, seq))
        buf_adds(&marks, " [a value is missing]");
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
