/* keeper.h: the third who puts an unconfirmed change back, where both watchdogs were ended at once.
 *
 * One process for all changes of a host. It has nothing in common with the watchdogs that one kill
 * would find: not the name, not the command line, not the session, not the control group. Where
 * systemd runs, it is a service, which the first process of the host starts anew. */
#pragma once
#include "base/err.h"

#define KEEPER_NAME                                                                                \
    "keep-until-due" /* all of its command line, where systemd has not started it                  \
                      */

/* In main, before anything else: becomes the keeper where this program was started as one. */
void keeper_main_if_asked(int argc, char **argv);
/* Waits until there is no other, and keeps; returns only where it cannot. */
MUST_CHECK int keeper_main(const char *ledger_folder, struct err *e);
/* Returns when it is at work, or was already. ERR_IO: there is none then. */
MUST_CHECK int keeper_start(const char *ledger_folder, struct err *e);
