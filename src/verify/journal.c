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
    j->merged_in = mem_get(j->size, 1);
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
    free(j->merged_in);
    free(j->carried);
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
    uint32_t key = j->skel->records[journal_record(j, place)].key;
    const struct journal *owner = j;

    while (owner->parent != NULL && place < owner->fork)
        owner = owner->parent;
    if (owner->merged_in[place - owner->fork])
        return false;
    return trust_holds(&j->trust, key, place) || trust_revocation_stands(&j->trust, place);
}

void journal_mark_merged(struct journal *j, uint32_t place)
{
    j->merged_in[place - j->fork] = 1;
}

int journal_public(const struct journal *j, uint32_t place, struct public *out)
{
    uint32_t record = journal_record(j, place);
    const struct record *r = &j->skel->records[record];
    struct cursor c = skeleton_at(j->skel, record, r->public);
    const char *wrong = NULL;

    return public_parse(r->type, c.at, c.end, out, &wrong);
}
