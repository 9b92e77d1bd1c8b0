/* package_rows.h: what a row of a form of custody has to say, by the record (custody_table.h). */
#pragma once
#include "practice/custody_facts.h"
#include "practice/package_items_read.h"

enum form_cell {
    CELL_NO,
    CELL_WHEN,
    CELL_WHAT,
    CELL_FROM,
    CELL_TO,
    CELL_PLACE,
    CELL_SEAL,
    CELL_WHY,
    CELL_BY,
    CELL_RECORD,
    CELL_COUNT
};

/* A row as it stands in a form: of HTML without its tags, of text without blanks, since lines are
 * broken there. */
struct form_row {
    bool is_html;
    struct buf cells[CELL_COUNT];
};

/* As the writer of the form spells a text, without line breaks; in text without blanks. */
void row_spell(struct buf *out, bool is_html, struct str text);
/* The text between tags. */
void row_add_shown(struct buf *out, struct str html);
/* A line of text without its blanks. */
void row_add_tight(struct buf *out, struct str line);

/* What the record says of a fact beside the rows; false: nothing that is told says. */
bool hold_fact(const struct hold_record *item, const struct custody_fact *f, struct str *value);

/* A form, once its rows were read. */
struct form {
    struct str name; /* "custody/e1.txt" */
    bool is_html;
    struct str before; /* what stands before the table, and behind it */
    struct str after;
    const struct hold_record *item;
    const uint64_t *rows; /* record of each row */
    size_t row_count;
    /* What is there and was compared with nothing, since nothing that is told says it: */
    uint64_t free; /* of custody_facts, a bit each */
    bool has_free_signers;
    bool has_free_checks;
};
/* Whether what stands before the table is the title, and of the item and the acquisition that it
 * was made by what the record says in the end: in the order of custody_facts, each once, or not at
 * all where there is nothing to say, and nothing else. */
bool form_has_facts(struct form *f);
/* Whether what stands behind the table names the record that is told, by case, size and root; and
 * begins with where the chain does not hold together by what was said, and with nothing else. */
bool form_has_record(const struct form *f, const struct hold_items *h);
bool form_has_breaks(const struct form *f, const struct hold_items *h);
/* Whether it says who signed the rows, each once and in their order, and nobody else. */
bool form_has_signers(struct form *f, const struct hold_items *h);
/* Whether the commands that check files and record are those of the item, and no others. */
bool form_has_checks(struct form *f, const struct hold_items *h);

/* Whether a row says what the record says of that act, or of the taking of the item, as far as it
 * is told; or of what is done with the item otherwise, of which nobody is told the values. */
bool row_is_of_act(const struct form_row *row, const struct hold_items *h,
                   const struct hold_record *r);
bool row_is_of_mention(const struct form_row *row, const struct hold_items *h,
                       const struct hold_mention *m);
