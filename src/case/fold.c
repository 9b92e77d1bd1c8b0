/* fold.c: lets the journal's records have their effect: they make things and change them. */
#include "base/mem.h"
#include "case/state_internal.h"

enum { VALUES_MAX = 64 };

static size_t value_count(const struct kind *k)
{
    if (k->field_count + COMMON_COUNT > VALUES_MAX)
        BUG("the kind %s has more than %d fields", k->name, (int)VALUES_MAX);
    return k->field_count + COMMON_COUNT;
}

static const struct field *value_field(const struct kind *k, size_t i)
{
    return i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];
}

static struct kind_things *things_of(const struct state *s, const struct kind *kind)
{
    for (size_t i = 0; i < s->model->kind_count; i++)
        if (s->model->kinds[i] == kind)
            return &s->by_kind[i];
    BUG("the kind %s is not of this model", kind->name);
}

static struct thing *thing_new(struct state *s, const struct kind *kind, uint64_t seq)
{
    struct thing *t = arena_new_in(s->arena, struct thing);
    struct kind_things *of = things_of(s, kind);
    const struct record *r = &s->records[seq];

    t->id = r->id;
    t->kind = kind;
    t->seq = seq;
    t->tlp = (enum tlp)r->tlp;
    t->scope = r->scope;
    t->is_readable = true;
    t->values = arena_alloc(s->arena, value_count(kind) * sizeof(t->values[0]));
    s->things = mem_grow(s->things, s->thing_count, &s->thing_room, sizeof(s->things[0]));
    s->things[s->thing_count++] = t;
    of->things = mem_grow(of->things, of->count, &of->room, sizeof(of->things[0]));
    of->things[of->count++] = t;
    t->number = (uint32_t)of->count;
    return t;
}

/* The thing that a change record is about: the first of its refs that is of that kind. */
static struct thing *change_target(struct state *s, const struct statement *st,
                                   const struct kind *kind)
{
    struct str rest = st->refs_text;
    struct id id;
    uint64_t seq;

    while (refs_next(&rest, &id))
        if (state_find_id(s, &id, &seq) && s->records[seq].thing &&
            s->records[seq].thing->kind == kind)
            return s->records[seq].thing;
    return NULL;
}

static size_t value_index(const struct kind *k, struct str name)
{
    size_t i = 0;

    while (i < value_count(k) && !str_is(name, value_field(k, i)->name))
        i++;
    return i;
}

/* Why it has no effect, as far as that stands in clear; NULL: nothing speaks against it. */
static const char *refuse_names(struct state *s, const struct statement *st, const struct kind *k)
{
    struct str rest = st->fields_text;
    struct hash commitment;
    struct str name;

    while (fields_next(&rest, &name, &commitment))
        if (value_index(k, name) == value_count(k))
            return arena_printf(s->arena, "it has a field \"" STR_FMT "\", which its type lacks",
                                STR_ARG(name));
    return NULL;
}

/* A reference is to a record that is there, and of the kind that the field asks for: who reads it
 * relies on that. */
static bool refs_hold(const struct state *s, const struct field *f, struct str lines)
{
    while (lines.len) {
        const struct record *r;
        struct id id;
        uint64_t seq;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')) || !state_find_id(s, &id, &seq))
            return false;
        r = &s->records[seq];
        if (f->kind && (!r->kind || r->is_change || strcmp(r->kind->name, f->kind) != 0))
            return false;
    }
    return true;
}

static const char *refuse_value(struct state *s, const struct field *f, struct str value)
{
    if (!field_is_kept(f, value))
        return arena_printf(s->arena, "its \"%s\" is not a value of that field", f->name);
    if (f->type == FIELD_REF && !refs_hold(s, f, value))
        return arena_printf(s->arena, "its \"%s\" refers to nothing of that kind", f->name);
    return NULL;
}

/* Opens each committed field that the kind has; values that were not said or cannot be had stay
 * without bytes. A value that is none of its field refuses the whole record: says why. */
static const char *open_values(struct state *s, const struct kind *k, const struct entry *entry,
                               struct str openings, struct str *values)
{
    const struct statement *st = &entry->statement;
    struct record *r = &s->records[entry->seq];
    struct str rest = st->fields_text;
    const char *why = NULL;
    struct hash commitment;
    struct str name;

    while (!why && fields_next(&rest, &name, &commitment)) {
        CLEANUP_BUF struct buf value = {0};
        size_t i = value_index(k, name);
        struct sealed_opening o;
        struct salt salt;

        if (!sealed_find(openings, name, &o)) {
            r->is_missing = true;
            continue;
        }
        if ((value_field(k, i)->flags & FIELD_LEAD) && r->power != POWER_LEAD)
            continue;
        if (opening_unseal(&o, s->scopes, st->scope, &st->case_id, &st->id, &commitment, &salt,
                           &value, NULL)) {
            r->is_damaged = true; /* the case stays usable; what does not fit is not shown */
            continue;
        }
        why = refuse_value(s, value_field(k, i), buf_str(&value));
        values[i] = (struct str){arena_dup(s->arena, buf_text(&value), value.len), value.len};
    }
    return why;
}

/* Lets a thing say what the record says. */
static const char *take_values(struct state *s, struct thing *t, const struct entry *entry,
                               struct str openings)
{
    struct str values[VALUES_MAX] = {0};
    const char *why;

    if (!scopes_holds(s->scopes, entry->statement.scope)) {
        t->is_readable = t->is_readable && t->seq != entry->seq;
        return NULL;
    }
    why = open_values(s, t->kind, entry, openings, values);
    for (size_t i = 0; !why && i < value_count(t->kind); i++)
        if (values[i].p)
            t->values[i] = values[i];
    return why;
}

static const struct named_key *newest_named(const struct state *s, struct str scope)
{
    for (size_t i = s->named_count; i-- > 0;)
        if (str_is(scope, s->scope_names.names[s->named[i].scope]))
            return &s->named[i];
    return NULL;
}

static bool key_has_name(const struct state *s, struct str scope, const uint8_t *key,
                         const struct hash *name)
{
    struct hash found = scope_key_name(&s->case_id, scope, key);

    return hash_eq(&found, name);
}

/* The key of the whole team is a lead's to say; that of a compartment is said first by who makes
 * it, and then by them or a lead. */
static void take_scope_key(struct state *s, const struct entry *entry)
{
    const struct record *r = &s->records[entry->seq];
    struct str scope = entry->statement.scope;
    const struct named_key *before = newest_named(s, scope);
    const uint8_t *made = scopes_made(s->scopes, scope);
    struct named_key named = {.scope = r->scope, .by = r->key};
    struct public_value v;

    if (!public_find(&entry->statement, "scope-key", &v) || v.kind != PUBLIC_STRING ||
        !hex_read(named.name.b, sizeof(named.name.b), v.string))
        return;
    if (r->trust != TRUST_YES || r->power < POWER_MEMBER)
        return;
    if (r->power != POWER_LEAD && (str_is(scope, "team") || (before && before->by != r->key)))
        return;
    s->named = mem_grow(s->named, s->named_count, &s->named_room, sizeof(s->named[0]));
    s->named[s->named_count++] = named;
    if (made && key_has_name(s, scope, made, &named.name))
        scopes_settle(s->scopes, scope);
}

int state_seal_key(const struct state *s, struct str scope, const uint8_t **key, struct err *e)
{
    const struct named_key *named = newest_named(s, scope);
    const uint8_t *found = scopes_made(s->scopes, scope);

    for (size_t at = 0; !found && named && (found = scopes_next(s->scopes, scope, &at));)
        if (!key_has_name(s, scope, found, &named->name))
            found = NULL;
    if (!found && named && scopes_holds(s->scopes, scope))
        return err_set(e, ERR_TAMPER,
                       "the key that seals compartment " STR_FMT " is not among those that were "
                       "handed to you: the grants in case.db were changed, or are older than the "
                       "record. A lead hands it to you anew with calm team admit",
                       STR_ARG(scope));
    if (!found)
        return err_set(e, ERR_DENIED, "the compartment " STR_FMT " is not open to you",
                       STR_ARG(scope));
    *key = found;
    return 0;
}

struct hash state_seal_name(const struct state *s, struct str scope)
{
    const struct named_key *named = newest_named(s, scope);

    return named ? named->name : (struct hash){{0}};
}

bool state_has_scope(const struct state *s, struct str scope)
{
    return newest_named(s, scope) != NULL;
}

bool state_knows_scope_key(const struct state *s, struct str scope, const uint8_t *key)
{
    const uint8_t *made = scopes_made(s->scopes, scope);

    if (made && memcmp(made, key, SCOPE_KEY_SIZE) == 0)
        return true;
    for (size_t i = 0; i < s->named_count; i++)
        if (str_is(scope, s->scope_names.names[s->named[i].scope]) &&
            key_has_name(s, scope, key, &s->named[i].name))
            return true;
    return false;
}

/* What it says since then is for those of that compartment, though it began as another's. */
static void note_compartment(const struct state *s, struct thing *t, uint64_t seq)
{
    t->is_within_several =
        t->is_within_several ||
        (t->within_seq && s->records[t->within_seq].scope != s->records[seq].scope);
    t->within_seq = seq;
}

/* Makes or changes a thing as the record says. One that is refused for its values was made all the
 * same: it is seen by nobody, and what comes after it has the same number for all. */
static const char *fold_thing(struct state *s, const struct entry *entry, struct str openings)
{
    struct record *r = &s->records[entry->seq];
    const char *why = refuse_names(s, &entry->statement, r->kind);
    struct thing *t;

    if (why)
        return why;
    t = r->is_change ? change_target(s, &entry->statement, r->kind)
                     : thing_new(s, r->kind, entry->seq);
    if (!t)
        return "what it changes does not exist";
    why = take_values(s, t, entry, openings);
    if (why) {
        t->is_readable = t->is_readable && r->is_change;
        return why;
    }
    r->thing = t;
    if (r->scope != t->scope && scopes_holds(s->scopes, entry->statement.scope))
        note_compartment(s, t, entry->seq);
    t->changed_seq = entry->seq;
    if ((enum tlp)r->tlp > t->tlp)
        t->tlp = (enum tlp)r->tlp;
    return NULL;
}

/* Lets one record, already in the index, have its effect. */
static void fold_record(struct state *s, const struct entry *entry, struct str openings)
{
    struct record *r = &s->records[entry->seq];
    const char *why;

    if (r->refusal)
        return;
    take_scope_key(s, entry);
    r->thing = NULL;
    if (!r->kind || r->kind->keeps_no_values)
        return;
    why = fold_thing(s, entry, openings);
    if (!why)
        return;
    record_refuse(s, r, why);
    r->is_of_fold = true;
}

static int fold_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct state *s = context;
    struct entry entry;
    int rc;

    if (s->records[seq].has_effect) {
        rc = entry_read(&entry, line, e);
        if (rc)
            return err_wrap(e, rc, "record %llu", (unsigned long long)seq);
        if (entry.seq != seq || !id_eq(&entry.statement.id, &s->records[seq].id))
            return err_set(e, ERR_TAMPER, "record %llu was changed while it was read",
                           (unsigned long long)seq);
        fold_record(s, &entry, openings);
    }
    s->folded++;
    return 0;
}

static uint64_t seq_at(const struct state *s, size_t place)
{
    return s->order ? s->order[place] : place;
}

/* Neighbours in both orders are read together, over short gaps of records without effect: one more
 * query costs as much as reading that many. */
enum { GAP_MAX = 16 };

static size_t run_from(const struct state *s, size_t place)
{
    uint64_t first = seq_at(s, place);
    size_t count = 1;

    for (size_t i = 1; place + i < s->count && i - count < GAP_MAX; i++) {
        if (seq_at(s, place + i) != first + i)
            break;
        if (s->records[first + i].has_effect)
            count = i + 1;
    }
    return count;
}

/* Lets those of the index that have had no effect yet have it. */
static int fold_rest(struct state *s, struct store *store, struct err *e)
{
    while (s->folded < s->count) {
        uint64_t first = seq_at(s, s->folded);
        int rc;

        if (!s->records[first].has_effect) {
            s->folded++;
            continue;
        }
        rc = store_read(store, first, first + run_from(s, s->folded), true, fold_line, s, e);
        if (rc)
            return rc;
    }
    return 0;
}

/* Back to how it was indexed. Whether it is trusted is judged apart from its effect. */
static void forget_effect(struct state *s, struct record *r)
{
    r->thing = NULL;
    if (!r->is_of_fold)
        return;
    r->kind = record_kind(s, r);
    r->refusal = NULL;
    r->is_of_fold = false;
    r->trust = keyring_trusts(s->keyring, (uint64_t)(r - s->records), &s->keys[r->key],
                              str_of(state_type(s, r)))
                   ? TRUST_YES
                   : TRUST_REVOKED;
    s->refused_count--;
}

/* The things stay in the arena, for views that were taken before may still show them; it happens
 * only at merges and revocations. */
static void forget_things(struct state *s)
{
    s->thing_count = 0;
    for (size_t i = 0; i < s->model->kind_count; i++)
        s->by_kind[i].count = 0;
    s->named_count = 0;
    s->folded = 0;
    for (size_t i = 0; i < s->count; i++)
        forget_effect(s, &s->records[i]);
}

/* The first merge of which not all can be true that it says: with what stands before it, and with
 * what it brought, it gives no order. */
static uint64_t find_false_merge(const struct state *s, const struct order_record *records)
{
    uint64_t seq = 0;

    for (; seq < s->count; seq++) {
        const struct order_merge *m = records[seq].merge;
        uint64_t end;

        if (!m)
            continue;
        end = m->count < s->count - seq - 1 ? seq + 1 + m->count : s->count;
        if (order_records(records, end, s->order, NULL))
            break;
        seq = end - 1;
    }
    return seq;
}

/* After a merge: all things anew, in the order that every copy agrees on. */
static int order_anew(struct state *s, struct err *e)
{
    CLEANUP_FREE struct order_record *records = mem_array(s->count, sizeof(records[0]));
    int rc;

    for (size_t i = 0; i < s->count; i++)
        records[i] =
            (struct order_record){s->records[i].time, s->records[i].id, s->records[i].merge};
    s->order = mem_resize(s->order, s->count, sizeof(s->order[0]));
    while ((rc = order_records(records, s->count, s->order, e))) {
        uint64_t seq = find_false_merge(s, records);

        if (seq == s->count)
            return rc;
        record_refuse(s, &s->records[seq], "what it says of the copies cannot be true");
        records[seq].merge = NULL;
    }
    forget_things(s);
    return rc;
}

static bool has_merge_from(const struct state *s, size_t seq)
{
    for (; seq < s->count; seq++)
        if (s->records[seq].merge || s->records[seq].is_merged)
            return true;
    return false;
}

/* Puts the records that are new since `before` into their order. One that no merge brought comes
 * after all that stand before it. */
static int order_rest(struct state *s, size_t before, struct err *e)
{
    if (!s->has_merges)
        return 0;
    if (!s->order || s->folded < before || has_merge_from(s, before))
        return order_anew(s, e);
    s->order = mem_resize(s->order, s->count, sizeof(s->order[0]));
    for (size_t i = before; i < s->count; i++)
        s->order[i] = i;
    return 0;
}

/* After a revocation: which records are trusted, judged by all revocations that there are. What
 * effect records had may hang on it. */
static void judge_again(struct state *s)
{
    bool has_changed = false;

    for (size_t i = 0; s->must_judge && i < s->count; i++) {
        struct record *r = &s->records[i];
        bool is_trusted = keyring_trusts(s->keyring, i, &s->keys[r->key], str_of(state_type(s, r)));

        if (r->refusal)
            continue;
        has_changed = has_changed || is_trusted != (r->trust == TRUST_YES);
        if (is_trusted)
            r->trust = TRUST_YES;
        else if (r->trust == TRUST_YES)
            r->trust = TRUST_REVOKED;
    }
    s->must_judge = false;
    if (has_changed)
        forget_things(s);
}

/* Puts what was taken into the index since `before` into order, and lets it have its effect. */
static int fold_new(struct state *s, size_t before, struct store *store, struct err *e)
{
    int rc = order_rest(s, before, e);

    if (rc)
        return rc;
    judge_again(s);
    return fold_rest(s, store, e);
}

/* A line that its writer did not sign is found unless so many true ones follow it. */
enum { TAIL_COUNT = 32, AHEAD_MIN = 1000 /* fewer lines are not worth a thread */ };

int state_catch_up(struct state *s, struct store *store, struct err *e)
{
    size_t before = s->count;
    uint64_t size;
    int rc = store_size(store, &size, e);

    if (rc)
        return rc;
    if (size < s->count)
        return err_set(e, ERR_TAMPER,
                       "the journal has %llu records; %zu were read before. Records were removed",
                       (unsigned long long)size, s->count);
    if (size == s->count && s->folded == s->count)
        return 0;
    if (s->count == 0 && size > TAIL_COUNT)
        s->tail_from = size - TAIL_COUNT;
    else
        s->tail_from = s->count ? UINT64_MAX : 0;
    index_reserve(s, size);
    rc = size - s->count < AHEAD_MIN ? index_lines(s, store, size, e)
                                     : index_ahead(s, store, size, e);
    if (rc == 0)
        rc = fold_new(s, before, store, e);
    return rc ? rc : (int)(s->count - before);
}

int state_take(struct state *s, struct store *store, uint64_t first,
               const struct store_record *records, size_t count, struct err *e)
{
    int rc = 0;

    s->tail_from = UINT64_MAX;
    for (size_t i = (size_t)(s->count - first); rc == 0 && i < count; i++) {
        struct hash leaf = hash_leaf(records[i].line);
        struct entry entry;

        rc = entry_read(&entry, records[i].line, e);
        if (rc == 0)
            rc = index_line(s, &entry, &leaf, e);
        if (rc == 0)
            rc = order_rest(s, s->count - 1, e);
        if (rc || s->must_judge || s->folded + 1 < s->count)
            continue;
        fold_record(s, &entry, records[i].openings);
        s->folded++;
    }
    return rc ? rc : fold_new(s, s->count, store, e);
}
