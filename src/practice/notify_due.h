/* notify_due.h: all that is due is done once: by send --all, and by watch again and again. */
#pragma once
#include "practice/notify_send.h"

/* Is told of each message that went on, and of what could not be done. */
struct notify_teller {
    void (*moved)(void *context, const struct id *message);
    void (*failed)(void *context, const struct err *why);
    void *context;
};

/* One sender of this user on this machine at a time: whoever holds the lock knows that an attempt
 * by the same key which has no outcome is not under way any more. The caller closes *out. */
MUST_CHECK int notify_lock(const struct surroundings *around, int *out, struct err *e);
/* Makes reminders that are due, sends what is due, and drafts to the alternates of those who are
 * silent, and sends that. Hold the lock. */
MUST_CHECK int notify_do_due(struct sending *x, const struct surroundings *around,
                             const struct notify_teller *teller, struct err *e);
