/* doc_tree.h: what the writers of a document see; nobody else includes it. */
#pragma once
#include "render/doc.h"

enum inline_kind {
    INLINE_TEXT,
    INLINE_EMPH,
    INLINE_STRONG,
    INLINE_CODE,
    INLINE_REF,
    INLINE_TIME,
    INLINE_BREAK
};
struct inline_part {
    struct inline_part *next;
    enum inline_kind kind;
    union {
        struct str text;
        struct doc_ref ref;
        struct utc at;
    };
};
struct inlines {
    struct arena *arena;
    struct inline_part *first, *last;
};

struct table_row {
    struct table_row *next;
    struct doc_ref anchor;
    size_t used; /* cells filled so far */
    struct inlines cells[];
};
struct table {
    struct str caption;
    size_t column_count;
    const struct doc_column *columns;
    struct table_row *first, *last;
    size_t row_count;
};

struct matrix_row {
    struct matrix_row *next;
    struct str evidence;
    struct doc_ref ref;
    const enum doc_weight *weights;
};
struct matrix {
    struct str caption;
    size_t hypothesis_count;
    const struct str *hypotheses;
    struct matrix_row *first, *last;
};

struct bars {
    struct str caption;
    size_t count;
    const struct doc_bar *bars;
};
struct spans {
    struct str caption;
    size_t count;
    const struct doc_span *spans;
};

struct moments {
    struct str caption;
    size_t count;
    const struct doc_moment *moments;
};

enum block_kind {
    BLOCK_ROOT,
    BLOCK_HEADING,
    BLOCK_PARA,
    BLOCK_LEAD,
    BLOCK_VERBATIM,
    BLOCK_PAGE_BREAK,
    BLOCK_CONTENTS,
    BLOCK_LIST,
    BLOCK_ITEM,
    BLOCK_PAIRS,
    BLOCK_PAIR,
    BLOCK_CALLOUT,
    BLOCK_TABLE,
    BLOCK_TIMELINE,
    BLOCK_EVENT,
    BLOCK_MATRIX,
    BLOCK_SIGNATURE,
    BLOCK_BARS,
    BLOCK_SPANS,
    BLOCK_MOMENTS
};
struct block {
    enum block_kind kind;
    struct block *next, *parent, *first, *last;
    struct inlines text; /* of a paragraph, an item, a pair, an event */
    struct str label;    /* of a heading, a pair, a callout; what stands verbatim */
    const char *number;  /* of a heading: "2.1"; of an item: "3" */
    int level;           /* of a heading; of a list, a set of pairs, a callout: its enum */
    union {
        struct table *table;
        struct matrix *matrix;
        const struct doc_event *event;
        const struct doc_signature *signature;
        const struct bars *bars;
        const struct spans *spans;
        const struct moments *moments;
    };
};

struct doc {
    struct arena *arena;
    struct doc_head head;
    struct block *root, *open; /* open: the innermost container */
    unsigned counts[3];        /* headings so far, by level */
    bool is_appendix;
};

const char *doc_status_word(enum doc_status status);       /* "Draft"; "" for plain */
const char *doc_callout_word(enum doc_callout kind);       /* "Gap in the record" */
const char *doc_weight_sign(enum doc_weight weight);       /* "+", "−", "0", "" */
const char *doc_weight_word(enum doc_weight weight);       /* "for" */
struct str doc_ref_text(char out[24], struct doc_ref ref); /* "r17" */
const struct inlines *row_cell(const struct table_row *row, size_t column); /* NULL: empty */
/* How many pieces of evidence of a matrix weigh so for a hypothesis. */
size_t matrix_count(const struct matrix *m, size_t hypothesis, enum doc_weight weight);
/* The moment to the precision that is known, in UTC: "2026-11-25 03:12". */
void event_time(struct buf *out, struct utc at, enum utc_precision precision);
/* The same in this machine's zone, without the day: "04:12"; empty for a day. */
void event_clock(struct buf *out, struct utc at, enum utc_precision precision, bool local);
/* " · local time is UTC+01:00", or " · times are UTC". */
void event_zone(struct buf *out, struct utc at);
/* Whether an event is the first of its local day; before may be NULL. */
bool event_starts_day(const struct block *event, const struct block *before);
void span_words(struct buf *out, const struct doc_span *span); /* "… to … UTC" */
/* ", the day before" where the day of UTC is not the local day; else "". */
const char *event_day_note(struct utc at);
/* "Wednesday 25 November 2026" in this machine's zone. */
void event_day(struct buf *out, struct utc at);
/* False outside the years 0001 to 9999, which no writer spells. */
bool doc_time_is_shown(struct utc at);
/* The text without any mark-up: what a terminal shows. Not escaped. */
void inlines_plain(struct buf *out, const struct inlines *t);
