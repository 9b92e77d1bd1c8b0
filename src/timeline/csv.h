/* csv.h: tables of comma-separated values: a record is a line, or several where a quoted cell holds
 * line ends (RFC 4180; doc/format/timeline.md section 2). */
#pragma once
#include "timeline/format.h"

enum { CSV_COLUMNS_MOST = 8192 };

struct csv_row {
    const struct str *cells; /* text, without their quotes; borrowed for the call */
    size_t count;
    struct str raw; /* all of it as it stands, without its end */
};
struct csv_way {
    bool is_lines; /* each line is a record, and row takes it apart: there are no cells */
    /* Cells are not quoted, and have no commas in them, as plaso writes them. What does not come to
     * as many cells as the head has is read as RFC 4180 has it. */
    bool (*is_bare)(const struct csv_row *head);
    /* The first record; false: the file has no head, and the record is one of the others. NULL:
     * there is none. */
    bool (*head)(struct reader *r, const struct csv_row *row);
    /* Fills e; false: it is none of the format's. Rows have as many cells as the head. */
    bool (*row)(struct reader *r, const struct csv_row *row, struct event *e);
    /* Fills e with what the same row has besides; false: no more. The row has no cells any more,
     * but raw; each such event counts as a line of its own. NULL: a row is one event. */
    bool (*more)(struct reader *r, const struct csv_row *row, struct event *e);
    bool has_comments; /* lines that begin with # are */
    /* Whether a line in front of the head is a comment. NULL: none is. */
    bool (*is_before_head)(struct reader *r, struct str line);
    char separator;   /* of cells; 0: a comma */
    bool has_unnamed; /* rows may have one cell more than the head */
};
/* Whether lines that are records end with CR alone: there is no LF in the first bytes, but a CR. */
bool csv_has_cr_ends(struct str head);
/* The end of the first of such lines, or NULL. */
const char *csv_line_end(struct str text, bool has_cr_ends);
/* Reads the source. What is no record, or one of more than 1 MiB, is unparsed, line by line. */
MUST_CHECK int csv_read(struct reader *r, const struct csv_way *way, struct err *e);

/* The cells of the first record of these bytes as they stand, quotes taken off, but doubled ones
 * within not made one; at most so many. A last one that is cut is left out. */
size_t csv_first(struct str head, struct str *cells, size_t most);
/* As csv_first, of cells with this separator; takes the record off *rest. is_all: *rest ends where
 * the source does. 0: there is none, or it is not whole. */
size_t csv_take(struct str *rest, char separator, bool is_all, struct str *cells, size_t most);
/* Whether one of them is this. */
bool csv_has(const struct csv_row *row, const char *cell);
