/* public.c: one table says which members `public` has for each type, one function reads each
 * member. */
#include "verify/public.h"

#include <stdio.h>
#include <string.h>

struct member {
    const char *name;
    bool (*read)(struct value v, struct public *out);
};

static bool read_hash(struct value v, uint8_t *out, size_t bytes)
{
    return v.kind == VALUE_STRING && hex_decode(v.text, out, bytes);
}

static bool read_key(struct value v, struct public *out)
{
    return read_hash(v, out->key, KEY_LEN);
}

static bool read_recovery(struct value v, struct public *out)
{
    return read_hash(v, out->recovery, KEY_LEN);
}

static bool read_root(struct value v, struct public *out)
{
    return read_hash(v, out->root, HASH_LEN);
}

static bool read_head(struct value v, struct public *out)
{
    return read_hash(v, out->head, HASH_LEN);
}

static bool read_target(struct value v, struct public *out)
{
    return read_hash(v, out->target, ID_LEN);
}

static bool read_request(struct value v, struct public *out)
{
    return read_hash(v, out->request, ID_LEN);
}

static bool read_proof(struct value v, struct public *out)
{
    return read_hash(v, out->sig, SIG_LEN);
}

static bool read_sig(struct value v, struct public *out)
{
    size_t len = 0;

    return v.kind == VALUE_STRING && base64_decode(v.text, out->sig, SIG_LEN, &len) &&
           len == SIG_LEN;
}

static bool read_format(struct value v, struct public *out)
{
    (void)out;
    return v.kind == VALUE_STRING && slice_is(v.text, "cj/1");
}

static bool read_policy(struct value v, struct public *out)
{
    (void)out;
    return v.kind == VALUE_STRING && name_is_spelled(v.text);
}

static bool read_power(struct value v, struct public *out)
{
    if (v.kind != VALUE_STRING)
        return false;
    out->power = slice_is(v.text, "lead")     ? 'l'
                 : slice_is(v.text, "member") ? 'm'
                 : slice_is(v.text, "log")    ? 'g'
                                              : 0;
    return out->power != 0;
}

static bool read_number(struct value v, uint64_t *out)
{
    *out = v.integer;
    return v.kind == VALUE_INTEGER;
}

static bool read_from(struct value v, struct public *out)
{
    return read_number(v, &out->from);
}

static bool read_size(struct value v, struct public *out)
{
    return read_number(v, &out->size);
}

static bool read_fork(struct value v, struct public *out)
{
    return read_number(v, &out->fork);
}

static bool read_count(struct value v, struct public *out)
{
    return read_number(v, &out->count);
}

static bool read_state(struct value v, struct public *out)
{
    out->hold = v.kind == VALUE_STRING && slice_is(v.text, "set");
    return out->hold || (v.kind == VALUE_STRING && slice_is(v.text, "lifted"));
}

static bool read_kind(struct value v, struct public *out)
{
    static const char *const kinds[] = {
        [ANCHOR_RFC3161] = "rfc3161", [ANCHOR_WITNESS] = "witness", [ANCHOR_PAGE] = "page"};

    for (enum anchor_kind k = ANCHOR_RFC3161; k <= ANCHOR_PAGE; k++) {
        if (v.kind == VALUE_STRING && slice_is(v.text, kinds[k])) {
            out->kind = k;
            return true;
        }
    }
    return false;
}

static bool read_name(struct value v, struct public *out)
{
    out->name = v.text;
    return v.kind == VALUE_STRING;
}

static bool read_token(struct value v, struct public *out)
{
    uint8_t bytes[LINE_MAX_LEN / 4 * 3];
    size_t len = 0;

    out->token = v.text;
    return v.kind == VALUE_STRING && base64_decode(v.text, bytes, sizeof bytes, &len) &&
           (out->kind != ANCHOR_PAGE || len == 0);
}

/* Every item of an array is a string that `fits`. */
static bool read_strings(struct value v, bool (*fits)(struct slice s))
{
    struct cursor c = cursor_of(v.text);
    struct value item;

    if (v.kind != VALUE_ARRAY)
        return false;
    while (array_next(&c, &item))
        if (item.kind != VALUE_STRING || !fits(item.text))
            return false;
    return true;
}

static bool is_id(struct slice s)
{
    uint8_t id[ID_LEN];

    return hex_decode(s, id, ID_LEN);
}

static bool read_names(struct value v, struct public *out)
{
    out->names = v.text;
    return read_strings(v, name_is_spelled);
}

static bool read_approvals(struct value v, struct public *out)
{
    out->approvals = v.text;
    return read_strings(v, is_id) && v.count >= 2;
}

static bool read_skip(struct value v, struct public *out)
{
    struct cursor c = cursor_of(v.text);
    struct value item;

    out->skip = v.text;
    out->skip_count = v.count / 3;
    if (v.kind != VALUE_ARRAY || v.count % 3 != 0)
        return false;
    while (array_next(&c, &item))
        if (item.kind != VALUE_INTEGER)
            return false;
    return true;
}

#define MEMBERS_MAX 6

/* In the order in which they stand: names ascend. `kind` is read before `token`, which needs it. */
static const struct member members[TYPE_COUNT][MEMBERS_MAX + 1] = {
    [TYPE_CASE] = {{"format", read_format},
                   {"key", read_key},
                   {"policy", read_policy},
                   {"recovery", read_recovery}},
    [TYPE_ENROL] = {{"key", read_key}, {"power", read_power}, {"proof", read_proof}},
    [TYPE_REVOKE] = {{"from", read_from}, {"key", read_key}},
    [TYPE_REDACT_REQUEST] = {{"names", read_names}, {"target", read_target}},
    [TYPE_REDACT_APPROVE] = {{"request", read_request}},
    [TYPE_REDACT] = {{"approvals", read_approvals}, {"names", read_names}, {"target", read_target}},
    [TYPE_HOLD] = {{"state", read_state}},
    [TYPE_CHECKPOINT] = {{"key", read_key},
                         {"root", read_root},
                         {"sig", read_sig},
                         {"size", read_size}},
    [TYPE_ANCHOR] = {{"kind", read_kind},
                     {"name", read_name},
                     {"root", read_root},
                     {"size", read_size},
                     {"token", read_token}},
    [TYPE_MERGE] = {{"count", read_count},
                    {"fork", read_fork},
                    {"head", read_head},
                    {"root", read_root},
                    {"size", read_size},
                    {"skip", read_skip}},
};

static bool take_member(struct cursor *c, const struct member *m, struct public *out)
{
    struct slice name;
    struct value value;

    return take_name(c, &name) && slice_is(name, m->name) && TAKE(c, ":") &&
           take_value(c, &value) && m->read(value, out);
}

int public_parse(enum type t, const char *public_at, const char *end, struct public *out,
                 const char **wrong)
{
    struct cursor c = {public_at, end};

    memset(out, 0, sizeof *out);
    for (const struct member *m = members[t]; m->name != NULL; m++) {
        *wrong = m->name;
        if ((m != members[t] && !TAKE(&c, ",")) || !take_member(&c, m, out))
            return -1;
    }
    *wrong = "one that the type does not have";
    return TAKE(&c, "}") ? 0 : -1;
}

int public_merge_numbers(const char *public_at, const char *end, struct public *out)
{
    static const struct member numbers[] = {
        {"count", read_count}, {"fork", read_fork}, {"size", read_size}, {"skip", read_skip}};
    struct cursor c = {public_at, end};
    struct slice name;
    struct value value;
    size_t found = 0;

    memset(out, 0, sizeof *out);
    while (!TAKE(&c, "}")) { /* spelled right; names ascend, as those above do */
        (void)TAKE(&c, ",");
        if (!take_name(&c, &name) || !TAKE(&c, ":") || !take_value(&c, &value))
            return -1;
        if (found < 4 && slice_is(name, numbers[found].name) && !numbers[found++].read(value, out))
            return -1;
    }
    return found == 4 ? 0 : -1;
}

size_t checkpoint_text(char out[CHECKPOINT_TEXT_MAX], const uint8_t name[HASH_LEN], uint64_t size,
                       const uint8_t root[HASH_LEN])
{
    char *p = stpcpy(out, "cj/1/");

    hex_encode(name, HASH_LEN, p);
    p += 2 * HASH_LEN;
    p += snprintf(p, (size_t)(out + CHECKPOINT_TEXT_MAX - p), "\n%llu\n", (unsigned long long)size);
    base64_encode(root, HASH_LEN, p);
    p += BASE64_LEN(HASH_LEN);
    *p++ = '\n';
    return (size_t)(p - out);
}
