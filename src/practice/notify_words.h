/* notify_words.h: how a message stands, in the same words on every screen and in the report. */
#pragma once
#include "practice/notify.h"

/* "acknowledged by Eva Brandt (word)", or "acknowledged by Eva Brandt, as ana wrote it down": only
 * the one-time word shows that the message reached its reader. The message must be acknowledged. */
void notify_acknowledged_words(const struct view *v, const struct thing *message, struct buf *out);
/* The same for any state: "a draft, not sent", "silent since 07:16". */
void notify_state_words(const struct view *v, const struct thing *message, struct buf *out);
/* What it is about, in a few words that tell it from others, without its text or word: its
 * template, or how a text of one's own begins. */
void notify_about_words(const struct view *v, const struct thing *message, struct buf *out);

extern const struct operation notify_list;
