/* stop_answer.h: --answer FILE: what a device said, brought by hand, as evidence. */
#pragma once
#include "practice/intake.h"

#define STOP_FIELD_ANSWER                                                                          \
    {                                                                                              \
        .name = "answer", .type = FIELD_PATH, .flags = FIELD_OUTSIDE,                              \
        .help = "a file with what the device said, taken as evidence"                              \
    }

struct stop_answer {
    bool is_given;
    struct intake file;
    struct buf path;
};
void stop_answer_release(struct stop_answer *a);
#define CLEANUP_STOP_ANSWER CLEANUP(stop_answer_release)

/* Takes the file that was named, if one was. ERR_USAGE: no regular file; ERR_DENIED: its bytes are
 * sealed. */
MUST_CHECK int stop_answer_take(struct session *s, const struct operation *op,
                                const struct input *in, struct stop_answer *out, struct err *e);
/* Drafts its item; action NULL: of something that was not planned. Returns the item's id. */
struct id stop_answer_draft(struct decision *d, const struct stop_answer *a,
                            const struct thing *action);
/* A draft about an action bears its label, where that is the stricter one, and its compartment. */
void stop_draft_like(const struct decision *d, struct draft *dr, const struct thing *action);
