/* watchdog.h: what puts an unconfirmed change back when its time is over, whatever else has died.
 *
 * Two processes for all changes of a host, each in a session of its own and holding a descriptor of
 * the other. One that sees the other end starts a new one. They hold nothing but the path of the
 * ledger, and look at it when something is due or was changed there. */
#pragma once
#include "base/err.h"

#define WATCHDOG_NAME "calm-contain-watchdog" /* the first word of its command line */

/* In main, before anything else: becomes a watchdog where this program was started as one, and does
 * not return then. */
void watchdog_main_if_asked(int argc, char **argv);
/* The caller holds the ledger. Returns when both are at work, or were already. ERR_IO: there is
 * none then, and nothing may be changed. */
MUST_CHECK int watchdog_start(const char *ledger_folder, struct err *e);
