/* str.h: a borrowed slice and an owned, capped buffer. There is nothing else for strings. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/banned.h"
#include "base/compiler.h"

/* Bytes that belong to someone else; not ended by a NUL. */
struct str {
    const char *p;
    size_t len;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }                  /* in a table of constants */
#define STR_FMT "%.*s" /* use with STR_ARG */
#define STR_ARG(s) ((int)((s).len > 4096 ? 4096 : (s).len)), (s).p

/* Here, so that what is known of a constant is known where it is used. */
static inline struct str str_of(const char *text) /* NULL gives an empty slice */
{
    return (struct str){text ? text : "", text ? strlen(text) : 0};
}

static inline struct str str_head(struct str s, size_t len) /* at most len bytes */
{
    return (struct str){s.p, s.len < len ? s.len : len};
}

/* The part from off on; empty when off is past the end. */
static inline struct str str_from(struct str s, size_t off)
{
    size_t at = off < s.len ? off : s.len;

    return (struct str){at ? s.p + at : s.p, s.len - at}; /* also of none at all */
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_is(struct str a, const char *text) /* equals a C string */
{
    size_t len = text ? strlen(text) : 0; /* of a constant known: a short comparison */

    return a.len == len && (len == 0 || memcmp(a.p, text, len) == 0);
}

static inline bool str_starts(struct str s, const char *with)
{
    size_t len = strlen(with);

    return s.len >= len && (len == 0 || memcmp(s.p, with, len) == 0);
}

/* Takes front off *rest; false: it is not there. */
static inline bool str_take(struct str *rest, const char *front)
{
    if (!str_starts(*rest, front))
        return false;
    *rest = str_from(*rest, strlen(front));
    return true;
}

static inline bool char_is_digit(char c) /* of ASCII, whatever the locale */
{
    return c >= '0' && c <= '9';
}

static inline bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline void str_skip_blanks(struct str *rest)
{
    while (rest->len && char_is_blank(rest->p[0]))
        *rest = str_from(*rest, 1);
}

int str_cmp(struct str a, struct str b); /* by byte */
bool str_ends(struct str s, const char *with);
struct str str_trim(struct str s);     /* without white space around */
struct str path_base(struct str path); /* what follows its last slash */
struct str str_cut(struct str *rest,
                   char at); /* takes the part before at off *rest; the whole when at is absent */
struct str str_field(struct str *rest); /* takes the next field between spaces and tabs off *rest */
bool str_has_line(struct str lines, struct str line); /* is it one of them, to the byte? */
bool str_u64(struct str s,
             uint64_t *out); /* plain decimal digits; false on anything else or overflow */
/* Takes the digits in front, at most `most` of them; false where there are none or too large. */
bool str_take_u64(struct str *rest, size_t most, uint64_t *out);
bool str_has_utf8_error(struct str s); /* RFC 3629 */
bool str_is_ascii(struct str s);       /* bytes from 1 to 0x7F alone */

/* Bytes that we own; always ended by a NUL that is not counted. Zero-initialise: struct buf b =
 * {0}. */
struct buf {
    char *p; /* NULL while empty */
    size_t len;
    size_t room;
};

enum {
    BUF_LIMIT = 1 << 30
}; /* a buffer that would grow past this is a bug; check sizes of input before */

void buf_release(struct buf *b);
#define CLEANUP_BUF CLEANUP(buf_release)
void buf_clear(struct buf *b); /* keeps the room */
void buf_wipe(struct buf *b);  /* zeroes, then releases */
char *buf_room(struct buf *b,
               size_t size); /* where the next size bytes may be written; then add to len */
void buf_add(struct buf *b, const void *bytes, size_t size);
void buf_adds(struct buf *b, const char *text);
void buf_addstr(struct buf *b, struct str s);
void buf_addc(struct buf *b, char c);
void buf_addn(struct buf *b, char c, size_t count);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_add_u64(struct buf *b, uint64_t n);
/* As part of a line: \xHH for control characters and backslashes. The other way false: no such
 * spelling, and what was added is of no use; NUL has none. */
void buf_add_escaped(struct buf *b, struct str s);
bool buf_add_unescaped(struct buf *b, struct str s);
struct str buf_str(const struct buf *b);
const char *buf_text(const struct buf *b); /* NUL-ended, never NULL */
char *buf_take(struct buf *b);             /* the caller frees it; the buffer is empty again */
