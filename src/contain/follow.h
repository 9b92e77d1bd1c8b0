/* follow.h: holds what comes to this host's network later: interfaces that are plugged in, bridges
 * that are made, also those that come up behind the start of the host.
 *
 * One process for a ledger, as long as a plan of the packet filter is in effect there. It only
 * adds: it settles nothing and lifts nothing, so it is there for an emergency too. */
#pragma once
#include "base/err.h"

#define FOLLOW_NAME "calm-contain-follow" /* the first word of its command line */

/* In main, before anything else: becomes it where this program was started as that. */
void follow_main_if_asked(int argc, char **argv);
/* The caller holds the ledger. Returns when it is at work, or was already. ERR_IO: there is none.
 */
MUST_CHECK int follow_start(const char *ledger_folder, struct err *e);
