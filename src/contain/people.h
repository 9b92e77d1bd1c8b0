/* people.h: who is logged in from another host, by utmp(5), and would lose access by a plan. */
#pragma once
#include "contain/plan.h"

/* Would somebody at that address be cut off? */
typedef bool people_loses(const struct plan *p, const struct net *from);

/* Adds "person NAME ADDRESS" for each who would, from the bytes of a file of utmp; what is no
 * record of a log-in is left out. */
void people_tell(struct str utmp, const struct plan *p, people_loses *loses, struct buf *out);
/* The same, of this host's /run/utmp; nothing where there is none. */
void people_preview(const struct plan *p, people_loses *loses, struct buf *out);
