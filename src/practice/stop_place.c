/* stop_place.c: where the systems of an action are cut off from outside. */
#include "practice/stop_place.h"

enum { PLACE_SIZE = 200 };

void stop_place(const struct view *v, const struct thing *action, struct buf *out)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        struct str place = str_head(thing_value(t, "place"), PLACE_SIZE);

        if (!place.len || !view_refers(v, action, "system", t))
            continue;
        buf_addf(out, "%s" STR_FMT ": " STR_FMT, count++ ? "; " : " (", STR_ARG(view_title(t)),
                 STR_ARG(place));
    }
    if (count)
        buf_addc(out, ')');
}
