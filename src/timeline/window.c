/* window.c: holds a part of a source of lines, and decodes it where that is in UTF-16. */
#include "timeline/window.h"
#include "base/mem.h"

enum {
    FILL_SIZE = 256 << 10, /* read at a time: what a core has near it */
    RAW_SIZE = FILL_SIZE,
    RAW_GROWN = RAW_SIZE / UTF16_UNIT * UTF16_GROWTH,
};

void window_begin(struct window *w, const struct reader *r, uint64_t base)
{
    *w = (struct window){.read = r->bytes,
                         .context = r->bytes_context,
                         .encoding = r->encoding,
                         .base = base,
                         .raw_end = base,
                         .known_place = base};
    w->bytes = mem_resize(NULL, WINDOW_SIZE, 1); /* mostly touched little: not cleared */
    if (text_unit(r->encoding) == UTF16_UNIT)
        w->raw = mem_alloc(RAW_SIZE);
}

void window_release(struct window *w)
{
    free(w->bytes);
    free(w->raw);
}

static int fill_as_it_is(struct window *w, struct err *e)
{
    size_t room = WINDOW_SIZE - w->len, end = w->len + (room < FILL_SIZE ? room : FILL_SIZE);

    while (w->len < end && !w->is_end) {
        size_t got;
        int rc = w->read(w->context, w->base + w->len, w->bytes + w->len, end - w->len, &got, e);

        if (rc)
            return rc;
        if (w->encoding == TEXT_CR_ENDS)
            text_end_lines(w->bytes + w->len, got);
        w->is_end = got == 0;
        w->len += got;
    }
    return 0;
}

static void decode(struct window *w)
{
    size_t taken;

    w->len += utf16_decode(w->encoding, (struct str){w->raw, w->raw_len}, w->is_end,
                           w->bytes + w->len, &taken);
    w->raw_len -= taken;
    memmove(w->raw, w->raw + taken, w->raw_len);
}

int window_fill(struct window *w, struct err *e)
{
    size_t end = w->len + FILL_SIZE / UTF16_UNIT;

    if (!w->raw)
        return fill_as_it_is(w, e);
    while (w->len < end && WINDOW_SIZE - w->len >= RAW_GROWN && !w->is_end) {
        size_t got;
        int rc =
            w->read(w->context, w->raw_end, w->raw + w->raw_len, RAW_SIZE - w->raw_len, &got, e);

        if (rc)
            return rc;
        w->is_end = got == 0;
        w->raw_end += got;
        w->raw_len += got;
        decode(w);
    }
    return 0;
}

void window_drop(struct window *w, size_t size)
{
    w->base = window_place(w, size);
    w->known = 0;
    w->known_place = w->base;
    if (size < w->len)
        memmove(w->bytes, w->bytes + size, w->len - size);
    w->len -= size;
    w->dropped += size;
}

uint64_t window_place(struct window *w, size_t at)
{
    if (!w->raw)
        return w->base + at;
    if (at < w->known) {
        w->known = 0;
        w->known_place = w->base;
    }
    w->known_place += utf16_size((struct str){w->bytes + w->known, at - w->known});
    w->known = at;
    return w->known_place;
}

static size_t next_character(const struct window *w, size_t at)
{
    do
        at++;
    while (at < w->len && ((uint8_t)w->bytes[at] & 0xC0) == 0x80);
    return at;
}

size_t window_find(const struct window *w, uint64_t place)
{
    uint64_t there = w->base;
    size_t at = 0;

    if (!w->raw)
        return place - w->base < w->len ? (size_t)(place - w->base) : w->len;
    while (at < w->len && there < place) {
        size_t next = next_character(w, at);

        there += utf16_size((struct str){w->bytes + at, next - at});
        at = next;
    }
    return at;
}

bool window_has_rest(const struct window *w)
{
    return w->is_end && w->raw_len;
}
