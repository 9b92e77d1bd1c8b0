/* decoded.c: decodes UTF-16 some at a time, and keeps where the last parts began. */
#include "timeline/decoded.h"
#include <stdlib.h>
#include "base/mem.h"

enum {
    RAW_SIZE = 64 << 10,
    TEXT_SIZE = RAW_SIZE / UTF16_UNIT * UTF16_GROWTH,
    KEPT = 64, /* formats of text go back by a mebibyte at most */
};

struct begin {
    uint64_t text, raw; /* places */
};

struct decoded {
    reader_bytes_at *bytes;
    void *context;
    enum text_encoding encoding;
    struct begin kept[KEPT]; /* in turns, the last ones that were decoded */
    size_t count;            /* of all that were kept */
    struct begin now;        /* of text */
    size_t len;
    uint64_t next_raw; /* behind it */
    bool is_end;       /* the source ends with it */
    bool has_rest;     /* with half a unit */
    char *text, *raw;
};

static int decode_at(struct decoded *d, struct begin from, struct err *e)
{
    size_t len = 0, got = 1, taken;

    while (got && len < RAW_SIZE) {
        int rc = d->bytes(d->context, from.raw + len, d->raw + len, RAW_SIZE - len, &got, e);

        if (rc)
            return rc;
        len += got;
    }
    d->now = from;
    d->is_end = len < RAW_SIZE;
    d->len = utf16_decode(d->encoding, (struct str){d->raw, len}, d->is_end, d->text, &taken);
    d->next_raw = from.raw + taken;
    d->has_rest = d->is_end && taken < len;
    if (d->count == 0 || from.text > d->kept[(d->count - 1) % KEPT].text)
        d->kept[d->count++ % KEPT] = from;
    return 0;
}

/* The last part that is known to begin there or before. */
static struct begin begin_before(const struct decoded *d, uint64_t at)
{
    struct begin best = {0};

    for (size_t i = 0; i < KEPT && i < d->count; i++)
        if (d->kept[i].text <= at && d->kept[i].text > best.text)
            best = d->kept[i];
    return best;
}

/* Decodes the part that has the byte at that place, or the last one. */
static int go_to(struct decoded *d, uint64_t at, struct err *e)
{
    bool is_far = d->count == 0 || at < d->now.text;
    int rc = is_far ? decode_at(d, begin_before(d, at), e) : 0;

    while (rc == 0 && !d->is_end && at >= d->now.text + d->len)
        rc = decode_at(d, (struct begin){d->now.text + d->len, d->next_raw}, e);
    return rc;
}

static int bytes_at(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                    struct err *e)
{
    struct decoded *d = context;
    struct str part;
    int rc = go_to(d, off, e);

    if (rc)
        return rc;
    part = (struct str){d->text, d->len};
    part = off - d->now.text < d->len ? str_from(part, (size_t)(off - d->now.text)) : STR("");
    part = str_head(part, size);
    if (part.len)
        memcpy(bytes, part.p, part.len);
    *got = part.len;
    return 0;
}

struct decoded *decoded_begin(struct reader *r)
{
    struct decoded *d = mem_new(struct decoded);

    d->bytes = r->bytes;
    d->context = r->bytes_context;
    d->encoding = r->encoding;
    d->raw = mem_alloc(RAW_SIZE);
    d->text = mem_alloc(TEXT_SIZE);
    r->bytes = bytes_at;
    r->bytes_context = d;
    r->decoded = d;
    return d;
}

void decoded_end(struct decoded *d, struct reader *r)
{
    r->bytes = d->bytes;
    r->bytes_context = d->context;
    r->decoded = NULL;
    free(d->raw);
    free(d->text);
    free(d);
}

int decoded_place(struct decoded *d, uint64_t at, uint64_t *place, struct err *e)
{
    int rc = go_to(d, at, e);

    if (rc == 0)
        *place = d->now.raw +
                 utf16_size(str_head((struct str){d->text, d->len}, (size_t)(at - d->now.text)));
    return rc;
}

bool decoded_has_rest(const struct decoded *d, uint64_t *place)
{
    *place = d->next_raw;
    return d->has_rest;
}
