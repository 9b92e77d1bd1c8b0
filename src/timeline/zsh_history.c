/* zsh_history.c: the history of zsh with times (EXTENDED_HISTORY, zshoptions(1)):
 * ": 1458267467:0;command", whose lines go on where one ends with a backslash. */
#include "timeline/format.h"

struct state {
    bool goes_on;
};

/* hist.c, savehistfile(): a backslash in front of each line end within a command, whatever stands
 * before that; behind one that ends a command is a blank. */
static bool is_open(struct str line)
{
    return str_ends(line, "\\");
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str command = line, elapsed;
    struct stated s;
    bool goes_on = state->goes_on;
    uint64_t n;

    state->goes_on = is_open(line);
    if (goes_on)
        return LINE_CONTINUES;
    if (!str_take(&command, ": ") || !when_epoch(&command, &s) || !str_take(&command, ":")) {
        state->goes_on = false;
        return LINE_FOREIGN;
    }
    elapsed = str_cut(&command, ';');
    if (!str_u64(elapsed, &n) || command.len == 0)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, field_number(r->names, STR("zsh.elapsed_s")), elapsed);
    event_puts(e, FIELD_EVENT_ACTION, "command");
    event_puts(e, FIELD_EVENT_CATEGORY, "process");
    event_put(e, FIELD_MESSAGE, command);
    return LINE_EVENT;
}

/* As it was typed. */
static struct str without_backslashes(struct event *e, struct str lines)
{
    struct str all = {e->scratch + e->scratch_len, 0};

    if (!memchr(lines.p, '\n', lines.len))
        return lines;
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (lines.len && is_open(line))
            line.len--;
        all.len += event_keep(e, line).len;
        if (lines.len)
            all.len += event_keep(e, STR("\n")).len;
    }
    return all;
}

static void end_event(struct reader *r, struct event *e)
{
    struct str lines = event_value(e, FIELD_MESSAGE);

    (void)r;
    event_put(e, FIELD_PROCESS_COMMAND_LINE, without_backslashes(e, lines));
}

const struct format format_zsh_history = {.name = "zsh-history",
                                          .version = 2,
                                          .line = line_of,
                                          .whole = end_event,
                                          .state_size = sizeof(struct state)};
