/* syslog_sent.c: what others than programs of this host send to a system log: objects of JSON, and
 * events of Windows. */
#include <stdio.h>
#include "timeline/carried.h"
#include "timeline/syslog_sent.h"
#include "timeline/winlog_snare.h"

/* Who wrote an object says so as the program, too: "agent": {"type": "winlogbeat"}. */
static bool is_of_beat(struct str program, struct str message)
{
    char name[32];
    int len = snprintf(name, sizeof(name), "\"" STR_FMT "\"", STR_ARG(program));

    return program.len > 4 && str_ends(program, "beat") && len < (int)sizeof(name) &&
           memmem(message.p, message.len, name, (size_t)len);
}

bool syslog_put_json(struct reader *r, struct event *e, struct str message)
{
    struct str program = event_value(e, FIELD_PROCESS_NAME);

    if (str_take(&message, "@cee:"))
        str_skip_blanks(&message);
    if (!str_starts(message, "{\""))
        return false;
    if (str_is(program, "suricata"))
        return carried_understand(r, e, message, NULL);
    return is_of_beat(program, message) && carried_understand(r, e, message, NULL) &&
           (winlog_sent_mean(r, e), true);
}

bool syslog_take_snare(struct str *line, struct event *e)
{
    struct str host = STR("");

    if (event_value(e, FIELD_HOST_NAME).len)
        return winlog_is_snare(*line);
    if (!winlog_take_snare_host(line, &host))
        return false;
    event_put(e, FIELD_HOST_NAME, host);
    return true;
}

bool syslog_take_utm_time(struct str *rest, struct stated *out)
{
    struct str at = *rest;
    struct stated s = {.precision = TIME_S};

    if (at.len < 20 || at.p[4] != ':' || at.p[10] != '-' || !when_digits(&at, 4, &s.year) ||
        !str_take(&at, ":") || !when_digits(&at, 2, &s.month) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s.day) || !str_take(&at, "-") || !when_digits(&at, 2, &s.hour) ||
        !str_take(&at, ":") || !when_digits(&at, 2, &s.minute) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s.second))
        return false;
    *out = s;
    *rest = at;
    return true;
}
