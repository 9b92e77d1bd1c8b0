/* others.h: two responders on one host: whom plans that are in effect let pass is not cut off by
 * another plan unless its person accepted that. */
#pragma once
#include "contain/host_view.h"
#include "contain/ledger.h"

/* Adds to host->others, which was read, what they allow, but for the plan of that id. */
void others_add(const struct ledger *l, const struct id *but, struct host_view *host);
/* The same, to look only: who has not the right, or a host on which nothing was ever changed, knows
 * of none. */
MUST_CHECK int others_look(const char *folder, const struct id *but, struct host_view *host,
                           struct err *e);
