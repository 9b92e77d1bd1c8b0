/* zsh_history.c: the history of zsh with times (EXTENDED_HISTORY, zshoptions(1)):
 * ": 1458267467:0;command", whose lines go on where one ends with a backslash. */
#include "timeline/format.h"

struct state {
    bool goes_on;
};

static bool is_open(struct str line)
{
    size_t count = 0;

    while (count < line.len && line.p[line.len - 1 - count] == '\\')
        count++;
    return count % 2 == 1;
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

const struct format format_zsh_history = {
    .name = "zsh-history", .version = 1, .line = line_of, .state_size = sizeof(struct state)};
