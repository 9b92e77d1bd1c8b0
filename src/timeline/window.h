/* window.h: a part of a source of lines in memory, as UTF-8 where the source is in UTF-16, with the
 * places that its bytes have in the source. */
#pragma once
#include "timeline/format.h"

enum { WINDOW_SIZE = 4 << 20 };

struct window {
    reader_bytes_at *read;
    void *context;
    enum text_encoding encoding;
    char *bytes; /* WINDOW_SIZE */
    size_t len;
    uint64_t base;    /* place of bytes in the source */
    uint64_t dropped; /* bytes that stood before these, as they were held */
    bool is_end;      /* the source ends where bytes end */
    char *raw;        /* of UTF-16: what was read and is not decoded yet */
    size_t raw_len;
    uint64_t raw_end;     /* place behind raw */
    size_t known;         /* in bytes */
    uint64_t known_place; /* its place */
};
/* Nothing is read yet. Of UTF-16 base is even. */
void window_begin(struct window *w, const struct reader *r, uint64_t base);
void window_release(struct window *w);
/* Reads some more, as far as there is room, unless the source ends. What read returns. */
MUST_CHECK int window_fill(struct window *w, struct err *e);
/* The first bytes go, and what is behind them comes in front. */
void window_drop(struct window *w, size_t size);
/* The place of what stands at a byte of the window. Fast where it is called in order. */
uint64_t window_place(struct window *w, size_t at);
/* The other way round: the first character there or behind. It is looked for from the beginning. */
size_t window_find(const struct window *w, uint64_t place);
/* Whether the source ends with half a unit, which is in no window; behind its end. */
bool window_has_rest(const struct window *w);
