/* packing.c: unpacks with the library of each kind, behind one loop; what is appended of the same
 * kind is one file, as the programs of each have it. */
#include "timeline/packing.h"
#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include "base/mem.h"

enum { GZIP_BITS = 15 + 16, PIECE_MOST = 1 << 30 };
#define XZ_MEMORY ((uint64_t)512 << 20)

/* Bytes on both sides of a step. */
struct step {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_size;
    bool is_last; /* no more comes in */
};
enum verdict {
    VERDICT_MORE,    /* it took and gave what it could */
    VERDICT_END,     /* one whole file of the kind */
    VERDICT_DAMAGED, /* p->damage says why */
};

struct packing {
    const struct kind *kind;
    packing_more *more;
    void *context;
    struct step step;
    union {
        z_stream gzip;
        bz_stream bzip2;
        lzma_stream xz;
        ZSTD_DStream *zstd;
    };
    gz_header head;
    bool is_begun; /* within a file of the kind, or before the first */
    bool is_over;
    const char *damage;
    bool is_unsure; /* what came out may have been damaged before */
};

struct kind {
    const char *mark;
    size_t mark_size;
    uint8_t skipped;  /* the first byte of a frame that holds nothing of the file, but its last four
                       * bits, which may be any; 0: there are none */
    const char *then; /* what follows it */
    bool (*begin)(struct packing *p);
    enum verdict (*unpack)(struct packing *p);
    void (*end)(struct packing *p);
};

static enum verdict damaged(struct packing *p, const char *why)
{
    p->damage = why;
    p->is_unsure = true;
    return VERDICT_DAMAGED;
}

static bool begin_gzip(struct packing *p)
{
    p->gzip = (z_stream){0};
    return inflateInit2(&p->gzip, GZIP_BITS) == Z_OK &&
           inflateGetHeader(&p->gzip, &p->head) == Z_OK;
}

static enum verdict unpack_gzip(struct packing *p)
{
    struct step *s = &p->step;
    z_stream *z = &p->gzip;
    int rc;

    z->next_in = (z_const Bytef *)s->in;
    z->avail_in = (uInt)s->in_size;
    z->next_out = s->out;
    z->avail_out = (uInt)s->out_size;
    rc = inflate(z, Z_NO_FLUSH);
    s->in = z->next_in;
    s->in_size = z->avail_in;
    s->out = z->next_out;
    s->out_size = z->avail_out;
    if (rc == Z_STREAM_END)
        return VERDICT_END;
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return VERDICT_MORE;
    if (z->msg && strstr(z->msg, "incorrect"))
        return damaged(p, "its check sum is not that of what was packed");
    return damaged(p, "what is packed is not sound");
}

static void end_gzip(struct packing *p)
{
    (void)inflateEnd(&p->gzip);
}

static bool begin_bzip2(struct packing *p)
{
    p->bzip2 = (bz_stream){0};
    return BZ2_bzDecompressInit(&p->bzip2, 0, 0) == BZ_OK;
}

static enum verdict unpack_bzip2(struct packing *p)
{
    struct step *s = &p->step;
    bz_stream *b = &p->bzip2;
    int rc;

    b->next_in = (char *)s->in; /* it does not write there */
    b->avail_in = (unsigned)s->in_size;
    b->next_out = (char *)s->out;
    b->avail_out = (unsigned)s->out_size;
    rc = BZ2_bzDecompress(b);
    s->in = (const uint8_t *)b->next_in;
    s->in_size = b->avail_in;
    s->out = (uint8_t *)b->next_out;
    s->out_size = b->avail_out;
    if (rc == BZ_STREAM_END)
        return VERDICT_END;
    return rc == BZ_OK ? VERDICT_MORE
                       : damaged(p, "a block of it is not sound, or its check sum is another");
}

static void end_bzip2(struct packing *p)
{
    (void)BZ2_bzDecompressEnd(&p->bzip2);
}

static bool begin_xz(struct packing *p)
{
    p->xz = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&p->xz, XZ_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) == LZMA_OK;
}

static enum verdict unpack_xz(struct packing *p)
{
    struct step *s = &p->step;
    lzma_stream *x = &p->xz;
    lzma_ret rc;

    x->next_in = s->in;
    x->avail_in = s->in_size;
    x->next_out = s->out;
    x->avail_out = s->out_size;
    rc = lzma_code(x, LZMA_RUN);
    s->in = x->next_in;
    s->in_size = x->avail_in;
    s->out = x->next_out;
    s->out_size = x->avail_out;
    switch (rc) {
    case LZMA_OK:
    case LZMA_BUF_ERROR:
    case LZMA_UNSUPPORTED_CHECK:
        return VERDICT_MORE;
    case LZMA_STREAM_END:
        return VERDICT_END;
    case LZMA_MEMLIMIT_ERROR:
        p->damage = "unpacking it takes more than 512 MiB of memory";
        return VERDICT_DAMAGED;
    default:
        return damaged(p, "a block of it is not sound, or its check sum is another");
    }
}

static void end_xz(struct packing *p)
{
    lzma_end(&p->xz);
}

static bool begin_zstd(struct packing *p)
{
    p->zstd = ZSTD_createDStream();
    return p->zstd && !ZSTD_isError(ZSTD_initDStream(p->zstd));
}

static enum verdict unpack_zstd(struct packing *p)
{
    struct step *s = &p->step;
    ZSTD_inBuffer in = {s->in, s->in_size, 0};
    ZSTD_outBuffer out = {s->out, s->out_size, 0};
    size_t rc = ZSTD_decompressStream(p->zstd, &out, &in);

    s->in += in.pos;
    s->in_size -= in.pos;
    s->out += out.pos;
    s->out_size -= out.pos;
    if (ZSTD_isError(rc))
        return damaged(p, "a block of it is not sound, or its check sum is another");
    return rc == 0 ? VERDICT_END : VERDICT_MORE;
}

static void end_zstd(struct packing *p)
{
    (void)ZSTD_freeDStream(p->zstd);
    p->zstd = NULL;
}

static const struct kind kinds[] = {
    [PACKING_GZIP] = {"\x1f\x8b", 2, 0, NULL, begin_gzip, unpack_gzip, end_gzip},
    [PACKING_BZIP2] = {"BZh", 3, 0, NULL, begin_bzip2, unpack_bzip2, end_bzip2},
    [PACKING_XZ] = {"\xfd"
                    "7zXZ\0",
                    6, 0, NULL, begin_xz, unpack_xz, end_xz},
    [PACKING_ZSTD] = {"\x28\xb5\x2f\xfd", 4, 0x50, "\x2a\x4d\x18", begin_zstd, unpack_zstd,
                      end_zstd},
};

static bool may_be_skipped(const struct kind *k, char first)
{
    return k->skipped && ((uint8_t)first & 0xF0) == k->skipped;
}

static bool begins(const struct kind *k, struct str head)
{
    if (head.len && may_be_skipped(k, head.p[0]))
        return str_starts(str_from(head, 1), k->then);
    return head.len >= k->mark_size && memcmp(head.p, k->mark, k->mark_size) == 0;
}

enum packing_kind packing_of(struct str head)
{
    for (enum packing_kind i = PACKING_GZIP; i < (enum packing_kind)COUNT_OF(kinds); i++)
        if (begins(&kinds[i], head))
            return i;
    return PACKING_NONE;
}

static void begin(struct packing *p)
{
    if (!p->kind->begin(p))
        BUG("out of memory, an unpacker was wanted");
    p->is_begun = true;
}

struct packing *packing_new(enum packing_kind kind, packing_more *more, void *context)
{
    struct packing *p = mem_new(struct packing);

    p->kind = &kinds[kind];
    p->more = more;
    p->context = context;
    begin(p);
    return p;
}

static void end(struct packing *p)
{
    if (p->is_begun)
        p->kind->end(p);
    p->is_begun = false;
}

void packing_free(struct packing *p)
{
    if (!p)
        return;
    end(p);
    free(p);
}

static int fill(struct packing *p, struct err *e)
{
    const void *bytes = NULL;
    size_t got = 0;
    int rc;

    if (p->step.in_size || p->step.is_last)
        return 0;
    rc = p->more(p->context, &bytes, &got, e);
    if (rc)
        return rc;
    p->step.in = bytes;
    p->step.in_size = got < PIECE_MOST ? got : PIECE_MOST;
    p->step.is_last = got == 0;
    return 0;
}

/* Between two files of the kind: zeros are padding; what else is there and no such file is told.
 * Its mark may lie in two pieces, so its first byte counts. */
static int go_on(struct packing *p, struct err *e)
{
    struct step *s = &p->step;
    int rc = fill(p, e);

    while (rc == 0 && s->in_size && *s->in == 0) {
        s->in++;
        s->in_size--;
        rc = fill(p, e);
    }
    if (rc)
        return rc;
    if (s->in_size &&
        (*s->in == (uint8_t)p->kind->mark[0] || may_be_skipped(p->kind, (char)*s->in))) {
        begin(p);
        return 0;
    }
    p->is_over = true;
    if (s->in_size)
        p->damage = "what stands behind its end is not packed as it is";
    return 0;
}

static int take_step(struct packing *p, struct err *e)
{
    struct step *s = &p->step;
    size_t in_before, out_before;
    enum verdict v;
    int rc;

    if (!p->is_begun)
        return go_on(p, e);
    rc = fill(p, e);
    if (rc)
        return rc;
    in_before = s->in_size;
    out_before = s->out_size;
    v = p->kind->unpack(p);
    if (v == VERDICT_END) {
        end(p);
    } else if (v == VERDICT_DAMAGED) {
        p->is_over = true;
    } else if (s->is_last && in_before == s->in_size && out_before == s->out_size) {
        p->is_over = true;
        p->damage = "it is cut: it goes on behind its last byte";
    }
    return 0;
}

int packing_read(struct packing *p, void *bytes, size_t size, size_t *got, struct err *e)
{
    size_t room = size < PIECE_MOST ? size : PIECE_MOST;
    int rc = 0;

    p->step.out = bytes;
    p->step.out_size = room;
    while (rc == 0 && !p->is_over && p->step.out_size)
        rc = take_step(p, e);
    if (rc)
        return rc;
    *got = room - p->step.out_size;
    return 0;
}

const char *packing_damage(const struct packing *p)
{
    return p->damage;
}

bool packing_is_unsure(const struct packing *p)
{
    return p->is_unsure;
}

int64_t packing_written_s(const struct packing *p)
{
    bool has_time = p->kind == &kinds[PACKING_GZIP] && p->head.done == 1 && p->head.time;

    return has_time ? (int64_t)p->head.time : INT64_MIN;
}

size_t packing_untaken(const struct packing *p)
{
    return p->step.in_size;
}
