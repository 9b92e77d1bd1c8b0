/* evidence_sealed.c: which items hold bytes that may be unlawful to possess, under whatever number.
 */
#include "practice/evidence.h"

bool evidence_is_sealed(const struct thing *item)
{
    return thing_is(item, "evidence") && thing_value(item, "unlawful").len > 0;
}

/* The item's bytes: its blob's, what an image holds, and what that was read from. */
static const struct {
    const char *sum, *size;
} sums[] = {{"sha256", "size"}, {"image-sha256", "image-size"}, {"source-sha256", "size"}};

/* The next file of an image that holds bytes of it. */
static bool next_part(struct str *rest, struct evidence_file *out)
{
    while (evidence_file_next(rest, out))
        if (!evidence_file_is_beside(out))
            return true;
    return false;
}

static bool has_whole(const struct thing *item, const struct hash *sum)
{
    struct hash named;

    for (size_t i = 0; i < COUNT_OF(sums); i++)
        if (hex_read(named.b, sizeof(named.b), thing_value(item, sums[i].sum)) &&
            hash_eq(&named, sum))
            return true;
    return false;
}

static bool has_part(const struct thing *item, const struct hash *sum)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;

    while (next_part(&rest, &file))
        if (file.has_sum && hash_eq(&file.sum, sum))
            return true;
    return false;
}

/* Whether these are the item's bytes, or those of one of its files. */
static bool has_bytes(const struct thing *item, const struct hash *sum)
{
    return has_whole(item, sum) || has_part(item, sum);
}

bool evidence_bytes_are_sealed(const struct state *s, const struct hash *sha256)
{
    const struct thing *t;

    for (size_t i = 0; (t = state_thing_of(s, "evidence", i)); i++)
        if (evidence_is_sealed(t) && has_bytes(t, sha256))
            return true;
    return false;
}

/* Whether one is the other, or a part of it that was taken as a file by itself. Two disks may have
 * a part of zeros in common, and are none the less others. */
static bool holds(const struct thing *item, const struct thing *other)
{
    bool is_loose = thing_value(other, "files").len == 0;
    struct hash sum;

    for (size_t i = 0; i < COUNT_OF(sums); i++)
        if (hex_read(sum.b, sizeof(sum.b), thing_value(other, sums[i].sum)) &&
            (has_whole(item, &sum) || (is_loose && has_part(item, &sum))))
            return true;
    return false;
}

bool evidence_shares_bytes(const struct thing *a, const struct thing *b)
{
    return holds(a, b) || holds(b, a);
}

bool evidence_is_barred(const struct state *s, const struct thing *item)
{
    const struct thing *t;

    if (evidence_is_sealed(item))
        return true;
    for (size_t i = 0; (t = state_thing_of(s, "evidence", i)); i++)
        if (evidence_is_sealed(t) && evidence_shares_bytes(item, t))
            return true;
    return false;
}

/* Whether the item, or a file of it, has that size. */
static bool has_size(const struct thing *item, uint64_t size)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;
    uint64_t named;

    for (size_t i = 0; i < COUNT_OF(sums); i++)
        if (thing_value(item, sums[i].sum).len &&
            (!str_u64(thing_value(item, sums[i].size), &named) || named == size))
            return true;
    while (next_part(&rest, &file))
        if (file.size == size)
            return true;
    return false;
}

bool evidence_sealed_has_size(const struct state *s, uint64_t size)
{
    const struct thing *t;

    for (size_t i = 0; (t = state_thing_of(s, "evidence", i)); i++)
        if (evidence_is_sealed(t) && (size == 0 ? evidence_has_bytes(t) : has_size(t, size)))
            return true;
    return false;
}
