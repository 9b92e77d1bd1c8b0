/* in_time.h: asks what may never answer (a server's file system that is gone, a name service) for
 * a limited time. */
#pragma once
#include <stdbool.h>

/* Runs work(context) in a thread of its own. True: it is done. False: it is not, after wait_ms, or
 * no thread can be started; then context belongs to that work, which drops it when it ends. */
bool in_time(void (*work)(void *context), void *context, void (*drop)(void *context),
             unsigned wait_ms);
/* As realpath(); free() it. NULL: it is not there; or it does not answer, and then *is_late. */
char *realpath_in_time(const char *path, unsigned wait_ms, bool *is_late);
