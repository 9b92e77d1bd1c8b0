/* order.c: one order for the records of a case, whatever was merged into what. */
#include "case/order.h"
#include "base/limits.h"
#include "base/mem.h"

/* A record comes after at most two others: the one before it in its own journal, where a merge
 * stands for all that it brought, and for a merge the last of the copy. */
enum { AFTER_MAX = 2 };
#define NOBODY UINT64_MAX

struct links {
    const struct order_record *records;
    uint64_t (*after)[AFTER_MAX];
    uint64_t built; /* branch records walked, against LIMIT_MERGE_BUILD_COUNT */
    uint64_t count;
};

/* More than AFTER_MAX cannot be in a true history, only where a merge lies about its copy. */
static int link_add(struct links *l, uint64_t seq, uint64_t before, struct err *e)
{
    for (size_t i = 0; i < AFTER_MAX; i++) {
        if (l->after[seq][i] == before)
            return 0;
        if (l->after[seq][i] == NOBODY) {
            l->after[seq][i] = before;
            return 0;
        }
    }
    return err_set(e, ERR_TAMPER, "the merges of this journal contradict each other");
}

static bool skip_covers(const struct order_merge *m, uint64_t b, uint64_t *ours)
{
    for (size_t i = 0; i + 2 < m->skip_count; i += 3) {
        if (b < m->skip[i] || b - m->skip[i] >= m->skip[i + 2])
            continue;
        *ours = m->skip[i + 1] + (b - m->skip[i]);
        return true;
    }
    return false;
}

static int link_branch(struct links *l, const uint64_t *seqs, uint64_t from, uint64_t size,
                       unsigned depth, uint64_t *tail, struct err *e);

/* Builds the branch that the merge at place k of a journal brought, and links its records. */
static int link_merge(struct links *l, const uint64_t *seqs, uint64_t size, uint64_t k,
                      const struct order_merge *m, unsigned depth, struct err *e)
{
    CLEANUP_FREE uint64_t *branch = NULL;
    uint64_t next = k + 1;
    uint64_t ours;
    uint64_t tail;
    int rc;

    if (m->fork < 1 || m->fork > k || m->size <= m->fork || m->count > size - k - 1 ||
        m->size - m->fork > l->count)
        return err_set(e, ERR_TAMPER, "a merge says impossible things of the copy it brought");
    l->built += m->size;
    if (depth >= LIMIT_MERGE_DEPTH || l->built > LIMIT_MERGE_BUILD_COUNT(l->count))
        return err_set(e, ERR_LIMIT, "merges are nested too deep to be followed");
    branch = mem_array(m->size, sizeof(branch[0]));
    memcpy(branch, seqs, m->fork * sizeof(branch[0]));
    for (uint64_t b = m->fork; b < m->size; b++) {
        if (skip_covers(m, b, &ours) && ours < k)
            branch[b] = seqs[ours];
        else if (next <= k + m->count)
            branch[b] = seqs[next++];
        else
            return err_set(e, ERR_TAMPER, "a merge brought fewer records than it says");
    }
    rc = link_branch(l, branch, m->fork, m->size, depth + 1, &tail, e);
    return rc ? rc : link_add(l, seqs[k], tail, e);
}

/* Links the records of a journal from a place on: seqs[i] is where its record i stands in the
 * outermost one. *tail comes after all of them: the last record, or the merge that brought it. */
static int link_branch(struct links *l, const uint64_t *seqs, uint64_t from, uint64_t size,
                       unsigned depth, uint64_t *tail, struct err *e)
{
    *tail = NOBODY;
    for (uint64_t i = 0; i < size; i++) {
        const struct order_merge *m = l->records[seqs[i]].merge;
        int rc = 0;

        if (i >= from && *tail != NOBODY)
            rc = link_add(l, seqs[i], *tail, e);
        if (rc == 0 && i >= from && m)
            rc = link_merge(l, seqs, size, i, m, depth, e);
        if (rc)
            return rc;
        *tail = seqs[i];
        i += m ? m->count : 0;
    }
    return 0;
}

static int record_cmp(const struct order_record *a, const struct order_record *b)
{
    int order = utc_cmp(a->time, b->time);

    return order ? order : memcmp(a->id.b, b->id.b, sizeof(a->id.b));
}

/* A heap of seqs whose predecessors have all been placed, the first record on top. */
struct heap {
    const struct order_record *records;
    uint64_t *seqs;
    size_t count;
};

static void heap_swap(struct heap *h, size_t a, size_t b)
{
    uint64_t seq = h->seqs[a];

    h->seqs[a] = h->seqs[b];
    h->seqs[b] = seq;
}

static bool heap_less(const struct heap *h, size_t a, size_t b)
{
    return record_cmp(&h->records[h->seqs[a]], &h->records[h->seqs[b]]) < 0;
}

static void heap_put(struct heap *h, uint64_t seq)
{
    size_t i = h->count++;

    h->seqs[i] = seq;
    while (i && heap_less(h, i, (i - 1) / 2)) {
        heap_swap(h, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static uint64_t heap_take(struct heap *h)
{
    uint64_t first = h->seqs[0];
    size_t i = 0;

    h->seqs[0] = h->seqs[--h->count];
    for (;;) {
        size_t least = i;

        if (2 * i + 1 < h->count && heap_less(h, 2 * i + 1, least))
            least = 2 * i + 1;
        if (2 * i + 2 < h->count && heap_less(h, 2 * i + 2, least))
            least = 2 * i + 2;
        if (least == i)
            return first;
        heap_swap(h, i, least);
        i = least;
    }
}

/* Who waits for whom, turned around: for each record a list of those that come after it. */
struct waiting {
    uint64_t *first; /* [count]: index into next/who, or NOBODY */
    uint64_t *next;
    uint64_t *who;
    uint8_t *left; /* how many each still waits for */
};

static void waiting_build(struct waiting *w, const struct links *l)
{
    uint64_t used = 0;

    memset(w->first, 0xff, l->count * sizeof(w->first[0]));
    for (uint64_t seq = 0; seq < l->count; seq++) {
        for (size_t i = 0; i < AFTER_MAX && l->after[seq][i] != NOBODY; i++) {
            uint64_t before = l->after[seq][i];

            w->who[used] = seq;
            w->next[used] = w->first[before];
            w->first[before] = used++;
            w->left[seq]++;
        }
    }
}

static uint64_t place_all(const struct links *l, struct waiting *w, struct heap *h, uint64_t *order)
{
    uint64_t placed = 0;

    for (uint64_t seq = 0; seq < l->count; seq++)
        if (w->left[seq] == 0)
            heap_put(h, seq);
    while (h->count) {
        uint64_t seq = heap_take(h);

        order[placed++] = seq;
        for (uint64_t i = w->first[seq]; i != NOBODY; i = w->next[i])
            if (--w->left[w->who[i]] == 0)
                heap_put(h, w->who[i]);
    }
    return placed;
}

int order_records(const struct order_record *records, uint64_t count, uint64_t *order,
                  struct err *e)
{
    CLEANUP_FREE uint64_t *seqs = mem_array(count, sizeof(seqs[0]));
    CLEANUP_FREE void *after = mem_array(count, sizeof(uint64_t[AFTER_MAX]));
    CLEANUP_FREE uint64_t *first = mem_array(count, sizeof(first[0]));
    CLEANUP_FREE uint64_t *next = mem_array(count * AFTER_MAX, sizeof(next[0]));
    CLEANUP_FREE uint64_t *who = mem_array(count * AFTER_MAX, sizeof(who[0]));
    CLEANUP_FREE uint8_t *left = mem_array(count, 1);
    CLEANUP_FREE uint64_t *heap_seqs = mem_array(count, sizeof(heap_seqs[0]));
    struct links links = {.records = records, .after = after, .count = count};
    struct waiting waiting = {first, next, who, left};
    struct heap heap = {records, heap_seqs, 0};
    uint64_t tail;
    int rc;

    for (uint64_t i = 0; i < count; i++)
        seqs[i] = i;
    memset(after, 0xff, count * sizeof(uint64_t[AFTER_MAX]));
    rc = link_branch(&links, seqs, 0, count, 0, &tail, e);
    if (rc)
        return rc;
    waiting_build(&waiting, &links);
    if (place_all(&links, &waiting, &heap, order) != count)
        return err_set(e, ERR_TAMPER, "the merges of this journal contradict each other");
    return 0;
}
