/* bash_history.c: the history of bash with times: a comment of seconds before each command
 * (HISTTIMEFORMAT, bash(1)). Without times it is nobody's format: any text is commands. */
#include "timeline/format.h"

struct state {
    struct stated time;
    bool has_time;  /* the line before was one */
    bool has_begun; /* there was a command with a time: what follows without belongs to it */
};

static bool take_time(struct str line, struct stated *out)
{
    return str_take(&line, "#") && when_epoch(&line, out) && line.len == 0;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;

    if (take_time(line, &state->time)) {
        state->has_time = true;
        return LINE_COMMENT;
    }
    if (!state->has_time)
        return state->has_begun ? LINE_CONTINUES : LINE_FOREIGN;
    state->has_time = false;
    state->has_begun = true;
    reader_time(r, e, &state->time);
    event_puts(e, FIELD_EVENT_ACTION, "command");
    event_puts(e, FIELD_EVENT_CATEGORY, "process");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

/* A command may have several lines. */
static void end_event(struct reader *r, struct event *e)
{
    (void)r;
    event_put(e, FIELD_PROCESS_COMMAND_LINE, event_value(e, FIELD_MESSAGE));
}

const struct format format_bash_history = {.name = "bash-history",
                                           .version = 2,
                                           .is_of_machine = true,
                                           .line = line_of,
                                           .whole = end_event,
                                           .state_size = sizeof(struct state)};
