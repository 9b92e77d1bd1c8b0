/* event.h: what happened, as a log or a file system has it: a time, how sure it is, and named
 * values (doc/format/timeline.md section 1). */
#pragma once
#include <stdbool.h>
#include "base/str.h"

enum event_field_id {
#define FIELD(id, name) FIELD_##id,
#include "timeline/fields.def"
#undef FIELD
    FIELD_KNOWN_COUNT_,
};

/* Names beyond the known ones are numbered as they come. */
struct field_names;
enum { FIELD_NAMES_MAX = 4096, FIELD_NAME_SIZE = 256, FIELD_NONE = UINT16_MAX };
struct field_names *field_names_new(void);
void field_names_free(struct field_names *n); /* NULL is fine */
DEFINE_CLEANUP(struct field_names *, field_names_free)
/* The number of a name, which becomes known by that; FIELD_NONE where there are too many, or the
 * name is empty, longer than FIELD_NAME_SIZE or has a NUL. */
uint16_t field_number(struct field_names *n, struct str name);
/* As field_number, but FIELD_NONE where it is not known yet. */
uint16_t field_lookup(const struct field_names *n, struct str name);
struct str field_name(const struct field_names *n, uint16_t number);
/* Of any name, for tables of names that evidence gives: another one in each field_names. */
uint64_t field_hash(const struct field_names *n, struct str name);
size_t field_count(const struct field_names *n);
/* By number: the place of each name in the order of their bytes. It changes with each new name. */
const uint16_t *field_ranks(const struct field_names *n);

enum event_precision {
    TIME_NONE, /* the source states no time */
    TIME_NS,
    TIME_100NS,
    TIME_US,
    TIME_MS,
    TIME_S,
    TIME_2S,
    TIME_MIN,
    TIME_DAY,
    TIME_COUNT_,
};
extern const char *const event_precision_names[TIME_COUNT_];

enum event_doubt {
    DOUBT_YEAR = 1,   /* y */
    DOUBT_ZONE = 2,   /* z */
    DOUBT_TWICE = 4,  /* d */
    DOUBT_GAP = 8,    /* g */
    DOUBT_LEAP = 16,  /* l */
    DOUBT_ORDER = 32, /* o */
    DOUBT_RANGE = 64, /* r */
    DOUBT_HALF = 128, /* h */
    DOUBT_SKEW = 256, /* s */
};
#define EVENT_DOUBT_LETTERS "yzdglorhs"

enum event_meaning {
#define MEANING(id, name) MEANING_##id,
#include "timeline/meanings.def"
#undef MEANING
    MEANING_COUNT_,
};
extern const char *const event_meaning_names[MEANING_COUNT_];

enum {
    EVENT_FIELDS_MAX = 576,
    EVENT_FIELDS_KEPT = 128, /* the last places: for what every event has once, as its kind */
    EVENT_KNOWN_WORDS = EVENT_FIELDS_KEPT / 64,
    EVENT_VALUE_SIZE = 64 << 10,
    EVENT_SCRATCH_SIZE = 5 << 20, /* a line of 1 MiB is four times that where each byte is \xHH */
};

struct event_field {
    uint16_t name; /* its number */
    uint32_t same; /* 0, or a number that within a part no field has but of this name and value:
                      where it was met before, the value need not be looked at */
    struct str value;
};

/* What a format fills. Values are borrowed: of the source's window, of constants, or of scratch,
 * which event_begin empties. */
struct event {
    int64_t ns; /* since 1970 */
    uint8_t precision;
    uint8_t meaning;
    uint16_t doubt;
    uint64_t at;   /* byte of the source */
    uint64_t line; /* from 1; 0: it has no lines */
    size_t count;
    size_t left_out;                      /* fields that were too many */
    uint64_t may_have[EVENT_KNOWN_WORDS]; /* by known field: a bit; unset: it has none */
    struct event_field fields[EVENT_FIELDS_MAX];
    size_t scratch_len;
    char *scratch; /* EVENT_SCRATCH_SIZE */
};
void event_init(struct event *e); /* then event_release */
void event_release(struct event *e);
void event_begin(struct event *e); /* for the next one */
/* An empty value is no field. Where there are too many it is left out and counted. */
void event_put(struct event *e, uint16_t name, struct str value);
/* For event_put and its kind: there must be a place. */
static inline void event_add(struct event *e, struct event_field field)
{
    if (field.name < FIELD_KNOWN_COUNT_)
        e->may_have[field.name / 64] |= (uint64_t)1 << field.name % 64;
    e->fields[e->count++] = field;
}
/* As event_put, of a value with a number (event_field). */
static inline void event_put_same(struct event *e, uint16_t name, struct str value, uint32_t same)
{
    if (value.len && name != FIELD_NONE && e->count < EVENT_FIELDS_MAX - EVENT_FIELDS_KEPT)
        event_add(e, (struct event_field){name, same, value});
    else
        event_put(e, name, value);
}
/* As event_put, of an event that was whole before: no places are kept. */
void event_put_again(struct event *e, uint16_t name, struct str value);
static inline void event_puts(struct event *e, uint16_t name, const char *constant)
{
    event_put(e, name, str_of(constant));
}
void event_put_u64(struct event *e, uint16_t name, uint64_t value);
void event_put_i64(struct event *e, uint16_t name, int64_t value);
/* As ip where it is spelled as a numeric address, else as name. */
void event_put_address(struct event *e, uint16_t ip, uint16_t name, struct str value);
/* At most so many bytes of a text, and no part of a character. */
struct str text_head(struct str text, size_t most);
/* A copy in scratch; cut where that is full. */
struct str event_keep(struct event *e, struct str value);
/* Adds to event.cut that the value of this field had so many bytes. */
void event_put_cut(struct event *e, struct str name, uint64_t whole);
/* Cuts values that are too long; event.cut names them, and says what was left out. */
void event_cut(struct event *e, const struct field_names *names);
/* Values of one field become those of another. */
void event_rename(struct event *e, uint16_t from, uint16_t to);
/* Makes capital letters (of ASCII) in its values small ones. */
void event_small(struct event *e, uint16_t name);
/* Its first value; empty where it has none. */
struct str event_value(const struct event *e, uint16_t name);
