/* cri.c: container logs as the Container Runtime Interface of Kubernetes has them:
 * "2016-10-06T00:17:09.669794202Z stdout F the line". */
#include "timeline/format.h"

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s;
    struct str stream, tag;

    if (!when_iso(&line, &s) || !s.has_zone || !str_take(&line, " "))
        return LINE_FOREIGN;
    stream = str_cut(&line, ' ');
    tag = str_cut(&line, ' ');
    if ((!str_is(stream, "stdout") && !str_is(stream, "stderr")) ||
        (!str_is(str_head(tag, 1), "F") && !str_is(str_head(tag, 1), "P")))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, field_number(r->names, STR("cri.stream")), stream);
    event_put(e, field_number(r->names, STR("cri.tag")), tag);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_cri = {
    .name = "cri", .version = 1, .is_splittable = true, .line = line_of};
