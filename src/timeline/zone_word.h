/* zone_word.h: names of zones that stand behind a clock time: "CET", "EST", "UTC". */
#pragma once
#include "timeline/when.h"

/* What such a name states in the year of *out, 0 where that is not known yet, or "UTC+1",
 * "GMT-03:30" (east of UTC: ISO 8601, and Java, ICU and macOS for GMT). False: it is none of them.
 */
bool zone_word_find(struct str name, struct stated *out);
/* Takes " CET" off the front of *rest, where it is such a name and a blank, a sign that parts
 * words or the end follows: *word is it. The zone is stated then, where the name has one meaning in
 * the tz database; "CST", "PST" and such are likely (is_zone_likely); "IST" tells none. */
bool zone_word_take(struct str *rest, struct stated *out, struct str *word);
/* As strftime's %Z writes it, such a name or where the tz database has no letters the offset: "
 * +03", " -0330". Of an offset *word is empty. */
bool zone_printed_take(struct str *rest, struct stated *out, struct str *word);
/* Takes " Europe/Berlin" off the front, a name of an area of the tz database, or " EST5EDT", one of
 * its rules, whether this machine has it or not: a blank, a sign that parts words or the end
 * follows. */
bool zone_place_take(struct str *rest, struct str *name);
bool zone_place_is(struct str name); /* all of it */
