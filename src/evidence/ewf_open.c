/* ewf_open.c: puts the files of an E01 in order, decides which says how large the disk is, and
 * where the chunks of each file belong. */
#include <libdeflate.h>
#include "base/limits.h"
#include "evidence/ewf_walk.h"

struct opening {
    struct ewf *w;
    struct ewf_part *parts; /* owned, by number */
    size_t count;
    struct ewf_volume volume; /* that of the image */
};

static void opening_release(struct opening *o)
{
    for (size_t i = 0; i < o->count; i++)
        ewf_part_release(&o->parts[i]);
    free(o->parts);
}

static bool is_at_place(const struct ewf_part *part)
{
    return part->number == part->file + 1;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct ewf_part *x = a;
    const struct ewf_part *y = b;

    if (x->number != y->number)
        return (x->number > y->number) - (x->number < y->number);
    if (is_at_place(x) != is_at_place(y))
        return is_at_place(x) ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

static int walk_all(struct opening *o, struct err *e)
{
    const struct media_files *files = o->w->files;
    uint64_t section_count = 0;
    int code = 0;

    o->count = files->count;
    o->parts = mem_array(files->count, sizeof(o->parts[0]));
    for (size_t i = 0; i < o->count && !code; i++) {
        struct ewf_part *part = &o->parts[i];

        part->file = (uint32_t)i;
        code = ewf_walk_head(files, part->file, &part->number, e);
        if (!code)
            code = ewf_walk(o->w, part, &section_count, e);
    }
    return code;
}

static uint64_t chunks_of(const struct ewf_volume *v)
{
    return (v->sector_count + v->chunk_sectors - 1) / v->chunk_sectors;
}

/* Chunks of all tables. */
static uint64_t count_all(const struct opening *o)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < o->count; i++)
        for (size_t k = 0; k < o->parts[i].group_count; k++)
            sum += o->parts[i].groups[k].count;
    return sum;
}

/* Where none matches its checksum, one that says as many chunks as the tables hold is believed. */
static bool agrees(const struct opening *o, const struct ewf_volume *v)
{
    return count_all(o) == chunks_of(v);
}

static const struct ewf_volume *find_volume(const struct opening *o, bool is_sound)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct ewf_volume *both[] = {&o->parts[i].volume, &o->parts[i].data};

        for (size_t k = 0; k < COUNT_OF(both); k++)
            if (ewf_volume_is_plausible(both[k]) &&
                (both[k]->is_sound || (!is_sound && agrees(o, both[k]))))
                return both[k];
    }
    return NULL;
}

static bool has_id(const struct ewf_volume *v)
{
    static const uint8_t none[sizeof(v->id)];

    return memcmp(v->id, none, sizeof(none)) != 0;
}

static int choose_volume(struct opening *o, struct err *e)
{
    struct image_facts *f = &o->w->facts;
    const struct ewf_volume *v = find_volume(o, true);

    if (!v)
        v = find_volume(o, false);
    if (!v)
        return err_set(e, ERR_FORMAT,
                       "no E01, or damaged where it says how large the disk is: nothing of it can "
                       "be read");
    o->volume = *v;
    f->sector_size = v->sector_size;
    f->sector_count = v->sector_count;
    f->size = v->sector_count * v->sector_size;
    f->chunk_size = v->chunk_sectors * v->sector_size;
    f->media_type = v->media_type;
    f->media_flags = v->media_flags;
    f->compression = v->compression;
    f->flags |= v->is_smart ? IMAGE_IS_SMART : has_id(v) ? IMAGE_HAS_ID : 0;
    memcpy(f->id, v->id, sizeof(f->id));
    return 0;
}

static uint32_t file_of(const struct ewf_group *gap)
{
    return gap->why == IMAGE_FILE_MISSING ? IMAGE_NO_FILE : gap->file;
}

/* Appends to the groups of the disk. Gaps side by side are one. */
static int add_groups(struct ewf *w, const struct ewf_group *groups, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        struct ewf_group *last = w->group_count ? &w->groups[w->group_count - 1] : NULL;

        if (!groups[i].table_off && last && !last->table_off) {
            if (last->why == IMAGE_GROUP)
                *last = groups[i];
            else if (groups[i].why != IMAGE_GROUP)
                ewf_tell(w, (enum image_problem_kind)groups[i].why, file_of(&groups[i]),
                         groups[i].data_from);
            continue;
        }
        if (w->group_count >= LIMIT_IMAGE_GROUP_COUNT)
            return err_set(e, ERR_LIMIT, "more than %d tables of chunks", LIMIT_IMAGE_GROUP_COUNT);
        w->groups = mem_grow(w->groups, w->group_count, &w->group_room, sizeof(w->groups[0]));
        w->groups[w->group_count] = groups[i];
        w->groups[w->group_count++].has_sum = !(w->facts.flags & IMAGE_IS_SMART);
    }
    return 0;
}

static int add_gap(struct ewf *w, enum image_problem_kind why, uint32_t file, uint64_t off,
                   struct err *e)
{
    return add_groups(w, &(struct ewf_group){.why = why, .file = file, .data_from = off}, 1, e);
}

static void adopt(struct ewf *w, struct ewf_part *part)
{
    if (part->values && !w->values) {
        w->values = MOVE(part->values);
        w->value_count = part->value_count;
        part->value_count = 0;
    }
    if (part->errors) {
        free(w->errors);
        w->errors = MOVE(part->errors);
        w->error_count = part->error_count;
    }
    if (part->hash_flags & IMAGE_HAS_MD5)
        memcpy(w->facts.md5, part->md5, sizeof(part->md5));
    if (part->hash_flags & IMAGE_HAS_SHA1)
        memcpy(w->facts.sha1, part->sha1, sizeof(part->sha1));
    w->facts.flags |= part->hash_flags;
    w->facts.file_count++;
}

static bool is_of_set(const struct opening *o, const struct ewf_part *part)
{
    return ewf_is_of_set(&o->volume, &part->data) && ewf_is_of_set(&o->volume, &part->volume);
}

/* Chunks that no table lists are found one after another before what is left of them is a gap. */
static int find_lost(struct ewf *w, const struct ewf_group *gap, struct err *e)
{
    struct ewf_group found = {0};
    int code = 0;

    if (gap->table_off || gap->why != IMAGE_GROUP || w->facts.size == 0)
        return 0;
    code = ewf_find_chunks(w, gap, &found, e);
    if (code || found.count == 0)
        return code;
    ewf_tell(w, IMAGE_GROUP_FOUND, gap->file, gap->data_from);
    code = add_groups(w, &found, 1, e);
    if (code)
        free(found.found);
    return code;
}

static int assemble_part(struct opening *o, struct ewf_part *part, uint32_t expected, struct err *e)
{
    int code = 0;

    if (part->number != expected)
        code = add_gap(o->w, IMAGE_FILE_MISSING, part->file, expected, e);
    if (code)
        return code;
    if (!is_of_set(o, part))
        return add_gap(o->w, IMAGE_FILE_OTHER, part->file, 0, e);
    for (size_t i = 0; i < part->group_count && !code; i++) {
        code = find_lost(o->w, &part->groups[i], e);
        if (!code)
            code = add_groups(o->w, &part->groups[i], 1, e);
    }
    if (!code)
        adopt(o->w, part);
    return code;
}

static int assemble(struct opening *o, struct err *e)
{
    uint32_t expected = 1;
    int code = 0;

    for (size_t i = 0; i < o->count && !code; i++) {
        if (i && o->parts[i - 1].file > o->parts[i].file)
            ewf_tell(o->w, IMAGE_FILE_ORDER, o->parts[i].file, 9);
        code = assemble_part(o, &o->parts[i], expected, e);
        expected = o->parts[i].number + 1;
    }
    if (!code && o->count && o->parts[o->count - 1].has_next)
        code = add_gap(o->w, IMAGE_FILE_LAST, o->parts[o->count - 1].file,
                       o->w->files->sizes[o->parts[o->count - 1].file], e);
    return code;
}

static uint64_t count_chunks(const struct ewf *w, size_t from, size_t to)
{
    uint64_t sum = 0;

    for (size_t i = from; i < to; i++)
        sum += w->groups[i].count;
    return sum;
}

/* Those of tables, not of gaps. */
static uint64_t count_listed(const struct ewf *w)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < w->group_count; i++)
        sum += w->groups[i].table_off ? w->groups[i].count : 0;
    return sum;
}

static size_t find_gap(const struct ewf *w, bool is_last)
{
    size_t found = SIZE_MAX;

    for (size_t i = 0; i < w->group_count; i++)
        if (!w->groups[i].table_off && (found == SIZE_MAX || is_last))
            found = i;
    return found;
}

/* Gives the chunks that no table lists to the gap, if there is one; where there are several, all
 * between the first and the last is one: what stands there cannot be placed. */
static void size_gaps(struct ewf *w, uint64_t total)
{
    size_t first = find_gap(w, false);
    size_t last = find_gap(w, true);
    uint64_t listed = count_chunks(w, 0, w->group_count);
    uint64_t outside;

    if (first == SIZE_MAX || listed >= total)
        return;
    outside = count_chunks(w, 0, first) + count_chunks(w, last, w->group_count);
    for (size_t i = first + 1; i < last; i++) {
        if (w->groups[i].table_off)
            ewf_tell(w, IMAGE_GROUP_PLACE, w->groups[i].file,
                     w->groups[i].table_off - EWF_DESCRIPTOR_SIZE);
        w->groups[i].count = 0;
    }
    w->groups[first].count = total - outside;
}

static void tell_gap(const struct ewf *w, const struct ewf_group *g, bool is_all_there)
{
    enum image_problem_kind why = (enum image_problem_kind)g->why;
    bool is_missing = why == IMAGE_FILE_MISSING;

    if (g->count == 0 && (why == IMAGE_GROUP || why == IMAGE_COUNT))
        return; /* a damaged head that was told of; no chunk was behind it */
    if (is_missing && is_all_there)
        ewf_tell(w, IMAGE_FILE_HEAD, g->file, 9); /* nothing is missing: its number is wrong */
    else
        ewf_tell_chunks(w, why, file_of(g), g->data_from, g->first, g->count);
}

/* Numbers the chunks, and drops what holds none. more_are_known: than the disk has. */
static void place(struct ewf *w, uint64_t total, bool more_are_known)
{
    bool is_all_there = count_listed(w) >= total;
    uint64_t next = 0;
    size_t kept = 0;

    for (size_t i = 0; i < w->group_count; i++) {
        struct ewf_group g = w->groups[i];

        g.first = next;
        if (g.count > total - next) {
            if (!more_are_known)
                ewf_tell(w, IMAGE_MORE, g.file, g.table_off - EWF_DESCRIPTOR_SIZE);
            g.count = total - next;
        }
        next += g.count;
        if (!g.table_off)
            tell_gap(w, &g, is_all_there);
        if (g.count)
            w->groups[kept++] = g;
        else
            free(g.found);
    }
    w->group_count = kept;
}

static int place_groups(const struct opening *o, struct err *e)
{
    struct ewf *w = o->w;
    uint64_t total = ewf_chunk_count(w);
    int code = 0;

    if (find_gap(w, false) == SIZE_MAX && count_chunks(w, 0, w->group_count) < total)
        code = add_gap(w, IMAGE_COUNT, IMAGE_NO_FILE, 0, e);
    if (code)
        return code;
    size_gaps(w, total);
    /* Some programs list a last chunk of what is less than a sector. */
    place(w, total, count_listed(w) == o->volume.chunk_count && count_listed(w) == total + 1);
    return 0;
}

static void count_errors(struct ewf *w)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < w->error_count; i++)
        sum += w->errors[i].count;
    w->facts.error_sectors = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void number_by_place(struct opening *o, struct ewf_part *part, const bool *is_taken)
{
    ewf_tell(o->w, IMAGE_FILE_HEAD, part->file, 0);
    part->number = is_taken[part->file] ? 0 : part->file + 1;
}

/* Each file has its number in its head. Where that is damaged, the place at which the file was
 * given decides; also where it is the number of another file, or too large, although all chunks are
 * there and so no file can be missing: else its chunks would come to stand elsewhere on the disk.
 */
static void number(struct opening *o)
{
    bool is_complete = count_all(o) == chunks_of(&o->volume);
    CLEANUP_FREE bool *is_taken = mem_array(o->count, sizeof(is_taken[0]));

    for (size_t i = 0; i < o->count; i++)
        is_taken[i] = is_at_place(&o->parts[i]);
    for (size_t i = 0; i < o->count; i++) {
        struct ewf_part *part = &o->parts[i];
        uint32_t n = part->number;
        bool is_other = !is_at_place(part) && (n > o->count || (n && is_taken[n - 1]));

        if (n == 0 || (is_complete && is_other))
            number_by_place(o, part, is_taken);
    }
    qsort(o->parts, o->count, sizeof(o->parts[0]), compare_numbers);
}

/* Leaves out what has no number, or another file's. */
static void keep_numbered(struct opening *o)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->count; i++) {
        if (o->parts[i].number == 0 || (kept && o->parts[kept - 1].number == o->parts[i].number)) {
            ewf_tell(o->w, IMAGE_FILE_TWICE, o->parts[i].file, 0);
            ewf_part_release(&o->parts[i]);
            continue;
        }
        o->parts[kept++] = o->parts[i];
    }
    o->count = kept;
}

static int open_with(struct opening *o, struct err *e)
{
    int code = walk_all(o, e);

    if (!code)
        code = choose_volume(o, e);
    if (code)
        return code;
    o->w->packed = mem_alloc(o->w->facts.chunk_size + o->w->facts.chunk_size / 8 + 4096);
    number(o);
    keep_numbered(o);
    code = assemble(o, e);
    if (!code)
        code = place_groups(o, e);
    return code;
}

int ewf_set_open(struct ewf **out, const struct media_files *files,
                 const struct image_watcher *watcher, struct err *e)
{
    CLEANUP(ewf_closep) struct ewf *w = mem_new(struct ewf);
    struct opening o = {.w = w};
    int code;

    w->files = files;
    w->watcher = *watcher;
    w->facts.format = IMAGE_E01;
    w->inflater = libdeflate_alloc_decompressor();
    if (!w->inflater)
        BUG("out of memory for libdeflate");
    for (size_t i = 0; i < COUNT_OF(w->tables); i++)
        w->tables[i].group = SIZE_MAX;
    code = open_with(&o, e);
    opening_release(&o);
    if (code)
        return code;
    count_errors(w);
    *out = MOVE(w);
    return 0;
}
