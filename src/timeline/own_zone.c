/* own_zone.c: tells the zone of a machine from the link that most systems set it by. */
#include "timeline/own_zone.h"
#include <stdio.h>
#include <string.h>

enum { NAME_MOST = 64 };

/* Of the tz database, with links of it that mean the same. */
static bool is_utc(struct str zone)
{
    static const char *const names[] = {"UTC",       "UCT",  "Zulu",  "Universal", "GMT",
                                        "Greenwich", "GMT0", "GMT+0", "GMT-0"};

    (void)str_take(&zone, "Etc/");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(zone, names[i]))
            return true;
    return false;
}

bool own_zone_is_one(struct str zone)
{
    if (zone.len == 0 || zone.len > NAME_MOST || is_utc(zone))
        return false;
    for (size_t i = 0; i < zone.len; i++) {
        char c = zone.p[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        if (i == 0 ? !is_letter : !(is_letter || (c >= '0' && c <= '9') || memchr("_-+/", c, 4)))
            return false;
    }
    return true;
}

bool own_zone_of_link(struct str path, struct str target, struct str *zone)
{
    static const char folder[] = "zoneinfo/";
    const char *found = memmem(target.p, target.len, folder, sizeof(folder) - 1);

    if (!(str_is(path, "etc/localtime") || str_ends(path, "/etc/localtime")) || !found)
        return false;
    *zone = str_from(target, (size_t)(found - target.p) + sizeof(folder) - 1);
    if (!str_take(zone, "posix/"))
        (void)str_take(zone, "right/");
    return own_zone_is_one(*zone);
}

void own_zone_words(struct str zone, const char *where, char out[OWN_ZONE_WORDS_SIZE])
{
    snprintf(out, OWN_ZONE_WORDS_SIZE,
             "by %s this machine's zone is " STR_FMT "; times that name none were read as UTC: "
             "calm analyse clock ITEM --zone " STR_FMT " reads them anew",
             where, STR_ARG(zone), STR_ARG(zone));
}

void own_zone_words_below(struct str zone, struct str folder, char out[OWN_ZONE_WORDS_SIZE])
{
    if (folder.len == 0)
        folder = STR("one of its folders");
    snprintf(out, OWN_ZONE_WORDS_SIZE,
             "what lies below " STR_FMT " has the zone " STR_FMT
             ", by its link etc/localtime; times there that name none were read as UTC",
             STR_ARG(folder), STR_ARG(zone));
}
