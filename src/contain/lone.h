/* lone.h: what the two watchdogs, the keeper and who follows the network have in common: each
 * stands alone, in a session and a control group of its own, and looks at the ledger when something
 * is due. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"

/* Who is at work holds a byte of the file "watchdog" in the ledger's folder, locked, in an open
 * file that its starter made and that it has as descriptor LONE_GUARD. */
enum lone_place { LONE_WATCHDOGS, LONE_KEEPER, LONE_FOLLOW };
enum { LONE_GUARD = 3 };

/* 1: the caller has it now, and *fd holds it; 0: it is taken; ERR_IO. */
MUST_CHECK int lone_take(const char *folder, enum lone_place place, int *fd, struct err *e);
bool lone_is_taken(const char *folder, enum lone_place place);
/* Gives up what it has as LONE_GUARD. */
void lone_leave(enum lone_place place);
/* Waits for it, and has it as LONE_GUARD then. */
MUST_CHECK int lone_wait(const char *folder, enum lone_place place, struct err *e);
/* What would end this process with a log-in, or before others when memory is short, no longer does.
 * None of it is sure to be there. */
void lone_become(const char *group);
/* Starts this program anew; its standard output is ready. A process number, or -1 with errno. */
pid_t lone_start(char *const argv[], char *const environment[], int ready, int guard);
/* Starts it and waits until it has said count times that it is ready. ERR_IO. */
MUST_CHECK int lone_start_ready(char *const argv[], char *const environment[], int guard,
                                unsigned count, const char *what, struct err *e);
/* Looks at the ledger, does what is due, and says when to look again (CLOCK_BOOTTIME). False:
 * nothing will be due, and the place is given up. */
bool lone_look(const char *folder, enum lone_place place, uint64_t *next_ms);
/* A descriptor of inotify that tells when the ledger was changed; -1: there is none. */
int lone_news(const char *folder);
void lone_forget_news(int news);
