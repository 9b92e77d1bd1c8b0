/* cri.c: container logs as the Container Runtime Interface of Kubernetes has them:
 * "2016-10-06T00:17:09.669794202Z stdout F the line". */
#include "timeline/carried.h"

enum { LOOKED_AT = 64 << 10 }; /* a piece has 16 KiB at most */

struct state {
    char cut; /* the fourth letter of the stream of a line before that is cut; 0: it is not */
};

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    char cut = state->cut;
    struct stated s;
    struct str stream, tag;

    state->cut = 0;
    if (!when_iso(&line, &s) || !s.has_zone || !str_take(&line, " "))
        return LINE_FOREIGN;
    stream = str_cut(&line, ' ');
    tag = str_cut(&line, ' ');
    if ((!str_is(stream, "stdout") && !str_is(stream, "stderr")) ||
        (!str_is(str_head(tag, 1), "F") && !str_is(str_head(tag, 1), "P")))
        return LINE_FOREIGN;
    if (tag.p[0] == 'P')
        state->cut = stream.p[3];
    event_put(e, FIELD_MESSAGE, line);
    if (cut == stream.p[3])
        return LINE_CONTINUES;
    reader_time(r, e, &s);
    event_put(e, field_number(r->names, STR("cri.stream")), stream);
    event_put(e, field_number(r->names, STR("cri.tag")), tag);
    return LINE_EVENT;
}

const struct format format_cri = {.name = "cri",
                                  .version = 2,
                                  .is_splittable = true,
                                  .line = line_of,
                                  .cut_lines = LOOKED_AT,
                                  .whole = carried_end_event,
                                  .state_size = sizeof(struct state)};
