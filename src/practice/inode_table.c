/* inode_table.c: remembers taken files by device and inode. */
#include "practice/inode_table.h"

static size_t slot_of(const struct inode_table *t, const struct stat *st)
{
    uint64_t mixed =
        ((uint64_t)st->st_ino ^ (uint64_t)st->st_dev << 40) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(mixed >> 20) & (t->slot_room - 1);

    while (t->slots[at]) {
        const struct inode_seen *seen = &t->list[t->slots[at] - 1];

        if (seen->st.st_ino == st->st_ino && seen->st.st_dev == st->st_dev)
            break;
        at = (at + 1) & (t->slot_room - 1);
    }
    return at;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

const struct inode_seen *inode_table_find(const struct inode_table *t, const struct stat *st)
{
    size_t at = t->slot_room ? t->slots[slot_of(t, st)] : 0;
    const struct inode_seen *seen = at ? &t->list[at - 1] : NULL;

    if (!seen || seen->st.st_size != st->st_size || !is_same_time(seen->st.st_mtim, st->st_mtim) ||
        !is_same_time(seen->st.st_ctim, st->st_ctim))
        return NULL;
    return seen;
}

static void make_room(struct inode_table *t)
{
    if (2 * (t->count + 1) <= t->slot_room)
        return;
    free(t->slots);
    t->slot_room = t->slot_room ? 2 * t->slot_room : 256;
    t->slots = mem_array(t->slot_room, sizeof(t->slots[0]));
    for (size_t i = 0; i < t->count; i++)
        t->slots[slot_of(t, &t->list[i].st)] = i + 1;
}

void inode_table_put(struct inode_table *t, const struct inode_seen *seen)
{
    size_t slot;

    make_room(t);
    slot = slot_of(t, &seen->st);
    if (!t->slots[slot]) {
        t->list = mem_grow(t->list, t->count, &t->room, sizeof(t->list[0]));
        t->slots[slot] = ++t->count;
    }
    t->list[t->slots[slot] - 1] = *seen;
}

void inode_table_release(struct inode_table *t)
{
    free(t->list);
    free(t->slots);
}
