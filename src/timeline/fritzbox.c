/* fritzbox.c: events of a FRITZ!Box as its page lists and saves them, the newest first:
 * "25.11.26 03:12:09 Anmeldung des Benutzers …". */
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

static bool take_time(struct str *rest, struct stated *s)
{
    struct str at = *rest;
    int year;

    *s = (struct stated){.precision = TIME_S, .is_of_century = true};
    if (!when_digits(&at, 2, &s->day) || !str_take(&at, ".") || !when_digits(&at, 2, &s->month) ||
        !str_take(&at, ".") || !when_digits(&at, 2, &year) || !str_take(&at, " ") ||
        !when_digits(&at, 2, &s->hour) || !str_take(&at, ":") || !when_digits(&at, 2, &s->minute) ||
        !str_take(&at, ":") || !when_digits(&at, 2, &s->second) || !str_take(&at, " "))
        return false;
    s->year = 2000 + year;
    *rest = at;
    return stated_is_date(s);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s;

    if (!take_time(&line, &s) || line.len == 0)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting || r->folding)
        return LINE_EVENT;
    (void)pattern_match(syslog_patterns(r), STR(FRITZBOX), line, e);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

/* What names the device, or is a sentence of its own. */
static bool is_sure(const struct event *e)
{
    struct str text = event_value(e, FIELD_MESSAGE);

    return event_value(e, FIELD_EVENT_ACTION).len || memmem(text.p, text.len, "FRITZ!", 6);
}

const struct format format_fritzbox = {.name = "fritzbox",
                                       .version = 1,
                                       .is_splittable = true,
                                       .is_unordered = true,
                                       .line = line_of,
                                       .is_sure = is_sure};
