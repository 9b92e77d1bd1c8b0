/* stop_words.h: what a plan says, in words: its title, whom it lets pass, what it limits, how long
 * it holds. */
#pragma once
#include "contain/plan.h"
#include "base/utc.h"

/* "block 203.0.113.9 and 2 more on web1"; host may hold any bytes that a title may. */
void stop_title(const struct plan *p, struct str host, struct buf *out);
/* "10.1.0.7 to TCP port 22, this host to UDP port 53 of 10.1.0.9"; of an isolation without any,
 * that nobody can get in. */
void stop_allow_words(const struct plan *p, struct buf *out);
/* Of a limit: "of each IPv4 /24 network and IPv6 /64 network at most 20 …"; else nothing. */
void stop_limit_words(const struct plan *p, struct buf *out);
/* "put back after 5 min unless it is confirmed; then it holds until 08:30 tomorrow, or until you
 * undo it". */
void stop_until_words(const struct plan *p, struct utc now, struct buf *out);
