/* bundle_frame.c: cuts the archive into Zstandard frames, chains them by hashes, and hands them to
 * the seal or straight to the output. */
#include <zstd.h>
#include "base/mem.h"
#include "collect/bundle_internal.h"

enum { LEVEL = 1, LINK_MAGIC = 0x184D2A5C, LINK_BODY = 56 };

static const char chain_domain[] = "calm chain/1\n";

struct bundle_frames {
    struct bundle_output output;
    struct bundle_seal *seal; /* NULL: none */
    ZSTD_CCtx *zstd;
    uint8_t *piece;
    size_t piece_size;
    uint8_t *frame;
    size_t frame_room;
    uint8_t *chunk;
    size_t chunk_size;
    uint8_t *sealed;
    struct hash link;
    uint64_t number; /* of the piece that is filled */
    uint64_t in;
    uint64_t out;
};

static int give(struct bundle_frames *f, const void *bytes, size_t size, struct err *e)
{
    int code = f->output.write(f->output.context, bytes, size, e);

    if (code == 0)
        f->out += size;
    return code;
}

static void start_zstd(struct bundle_frames *f)
{
    f->zstd = ZSTD_createCCtx();
    if (!f->zstd)
        BUG("no memory for zstd");
    if (ZSTD_isError(ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, LEVEL)))
        BUG("zstd does not know its level %d", LEVEL);
}

static int start_seal(struct bundle_frames *f, const struct bundle_recipient *to, size_t to_count,
                      struct err *e)
{
    CLEANUP_BUF struct buf head = {0};
    int code = bundle_seal_begin(&f->seal, to, to_count, &head, e);

    if (code)
        return code;
    f->chunk = mem_alloc(BUNDLE_CHUNK_SIZE);
    f->sealed = mem_alloc(4 + BUNDLE_CHUNK_SIZE + BUNDLE_CHUNK_ADDED);
    return give(f, head.p, head.len, e);
}

DEFINE_CLEANUP(struct bundle_frames *, bundle_frames_free)

int bundle_frames_begin(struct bundle_frames **out, const struct bundle_output *output,
                        const struct bundle_recipient *to, size_t to_count, struct err *e)
{
    CLEANUP(bundle_frames_freep) struct bundle_frames *f = mem_new(struct bundle_frames);

    f->output = *output;
    f->frame_room = ZSTD_compressBound(BUNDLE_PIECE_SIZE);
    f->piece = mem_alloc(BUNDLE_PIECE_SIZE);
    f->frame = mem_alloc(f->frame_room);
    start_zstd(f);
    if (to_count) {
        int code = start_seal(f, to, to_count, e);

        if (code)
            return code;
    }
    *out = MOVE(f);
    return 0;
}

static int put_chunk(struct bundle_frames *f, bool is_last, struct err *e)
{
    size_t size = f->chunk_size;

    bundle_seal_chunk(f->seal, f->chunk, size, is_last, f->sealed);
    f->chunk_size = 0;
    return give(f, f->sealed, 4 + size + BUNDLE_CHUNK_ADDED, e);
}

static int add_to_chunks(struct bundle_frames *f, const uint8_t *bytes, size_t size, struct err *e)
{
    while (size) {
        size_t part = BUNDLE_CHUNK_SIZE - f->chunk_size;

        if (part == 0) {
            int code = put_chunk(f, false, e);

            if (code)
                return code;
            continue;
        }
        if (part > size)
            part = size;
        memcpy(f->chunk + f->chunk_size, bytes, part);
        f->chunk_size += part;
        bytes += part;
        size -= part;
    }
    return 0;
}

static void write_u32(uint8_t *out, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (8 * i));
}

static void write_u64(uint8_t *out, uint64_t n)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (8 * i));
}

static void make_link(struct bundle_frames *f, size_t frame_size, bool is_last,
                      uint8_t out[BUNDLE_LINK_SIZE])
{
    struct hash frame = hash_bytes(f->frame, frame_size);

    write_u32(out, LINK_MAGIC);
    write_u32(out + 4, LINK_BODY);
    memcpy(out + 8, "calmlink", 8);
    write_u64(out + 16, f->number | (is_last ? BUNDLE_LINK_LAST : 0));
    write_u64(out + 24, f->in);
    f->link = hash_of((struct hash_piece[]){{chain_domain, sizeof(chain_domain) - 1},
                                            {f->link.b, sizeof(f->link.b)},
                                            {frame.b, sizeof(frame.b)},
                                            {out + 16, 16}},
                      4);
    memcpy(out + 32, f->link.b, sizeof(f->link.b));
    f->number++;
}

static int put_frame(struct bundle_frames *f, size_t size, const uint8_t link[BUNDLE_LINK_SIZE],
                     bool is_last, struct err *e)
{
    int code;

    if (!f->seal) {
        code = give(f, f->frame, size, e);
        return code ? code : give(f, link, BUNDLE_LINK_SIZE, e);
    }
    code = add_to_chunks(f, f->frame, size, e);
    if (code == 0)
        code = add_to_chunks(f, link, BUNDLE_LINK_SIZE, e);
    /* What is behind a link is not held back: a cut costs no piece that was ended. */
    return code ? code : put_chunk(f, is_last, e);
}

int bundle_frames_cut(struct bundle_frames *f, bool is_last, struct err *e)
{
    uint8_t link[BUNDLE_LINK_SIZE];
    size_t size;

    if (f->piece_size == 0)
        return 0;
    size = ZSTD_compress2(f->zstd, f->frame, f->frame_room, f->piece, f->piece_size);
    if (ZSTD_isError(size))
        BUG("zstd cannot compress: %s", ZSTD_getErrorName(size));
    f->piece_size = 0;
    make_link(f, size, is_last, link);
    return put_frame(f, size, link, is_last, e);
}

int bundle_frames_add(struct bundle_frames *f, const void *bytes, size_t size, struct err *e)
{
    const uint8_t *from = bytes;

    while (size) {
        size_t part = BUNDLE_PIECE_SIZE - f->piece_size;

        if (part == 0) {
            int code = bundle_frames_cut(f, false, e);

            if (code)
                return code;
            continue;
        }
        if (part > size)
            part = size;
        memcpy(f->piece + f->piece_size, from, part);
        f->piece_size += part;
        f->in += part;
        from += part;
        size -= part;
    }
    return 0;
}

uint64_t bundle_frames_in(const struct bundle_frames *f)
{
    return f->in;
}

uint64_t bundle_frames_out(const struct bundle_frames *f)
{
    return f->out;
}

void bundle_frames_free(struct bundle_frames *f)
{
    if (!f)
        return;
    bundle_seal_free(f->seal);
    ZSTD_freeCCtx(f->zstd);
    if (f->chunk)
        mem_wipe(f->chunk, BUNDLE_CHUNK_SIZE);
    free(f->piece);
    free(f->frame);
    free(f->chunk);
    free(f->sealed);
    free(f);
}
