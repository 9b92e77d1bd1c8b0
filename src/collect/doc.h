/* doc.h: writes a snapshot document: sections of rows, sorted, with what is missing
 * (doc/format/snapshot.md). Rows of the section being written are held in memory, no more. */
#pragma once
#include "base/hash.h"
#include "base/json.h"
#include "collect/collect.h"

enum {
    DOC_ROW_COUNT = 200000,      /* rows of a section */
    DOC_SECTION_SIZE = 16 << 20, /* bytes of a section */
    DOC_SECTION_COUNT = 40,      /* sections of a document */
    DOC_GAP_COUNT = 32,          /* sentences on what is missing, of a section */
    DOC_KEY_SIZE = 512,          /* bytes of a key */
};

enum doc_seen { SEEN_WHOLE, SEEN_PART, SEEN_NONE, SEEN_ABSENT };

struct doc_row {
    char *key;
    char *rest; /* the members after the key, and the closing brace */
    size_t key_len;
    size_t rest_len;
};

struct doc_section {
    const char *name;
    uint64_t count;
    enum doc_seen seen;
    char *gaps[DOC_GAP_COUNT]; /* owned */
    size_t gap_count;
    uint64_t more_gaps;
};

struct doc {
    collect_line *emit;
    void *context;
    struct err *e;
    int status; /* the first failure of emit; nothing is emitted after it */
    struct digest *digest;
    uint64_t lines;
    uint64_t size;
    struct doc_section sections[DOC_SECTION_COUNT];
    size_t section_count;
    struct doc_row *rows; /* of the last section */
    size_t row_count;
    size_t row_room;
    size_t row_bytes;
    uint64_t dropped;
    struct buf key;
    struct buf rest;
    struct buf line;
    struct json json;
};

void doc_init(struct doc *d, collect_line *emit, void *context, struct err *e);
void doc_release(struct doc *d);

/* Starts a section; the one before it is sorted and emitted. */
void doc_section(struct doc *d, const char *name);
/* Starts a row and returns where its members are written; doc_row_end ends it. */
struct json *doc_row_begin(struct doc *d, struct str key);
struct json *doc_row_text(struct doc *d, const char *key);
void doc_row_end(struct doc *d);
/* Says what the section lacks, and that it was seen in part. */
void doc_gap(struct doc *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As doc_gap with the meaning of a negative errno value behind. */
void doc_gap_errno(struct doc *d, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As doc_gap, for what is worth saying though nothing is missing. */
void doc_note(struct doc *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doc_seen(struct doc *d, enum doc_seen seen);
/* The outcome of reading the one thing a section comes from: absent where it does not exist, none
 * where it cannot be read, in part where it is too big. True when there is something to parse. */
bool doc_source(struct doc *d, int code, const char *path);
/* Emits coverage and the last line. */
int doc_finish(struct doc *d);
/* Emits the first line; written by the caller as one JSON object without the newline. */
void doc_first(struct doc *d, struct str line);

/* A member of any bytes: where it is not UTF-8 a second member NAME_hex follows. */
void put_bytes(struct json *j, const char *name, struct str value);
/* As put_bytes, left out when empty. */
void put_some(struct json *j, const char *name, struct str value);
void put_i64(struct json *j, const char *name, int64_t value);
/* Adds text to a key under construction as it is. */
void key_add(struct buf *key, const char *fmt, ...) PRINTF_LIKE(2, 3);
