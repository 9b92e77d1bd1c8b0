/* notify_send.h: one message out of the queue: intent on record, effect, outcome on record. */
#pragma once
#include "notify/settings.h"
#include "practice/notify.h"

/* One run of a job that sends. */
struct sending {
    struct session *s;
    const struct operation *op;
    const struct input *in;
    const struct settings *settings; /* NULL: there are none, so all is phoned */
    int64_t for_s;                   /* how long one channel is tried */
};

/* Brings one message as far as it goes now; its state tells where. Errors are those that leave no
 * outcome: ERR_DENIED (its recipient may not know that), ERR_GATE (it is at its end, or somebody
 * else sends it), ERR_IO. */
MUST_CHECK int notify_send_one(struct sending *x, const struct id *message, struct err *e);
/* A record that changes a message, at its label and in its compartment. */
struct draft *notify_change(struct decision *d, const struct thing *message, const char *state);
void notify_put_time(struct decision *d, struct draft *dr, const char *field, struct utc when);
/* It was sent now; from now on an answer is waited for, where the message says how long. */
void notify_put_sent(struct decision *d, struct draft *dr, const struct thing *message);
