/* journal_text.c: what journalctl writes between the lines of its short outputs: heads and boots.
 */
#include "timeline/dated_when.h"
#include "timeline/syslog_head.h"

/* "Thu 2024-11-21 03:15:00 CET", "Thu 2024-11-21 03:15:00 CET." */
static bool read_time(struct str text, struct stated *s)
{
    struct dated d = {0};

    if (str_ends(text, "."))
        text.len--;
    if (!dated_named(&text, &d) || text.len)
        return false;
    *s = d.time;
    return true;
}

/* Behind " end at ", ", ends at " or "; ends at ". */
static bool take_end(struct str text, struct stated *end)
{
    static const char *const words[] = {" end at ", " ends at "};

    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(words[i]);
        const char *at = memmem(text.p, text.len, words[i], size);

        if (at)
            return read_time(str_from(text, (size_t)(at - text.p) + size), end);
    }
    return false;
}

/* "Boot 0123456789abcdef0123456789abcdef" */
static bool is_boot(struct str text)
{
    if (!str_take(&text, "Boot ") || text.len != 32)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_digit(text.p[i]) && (text.p[i] < 'a' || text.p[i] > 'f'))
            return false;
    return true;
}

bool journal_text_is_comment(struct reader *r, struct str line)
{
    struct stated end;

    if (!str_take(&line, "-- ") || !str_ends(line, " --"))
        return false;
    line = str_head(line, line.len - 3);
    if (str_is(line, "Reboot") || str_is(line, "No entries") || is_boot(line))
        return true;
    if ((!str_starts(line, "Logs begin at ") && !str_starts(line, "Journal begins at ")) ||
        !take_end(line, &end))
        return false;
    reader_states_end(r, &end);
    return true;
}
