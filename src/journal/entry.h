/* entry.h: one line of a journal, read and written: an entry around a signed statement
 * (doc/format/journal.md §2 to §4). */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

/* A statement as read. Slices point into the line that was read. */
struct statement {
    struct id id;
    struct hash case_id;
    uint64_t seen_size;
    struct hash seen_head;
    struct utc time;
    struct id boot;
    uint64_t mono_ns;
    struct str clock;
    struct key by;
    struct str type;       /* note/1 */
    struct str type_name;  /* note */
    unsigned type_version; /* 1 */
    struct str tlp;
    struct str scope;
    struct str public_text; /* {…}, spelled right: read with public_next */
    struct str fields_text; /* {…} */
    struct str refs_text;   /* […] */
    struct sig sig;
    struct str
        signed_head; /* the text before ,"sig": (the signature covers it and a closing brace) */
    struct str text; /* the whole statement */
};

struct entry {
    struct hash case_id;
    uint64_t seq;
    struct hash prev;
    uint64_t epoch;
    struct utc logged;
    struct statement statement;
};

/* Reads a line without its LF; the spelling is checked to the byte. ERR_FORMAT (says what is wrong
 * and at which column), ERR_NEWER (v is another number). *out is only valid as long as the line. */
MUST_CHECK int entry_read(struct entry *out, struct str line, struct err *e);
/* Reads one statement's text, as a merge receives it. ERR_FORMAT. */
MUST_CHECK int statement_read(struct statement *out, struct str text, struct err *e);

/* The strings of `public`, `fields` and `refs`, one after the other; false at the end. Start with
 * *rest = the text. */
struct public_value {
    struct str name;
    struct str text; /* the value as spelled */
    enum public_kind { PUBLIC_INTEGER, PUBLIC_STRING, PUBLIC_ARRAY } kind;
    uint64_t integer;  /* PUBLIC_INTEGER */
    struct str string; /* PUBLIC_STRING, without quotes */
};
bool public_next(struct str *rest, struct public_value *out);
bool public_item_next(
    struct str *rest,
    struct public_value *out); /* items of an array; start with *rest = its text */
bool public_find(const struct statement *s, const char *name, struct public_value *out);
bool fields_next(struct str *rest, struct str *name, struct hash *commitment);
bool fields_find(const struct statement *s, const char *name, struct hash *commitment);
bool refs_next(struct str *rest, struct id *out);

/* What a statement says before it is signed. Arrays are borrowed; names must already ascend. */
struct draft_public {
    const char *name;
    struct str value; /* as spelled: 7, "word", ["a","b"]; see spell_string and its kin */
};
struct draft_field {
    const char *name;
    struct hash commitment;
};
struct statement_draft {
    struct id id;
    struct hash case_id;
    uint64_t seen_size;
    struct hash seen_head;
    struct utc time;
    struct id boot;
    uint64_t mono_ns;
    const char *clock;
    struct key by;
    const char *type;
    const char *tlp;
    const char *scope;
    const struct draft_public *publics;
    size_t public_count;
    const struct draft_field *fields;
    size_t field_count;
    const struct id *refs;
    size_t ref_count;
};

/* Appends the statement's text up to and including refs, without ,"sig":…}: what statement_finish
 * and the signature need. */
void statement_write_head(struct buf *out, const struct statement_draft *d);
/* Appends the bytes that a signature covers, for a head made by statement_write_head. */
void statement_signed_bytes(struct buf *out, struct str head);
/* Appends the finished statement. */
void statement_finish(struct buf *out, struct str head, const struct sig *sig);
/* Appends the line of an entry, without LF. ERR_LIMIT when it would be over 65,536 bytes (nothing
 * is appended). */
MUST_CHECK int entry_write(struct buf *out, const struct hash *case_id, uint64_t seq,
                           const struct hash *prev, uint64_t epoch, struct utc logged,
                           struct str statement, struct err *e);

/* Spells a value for `public`. spell_string: ERR_USAGE where text holds a byte outside 0x20 to
 * 0x7E, a quote or a backslash. */
MUST_CHECK int spell_string(struct buf *out, struct str text, struct err *e);
void spell_integer(struct buf *out, uint64_t n); /* at most INT64_MAX, else a bug */
void spell_hex(struct buf *out, const void *bytes, size_t size);
bool spell_is_name(struct str text);
