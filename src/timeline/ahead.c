/* ahead.c: what later lines of a source show. */
#include "timeline/ahead.h"
#include "timeline/cutter.h"

/* Where none of the first lines is asked of anything the others are not looked at. */
int ahead_look(struct reader *r, bool *is_told, struct err *e)
{
    enum ahead seen = AHEAD_NOTHING;
    bool is_open = false, is_shown = false, is_asked = false;
    struct cutter cutter;
    struct line line;
    int rc;

    *is_told = false;
    if (!r->format->ahead)
        return 0;
    cutter_begin(&cutter, r, 0);
    rc = cutter_start(&cutter, 0, e);
    while (rc == 0 && seen != AHEAD_ENOUGH && (rc = cutter_next(&cutter, &line, e)) == 0 &&
           (is_asked || line.at < READER_HEAD_SIZE)) {
        if (line.zeros || line.whole > READER_LINE_MOST)
            continue;
        seen = r->format->ahead(r, line.text);
        is_asked = is_asked || seen != AHEAD_NOTHING;
        is_open = is_open || seen == AHEAD_OPEN;
        is_shown = seen == AHEAD_SHOWN || (is_shown && seen != AHEAD_OPEN);
    }
    cutter_release(&cutter);
    *is_told = is_open && is_shown;
    return rc == ERR_NOTFOUND ? 0 : rc;
}
