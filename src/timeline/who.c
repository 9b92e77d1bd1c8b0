/* who.c: what who(1) prints of those who are logged in, with -a of the host, too (coreutils,
 * src/who.c). */
#include "timeline/format.h"

struct entry {
    struct str user, terminal, pid, host;
    struct stated when;
    const char *action;
    bool is_host;
};

/* "2020-02-29 12:14", or "Feb 29 12:14" where LC_TIME is POSIX. */
static bool take_when(struct str *rest, struct stated *out)
{
    struct stated s = {.precision = TIME_MIN};
    struct str at = *rest;

    s.month = when_month(at);
    if (s.month) {
        at = str_from(at, 3);
        if (!str_take(&at, " ") ||
            !(str_take(&at, " ") ? when_digits(&at, 1, &s.day) : when_digits(&at, 2, &s.day)))
            return false;
    } else if (!when_digits(&at, 4, &s.year) || !str_take(&at, "-") ||
               !when_digits(&at, 2, &s.month) || !str_take(&at, "-") ||
               !when_digits(&at, 2, &s.day) || s.year == 0) {
        return false;
    }
    if (!str_take(&at, " ") || !when_digits(&at, 2, &s.hour) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s.minute) || (at.len && at.p[0] != ' ') || !stated_is_date(&s) ||
        s.hour > 23 || s.minute > 59)
        return false;
    *out = s;
    *rest = at;
    return true;
}

static bool is_terminal(struct str s)
{
    return str_starts(s, "tty") || str_starts(s, "pts/") || str_starts(s, "console") ||
           str_starts(s, ":");
}

/* In front of the time: of the host what happened, else a name, whether others may write to its
 * terminal, and that. */
static bool take_front(struct str front, struct entry *w)
{
    bool has_name = front.len && front.p[0] != ' ';
    struct str at = str_trim(front);

    w->is_host = true;
    w->action = "boot";
    if (str_is(at, "system boot"))
        return true;
    w->action = "run-level";
    if (str_take(&at, "run-level "))
        return at.len == 1;
    w->is_host = false;
    if (has_name)
        w->user = str_cut(&at, ' ');
    at = str_trim(at);
    if (!str_take(&at, "+ ") && !str_take(&at, "- "))
        (void)str_take(&at, "? ");
    w->terminal = str_trim(at);
    w->action = !has_name ? "logout" : str_is(w->user, "LOGIN") ? "login-prompt" : "login";
    return is_terminal(w->terminal) && !memchr(w->terminal.p, ' ', w->terminal.len);
}

static bool is_idle(struct str s)
{
    int n;

    return str_is(s, ".") || str_is(s, "old") ||
           (s.len == 5 && when_digits(&s, 2, &n) && str_take(&s, ":") && when_digits(&s, 2, &n));
}

/* Behind it: idle since, process, where from; of what has ended its number in inittab and exit. */
static bool take_rest(struct str rest, struct entry *w)
{
    uint64_t n;

    for (rest = str_trim(rest); rest.len; rest = str_trim(rest)) {
        struct str word = str_cut(&rest, ' ');

        if (word.p[0] == '(' && word.p[word.len - 1] == ')' && word.len > 2)
            w->host = (struct str){word.p + 1, word.len - 2};
        else if (str_u64(word, &n))
            w->pid = word;
        else if (!is_idle(word) && !str_starts(word, "id=") && !str_starts(word, "term=") &&
                 !str_starts(word, "exit=") && !str_starts(word, "last="))
            return false;
    }
    return true;
}

static void put_entry(struct reader *r, const struct entry *w, struct event *e)
{
    bool is_login = str_is(str_of(w->action), "login");

    event_puts(e, FIELD_EVENT_ACTION, w->action);
    event_puts(e, FIELD_EVENT_CATEGORY,
               w->is_host ? "host"
               : is_login ? "authentication"
                          : "session");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    event_put(e, is_login ? FIELD_USER_NAME : field_number(r->names, STR("utmp.user")), w->user);
    event_put(e, field_number(r->names, STR("utmp.terminal")), w->terminal);
    event_put(e, FIELD_PROCESS_PID, w->pid);
    if (w->host.len)
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, w->host);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    for (size_t i = 1; i < line.len; i++) {
        struct str rest = str_from(line, i);
        struct entry w = {0};

        if (line.p[i - 1] != ' ' || line.p[i] == ' ' || !take_when(&rest, &w.when))
            continue;
        if (!take_front(str_head(line, i), &w) || !take_rest(rest, &w))
            return LINE_FOREIGN;
        reader_time(r, e, &w.when);
        put_entry(r, &w, e);
        event_put(e, FIELD_MESSAGE, line);
        return LINE_EVENT;
    }
    return LINE_FOREIGN;
}

const struct format format_who = {
    .name = "who", .version = 1, .is_splittable = true, .is_unordered = true, .line = line_of};
