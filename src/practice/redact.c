/* redact.c: destroying a value for good, with two approvals, on record; and the legal hold that
 * forbids it. */
#include "base/sink.h"
#include "practice/destroy.h"
#include "practice/practice.h"

static const struct field hold_fields[] = {
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("set", "lifted"),
     .help = "set it or lift it"},
    {.name = "because",
     .type = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .help = "why, and who asked for it"},
};

static int decide_hold(struct decision *d, struct err *e)
{
    struct draft *dr = decision_add(d, "hold/1");

    (void)e;
    draft_public_text(d, dr, "state", input_value(d->op, d->input, "state"));
    draft_value(dr, "because", input_value(d->op, d->input, "because"));
    return 0;
}

const struct operation log_hold = {
    .name = "log hold",
    .practice = "note",
    .help = "a legal hold: while it is set, nothing may be destroyed",
    .example = "calm log hold set --because \"counsel, by phone: a lawsuit is likely\"",
    OP_FIELDS(hold_fields),
    .type = OP_CHANGE,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("hold/1"),
    .decide = decide_hold};

static const struct field request_fields[] = {
    {.name = "record",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "which record: r17"},
    FIELD_CALLED("field", "which of its fields: text"),
    {.name = "because",
     .type = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .help = "why it must be destroyed"},
};

struct has_field {
    struct str name;
    bool is_there;
};

static int look_for_field(void *context, uint64_t seq, struct str line, struct str openings,
                          struct err *e)
{
    struct has_field *h = context;
    struct entry entry;
    struct str rest;
    struct str name;
    struct hash commitment;

    (void)seq;
    (void)openings;
    if (entry_read(&entry, line, e))
        return ERR_FORMAT;
    rest = entry.statement.fields_text;
    while (fields_next(&rest, &name, &commitment))
        h->is_there = h->is_there || str_eq(name, h->name);
    return 0;
}

static int decide_request(struct decision *d, struct err *e)
{
    struct str field = input_value(d->op, d->input, "field");
    struct has_field h = {.name = field};
    struct id target;
    struct draft *dr;
    uint64_t seq = 0;
    int rc;

    if (!input_id(d->op, d->input, "record", &target) ||
        !state_find_id(d->view->state, &target, &seq))
        return err_set(e, ERR_NOTFOUND, "say which record");
    rc = store_read(d->view->store, seq, seq + 1, false, look_for_field, &h, e);
    if (rc)
        return rc;
    if (!h.is_there)
        return err_set(e, ERR_NOTFOUND, "r%llu has no field \"" STR_FMT "\"",
                       (unsigned long long)seq, STR_ARG(str_head(field, 40)));
    dr = decision_add(d, "redact-request/1");
    draft_public(dr, "names",
                 str_of(arena_printf(d->arena, "[\"%.*s\"]", (int)field.len, field.p)));
    draft_public_text(d, dr, "target", str_head(input_value(d->op, d->input, "record"), 32));
    draft_value(dr, "because", input_value(d->op, d->input, "because"));
    draft_ref(dr, &target);
    buf_adds(
        &d->say,
        "Two people approve it: calm log redact-approve {record}; then calm log redact {record}\n");
    return 0;
}

const struct operation log_redact_request = {
    .name = "log redact-request",
    .practice = "note",
    .help = "ask that a value be destroyed for good",
    .example = "calm log redact-request r17 text --because \"a password was written down\"",
    OP_FIELDS(request_fields),
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("redact-request/1"),
    .decide = decide_request};

static const struct field approve_fields[] = {
    {.name = "request",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "the record that asks for it: r41"},
};

static int check_request(const struct view *v, const struct id *id, uint64_t *seq, struct err *e)
{
    if (!state_find_id(v->state, id, seq) || state_record(v->state, *seq)->refusal ||
        strcmp(state_type(v->state, state_record(v->state, *seq)), "redact-request/1") != 0)
        return err_set(e, ERR_NOTFOUND, "that record does not ask for a redaction");
    return 0;
}

static int decide_approve(struct decision *d, struct err *e)
{
    struct draft *dr;
    struct id id = {0};
    uint64_t seq;
    int rc;

    (void)input_id(d->op, d->input, "request", &id);
    rc = check_request(d->view, &id, &seq, e);
    if (rc)
        return rc;
    dr = decision_add(d, "redact-approve/1");
    draft_public_text(d, dr, "request", str_head(input_value(d->op, d->input, "request"), 32));
    draft_ref(dr, &id);
    return 0;
}

const struct operation log_redact_approve = {.name = "log redact-approve",
                                             .practice = "note",
                                             .help =
                                                 "approve a redaction; two different people must",
                                             .example = "calm log redact-approve r41",
                                             OP_FIELDS(approve_fields),
                                             .type = OP_CHANGE,
                                             .roles = ROLES_WRITING,
                                             .faces = FACE_ALL,
                                             .records = WORDS("redact-approve/1"),
                                             .decide = decide_approve};

enum { APPROVALS_MAX = 16 };

/* What a redaction stands on, gathered from the lines. */
struct grounds {
    const struct state *state;
    struct str request_hex;
    uint64_t request_seq;
    struct id target;
    struct buf names;                   /* as spelled in the request */
    struct id approvals[APPROVALS_MAX]; /* one for each key */
    struct key keys[APPROVALS_MAX];
    size_t approval_count;
};

static void grounds_release(struct grounds *g)
{
    buf_release(&g->names);
}

static void add_approval(struct grounds *g, const struct entry *entry)
{
    const struct statement *s = &entry->statement;

    for (size_t i = 0; i < g->approval_count; i++)
        if (key_eq(&g->keys[i], &s->by))
            return;
    if (g->approval_count == APPROVALS_MAX ||
        !keyring_trusts(state_keyring(g->state), entry->seq, &s->by, s->type))
        return;
    g->keys[g->approval_count] = s->by;
    g->approvals[g->approval_count++] = s->id;
}

static int gather(void *context, uint64_t seq, struct str line, struct str openings, struct err *e)
{
    struct grounds *g = context;
    struct public_value value;
    struct entry entry;

    (void)openings;
    if (entry_read(&entry, line, e))
        return ERR_FORMAT;
    if (seq == g->request_seq) {
        if (public_find(&entry.statement, "target", &value))
            (void)hex_read(g->target.b, sizeof(g->target.b), value.string);
        if (public_find(&entry.statement, "names", &value))
            buf_addstr(&g->names, value.text);
    }
    if (!state_record(g->state, seq)->refusal && str_is(entry.statement.type, "redact-approve/1") &&
        public_find(&entry.statement, "request", &value) && str_eq(value.string, g->request_hex))
        add_approval(g, &entry);
    return 0;
}

static int check_grounds(const struct grounds *g, struct err *e)
{
    if (keyring_legal_hold(state_keyring(g->state)))
        return err_set(e, ERR_GATE,
                       "a legal hold is set: nothing may be destroyed. A lead can lift it when "
                       "counsel agrees: calm log hold lifted --because WHY");
    if (g->approval_count < 2)
        return err_set(e, ERR_GATE, "%zu of 2 people have approved: calm log redact-approve r%llu",
                       g->approval_count, (unsigned long long)g->request_seq);
    return 0;
}

static int append_redaction(struct session *s, const struct grounds *g, const struct destroy *bytes,
                            uint64_t *first, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf list = {0};
    CLEANUP_BUF struct buf target = {0};
    struct draft *dr;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
    dr = decision_add(&d, "redact/1");
    buf_addc(&list, '[');
    for (size_t i = 0; i < g->approval_count; i++) {
        buf_adds(&list, i ? ",\"" : "\"");
        hex_add(&list, g->approvals[i].b, sizeof(g->approvals[i].b));
        buf_addc(&list, '"');
        draft_ref(dr, &g->approvals[i]);
    }
    buf_addc(&list, ']');
    hex_add(&target, g->target.b, sizeof(g->target.b));
    draft_public(dr, "approvals", buf_str(&list));
    draft_public(dr, "names", buf_str(&g->names));
    draft_public_text(&d, dr, "target", buf_str(&target));
    draft_ref(dr, &g->target);
    destroy_draft(&d, bytes, g->request_seq);
    return session_append(s, &d, first, e);
}

static bool is_named(struct str names, struct str name)
{
    struct public_value item;

    while (public_item_next(&names, &item))
        if (str_eq(item.string, name))
            return true;
    return false;
}

/* Writes the record's openings anew without the named ones; the store leaves no copy of the old
 * bytes. */
static int destroy_openings(struct session *s, const struct grounds *g, uint64_t seq, struct err *e)
{
    CLEANUP_BUF struct buf old = {0};
    CLEANUP_BUF struct buf kept = {0};
    struct sealed_opening o;
    struct str before;
    struct str rest;
    int rc = store_openings(session_store(s), seq, &old, e);

    if (rc)
        return rc;
    rest = before = buf_str(&old);
    while (sealed_next(&rest, &o)) {
        if (!is_named(buf_str(&g->names), o.name))
            buf_add(&kept, before.p, before.len - rest.len);
        before = rest;
    }
    return store_redact(session_store(s), seq, buf_str(&kept), e);
}

/* Copies outside the store that may still hold the value. */
static void say_copies(const struct view *v, struct answer *a)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t i = 0; (t = state_thing(v->state, i)); i++) {
        bool is_copy =
            thing_is(t, "export") || (thing_is(t, "report") && thing_says(t, "state", "issued"));

        if (!is_copy || !view_allows(v, t))
            continue;
        buf_adds(&a->text, count++ ? "  " : "Copies that left and may still hold it:\n  ");
        sink_terminal(&a->text, view_title(t), false);
        buf_addf(&a->text, " (r%llu)\n", (unsigned long long)t->seq);
    }
    buf_adds(
        &a->text,
        "Backups and other copies of the case's folder hold it until they are redacted too.\n");
}

static int redact_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(grounds_release)
    struct grounds g = {.request_hex = str_head(input_value(op, in, "request"), 32)};
    struct destroy bytes = {.is_item = false};
    struct id request = {0};
    uint64_t target_seq;
    uint64_t first;
    struct view v;
    int rc = session_view(s, &v, e);

    g.state = v.state;
    (void)input_id(op, in, "request", &request);
    if (rc == 0)
        rc = check_request(&v, &request, &g.request_seq, e);
    if (rc == 0)
        rc = store_read(session_store(s), 0, state_size(v.state), false, gather, &g, e);
    if (rc == 0)
        rc = check_grounds(&g, e);
    if (rc == 0 && !state_find_id(v.state, &g.target, &target_seq))
        rc = err_set(e, ERR_NOTFOUND, "the record to redact is not here");
    if (rc == 0)
        destroy_find(&bytes, &v, target_seq, buf_str(&g.names));
    if (rc == 0)
        rc = append_redaction(s, &g, &bytes, &first, e);
    if (rc == 0) /* first: as long as the value is there, it can be done again */
        rc = destroy_bytes(s, &bytes, &v, a->around->case_folder, e);
    if (rc == 0)
        rc = destroy_openings(s, &g, target_seq, e);
    if (rc)
        return rc;
    if (answer_record(a, first))
        return 0;
    buf_addf(&a->text,
             "destroyed in r%llu. That it was there, when, and who destroyed it stays on record.\n",
             (unsigned long long)target_seq);
    destroy_say(&bytes, &v, &a->text);
    say_copies(&v, a);
    return 0;
}

const struct operation log_redact = {
    .name = "log redact",
    .practice = "note",
    .help = "destroy a value for good, once two people have approved",
    .example = "calm log redact r41",
    .more = "Where the value is the sha256 of an item of evidence, its "
            "bytes are destroyed with it, and its chain of custody "
            "says so. The files of a disk image lie outside of the "
            "case: they are destroyed by hand, and calm preserve move "
            "e3 destroyed puts that on record.",
    OP_FIELDS(approve_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("redact/1", "custody/1", "evidence-change/1"),
    .job = redact_job};
