/* notify_phone.h: which telephone numbers of a person are not called, since whoever listens on a
 * channel that is worked by hand listens there. */
#pragma once
#include "practice/notify_trust.h"

/* Does the channel reach them, and where: "Eva Brandt", or "Eva Brandt: eva@example.org". */
bool notify_reaches(const struct thing *channel, const struct thing *person, struct str *address);
/* Is it the number of a channel worked by hand that is refused? why gets a line for each such. A
 * channel that names them without a number means their mobile. */
bool notify_number_is_refused(const struct view *v, const struct thing *person, struct str number,
                              struct buf *why);
/* The number to call for a message that no channel carries: the one on record with it, else their
 * mobile; empty where none is known or safe. why gets a line for each that is not called. */
struct str notify_number_of(const struct view *v, const struct thing *message, struct buf *why);
/* Is there no safe number, though there are numbers? */
bool notify_is_in_person(const struct view *v, const struct thing *message);
/* Lines of whom a channel reaches: ERR_USAGE for one that names several, which would be taken for
 * one address. */
MUST_CHECK int notify_reaches_check(const struct view *v, struct str lines, struct err *e);
