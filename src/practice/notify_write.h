/* notify_write.h: messages that are made from a template. */
#pragma once
#include "practice/notify.h"

#define NOTIFY_WORD_LETTERS "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
enum { NOTIFY_WORD_SIZE = 6 };

/* Draws a one-time word, with a digit and a letter. */
void notify_word_draw(char out[NOTIFY_WORD_SIZE + 1]);

extern const struct operation notify_write;
