/* keys.c: the fold over a journal that says who may sign what, and which records are trusted. */
#include "journal/keys.h"
#include "base/mem.h"
#include "journal/powers.h"
#include "journal/record.h"

/* A line being taken. */
struct step {
    const struct entry *entry;
    const struct statement *statement;
    enum record_kind kind;
    bool is_merged;
    struct merge merge; /* RECORD_MERGE; skips are owned until they are handed over */
};

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int breaks(const char *rule, struct err *e)
{
    return err_set(e, ERR_TAMPER, "%s", rule);
}

static struct key key_member(const struct statement *s, const char *name)
{
    struct key key;

    record_hex(s, name, &key, sizeof(key));
    return key;
}

static struct id id_member(const struct statement *s, const char *name)
{
    struct id id;

    record_hex(s, name, &id, sizeof(id));
    return id;
}

static enum key_power power_member(const struct statement *s)
{
    struct str text = record_string(s, "power");

    return str_is(text, "lead") ? POWER_LEAD : str_is(text, "member") ? POWER_MEMBER : POWER_LOG;
}

static int check_case(const struct keyring *k, const struct step *at, struct err *e)
{
    const struct statement *s = at->statement;
    struct key key;
    struct key recovery;

    if (k->size || at->is_merged)
        return breaks("a case begins with record 0 and nowhere else", e);
    key = key_member(s, "key");
    recovery = key_member(s, "recovery");
    if (!key_eq(&key, &s->by) || key_eq(&key, &recovery))
        return breaks("it is signed by the key that it names, which is not the recovery key", e);
    if (!hash_eq(&at->entry->case_id, &hash_zero) || !hash_eq(&s->case_id, &hash_zero) ||
        !hash_eq(&at->entry->prev, &hash_zero) || s->seen_size ||
        !hash_eq(&s->seen_head, &hash_zero) || !str_is(s->refs_text, "[]"))
        return breaks("nothing stands before record 0", e);
    return 0;
}

static int check_enrol(const struct keyring *k, const struct step *at, struct err *e)
{
    struct key key = key_member(at->statement, "key");

    if (powers_is_recovery(k, &key))
        return breaks("the recovery key is never enrolled", e);
    if (!at->is_merged && powers_revoked_from(k, &key) != NEVER)
        return breaks("a key that was revoked is never enrolled again", e);
    return 0;
}

static int check_revoke(const struct keyring *k, const struct step *at, struct err *e)
{
    struct key key = key_member(at->statement, "key");
    uint64_t from = record_integer(at->statement, "from");

    if (powers_is_recovery(k, &key))
        return breaks("the recovery key is never revoked", e);
    if (at->is_merged)
        return 0;
    if (!powers_was_enrolled(k, &key))
        return breaks("the key that it revokes was never enrolled", e);
    if (from < 1 || from > at->entry->seq)
        return breaks("a key is revoked from a record after the first and not after this", e);
    return 0;
}

static const struct request *find_request(const struct keyring *k, const struct id *id)
{
    for (size_t i = 0; i < k->request_count; i++)
        if (id_eq(&k->requests[i].id, id))
            return &k->requests[i];
    return NULL;
}

static const struct approval *find_approval(const struct keyring *k, const struct id *id)
{
    for (size_t i = 0; i < k->approval_count; i++)
        if (id_eq(&k->approvals[i].id, id))
            return &k->approvals[i];
    return NULL;
}

static int check_approve(const struct keyring *k, const struct step *at, struct err *e)
{
    struct id request = id_member(at->statement, "request");

    if (!at->is_merged && !find_request(k, &request))
        return breaks("the request that it approves does not stand before it", e);
    return 0;
}

static bool approval_is_trusted(const struct keyring *k, const struct approval *a)
{
    return powers_trust(k, &a->by, RECORD_REDACT_APPROVE, a->seq);
}

/* r may be NULL: the request of a merged approval need not be there. */
static bool request_is_for(const struct request *r, const struct statement *redact)
{
    struct id target = id_member(redact, "target");

    return r && id_eq(&r->target, &target) &&
           str_eq((struct str){r->names, r->names_size}, record_text(redact, "names"));
}

/* Each approval is trusted, and all are for the one request that the redaction carries out. */
static int check_redact(const struct keyring *k, const struct step *at, struct err *e)
{
    struct str rest = record_text(at->statement, "approvals");
    const struct approval *first = NULL;
    struct public_value item;
    bool by_two = false;

    if (at->is_merged)
        return 0;
    if (keyring_legal_hold(k))
        return breaks("a legal hold is in force", e);
    while (public_item_next(&rest, &item)) {
        const struct approval *a;
        struct id id;

        if (!hex_read(&id, sizeof(id), item.string) || !(a = find_approval(k, &id)) ||
            !approval_is_trusted(k, a))
            return breaks("an approval that it names is missing or not trusted", e);
        first = first ? first : a;
        by_two = by_two || !key_eq(&a->by, &first->by);
        if (!id_eq(&a->request, &first->request))
            return breaks("its approvals are for different requests", e);
    }
    if (!by_two)
        return breaks("its approvals must be by two people", e);
    if (!request_is_for(find_request(k, &first->request), at->statement))
        return breaks("it does not redact what was approved", e);
    return 0;
}

static bool size_is_sound(const struct step *at)
{
    uint64_t size = record_integer(at->statement, "size");

    return at->is_merged || (size >= 1 && size <= at->entry->seq);
}

static int check_checkpoint(const struct keyring *k, const struct step *at, struct err *e)
{
    struct key key = key_member(at->statement, "key");

    if (!size_is_sound(at))
        return breaks("a checkpoint is of records before it", e);
    if (!at->is_merged && keyring_power(k, &key) == POWER_NONE)
        return breaks("the key of the checkpoint is not enrolled", e);
    return 0;
}

static int check_anchor(const struct keyring *k, const struct step *at, struct err *e)
{
    bool is_page = str_is(record_string(at->statement, "kind"), "page");

    (void)k;
    if (!size_is_sound(at))
        return breaks("an anchor is of records before it", e);
    if (is_page && record_string(at->statement, "token").len)
        return breaks("a printed page has no token", e);
    return 0;
}

static int check_nothing(const struct keyring *k, const struct step *at, struct err *e)
{
    (void)k;
    (void)at;
    (void)e;
    return 0;
}

/* What a type demands besides its shape and the power of its signer. That of a merged record is
 * judged in the copy in which it was first written, but for what no copy allows. */
static int (*const type_checks[])(const struct keyring *, const struct step *, struct err *) = {
    [RECORD_CASE] = check_case,
    [RECORD_ENROL] = check_enrol,
    [RECORD_REVOKE] = check_revoke,
    [RECORD_REDACT_REQUEST] = check_nothing,
    [RECORD_REDACT_APPROVE] = check_approve,
    [RECORD_REDACT] = check_redact,
    [RECORD_HOLD] = check_nothing,
    [RECORD_CHECKPOINT] = check_checkpoint,
    [RECORD_ANCHOR] = check_anchor,
    [RECORD_MERGE] = check_nothing,
    [RECORD_OTHER] = check_nothing,
};

static int judge_signer(const struct keyring *k, const struct step *at, enum key_trust *trust,
                        struct err *e)
{
    const struct key *by = &at->statement->by;
    bool revoked;

    if (powers_trust(k, by, at->kind, at->entry->seq))
        return 0;
    revoked = powers_revoked_from(k, by) != NEVER;
    if (!at->is_merged)
        return breaks(revoked ? "its key was revoked" : "its key lacks the power for it", e);
    *trust = revoked ? TRUST_REVOKED : TRUST_MERGED_NO;
    return 0;
}

static void add_request(struct keyring *k, const struct statement *s)
{
    struct str names = record_text(s, "names");

    k->requests = mem_grow(k->requests, k->request_count, &k->request_room, sizeof(*k->requests));
    k->requests[k->request_count++] =
        (struct request){s->id, id_member(s, "target"), mem_dup(names.p, names.len), names.len};
}

static void add_approval(struct keyring *k, const struct step *at)
{
    const struct statement *s = at->statement;

    k->approvals =
        mem_grow(k->approvals, k->approval_count, &k->approval_room, sizeof(*k->approvals));
    k->approvals[k->approval_count++] =
        (struct approval){s->id, id_member(s, "request"), s->by, at->entry->seq};
}

static void add_enrolment(struct keyring *k, const struct step *at)
{
    const struct statement *s = at->statement;
    struct key key = key_member(s, "key");

    /* a merged one of a key that had been revoked here never has an effect */
    if (powers_revoked_from(k, &key) == NEVER)
        powers_enrol(k, at->entry->seq, &s->by, &key,
                     at->kind == RECORD_CASE ? POWER_LEAD : power_member(s));
}

static void add_revocation(struct keyring *k, const struct step *at, uint64_t smallest_fork)
{
    struct key key = key_member(at->statement, "key");

    powers_revoke(k, &key, lesser(record_integer(at->statement, "from"), smallest_fork));
}

/* What a record changes on keys, holds, redactions and merges. One that is not trusted is kept too,
 * but for a revocation: it may come to be trusted. */
static void keep(struct keyring *k, const struct step *at, enum key_trust trust,
                 uint64_t smallest_fork)
{
    const struct statement *s = at->statement;

    if (at->kind == RECORD_CASE)
        k->recovery = key_member(s, "recovery");
    if (at->kind == RECORD_CASE || at->kind == RECORD_ENROL)
        add_enrolment(k, at);
    else if (at->kind == RECORD_REVOKE && trust == TRUST_YES)
        add_revocation(k, at, smallest_fork);
    else if (at->kind == RECORD_HOLD)
        powers_hold(k, at->entry->seq, &s->by, str_is(record_string(s, "state"), "set"));
    else if (at->kind == RECORD_REDACT_REQUEST)
        add_request(k, s);
    else if (at->kind == RECORD_REDACT_APPROVE)
        add_approval(k, at);
    else if (at->kind == RECORD_MERGE)
        merges_add(&k->merges, &at->merge);
    k->merged_left = at->is_merged              ? k->merged_left - 1
                     : at->kind == RECORD_MERGE ? at->merge.count
                                                : 0;
    k->size++;
}

static int check_step(const struct keyring *k, struct step *at, enum key_trust *trust,
                      uint64_t *smallest_fork, struct err *e)
{
    int code;

    if (at->entry->epoch != 0)
        return err_set(e, ERR_NEWER, "it has an epoch, which only later versions know");
    if (at->entry->seq != k->size)
        return breaks("it does not stand where its number says", e);
    if ((code = record_check_public(at->kind, at->statement, e)) < 0)
        return code;
    if (k->size == 0 && at->kind != RECORD_CASE)
        return breaks("record 0 must be of type case/1", e);
    if ((code = type_checks[at->kind](k, at, e)) < 0 || (code = judge_signer(k, at, trust, e)) < 0)
        return code;
    if (at->kind == RECORD_REVOKE && at->is_merged &&
        (code = merges_smallest_fork(&k->merges, at->entry->seq, smallest_fork, e)) < 0)
        return code;
    return at->kind == RECORD_MERGE ? merge_read(&at->merge, at->statement, at->entry->seq, e) : 0;
}

int keyring_add(struct keyring *k, const struct entry *entry, enum key_trust *trust, struct err *e)
{
    struct step at = {.entry = entry,
                      .statement = &entry->statement,
                      .kind = record_kind_of(&entry->statement),
                      .is_merged = k->merged_left > 0};
    uint64_t smallest_fork = NEVER;
    enum key_trust judged = TRUST_YES;
    int code = check_step(k, &at, &judged, &smallest_fork, e);

    if (code < 0)
        return code;
    keep(k, &at, judged, smallest_fork);
    *trust = judged;
    return 0;
}

void keyring_skip(struct keyring *k)
{
    k->merged_left -= k->merged_left ? 1 : 0;
    k->size++;
}

void keyring_end_merge(struct keyring *k, uint64_t seq)
{
    merges_forget(&k->merges, seq);
    k->merged_left = 0;
}
