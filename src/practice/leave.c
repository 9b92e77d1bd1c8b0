/* leave.c: taking somebody off the team: their key signs nothing more, and new keys seal what is
 * written from then on. */
#include "practice/practice.h"

enum { MEMBERS_MAX = 256, SCOPES_MAX = 64 };

/* Who may read a compartment. */
struct members {
    struct key keys[MEMBERS_MAX];
    size_t count;
};

/* Compartments that get a new key. */
struct renewal {
    const char *scopes[SCOPES_MAX];
    size_t count;
    struct buf closed; /* names of those whose key is not held here */
};

static void renewal_release(struct renewal *r)
{
    buf_release(&r->closed);
}

static bool members_have(const struct members *m, const struct key *key)
{
    for (size_t i = 0; i < m->count; i++)
        if (key_eq(&m->keys[i], key))
            return true;
    return false;
}

static void members_add(struct members *m, const struct key *key)
{
    if (m->count < MEMBERS_MAX && !members_have(m, key))
        m->keys[m->count++] = *key;
}

static void members_add_person(struct members *m, const struct thing *person)
{
    struct key key;

    if (person && hex_read(key.b, sizeof(key.b), thing_value(person, "key")))
        members_add(m, &key);
}

/* By the records that they signed or that name them, never by the grants: whoever can write to the
 * folder can add one. */
static void members_find(const struct view *v, const char *scope, struct members *m)
{
    bool is_team = strcmp(scope, "team") == 0;
    const struct thing *t;

    m->count = 0;
    for (size_t at = 0; is_team && (t = view_next(v, "person", &at));)
        members_add_person(m, t);
    for (size_t at = 0; !is_team && (t = view_next(v, "compartment", &at));) {
        struct str ids = thing_value(t, "person");
        struct id id;

        if (!thing_says(t, "name", scope))
            continue;
        members_add(m, state_key(v->state, state_record(v->state, t->seq)));
        while (ids.len)
            if (hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
                members_add_person(m, state_thing_by_id(v->state, &id));
    }
}

static bool renewal_has(const struct renewal *r, struct str scope)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_is(scope, r->scopes[i]))
            return true;
    return false;
}

/* The compartments of this case that the one who leaves could read. */
static void renewal_find(const struct view *v, const struct key *gone, struct renewal *r)
{
    const struct thing *t;

    r->scopes[r->count++] = "team";
    for (size_t at = 0; (t = view_next(v, "compartment", &at)) && r->count < SCOPES_MAX;) {
        const char *scope = state_scope(v->state, state_record(v->state, t->seq));
        struct members m;

        members_find(v, scope, &m);
        if (!renewal_has(r, str_of(scope)) && members_have(&m, gone))
            r->scopes[r->count++] = scope;
    }
}

struct closed {
    const struct view *v;
    const struct key *gone;
    struct renewal *renewal;
};

static int add_closed(void *context, const struct store_grant *grant, struct err *e)
{
    const struct closed *c = context;
    struct buf *out = &c->renewal->closed;

    (void)e;
    if (!key_eq(&grant->key, c->gone) || scopes_holds(state_scopes(c->v->state), grant->scope))
        return 0;
    buf_adds(out, out->len ? ", " : "");
    buf_addstr(out, grant->scope);
    return 0;
}

/* A new key, for all who stay and for the recovery key. */
static int renew(struct session *s, const struct view *v, const char *scope, const struct key *gone,
                 struct err *e)
{
    const struct keyring *keyring = state_keyring(v->state);
    struct members m;
    int rc = session_scope_new(s, str_of(scope), e);

    members_find(v, scope, &m);
    for (size_t i = 0; rc == 0 && i < m.count; i++)
        if (!key_eq(&m.keys[i], gone) && keyring_power(keyring, &m.keys[i]) != POWER_NONE)
            rc = session_scope_grant(s, str_of(scope), &m.keys[i], e);
    if (rc == 0 && strcmp(scope, "team") == 0 && keyring_recovery(keyring))
        rc = session_scope_grant(s, str_of(scope), keyring_recovery(keyring), e);
    return rc;
}

static void draft_leaving(struct decision *d, const struct thing *person, uint64_t from)
{
    struct draft *dr = decision_add(d, "revoke/1");

    draft_public_text(d, dr, "key", thing_value(person, "key"));
    draft_public_u64(d, dr, "from", from);
    draft_value(dr, "because", input_value(d->op, d->input, "because"));
    draft_ref(dr, &person->id);
    dr = decision_add(d, "person-change/1");
    draft_ref(dr, &person->id);
    draft_value(dr, "left", STR("yes"));
    draft_scope_key(d, dr);
}

static void draft_renewed(struct decision *d, const char *scope)
{
    struct draft *dr = decision_add(d, "compartment/1");

    dr->scope = str_of(scope);
    draft_value(dr, "name", str_of(scope));
    draft_value(dr, "text", STR("sealed with a new key, as somebody left"));
    draft_scope_key(d, dr);
}

static void say_left(uint64_t first, const struct renewal *r, struct answer *a)
{
    if (answer_record(a, first))
        return;
    buf_adds(&a->text, "their key signs nothing more, and what is written from now on is closed to "
                       "them.\n      What they have read, they have read.\n");
    if (r->closed.len)
        buf_addf(&a->text,
                 "      They hold the key of a compartment that is closed to you, and keep it: %s. "
                 "Its\n      people make another one for what is to come: calm team compartment\n",
                 buf_text(&r->closed));
}

static int find_leaver(struct session *s, const struct view *v, const struct operation *op,
                       const struct input *in, const struct thing **person, struct key *key,
                       struct err *e)
{
    *person = input_thing(v, op, in, "person");
    if (!*person || !hex_read(key->b, sizeof(key->b), thing_value(*person, "key")))
        return err_set(e, ERR_NOTFOUND, "they are not on the team");
    if (key_eq(key, session_key(s)))
        return err_set(e, ERR_USAGE,
                       "you cannot remove yourself; another lead can, or the recovery key");
    return 0;
}

/* The new keys are handed out before the record that names them: whoever reads that record can read
 * what follows it. */
static int remove_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP(renewal_release) struct renewal renewal = {0};
    const struct thing *person;
    struct id since;
    struct key key;
    struct view v;
    uint64_t from;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = find_leaver(s, &v, op, in, &person, &key, e);
    if (rc)
        return rc;
    from = state_size(v.state);
    if (input_id(op, in, "since", &since) && !state_find_id(v.state, &since, &from))
        return err_set(e, ERR_NOTFOUND, "since: there is no such record");
    renewal_find(&v, &key, &renewal);
    for (size_t i = 0; rc == 0 && i < renewal.count; i++)
        rc = renew(s, &v, renewal.scopes[i], &key, e);
    if (rc == 0)
        rc = store_grants(session_store(s), add_closed, &(struct closed){&v, &key, &renewal}, e);
    if (rc)
        return rc;
    decision_begin(&d, &v, op, in);
    draft_leaving(&d, person, from ? from : 1);
    for (size_t i = 1; i < renewal.count; i++)
        draft_renewed(&d, renewal.scopes[i]);
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        say_left(first, &renewal, a);
    return rc;
}

static const struct field remove_fields[] = {
    {.name = "person",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "person",
     .help = "who leaves"},
    {.name = "because", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "why"},
    {.name = "since",
     .type = FIELD_REF,
     .help = "their key is not to be trusted from this record on (r17), if it was in wrong hands"},
};

const struct operation team_remove = {
    .name = "team remove",
    .practice = "team",
    .help = "take somebody off the team: their key signs and reads nothing more",
    .example = "calm team remove bo --because \"laptop stolen\" --since r41",
    OP_FIELDS(remove_fields),
    .type = OP_JOB,
    .roles = ROLES_LEADING,
    .faces = FACE_CLI,
    .records = WORDS("revoke/1", "person-change/1", "compartment/1"),
    .job = remove_job};
