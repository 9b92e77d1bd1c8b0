/* winlog_snare.h: events of Windows as Snare's agents write them, and others in its layout (NXLog's
 * to_syslog_snare): columns behind the word MSWinEventLog, with tabs or what a logger wrote for
 * them ("#011"). Prophecy International, "Snare Enterprise Agent: Event output format". */
#pragma once
#include "timeline/winlog.h"

/* Whether its columns begin here. */
bool winlog_is_snare(struct str text);
/* The name of a host, a tab and these columns: takes the name off *rest. False: there is none. */
bool winlog_take_snare_host(struct str *rest, struct str *host);
/* Puts what the columns say between winlog_begin and winlog_mean, with its time where it states one
 * with the year. False: it is none, and e is as it was. */
bool winlog_put_snare(struct winlog *w, struct str text);
