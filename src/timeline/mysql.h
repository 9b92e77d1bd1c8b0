/* mysql.h: what the logs of MySQL and MariaDB have in common. */
#pragma once
#include "timeline/format.h"

/* "2026-11-25T03:12:09.123456Z", "2026-11-25  3:12:09", "261125  3:12:09". */
bool mysql_time(struct str *rest, struct stated *out);
/* One of the three lines that the server writes where it opens a log of queries. */
bool mysql_is_head(struct str line);
