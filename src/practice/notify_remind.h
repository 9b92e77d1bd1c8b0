/* notify_remind.h: reminders of deadlines that come near: 24 h, 4 h and 1 h before, each once. */
#pragma once
#include "practice/notify_send.h"

/* Which reminder of a running deadline is to be made now: how many seconds before the deadline it
 * stands for; 0: none. The nearest only, where several were missed; none for a moment that had
 * passed when the clock was put on record, or of which there is a message already. */
int64_t notify_reminder_due(const struct view *v, const struct thing *deadline);
/* The moment of the next reminder of it that is still to come; false where none is. */
bool notify_reminder_next(const struct view *v, const struct thing *deadline, struct utc *when);
/* Who is reminded: who decided that the clock runs, where that is a person of the case, else who
 * started it, else a lead. NULL: nobody. */
const struct thing *notify_reminder_reader(const struct view *v, const struct thing *deadline);

/* Makes the message of a reminder that is due, so that it is sent next; of several programs one
 * does. ERR_GATE: it is not due any more. */
MUST_CHECK int notify_remind(struct sending *x, const struct surroundings *around,
                             const struct id *deadline, struct err *e);
