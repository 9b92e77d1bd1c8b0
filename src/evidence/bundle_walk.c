/* bundle_walk.c: checks the frames of a bundle and the chain of hashes over them. */
#include "evidence/bundle_walk.h"
#include <zstd.h>
#include <zstd_errors.h>
#include "base/mem.h"

enum {
    LINK_NUMBER = 16,
    LINK_BYTES = 24,
    LINK_HASH = 32,
    FRAME_FLAGS = 4,
    FRAME_DICTIONARY = 3,
    FRAME_SINGLE_SEGMENT = 32,
    FRAME_HEADER_MOST = 18,
};

#define LAST ((uint64_t)1 << 63)

struct walk {
    const struct bundle_source *source;
    struct bundle_members *members;
    ZSTD_DCtx *zstd;
    uint8_t *bytes; /* BUNDLE_WALK_FRAME + BUNDLE_WALK_LINK */
    size_t size;    /* of those that are there */
    uint8_t *content;
    bool is_at_eof;
    bool had_last;
    struct bundle_summary *sum;
};

/* A piece that is good so far. */
struct piece {
    size_t frame;
    size_t content;
    bool is_last;
    struct hash link;
};

int bundle_source_fill(const struct bundle_source *s, void *bytes, size_t size, size_t *got,
                       struct err *e)
{
    uint8_t *to = bytes;
    size_t have = 0;

    while (have < size) {
        size_t more;
        int code = s->read(s->context, to + have, size - have, &more, e);

        if (code)
            return code;
        if (more == 0)
            break;
        have += more;
    }
    *got = have;
    return 0;
}

static int fill(struct walk *w, struct err *e)
{
    size_t room = BUNDLE_WALK_FRAME + BUNDLE_WALK_LINK - w->size;
    size_t got;
    int code;

    if (w->is_at_eof)
        return 0;
    code = bundle_source_fill(w->source, w->bytes + w->size, room, &got, e);
    if (code)
        return code;
    w->size += got;
    w->is_at_eof = got < room;
    return 0;
}

static void drop(struct walk *w, size_t size)
{
    w->size -= size;
    memmove(w->bytes, w->bytes + size, w->size);
}

static bool stop(struct walk *w, enum bundle_state state, const char *why)
{
    w->sum->state = state;
    snprintf(w->sum->why, sizeof(w->sum->why), "%s", why);
    return false;
}

static uint64_t read_u64(const uint8_t *p)
{
    uint64_t n = 0;

    for (unsigned i = 8; i-- > 0;)
        n = n << 8 | p[i];
    return n;
}

/* RFC 8878 §3.1.1.1: without a dictionary, and with a window that is not too large. */
static bool is_modest(const uint8_t *frame)
{
    uint8_t flags = frame[FRAME_FLAGS];
    uint64_t base = 1ull << (10 + (frame[FRAME_FLAGS + 1] >> 3));

    if (flags & FRAME_DICTIONARY)
        return false;
    if (flags & FRAME_SINGLE_SEGMENT) /* the window is the content */
        return true;
    return base + base / 8 * (frame[FRAME_FLAGS + 1] & 7) <= BUNDLE_WALK_WINDOW;
}

/* What the frame says of itself; false and a state where it is none that a bundle has. */
static bool check_frame(struct walk *w, struct piece *p)
{
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned long long content;

    if (w->size < FRAME_HEADER_MOST)
        return stop(w, BUNDLE_CUT, "it ends inside a piece");
    content = ZSTD_getFrameContentSize(w->bytes, w->size);
    if (memcmp(w->bytes, magic, sizeof(magic)) != 0 || content == ZSTD_CONTENTSIZE_ERROR)
        return stop(w, BUNDLE_ALTERED, "no Zstandard frame stands where one must");
    if (!is_modest(w->bytes) || content == 0 || content > BUNDLE_WALK_PIECE)
        return stop(w, BUNDLE_ALTERED, "a frame asks for more than a bundle allows");
    p->frame = ZSTD_findFrameCompressedSize(w->bytes, w->size);
    if (ZSTD_getErrorCode(p->frame) == ZSTD_error_srcSize_wrong && w->is_at_eof)
        return stop(w, BUNDLE_CUT, "it ends inside a piece");
    if (ZSTD_isError(p->frame) || p->frame > BUNDLE_WALK_FRAME)
        return stop(w, BUNDLE_ALTERED, "a frame is damaged");
    if (w->size - p->frame < BUNDLE_WALK_LINK)
        return stop(w, BUNDLE_CUT, "it ends before the link of a piece");
    return true;
}

/* The link is checked before anything is unpacked. */
static bool check_link(struct walk *w, struct piece *p)
{
    static const uint8_t start[] = {0x5c, 0x2a, 0x4d, 0x18, 56,  0,   0,   0,
                                    'c',  'a',  'l',  'm',  'l', 'i', 'n', 'k'};
    static const char domain[] = "calm chain/1\n";
    const uint8_t *link = w->bytes + p->frame;
    struct hash frame = hash_bytes(w->bytes, p->frame);
    uint64_t number = read_u64(link + LINK_NUMBER);

    p->is_last = number & LAST;
    p->link = hash_of((struct hash_piece[]){{domain, sizeof(domain) - 1},
                                            {w->sum->link.b, sizeof(w->sum->link.b)},
                                            {frame.b, sizeof(frame.b)},
                                            {link + LINK_NUMBER, LINK_HASH - LINK_NUMBER}},
                      4);
    w->sum->is_linked = w->sum->is_linked || memcmp(link, start, sizeof(start)) == 0;
    if (memcmp(link, start, sizeof(start)) != 0 || (number & ~LAST) != w->sum->pieces ||
        memcmp(link + LINK_HASH, p->link.b, sizeof(p->link.b)) != 0)
        return stop(w, BUNDLE_ALTERED, "the link of a piece does not fit");
    return true;
}

static bool unpack(struct walk *w, struct piece *p)
{
    uint64_t said = read_u64(w->bytes + p->frame + LINK_BYTES);

    p->content = ZSTD_decompressDCtx(w->zstd, w->content, BUNDLE_WALK_PIECE, w->bytes, p->frame);
    if (ZSTD_isError(p->content))
        return stop(w, BUNDLE_UNSOUND, "a frame cannot be unpacked");
    if (said != w->sum->bytes + p->content)
        return stop(w, BUNDLE_UNSOUND, "a link does not tell the bytes that stand before it");
    if (said > BUNDLE_WALK_ARCHIVE)
        return stop(w, BUNDLE_UNSOUND, "it unpacks to more than 1 TiB");
    return true;
}

/* 0 also where the archive is not as a bundle's: *goes_on is false then. */
static int take_content(struct walk *w, const struct piece *p, bool *goes_on, struct err *e)
{
    int code = bundle_members_add(w->members, (struct str){(char *)w->content, p->content}, e);

    *goes_on = code == 0;
    if (code == ERR_FORMAT || code == ERR_LIMIT) {
        stop(w, BUNDLE_UNSOUND, e->text);
        return 0;
    }
    if (code == 0 && p->is_last && !bundle_members_is_at_end(w->members))
        *goes_on = stop(w, BUNDLE_UNSOUND, "the archive does not end where the chain does");
    return code;
}

static void count_piece(struct walk *w, const struct piece *p)
{
    w->sum->pieces++;
    w->sum->good += p->frame + BUNDLE_WALK_LINK;
    w->sum->bytes += p->content;
    w->sum->link = p->link;
    w->sum->members = w->members ? bundle_members_count(w->members) : 0;
    w->had_last = p->is_last;
}

/* Takes one piece; *goes_on is false where nothing good follows. */
static int take_piece(struct walk *w, int (*frames)(void *, struct str, struct err *),
                      void *context, bool *goes_on, struct err *e)
{
    struct piece p = {0};
    int code = fill(w, e);

    *goes_on = false;
    if (code)
        return code;
    if (w->size == 0) {
        if (!w->had_last)
            stop(w, BUNDLE_CUT, "it ends behind a piece that is not the last");
        return 0;
    }
    if (w->had_last) {
        stop(w, BUNDLE_ALTERED, "something stands behind its end");
        return 0;
    }
    if (!check_frame(w, &p) || !check_link(w, &p) || (w->members && !unpack(w, &p)))
        return 0;
    *goes_on = true;
    code = w->members ? take_content(w, &p, goes_on, e) : 0;
    if (code || !*goes_on)
        return code;
    count_piece(w, &p);
    if (frames)
        code = frames(context, (struct str){(char *)w->bytes, p.frame + BUNDLE_WALK_LINK}, e);
    drop(w, p.frame + BUNDLE_WALK_LINK);
    return code;
}

int bundle_walk(const struct bundle_source *s, struct bundle_members *members,
                int (*frames)(void *context, struct str bytes, struct err *e), void *context,
                struct bundle_summary *out, struct err *e)
{
    CLEANUP_FREE uint8_t *bytes = mem_alloc(BUNDLE_WALK_FRAME + BUNDLE_WALK_LINK);
    CLEANUP_FREE uint8_t *content = mem_alloc(BUNDLE_WALK_PIECE);
    struct bundle_summary sum = {.state = BUNDLE_WHOLE};
    struct walk w = {.source = s,
                     .members = members,
                     .bytes = bytes,
                     .content = content,
                     .zstd = ZSTD_createDCtx(),
                     .sum = &sum};
    bool goes_on = true;
    int code = 0;

    if (!w.zstd)
        BUG("no memory for zstd");
    while (code == 0 && goes_on)
        code = take_piece(&w, frames, context, &goes_on, e);
    ZSTD_freeDCtx(w.zstd);
    if (code == 0)
        *out = sum;
    return code;
}
