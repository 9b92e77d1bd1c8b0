/* merge.c: lays out, builds and counts the copies that merges brought in. */
#include "verify/merge.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define BUILT_BASE 1000000
#define BUILT_PER_LINE 16

struct triple {
    uint64_t there; /* first place in the copy */
    uint64_t here;  /* first place in the journal */
    uint64_t count;
};

void copies_release(struct copies *c)
{
    for (size_t i = 0; i <= MERGE_DEPTH_MAX; i++)
        free(c->place_of[i]);
}

static bool triple_next(struct cursor *c, struct triple *out)
{
    struct value v[3];

    for (size_t i = 0; i < 3; i++)
        if (!array_next(c, &v[i]))
            return false;
    *out = (struct triple){v[0].integer, v[1].integer, v[2].integer};
    return true;
}

/* Numbers are below 2^63, so that no sum of two overflows. */
static const char *skip_fault(const struct public *m, uint32_t place, uint64_t *skipped)
{
    struct cursor c = cursor_of(m->skip);
    uint64_t below = m->fork;
    struct triple t;

    *skipped = 0;
    for (size_t i = 0; i < m->skip_count; i++) {
        if (!triple_next(&c, &t) || t.count < 1)
            return "a part of skip is empty";
        if (t.there < below || t.there + t.count > m->size)
            return "skip does not ascend, or leaves the copy";
        if (t.here + t.count > place)
            return "skip names records that do not stand before the merge";
        below = t.there + t.count;
        *skipped += t.count;
    }
    return NULL;
}

static const char *shape_fault(const struct public *m, uint32_t place)
{
    uint64_t skipped = 0;
    const char *fault = NULL;

    if (m->fork < 1 || m->fork > place)
        return "fork is not a number of records that stand before the merge";
    if (m->size <= m->fork)
        return "size is not greater than fork";
    fault = skip_fault(m, place, &skipped);
    if (fault == NULL && m->count != m->size - m->fork - skipped)
        fault = "count is not the number of records that fork, size and skip leave";
    return fault;
}

static void fill_map(const struct journal *j, uint32_t place, const struct public *m,
                     struct journal *copy)
{
    struct cursor c = cursor_of(m->skip);
    struct triple t = {UINT64_MAX, 0, 0};
    uint32_t next = place + 1; /* the next merged record */
    size_t triples = m->skip_count;

    for (uint32_t p = copy->fork; p < copy->size; p++) {
        uint32_t from = next;

        if (triples > 0 && (t.there == UINT64_MAX || p >= t.there + t.count)) {
            if (!triple_next(&c, &t))
                break; /* never: skip_fault() read them all */
            triples--;
        }
        if (p >= t.there && p < t.there + t.count)
            from = (uint32_t)(t.here + (p - t.there));
        else
            next++;
        copy->map[p - copy->fork] = journal_record(j, from);
        copy->place_of[copy->map[p - copy->fork]] = p;
    }
}

int merge_lay_out(struct copies *c, struct journal *j, uint32_t place, const struct public *merge,
                  struct journal *copy, const char **why, bool *cut)
{
    unsigned depth = j->depth + 1;
    uint64_t limit = BUILT_BASE + (uint64_t)BUILT_PER_LINE * j->skel->count;

    *cut = false;
    *why = shape_fault(merge, place);
    if (*why != NULL)
        return -1;
    *cut = merge->count > j->size - 1 - place;
    *why = "the journal ends before all merged records were read; it was cut";
    if (*cut)
        return -1;
    c->built += merge->size - merge->fork;
    *why = "the merges of this journal are deeper or larger than a checker has to follow";
    if (depth > MERGE_DEPTH_MAX || c->built > limit)
        return -1;
    if (c->place_of[depth] == NULL)
        c->place_of[depth] = mem_get(j->skel->count, sizeof **c->place_of);
    journal_open_copy(copy, j, (uint32_t)merge->fork, (uint32_t)merge->size, c->place_of[depth]);
    fill_map(j, place, merge, copy);
    return 0;
}

/* The leaf hash of a record's line, as it stands at a place of a copy. Returns the line's length.
 */
static size_t copy_leaf(const struct journal *copy, struct hasher *h, uint32_t place,
                        uint8_t out[HASH_LEN])
{
    const struct skeleton *s = copy->skel;
    uint32_t record = journal_record(copy, place);
    struct cursor tail = skeleton_at(s, record, s->records[record].tail);
    char head[1 + 256] = "";
    char *p = head + 1;

    p = stpcpy(p, "{\"v\":1,\"case\":\"");
    hex_encode(s->name, HASH_LEN, p);
    p += 2 * HASH_LEN;
    p += snprintf(p, sizeof head - (size_t)(p - head), "\",\"seq\":%u,\"prev\":\"", place);
    hex_encode(tree_leaf(&copy->tree, place - 1), HASH_LEN, p);
    p += 2 * HASH_LEN;
    *p++ = '"';
    const struct slice parts[] = {{head, (size_t)(p - head)},
                                  {tail.at, (size_t)(tail.end - tail.at)}};
    hash_parts(h, parts, 2, out);
    return parts[0].len - 1 + parts[1].len;
}

bool merge_build(struct journal *copy, struct hasher *h)
{
    bool fits = true;

    tree_init(&copy->tree, &copy->parent->tree, copy->fork);
    tree_reserve(&copy->tree, copy->size);
    for (uint32_t place = copy->fork; place < copy->size; place++) {
        uint8_t leaf[HASH_LEN];

        fits &= copy_leaf(copy, h, place, leaf) <= LINE_MAX_LEN;
        tree_append(&copy->tree, h, leaf);
    }
    trust_replay(&copy->trust, &copy->parent->trust, copy->fork);
    return fits;
}

static int limits_of(struct copies *c, struct journal *j, struct finding *f);

/* Lays the copy of one merge out and looks into it. On return *skip records follow as merged. */
static int limits_at(struct copies *c, struct journal *j, uint32_t place, struct finding *f,
                     uint64_t *skip)
{
    struct public merge;
    struct journal copy;
    const char *why = NULL;
    bool cut = false;
    int result = 0;

    *skip = 0; /* a merge whose numbers do not fit is left out */
    uint32_t record = journal_record(j, place);
    struct cursor public = skeleton_at(j->skel, record, j->skel->records[record].public);
    uint64_t before = c->built;
    if (public_merge_numbers(public.at, public.end, &merge) != 0)
        return 0;
    if (merge_lay_out(c, j, place, &merge, &copy, &why, &cut) != 0) {
        if (c->built == before)
            return 0;
        return finding_set(f, STATUS_UNCHECKED, record, "limits", "%s", why);
    }
    *skip = merge.count;
    journal_add_window(j, place, merge.count);
    result = limits_of(c, &copy, f);
    journal_release(&copy);
    return result;
}

static int limits_of(struct copies *c, struct journal *j, struct finding *f)
{
    uint32_t open = journal_open_window(j);
    uint64_t skip = 0;
    uint64_t place = j->fork;

    if (open != NO_PLACE) {
        if (limits_at(c, j, open, f, &skip) != 0)
            return -1;
        if (open + skip >= j->fork)
            place = open + skip + 1;
    }
    for (; place < j->size; place++) {
        uint32_t record = journal_record(j, (uint32_t)place);

        if (j->skel->records[record].type != TYPE_MERGE)
            continue;
        if (limits_at(c, j, (uint32_t)place, f, &skip) != 0)
            return -1;
        place += skip;
    }
    return 0;
}

int merge_limits(const struct skeleton *s, struct finding *f)
{
    struct copies copies = {.built = 0};
    struct journal j = {.skel = s, .size = s->count};
    int result = limits_of(&copies, &j, f);

    copies_release(&copies);
    journal_release(&j);
    return result;
}
