/* line.h: a line of a skeleton (sections 3 and 4 of the format) and of an openings file (section
 * 5). */
#pragma once
#include "verify/token.h"

#define LINE_MAX_LEN 65536
#define LINE_MIN_LEN 512 /* no entry is spelled in less; the shortest has more than 700 bytes */
#define OPENING_MAX_LEN 98304
#define VALUE_MAX_LEN 65536

/* The types of section 9. */
enum type {
    TYPE_OTHER,
    TYPE_CASE,
    TYPE_ENROL,
    TYPE_REVOKE,
    TYPE_REDACT_REQUEST,
    TYPE_REDACT_APPROVE,
    TYPE_REDACT,
    TYPE_HOLD,
    TYPE_CHECKPOINT,
    TYPE_ANCHOR,
    TYPE_MERGE,
    TYPE_COUNT
};

/* A line taken apart. Slices point into it. */
struct line {
    struct slice text;
    uint8_t entry_case[HASH_LEN];
    uint64_t seq;
    uint8_t prev[HASH_LEN];
    uint64_t epoch;
    struct slice logged;
    struct slice statement; /* with its braces */
    uint8_t id[ID_LEN];
    uint8_t statement_case[HASH_LEN];
    uint64_t seen_size;
    uint8_t seen_head[HASH_LEN];
    uint8_t by[KEY_LEN];
    struct slice type_name;
    unsigned version;
    uint8_t sig[SIG_LEN];
    const char *tail;        /* from `,"epoch":` on: what a merge carries over unchanged */
    const char *seen_at;     /* at the `[` of seen */
    const char *by_at;       /* at the first digit of by */
    const char *public_at;   /* after the `{` of public */
    const char *fields_at;   /* after the `{` of fields */
    const char *refs_at;     /* after the `[` of refs */
    const char *unsigned_at; /* at the comma before sig */
    unsigned field_count;
    unsigned ref_count;
};

/* True where the line begins `{"v":`, an integer other than 1, and a comma. */
bool line_is_from_later_time(struct slice text);

/* Takes a line apart, without its LF. Returns 0, or -1 with *bad the offset at which it is not
 * spelled as the format says. */
MUST_CHECK int line_parse(struct slice text, struct line *out, size_t *bad);

/* The type of that name, whatever its version. */
enum type type_of_name(struct slice name);
const char *type_title(enum type t);

/* One of the fields of a statement; at stands behind the `{` and moves on. False behind the last.
 */
struct field {
    struct slice name;
    uint8_t commitment[HASH_LEN];
};
bool field_next(struct cursor *c, struct field *out);

struct opening {
    uint8_t id[ID_LEN];
    struct slice name;
    uint8_t salt[HASH_LEN];
    struct slice value; /* base64 of at most VALUE_MAX_LEN bytes, not yet decoded */
};
/* As line_parse(). Whether value is base64 is seen when it is decoded. */
MUST_CHECK int opening_parse(struct slice text, struct opening *out, size_t *bad);
