/* json_when.h: times as members of JSON spell them. */
#pragma once
#include "timeline/when.h"

/* All of the text is a time of any layout that has one meaning: ISO 8601, also without its seconds
 * or clock, or without signs; what the other functions of when.h and dated_when.h take; or a number
 * of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their count of
 * digits. *zone is the name of its zone, where it has one; NULL: nobody asks. */
bool json_time(struct str text, struct stated *out, struct str *zone);
