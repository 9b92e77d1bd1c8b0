/* flood_line.c: reads lines of web servers' access logs. */
#include "contain/flood_line.h"
#include <string.h>

enum { MINUTE_SIZE = 17, TIME_SIZE = 26 }; /* "10/Oct/2000:13:55" of "…:36 -0700" */

bool log_two(const char *p, int *out)
{
    *out = (p[0] - '0') * 10 + p[1] - '0';
    return char_is_digit(p[0]) && char_is_digit(p[1]);
}

int log_month(const char *p)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (memcmp(p, names + 3 * i, 3) == 0)
            return i + 1;
    return 0;
}

/* Counted from 1 March of year 0. */
int64_t log_days(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t shifted = (month + 9) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static bool read_minute(const char *p, struct flood_clock *clock)
{
    int day, hour, minute, century, year, month = log_month(p + 3);

    if (p[2] != '/' || p[6] != '/' || p[11] != ':' || p[14] != ':' || !month)
        return false;
    if (!log_two(p, &day) || !log_two(p + 7, &century) || !log_two(p + 9, &year) ||
        !log_two(p + 12, &hour) || !log_two(p + 15, &minute))
        return false;
    if (day < 1 || day > 31 || hour > 23 || minute > 59)
        return false;
    clock->minute = (log_days(century * 100 + year, month, day) * 24 + hour) * 60 + minute;
    return true;
}

static bool read_zone(const char *p, int32_t *out)
{
    int hours, minutes;

    if ((p[0] != '+' && p[0] != '-') || !log_two(p + 1, &hours) || !log_two(p + 3, &minutes))
        return false;
    *out = (hours * 60 + minutes) * 60 * (p[0] == '-' ? -1 : 1);
    return true;
}

/* "10/Oct/2000:13:55:36 -0700" */
static bool read_time(struct str text, struct flood_clock *clock, int64_t *out)
{
    int second;

    if (text.len != TIME_SIZE || text.p[17] != ':' || text.p[20] != ' ' ||
        !log_two(text.p + 18, &second) || second > 60)
        return false;
    if (memcmp(clock->text, text.p, MINUTE_SIZE) != 0) {
        if (!read_minute(text.p, clock))
            return false;
        memcpy(clock->text, text.p, MINUTE_SIZE);
    }
    if (!read_zone(text.p + 21, &clock->zone_s))
        return false;
    *out = clock->minute * 60 + second - clock->zone_s;
    return true;
}

/* Most addresses of a log are IPv4: read without a copy. */
static bool read_four(struct str text, struct net *out)
{
    unsigned value = 0, digits = 0, part = 0;

    *out = (struct net){.size = 4, .prefix = 32};
    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.p[i] : '.';

        if (char_is_digit(c) && digits < 3) {
            value = value * 10 + (unsigned)(c - '0');
            digits++;
            continue;
        }
        if (c != '.' || !digits || value > 255 || part > 3)
            return false;
        out->bytes[part++] = (uint8_t)value;
        value = digits = 0;
    }
    return part == 4;
}

bool log_source(struct str text, struct net *out)
{
    if (read_four(text, out))
        return true;
    return text.len && memchr(text.p, ':', text.len) && net_read(text, out, NULL) == 0 &&
           net_is_one(out);
}

/* The part up to the next byte that is not behind a backslash; takes it and that byte off. */
static bool take_quoted(struct str *rest, struct str *out)
{
    size_t at = 0;

    while (at < rest->len) {
        const char *end = memchr(rest->p + at, '"', rest->len - at);

        if (!end)
            return false;
        at = (size_t)(end - rest->p);
        if (at == 0 || end[-1] != '\\')
            break;
        at++;
    }
    if (at >= rest->len)
        return false;
    *out = str_head(*rest, at);
    *rest = str_from(*rest, at + 1);
    return true;
}

/* "GET /a?b HTTP/1.1": the path alone. What is no request at all stands as it is. */
static struct str path_of(struct str request)
{
    struct str rest = request, path;
    const char *query;

    str_cut(&rest, ' ');
    path = rest.len ? str_cut(&rest, ' ') : request;
    query = path.len ? memchr(path.p, '?', path.len) : NULL;
    return query ? str_head(path, (size_t)(query - path.p)) : path;
}

static uint16_t status_of(struct str text)
{
    uint64_t n;

    return str_u64(text, &n) && n < 1000 ? (uint16_t)n : 0;
}

bool flood_line_read(struct str line, struct flood_clock *clock, struct flood_line *out)
{
    const char *open = line.len ? memchr(line.p, '[', line.len) : NULL;
    struct str head, rest, request, skipped;
    struct flood_line l = {.status = 0};

    if (!open || line.len - (size_t)(open - line.p) < TIME_SIZE + 4)
        return false;
    head = str_head(line, (size_t)(open - line.p));
    if (!read_time((struct str){open + 1, TIME_SIZE}, clock, &l.second))
        return false;
    if (!log_source(str_cut(&head, ' '), &l.source) && !log_source(str_cut(&head, ' '), &l.source))
        return false; /* a virtual host may stand in front */
    rest = str_from(line, (size_t)(open - line.p) + TIME_SIZE + 1);
    if (!str_starts(rest, "] \""))
        return false;
    rest = str_from(rest, 3);
    if (!take_quoted(&rest, &request))
        return false;
    l.path = path_of(request);
    if (rest.len)
        rest = str_from(rest, 1);
    l.status = status_of(str_cut(&rest, ' '));
    str_cut(&rest, '"'); /* bytes */
    if (take_quoted(&rest, &skipped) && rest.len > 1) {
        rest = str_from(rest, 2);
        if (!take_quoted(&rest, &l.agent))
            l.agent = (struct str){NULL, 0};
    }
    *out = l;
    return true;
}
