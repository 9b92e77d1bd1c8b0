/* fish_history.c: the history of fish: "- cmd: …", "  when: …" and the paths that it named. */
#include "timeline/format.h"

struct state {
    bool has_command;
};

/* "\n" is a new line and "\\" a backslash. */
static struct str unescape(struct event *e, struct str text)
{
    struct str out = {e->scratch + e->scratch_len, 0};

    if (!memchr(text.p, '\\', text.len) || EVENT_SCRATCH_SIZE - e->scratch_len < text.len)
        return text;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c == '\\' && i + 1 < text.len && (text.p[i + 1] == 'n' || text.p[i + 1] == '\\'))
            c = text.p[++i] == 'n' ? '\n' : '\\';
        e->scratch[e->scratch_len + out.len++] = c;
    }
    e->scratch_len += out.len;
    return out;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str rest = line;
    struct stated s;

    if (str_take(&rest, "- cmd: ")) {
        state->has_command = true;
        event_puts(e, FIELD_EVENT_ACTION, "command");
        event_puts(e, FIELD_EVENT_CATEGORY, "process");
        event_put(e, FIELD_PROCESS_COMMAND_LINE, unescape(e, rest));
        event_put(e, FIELD_MESSAGE, line);
        return LINE_EVENT;
    }
    if (!state->has_command)
        return LINE_FOREIGN;
    if (str_take(&rest, "  when: ") && when_epoch(&rest, &s) && rest.len == 0)
        reader_time(r, e, &s);
    else if (str_take(&rest, "    - "))
        event_put(e, FIELD_FILE_PATH, unescape(e, rest));
    else if (!str_is(line, "  paths:"))
        return LINE_FOREIGN;
    return LINE_CONTINUES;
}

const struct format format_fish_history = {.name = "fish-history",
                                           .version = 1,
                                           .is_of_machine = true,
                                           .line = line_of,
                                           .state_size = sizeof(struct state)};
