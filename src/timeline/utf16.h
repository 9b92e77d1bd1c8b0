/* utf16.h: how text is written; text in UTF-16 (RFC 2781) as UTF-8, so that each byte of it is that
 * of a place in the source. A surrogate without the other half becomes three bytes that are no
 * UTF-8 (ED A0 80 to ED BF BF): nothing is lost, and nothing else becomes these. */
#pragma once
#include "base/str.h"

enum text_encoding {
    TEXT_AS_IT_IS,        /* UTF-8, or of one byte for a character */
    TEXT_UTF16LE,         /* its byte order mark says so */
    TEXT_UTF16BE,         /* the same */
    TEXT_UTF16LE_BY_LOOK, /* nothing states it */
    TEXT_UTF16BE_BY_LOOK, /* the same */
    TEXT_CR_ENDS,         /* as it is, but a CR ends a line, and no LF does */
    TEXT_ENCODING_COUNT_,
};
enum {
    UTF16_UNIT = 2,
    UTF16_GROWTH = 3, /* bytes of UTF-8 that a unit becomes at most */
};
/* How many bytes of the source such a byte of zero stands for. */
static inline unsigned text_unit(enum text_encoding e)
{
    return e == TEXT_AS_IT_IS || e == TEXT_CR_ENDS ? 1 : UTF16_UNIT;
}
static inline bool text_is_by_look(enum text_encoding e)
{
    return e == TEXT_UTF16LE_BY_LOOK || e == TEXT_UTF16BE_BY_LOOK;
}

/* As bytes of TEXT_CR_ENDS are read: each CR becomes an LF. */
void text_end_lines(char *bytes, size_t size);

/* Writes in to out, which has room for UTF16_GROWTH bytes of each unit, and returns how many bytes
 * it wrote; *taken is how many of in they are of. What is left is less than a character: a byte,
 * or, unless is_end, the first half of a pair. */
size_t utf16_decode(enum text_encoding encoding, struct str in, bool is_end, char *out,
                    size_t *taken);
/* Of how many bytes of UTF-16 these are, which utf16_decode wrote; of a character that ends them
 * before its end all count. */
uint64_t utf16_size(struct str decoded);

/* What is seen of a source. Zero is a fine beginning. */
struct utf16_look {
    uint64_t units;
    struct utf16_order_look {
        uint64_t ascii; /* printable, tabs and line ends */
        uint64_t odd;   /* control characters, halves of pairs, what Unicode leaves unused; of many
                         * zeros one */
    } orders[2];        /* little and big endian */
};
/* Adds a part of it that begins with a whole unit. */
void utf16_see(struct utf16_look *look, struct str part);
/* Whether these first bytes have a byte order mark. */
bool utf16_has_mark(struct str head);
/* By the first bytes of the source, and all that was seen. A mark is believed where nearly no
 * character is odd; without one, a quarter of them must be of ASCII, too. */
enum text_encoding utf16_find(const struct utf16_look *look, struct str head);
