/* spell.h: reads the tokens of a line, byte by byte as doc/format/journal.md §2 spells them.
 * Internal to the journal.
 *
 * A reader stops at the first byte that is wrong and remembers what was due there. Slices it gives
 * point into the text. */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

struct spell {
    const char *p; /* the next byte; after a failure, the first wrong one */
    const char *end;
    const char *start;
    const char *due; /* what was due at p, once a function returned false */
};

/* What a byte may be part of. */
enum spell_class {
    CLASS_STRING = 1, /* 0x20 to 0x7E but for the quote and the backslash */
    CLASS_NAME = 2,   /* a to z, 0 to 9, hyphen */
    CLASS_HEX = 4,
    CLASS_DIGIT = 8,
    CLASS_LETTER = 16, /* a to z */
};
extern const uint8_t spell_classes[256];

static inline bool spell_byte_is(char c, unsigned classes)
{
    return (spell_classes[(unsigned char)c] & classes) != 0;
}

void spell_begin(struct spell *s, struct str text);
bool spell_fail(struct spell *s, const char *due); /* always false */
/* Fills e with what is due at which column, counted from 1: "the line is not an entry: …". */
int spell_error(const struct spell *s, const char *what, struct err *e);

static inline bool spell_sees(const struct spell *s, char c)
{
    return s->p < s->end && *s->p == c;
}

/* Takes exactly these bytes; the literal is what is due otherwise. */
static inline bool spell_take(struct spell *s, const char *literal, size_t len)
{
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, literal, len) != 0)
        return spell_fail(s, literal);
    s->p += len;
    return true;
}
#define SPELL_TAKE(s, literal) spell_take(s, "" literal, sizeof(literal) - 1)

bool spell_take_end(struct spell *s);
bool spell_take_integer(struct spell *s, uint64_t *out);
/* The rest take the quotes too. */
bool spell_take_text(struct spell *s, struct str *out);
bool spell_take_hex(struct spell *s, void *out, size_t size);
bool spell_take_time(struct spell *s, struct utc *out);
bool spell_take_name(struct spell *s, struct str *out);
bool spell_take_type(struct spell *s, struct str *out, struct str *name, unsigned *version);
