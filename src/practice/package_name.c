/* package_name.c: makes names of files that do no harm, and no two alike. */
#include "practice/package_name.h"
#include <stdlib.h>
#include "evidence/package_read.h"

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

/* FNV-1a, so that one more "_" costs one step. Records are hostile: names that were made to share
 * slots make it slow, which the worker's time bounds. */
static uint64_t hash_more(uint64_t hash, struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static struct package_name *find(const struct package_names *n, struct str name, uint64_t hash)
{
    size_t i = (size_t)(hash ^ (hash >> 32)) & (n->room - 1);

    while (n->slots[i].name.len && (n->slots[i].hash != hash || !str_eq(n->slots[i].name, name)))
        i = (i + 1) & (n->room - 1);
    return &n->slots[i];
}

static void grow(struct package_names *n)
{
    struct package_names wider = {.room = n->room ? 2 * n->room : FIRST_ROOM};

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

    if (2 * n->count >= n->room)
        grow(n);
    package_name_add(&made, path);
    hash = hash_more(UINT64_C(0xcbf29ce484222325), buf_str(&made));
    while ((slot = find(n, buf_str(&made), hash))->name.len) {
        buf_addc(&made, '_');
        hash = hash_more(hash, STR("_"));
        if (made.len > PACKAGE_NAME_LIMIT - FOLDER_LIMIT)
            return false;
    }
    *slot = (struct package_name){str_of(arena_strdup(n->arena, buf_text(&made))), hash};
    n->count++;
    *name = slot->name;
    return true;
}
