/* boot.h: what makes a restart of the host bring it to what the ledger says. */
#pragma once
#include "contain/ledger.h"

/* Puts this program beside the ledger; it is large, so before anybody waits for a change. ERR_IO.
 */
MUST_CHECK int boot_program_keep(const char *folder, struct err *e);
/* Puts this program beside the ledger and has it run at the start of the host, before its network:
 * by a unit of systemd, or a line for cron. Adds "boot systemd PATH", "boot cron PATH" or "boot
 * none" to said. Doing it again is right. ERR_IO. */
MUST_CHECK int boot_hook_add(const char *folder, struct buf *said, struct err *e);
/* Takes all of that away where nothing is in effect any longer. */
MUST_CHECK int boot_hook_remove_if_idle(struct ledger *l, struct err *e);
