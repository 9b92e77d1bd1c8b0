/* zone_names.c: zones by the names that sources state. */
#include "timeline/zone_names.h"
#include "base/mem.h"

struct entry {
    uint32_t name_size, at, size; /* of the bytes */
    /* Then the name. */
};

/* Takes an entry off *index. */
static bool take_entry(struct str *index, struct entry *entry, struct str *name)
{
    if (index->len < sizeof(*entry))
        return false;
    memcpy(entry, index->p, sizeof(*entry));
    *index = str_from(*index, sizeof(*entry));
    *name = str_head(*index, entry->name_size);
    if (name->len < entry->name_size)
        return false;
    *index = str_from(*index, entry->name_size);
    return true;
}

static struct str bytes_of(struct str all, const struct entry *entry)
{
    return str_head(str_from(all, entry->at), entry->size);
}

void zone_files_add(struct zone_files *f, struct str name, struct str bytes)
{
    struct str rest = buf_str(&f->index), other_name;
    struct entry added = {(uint32_t)name.len, (uint32_t)f->bytes.len, (uint32_t)bytes.len}, other;

    if (name.len + bytes.len + sizeof(added) > ZONE_FILES_MOST - f->index.len - f->bytes.len)
        return;
    while (take_entry(&rest, &other, &other_name))
        if (other.size == added.size && str_eq(bytes_of(buf_str(&f->bytes), &other), bytes))
            added.at = other.at;
    if (added.at == f->bytes.len)
        buf_addstr(&f->bytes, bytes);
    buf_add(&f->index, &added, sizeof(added));
    buf_addstr(&f->index, name);
}

void zone_files_release(struct zone_files *f)
{
    buf_release(&f->index);
    buf_release(&f->bytes);
}

enum { KEPT_MOST = 16 };

struct zone_names {
    struct str index, bytes;
    size_t count; /* that were read so far */
    struct {
        struct str name;   /* in index */
        struct zone *zone; /* NULL: it is not sound */
    } kept[KEPT_MOST];     /* the last of them */
};

struct zone_names *zone_names_new(struct str index, struct str bytes)
{
    struct zone_names *z = mem_new(struct zone_names);

    z->index = index;
    z->bytes = bytes;
    return z;
}

void zone_names_free(struct zone_names *z)
{
    for (size_t i = 0; z && i < KEPT_MOST; i++)
        zone_free(z->kept[i].zone);
    free(z);
}

static const struct zone *read_named(struct zone_names *z, struct str wanted)
{
    struct str rest = z->index, name;
    size_t at = z->count % KEPT_MOST;
    struct entry entry;
    struct err why;

    while (take_entry(&rest, &entry, &name)) {
        struct zone *zone = NULL;

        if (!str_eq(name, wanted))
            continue;
        if (zone_read(&zone, bytes_of(z->bytes, &entry), &why))
            zone = NULL;
        zone_free(z->kept[at].zone);
        z->kept[at].name = name;
        z->kept[at].zone = zone;
        z->count++;
        return zone;
    }
    return NULL;
}

const struct zone *zone_named(struct zone_names *z, struct str name)
{
    if (!z || name.len == 0)
        return NULL;
    for (size_t i = 0; i < KEPT_MOST; i++)
        if (str_eq(z->kept[i].name, name))
            return z->kept[i].zone;
    return read_named(z, name);
}
