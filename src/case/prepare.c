/* prepare.c: drafts become statements, sealed and signed, as the state is at that moment. */
#include "base/limits.h"
#include "case/session_internal.h"

static int compare_values(const void *a, const void *b)
{
    const struct draft_value *const *x = a;
    const struct draft_value *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Pointers to the values in the order of their names, as the journal wants them. */
static void sort_values(const struct draft_value **out, const struct draft_value *values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = &values[i];
    qsort(out, count, sizeof(out[0]), compare_values);
}

/* The thing that a draft changes; NULL when it makes one, or none. */
static const struct thing *draft_target(const struct state *s, const struct draft *dr)
{
    bool is_change = false;
    const struct kind *kind = model_type(state_model(s), str_of(dr->type), &is_change);

    for (size_t i = 0; kind && is_change && i < dr->ref_count; i++) {
        const struct thing *t = state_thing_by_id(s, &dr->refs[i]);

        if (t && t->kind == kind)
            return t;
    }
    return NULL;
}

/* A change is never told to more people than the thing that it changes. */
static struct reach draft_reach(const struct state *s, const struct draft *dr)
{
    const struct thing *t = draft_target(s, dr);
    struct reach r = {.tlp = dr->tlp};

    memcpy(r.scope, dr->scope.p, dr->scope.len);
    if (t && t->tlp > r.tlp)
        r.tlp = t->tlp;
    if (t && str_is(dr->scope, "team"))
        snprintf(r.scope, sizeof(r.scope), "%s", state_scope(s, state_record(s, t->seq)));
    return r;
}

/* Whoever was taken off the team meanwhile must not sign: such a record would spoil the journal.
 * The recovery key is never on it, and signs what the journal lets it. */
static int check_power(const struct session *s, struct err *e)
{
    const struct keyring *k = state_keyring(s->state);
    const struct key *recovery = keyring_recovery(k);

    if (state_is_newer(s->state))
        return err_set(e, ERR_NEWER,
                       "a lead of this case wrote with a later version of calm what this one does "
                       "not know (calm log shows it), so it only reads. Use that version to write");
    if (state_size(s->state) == 0 || keyring_power(k, &s->key) != POWER_NONE ||
        (recovery && key_eq(recovery, &s->key)))
        return 0;
    return err_set(e, ERR_DENIED, "you are not on the team of this case any more");
}

/* The journal must never hold a record that its signer lacked the power for: no checker would
 * accept what follows it. */
static int check_draft_power(const struct session *s, const struct draft *dr, struct err *e)
{
    static const char *const types[] = {"enrol/1", "revoke/1", "hold/1"};
    const struct keyring *k = state_keyring(s->state);
    const struct key *recovery = keyring_recovery(k);
    enum key_power power = keyring_power(k, &s->key);
    bool is_leads = false;

    for (size_t i = 0; i < COUNT_OF(types); i++)
        is_leads |= strcmp(dr->type, types[i]) == 0;
    if (!is_leads || power == POWER_LEAD || (recovery && key_eq(recovery, &s->key)))
        return 0;
    return err_set(e, ERR_DENIED,
                   "your key does not have the power of a lead. A lead gives it with calm team "
                   "role NAME --role lead");
}

static int seal_values(struct session *s, const struct draft *dr, const char *scope,
                       struct draft_field *fields, struct buf *openings, struct err *e)
{
    const struct draft_value *values[DRAFT_VALUES_MAX];
    const uint8_t *key;
    int rc = state_seal_key(s->state, str_of(scope), &key, e);

    if (rc)
        return rc;
    sort_values(values, dr->values, dr->value_count);
    for (size_t i = 0; i < dr->value_count; i++) {
        struct str value = values[i]->value;
        struct salt salt;

        if (value.len > LIMIT_VALUE_SIZE)
            return err_set(e, ERR_LIMIT, "%s has %zu bytes; the most is %d", values[i]->name,
                           value.len, (int)LIMIT_VALUE_SIZE);
        random_bytes(salt.b, sizeof(salt.b));
        fields[i].name = values[i]->name;
        fields[i].commitment =
            field_commitment(&s->case_id, &dr->id, str_of(values[i]->name), &salt, value);
        opening_seal(openings, key, &s->case_id, &dr->id, str_of(values[i]->name), &salt, value);
    }
    return 0;
}

static int write_statement(struct session *s, const struct draft *dr, struct prepared *out,
                           struct err *e)
{
    const struct draft_value *sorted[DRAFT_PUBLICS_MAX];
    struct draft_public publics[DRAFT_PUBLICS_MAX];
    struct draft_field fields[DRAFT_VALUES_MAX];
    struct clock_reading now = s->clock; /* for what does not change */
    struct statement_draft d;
    int rc = seal_values(s, dr, out->reach.scope, fields, &out->openings, e);

    if (rc)
        return rc;
    sort_values(sorted, dr->publics, dr->public_count);
    for (size_t k = 0; k < dr->public_count; k++)
        publics[k] = (struct draft_public){sorted[k]->name, sorted[k]->value};
    clock_read_on(&now);
    d = (struct statement_draft){.id = dr->id,
                                 .case_id = s->case_id,
                                 .seen_size = state_size(s->state),
                                 .seen_head = state_head(s->state),
                                 .time = now.time,
                                 .boot = now.boot,
                                 .mono_ns = now.mono_ns,
                                 .clock = now.clock,
                                 .by = s->key,
                                 .type = dr->type,
                                 .tlp = tlp_names[out->reach.tlp],
                                 .scope = out->reach.scope,
                                 .publics = publics,
                                 .public_count = dr->public_count,
                                 .fields = fields,
                                 .field_count = dr->value_count,
                                 .refs = dr->refs,
                                 .ref_count = dr->ref_count};
    statement_write_head(&out->head, &d);
    return 0;
}

void prepared_release(struct prepared *p)
{
    buf_release(&p->head);
    buf_release(&p->openings);
    *p = (struct prepared){0};
}

int prepare_draft(struct session *s, const struct draft *dr, struct prepared *out, struct err *e)
{
    int rc = check_power(s, e);

    prepared_release(out);
    if (rc == 0)
        rc = check_draft_power(s, dr, e);
    if (rc)
        return rc;
    out->size = state_size(s->state);
    out->reach = draft_reach(s->state, dr);
    out->seal = state_seal_name(s->state, str_of(out->reach.scope));
    return write_statement(s, dr, out, e);
}

bool prepared_stands(const struct session *s, const struct draft *dr, const struct prepared *p)
{
    struct reach reach;
    struct hash seal;

    if (p->size == state_size(s->state))
        return true;
    if (p->size == 0 || check_power(s, NULL) || check_draft_power(s, dr, NULL))
        return false;
    reach = draft_reach(s->state, dr);
    seal = state_seal_name(s->state, str_of(reach.scope));
    return reach.tlp == p->reach.tlp && strcmp(reach.scope, p->reach.scope) == 0 &&
           hash_eq(&seal, &p->seal);
}

int prepared_sign(struct session *s, struct prepared *const *list, size_t count, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct buf *bytes = arena_alloc(arena, count * sizeof(bytes[0]));
    struct str *messages = arena_alloc(arena, count * sizeof(messages[0]));
    struct sig *sigs = arena_alloc(arena, count * sizeof(sigs[0]));
    int rc;

    for (size_t i = 0; i < count; i++) {
        statement_signed_bytes(&bytes[i], buf_str(&list[i]->head));
        messages[i] = buf_str(&bytes[i]);
    }
    rc = signer_sign(s->signer, &s->key, messages, count, sigs, e);
    for (size_t i = 0; i < count; i++) {
        list[i]->sig = sigs[i];
        buf_release(&bytes[i]);
    }
    return rc;
}
