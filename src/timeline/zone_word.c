/* zone_word.c: names of zones behind a clock time. */
#include "timeline/zone_word.h"
#include "base/mem.h"

enum { HOUR_S = 3600, MANY = 100 }; /* MANY: the name has several meanings */

/* The tz database, names that its rules give since 1990. */
static const struct {
    const char *name;
    int hours;
} zones[] = {
    {"UTC", 0},    {"GMT", 0},    {"UCT", 0},    {"WET", 0},    {"WEST", 1},   {"CET", 1},
    {"CEST", 2},   {"MET", 1},    {"MEST", 2},   {"EET", 2},    {"EEST", 3},   {"JST", 9},
    {"EDT", -4},   {"CDT", MANY}, {"MDT", -6},   {"PDT", -7},   {"AKST", -9},  {"AKDT", -8},
    {"HST", -10},  {"SAST", 2},   {"NZST", 12},  {"NZDT", 13},  {"AEST", 10},  {"AEDT", 11},
    {"AWST", 8},   {"EST", MANY}, {"CST", MANY}, {"MST", MANY}, {"PST", MANY}, {"IST", MANY},
    {"BST", MANY}, {"KST", MANY}, {"MSK", MANY}, {"MSD", MANY}, {"AST", MANY}, {"ADT", MANY},
    {"SST", MANY}, {"WIB", 7},    {"HKT", 8},    {"PKT", 5},    {"ART", MANY}, {"BRT", MANY},
};

static bool is_end(struct str behind)
{
    return behind.len == 0 || memchr(" \t:],;|", behind.p[0], 7);
}

bool zone_word_find(struct str name, struct stated *out)
{
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        if (str_is(name, zones[i].name)) {
            out->has_zone = zones[i].hours != MANY;
            out->zone_s = out->has_zone ? zones[i].hours * HOUR_S : 0;
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
