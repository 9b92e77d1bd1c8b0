/* spell.c: the tokens of a journal's line, read by tables of byte classes. */
#include "journal/spell.h"
#include "base/limits.h"

/* One row for sixteen bytes; bytes from 0x80 on belong to no class. */
enum {
    o = 0,
    s = CLASS_STRING,
    m = CLASS_STRING | CLASS_NAME,                            /* hyphen */
    d = CLASS_STRING | CLASS_NAME | CLASS_HEX | CLASS_DIGIT,  /* 0 to 9 */
    h = CLASS_STRING | CLASS_NAME | CLASS_HEX | CLASS_LETTER, /* a to f */
    l = CLASS_STRING | CLASS_NAME | CLASS_LETTER,             /* g to z */
};
const uint8_t spell_classes[256] = {
    o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, /* 0x00 */
    o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, /* 0x10 */
    s, s, o, s, s, s, s, s, s, s, s, s, s, m, s, s, /* 0x20 */
    d, d, d, d, d, d, d, d, d, d, s, s, s, s, s, s, /* 0x30 */
    s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, /* 0x40 */
    s, s, s, s, s, s, s, s, s, s, s, s, o, s, s, s, /* 0x50 */
    s, h, h, h, h, h, h, l, l, l, l, l, l, l, l, l, /* 0x60 */
    l, l, l, l, l, l, l, l, l, l, l, s, s, s, s, o, /* 0x70 */
};

void spell_begin(struct spell *r, struct str text)
{
    *r = (struct spell){text.p, text.p + text.len, text.p, ""};
}

bool spell_fail(struct spell *r, const char *due)
{
    r->due = due;
    return false;
}

int spell_error(const struct spell *r, const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT, "this is not %s: at column %zu, %s is due", what,
                   (size_t)(r->p - r->start) + 1, r->due);
}

bool spell_take_end(struct spell *r)
{
    return r->p == r->end || spell_fail(r, "the end of the line");
}

bool spell_take_integer(struct spell *r, uint64_t *out)
{
    const char *p = r->p;
    uint64_t n = 0;

    while (p < r->end && spell_byte_is(*p, CLASS_DIGIT)) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (n > ((uint64_t)INT64_MAX - digit) / 10 || (n == 0 && p > r->p))
            break;
        n = n * 10 + digit;
        p++;
    }
    if (p == r->p || (p < r->end && spell_byte_is(*p, CLASS_DIGIT)))
        return spell_fail(r, "an integer from 0 to 9223372036854775807 without leading zeros");
    r->p = p;
    *out = n;
    return true;
}

/* Takes a quote, at most limit bytes of a class, and a quote. */
static bool take_quoted(struct spell *r, unsigned classes, size_t limit, const char *due,
                        struct str *out)
{
    const char *p = r->p + 1;
    const char *first = p;

    if (!spell_sees(r, '"'))
        return spell_fail(r, due);
    while (p < r->end && spell_byte_is(*p, classes))
        p++;
    if (p == r->end || *p != '"' || (size_t)(p - first) > limit) {
        r->p = p;
        return spell_fail(r, due);
    }
    *out = (struct str){first, (size_t)(p - first)};
    r->p = p + 1;
    return true;
}

bool spell_take_text(struct spell *r, struct str *out)
{
    return take_quoted(r, CLASS_STRING, SIZE_MAX,
                       "a string of bytes 0x20 to 0x7E without quote or backslash", out);
}

bool spell_take_name(struct spell *r, struct str *out)
{
    static const char due[] = "a name of 1 to 32 bytes: a to z, then a to z, 0 to 9 and hyphens";

    if (r->end - r->p < 2 || !spell_byte_is(r->p[1], CLASS_LETTER))
        return spell_fail(r, due);
    return take_quoted(r, CLASS_NAME, LIMIT_NAME_SIZE, due, out);
}

bool spell_take_type(struct spell *r, struct str *out, struct str *name, unsigned *version)
{
    static const char due[] = "a type: a name, a slash, a version from 1 to 999";
    struct spell inner = *r;
    const char *first = r->p + 1;
    uint64_t n;

    inner.p = first;
    if (!spell_sees(r, '"') || inner.p == inner.end || !spell_byte_is(*inner.p, CLASS_LETTER))
        return spell_fail(r, due);
    while (inner.p < inner.end && spell_byte_is(*inner.p, CLASS_NAME))
        inner.p++;
    *name = (struct str){first, (size_t)(inner.p - first)};
    if (name->len > LIMIT_NAME_SIZE || !SPELL_TAKE(&inner, "/") ||
        !spell_take_integer(&inner, &n) || n < 1 || n > 999 || !spell_sees(&inner, '"'))
        return spell_fail(r, due);
    *out = (struct str){first, (size_t)(inner.p - first)};
    *version = (unsigned)n;
    r->p = inner.p + 1;
    return true;
}

/* The value of a hex digit, or X. Random digits defeat a branch predictor; a table has no branch.
 */
enum { X = 0x10 };
static const uint8_t hex_values[256] = {
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x00 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x10 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x20 */
    0, 1,  2,  3,  4,  5,  6,  7, 8, 9, X, X, X, X, X, X, /* 0x30 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x40 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x50 */
    X, 10, 11, 12, 13, 14, 15, X, X, X, X, X, X, X, X, X, /* 0x60 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x70 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x80 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0x90 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xa0 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xb0 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xc0 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xd0 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xe0 */
    X, X,  X,  X,  X,  X,  X,  X, X, X, X, X, X, X, X, X, /* 0xf0 */
};

static const char *hex_due(size_t size)
{
    return size == 16   ? "a string of 32 hex digits, lower case"
           : size == 32 ? "a string of 64 hex digits, lower case"
                        : "a string of 128 hex digits, lower case";
}

static bool fail_hex(struct spell *r, size_t size)
{
    if (spell_sees(r, '"')) {
        const char *last = r->p + 1 + 2 * size;

        r->p++;
        while (r->p < r->end && r->p < last && spell_byte_is(*r->p, CLASS_HEX))
            r->p++;
    }
    return spell_fail(r, hex_due(size));
}

bool spell_take_hex(struct spell *r, void *out, size_t size)
{
    const unsigned char *text = (const unsigned char *)r->p + 1;
    uint8_t *bytes = out;
    unsigned seen = 0;

    if ((size_t)(r->end - r->p) < 2 * size + 2 || *r->p != '"' || text[2 * size] != '"')
        return fail_hex(r, size);
    for (size_t i = 0; i < size; i++) {
        unsigned high = hex_values[text[2 * i]];
        unsigned low = hex_values[text[2 * i + 1]];

        seen |= high | low;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    if (seen & X)
        return fail_hex(r, size);
    r->p += 2 * size + 2;
    return true;
}

bool spell_take_time(struct spell *r, struct utc *out)
{
    static const char due[] = "a time \"YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ\" of a day that exists";

    if (r->end - r->p < UTC_TEXT_SIZE + 2 || r->p[0] != '"' || r->p[UTC_TEXT_SIZE + 1] != '"' ||
        !utc_read(out, (struct str){r->p + 1, UTC_TEXT_SIZE}))
        return spell_fail(r, due);
    r->p += UTC_TEXT_SIZE + 2;
    return true;
}
