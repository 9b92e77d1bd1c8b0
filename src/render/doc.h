/* doc.h: a document as a tree of blocks, built from top to bottom, and its writers.
 *
 * Everything that is handed in is copied into the document's arena and may be hostile: each writer
 * escapes it for its way out. Strings may hold any bytes. Building cannot fail; using the functions
 * in an order that makes no sense (a cell outside a row) is a bug and stops the program.
 *
 * Functions that return a struct inlines give the empty text of what they began; it is filled with
 * inline_*() at once or later:
 *
 *     struct doc *d = doc_new(arena, &head);
 *     doc_heading(d, 1, STR("What happened"));
 *     struct inlines *t = doc_para(d);
 *     inline_text(t, "On ");
 *     inline_code(t, host);
 *     inline_text(t, " a mail queue grew ");
 *     inline_ref(t, (struct doc_ref){'r', 17});
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"
#include "base/utc.h"

struct doc;
struct inlines; /* a run of text with its emphasis, code and references */

enum doc_tlp { /* Traffic Light Protocol 2.0 (FIRST, August 2022) */
               DOC_TLP_NONE,
               DOC_TLP_CLEAR,
               DOC_TLP_GREEN,
               DOC_TLP_AMBER,
               DOC_TLP_AMBER_STRICT,
               DOC_TLP_RED
};
const char *doc_tlp_label(enum doc_tlp tlp); /* "TLP:AMBER+STRICT"; "" for none */
/* "TLP:AMBER", "amber", "amber+strict" …; DOC_TLP_RED for a label that is not known, the safe side.
 */
enum doc_tlp doc_tlp_of(struct str label);

enum doc_status { DOC_PLAIN, DOC_DRAFT, DOC_REVIEWED, DOC_APPROVED };

struct doc_head {
    struct str title;
    struct str subtitle;  /* may be empty */
    struct str case_name; /* in the running header of every page; may be empty */
    struct str privilege; /* "Privileged and confidential: prepared at the direction of counsel";
                             may be empty */
    struct str lang;      /* BCP 47; empty means "en" */
    enum doc_tlp tlp;
    enum doc_status status;
};

/* A numbered thing of the record: r17 a record, e3 a piece of evidence, p1 a problem. Shown as
 * [r17], a link to the row or event that carries it where the document has one. letter 0 is none.
 */
struct doc_ref {
    char letter; /* a to z */
    uint64_t number;
};

/* The document lives as long as the arena. */
struct doc *doc_new(struct arena *a, const struct doc_head *head);
struct arena *doc_arena(struct doc *d); /* for strings made on the way */

/* Inline text. */
void inline_text(struct inlines *t, const char *text);
void inline_str(struct inlines *t, struct str text);
void inline_printf(struct inlines *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void inline_emph(struct inlines *t, struct str text);
void inline_strong(struct inlines *t, struct str text);
void inline_code(struct inlines *t,
                 struct str text); /* names of machines, files, commands, hashes */
void inline_ref(struct inlines *t, struct doc_ref ref);
void inline_time(struct inlines *t, struct utc at); /* 2026-11-25 03:12:09 UTC */
void inline_break(struct inlines *t);               /* a new line in the same paragraph */

/* Blocks. Headings number themselves (1, 1.1, 1.1.1); after doc_appendices they are A, A.1 … */
void doc_heading(struct doc *d, int level, struct str text); /* level 1 to 3 */
void doc_appendices(struct doc *d);
struct inlines *doc_para(struct doc *d);
void doc_para_text(struct doc *d, const char *text);
struct inlines *doc_lead(struct doc *d); /* a larger opening paragraph */
/* Lines as they are, in a fixed width: commands to type, an excerpt of a log. */
void doc_verbatim(struct doc *d, struct str text);
void doc_page_break(struct doc *d);
void doc_contents(struct doc *d); /* a table of contents, of levels 1 and 2 */

/* Containers: what follows lies inside until doc_end. */
enum doc_list { DOC_BULLETS, DOC_NUMBERS, DOC_CHECKBOXES };
void doc_list(struct doc *d, enum doc_list kind);
struct inlines *doc_item(struct doc *d); /* more blocks may follow in it, until the next item */
enum doc_pairs { DOC_FACTS, DOC_DEFINITIONS };
void doc_pairs(struct doc *d, enum doc_pairs kind);
struct inlines *doc_pair(struct doc *d, struct str name);
void doc_pair_str(struct doc *d, const char *name, struct str value);
enum doc_callout { DOC_FACT, DOC_OPINION, DOC_GAP, DOC_OVERRIDE, DOC_NOTE };
void doc_callout(struct doc *d, enum doc_callout kind, struct str title); /* title may be empty */
void doc_end(struct doc *d);

/* Tables: columns, then rows, then cells from left to right; missing cells are empty. The text
 * writer drops nothing: a table that does not fit in width is shown row by row. */
enum doc_column_type {
    DOC_TEXT,
    DOC_NUMBER, /* to the right, with tabular digits */
    DOC_TIME,   /* UTC; the heading says so */
    DOC_MONO,   /* hashes, paths, names: may break anywhere */
};
struct doc_column {
    const char *heading;
    enum doc_column_type type;
};
void doc_table(struct doc *d, struct str caption, const struct doc_column *columns,
               size_t column_count); /* at most 16 */
void doc_row(struct doc *d, struct doc_ref anchor);
struct inlines *doc_cell(struct doc *d);
void doc_cell_str(struct doc *d, struct str text);
void doc_cell_text(struct doc *d, const char *text);
void doc_cell_u64(struct doc *d, uint64_t number);
void doc_cell_time(struct doc *d, struct utc at);
void doc_cell_ref(struct doc *d, struct doc_ref ref);
/* Ends with doc_end. */

/* A narrative timeline in the order given, grouped by local day; ends with doc_end. */
struct doc_event {
    struct utc at;
    enum utc_precision precision;
    struct str who;     /* may be empty */
    struct str mark;    /* "recorded later", "correction", "override" …; may be empty */
    struct doc_ref ref; /* becomes the anchor when no row carries it */
};
void doc_timeline(struct doc *d);
struct inlines *doc_timeline_event(struct doc *d, const struct doc_event *event);

/* Hypotheses against evidence; each column is summed up; ends with doc_end. */
enum doc_weight { DOC_UNWEIGHED, DOC_AGAINST, DOC_NEUTRAL, DOC_FOR };
void doc_matrix(struct doc *d, struct str caption, const struct str *hypotheses,
                size_t hypothesis_count); /* at most 12 */
/* weights has hypothesis_count members. */
void doc_matrix_row(struct doc *d, struct str evidence, struct doc_ref ref,
                    const enum doc_weight *weights);

struct doc_signature {
    struct str role;      /* "Approved by" */
    struct str statement; /* what the signature says; may be empty */
    struct str name;      /* empty leaves a line */
    struct str key;       /* fingerprint; empty leaves lines to sign on by hand */
    struct utc at;        /* only shown with a key */
};
void doc_signature(struct doc *d, const struct doc_signature *signature);

/* Drawings: bars of counts or sizes, and spans on a time axis. Both are also said in words. */
struct doc_bar {
    struct str label;
    struct str text; /* the value as people read it: "412 MB" */
    uint64_t value;
};
void doc_bars(struct doc *d, struct str caption, const struct doc_bar *bars, size_t bar_count);
struct doc_span {
    struct str label;
    struct utc from, to; /* equal for a moment */
};
void doc_spans(struct doc *d, struct str caption, const struct doc_span *spans, size_t span_count);

/* Marked moments on one axis, at least one, in the order of time; a table that numbers them from 1
 * follows, so where nothing can be drawn nothing is said twice. */
struct doc_moment {
    struct utc at;
    bool is_uncertain; /* the time */
    struct str lane;   /* the system; those of one name are drawn side by side */
    struct str kind;   /* a word; those of one word have one shape and colour */
    struct str words;  /* what it says */
};
void doc_moments(struct doc *d, struct str caption, const struct doc_moment *moments,
                 size_t moment_count);

/* The writers append to out. Containers that are still open are ended first. */
/* One HTML file: no network, no script, a strict content security policy, light and dark, for
 * screens from 320 pixels on and for A4 and Letter. */
void doc_html(struct doc *d, struct buf *out);
/* Whether a page can be one that this version of doc_html() wrote, of a document of headings, text,
 * pairs, lists, signatures and one table: its head and its style are the writer's, it has no tags
 * but those of the writer that show what they hold, and no rows but those of the table. Of its text
 * nothing is said. */
struct doc_html_parts {
    struct str before; /* the table */
    struct str heads;  /* from behind its tag's name on */
    struct str rows;   /* as they are, each <tr>…</tr> and a newline */
};
bool doc_html_is_own(struct str page, struct doc_html_parts *parts);
/* CommonMark with pipe tables. */
void doc_markdown(struct doc *d, struct buf *out);
/* Plain text for a terminal; never wider than columns (at least 40 are used). */
void doc_text(struct doc *d, struct buf *out, size_t columns);
