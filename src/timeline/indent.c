/* indent.c: how far the lines of a source are indented that state their times. */
#include "timeline/indent.h"
#include "timeline/cutter.h"

static size_t blanks_of(struct str line)
{
    size_t n = 0;

    while (n < line.len && char_is_blank(line.p[n]))
        n++;
    return n;
}

bool indent_is_deeper(const struct reader *r, struct str line)
{
    size_t blanks = blanks_of(line), known = r->indent;
    /* " 9.11.2026" */
    bool is_padded = blanks == known + 1 && line.len > blanks + 1 && line.p[known] == ' ' &&
                     char_is_digit(line.p[blanks]) && !char_is_digit(line.p[blanks + 1]) &&
                     line.p[blanks + 1] != ':';

    return r->knows_indent && blanks > known && !is_padded;
}

/* What is pasted has lost the blanks of its first line, mostly. */
enum { PASTED_LEAST = 8 };

/* The least of the lines behind blanks, where these are most of those that state a time, from the
 * first of them on: what a line quotes stands behind it. */
static int look(struct reader *r, struct event *now, size_t *indent, struct err *e)
{
    size_t least = SIZE_MAX, plain = 0, behind = 0;
    bool is_first_behind = false;
    struct cutter cutter;
    struct line line;
    int rc;

    cutter_begin(&cutter, r, 0);
    rc = cutter_start(&cutter, 0, e);
    while (rc == 0 && (rc = cutter_next(&cutter, &line, e)) == 0 && line.at < READER_HEAD_SIZE) {
        size_t blanks = blanks_of(line.text);

        if (line.zeros || line.text.len == 0 || line.whole > READER_LINE_MOST)
            continue;
        event_begin(now);
        if (reader_ask(r, r->format, line.text, now) != LINE_EVENT)
            continue;
        is_first_behind = is_first_behind || (blanks && plain == 0);
        plain += blanks == 0;
        behind += blanks > 0;
        if (blanks && blanks < least)
            least = blanks;
    }
    cutter_release(&cutter);
    if (!is_first_behind && (plain > 1 || behind < PASTED_LEAST))
        behind = 0;
    *indent = behind > plain ? least : 0;
    return rc == ERR_NOTFOUND ? 0 : rc;
}

int indent_find(struct reader *r, struct err *e)
{
    struct reader as_it_was = *r;
    struct event now;
    size_t indent;
    int rc;

    if (r->knows_indent || !r->format->may_be_indented)
        return 0;
    event_init(&now);
    r->counting = NULL;
    r->folding = NULL;
    r->folds = NULL;
    r->is_plain = false;
    rc = look(r, &now, &indent, e);
    event_release(&now);
    as_it_was.patterns = r->patterns; /* what was made at the first use stays */
    as_it_was.carried = r->carried;
    as_it_was.audit = r->audit;
    *r = as_it_was;
    r->knows_indent = true;
    r->indent = indent;
    return rc;
}
