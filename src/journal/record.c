/* record.c: one table of the record types that a checker knows. */
#include "journal/record.h"
#include "base/limits.h"

enum shape {
    SHAPE_INTEGER,
    SHAPE_ID,
    SHAPE_HASH, /* or a key */
    SHAPE_SIGNATURE,
    SHAPE_NAME,
    SHAPE_TEXT,
    SHAPE_BASE64,
    SHAPE_BASE64_SIGNATURE,
    SHAPE_NAMES,
    SHAPE_IDS,     /* two or more */
    SHAPE_TRIPLES, /* integers, three by three */
    SHAPE_FORMAT,
    SHAPE_POWER,
    SHAPE_STATE,
    SHAPE_ANCHOR,
};

enum { MEMBER_LIMIT = 6 };
static const struct {
    const char *name;
    struct {
        const char *name;
        enum shape shape;
    } members[MEMBER_LIMIT]; /* ascending, as they stand in the line */
} record_types[] = {
    [RECORD_CASE] = {"case",
                     {{"format", SHAPE_FORMAT},
                      {"key", SHAPE_HASH},
                      {"policy", SHAPE_NAME},
                      {"recovery", SHAPE_HASH}}},
    [RECORD_ENROL] = {"enrol",
                      {{"key", SHAPE_HASH}, {"power", SHAPE_POWER}, {"proof", SHAPE_SIGNATURE}}},
    [RECORD_REVOKE] = {"revoke", {{"from", SHAPE_INTEGER}, {"key", SHAPE_HASH}}},
    [RECORD_REDACT_REQUEST] = {"redact-request", {{"names", SHAPE_NAMES}, {"target", SHAPE_ID}}},
    [RECORD_REDACT_APPROVE] = {"redact-approve", {{"request", SHAPE_ID}}},
    [RECORD_REDACT] = {"redact",
                       {{"approvals", SHAPE_IDS}, {"names", SHAPE_NAMES}, {"target", SHAPE_ID}}},
    [RECORD_HOLD] = {"hold", {{"state", SHAPE_STATE}}},
    [RECORD_CHECKPOINT] = {"checkpoint",
                           {{"key", SHAPE_HASH},
                            {"root", SHAPE_HASH},
                            {"sig", SHAPE_BASE64_SIGNATURE},
                            {"size", SHAPE_INTEGER}}},
    [RECORD_ANCHOR] = {"anchor",
                       {{"kind", SHAPE_ANCHOR},
                        {"name", SHAPE_TEXT},
                        {"root", SHAPE_HASH},
                        {"size", SHAPE_INTEGER},
                        {"token", SHAPE_BASE64}}},
    [RECORD_MERGE] = {"merge",
                      {{"count", SHAPE_INTEGER},
                       {"fork", SHAPE_INTEGER},
                       {"head", SHAPE_HASH},
                       {"root", SHAPE_HASH},
                       {"size", SHAPE_INTEGER},
                       {"skip", SHAPE_TRIPLES}}},
};

enum record_kind record_kind_named(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(record_types); i++)
        if (str_is(name, record_types[i].name))
            return (enum record_kind)i;
    return RECORD_OTHER;
}

enum record_kind record_kind_of(const struct statement *s)
{
    return record_kind_named(s->type_name);
}

static bool is_hex(struct str text, size_t size)
{
    uint8_t bytes[64];

    return hex_read(bytes, size, text);
}

/* size is that of the decoded bytes, or SIZE_MAX for any. */
static bool is_base64(struct str text, size_t size)
{
    CLEANUP_BUF struct buf bytes = {0};

    return base64_read(&bytes, text) && (size == SIZE_MAX || bytes.len == size);
}

static bool is_one_of(struct str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(text, words[i]))
            return true;
    return false;
}

static bool string_has_shape(struct str text, enum shape shape)
{
    static const char *const powers[] = {"lead", "member", "log"};
    static const char *const states[] = {"set", "lifted"};
    static const char *const anchors[] = {"rfc3161", "witness", "page"};

    switch (shape) {
    case SHAPE_ID:
        return is_hex(text, sizeof(struct id));
    case SHAPE_HASH:
        return is_hex(text, sizeof(struct hash));
    case SHAPE_SIGNATURE:
        return is_hex(text, sizeof(struct sig));
    case SHAPE_NAME:
        return spell_is_name(text);
    case SHAPE_BASE64:
        return is_base64(text, SIZE_MAX);
    case SHAPE_BASE64_SIGNATURE:
        return is_base64(text, sizeof(struct sig));
    case SHAPE_FORMAT:
        return str_is(text, "cj/1");
    case SHAPE_POWER:
        return is_one_of(text, powers, COUNT_OF(powers));
    case SHAPE_STATE:
        return is_one_of(text, states, COUNT_OF(states));
    case SHAPE_ANCHOR:
        return is_one_of(text, anchors, COUNT_OF(anchors));
    default:
        return shape == SHAPE_TEXT;
    }
}

/* The number of items in an array of which each has the shape; SIZE_MAX when one has not. */
static size_t count_items(struct str array, enum shape shape)
{
    struct public_value item;
    size_t count = 0;

    for (; public_item_next(&array, &item); count++)
        if (item.kind == PUBLIC_STRING ? !string_has_shape(item.string, shape)
                                       : shape != SHAPE_INTEGER)
            return SIZE_MAX;
    return count;
}

static bool array_has_shape(struct str array, enum shape shape)
{
    size_t count = count_items(array, shape == SHAPE_NAMES ? SHAPE_NAME
                                      : shape == SHAPE_IDS ? SHAPE_ID
                                                           : SHAPE_INTEGER);

    if (count == SIZE_MAX)
        return false;
    return shape == SHAPE_NAMES || (shape == SHAPE_IDS ? count >= 2 : count % 3 == 0);
}

static bool value_has_shape(const struct public_value *v, enum shape shape)
{
    switch (shape) {
    case SHAPE_INTEGER:
        return v->kind == PUBLIC_INTEGER;
    case SHAPE_NAMES:
    case SHAPE_IDS:
    case SHAPE_TRIPLES:
        return v->kind == PUBLIC_ARRAY && array_has_shape(v->text, shape);
    default:
        return v->kind == PUBLIC_STRING && string_has_shape(v->string, shape);
    }
}

int record_check_public(enum record_kind kind, const struct statement *s, struct err *e)
{
    struct str rest = s->public_text;
    struct public_value value;
    size_t i = 0;

    if (kind == RECORD_OTHER)
        return 0;
    if (s->type_version != 1)
        return err_set(e, ERR_NEWER, "it is of a later version; this program knows %s/1",
                       record_types[kind].name);
    for (; public_next(&rest, &value); i++)
        if (i == MEMBER_LIMIT || !record_types[kind].members[i].name ||
            !str_is(value.name, record_types[kind].members[i].name) ||
            !value_has_shape(&value, record_types[kind].members[i].shape))
            return err_set(e, ERR_TAMPER,
                           "it says \"" STR_FMT "\" in a way that its type does not have",
                           STR_ARG(value.name));
    if (i < MEMBER_LIMIT && record_types[kind].members[i].name)
        return err_set(e, ERR_TAMPER, "it does not say \"%s\"", record_types[kind].members[i].name);
    return 0;
}

static struct public_value member_of(const struct statement *s, const char *name)
{
    struct public_value value;

    if (!public_find(s, name, &value))
        BUG("a record without \"%s\"", name);
    return value;
}

struct str record_text(const struct statement *s, const char *name)
{
    return member_of(s, name).text;
}

struct str record_string(const struct statement *s, const char *name)
{
    return member_of(s, name).string;
}

uint64_t record_integer(const struct statement *s, const char *name)
{
    return member_of(s, name).integer;
}

void record_hex(const struct statement *s, const char *name, void *out, size_t size)
{
    if (!hex_read(out, size, record_string(s, name)))
        BUG("\"%s\" of a record is not %zu bytes of hex", name, size);
}
