/* attempt_line.c: reads what sshd wrote about who tried to log in. */
#include "contain/attempt_line.h"
#include <string.h>
#include "contain/flood_line.h"

enum {
    DAY_S = 86400,
    SHORT_SIZE = 15, /* "Nov 26 07:24:10" */
    DATE_SIZE = 19,  /* "2026-11-26T07:24:10" */
    REPEAT_MOST = 1000,
};

static bool read_clock(const char *p, int64_t *out)
{
    int hour, minute, second;

    if (p[2] != ':' || p[5] != ':' || !log_two(p, &hour) || !log_two(p + 3, &minute) ||
        !log_two(p + 6, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = (hour * 60 + minute) * 60 + second;
    return true;
}

/* The year in which the stamp is not more than a day ahead of now. */
static int64_t with_year(const struct attempt_clock *clock, int month, int day, int64_t of_day)
{
    int64_t year = 1970 + clock->now / (DAY_S * 365 + DAY_S / 4) + 1, at;

    do
        at = log_days((int)year, month, day) * DAY_S + of_day - clock->zone_s;
    while (at > clock->now + DAY_S && year-- > 1970);
    return at;
}

/* "Nov 26 07:24:10 ", the day with a blank or a zero in front, or neither. */
static bool take_short(struct str *line, const struct attempt_clock *clock, int64_t *out)
{
    struct str rest = *line;
    int64_t of_day;
    uint64_t day;
    int month;

    if (rest.len < SHORT_SIZE || rest.p[3] != ' ')
        return false;
    month = log_month(rest.p);
    rest = str_from(rest, rest.p[4] == ' ' ? 5 : 4);
    if (!month || !str_u64(str_cut(&rest, ' '), &day) || day < 1 || day > 31 || rest.len < 9 ||
        rest.p[8] != ' ' || !read_clock(rest.p, &of_day))
        return false;
    *line = str_from(rest, 9);
    *out = with_year(clock, month, (int)day, of_day);
    return true;
}

/* "Z", "+01:00" or "+0100". */
static bool read_zone(struct str text, int64_t *out)
{
    int hours, minutes;

    if (str_is(text, "Z")) {
        *out = 0;
        return true;
    }
    if ((text.len != 5 && text.len != 6) || (text.p[0] != '+' && text.p[0] != '-') ||
        (text.len == 6 && text.p[3] != ':') || !log_two(text.p + 1, &hours) ||
        !log_two(text.p + text.len - 2, &minutes))
        return false;
    *out = (hours * 60 + minutes) * 60 * (text.p[0] == '-' ? -1 : 1);
    return true;
}

/* "2026-11-26T07:24:10.123456+01:00 " */
static bool take_long(struct str *line, int64_t *out)
{
    struct str rest = *line, stamp = str_cut(&rest, ' ');
    int century, year, month, day;
    int64_t of_day, zone;
    size_t at = DATE_SIZE;

    if (stamp.len <= DATE_SIZE || stamp.p[4] != '-' || stamp.p[7] != '-' || stamp.p[10] != 'T' ||
        !log_two(stamp.p, &century) || !log_two(stamp.p + 2, &year) ||
        !log_two(stamp.p + 5, &month) || !log_two(stamp.p + 8, &day) || month < 1 || month > 12 ||
        day < 1 || day > 31 || !read_clock(stamp.p + 11, &of_day))
        return false;
    if (stamp.p[at] == '.')
        for (at++; at < stamp.len && stamp.p[at] >= '0' && stamp.p[at] <= '9';)
            at++;
    if (!read_zone(str_from(stamp, at), &zone))
        return false;
    *line = rest;
    *out = log_days(century * 100 + year, month, day) * DAY_S + of_day - zone;
    return true;
}

/* "host sshd[812]: "; takes it off. */
static bool take_sshd(struct str *line)
{
    struct str tag;

    str_cut(line, ' '); /* the host */
    tag = str_cut(line, ' ');
    if (!str_ends(tag, ":"))
        return false;
    return str_starts(tag, "sshd[") || str_starts(tag, "sshd-session[") || str_is(tag, "sshd:") ||
           str_starts(tag, "sshd(pam_unix)[");
}

/* The last " from " of a text: what stands before it may be anything that somebody typed. */
static bool cut_at_from(struct str text, struct str *before, struct str *behind)
{
    static const char word[] = " from ";
    enum { SIZE = sizeof(word) - 1 };

    for (size_t at = text.len; at >= SIZE; at--)
        if (memcmp(text.p + at - SIZE, word, SIZE) == 0) {
            *before = str_head(text, at - SIZE);
            *behind = str_from(text, at);
            return true;
        }
    return false;
}

/* "192.0.2.7 port 4711 ssh2" */
static bool read_source(struct str text, bool may_go_on, struct net *out)
{
    struct str address = str_cut(&text, ' ');
    uint64_t port;

    if (!log_source(address, out))
        return false;
    if (!text.len)
        return true;
    if (!str_is(str_cut(&text, ' '), "port") || !str_u64(str_cut(&text, ' '), &port))
        return false;
    return !text.len || str_is(text, "ssh2") || str_is(text, "ssh1") ||
           (may_go_on && str_starts(text, "ssh2: "));
}

/* "password for [invalid user ]root from 192.0.2.7 port 4711 ssh2". A key that does not fit is no
 * attempt: a client offers those that it has. */
static enum attempt read_attempt(struct str text, enum attempt what, struct attempt_line *out)
{
    struct str method = str_cut(&text, ' '), behind;

    if (what == ATTEMPT_FAILED &&
        (str_is(method, "publickey") || str_is(method, "hostbased") || str_is(method, "none")))
        return ATTEMPT_NONE;
    if (!str_take(&text, "for "))
        return ATTEMPT_NONE;
    (void)str_take(&text, "invalid user ");
    if (!cut_at_from(text, &out->user, &behind) ||
        !read_source(behind, what == ATTEMPT_ACCEPTED, &out->source))
        return ATTEMPT_NONE;
    return what;
}

/* "authentication failure; logname= uid=0 … rhost=192.0.2.7  user=root", of a PAM that writes in
 * its own name. The user, who may be called anything, stands last. */
static enum attempt read_pam(struct str text, struct attempt_line *out)
{
    out->user = STR("");
    while (text.len) {
        struct str word;

        if (str_take(&text, "user=")) {
            out->user = text;
            break;
        }
        word = str_cut(&text, ' ');
        if (str_take(&word, "rhost=") && !log_source(word, &out->source))
            return ATTEMPT_NONE;
    }
    return out->source.size ? ATTEMPT_FAILED : ATTEMPT_NONE;
}

/* "message repeated 5 times: [ Failed …]" */
static bool take_repeat(struct str *text, uint32_t *count)
{
    uint64_t times;

    if (!str_take(text, "message repeated "))
        return true;
    if (!str_u64(str_cut(text, ' '), &times) || !times || times > REPEAT_MOST ||
        !str_take(text, "times: [ ") || !str_ends(*text, "]"))
        return false;
    text->len--;
    *count = (uint32_t)times;
    return true;
}

enum attempt attempt_line_read(struct str line, const struct attempt_clock *clock,
                               struct attempt_line *out)
{
    struct attempt_line l = {.count = 1};
    enum attempt found = ATTEMPT_NONE;

    if (!take_short(&line, clock, &l.second) && !take_long(&line, &l.second))
        return ATTEMPT_NO_LINE;
    if (!take_sshd(&line))
        return ATTEMPT_NONE;
    if (str_take(&line, "[ID ")) { /* Solaris: a number and a facility more */
        str_cut(&line, ' ');
        str_cut(&line, ' ');
    }
    if (!take_repeat(&line, &l.count))
        return ATTEMPT_NONE;
    if (str_take(&line, "Failed "))
        found = read_attempt(line, ATTEMPT_FAILED, &l);
    else if (str_take(&line, "Accepted "))
        found = read_attempt(line, ATTEMPT_ACCEPTED, &l);
    else if (str_take(&line, "authentication failure; "))
        found = read_pam(line, &l);
    if (found != ATTEMPT_NONE)
        *out = l;
    return found;
}
