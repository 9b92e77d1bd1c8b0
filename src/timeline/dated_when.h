/* dated_when.h: full dates with a clock time as programs spell them that write logs of their own
 * (doc/format/timeline.md section 2): what is ambiguous (05/06/2026) is none. */
#pragma once
#include "timeline/when.h"

/* A time, and the name of a zone that is stated beside it and may have several meanings. */
struct dated {
    struct stated time;
    struct str zone;
    bool has_short_year;   /* two digits, taken to be of this century */
    enum when_clock clock; /* stays as it is: how AM and PM are to be read */
};

/* Each takes a time off the front of *rest, or leaves it as it is. No letter or digit follows. Of
 * *out, zeros before, the clock counts. */
/* "2026-11-25 03:12:09,123", "2026-11-25T03:12:09.123456Z", " +0100", " CET". A comma and digits
 * behind it are a fraction only where these are 3, 6 or 9 and no column of a table. */
bool dated_iso(struct str *rest, struct dated *out);
/* "2026-11-25 03:12", "2026/11/25 3:12 PM", "25.11.2026 03:12", a date that a calendar has: no
 * seconds follow. */
bool dated_minute(struct str *rest, struct dated *out);
/* "2026/11/25 03:12:09.123456": Go, nginx, Samba. */
bool dated_slashes(struct str *rest, struct dated *out);
/* "25/11/2026 03:12:09", "11/25/2026 3:12:09 PM", with a comma behind the date or not, in the order
 * that is asked for: a month over 12 is none. *is_either: neither number shows which it is. */
bool dated_numbers(struct str *rest, bool is_day_first, struct dated *out, bool *is_either);
/* A month by its English name: "Wed Nov 25 03:12:09 CET 2026", "25-Nov-2026 03:12:09.123",
 * "25/Nov/2026:03:12:09 +0100", "Nov 25, 2026 3:12:09 AM"; or a weekday before an ISO time. */
bool dated_named(struct str *rest, struct dated *out);
/* "26/11/25 03:12:09 INFO", "261125 031209 148 INFO": log4j as Hadoop, HDFS and Spark set it up,
 * year first. Elsewhere two digits may be any part of a date, so a level
 * and a class must follow. */
bool dated_log4j(struct str *rest, struct dated *out);
/* "1795576329.123": ten digits and a fraction. */
bool dated_epoch(struct str *rest, struct dated *out);
/* "Jan 18 17:39:50", "PDT Jan 18 17:39:50": Asterisk and Monit, which state no year. */
bool dated_bsd(struct str *rest, struct dated *out);
