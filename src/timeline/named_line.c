/* named_line.c: names of files in front of lines. */
#include "timeline/named_line.h"
#include "base/mem.h"
#include "timeline/value_test.h"
#include "timeline/when.h"

static size_t digits_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && char_is_digit(s.p[n]))
        n++;
    return n;
}

/* "03:12:09", "3:12:09" */
static bool is_clock(struct str s)
{
    size_t hour = digits_of(s), minute, second;

    s = str_from(s, hour);
    if (hour < 1 || hour > 2 || !str_take(&s, ":"))
        return false;
    minute = digits_of(s);
    s = str_from(s, minute);
    if (minute != 2 || !str_take(&s, ":"))
        return false;
    second = digits_of(s);
    return second == 2;
}

/* "C:\", "C:/" */
static bool has_drive(struct str s)
{
    return s.len > 2 && (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z' && s.p[1] == ':' &&
           (s.p[2] == '\\' || s.p[2] == '/');
}

/* A time is none, and blanks are in the name of a whole path alone. */
static bool is_name(struct str name)
{
    bool is_path = str_starts(name, "/") || str_starts(name, "./") || has_drive(name);
    size_t letters = 0;

    if (name.len == 0 || name.len > NAMED_MOST)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((uint8_t)name.p[i] < ' ' || (name.p[i] == ' ' && !is_path) ||
            memchr("\"'[]<>(){}|=,;", name.p[i], 14))
            return false;
        letters += !char_is_digit(name.p[i]) && !memchr("-.T", name.p[i], 3);
    }
    return letters > 0;
}

static bool begins_with_address(struct str line)
{
    uint8_t bytes[16];

    return address_bytes(str_cut(&line, ' '), bytes);
}

/* "2001:db8::7 - -": of addresses of IPv6 that are in use in all the world (RFC 4291 2.4) the first
 * digits are no number of a line, unless such an address stands behind it. */
static bool is_global(struct str line)
{
    return digits_of(line) == 4 && (line.p[0] == '2' || line.p[0] == '3') &&
           begins_with_address(line) && !is_global(str_from(line, 5));
}

/* "17:" */
static bool take_number(struct str *rest, char end)
{
    size_t digits = digits_of(*rest);

    if (digits == 0 || digits == rest->len || rest->p[digits] != end || is_clock(*rest) ||
        is_global(*rest))
        return false;
    *rest = str_from(*rest, digits + 1);
    return true;
}

static bool take(struct str *line, struct str *name)
{
    struct str at = str_from(*line, has_drive(*line) ? 2 : 0), front;

    if (take_number(line, ':')) {
        *name = STR("");
        return true;
    }
    (void)str_cut(&at, ':');
    if (at.len == 0 || at.p[-1] != ':')
        return false;
    front = str_head(*line, line->len - at.len - 1);
    if (!is_name(front) || is_clock(at))
        return false;
    (void)take_number(&at, ':');
    *name = front;
    *line = at;
    return true;
}

/* "auth.log-", "auth.log-17-": a line around those that were found. */
static bool take_around(struct str *line, struct str name)
{
    struct str at = *line;

    if (name.len == 0 || !str_eq(str_head(at, name.len), name))
        return false;
    at = str_from(at, name.len);
    if (!str_take(&at, "-"))
        return false;
    (void)take_number(&at, '-');
    *line = at;
    return true;
}

static bool begins_with_time(struct str text)
{
    struct stated s;

    return when_bsd(&text, &s) || when_iso(&text, &s);
}

/* The same in front of any that were found: a time shows where the name ends. */
static bool take_first(struct str *line, struct str *name)
{
    struct str head = str_head(*line, NAMED_MOST);
    const char *dash = head.p, *end = head.p + head.len;

    while (dash < end && (dash = memchr(dash, '-', (size_t)(end - dash))) != NULL) {
        struct str front = {line->p, (size_t)(dash - line->p)}, at = str_from(*line, front.len + 1);

        dash++;
        if (!named_line_is_file(front) || !is_name(front) ||
            (!begins_with_time(at) && (!take_number(&at, '-') || !begins_with_time(at))))
            continue;
        *name = front;
        *line = at;
        return true;
    }
    return false;
}

enum named_line named_line_take(struct str *line, struct str *name)
{
    if (str_is(*line, "--"))
        return NAMED_BETWEEN;
    return take_around(line, *name) || take_first(line, name) || take(line, name) ? NAMED_LINE
                                                                                  : NAMED_NONE;
}

bool named_line_is_file(struct str name)
{
    static const char *const known[] = {"messages", "syslog",  "secure", "maillog", "cron",
                                        "boot",     "spooler", "debug",  "auth",    "mail",
                                        "kern",     "daemon",  "user",   "dmesg"};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(name, known[i]))
            return true;
    return name.len && (memchr(name.p, '/', name.len) || memchr(name.p, '.', name.len) ||
                        memchr(name.p, '\\', name.len));
}

bool named_line_is_head(struct str line, struct str *name)
{
    struct str at = line;

    if (!str_take(&at, "==> ") || !str_ends(at, " <=="))
        return false;
    at = str_head(at, at.len - 4);
    if (at.len > NAMED_MOST || !(str_is(at, "standard input") || named_line_is_file(at)))
        return false;
    *name = at;
    return true;
}
