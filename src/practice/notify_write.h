/* notify_write.h: messages that are made from a template. */
#pragma once
#include "practice/notify.h"

#define NOTIFY_WORD_LETTERS "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
enum { NOTIFY_WORD_SIZE = 6 };

/* Draws a one-time word, with a digit and a letter. */
void notify_word_draw(char out[NOTIFY_WORD_SIZE + 1]);

/* Drafts the reminder of a deadline for one person, from the template "reminder", as due to be
 * sent: at the deadline's label. before_s: how long before the deadline it stands for. ERR_DENIED
 * where that person, or the text, is not for that label. */
MUST_CHECK int notify_write_reminder(struct decision *d, const struct surroundings *around,
                                     const struct thing *deadline, const struct thing *to,
                                     int64_t before_s, struct err *e);

extern const struct operation notify_write;
