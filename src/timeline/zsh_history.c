/* zsh_history.c: the history of zsh with times (EXTENDED_HISTORY, zshoptions(1)):
 * ": 1458267467:0;command", whose lines go on where one ends with a backslash, and whose bytes are
 * coded as zsh has them within. */
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

#define META '\x83'

/* utils.c, metafy(): a byte of 0x83 to 0xA2, and NUL, is 0x83 and that byte XOR 0x20. Each is part
 * of a character of UTF-8, so that what has none of them coded is UTF-8, and what has is not. */
static struct str decode(struct event *e, struct str raw)
{
    struct str out = {e->scratch + e->scratch_len, 0};

    if (!memchr(raw.p, META, raw.len) || reader_is_plain(raw) ||
        raw.len > EVENT_SCRATCH_SIZE - e->scratch_len)
        return raw;
    for (size_t i = 0; i < raw.len; i++) {
        bool is_coded = raw.p[i] == META && i + 1 < raw.len;

        i += is_coded;
        e->scratch[e->scratch_len++] = is_coded ? (char)(raw.p[i] ^ 0x20) : raw.p[i];
        out.len++;
    }
    return out;
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
                                          .version = 4,
                                          .is_of_machine = true,
                                          .decode = decode,
                                          .line = line_of,
                                          .whole = end_event,
                                          .state_size = sizeof(struct state)};
