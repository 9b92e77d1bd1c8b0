/* apt_term.c: apt's term.log: what was on the terminal from "Log started" to "Log ended". */
#include "timeline/format.h"

struct state {
    bool has_begun;
};

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str rest = line;
    bool is_begin = str_take(&rest, "Log started:");
    struct stated s;

    if (!is_begin && !str_take(&rest, "Log ended:"))
        return state->has_begun ? LINE_CONTINUES : LINE_FOREIGN;
    rest = str_trim(rest);
    if (!when_iso(&rest, &s) || rest.len)
        return LINE_FOREIGN;
    state->has_begun = is_begin;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_ACTION, is_begin ? "package-manager-start" : "package-manager-end");
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_apt_term = {.name = "apt-term",
                                       .version = 1,
                                       .is_of_machine = true,
                                       .line = line_of,
                                       .state_size = sizeof(struct state)};
