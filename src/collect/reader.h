/* reader.h: reads snapshot documents, which may be hostile, with bounds (doc/format/snapshot.md
 * §6). All slices point into the document's text. */
#pragma once
#include "collect/collect.h"

enum { READER_MEMBER_COUNT = 64, READER_LINE_COUNT = 2000000 };

struct member {
    struct str name;  /* between its quotes, escapes not resolved */
    struct str value; /* as spelled, with quotes or brackets */
};

struct members {
    struct member list[READER_MEMBER_COUNT];
    size_t count;
};

struct item {
    struct str line;    /* without its newline */
    struct str section; /* between the quotes, as spelled */
    struct str key;
    size_t number; /* of the line, from 1 */
    size_t rank;   /* place of the section in the document's order */
};

struct document {
    struct str text;
    struct item *items; /* first and last line not among them; sorted by rank, section, key */
    size_t count;
    struct str first; /* the line of section snapshot */
    struct collect_head head;
};

/* ERR_FORMAT, ERR_LIMIT, ERR_NEWER. name ("the earlier snapshot") is for the sentence. */
MUST_CHECK int document_read(struct document *out, struct str text, const char *name,
                             struct err *e);
void document_release(struct document *d);

/* Splits a line that document_read accepted; false on any other. */
bool members_read(struct members *out, struct str line);
/* The value as spelled, empty when there is no such member. */
struct str members_find(const struct members *m, const char *name);
bool members_true(const struct members *m, const char *name);
bool members_u64(const struct members *m, const char *name, uint64_t *out);
/* Equals a text that needs no escapes. */
bool members_is(const struct members *m, const char *name, const char *text);
/* Takes the next value off an array as spelled ("[1,2]"); false at its end. */
bool array_next(struct str *array, struct str *value);

/* Adds a value for people: a string without quotes and escapes, an array joined by ", ", the rest
 * as spelled; cut at most bytes with … behind. */
void value_text(struct buf *out, struct str value, size_t most);
/* Resolves the escapes of the inside of a string; half surrogate pairs become U+FFFD. */
void unescape_json(struct buf *out, struct str inside);

enum { RANK_UNKNOWN = 1000 }; /* sections that this version does not know come last */
size_t section_rank(struct str name);
const char *section_name(size_t rank);  /* "" past the known ones */
const char *section_title(size_t rank); /* what one of its things is called */
