/* walk_zones.c: which of the links etc/localtime is the machine's: the one that lies least deep. */
#include "timeline/walk_zones.h"
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

static const char link_path[] = "etc/localtime";

/* Folders, without those that name none ("./"); *out gets their names where they are plain. */
static unsigned read_folders(struct str path, char out[WALK_ZONE_PATH])
{
    unsigned depth = 0;
    size_t len = 0;
    bool is_plain = true;

    while (path.len) {
        struct str part = str_cut(&path, '/');

        if (part.len == 0 || str_is(part, "."))
            continue;
        depth++;
        for (size_t i = 0; i < part.len; i++)
            is_plain = is_plain && part.p[i] > ' ' && part.p[i] < 0x7F;
        is_plain = is_plain && len + part.len + 2 < WALK_ZONE_PATH;
        if (!is_plain)
            continue;
        if (len)
            out[len++] = '/';
        memcpy(out + len, part.p, part.len);
        len += part.len;
    }
    out[is_plain ? len : 0] = 0;
    return depth;
}

void walk_zones_see(struct walk_zones *z, struct str path, struct str zone)
{
    struct walk_zone *one = &z->of[z->count];

    if (z->count == WALK_ZONES_MOST || zone.len > WALK_ZONE_NAME || !str_ends(path, link_path))
        return;
    one->depth = read_folders(str_head(path, path.len - strlen(link_path)), one->folder);
    memcpy(one->zone, zone.p, zone.len);
    one->zone[zone.len] = 0;
    z->count++;
}

static bool is_machines(const struct walk_zones *z, size_t i)
{
    for (size_t k = 0; k < z->count; k++)
        if (k != i && z->of[k].depth <= z->of[i].depth && strcmp(z->of[k].zone, z->of[i].zone) != 0)
            return false;
    return true;
}

void walk_zones_words(const struct walk_zones *z, size_t i, char out[OWN_ZONE_WORDS_SIZE])
{
    const struct walk_zone *one = &z->of[i];

    if (is_machines(z, i))
        own_zone_words(str_of(one->zone), "the link /etc/localtime in it", out);
    else
        own_zone_words_below(str_of(one->zone), str_of(one->folder), out);
}
