/* zone_word.c: names of zones behind a clock time. */
#include "timeline/zone_word.h"
#include "base/mem.h"

enum { HOUR = 60, MINUTE_S = 60, MANY = 10000 }; /* MANY: the name has several meanings */

/* The tz database, names that its rules give since 1990. Before the year "since" it had the name
 * for another place, too, or another offset: EST for Sydney, AST for Baghdad, BST for Bougainville,
 * WIT for Jakarta, MSK and KST as law had it. */
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
    {"CST", MANY, 0},
    {"CDT", MANY, 0},
    {"PST", MANY, 0},
    {"IST", MANY, 0},
    {"MSD", MANY, 0},
    {"SST", MANY, 0},
    {"ART", MANY, 0},
    {"BRT", MANY, 0},
};

static bool is_end(struct str behind)
{
    return behind.len == 0 || memchr(" \t:],;|", behind.p[0], 7);
}

bool zone_word_find(struct str name, struct stated *out)
{
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        if (str_is(name, zones[i].name)) {
            out->has_zone =
                zones[i].minutes != MANY && (out->year == 0 || out->year >= zones[i].since);
            out->zone_s = out->has_zone ? zones[i].minutes * MINUTE_S : 0;
            return true;
        }
    return false;
}

bool zone_word_take(struct str *rest, struct stated *out, struct str *word)
{
    struct str at = *rest;
    size_t len = 0;

    if (!str_take(&at, " "))
        return false;
    while (len < at.len && at.p[len] >= 'A' && at.p[len] <= 'Z')
        len++;
    if (!is_end(str_from(at, len)) || !zone_word_find(str_head(at, len), out))
        return false;
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
