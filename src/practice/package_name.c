/* package_name.c: makes names of files that do no harm, and no two alike. */
#include "practice/package_name.h"
#include <stdlib.h>
#include "evidence/package_read.h"
#include "sys/clock.h"

enum { NAME_PART_LIMIT = 120, FOLDER_LIMIT = 32, FIRST_ROOM = 16 };

void package_name_add(struct buf *out, struct str path)
{
    size_t start = out->len;

    path = str_head(path_base(path), NAME_PART_LIMIT);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool is_inner = out->len > start && (c == '.' || c == '-');

        buf_addc(out, is_letter || is_inner ? c : '_');
    }
    if (out->len == start)
        buf_adds(out, "bytes");
}

void package_names_release(struct package_names *n)
{
    free(n->slots);
}

static struct package_name *find(const struct package_names *n, struct str name, uint64_t hash)
{
    size_t i = (size_t)hash & (n->room - 1);

    while (n->slots[i].name.len && (n->slots[i].hash != hash || !str_eq(n->slots[i].name, name)))
        i = (i + 1) & (n->room - 1);
    return &n->slots[i];
}

static void grow(struct package_names *n)
{
    struct package_names wider = {.key = n->key, .room = n->room ? 2 * n->room : FIRST_ROOM};

    wider.slots = mem_array(wider.room, sizeof(wider.slots[0]));
    for (size_t i = 0; i < n->room; i++)
        if (n->slots[i].name.len)
            *find(&wider, n->slots[i].name, n->slots[i].hash) = n->slots[i];
    free(n->slots);
    n->slots = wider.slots;
    n->room = wider.room;
}

bool package_names_add(struct package_names *n, struct str path, struct str *name)
{
    CLEANUP_BUF struct buf made = {0};
    struct package_name *slot;
    uint64_t hash;

    if (!n->room)
        random_bytes(&n->key, sizeof(n->key));
    if (2 * n->count >= n->room)
        grow(n);
    package_name_add(&made, path);
    for (;;) {
        hash = keyed_hash(&n->key, buf_str(&made));
        slot = find(n, buf_str(&made), hash);
        if (!slot->name.len)
            break;
        buf_addc(&made, '_');
        if (made.len > PACKAGE_NAME_LIMIT - FOLDER_LIMIT)
            return false;
    }
    *slot = (struct package_name){str_of(arena_strdup(n->arena, buf_text(&made))), hash};
    n->count++;
    *name = slot->name;
    return true;
}
