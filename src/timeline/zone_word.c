/* zone_word.c: names of zones behind a clock time. */
#include "timeline/zone_word.h"
#include "base/mem.h"

/* SEVERAL: zones have the name until today; NONE: and none of them is likely. */
enum { HOUR = 60, MINUTE_S = 60, NONE = 10000, SEVERAL = 10000 };

/* The tz database, names that its rules give since 1990. Before the year "since" it had the name
 * for another place, too, or another offset: EST for Sydney, AST for Baghdad, BST for Bougainville,
 * WIT for Jakarta, MSK and KST as law had it. The offset is likely then: that of RFC 822, or which
 * most logs mean. */
static const struct {
    const char *name;
    int minutes, since;
} zones[] = {
    {"UTC", 0, 0},
    {"GMT", 0, 0},
    {"UCT", 0, 0},
    {"WET", 0, 0},
    {"WEST", HOUR, 0},
    {"CET", HOUR, 0},
    {"CEST", 2 * HOUR, 0},
    {"MET", HOUR, 0},
    {"MEST", 2 * HOUR, 0},
    {"EET", 2 * HOUR, 0},
    {"EEST", 3 * HOUR, 0},
    {"BST", HOUR, 2018},
    {"MSK", 3 * HOUR, 2015},
    {"EST", -5 * HOUR, 2015},
    {"EDT", -4 * HOUR, 0},
    {"MST", -7 * HOUR, 0},
    {"MDT", -6 * HOUR, 0},
    {"PDT", -7 * HOUR, 0},
    {"AKST", -9 * HOUR, 0},
    {"AKDT", -8 * HOUR, 0},
    {"HST", -10 * HOUR, 0},
    {"HDT", -9 * HOUR, 0},
    {"AST", -4 * HOUR, 2018},
    {"ADT", -3 * HOUR, 2018},
    {"NST", -3 * HOUR - 30, 0},
    {"NDT", -2 * HOUR - 30, 0},
    {"WAT", HOUR, 0},
    {"CAT", 2 * HOUR, 0},
    {"EAT", 3 * HOUR, 0},
    {"SAST", 2 * HOUR, 0},
    {"PKT", 5 * HOUR, 0},
    {"WIB", 7 * HOUR, 0},
    {"WITA", 8 * HOUR, 0},
    {"WIT", 9 * HOUR, 2015},
    {"HKT", 8 * HOUR, 0},
    {"JST", 9 * HOUR, 0},
    {"KST", 9 * HOUR, 2019},
    {"AWST", 8 * HOUR, 0},
    {"ACST", 9 * HOUR + 30, 0},
    {"ACDT", 10 * HOUR + 30, 0},
    {"AEST", 10 * HOUR, 0},
    {"AEDT", 11 * HOUR, 0},
    {"NZST", 12 * HOUR, 0},
    {"NZDT", 13 * HOUR, 0},
    {"CST", -6 * HOUR, SEVERAL},
    {"CDT", -5 * HOUR, SEVERAL},
    {"PST", -8 * HOUR, SEVERAL},
    {"IST", NONE, 0},
    {"MSD", 4 * HOUR, SEVERAL},
    {"SST", NONE, 0},
    {"ART", -3 * HOUR, SEVERAL},
    {"BRT", -3 * HOUR, SEVERAL},
};

static bool is_end(struct str behind)
{
    return behind.len == 0 || memchr(" \t:],;|", behind.p[0], 7);
}

/* "UTC+1", "GMT-03:30", as Java, ICU and macOS have it: how long the offset is; 0: none. */
static size_t offset_size(struct str at, int *seconds)
{
    struct str rest = str_from(at, at.len > 0);
    int hours, minutes = 0, sign = at.len && at.p[0] == '-' ? -1 : 1;
    bool is_two = rest.len > 1 && char_is_digit(rest.p[1]);

    if (at.len == 0 || (at.p[0] != '+' && at.p[0] != '-') ||
        !when_digits(&rest, is_two ? 2 : 1, &hours))
        return 0;
    if (rest.len > 1 && rest.p[0] == ':' && char_is_digit(rest.p[1])) {
        rest = str_from(rest, 1);
        if (!when_digits(&rest, 2, &minutes))
            return 0;
    } else if (is_two && rest.len && char_is_digit(rest.p[0]) && !when_digits(&rest, 2, &minutes)) {
        return 0;
    }
    *seconds = sign * (hours * HOUR + minutes) * MINUTE_S;
    return minutes < 60 ? at.len - rest.len : 0;
}

/* The name that text begins with, of so many letters: how long it is; 0: it is none. */
static size_t find(struct str text, size_t letters, struct stated *out)
{
    struct str name = str_head(text, letters);
    bool is_utc = str_is(name, "UTC") || str_is(name, "GMT");
    int seconds = 0;
    size_t offset = is_utc ? offset_size(str_from(text, letters), &seconds) : 0;

    if (letters < 3 || letters > 4) /* what stands there is mostly a host */
        return 0;
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        if (str_is(name, zones[i].name)) {
            out->has_zone = zones[i].minutes != NONE;
            out->is_zone_likely = out->has_zone && (out->year ? out->year < zones[i].since
                                                              : zones[i].since == SEVERAL);
            out->zone_s = out->has_zone ? zones[i].minutes * MINUTE_S + seconds : 0;
            return letters + offset;
        }
    return 0;
}

static size_t letters_of(struct str text)
{
    size_t n = 0;

    while (n < text.len && text.p[n] >= 'A' && text.p[n] <= 'Z')
        n++;
    return n;
}

bool zone_word_find(struct str name, struct stated *out)
{
    struct stated found = *out;
    size_t len = find(name, letters_of(name), &found);

    if (len == 0 || len != name.len)
        return false;
    *out = found;
    return true;
}

bool zone_word_take(struct str *rest, struct stated *out, struct str *word)
{
    struct stated found = *out;
    struct str at = *rest;
    size_t len;

    if (!str_take(&at, " "))
        return false;
    len = find(at, letters_of(at), &found);
    if (len == 0 || !is_end(str_from(at, len)))
        return false;
    *out = found;
    *word = str_head(at, len);
    *rest = str_from(at, len);
    return true;
}

bool zone_printed_take(struct str *rest, struct stated *out, struct str *word)
{
    struct stated with = *out;
    struct str at = *rest;

    if (zone_word_take(rest, out, word))
        return true;
    if (!str_take(&at, " ") || at.len == 0 || (at.p[0] != '+' && at.p[0] != '-') ||
        !when_zone(&at, &with) || !is_end(at))
        return false;
    *out = with;
    *word = STR("");
    *rest = at;
    return true;
}

/* Of a zone's name behind its area: "Etc/GMT+5", "America/Port-au-Prince". */
static bool is_of_place(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || char_is_digit(c) || memchr("/_+-", c, 4);
}

static size_t place_size(struct str text)
{
    static const char *const areas[] = {"Africa/", "America/",  "Antarctica/", "Arctic/",
                                        "Asia/",   "Atlantic/", "Australia/",  "Etc/",
                                        "Europe/", "Indian/",   "Pacific/"};
    static const char *const rules[] = {"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"};
    size_t area = 0, len;

    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (str_starts(text, rules[i]))
            return strlen(rules[i]);
    for (size_t i = 0; i < COUNT_OF(areas); i++)
        area = str_starts(text, areas[i]) ? strlen(areas[i]) : area;
    len = area;
    while (area && len < text.len && is_of_place(text.p[len]))
        len++;
    return len > area ? len : 0;
}

bool zone_place_is(struct str name)
{
    return name.len && place_size(name) == name.len;
}

bool zone_place_take(struct str *rest, struct str *name)
{
    struct str at = *rest;
    size_t len;

    if (!str_take(&at, " "))
        return false;
    len = place_size(at);
    if (len == 0 || !is_end(str_from(at, len)))
        return false;
    *name = str_head(at, len);
    *rest = str_from(at, len);
    return true;
}
