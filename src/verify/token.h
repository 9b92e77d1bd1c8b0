/* token.h: the tokens of doc/format/journal.md, section 2, and how each is spelled. */
#pragma once
#include "verify/mem.h"

#include <stdbool.h>
#include <stdint.h>

#define HASH_LEN 32
#define KEY_LEN 32
#define ID_LEN 16
#define SIG_LEN 64
#define TIME_LEN 30 /* YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ */
#define NAME_MAX_LEN 32

/* Where a reader stands. Every take function moves past one token and returns true, or returns
 * false and leaves at where the spelling went wrong or before it. */
struct cursor {
    const char *at;
    const char *end;
};

/* A value of `public`. */
struct value {
    enum value_kind { VALUE_INTEGER, VALUE_STRING, VALUE_ARRAY } kind;
    uint64_t integer;  /* of an integer */
    struct slice text; /* of a string, without quotes; of an array, between its brackets */
    size_t count;      /* items of an array */
};

struct cursor cursor_of(struct slice s);

#define TAKE(c, literal) take((c), (literal), sizeof(literal) - 1)
bool take(struct cursor *c, const char *literal, size_t len);
bool take_integer(struct cursor *c, uint64_t *out);
bool take_string(struct cursor *c, struct slice *out);
bool take_hex(struct cursor *c, uint8_t *out, size_t bytes); /* with its quotes */
bool take_time(struct cursor *c, struct slice *out);
bool take_name(struct cursor *c, struct slice *out);
bool take_type(struct cursor *c, struct slice *name, unsigned *version);
bool take_value(struct cursor *c, struct value *out);

/* The next item of an array's text, as take_value() gave it: strings and integers. Returns false at
 * its end. */
bool array_next(struct cursor *c, struct value *out);

bool slice_is(struct slice s, const char *literal);
bool slice_equal(struct slice a, struct slice b);
int slice_compare(struct slice a, struct slice b); /* by byte, a prefix first */
bool name_is_spelled(struct slice s);

/* Lower-case hexadecimal, exactly `bytes` bytes. */
bool hex_decode(struct slice text, uint8_t *out, size_t bytes);
void hex_encode(const uint8_t *bytes, size_t len, char *out); /* 2 * len characters, no zero byte */

/* One character of UTF-8 (RFC 3629). */
bool take_utf8(struct cursor *c, uint32_t *out);

/* RFC 4648 §4 with padding, unused bits zero. Writes at most room bytes; false where the text is
 * spelled otherwise or says more. Where out is NULL, none are written. */
bool base64_decode(struct slice text, uint8_t *out, size_t room, size_t *len);
#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)
void base64_encode(const uint8_t *bytes, size_t len, char *out); /* no zero byte */
