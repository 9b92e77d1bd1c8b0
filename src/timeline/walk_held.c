/* walk_held.c: what is unpacked on the way through the evidence: held, counted, and left where it
 * is too much. */
#include "timeline/walk_held.h"
#include <stdio.h>
#include <archive.h>
#include "base/limits.h"
#include "timeline/container.h"

#define SHARE_FREE ((uint64_t)16 << 20)
#define PASSED_LEAST ((uint64_t)8 << 30)

bool walking_is_own(const struct walking *w)
{
    return w->walk->shares == 0 || w->things % w->walk->shares == w->walk->share;
}

bool walking_is_for_all(const struct walking *w, struct str head)
{
    return w->walk->is_for_all && w->walk->is_for_all(head);
}

/* How far the outermost container was taken in. */
static uint64_t root_read(const struct walking *w)
{
    const struct source *s = w->root;
    la_int64_t at = 0;

    if (s && s->packing)
        return s->off - packing_untaken(s->packing);
    if (s && s->archive)
        at = archive_filter_bytes(s->archive, -1);
    return at < 0 ? 0 : (uint64_t)at;
}

bool walking_is_spent(const struct walking *w)
{
    uint64_t bytes = w->in_size / 2 + (w->before + root_read(w)) / 2;

    return w->out_size > SHARE_FREE + bytes * LIMIT_ARCHIVE_EXPANSION;
}

void walking_count_out(struct walking *w, uint64_t more)
{
    if (walking_is_spent(w))
        w->overdrawn += more;
    w->out_size += more;
    if (w->out_size > LIMIT_ARCHIVE_TOTAL_SIZE)
        w->ended = "reading ended here: more than 64 GiB are packed in it";
}

void walking_count_unpacked(struct walking *w, uint64_t more)
{
    uint64_t most = w->in_size * LIMIT_ARCHIVE_EXPANSION;

    if (most < PASSED_LEAST)
        most = PASSED_LEAST;
    if (most > LIMIT_ARCHIVE_TOTAL_SIZE)
        most = LIMIT_ARCHIVE_TOTAL_SIZE;
    w->unpacked += more;
    if (w->unpacked > w->out_size + most)
        w->ended = "reading ended here: too much of what is packed in it had to be passed over";
}

/* A member's first bytes are read though the share is spent, while these are few in sum. */
static bool is_left(const struct walking *w, const struct held *h)
{
    return walking_is_spent(w) && (h->size || w->overdrawn > WALK_OVERDRAWN_MOST);
}

bool held_is_full(const struct walking *w, struct held *h)
{
    bool is_much = !w->ended && is_left(w, h);

    if (!w->ended && w->held <= WALK_HELD_MOST && !is_much)
        return false;
    snprintf(h->words, WORDS_SIZE, "the first %llu bytes of it were read%s",
             (unsigned long long)h->size,
             is_much ? ": with more, what is unpacked would be over 200 times what is packed" : "");
    h->why = h->words;
    return true;
}

static void tell_damage(struct held *h, const char *words)
{
    snprintf(h->words, WORDS_SIZE, "damaged behind its byte %llu: %.300s",
             (unsigned long long)h->size, words);
    h->why = h->words;
}

void held_tell_damage(struct held *h, const struct packing *p)
{
    if (!packing_is_unsure(p) || h->size == 0) {
        tell_damage(h, packing_damage(p));
        return;
    }
    snprintf(h->words, WORDS_SIZE,
             "damaged somewhere in its first %llu bytes or right behind them, so any of its events "
             "may be wrong: %.300s",
             (unsigned long long)h->size, packing_damage(p));
    h->why = h->words;
}

void held_add(struct walking *w, struct held *h, const char *bytes, size_t size)
{
    struct buf *out = &h->bytes;

    if (out->len < HEAD_SIZE || walking_is_own(w) || container_is_one(buf_str(out)) ||
        walking_is_for_all(w, buf_str(out))) {
        if (bytes)
            buf_add(out, bytes, size);
        else
            buf_addn(out, '\0', size);
    }
    h->size += size;
    w->held += size;
    walking_count_out(w, size);
}

static void hold_block(struct walking *w, struct held *h, const char *bytes, uint64_t size)
{
    while (size && !held_is_full(w, h)) {
        size_t n = size < CHUNK_SIZE ? (size_t)size : CHUNK_SIZE;

        held_add(w, h, bytes, n);
        bytes = bytes ? bytes + n : NULL;
        size -= n;
    }
}

void held_read(struct walking *w, struct archive *a, struct held *h)
{
    while (!h->why) {
        const void *bytes;
        size_t size = 0;
        la_int64_t off = 0;
        int state = archive_read_data_block(a, &bytes, &size, &off);

        if (state == ARCHIVE_EOF)
            return;
        if (state >= ARCHIVE_WARN && size) {
            if (off > 0 && (uint64_t)off > h->size) /* a hole */
                hold_block(w, h, NULL, (uint64_t)off - h->size);
            hold_block(w, h, bytes, size);
        }
        if (state != ARCHIVE_OK && !h->why && !held_is_full(w, h))
            tell_damage(h,
                        archive_error_string(a) ? archive_error_string(a) : "no reason is known");
    }
}

void walking_pass_over(struct walking *w, struct archive *a)
{
    int state = ARCHIVE_OK;

    if ((archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_7ZIP)
        return;
    while (state >= ARCHIVE_WARN && state != ARCHIVE_EOF && !w->ended) {
        const void *bytes;
        size_t size = 0;
        la_int64_t off;

        state = archive_read_data_block(a, &bytes, &size, &off);
        walking_count_unpacked(w, size);
    }
}

void held_release(struct held *h)
{
    buf_release(&h->bytes);
}
