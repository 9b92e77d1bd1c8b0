/* test_timeline_blocks_told.h: the digest of blocks as section 3.3 of doc/format/timeline.md has
 * it, from the values that events have, with OpenSSL alone. Include cmocka.h before. */
#pragma once
#include <openssl/evp.h>
#include "base/mem.h"
#include "base/str.h"

/* The values of a column, in the order of their rows. */
struct told {
    struct told_value {
        const char *p;
        size_t size, row;
        size_t number; /* of those that are different, from 1 */
    } * of;
    size_t count, room;
    size_t different;
    bool is_many, has_lists;
};

static void told_add(struct told *t, size_t row, const char *p, size_t size)
{
    t->has_lists = t->has_lists || (t->count && t->of[t->count - 1].row == row);
    t->of = mem_grow(t->of, t->count, &t->room, sizeof(t->of[0]));
    t->of[t->count++] = (struct told_value){.p = p, .size = size, .row = row};
}

static bool told_is(const struct told_value *a, const struct told_value *b)
{
    return a->size == b->size && memcmp(a->p, b->p, a->size) == 0;
}

/* Numbers them, while there are few. */
static void told_number(struct told *t)
{
    enum { SLOTS = 1 << 16, FNV = 16777619 };
    size_t *slots = mem_array(SLOTS, sizeof(slots[0])); /* a value from 1; 0: free */

    for (size_t i = 0; i < t->count && !t->is_many; i++) {
        struct told_value *v = &t->of[i];
        uint32_t at = 0;

        for (size_t k = 0; k < v->size; k++)
            at = (at ^ (uint8_t)v->p[k]) * FNV;
        for (at %= SLOTS; slots[at] && !told_is(&t->of[slots[at] - 1], v);)
            at = (at + 1) % SLOTS;
        if (slots[at]) {
            v->number = t->of[slots[at] - 1].number;
            continue;
        }
        t->is_many = t->different >= 8192 || (i >= 1024 && t->different > i / 4 * 3);
        v->number = ++t->different;
        slots[at] = i + 1;
    }
    free(slots);
}

static void told_little(struct buf *out, uint64_t n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_addc(out, (char)(n >> 8 * i));
}

static void told_varint(struct buf *out, uint64_t n)
{
    for (; n >= 128; n /= 128)
        buf_addc(out, (char)(n % 128 + 128));
    buf_addc(out, (char)n);
}

static void told_signed(struct buf *out, uint64_t n)
{
    told_varint(out, n >> 63 ? ~n * 2 + 1 : n * 2);
}

static void told_few(const struct told *t, size_t rows, struct buf *out)
{
    int each = t->different > 255 ? 2 : 1;
    size_t next = 1, row = 0;

    told_varint(out, t->different);
    for (size_t i = 0; i < t->count; i++)
        if (t->of[i].number == next && next++)
            told_varint(out, t->of[i].size);
    next = 1;
    for (size_t i = 0; i < t->count; i++)
        if (t->of[i].number == next && next++)
            buf_add(out, t->of[i].p, t->of[i].size);
    for (size_t i = 0; i < t->count; i++) {
        for (; row < t->of[i].row; row++)
            told_little(out, 0, each);
        told_little(out, t->of[i].number, each);
        row++;
    }
    for (; row < rows; row++)
        told_little(out, 0, each);
}

static void told_sizes(const struct told *t, size_t rows, bool has_counts, struct buf *out)
{
    size_t at = 0;

    for (size_t row = 0; row < rows; row++) {
        size_t from = at;

        while (at < t->count && t->of[at].row == row)
            at++;
        if (has_counts || at == from)
            told_varint(out, at - from);
        for (size_t i = from; !has_counts && i < at; i++)
            told_varint(out, t->of[i].size + 1);
    }
    for (size_t i = 0; has_counts && i < t->count; i++)
        told_varint(out, t->of[i].size + 1);
    for (size_t i = 0; i < t->count; i++)
        buf_add(out, t->of[i].p, t->of[i].size);
}

static void told_bytes(EVP_MD_CTX *md, char kind, const char *name, const struct buf *bytes)
{
    CLEANUP_BUF struct buf size = {0};

    told_little(&size, bytes->len, 8);
    assert_int_equal(EVP_DigestUpdate(md, &kind, 1), 1);
    assert_int_equal(EVP_DigestUpdate(md, name, strlen(name) + 1), 1);
    assert_int_equal(EVP_DigestUpdate(md, size.p, size.len), 1);
    assert_int_equal(EVP_DigestUpdate(md, bytes->p, bytes->len), 1);
}

static void told_column(EVP_MD_CTX *md, const char *name, struct told *t, size_t rows)
{
    CLEANUP_BUF struct buf bytes = {0};

    told_number(t);
    if (t->has_lists || t->is_many)
        told_sizes(t, rows, t->has_lists, &bytes);
    else
        told_few(t, rows, &bytes);
    told_bytes(md, t->has_lists ? 'M' : t->is_many ? 'V' : 'D', name, &bytes);
    free(t->of);
    *t = (struct told){0};
}

/* Differences to the one before. */
static void told_numbers(EVP_MD_CTX *md, char kind, const char *name, const uint64_t *numbers,
                         size_t rows)
{
    CLEANUP_BUF struct buf bytes = {0};

    for (size_t i = 0; i < rows; i++)
        told_signed(&bytes, numbers[i] - (i ? numbers[i - 1] : 0));
    told_bytes(md, kind, name, &bytes);
}
