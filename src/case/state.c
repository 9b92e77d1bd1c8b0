/* state.c: folds the journal's records into the things of a case. */
#include "case/state.h"
#include "base/limits.h"
#include "base/mem.h"
#include "case/order.h"

const struct field common_fields[COMMON_COUNT] = {
    [COMMON_OCCURRED] = {.name = "occurred",
                         .type = FIELD_TIME,
                         .option = "at",
                         .help = "when it happened, if not now"},
    [COMMON_PRECISION] = {.name = "occurred-precision",
                          .type = FIELD_WORD,
                          .choices = utc_precision_names,
                          .option = "at-precision",
                          .help = "how exact that time is, if not as written"},
    [COMMON_CLOCK] = {.name = "occurred-clock",
                      .type = FIELD_LINE,
                      .option = "at-clock",
                      .help = "whose clock said so: ana's watch, web1"},
    [COMMON_BY] = {.name = "performed-by",
                   .type = FIELD_REF,
                   .kind = "person",
                   .option = "by",
                   .help = "who did it or said it, if not you"},
    [COMMON_OVERRIDE] = {.name = "override",
                         .type = FIELD_LINE,
                         .help = "go on although a gate holds this back; says why"},
};

/* Names that recur in every record, kept once. */
struct interned {
    char **names;
    size_t count;
    size_t room;
};

struct type_entry {
    const struct kind *kind;
    bool is_change;
};

/* A record that named a key of a compartment. */
struct named_key {
    uint16_t scope;
    uint16_t by;
    struct hash name;
};

struct state {
    const struct model *model;
    struct scopes *scopes;
    struct keyring *keyring;
    struct tree tree;
    struct hash head;
    struct hash case_id;
    struct record *records;
    size_t count;
    size_t room;
    struct interned types;
    struct type_entry *type_entries; /* beside types */
    size_t type_room;
    struct interned scope_names;
    struct key *keys;
    size_t key_count;
    size_t key_room;
    uint32_t *slots; /* open addressing over record ids: seq + 1 */
    size_t slot_count;
    bool has_merges;
    bool must_judge; /* a revocation came */
    uint64_t *order;
    struct arena *arena; /* things and their values; thrown away when a merge reorders */
    struct thing **things;
    size_t thing_count;
    size_t thing_room;
    struct named_key *named; /* in the order of the fold */
    size_t named_count;
    size_t named_room;
    uint64_t tail_from; /* signatures of records from here on are checked as they are read */
};

struct state *state_new(const struct model *model, struct scopes *scopes)
{
    struct state *s = mem_new(struct state);

    s->model = model;
    s->scopes = scopes;
    s->keyring = keyring_new();
    s->arena = arena_new();
    tree_init(&s->tree);
    return s;
}

static void interned_release(struct interned *in)
{
    for (size_t i = 0; i < in->count; i++)
        free(in->names[i]);
    free(in->names);
}

void state_free(struct state *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        if (s->records[i].merge)
            free(s->records[i].merge->skip);
        free(s->records[i].merge);
    }
    keyring_free(s->keyring);
    interned_release(&s->types);
    interned_release(&s->scope_names);
    arena_free(s->arena);
    free(s->type_entries);
    free(s->records);
    free(s->keys);
    free(s->slots);
    free(s->order);
    free(s->things);
    free(s->named);
    free(s);
}

static size_t intern(struct interned *in, struct str name)
{
    for (size_t i = 0; i < in->count; i++)
        if (str_is(name, in->names[i]))
            return i;
    in->names = mem_grow(in->names, in->count, &in->room, sizeof(in->names[0]));
    in->names[in->count] = mem_dup(name.p, name.len);
    return in->count++;
}

/* Hostile journals could hold any number of types; past this they share the last index. */
enum { INTERN_MAX = 4000 };

static uint16_t type_index(struct state *s, struct str type)
{
    size_t before = s->types.count;
    size_t i = before < INTERN_MAX ? intern(&s->types, type) : INTERN_MAX - 1;

    if (s->types.count > before) {
        s->type_entries = mem_grow(s->type_entries, i, &s->type_room, sizeof(s->type_entries[0]));
        s->type_entries[i].is_change = false;
        s->type_entries[i].kind = model_type(s->model, type, &s->type_entries[i].is_change);
    }
    return (uint16_t)i;
}

static uint16_t scope_index(struct state *s, struct str scope)
{
    return (uint16_t)(s->scope_names.count < INTERN_MAX ? intern(&s->scope_names, scope)
                                                        : INTERN_MAX - 1);
}

static uint16_t key_index(struct state *s, const struct key *key)
{
    for (size_t i = s->key_count; i-- > 0;)
        if (key_eq(&s->keys[i], key))
            return (uint16_t)i;
    if (s->key_count >= INTERN_MAX)
        return INTERN_MAX - 1;
    s->keys = mem_grow(s->keys, s->key_count, &s->key_room, sizeof(s->keys[0]));
    s->keys[s->key_count] = *key;
    return (uint16_t)s->key_count++;
}

static size_t slot_of(const struct state *s, const struct id *id)
{
    uint64_t h;

    memcpy(&h, id->b, sizeof(h)); /* ids are random */
    return (size_t)(h * 0x9e3779b97f4a7c15u >> 20) & (s->slot_count - 1);
}

static void slot_put(struct state *s, size_t seq)
{
    size_t i = slot_of(s, &s->records[seq].id);

    while (s->slots[i])
        i = (i + 1) & (s->slot_count - 1);
    s->slots[i] = (uint32_t)seq + 1;
}

static void slots_grow(struct state *s)
{
    if (s->slot_count >= 2 * (s->count + 1))
        return;
    free(s->slots);
    s->slot_count = s->slot_count ? s->slot_count * 2 : 1024;
    s->slots = mem_array(s->slot_count, sizeof(s->slots[0]));
    for (size_t seq = 0; seq < s->count; seq++)
        slot_put(s, seq);
}

bool state_find_id(const struct state *s, const struct id *id, uint64_t *seq)
{
    if (!s->slot_count)
        return false;
    for (size_t i = slot_of(s, id); s->slots[i]; i = (i + 1) & (s->slot_count - 1)) {
        if (!id_eq(&s->records[s->slots[i] - 1].id, id))
            continue;
        *seq = s->slots[i] - 1;
        return true;
    }
    return false;
}

static struct order_merge *merge_of(const struct entry *entry)
{
    struct order_merge *m = mem_new(struct order_merge);
    struct public_value v;
    struct str rest;
    size_t room = 0;

    m->seq = entry->seq;
    if (public_find(&entry->statement, "fork", &v))
        m->fork = v.integer;
    if (public_find(&entry->statement, "size", &v))
        m->size = v.integer;
    if (public_find(&entry->statement, "count", &v))
        m->count = v.integer;
    if (!public_find(&entry->statement, "skip", &v))
        return m;
    rest = v.text;
    while (public_item_next(&rest, &v)) {
        m->skip = mem_grow(m->skip, m->skip_count, &room, sizeof(m->skip[0]));
        m->skip[m->skip_count++] = v.integer;
    }
    return m;
}

static bool kind_gives_power(const struct kind *k)
{
    for (size_t i = 0; k && i < k->field_count; i++)
        if (k->fields[i].flags & FIELD_LEAD)
            return true;
    return false;
}

/* Who can write to the folder can write any line that holds no power; what people may do and which
 * keys seal must not depend on that. */
static int check_signature(const struct state *s, const struct entry *entry, struct err *e)
{
    struct public_value v;
    bool is_change;

    if (entry->seq < s->tail_from && !entry_is_of_journal(entry) &&
        !public_find(&entry->statement, "scope-key", &v) &&
        !kind_gives_power(model_type(s->model, entry->statement.type, &is_change)))
        return 0;
    return entry_check_signatures(entry, e);
}

/* Adds the record to the index. */
static int index_record(struct state *s, const struct entry *entry, struct err *e)
{
    const struct statement *st = &entry->statement;
    bool is_merged = keyring_expects_merged(s->keyring);
    enum key_trust trust;
    enum tlp tlp = TLP_RED;
    struct record *r;
    uint64_t other;
    int rc = keyring_add(s->keyring, entry, &trust, e);

    if (rc)
        return rc;
    if (state_find_id(s, &st->id, &other))
        return err_set(e, ERR_TAMPER, "record %llu repeats record %llu",
                       (unsigned long long)entry->seq, (unsigned long long)other);
    s->records = mem_grow(s->records, s->count, &s->room, sizeof(s->records[0]));
    r = &s->records[s->count];
    *r = (struct record){.id = st->id, .time = st->time, .logged_sec = entry->logged.sec};
    r->type = type_index(s, st->type);
    r->kind = s->type_entries[r->type].kind;
    r->is_change = s->type_entries[r->type].is_change;
    r->scope = scope_index(s, st->scope);
    r->key = key_index(s, &st->by);
    r->tlp = (uint8_t)(tlp_of(st->tlp, &tlp) ? tlp : TLP_RED);
    r->trust = (uint8_t)trust;
    s->must_judge = s->must_judge || str_is(st->type, "revoke/1");
    r->power = (uint8_t)keyring_power(s->keyring, &st->by);
    r->is_merged = is_merged;
    if (str_is(st->type, "merge/1")) {
        r->merge = merge_of(entry);
        s->has_merges = true;
    }
    slots_grow(s);
    slot_put(s, s->count++);
    return 0;
}

static size_t value_count(const struct kind *k)
{
    return k->field_count + COMMON_COUNT;
}

static const struct field *value_field(const struct kind *k, size_t i)
{
    return i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];
}

static struct thing *thing_new(struct state *s, const struct kind *kind, uint64_t seq)
{
    struct thing *t = arena_new_in(s->arena, struct thing);
    const struct record *r = &s->records[seq];

    t->id = r->id;
    t->kind = kind;
    t->seq = seq;
    t->tlp = (enum tlp)r->tlp;
    t->scope = r->scope;
    t->is_readable = true;
    t->values = arena_alloc(s->arena, value_count(kind) * sizeof(t->values[0]));
    for (size_t i = s->thing_count; i-- > 0;) {
        if (s->things[i]->kind != kind)
            continue;
        t->number = s->things[i]->number;
        break;
    }
    t->number++;
    s->things = mem_grow(s->things, s->thing_count, &s->thing_room, sizeof(s->things[0]));
    s->things[s->thing_count++] = t;
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

/* Opens each committed field that the thing's kind has into its values. */
static void take_values(struct state *s, struct thing *t, const struct entry *entry,
                        struct str openings)
{
    const struct statement *st = &entry->statement;
    struct record *r = &s->records[entry->seq];
    bool is_held = scopes_holds(s->scopes, st->scope);
    struct str rest = st->fields_text;
    struct hash commitment;
    struct str name;

    if (!is_held && t->seq == entry->seq)
        t->is_readable = false;
    while (is_held && fields_next(&rest, &name, &commitment)) {
        CLEANUP_BUF struct buf value = {0};
        struct sealed_opening o;
        struct salt salt;
        size_t i = 0;

        if (!sealed_find(openings, name, &o)) {
            r->is_redacted = true;
            continue;
        }
        while (i < value_count(t->kind) && !str_is(name, value_field(t->kind, i)->name))
            i++;
        if (i == value_count(t->kind))
            continue;
        if ((value_field(t->kind, i)->flags & FIELD_LEAD) && r->power != POWER_LEAD)
            continue;
        if (opening_unseal(&o, s->scopes, st->scope, &st->case_id, &st->id, &commitment, &salt,
                           &value, NULL)) {
            r->is_damaged = true; /* the case stays usable; what does not fit is not shown */
            continue;
        }
        t->values[i] = (struct str){arena_dup(s->arena, buf_text(&value), value.len), value.len};
    }
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

/* Lets one record, already in the index, have its effect on the things. */
static void fold_record(struct state *s, const struct entry *entry, struct str openings)
{
    struct record *r = &s->records[entry->seq];
    struct thing *t;

    take_scope_key(s, entry);
    r->thing = NULL;
    if (!r->kind || r->kind->keeps_no_values)
        return;
    t = r->is_change ? change_target(s, &entry->statement, r->kind)
                     : thing_new(s, r->kind, entry->seq);
    if (!t)
        return;
    r->thing = t;
    t->changed_seq = entry->seq;
    if ((enum tlp)r->tlp > t->tlp)
        t->tlp = (enum tlp)r->tlp;
    take_values(s, t, entry, openings);
}

static int check_chain(const struct state *s, const struct entry *entry, struct err *e)
{
    if (entry->seq != s->count)
        return err_set(e, ERR_TAMPER, "record %zu says that it is record %llu", s->count,
                       (unsigned long long)entry->seq);
    if (!hash_eq(&entry->prev, &s->head))
        return err_set(e, ERR_TAMPER, "record %zu does not follow the one before it", s->count);
    if (!hash_eq(&entry->case_id, s->count ? &s->case_id : &hash_zero) ||
        !hash_eq(&entry->statement.case_id, &entry->case_id))
        return err_set(e, ERR_TAMPER, "record %zu belongs to another case", s->count);
    return 0;
}

static int add_line(void *context, uint64_t seq, struct str line, struct str openings,
                    struct err *e)
{
    struct state *s = context;
    struct entry entry;
    int rc = entry_read(&entry, line, e);

    if (rc)
        return err_wrap(e, "record %llu", (unsigned long long)seq);
    rc = check_chain(s, &entry, e);
    if (rc == 0)
        rc = check_signature(s, &entry, e);
    if (rc == 0)
        rc = index_record(s, &entry, e);
    if (rc)
        return rc;
    s->head = hash_leaf(line);
    tree_append(&s->tree, &s->head);
    if (seq == 0)
        s->case_id = s->head;
    if (!s->has_merges)
        fold_record(s, &entry, openings);
    return 0;
}

static int fold_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct entry entry;
    int rc = entry_read(&entry, line, e);

    (void)seq;
    if (rc)
        return rc;
    fold_record(context, &entry, openings);
    return 0;
}

/* After a merge: all things anew, in the order that every copy agrees on. */
static int fold_again(struct state *s, struct store *store, struct err *e)
{
    CLEANUP_FREE struct order_record *records = mem_array(s->count, sizeof(records[0]));
    int rc;

    for (size_t i = 0; i < s->count; i++)
        records[i] =
            (struct order_record){s->records[i].time, s->records[i].id, s->records[i].merge};
    s->order = mem_resize(s->order, s->count, sizeof(s->order[0]));
    rc = order_records(records, s->count, s->order, e);
    if (rc)
        return rc;
    arena_free(s->arena);
    s->arena = arena_new();
    s->thing_count = 0;
    s->named_count = 0;
    for (size_t i = 0; i < s->count; i++)
        s->records[i].thing = NULL;
    for (size_t i = 0; i < s->count;) {
        size_t run = 1; /* neighbours in both orders are read together */

        while (i + run < s->count && s->order[i + run] == s->order[i] + run)
            run++;
        rc = store_read(store, s->order[i], s->order[i] + run, true, fold_line, s, e);
        if (rc)
            return rc;
        i += run;
    }
    return 0;
}

/* A line that its writer did not sign is found unless so many true ones follow it. */
enum { TAIL_COUNT = 32 };

/* After a revocation: which records are trusted, judged by all revocations that there are. */
static void judge_again(struct state *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct record *r = &s->records[i];
        bool is_trusted = keyring_trusts(s->keyring, i, &s->keys[r->key], str_of(state_type(s, r)));

        if (is_trusted)
            r->trust = TRUST_YES;
        else if (r->trust == TRUST_YES)
            r->trust = TRUST_REVOKED;
    }
    s->must_judge = false;
}

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
    if (size == s->count)
        return 0;
    if (s->count == 0 && size > TAIL_COUNT)
        s->tail_from = size - TAIL_COUNT;
    else
        s->tail_from = s->count ? UINT64_MAX : 0;
    rc = store_read(store, s->count, size, true, add_line, s, e);
    if (rc == 0 && s->must_judge)
        judge_again(s);
    if (rc == 0 && s->has_merges)
        rc = fold_again(s, store, e);
    return rc ? rc : (int)(s->count - before);
}

const struct model *state_model(const struct state *s)
{
    return s->model;
}

uint64_t state_size(const struct state *s)
{
    return s->count;
}

struct hash state_head(const struct state *s)
{
    return s->head;
}

struct hash state_root(const struct state *s)
{
    return tree_root(&s->tree);
}

const struct hash *state_case_id(const struct state *s)
{
    return &s->case_id;
}

const struct keyring *state_keyring(const struct state *s)
{
    return s->keyring;
}

const struct scopes *state_scopes(const struct state *s)
{
    return s->scopes;
}

const struct record *state_record(const struct state *s, uint64_t seq)
{
    return seq < s->count ? &s->records[seq] : NULL;
}

const char *state_type(const struct state *s, const struct record *r)
{
    return s->types.names[r->type];
}

const char *state_scope(const struct state *s, const struct record *r)
{
    return s->scope_names.names[r->scope];
}

const struct key *state_key(const struct state *s, const struct record *r)
{
    return &s->keys[r->key];
}

const uint64_t *state_order(const struct state *s)
{
    return s->order;
}

const struct thing *state_thing(const struct state *s, size_t index)
{
    return index < s->thing_count ? s->things[index] : NULL;
}

const struct thing *state_thing_by_id(const struct state *s, const struct id *id)
{
    uint64_t seq;

    return state_find_id(s, id, &seq) && s->records[seq].thing && s->records[seq].thing->seq == seq
               ? s->records[seq].thing
               : NULL;
}
