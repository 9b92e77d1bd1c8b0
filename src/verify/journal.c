/* journal.c: places and records of a journal, and of copies that share their beginning with
 * another. */
#include "verify/journal.h"

#include <stdlib.h>
#include <string.h>

void journal_open(struct journal *j, const struct skeleton *skel, struct hasher *h)
{
    memset(j, 0, sizeof *j);
    j->skel = skel;
    j->size = skel->count;
    tree_init(&j->tree, NULL, 0);
    tree_reserve(&j->tree, j->size);
    for (uint32_t n = 0; n < j->size; n++)
        tree_append(&j->tree, h, skel->leaves[n]);
    trust_init(&j->trust, skel->keys.count);
}

void journal_open_copy(struct journal *j, struct journal *parent, uint32_t fork, uint32_t size,
                       uint32_t *place_of)
{
    memset(j, 0, sizeof *j);
    j->skel = parent->skel;
    j->parent = parent;
    j->depth = parent->depth + 1;
    j->fork = fork;
    j->size = size;
    j->place_of = place_of;
    j->map = mem_get(size - fork, sizeof *j->map);
}

void journal_release(struct journal *j)
{
    free(j->map);
    free(j->carried);
    free(j->windows);
    tree_release(&j->tree);
    trust_release(&j->trust);
}

uint32_t journal_record(const struct journal *j, uint32_t place)
{
    while (j->parent != NULL && place < j->fork)
        j = j->parent;
    return j->parent != NULL ? j->map[place - j->fork] : place;
}

uint32_t journal_place(const struct journal *j, uint32_t record)
{
    uint32_t below = j->size;

    while (j->parent != NULL) {
        uint32_t place = j->place_of[record];

        if (place >= j->fork && place < j->size && j->map[place - j->fork] == record)
            return place < below ? place : NO_PLACE;
        below = j->fork < below ? j->fork : below;
        j = j->parent;
    }
    return record < below ? record : NO_PLACE;
}

uint32_t journal_find(const struct journal *j, struct slice id)
{
    uint8_t bytes[ID_LEN];
    uint32_t record = NO_NUMBER;

    if (hex_decode(id, bytes, ID_LEN))
        record = ids_find(&j->skel->ids, bytes);
    return record == NO_NUMBER ? NO_PLACE : journal_place(j, record);
}

bool journal_trusts(const struct journal *j, uint32_t place)
{
    const struct record *r = &j->skel->records[journal_record(j, place)];

    return trust_holds(&j->trust, r->key, place, (enum type)r->type);
}

void journal_add_window(struct journal *j, uint32_t place, uint64_t count)
{
    mem_reserve(&j->windows, &j->window_room, j->window_count + 1, sizeof *j->windows);
    j->windows[j->window_count++] = (struct window){place, (uint32_t)count};
}

/* The last window that begins below a place, or NULL. */
static const struct window *last_window(const struct journal *j, uint32_t below)
{
    size_t low = 0;
    size_t high = j->window_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (j->windows[middle].place < below)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &j->windows[low - 1] : NULL;
}

uint32_t journal_open_window(const struct journal *j)
{
    uint32_t below = j->fork;

    for (const struct journal *up = j->parent; up != NULL; up = up->parent) {
        const struct window *w = last_window(up, below);

        if (w != NULL)
            return w->place + w->count >= j->fork ? w->place : NO_PLACE;
        below = up->fork < below ? up->fork : below;
    }
    return NO_PLACE;
}

int journal_public(const struct journal *j, uint32_t place, struct public *out)
{
    uint32_t record = journal_record(j, place);
    const struct record *r = &j->skel->records[record];
    struct cursor c = skeleton_at(j->skel, record, r->public);
    const char *wrong = NULL;

    return public_parse(r->type, c.at, c.end, out, &wrong);
}
