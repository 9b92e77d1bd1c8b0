/* package_rows.h: what a row of a form of custody has to say, by the record (custody_table.h). */
#pragma once
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
/* Whether what stands before the table says of the item what the record says in the end: what it
 * is, SHA-256, seal, who has it, where it is kept; each once, or not at all. */
bool facts_are_of(struct str form, bool is_html, const struct hold_record *item);
/* Whether what stands behind the table names the record that is told, by its size and root; and
 * begins with where the chain does not hold together by what was said, and with nothing else. rows:
 * record of each row. */
bool form_has_record(struct str form, bool is_html, const struct hold_items *h);
bool form_has_breaks(struct str form, bool is_html, const struct hold_items *h,
                     const struct hold_record *item, const uint64_t *rows, size_t row_count);
/* Whether a row says what the record says of that act, or of the taking of the item, as far as it
 * is told; or of what is done with the item otherwise, of which nobody is told the values. */
bool row_is_of_act(const struct form_row *row, const struct hold_items *h,
                   const struct hold_record *r);
bool row_is_of_mention(const struct form_row *row, const struct hold_items *h,
                       const struct hold_mention *m);
