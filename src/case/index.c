/* index.c: takes the journal's lines, one after the other, into an index of its records. */
#include "base/mem.h"
#include "case/state_internal.h"
#include "sys/clock.h"

/* Hostile journals could hold any number of types; past this they share the last index. */
enum { INTERN_MAX = 4000, RESERVE_MAX = 1 << 20 };

void index_release(struct state *s)
{
    struct interned *const interned[] = {&s->types, &s->scope_names};

    for (size_t i = 0; i < s->count; i++) {
        if (s->records[i].merge)
            free(s->records[i].merge->skip);
        free(s->records[i].merge);
    }
    for (size_t k = 0; k < COUNT_OF(interned); k++) {
        for (size_t i = 0; i < interned[k]->count; i++)
            free(interned[k]->names[i]);
        free(interned[k]->names);
        free(interned[k]->sizes);
    }
    free(s->type_entries);
    free(s->records);
    free(s->keys);
    free(s->ids.slots);
}

static bool interned_is(const struct interned *in, size_t i, struct str name)
{
    return i < in->count && in->sizes[i] == name.len && memcmp(in->names[i], name.p, name.len) == 0;
}

static size_t intern(struct interned *in, struct str name)
{
    size_t room = in->room;

    if (interned_is(in, in->last, name))
        return in->last;
    for (in->last = 0; in->last < in->count; in->last++)
        if (interned_is(in, in->last, name))
            return in->last;
    if (in->count >= INTERN_MAX)
        return in->last = INTERN_MAX - 1;
    in->names = mem_grow(in->names, in->count, &in->room, sizeof(in->names[0]));
    in->sizes = mem_grow(in->sizes, in->count, &room, sizeof(in->sizes[0]));
    in->names[in->count] = mem_dup(name.p, name.len);
    in->sizes[in->count] = name.len;
    in->last = in->count++;
    return in->last;
}

static bool kind_gives_power(const struct kind *k)
{
    for (size_t i = 0; k && i < k->field_count; i++)
        if (k->fields[i].flags & FIELD_LEAD)
            return true;
    return false;
}

static uint16_t type_index(struct state *s, struct str type)
{
    size_t before = s->types.count;
    size_t i = intern(&s->types, type);
    struct type_entry *t;

    if (s->types.count == before)
        return (uint16_t)i;
    s->type_entries = mem_grow(s->type_entries, i, &s->type_room, sizeof(s->type_entries[0]));
    t = &s->type_entries[i];
    t->is_change = false;
    t->kind = model_type(s->model, type, &t->is_change);
    t->gives_power = kind_gives_power(t->kind);
    return (uint16_t)i;
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

static uint32_t tag_of(const struct id_map *m, const struct id *id)
{
    __extension__ unsigned __int128 product;
    uint64_t half[2];

    memcpy(half, id->b, sizeof(half));
    product = half[0] ^ m->salt[0];
    product *= half[1] ^ m->salt[1];
    return (uint32_t)((uint64_t)(product >> 64) ^ (uint64_t)product);
}

static void slot_put(struct id_map *m, struct id_slot slot)
{
    size_t i = slot.tag & (m->slot_count - 1);

    while (m->slots[i].seq)
        i = (i + 1) & (m->slot_count - 1);
    m->slots[i] = slot;
}

/* Makes room for so many ids. */
static void id_map_grow(struct id_map *m, size_t count)
{
    struct id_slot *old = m->slots;
    size_t old_count = m->slot_count;

    if (m->slot_count >= 2 * count)
        return;
    if (!old)
        random_bytes(m->salt, sizeof(m->salt));
    m->slot_count = m->slot_count ? m->slot_count : 1024;
    while (m->slot_count < 2 * count)
        m->slot_count *= 2;
    m->slots = mem_array(m->slot_count, sizeof(m->slots[0]));
    for (size_t i = 0; i < old_count; i++)
        if (old[i].seq)
            slot_put(m, old[i]);
    free(old);
}

bool state_find_id(const struct state *s, const struct id *id, uint64_t *seq)
{
    const struct id_map *m = &s->ids;
    uint32_t tag;

    if (!m->slot_count)
        return false;
    tag = tag_of(m, id);
    for (size_t i = tag & (m->slot_count - 1); m->slots[i].seq; i = (i + 1) & (m->slot_count - 1)) {
        if (m->slots[i].tag != tag || !id_eq(&s->records[m->slots[i].seq - 1].id, id))
            continue;
        *seq = m->slots[i].seq - 1;
        return true;
    }
    return false;
}

void index_expect(const struct state *s, const struct id *id)
{
    if (s->ids.slot_count)
        __builtin_prefetch(&s->ids.slots[tag_of(&s->ids, id) & (s->ids.slot_count - 1)], 1);
}

void index_reserve(struct state *s, uint64_t size)
{
    size_t more = size - s->count < RESERVE_MAX ? (size_t)(size - s->count) : RESERVE_MAX;

    id_map_grow(&s->ids, s->count + more);
    if (s->room >= s->count + more)
        return;
    s->room = s->count + more;
    s->records = mem_resize(s->records, s->room, sizeof(s->records[0]));
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

/* Who can write to the folder can write any line that holds no power; what people may do and which
 * keys seal must not depend on that. */
static int check_signature(const struct state *s, const struct entry *entry, uint16_t type,
                           bool names_key, struct err *e)
{
    if (entry->seq < s->tail_from && !entry_is_of_journal(entry) && !names_key &&
        !s->type_entries[type].gives_power)
        return 0;
    return entry_check_signature(entry, e);
}

void record_refuse(struct state *s, struct record *r, const char *why)
{
    if (!r->refusal)
        s->refused_count++;
    r->refusal = why;
    r->trust = TRUST_MERGED_NO;
    r->kind = NULL;
    r->thing = NULL;
    if (r->merge)
        free(r->merge->skip);
    free(r->merge);
    r->merge = NULL;
}

const struct kind *record_kind(const struct state *s, const struct record *r)
{
    return s->type_entries[r->type].kind;
}

static int check_refs(const struct state *s, const struct statement *st, struct err *e)
{
    struct str rest = st->refs_text;
    struct id id;
    uint64_t seq;

    while (refs_next(&rest, &id))
        if (!state_find_id(s, &id, &seq))
            return err_set(e, ERR_TAMPER, "it refers to a record that does not stand before it");
    return 0;
}

/* Does it break a rule? Then e says which, and it has no effect. */
static int check_rules(struct state *s, const struct entry *entry, struct record *r, struct err *e)
{
    const struct statement *st = &entry->statement;
    enum key_trust trust = TRUST_YES;
    uint64_t other;
    int rc = 0;

    if (state_find_id(s, &st->id, &other))
        return err_set(e, ERR_TAMPER, "its id is that of r%llu", (unsigned long long)other);
    rc = check_refs(s, st, e);
    if (rc == 0 && entry_is_of_journal(entry))
        rc = entry_check_proofs(entry, e);
    if (rc == 0)
        rc = keyring_add(s->keyring, entry, &trust, e);
    r->trust = (uint8_t)trust;
    return rc;
}

/* What a lead says about powers in a later version must not be missed by who goes on writing. */
static bool is_by_lead(const struct state *s, const struct key *by)
{
    const struct key *recovery = keyring_recovery(s->keyring);

    return keyring_power(s->keyring, by) == POWER_LEAD || (recovery && key_eq(recovery, by));
}

static int judge_record(struct state *s, const struct entry *entry, struct record *r, struct err *e)
{
    struct err why = {0};
    int rc = check_rules(s, entry, r, &why);

    if (rc == 0)
        return 0;
    if (entry->seq == 0)
        return err_set(e, rc, "record 0: %s", why.text);
    s->is_newer = s->is_newer || (rc == ERR_NEWER && is_by_lead(s, &entry->statement.by));
    keyring_skip(s->keyring);
    record_refuse(s, r, arena_strdup(s->arena, why.text));
    r->has_effect = false;
    return 0;
}

/* Who wrote this had seen the line before it, as it stands here: so no merge brought it, and the
 * one that says so brought fewer records than it says. */
static void end_false_merge(struct state *s, const struct statement *st)
{
    if (!keyring_expects_merged(s->keyring) || st->seen_size != s->count ||
        !hash_eq(&st->seen_head, &s->head))
        return;
    keyring_end_merge(s->keyring, s->merge_seq);
    record_refuse(s, &s->records[s->merge_seq], "it brought fewer records than it says");
}

static void take_merge(struct state *s, const struct entry *entry, struct record *r)
{
    r->merge = merge_of(entry);
    s->has_merges = true;
    if (!r->is_merged)
        s->merge_seq = entry->seq;
}

static void take_redaction(struct state *s, const struct statement *st)
{
    struct public_value v;
    struct id target;
    uint64_t seq;

    if (public_find(st, "target", &v) && hex_read(target.b, sizeof(target.b), v.string) &&
        state_find_id(s, &target, &seq))
        s->records[seq].is_redacted = true;
}

static void index_record(struct state *s, const struct entry *entry, struct record *r)
{
    const struct statement *st = &entry->statement;
    enum tlp tlp = TLP_RED;
    uint64_t other;

    r->id = st->id;
    r->time = st->time;
    r->logged_sec = entry->logged.sec;
    r->scope = (uint16_t)intern(&s->scope_names, st->scope);
    r->key = key_index(s, &st->by);
    r->tlp = (uint8_t)(tlp_of(st->tlp, &tlp) ? tlp : TLP_RED);
    r->power = (uint8_t)keyring_power(s->keyring, &st->by);
    s->must_judge = s->must_judge || (!r->refusal && str_is(st->type, "revoke/1"));
    if (!r->refusal && str_is(st->type, "merge/1"))
        take_merge(s, entry, r);
    if (r->trust == TRUST_YES && str_is(st->type, "redact/1"))
        take_redaction(s, st);
    s->records = mem_grow(s->records, s->count, &s->room, sizeof(s->records[0]));
    s->records[s->count] = *r;
    id_map_grow(&s->ids, s->count + 1);
    if (!r->refusal || !state_find_id(s, &r->id, &other))
        slot_put(&s->ids, (struct id_slot){tag_of(&s->ids, &r->id), (uint32_t)s->count + 1});
    s->count++;
}

int index_line(struct state *s, const struct entry *entry, const struct hash *leaf, struct err *e)
{
    struct public_value v;
    bool names_key = public_find(&entry->statement, "scope-key", &v);
    struct record r = {0};
    int rc = check_chain(s, entry, e);

    r.type = type_index(s, entry->statement.type);
    r.kind = s->type_entries[r.type].kind;
    r.is_change = s->type_entries[r.type].is_change;
    r.has_effect = names_key || (r.kind && !r.kind->keeps_no_values);
    if (rc == 0)
        rc = check_signature(s, entry, r.type, names_key, e);
    if (rc == 0)
        end_false_merge(s, &entry->statement);
    r.is_merged = keyring_expects_merged(s->keyring);
    if (rc == 0)
        rc = judge_record(s, entry, &r, e);
    if (rc)
        return rc;
    index_record(s, entry, &r);
    s->head = *leaf;
    tree_append(&s->tree, &s->head);
    if (entry->seq == 0)
        s->case_id = s->head;
    return 0;
}

static int index_one(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct entry entry;
    struct hash leaf;
    int rc = entry_read(&entry, line, e);

    (void)openings;
    if (rc)
        return err_wrap(e, rc, "record %llu", (unsigned long long)seq);
    leaf = hash_leaf(line);
    return index_line(context, &entry, &leaf, e);
}

int index_lines(struct state *s, struct store *store, uint64_t size, struct err *e)
{
    return store_read(store, s->count, size, false, index_one, s, e);
}
