/* pack.c: compresses chunks. */
#include "acquire/pack.h"
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <string.h>
#include "base/hash.h"
#include "base/mem.h"

enum { SMALL_LEVEL = 6, ZEROS_ROOM = 256 };

struct packer {
    enum pack_level level;
    struct libdeflate_compressor *small;
    struct isal_zstream *fast;
    void *fast_room;
    uint8_t zeros[ZEROS_ROOM]; /* a whole chunk of zeros, packed */
    size_t zeros_size;         /* 0: not made yet */
};

struct packer *packer_new(enum pack_level level)
{
    struct packer *p = mem_new(struct packer);

    p->level = level;
    if (level == PACK_SMALL) {
        p->small = libdeflate_alloc_compressor(SMALL_LEVEL);
        if (!p->small)
            BUG("no compressor of level %d", SMALL_LEVEL);
    } else {
        p->fast = mem_new(struct isal_zstream);
        p->fast_room = mem_alloc(ISAL_DEF_LVL1_DEFAULT);
    }
    return p;
}

void packer_free(struct packer *p)
{
    if (!p)
        return;
    libdeflate_free_compressor(p->small);
    free(p->fast);
    free(p->fast_room);
    free(p);
}

uint32_t adler32_of(const void *bytes, size_t size)
{
    return libdeflate_adler32(1, bytes, size);
}

bool is_all_zero(const void *bytes, size_t size)
{
    const char *p = bytes;

    return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

/* 0: it would take more than room. */
static size_t pack_fast(struct packer *p, const void *bytes, size_t size, void *out, size_t room)
{
    struct isal_zstream *s = p->fast;

    isal_deflate_stateless_init(s);
    s->level = 1;
    s->level_buf = p->fast_room;
    s->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    s->gzip_flag = IGZIP_ZLIB;
    s->end_of_stream = 1;
    s->flush = NO_FLUSH;
    s->next_in = (uint8_t *)(uintptr_t)bytes;
    s->avail_in = (uint32_t)size;
    s->next_out = out;
    s->avail_out = (uint32_t)room;
    if (isal_deflate_stateless(s) != COMP_OK || s->avail_in)
        return 0;
    return room - s->avail_out;
}

static size_t pack(struct packer *p, const void *bytes, size_t size, void *out, size_t room)
{
    if (p->level == PACK_SMALL)
        return libdeflate_zlib_compress(p->small, bytes, size, out, room);
    return pack_fast(p, bytes, size, out, room);
}

static size_t pack_zeros(struct packer *p, const void *bytes, void *out)
{
    if (p->zeros_size == 0)
        p->zeros_size = pack(p, bytes, CHUNK_SIZE, p->zeros, sizeof(p->zeros));
    memcpy(out, p->zeros, p->zeros_size);
    return p->zeros_size;
}

size_t pack_chunk(struct packer *p, const void *bytes, size_t size, void *out, bool *is_packed)
{
    size_t packed = size == CHUNK_SIZE && is_all_zero(bytes, size) ? pack_zeros(p, bytes, out) : 0;
    uint32_t sum;

    if (packed == 0)
        packed = pack(p, bytes, size, out, size);
    *is_packed = packed != 0;
    if (packed)
        return packed;
    memcpy(out, bytes, size);
    sum = adler32_of(bytes, size);
    for (size_t i = 0; i < 4; i++)
        ((uint8_t *)out)[size + i] = (uint8_t)(sum >> 8 * i);
    return size + 4;
}

/* A line again and again, counted lines, and zeros with a byte now and then. */
static void fill_probe(unsigned which, char *bytes)
{
    static const char line[] = "og line\nl";

    memset(bytes, 0, CHUNK_SIZE);
    for (size_t i = 0; i < CHUNK_SIZE; i++)
        if (which == 0)
            bytes[i] = line[i % (sizeof(line) - 1)];
        else if (which == 1)
            bytes[i] = (char)('a' + (i / 7 * 5 + i % 7 * (i / 512)) % 23);
        else if (i % 97 == 0)
            bytes[i] = (char)(i / 97);
}

void pack_mark(enum pack_level level, uint8_t out[PACK_MARK_SIZE])
{
    CLEANUP(packer_freep) struct packer *p = packer_new(level);
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP_FREE char *bytes = mem_alloc(CHUNK_SIZE);
    CLEANUP_FREE char *packed = mem_alloc(CHUNK_ROOM);
    uint8_t sum[64];
    bool is_packed;

    for (unsigned which = 0; which < 3; which++) {
        fill_probe(which, bytes);
        digest_add(d, packed, pack_chunk(p, bytes, CHUNK_SIZE, packed, &is_packed));
    }
    (void)digest_end(d, sum);
    memcpy(out, sum, PACK_MARK_SIZE);
}
