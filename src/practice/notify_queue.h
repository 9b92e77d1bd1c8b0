/* notify_queue.h: what the records say of messages on their way: the queue is nothing else. */
#pragma once
#include "practice/notify.h"

/* An attempt that has no outcome and is not under way any more, as far as this person can tell
 * while they hold the lock: nobody knows how it ended. */
bool notify_is_cut_off(const struct view *v, const struct thing *message);
bool notify_is_due(const struct view *v, const struct thing *message); /* waiting, and it is time */
bool notify_is_silent(const struct view *v, const struct thing *message);
/* Who is told where the recipient is silent: the alternate of their row, else another person of the
 * same role. NULL: nobody. */
const struct thing *notify_alternate(const struct view *v, const struct thing *message);

/* The moments and addresses of a message, for letters: when its record was signed. */
struct utc notify_written(const struct view *v, const struct thing *message);

/* "m3 to Eva Brandt: silent since 07:16 (office mail)", and a newline. */
void notify_queue_line(const struct view *v, const struct thing *message, struct buf *out);
/* What has to be done about messages, for the screens. */
void notify_queue_status(const struct view *v, struct practice_status *out);
/* What is late, the silent first, as one line "m1 Eva Brandt: silent since 07:16, and 2 more: calm
 * notify due" where there is any; returns how many lines. */
size_t notify_late_lines(const struct view *v, struct buf *out);

extern const struct operation notify_queue, notify_due;
