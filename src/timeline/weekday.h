/* weekday.h: a time that states its day of the week and no year, which follows from both. */
#pragma once
#include "timeline/when.h"

bool weekday_starts(struct str text); /* "Fri " */
/* Takes "Fri Feb 28 13:49" off *rest. The year is the last one in which that day was such a day, by
 * a day after written_s at most; 0: there is none in 28 years, after which days come again. */
bool weekday_take(struct str *rest, int64_t written_s, struct stated *out);
