/* action_order.h: the actions of a practice in the order in which people need them. */
#pragma once
#include "practice/action.h"

enum action_rank {
    ACTION_OPEN,    /* begun, or in effect and not confirmed */
    ACTION_STANDS,  /* done */
    ACTION_WAITING, /* planned or approved */
    ACTION_OVER,    /* undone */
};
enum action_rank action_rank(const struct thing *action);

/* By rank, and the newest first within each. The caller frees *out. Returns how many. */
size_t action_order(const struct view *v, const char *practice, const struct thing ***out);
