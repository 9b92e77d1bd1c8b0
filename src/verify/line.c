/* line.c: takes the lines of a skeleton and of an openings file apart, one spelling each. */
#include "verify/line.h"

#include <string.h>

static const char *const titles[TYPE_COUNT] = {
    [TYPE_OTHER] = "",
    [TYPE_CASE] = "case",
    [TYPE_ENROL] = "enrol",
    [TYPE_REVOKE] = "revoke",
    [TYPE_REDACT_REQUEST] = "redact-request",
    [TYPE_REDACT_APPROVE] = "redact-approve",
    [TYPE_REDACT] = "redact",
    [TYPE_HOLD] = "hold",
    [TYPE_CHECKPOINT] = "checkpoint",
    [TYPE_ANCHOR] = "anchor",
    [TYPE_MERGE] = "merge",
};

enum type type_of_name(struct slice name)
{
    for (enum type t = TYPE_CASE; t < TYPE_COUNT; t++)
        if (slice_is(name, titles[t]))
            return t;
    return TYPE_OTHER;
}

const char *type_title(enum type t)
{
    return titles[t];
}

bool line_is_from_later_time(struct slice text)
{
    struct cursor c = cursor_of(text);
    uint64_t version = 0;

    return TAKE(&c, "{\"v\":") && take_integer(&c, &version) && version != 1 && TAKE(&c, ",");
}

static bool take_public(struct cursor *c, struct line *l)
{
    struct slice before = {"", 0};
    struct slice name;
    struct value value;

    l->public_at = c->at;
    while (!TAKE(c, "}")) {
        if (before.len > 0 && !TAKE(c, ","))
            return false;
        if (!take_name(c, &name) || slice_compare(before, name) >= 0)
            return false;
        if (!TAKE(c, ":") || !take_value(c, &value))
            return false;
        before = name;
    }
    return true;
}

static bool take_fields(struct cursor *c, struct line *l)
{
    struct slice before = {"", 0};
    struct field field;

    l->fields_at = c->at;
    while (!TAKE(c, "}")) {
        if (before.len > 0 && !TAKE(c, ","))
            return false;
        if (!take_name(c, &field.name) || slice_compare(before, field.name) >= 0)
            return false;
        if (!TAKE(c, ":") || !take_hex(c, field.commitment, HASH_LEN))
            return false;
        before = field.name;
        l->field_count++;
    }
    return true;
}

static bool take_refs(struct cursor *c, struct line *l)
{
    uint8_t id[ID_LEN];

    l->refs_at = c->at;
    while (!TAKE(c, "]")) {
        if ((l->ref_count > 0 && !TAKE(c, ",")) || !take_hex(c, id, ID_LEN))
            return false;
        l->ref_count++;
    }
    return true;
}

static bool take_seen(struct cursor *c, struct line *l)
{
    l->seen_at = c->at;
    return TAKE(c, "[") && take_integer(c, &l->seen_size) && TAKE(c, ",") &&
           take_hex(c, l->seen_head, HASH_LEN) && TAKE(c, "]");
}

/* One of the words of a list that ends with NULL, as a string. */
static bool take_word(struct cursor *c, const char *const *words)
{
    struct cursor ahead = *c;
    struct slice word;

    if (!take_string(&ahead, &word))
        return false;
    while (*words != NULL && !slice_is(word, *words))
        words++;
    if (*words == NULL)
        return false;
    *c = ahead;
    return true;
}

static bool take_signer(struct cursor *c, struct line *l)
{
    static const char *const clocks[] = {"ntp", "free", "unknown", NULL};
    struct slice time;
    uint8_t boot[ID_LEN];
    uint64_t mono;

    if (!TAKE(c, ",\"time\":") || !take_time(c, &time) || !TAKE(c, ",\"boot\":") ||
        !take_hex(c, boot, ID_LEN) || !TAKE(c, ",\"mono\":") || !take_integer(c, &mono) ||
        !TAKE(c, ",\"clock\":") || !take_word(c, clocks) || !TAKE(c, ",\"by\":"))
        return false;
    l->by_at = c->at + 1;
    return take_hex(c, l->by, KEY_LEN);
}

static bool take_labels(struct cursor *c, struct line *l)
{
    static const char *const tlps[] = {"clear", "green", "amber", "amber-strict", "red", NULL};
    struct slice scope;

    return TAKE(c, ",\"type\":") && take_type(c, &l->type_name, &l->version) &&
           TAKE(c, ",\"tlp\":") && take_word(c, tlps) && TAKE(c, ",\"scope\":") &&
           take_name(c, &scope);
}

static bool take_statement(struct cursor *c, struct line *l)
{
    const char *start = c->at;

    if (!TAKE(c, "{\"id\":") || !take_hex(c, l->id, ID_LEN) || !TAKE(c, ",\"case\":") ||
        !take_hex(c, l->statement_case, HASH_LEN) || !TAKE(c, ",\"seen\":") || !take_seen(c, l))
        return false;
    if (!take_signer(c, l) || !take_labels(c, l))
        return false;
    if (!TAKE(c, ",\"public\":{") || !take_public(c, l) || !TAKE(c, ",\"fields\":{") ||
        !take_fields(c, l) || !TAKE(c, ",\"refs\":[") || !take_refs(c, l))
        return false;
    l->unsigned_at = c->at;
    if (!TAKE(c, ",\"sig\":") || !take_hex(c, l->sig, SIG_LEN) || !TAKE(c, "}"))
        return false;
    l->statement = (struct slice){start, (size_t)(c->at - start)};
    return true;
}

static bool take_entry(struct cursor *c, struct line *l)
{
    if (!TAKE(c, "{\"v\":1,\"case\":") || !take_hex(c, l->entry_case, HASH_LEN) ||
        !TAKE(c, ",\"seq\":") || !take_integer(c, &l->seq) || !TAKE(c, ",\"prev\":") ||
        !take_hex(c, l->prev, HASH_LEN))
        return false;
    l->tail = c->at;
    return TAKE(c, ",\"epoch\":") && take_integer(c, &l->epoch) && TAKE(c, ",\"logged\":") &&
           take_time(c, &l->logged) && TAKE(c, ",\"statement\":") && take_statement(c, l) &&
           TAKE(c, "}") && c->at == c->end;
}

int line_parse(struct slice text, struct line *out, size_t *bad)
{
    struct cursor c = cursor_of(text);

    memset(out, 0, sizeof *out);
    out->text = text;
    if (text.len > LINE_MAX_LEN) {
        *bad = LINE_MAX_LEN;
        return -1;
    }
    if (!take_entry(&c, out)) {
        *bad = (size_t)(c.at - text.p);
        return -1;
    }
    return 0;
}

bool field_next(struct cursor *c, struct field *out)
{
    (void)TAKE(c, ","); /* there is none before the first */
    return take_name(c, &out->name) && TAKE(c, ":") && take_hex(c, out->commitment, HASH_LEN);
}

static bool take_opening(struct cursor *c, struct opening *o)
{
    return TAKE(c, "{\"id\":") && take_hex(c, o->id, ID_LEN) && TAKE(c, ",\"name\":") &&
           take_name(c, &o->name) && TAKE(c, ",\"salt\":") && take_hex(c, o->salt, HASH_LEN) &&
           TAKE(c, ",\"value\":") && take_string(c, &o->value) && TAKE(c, "}") && c->at == c->end;
}

int opening_parse(struct slice text, struct opening *out, size_t *bad)
{
    struct cursor c = cursor_of(text);

    memset(out, 0, sizeof *out);
    if (text.len > OPENING_MAX_LEN) {
        *bad = OPENING_MAX_LEN;
        return -1;
    }
    if (!take_opening(&c, out)) {
        *bad = (size_t)(c.at - text.p);
        return -1;
    }
    return 0;
}
