/* notify_trust.h: whether a channel can be trusted now: by what was said of it, and by what it
 * relies on. */
#pragma once
#include "notify/settings.h"
#include "practice/notify.h"

/* Why a channel may not be used now; false when it may. account: what carries it on this machine;
 * NULL for a channel that is worked by hand, or where that is not known. why gets a clause. */
bool notify_channel_is_refused(const struct view *v, const struct thing *channel,
                               const struct account *account, struct buf *why);
/* "If you are sure: calm notify trust …", for a channel that is not marked compromised. */
void notify_trust_hint(const struct thing *channel, struct buf *out);
/* Refuses it as an error, with what to do; one of unknown trust is not refused here, since a person
 * decides. NULL is fine. ERR_GATE. */
MUST_CHECK int notify_channel_check(const struct view *v, const struct thing *channel,
                                    struct err *e);

extern const struct operation notify_channels;
