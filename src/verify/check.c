/* check.c: walks a journal record by record, and judges each by the state at its place. */
#include "verify/check.h"

#include "verify/merge.h"
#include "verify/rules.h"

#include <string.h>

struct checker {
    struct copies copies;
    struct hasher *hasher;
    struct finding *finding;
};

struct flag_text {
    unsigned flag;
    const char *rule;
    const char *text;
};

static const struct flag_text flag_texts[] = {
    {RECORD_SEQ_BAD, "seq",
     "the record does not bear the number of its line; a line was added, removed or moved"},
    {RECORD_PREV_BAD, "prev",
     "the record does not name the hash of the line before; a line was changed, added or removed"},
    {RECORD_CASE_BAD, "case",
     "the record or its statement does not name this journal's case; it belongs elsewhere, or "
     "record 0 was changed"},
    {RECORD_SIG_BAD, "signature",
     "the signature does not fit the statement; the statement is not what the signer's key signed"},
    {RECORD_SEEN_BAD, "seen",
     "the signer names a journal other than this one as what was seen when signing"},
    {RECORD_PUBLIC_BAD, "public", "public does not have exactly the members of the record's type"},
    {RECORD_PROOF_BAD, "proof",
     "the signature inside the record, by the key that it names, does not fit"},
};

/* A broken rule, with the number that the record has in the file. */
static int broken(struct checker *c, const struct journal *j, uint32_t place, const char *rule,
                  const char *text)
{
    uint32_t record = journal_record(j, place);

    if (j->parent == NULL)
        return finding_set(c->finding, STATUS_TAMPERED, record, rule, "%s", text);
    return finding_set(c->finding, STATUS_TAMPERED, record, rule,
                       "as record %u of a copy that was merged: %s", place, text);
}

static int check_flags(struct checker *c, const struct journal *j, uint32_t place, unsigned wanted)
{
    unsigned flags = j->skel->records[journal_record(j, place)].flags & wanted;

    for (size_t i = 0; flags != 0 && i < sizeof flag_texts / sizeof flag_texts[0]; i++)
        if (flags & flag_texts[i].flag)
            return broken(c, j, place, flag_texts[i].rule, flag_texts[i].text);
    return 0;
}

/* seen of a record in its own place in a copy; the file's own were judged as its lines were read.
 */
static bool seen_in_copy(const struct journal *j, uint32_t place)
{
    static const uint8_t zeros[HASH_LEN];
    uint32_t record = journal_record(j, place);
    struct cursor c = skeleton_at(j->skel, record, j->skel->records[record].seen);
    uint8_t head[HASH_LEN];
    uint64_t size = 0;

    if (!TAKE(&c, "[") || !take_integer(&c, &size) || !TAKE(&c, ",") || size > place ||
        !take_hex(&c, head, HASH_LEN))
        return false;
    return memcmp(head, size == 0 ? zeros : tree_leaf(&j->tree, (uint32_t)size - 1), HASH_LEN) == 0;
}

static bool id_is_fresh(const struct journal *j, uint32_t place)
{
    uint32_t record = journal_record(j, place);

    if (ids_find(&j->skel->ids, j->skel->records[record].id) != record)
        return false;
    if (j->parent == NULL)
        return true;
    return j->place_of[record] == place && journal_place(j->parent, record) >= j->fork;
}

static bool refs_are_known(const struct journal *j, uint32_t place)
{
    uint32_t record = journal_record(j, place);
    const struct record *r = &j->skel->records[record];
    struct cursor c = skeleton_at(j->skel, record, r->refs);
    struct value id;

    for (size_t i = 0; i < r->ref_count; i++)
        if (!array_next(&c, &id) || journal_find(j, id.text) >= place) /* NO_PLACE is no less */
            return false;
    return true;
}

static int check_links(struct checker *c, const struct journal *j, uint32_t place)
{
    if (!id_is_fresh(j, place))
        return broken(c, j, place, "id",
                      "another record has the same id; a statement was put in twice");
    if (!refs_are_known(j, place))
        return broken(c, j, place, "refs",
                      "the record refers to one that does not stand earlier in the journal");
    return 0;
}

static void carry(struct journal *j, uint32_t place, uint32_t from)
{
    if (j->parent == NULL)
        return;
    mem_reserve(&j->carried, &j->carried_room, j->carried_count + 1, sizeof *j->carried);
    j->carried[j->carried_count++] = (struct carried){journal_record(j, place), from};
}

/* The effects that a record may have on keys and holds. */
static void apply(struct journal *j, uint32_t place, const struct public *pub, uint32_t from)
{
    const struct record *r = &j->skel->records[journal_record(j, place)];
    struct event e = {.place = place, .by = r->key, .from = from, .power = pub->power};

    if (r->type == TYPE_ENROL || r->type == TYPE_CASE) {
        e.kind = EVENT_ENROL;
        e.key = rules_key_number(j, pub->key);
        e.power = r->type == TYPE_CASE ? POWER_LEAD : pub->power;
    } else if (r->type == TYPE_REVOKE) {
        e.kind = EVENT_REVOKE;
        e.key = rules_key_number(j, pub->key);
    } else if (r->type == TYPE_HOLD) {
        e.kind = EVENT_HOLD;
        e.hold = pub->hold;
    } else {
        return;
    }
    trust_apply(&j->trust, &e);
}

/* Whether a merged record has to be known for its effects: a revocation stands or falls at its
 * place; of the others it is seen later whether they are trusted. */
static bool merged_counts(const struct journal *j, uint32_t place, enum type type,
                          const struct public *pub)
{
    if (type == TYPE_REVOKE)
        return journal_trusts(j, place);
    if (type == TYPE_ENROL)
        return !trust_is_revoked(&j->trust, rules_key_number(j, pub->key));
    return type == TYPE_HOLD;
}

/* The place from which a revocation that a copy brings in takes trust: its own there, or where the
 * copy parts, whichever is smaller. Revocations are met in the order in which the copy has them. */
static uint32_t carried_from(const struct journal *copy, size_t *next, uint32_t record)
{
    while (*next < copy->carried_count && copy->carried[*next].record != record)
        ++*next;
    return *next < copy->carried_count && copy->carried[*next].from < copy->fork
               ? copy->carried[*next].from
               : copy->fork;
}

/* A merged record: it follows a merge, and was written in the copy that the merge brought in. */
static int check_merged(struct checker *c, struct journal *j, uint32_t place,
                        const struct journal *copy, size_t *next_carried)
{
    unsigned wanted = RECORD_SIG_BAD | RECORD_CASE_BAD;
    const struct record *r = &j->skel->records[journal_record(j, place)];
    struct public pub;
    uint32_t from = copy->fork;

    if (j->parent == NULL)
        wanted |= RECORD_SEQ_BAD | RECORD_PREV_BAD;
    if (check_flags(c, j, place, wanted) != 0 || check_links(c, j, place) != 0)
        return -1;
    if (r->type == TYPE_REVOKE) {
        from = carried_from(copy, next_carried, journal_record(j, place));
        carry(j, place, from);
    }
    if (r->type != TYPE_OTHER && journal_public(j, place, &pub) == 0 &&
        merged_counts(j, place, r->type, &pub))
        apply(j, place, &pub, from);
    return 0;
}

static int check_places(struct checker *c, struct journal *j);

/* The copy that a merge brought in, and the merged records from `first` on. */
static int check_copy(struct checker *c, struct journal *j, uint32_t place, uint32_t first,
                      const struct public *merge, struct journal *copy)
{
    uint8_t root[HASH_LEN];
    size_t next_carried = 0;

    if (!merge_build(copy, c->hasher))
        return broken(c, j, place, "merge", "a line of the copy that was merged is too long");
    tree_root(&copy->tree, c->hasher, copy->size, root);
    if (memcmp(tree_leaf(&copy->tree, copy->size - 1), merge->head, HASH_LEN) != 0 ||
        memcmp(root, merge->root, HASH_LEN) != 0)
        return broken(c, j, place, "merge",
                      "the copy that was merged cannot be built again as the merge describes it");
    if (check_places(c, copy) != 0)
        return -1;
    for (uint64_t merged = first; merged <= place + merge->count; merged++)
        if (check_merged(c, j, (uint32_t)merged, copy, &next_carried) != 0)
            return -1;
    return 0;
}

static int check_merge(struct checker *c, struct journal *j, uint32_t place, uint32_t first,
                       const struct public *merge)
{
    struct journal copy;
    const char *why = NULL;
    bool cut = false;
    int result = 0;

    if (merge_lay_out(&c->copies, j, place, merge, &copy, &why, &cut) != 0)
        return broken(c, j, place, "merge", why);
    journal_add_window(j, place, merge->count);
    result = check_copy(c, j, place, first, merge, &copy);
    journal_release(&copy);
    return result;
}

/* A record in its own place. */
static int check_own(struct checker *c, struct journal *j, uint32_t place, struct public *pub)
{
    const struct record *r = &j->skel->records[journal_record(j, place)];
    unsigned unwanted = j->parent == NULL ? 0 : RECORD_SEQ_BAD | RECORD_PREV_BAD | RECORD_SEEN_BAD;
    const char *rule = NULL;
    const char *text = NULL;

    if (check_flags(c, j, place, ~unwanted) != 0)
        return -1;
    if (j->parent != NULL && !seen_in_copy(j, place))
        return broken(c, j, place, "seen",
                      "the signer names a journal other than this copy as what was seen");
    if (check_links(c, j, place) != 0)
        return -1;
    if (r->type != TYPE_OTHER && journal_public(j, place, pub) != 0)
        return broken(c, j, place, "public", "the file was changed while it was read");
    if (rules_check(j, c->hasher, place, pub, &rule, &text) != 0)
        return broken(c, j, place, rule, text);
    if (r->type == TYPE_REVOKE)
        carry(j, place, (uint32_t)pub->from);
    apply(j, place, pub, (uint32_t)pub->from);
    if (place == 0)
        j->trust.recovery = rules_key_number(j, pub->recovery);
    return 0;
}

/* Where a copy parts from its parent among merged records, their merge is that copy's too, and what
 * it brought in is judged again with the records that the copy has. *place gets the first one
 * behind them. */
static int check_open_window(struct checker *c, struct journal *j, uint64_t *place)
{
    uint32_t open = journal_open_window(j);
    struct public merge;

    *place = j->fork;
    if (open == NO_PLACE || journal_public(j, open, &merge) != 0)
        return 0;
    *place = open + merge.count + 1;
    return check_merge(c, j, open, j->fork, &merge);
}

/* Every place that a journal does not share with its parent. */
static int check_places(struct checker *c, struct journal *j)
{
    uint64_t place = 0;

    if (check_open_window(c, j, &place) != 0)
        return -1;
    for (; place < j->size; place++) {
        struct public pub = {.count = 0};
        enum type type = j->skel->records[journal_record(j, (uint32_t)place)].type;

        if (check_own(c, j, (uint32_t)place, &pub) != 0)
            return -1;
        if (type != TYPE_MERGE)
            continue;
        if (check_merge(c, j, (uint32_t)place, (uint32_t)place + 1, &pub) != 0)
            return -1;
        place += pub.count;
    }
    return 0;
}

int check_records(struct journal *j, struct hasher *h, struct finding *f)
{
    struct checker c = {.copies = {.built = 0}, .hasher = h, .finding = f};
    int result = check_places(&c, j);

    copies_release(&c.copies);
    return result;
}
