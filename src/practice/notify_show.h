/* notify_show.h: messages as people see them: before they go, after, and on paper. */
#pragma once
#include "notify/settings.h"
#include "practice/notify.h"
#include "render/screen.h"

/* The text of a message, broken at its words; what is behind a mark of a list hangs behind it. At
 * most that many lines; returns how many more there are. */
size_t notify_put_text(struct screen *s, struct str text, size_t most_lines);
/* The text, as far as there is room, and below it how it would go: to whom, over which channel, why
 * not over others, what others can read. rows: of the screen; 0: all of the text. */
void notify_preview_text(const struct view *v, const struct settings *settings,
                         const struct thing *message, size_t rows, struct answer *a);
/* What became of it, and what comes next. */
void notify_tell_outcome(const struct view *v, const struct thing *message, struct answer *a);

extern const struct operation notify_preview, notify_sheet;
