/* unpack.c: xz, LZ4 and zstd, up to a size. */
#include "timeline/unpack.h"
#include <lz4.h>
#include <lzma.h>
#include <zstd.h>
#include "base/mem.h"
#include "timeline/bytes.h"

enum { XZ_MEMORY = 96 << 20, ZSTD_WINDOW_LOG = 27, LZ4_HEAD = 8 };

struct unpacker {
    char *bytes;
    size_t room;
    lzma_stream xz;
    ZSTD_DCtx *zstd;
};

struct unpacker *unpacker_new(size_t room)
{
    struct unpacker *u = mem_new(struct unpacker);

    u->bytes = mem_alloc(room);
    u->room = room;
    u->xz = (lzma_stream)LZMA_STREAM_INIT;
    return u;
}

void unpacker_free(struct unpacker *u)
{
    if (!u)
        return;
    lzma_end(&u->xz);
    ZSTD_freeDCtx(u->zstd);
    free(u->bytes);
    free(u);
}

static bool unpack_xz(struct unpacker *u, struct str packed, size_t *len)
{
    lzma_ret ret = lzma_stream_decoder(&u->xz, XZ_MEMORY, 0);

    u->xz.next_in = (const uint8_t *)packed.p;
    u->xz.avail_in = packed.len;
    u->xz.next_out = (uint8_t *)u->bytes;
    u->xz.avail_out = u->room;
    while (ret == LZMA_OK && u->xz.avail_out)
        ret = lzma_code(&u->xz, LZMA_FINISH);
    *len = u->room - u->xz.avail_out;
    return ret == LZMA_STREAM_END || u->xz.avail_out == 0;
}

static bool unpack_lz4(struct unpacker *u, struct str packed, size_t *len, uint64_t *whole)
{
    uint64_t size = packed.len >= LZ4_HEAD ? le64(packed, 0) : 0;
    struct str block = str_from(packed, LZ4_HEAD);
    int room = (int)(size < u->room ? size : u->room), got;

    if (size == 0 || block.len > INT32_MAX)
        return false;
    got = LZ4_decompress_safe_partial(block.p, u->bytes, (int)block.len, room, room);
    if (got < 0 || (got < room))
        return false;
    *len = (size_t)got;
    *whole = size;
    return true;
}

static bool unpack_zstd(struct unpacker *u, struct str packed, size_t *len, uint64_t *whole)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.len);
    ZSTD_inBuffer in = {packed.p, packed.len, 0};
    ZSTD_outBuffer out = {u->bytes, u->room, 0};
    size_t left = 1;

    if (!u->zstd)
        u->zstd = ZSTD_createDCtx();
    if (!u->zstd || size == ZSTD_CONTENTSIZE_ERROR)
        return false;
    ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    while (left && out.pos < out.size) {
        size_t before = in.pos + out.pos;

        left = ZSTD_decompressStream(u->zstd, &out, &in);
        if (ZSTD_isError(left) || (left && in.pos + out.pos == before))
            return false;
    }
    *len = out.pos;
    *whole = size == ZSTD_CONTENTSIZE_UNKNOWN ? out.pos : size;
    return true;
}

bool unpack(struct unpacker *u, enum unpack_kind kind, struct str packed, struct str *out,
            uint64_t *whole)
{
    uint64_t stated = 0;
    size_t len = 0;
    bool is_good = kind == UNPACK_XZ    ? unpack_xz(u, packed, &len)
                   : kind == UNPACK_LZ4 ? unpack_lz4(u, packed, &len, &stated)
                                        : unpack_zstd(u, packed, &len, &stated);

    if (!is_good)
        return false;
    *out = (struct str){u->bytes, len};
    *whole = stated > len ? stated : len;
    return true;
}
