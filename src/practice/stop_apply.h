/* stop_apply.h: carrying out plans. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_apply, stop_confirm;

/* One more state of an action, with what came of it, and when where that was not now (else NULL).
 */
MUST_CHECK int stop_append_outcome(struct session *s, const struct operation *op,
                                   const struct input *in, const struct id *action,
                                   const char *state, struct str result, const struct utc *when,
                                   struct err *e);
struct contain_helper;
struct stop_plan;
/* Carries out a plan that nobody approved; the action is on record as begun. */
MUST_CHECK int stop_apply_emergency(struct session *s, const struct operation *op,
                                    const struct input *in, const struct id *action,
                                    const struct stop_plan *p, struct contain_helper *h,
                                    struct err *e);
/* Undoes what calm-contain did here, and puts that on record. */
MUST_CHECK int stop_undo_planned(struct session *s, const struct operation *op,
                                 const struct input *in, const struct view *v,
                                 const struct thing *action, struct answer *a, struct err *e);
