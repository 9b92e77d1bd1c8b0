/* stop_apply.h: what becomes of plans that were carried out. */
#pragma once
#include "practice/action.h"
#include "practice/stop_answer.h"

extern const struct operation stop_confirm;

/* Which actions, one or several. */
#define STOP_FIELD_ACTIONS                                                                         \
    {                                                                                              \
        .name = "action", .type = FIELD_REF,                                                       \
        .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_MANY | FIELD_OUTSIDE, .kind = "action",        \
        .help = "which: a3; several for one moment: a3 a4 a5"                                      \
    }

/* Whether a step may be taken, of an action as it is then. */
typedef int stop_may(const struct view *v, const struct operation *op, const struct input *in,
                     const struct thing *action, struct err *e);

enum { STOP_MORE_COUNT = 4 };
/* One more state of an action, with what came of it. */
struct stop_outcome {
    const char *state; /* NULL: as it was */
    struct str result;
    const char *field; /* a moment beside it, or NULL */
    struct utc moment;
    struct str answer;              /* of another host, kept as evidence; or empty */
    const char *answerer;           /* whose; NULL: "the host" */
    const struct stop_answer *file; /* the same, brought by hand; or NULL */
    bool takes_input;               /* what the operation's fields say is on record beside it */
    struct draft_value more[STOP_MORE_COUNT];
    size_t more_count;
    stop_may *may; /* judged again on the state that the record stands on; or NULL */
};
void stop_outcome_add(struct stop_outcome *o, const char *field, struct str value);
MUST_CHECK int stop_append(struct session *s, const struct operation *op, const struct input *in,
                           const struct id *action, const struct stop_outcome *o, struct err *e);
/* A line "warn CODE TEXT" of go, as a sentence; false where it is none. */
bool stop_add_warning(struct buf *out, struct str line);
/* What the helper's check saw, as words; what becomes of it at a restart last. */
void stop_add_seen(struct buf *out, struct str lines, bool has_timer);
/* The same without answer; when: where that was not now, else NULL. */
MUST_CHECK int stop_append_outcome(struct session *s, const struct operation *op,
                                   const struct input *in, const struct id *action,
                                   const char *state, struct str result, const struct utc *when,
                                   struct err *e);
/* Undoes what calm-contain did here, and puts that on record. */
MUST_CHECK int stop_undo_planned(struct session *s, const struct operation *op,
                                 const struct input *in, const struct view *v,
                                 const struct thing *action, struct answer *a, struct err *e);
