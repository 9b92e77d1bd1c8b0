/* screen.h: the terminal screens of the command line: paragraphs, aligned columns, bars.
 *
 * No line is wider than the screen, counted in columns of the terminal; all text may be hostile and
 * is escaped on the way out. Style is written only when colour was asked for; nothing depends on
 * it. */
#pragma once
#include "base/str.h"

enum { SCREEN_LEAST_COLUMNS = 20 };

struct screen {
    struct buf *out;
    size_t columns; /* of the terminal; 0 means 80; fewer than SCREEN_LEAST_COLUMNS count as these
                     */
    bool color;
};

enum screen_style { SCREEN_NORMAL, SCREEN_BOLD, SCREEN_DIM, SCREEN_GOOD, SCREEN_WARN, SCREEN_BAD };

void screen_blank(struct screen *s);
/* One line, cut with … when it is too long. */
void screen_line(struct screen *s, enum screen_style style, struct str text);
void screen_heading(struct screen *s, struct str text); /* bold, with a blank line behind */
/* Wrapped text with that many spaces in front; newlines of the text are kept. */
void screen_para(struct screen *s, size_t indent, struct str text);
void screen_para_style(struct screen *s, size_t indent, enum screen_style style, struct str text);
void screen_printf(struct screen *s, size_t indent, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "  1  Note the time…", with the text hanging behind the mark. */
void screen_item(struct screen *s, size_t indent, struct str mark, struct str text);
/* "  Deadlines   GDPR: …": the name takes name_columns and two spaces follow; the value hangs. */
void screen_pair(struct screen *s, size_t indent, size_t name_columns, struct str name,
                 struct str value);
/* "Next:  calm open" in bold, and why beneath it; why may be empty. */
void screen_next(struct screen *s, struct str command, struct str why);
/* "label   ##########..............  38 %  text"; total 0 leaves the bar empty. */
void screen_bar(struct screen *s, struct str label, uint64_t done, uint64_t total, struct str text);

struct screen_column {
    const char *heading; /* NULL in all columns: no line of headings */
    bool right;          /* numbers */
    bool whole;          /* is shortened last */
    enum screen_style style;
    bool middle; /* is shortened in its middle: paths, which often begin alike */
};
/* cells holds row_count rows of column_count texts. Columns are as wide as their widest text; when
 * that is too much the widest ones that are not whole are cut with … first. Columns at
 * the end for which not even one letter has room are left out. At most 16. */
void screen_table(struct screen *s, size_t indent, const struct screen_column *columns,
                  size_t column_count, const struct str *cells, size_t row_count);
