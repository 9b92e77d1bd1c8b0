/* notify_reach.h: by which channel a person may be told something now, and why not by the others.
 */
#pragma once
#include "notify/channel.h"
#include "practice/notify_phone.h"

/* The highest label that somebody may be told: that of their roles, else amber. */
enum tlp notify_clearance(const struct thing *person);

/* May its recipient be told that message over any channel? NULL is nobody. ERR_NOTFOUND,
 * ERR_DENIED. */
MUST_CHECK int notify_reader_check(const struct view *v, const struct thing *message,
                                   struct err *e);

struct notify_way {
    const struct thing *channel;   /* NULL: none is known at all */
    const struct account *account; /* NULL: by hand, by telephone */
    struct str address;            /* on that channel, or a telephone number; may be empty */
    bool is_in_person;             /* there is a number, and it is not safe to call */
};
/* The first way by which the message may go: to its recipient, over a channel that can be trusted,
 * at its label, and that it did not try before. passed gets why others were passed over, a line
 * each. settings may be NULL. */
struct notify_way notify_way_of(const struct view *v, const struct settings *settings,
                                const struct thing *message, struct buf *passed);
/* Whether this very channel may be used again for it. */
bool notify_way_still_fits(const struct view *v, const struct settings *settings,
                           const struct thing *message, struct notify_way *out);
/* A row of contact that says how this person is reached, or NULL. */
const struct thing *notify_contact_of(const struct view *v, const struct thing *person);

/* The settings file; *out is NULL where there is none. */
MUST_CHECK int notify_settings(const struct surroundings *around, struct settings **out,
                               struct err *e);
