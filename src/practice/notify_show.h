/* notify_show.h: messages as people see them: before they go, after, and on paper. */
#pragma once
#include "notify/settings.h"
#include "practice/notify.h"

/* How it would go: to whom, over which channel, why not over others, what others can read. */
void notify_preview_text(const struct view *v, const struct settings *settings,
                         const struct thing *message, struct answer *a);
/* What became of it, and what comes next. */
void notify_tell_outcome(const struct view *v, const struct thing *message, struct answer *a);

extern const struct operation notify_preview, notify_sheet;
