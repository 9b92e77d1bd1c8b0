/* ewf_chunk.c: finds a chunk of an E01 through the tables, unpacks it and compares its checksum. */
#include <libdeflate.h>
#include "base/limits.h"
#include "evidence/ewf_walk.h"
#include "evidence/le.h"

/* A table as it was read. */
struct one {
    uint32_t *entries; /* owned */
    uint64_t base;
    bool is_sound;
};

struct place {
    uint64_t off;
    size_t size; /* at most: what is there until the next chunk */
    bool is_packed;
    bool is_within;
    bool is_in_order; /* the next chunk follows it */
};

/* What a chunk can take at most: deflate adds five bytes to each stored block at worst. */
static size_t packed_max(const struct ewf *w)
{
    return w->facts.chunk_size + w->facts.chunk_size / 8 + 4096;
}

uint64_t ewf_chunk_count(const struct ewf *w)
{
    return w->facts.chunk_size ? (w->facts.size + w->facts.chunk_size - 1) / w->facts.chunk_size
                               : 0;
}

size_t ewf_chunk_bytes(const struct ewf *w, uint64_t chunk)
{
    uint64_t left = w->facts.size - chunk * w->facts.chunk_size;

    return left < w->facts.chunk_size ? (size_t)left : w->facts.chunk_size;
}

/* The last one that begins at the chunk or before. */
static size_t last_group_until(const struct ewf *w, uint64_t chunk)
{
    size_t from = 0;
    size_t to = w->group_count;

    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;

        if (w->groups[middle].first <= chunk)
            from = middle;
        else
            to = middle;
    }
    return from;
}

static size_t find_group(const struct ewf *w, uint64_t chunk)
{
    size_t i = last_group_until(w, chunk);

    if (i >= w->group_count || chunk - w->groups[i].first >= w->groups[i].count)
        BUG("chunk %llu is in no group", (unsigned long long)chunk);
    return i;
}

static void read_entries(struct one *t, struct str bytes, size_t count)
{
    t->entries = mem_array(count, sizeof(t->entries[0]));
    for (size_t i = 0; i < count; i++)
        t->entries[i] = le32_at(bytes, 4 * i);
}

/* Reads the table at off; without entries where it does not lie in the file. */
static int load_one(const struct ewf *w, const struct ewf_group *g, uint64_t off, struct one *out,
                    struct err *e)
{
    size_t body = 4 * g->listed;
    size_t size = EWF_TABLE_HEAD_SIZE + body;
    uint64_t file_size = w->files->sizes[g->file];
    bool has_sum = g->has_sum && off <= file_size && file_size - off >= size + 4;
    CLEANUP_FREE char *bytes = NULL;
    struct one t = {0};
    struct str all;
    int code;

    *out = t;
    if (off > file_size || file_size - off < size)
        return 0;
    size += has_sum ? 4 : 0; /* else the file is cut off there */
    bytes = mem_alloc(size);
    code = w->files->read_at(w->files, g->file, off, bytes, size, e);
    if (code)
        return code;
    all = (struct str){bytes, size};
    t.base = le_at(all, 8, 8) & INT64_MAX;
    t.is_sound = le32_at(all, 0) == g->listed && ewf_sum(str_head(all, 20)) == le32_at(all, 20) &&
                 has_sum == g->has_sum &&
                 (!has_sum || ewf_sum(str_head(str_from(all, EWF_TABLE_HEAD_SIZE), body)) ==
                                  le32_at(all, EWF_TABLE_HEAD_SIZE + body));
    read_entries(&t, str_from(all, EWF_TABLE_HEAD_SIZE), g->listed);
    *out = t;
    return 0;
}

/* EnCase 6.7.1 let a file grow past 2 GiB and went on with all 32 bits as the place, of chunks that
 * are not packed. */
static uint32_t find_wide(const struct ewf *w, const uint32_t *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t before = entries[i - 1];

        if (before <= INT32_MAX && entries[i] > INT32_MAX && (entries[i] & INT32_MAX) < before &&
            entries[i] - before <= packed_max(w))
            return (uint32_t)i;
    }
    return UINT32_MAX;
}

static uint64_t place_of(const struct ewf_table *t, const uint32_t *entries, uint64_t base,
                         size_t i, bool *is_packed)
{
    bool is_wide = i >= t->wide_from;

    *is_packed = !is_wide && entries[i] > INT32_MAX;
    return base + (is_wide ? entries[i] : entries[i] & INT32_MAX);
}

static struct place find_place(const struct ewf *w, const struct ewf_group *g,
                               const struct ewf_table *t, const uint32_t *entries, uint64_t base,
                               size_t i)
{
    struct place p = {.is_in_order = true};
    uint64_t end = g->data_to;
    bool next_is_packed;

    p.off = place_of(t, entries, base, i, &p.is_packed);
    if (i + 1 < g->listed)
        end = place_of(t, entries, base, i + 1, &next_is_packed);
    p.is_within = p.off >= g->data_from && p.off < g->data_to;
    if (end <= p.off || end > g->data_to) {
        p.is_in_order = false;
        end = g->data_to;
    }
    if (p.is_within)
        p.size = end - p.off < packed_max(w) ? (size_t)(end - p.off) : packed_max(w);
    return p;
}

static void forget_table(struct ewf_table *t)
{
    free(t->entries);
    free(t->twins);
    *t = (struct ewf_table){.group = SIZE_MAX};
}

static void tell_table(const struct ewf *w, struct ewf_group *g, enum image_problem_kind kind,
                       uint64_t off)
{
    if (!g->was_told)
        ewf_tell(w, kind, g->file, off - EWF_DESCRIPTOR_SIZE);
    g->was_told = true;
}

static int load(struct ewf *w, size_t group, struct ewf_table *t, struct err *e)
{
    struct ewf_group *g = &w->groups[group];
    struct one first = {0};
    struct one second = {0};
    int code = load_one(w, g, g->table_off, &first, e);

    if (!code && !first.is_sound && g->twin_off)
        code = load_one(w, g, g->twin_off, &second, e);
    if (code) {
        free(first.entries);
        return code;
    }
    if (!first.is_sound)
        tell_table(w, g, second.is_sound ? IMAGE_TABLE : IMAGE_TABLE_ALONE, g->table_off);
    *t = (struct ewf_table){.group = group,
                            .entries = first.entries,
                            .base = first.base,
                            .twins = second.entries,
                            .twin_base = second.base};
    if (second.is_sound || !t->entries) {
        free(t->entries);
        t->entries = MOVE(t->twins);
        t->base = t->twin_base;
    }
    t->wide_from = t->entries ? find_wide(w, t->entries, g->listed) : UINT32_MAX;
    return 0;
}

static void take_found(const struct ewf *w, size_t group, struct ewf_table *t)
{
    const struct ewf_group *g = &w->groups[group];

    *t = (struct ewf_table){.group = group,
                            .base = g->data_from,
                            .wide_from = UINT32_MAX,
                            .entries = mem_array(g->listed, sizeof(t->entries[0]))};
    memcpy(t->entries, g->found, g->listed * sizeof(t->entries[0]));
}

static int find_table(struct ewf *w, size_t group, struct ewf_table **out, struct err *e)
{
    struct ewf_table *oldest = &w->tables[0];
    int code = 0;

    *out = NULL;
    for (size_t i = 0; i < COUNT_OF(w->tables) && !*out; i++) {
        if (w->tables[i].group == group)
            *out = &w->tables[i];
        if (w->tables[i].used < oldest->used)
            oldest = &w->tables[i];
    }
    if (!*out) {
        forget_table(oldest);
        if (w->groups[group].found)
            take_found(w, group, oldest);
        else
            code = load(w, group, oldest, e);
        *out = oldest;
    }
    (*out)->used = ++w->clock;
    return code;
}

static bool unpack(struct ewf *w, const struct place *p, uint8_t *bytes, size_t size)
{
    size_t in = 0;
    size_t out = 0;

    /* Some programs fill the last chunk up to its whole size. */
    return libdeflate_zlib_decompress_ex(w->inflater, w->packed, p->size, bytes,
                                         w->facts.chunk_size, &in, &out) == LIBDEFLATE_SUCCESS &&
           (out == size || (size < w->facts.chunk_size && out > size));
}

static bool is_summed(const struct ewf *w, size_t size)
{
    struct str stored = {(const char *)w->packed, size + 4};

    return ewf_sum(str_head(stored, size)) == le32_at(stored, size);
}

/* The last chunk may hold more than the disk has, of what was less than a sector. */
static bool copy_stored(const struct ewf *w, const struct place *p, uint8_t *bytes, size_t size)
{
    bool is_longer = size < w->facts.chunk_size && p->size > size + 4 &&
                     p->size <= (size_t)w->facts.chunk_size + 4;

    if (p->size < size + 4 || !(is_summed(w, size) || (is_longer && is_summed(w, p->size - 4))))
        return false;
    memcpy(bytes, w->packed, size);
    return true;
}

static int try_place(struct ewf *w, const struct ewf_group *g, const struct place *p,
                     uint8_t *bytes, size_t size, bool *is_good, struct err *e)
{
    int code;

    if (!p->is_within)
        return 0;
    code = w->files->read_at(w->files, g->file, p->off, w->packed, p->size, e);
    if (!code)
        *is_good = p->is_packed ? unpack(w, p, bytes, size) : copy_stored(w, p, bytes, size);
    return code;
}

/* The chunk that begins at off. Its size in the file, or 0 where none does. */
static int find_chunk(struct ewf *w, const struct ewf_group *gap, uint64_t off, uint8_t *bytes,
                      bool *is_packed, size_t *size, struct err *e)
{
    size_t last = ewf_chunk_bytes(w, ewf_chunk_count(w) - 1);
    uint64_t left = gap->data_to - off;
    size_t room = left < packed_max(w) ? (size_t)left : packed_max(w);
    size_t in = 0;
    size_t out = 0;
    int code = w->files->read_at(w->files, gap->file, off, w->packed, room, e);

    *size = 0;
    if (code)
        return code;
    *is_packed =
        libdeflate_zlib_decompress_ex(w->inflater, w->packed, room, bytes, w->facts.chunk_size, &in,
                                      &out) == LIBDEFLATE_SUCCESS &&
        (out == w->facts.chunk_size || out == last);
    if (*is_packed)
        *size = in;
    else if (room >= (size_t)w->facts.chunk_size + 4 && is_summed(w, w->facts.chunk_size))
        *size = (size_t)w->facts.chunk_size + 4;
    else if (room == last + 4 && is_summed(w, last))
        *size = last + 4;
    return 0;
}

int ewf_find_chunks(struct ewf *w, const struct ewf_group *gap, struct ewf_group *out,
                    struct err *e)
{
    CLEANUP_FREE uint8_t *bytes = mem_alloc(w->facts.chunk_size);
    struct ewf_group g = *gap;
    uint64_t off = gap->data_from;
    size_t room = 0;
    int code = 0;

    g.table_off = gap->data_from;
    while (!code && off < gap->data_to && off - gap->data_from <= INT32_MAX &&
           g.listed < LIMIT_IMAGE_TABLE_COUNT) {
        bool is_packed;
        size_t size;

        code = find_chunk(w, gap, off, bytes, &is_packed, &size, e);
        if (code || size == 0)
            break;
        g.found = mem_grow(g.found, g.listed, &room, sizeof(g.found[0]));
        g.found[g.listed++] = (uint32_t)(off - gap->data_from) | (is_packed ? 1U << 31 : 0);
        off += size;
    }
    g.data_to = off;
    g.count = g.listed;
    if (code)
        free(g.found);
    else
        *out = g;
    return code;
}

int ewf_chunk_read(struct ewf *w, uint64_t chunk, uint8_t *bytes, bool *is_good, struct err *e)
{
    size_t size = ewf_chunk_bytes(w, chunk);
    size_t at = find_group(w, chunk);
    const struct ewf_group *g = &w->groups[at];
    size_t i = (size_t)(chunk - g->first);
    struct ewf_table *t = NULL;
    struct place p = {0};
    bool done = false;
    int code = g->table_off ? find_table(w, at, &t, e) : 0;

    if (!code && t && t->entries) {
        p = find_place(w, g, t, t->entries, t->base, i);
        code = try_place(w, g, &p, bytes, size, &done, e);
    }
    if (!code && !done && t && t->twins) {
        struct place other = find_place(w, g, t, t->twins, t->twin_base, i);

        code = try_place(w, g, &other, bytes, size, &done, e);
    }
    if (code)
        return code;
    if (!done) {
        memset(bytes, 0, size);
        if (g->table_off)
            ewf_tell_chunks(w, IMAGE_CHUNK, g->file,
                            p.is_within ? p.off : g->table_off - EWF_DESCRIPTOR_SIZE, chunk, 1);
    }
    *is_good = done;
    return 0;
}

uint64_t ewf_chunks_missing(const struct ewf *w, uint64_t chunk)
{
    const struct ewf_group *g = &w->groups[find_group(w, chunk)];

    return g->table_off ? 0 : g->first + g->count - chunk;
}

static bool is_in_order(const struct ewf *w, const struct ewf_group *g, const struct one *table,
                        uint64_t *off)
{
    struct ewf_table t = {.wide_from = find_wide(w, table->entries, g->listed)};

    for (size_t i = 0; i < g->listed; i++) {
        struct place p = find_place(w, g, &t, table->entries, table->base, i);

        *off = g->table_off + EWF_TABLE_HEAD_SIZE + 4 * i;
        if (!p.is_within || !p.is_in_order)
            return false;
    }
    return true;
}

static void compare_tables(const struct ewf *w, struct ewf_group *g, const struct one *first,
                           const struct one *second)
{
    size_t size = g->listed * sizeof(first->entries[0]);
    uint64_t off;

    if (!first->is_sound)
        tell_table(w, g, second->is_sound ? IMAGE_TABLE : IMAGE_TABLE_ALONE, g->table_off);
    else if (g->twin_off && !second->is_sound)
        tell_table(w, g, IMAGE_TABLE, g->twin_off);
    else if (g->twin_off &&
             (first->base != second->base || memcmp(first->entries, second->entries, size) != 0))
        tell_table(w, g, IMAGE_TABLES_DIFFER, g->twin_off);
    if (first->is_sound && !is_in_order(w, g, first, &off))
        ewf_tell(w, IMAGE_CHUNK_ORDER, g->file, off);
}

int ewf_check_tables(struct ewf *w, uint64_t from, uint64_t to, struct err *e)
{
    int code = 0;

    for (size_t i = last_group_until(w, from); i < w->group_count && !code; i++) {
        struct ewf_group *g = &w->groups[i];
        struct one first = {0};
        struct one second = {0};

        if (g->first >= to)
            break;
        if (g->first < from || !g->table_off || g->found)
            continue;
        code = load_one(w, g, g->table_off, &first, e);
        if (!code && g->twin_off)
            code = load_one(w, g, g->twin_off, &second, e);
        if (!code)
            compare_tables(w, g, &first, &second);
        free(first.entries);
        free(second.entries);
    }
    return code;
}

void ewf_close(struct ewf *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < COUNT_OF(w->tables); i++)
        forget_table(&w->tables[i]);
    for (size_t i = 0; i < w->value_count; i++)
        free(w->values[i].text);
    for (size_t i = 0; i < w->group_count; i++)
        free(w->groups[i].found);
    free(w->values);
    free(w->errors);
    free(w->groups);
    free(w->packed);
    libdeflate_free_decompressor(w->inflater);
    free(w);
}
