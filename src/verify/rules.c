/* rules.c: one small function for each type that section 9 knows. */
#include "verify/rules.h"

#include <stdlib.h>
#include <string.h>

/* Returns NULL, or a sentence that says what is broken. */
typedef const char *rule_check(const struct journal *j, struct hasher *h, uint32_t place,
                               const struct public *pub);

uint32_t rules_key_number(const struct journal *j, const uint8_t key[KEY_LEN])
{
    return keys_find(&j->skel->keys, key);
}

static const struct record *record_at(const struct journal *j, uint32_t place)
{
    return &j->skel->records[journal_record(j, place)];
}

static const char *rule_case(const struct journal *j, struct hasher *h, uint32_t place,
                             const struct public *pub)
{
    const struct record *r = record_at(j, place);

    (void)h;
    if (place != 0)
        return "case/1 may stand only as record 0";
    if (rules_key_number(j, pub->key) != r->key)
        return "the first key is not the one that signed record 0";
    if (memcmp(pub->key, pub->recovery, KEY_LEN) == 0)
        return "the recovery key is the first key itself; it has to be another one";
    return NULL;
}

static const char *rule_enrol(const struct journal *j, struct hasher *h, uint32_t place,
                              const struct public *pub)
{
    uint32_t key = rules_key_number(j, pub->key);

    (void)h;
    (void)place;
    if (key == j->trust.recovery)
        return "the recovery key is enrolled, which it must never be";
    if (trust_is_revoked(&j->trust, key))
        return "a key is enrolled that was revoked";
    return NULL;
}

static const char *rule_revoke(const struct journal *j, struct hasher *h, uint32_t place,
                               const struct public *pub)
{
    (void)h;
    if (!trust_was_enrolled(&j->trust, rules_key_number(j, pub->key)))
        return "a key is revoked that was never enrolled";
    if (pub->from < 1 || pub->from > place)
        return "from is not the number of a record between 1 and the revocation itself";
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    const struct field *x = a;
    const struct field *y = b;

    return slice_compare(x->name, y->name);
}

static bool has_fields(const struct journal *j, uint32_t place, struct slice names)
{
    const struct record *r = record_at(j, place);
    struct cursor c = skeleton_at(j->skel, journal_record(j, place), r->fields);
    struct cursor wanted = cursor_of(names);
    CLEANUP(mem_drop) struct field *fields = mem_get(r->field_count, sizeof *fields);
    struct value name;

    for (size_t i = 0; i < r->field_count; i++)
        if (!field_next(&c, &fields[i]))
            return false;
    while (array_next(&wanted, &name)) {
        struct field key = {.name = name.text};
        if (bsearch(&key, fields, r->field_count, sizeof *fields, compare_names) == NULL)
            return false;
    }
    return true;
}

static const char *rule_redact_request(const struct journal *j, struct hasher *h, uint32_t place,
                                       const struct public *pub)
{
    uint32_t record = ids_find(&j->skel->ids, pub->target);
    uint32_t target = record == NO_NUMBER ? NO_PLACE : journal_place(j, record);

    (void)h;
    if (target >= place)
        return "the record to be redacted does not stand earlier in the journal";
    if (!has_fields(j, target, pub->names))
        return "the record to be redacted does not have the fields that are named";
    return NULL;
}

/* The place of an earlier record of that type with that id, or NO_PLACE. */
static uint32_t find_earlier(const struct journal *j, uint32_t place, const uint8_t id[ID_LEN],
                             enum type type)
{
    uint32_t record = ids_find(&j->skel->ids, id);
    uint32_t found = record == NO_NUMBER ? NO_PLACE : journal_place(j, record);

    return found < place && record_at(j, found)->type == type ? found : NO_PLACE;
}

static const char *rule_redact_approve(const struct journal *j, struct hasher *h, uint32_t place,
                                       const struct public *pub)
{
    (void)h;
    if (find_earlier(j, place, pub->request, TYPE_REDACT_REQUEST) == NO_PLACE)
        return "an approval names no earlier request to redact";
    return NULL;
}

/* One approval of a redaction. *request gets the id of what it approves, *key the number of its
 * key. */
static const char *read_approval(const struct journal *j, uint32_t place, struct slice digits,
                                 uint8_t request[ID_LEN], uint32_t *key)
{
    uint8_t id[ID_LEN];
    struct public approval;
    uint32_t at = NO_PLACE;

    if (hex_decode(digits, id, ID_LEN))
        at = find_earlier(j, place, id, TYPE_REDACT_APPROVE);
    if (at == NO_PLACE || journal_public(j, at, &approval) != 0)
        return "a redaction names an approval that does not stand earlier in the journal";
    if (!journal_trusts(j, at))
        return "a redaction rests on an approval that is not trusted";
    memcpy(request, approval.request, ID_LEN);
    *key = record_at(j, at)->key;
    return NULL;
}

static const char *check_approvals(const struct journal *j, uint32_t place,
                                   const struct public *pub, uint8_t request[ID_LEN])
{
    struct cursor c = cursor_of(pub->approvals);
    struct value id;
    bool two_keys = false;
    uint32_t first_key = NO_NUMBER;

    while (array_next(&c, &id)) {
        uint8_t this_request[ID_LEN];
        uint32_t key = NO_NUMBER;
        const char *fault = read_approval(j, place, id.text, this_request, &key);

        if (fault != NULL)
            return fault;
        if (first_key == NO_NUMBER) {
            first_key = key;
            memcpy(request, this_request, ID_LEN);
        }
        two_keys |= key != first_key;
        if (memcmp(request, this_request, ID_LEN) != 0)
            return "the approvals of a redaction are for different requests";
    }
    return two_keys ? NULL : "a redaction was not approved by two different keys";
}

static const char *rule_redact(const struct journal *j, struct hasher *h, uint32_t place,
                               const struct public *pub)
{
    uint8_t id[ID_LEN];
    struct public request;
    uint32_t at = NO_PLACE;
    const char *fault = check_approvals(j, place, pub, id);

    (void)h;
    if (fault != NULL)
        return fault;
    at = find_earlier(j, place, id, TYPE_REDACT_REQUEST);
    if (at == NO_PLACE || journal_public(j, at, &request) != 0 ||
        memcmp(request.target, pub->target, ID_LEN) != 0 || !slice_equal(request.names, pub->names))
        return "a redaction is not of the record and the fields that were requested";
    if (trust_hold_in_force(&j->trust))
        return "something was redacted while a legal hold was in force";
    return NULL;
}

static const char *check_root(const struct journal *j, struct hasher *h, uint32_t place,
                              const struct public *pub)
{
    uint8_t root[HASH_LEN];

    if (pub->size < 1 || pub->size > place)
        return "size is not a number of records that stand before";
    tree_root(&j->tree, h, (uint32_t)pub->size, root);
    if (memcmp(root, pub->root, HASH_LEN) != 0)
        return "the root is not that of the records before; they are not those it was made of";
    return NULL;
}

static const char *rule_checkpoint(const struct journal *j, struct hasher *h, uint32_t place,
                                   const struct public *pub)
{
    uint32_t key = rules_key_number(j, pub->key);

    if (trust_is_revoked(&j->trust, key))
        return "a checkpoint is signed by a key that was revoked";
    if (trust_power(&j->trust, key, place) == POWER_NONE)
        return "a checkpoint is signed by a key that is not enrolled";
    return check_root(j, h, place, pub);
}

static rule_check *const rules[TYPE_COUNT] = {
    [TYPE_CASE] = rule_case,
    [TYPE_ENROL] = rule_enrol,
    [TYPE_REVOKE] = rule_revoke,
    [TYPE_REDACT_REQUEST] = rule_redact_request,
    [TYPE_REDACT_APPROVE] = rule_redact_approve,
    [TYPE_REDACT] = rule_redact,
    [TYPE_CHECKPOINT] = rule_checkpoint,
    [TYPE_ANCHOR] = check_root,
};

static const char *power_fault(const struct journal *j, uint32_t place)
{
    uint32_t key = record_at(j, place)->key;

    if (journal_trusts(j, place))
        return NULL;
    if (trust_is_revoked(&j->trust, key))
        return "the record is signed by a key that was revoked";
    return trust_power(&j->trust, key, place) == POWER_NONE && key != j->trust.recovery
               ? "the record is signed by a key that is not enrolled"
               : "the key that signed the record does not have the power for its type";
}

int rules_check(const struct journal *j, struct hasher *h, uint32_t place, const struct public *pub,
                const char **rule, const char **text)
{
    const struct record *r = record_at(j, place);

    *rule = "case";
    *text = "record 0 is not a case/1 record";
    if (place == 0 && r->type != TYPE_CASE)
        return -1;
    *rule = "power";
    *text = power_fault(j, place);
    if (*text == NULL) {
        *rule = r->type == TYPE_OTHER ? "type" : type_title(r->type);
        *text = rules[r->type] == NULL ? NULL : rules[r->type](j, h, place, pub);
    }
    return *text == NULL ? 0 : -1;
}
