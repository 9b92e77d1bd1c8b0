/* last.c: what last(1) and lastb(1) print of wtmp and btmp (util-linux, login-utils/last.c): a
 * login on each line, the latest first. */
#include "timeline/format.h"
#include "timeline/weekday.h"

struct login {
    struct str user, terminal, host, logout;
    struct stated when;
    bool has_year;
};

/* "Fri Feb 28 13:49", "Tue Jan  5 14:29:24 2021", "2023-06-19T14:18:13+00:00": of --time-format
 * short (the default), full (-F) and iso. */
static bool take_when(const struct reader *r, struct str *rest, struct login *l)
{
    struct str at = *rest;

    l->has_year = when_iso(&at, &l->when) || (weekday_starts(at) && when_bsd(&at, &l->when));
    if (l->has_year && l->when.year) {
        *rest = at;
        return true;
    }
    l->has_year = false;
    return weekday_take(rest, r->written_s, &l->when);
}

static bool take_duration(struct str at)
{
    at = str_trim(at);
    return at.len == 0 || (at.p[0] == '(' && at.p[at.len - 1] == ')');
}

/* Behind the login: when it ended, or why nobody knows. */
static bool take_logout(const struct reader *r, struct str rest, struct login *l)
{
    static const char *const words[] = {"still logged in", "still running", "gone - no logout"};
    struct login ended = {0};
    struct str at = str_trim(rest);
    int n;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_is(at, words[i])) {
            l->logout = at;
            return true;
        }
    if (!str_take(&at, "- "))
        return at.len == 0;
    l->logout = at;
    if (str_take(&at, "crash") || str_take(&at, "down"))
        l->logout.len -= at.len;
    else if (when_digits(&at, 2, &n) && str_take(&at, ":") && when_digits(&at, 2, &n))
        l->logout.len = 5;
    else if (at = l->logout, take_when(r, &at, &ended))
        l->logout.len -= at.len;
    else
        return false;
    return take_duration(at);
}

/* In front of the time. A name that was tried may have spaces: then nothing is told of it. */
static bool take_who(struct str front, struct login *l)
{
    l->user = str_cut(&front, ' ');
    front = str_trim(front);
    if (str_starts(front, "system boot") || str_starts(front, "system down")) {
        l->terminal = str_head(front, 11);
        front = str_from(front, 11);
    } else if (str_starts(front, "(to lvl ") && front.len >= 10 && front.p[9] == ')') {
        l->terminal = str_head(front, 10);
        front = str_from(front, 10);
    } else {
        l->terminal = str_cut(&front, ' ');
    }
    l->host = str_trim(front);
    return l->user.len && l->terminal.len && !memchr(l->host.p, ' ', l->host.len);
}

/* "wtmp begins Thu Aug 15 10:57:06 2019", the last line. */
static enum line_verdict end_of(struct reader *r, struct str line, struct event *e)
{
    struct str rest = line;
    struct stated s;

    (void)str_cut(&rest, ' ');
    if (!str_take(&rest, "begins ") || !(when_bsd(&rest, &s) || when_iso(&rest, &s)) || !s.year ||
        str_trim(rest).len)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_ACTION, "log-begin");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

static void put_login(struct reader *r, const struct login *l, struct event *e)
{
    bool is_boot = str_is(l->user, "reboot"), is_down = str_is(l->user, "shutdown");
    bool is_level = str_is(l->user, "runlevel");
    bool is_host = (is_boot || is_down || is_level) &&
                   (str_starts(l->terminal, "system ") || str_starts(l->terminal, "(to lvl "));

    event_puts(e, FIELD_EVENT_ACTION,
               !is_host  ? "login"
               : is_boot ? "boot"
               : is_down ? "shutdown"
                         : "run-level");
    event_puts(e, FIELD_EVENT_CATEGORY, is_host ? "host" : "authentication");
    /* The same line is one of wtmp or of btmp; this terminal is sshd's in btmp alone. */
    event_puts(e, FIELD_EVENT_OUTCOME,
               is_host                           ? "success"
               : str_ends(l->terminal, ":notty") ? "failure"
                                                 : "unknown");
    event_put(e, is_host ? field_number(r->names, STR("utmp.user")) : FIELD_USER_NAME, l->user);
    event_put(e, field_number(r->names, STR("utmp.terminal")), l->terminal);
    if (is_host)
        event_put(e, field_number(r->names, STR("host.os.kernel")), l->host);
    else if (l->host.len)
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, l->host);
    event_put(e, field_number(r->names, STR("last.logout")), l->logout);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    for (size_t i = 1; i < line.len; i++) {
        struct login l = {0};
        struct str rest = str_from(line, i);

        if (line.p[i - 1] != ' ' || line.p[i] == ' ' || !take_when(r, &rest, &l))
            continue;
        if (end_of(r, line, e) == LINE_EVENT)
            return LINE_EVENT;
        if (!take_who(str_head(line, i), &l) || !take_logout(r, rest, &l))
            return LINE_FOREIGN;
        reader_time(r, e, &l.when);
        if (!l.has_year && e->precision != TIME_NONE) {
            e->doubt |= DOUBT_YEAR;
            r->has_inferred_years = true;
        }
        put_login(r, &l, e);
        event_put(e, FIELD_MESSAGE, line);
        return LINE_EVENT;
    }
    return LINE_FOREIGN;
}

const struct format format_last = {
    .name = "last", .version = 1, .is_splittable = true, .is_unordered = true, .line = line_of};
