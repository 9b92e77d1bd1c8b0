/* ewf_walk.c: goes through the sections of one file of an E01, over damaged ones too. */
#include "evidence/ewf_walk.h"
#include <libdeflate.h>
#include "base/limits.h"
#include "evidence/le.h"

enum { HEAD_SIZE = 13, WINDOW_SIZE = 1 << 20 };

static const char *const types[] = {"header2", "header",  "xheader", "volume", "disk",
                                    "data",    "sectors", "table",   "table2", "next",
                                    "done",    "error2",  "digest",  "hash",   "xhash",
                                    "session", "ltree",   "ltypes",  "map",    "incomplete"};

struct walk {
    struct ewf *w;
    struct ewf_part *part;
    uint64_t size;      /* of the file */
    uint64_t data_from; /* where chunks lie that no table was seen of yet; to 0: there are none */
    uint64_t data_to;
    bool has_table; /* the last group has no second table yet */
    bool is_cut;
};

uint32_t ewf_sum(struct str bytes)
{
    return libdeflate_adler32(1, bytes.p, bytes.len);
}

bool ewf_mend(char *bytes, size_t size)
{
    struct str all = {bytes, size};

    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        if (ewf_sum(str_head(all, size - 4)) == le32_at(all, size - 4))
            return true;
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    return false;
}

void ewf_tell_chunks(const struct ewf *w, enum image_problem_kind kind, uint32_t file, uint64_t off,
                     uint64_t first, uint64_t count)
{
    uint64_t sectors = w->facts.sector_size ? w->facts.chunk_size / w->facts.sector_size : 0;
    struct image_problem p = {.kind = kind,
                              .file = file,
                              .off = off,
                              .first_sector = first * sectors,
                              .sector_count = count * sectors};

    if (count && p.sector_count > w->facts.sector_count - p.first_sector)
        p.sector_count = w->facts.sector_count - p.first_sector; /* the last may be shorter */
    if (w->watcher.problem)
        w->watcher.problem(w->watcher.context, &p);
}

void ewf_tell(const struct ewf *w, enum image_problem_kind kind, uint32_t file, uint64_t off)
{
    ewf_tell_chunks(w, kind, file, off, 0, 0);
}

int ewf_walk_head(const struct media_files *files, uint32_t file, uint32_t *number, struct err *e)
{
    static const char signature[] = "EVF\x09\x0d\x0a\xff\x00\x01";
    char head[HEAD_SIZE];
    struct str s = {head, sizeof(head)};
    int code;

    *number = 0;
    if (files->sizes[file] < HEAD_SIZE)
        return 0;
    code = files->read_at(files, file, 0, head, sizeof(head), e);
    if (code)
        return code;
    if (memcmp(head, signature, sizeof(signature) - 1) == 0 && le_at(s, 11, 2) == 0)
        *number = (uint32_t)le_at(s, 9, 2);
    return 0;
}

struct ewf_group *ewf_add_group(struct ewf_part *part, const struct ewf_group *group)
{
    part->groups =
        mem_grow(part->groups, part->group_count, &part->group_room, sizeof(part->groups[0]));
    part->groups[part->group_count] = *group;
    return &part->groups[part->group_count++];
}

static void add_gap(struct walk *k, enum image_problem_kind why, uint64_t from, uint64_t to)
{
    ewf_add_group(
        k->part,
        &(struct ewf_group){.file = k->part->file, .why = why, .data_from = from, .data_to = to});
}

/* Chunks that no table followed are lost to us. */
static void leave_data(struct walk *k)
{
    if (k->data_to)
        add_gap(k, IMAGE_GROUP, k->data_from, k->data_to);
    k->data_to = 0;
    k->has_table = false;
}

static bool is_known_type(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strncmp(type, types[i], 16) == 0)
            return true;
    return false;
}

static bool is_sound_head(struct str head)
{
    return ewf_sum(str_head(head, 72)) == le32_at(head, 72);
}

static int read_head(const struct walk *k, uint64_t off, char head[EWF_DESCRIPTOR_SIZE],
                     bool *is_there, struct err *e)
{
    const struct media_files *files = k->w->files;

    *is_there = off <= k->size && k->size - off >= EWF_DESCRIPTOR_SIZE;
    return *is_there ? files->read_at(files, k->part->file, off, head, EWF_DESCRIPTOR_SIZE, e) : 0;
}

static int has_sound_head(const struct walk *k, uint64_t off, bool *out, struct err *e)
{
    char head[EWF_DESCRIPTOR_SIZE];
    int code = read_head(k, off, head, out, e);

    if (!code && *out)
        *out = is_sound_head((struct str){head, sizeof(head)});
    return code;
}

/* The place of the first sound head in these bytes, or their length. */
static size_t find_in(struct str bytes)
{
    static const char first[] = "hxvdstnelmi";

    for (size_t i = 0; bytes.len >= EWF_DESCRIPTOR_SIZE && i <= bytes.len - EWF_DESCRIPTOR_SIZE;
         i++)
        if (memchr(first, bytes.p[i], sizeof(first) - 1) && is_known_type(bytes.p + i) &&
            is_sound_head(str_head(str_from(bytes, i), EWF_DESCRIPTOR_SIZE)))
            return i;
    return bytes.len;
}

/* Finds the next sound head of a section from off on; the size of the file where there is none. */
static int find_head(const struct walk *k, uint64_t off, uint64_t *found, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(WINDOW_SIZE);

    while (off < k->size && k->size - off >= EWF_DESCRIPTOR_SIZE) {
        size_t size = k->size - off < WINDOW_SIZE ? (size_t)(k->size - off) : WINDOW_SIZE;
        int code = k->w->files->read_at(k->w->files, k->part->file, off, bytes, size, e);
        size_t at = code ? 0 : find_in((struct str){bytes, size});

        if (code)
            return code;
        if (at < size) {
            *found = off + at;
            return 0;
        }
        off += size < WINDOW_SIZE ? size : size - EWF_DESCRIPTOR_SIZE + 1;
    }
    *found = k->size;
    return 0;
}

static bool ends_file(const char *type)
{
    return strcmp(type, "next") == 0 || strcmp(type, "done") == 0;
}

/* Whether a sound section begins where this one is said to end. */
static int leads_on(const struct walk *k, const struct ewf_section *s, uint64_t end, bool *out,
                    struct err *e)
{
    *out = false;
    return end >= s->from && end <= k->size ? has_sound_head(k, end, out, e) : 0;
}

/* The head does not say it in a way to be believed: by its one place or by its size, if a sound
 * section begins there; else the type is not believed either, and what comes is searched. */
static int search_end(const struct walk *k, struct str head, struct ewf_section *s, struct err *e)
{
    uint64_t ends[] = {le_at(head, 16, 8), s->off + le_at(head, 24, 8)};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        bool does;
        int code = leads_on(k, s, ends[i], &does, e);

        if (code)
            return code;
        if (!does)
            continue;
        s->to = ends[i];
        if (!is_known_type(s->type))
            s->type[0] = '\0';
        return 0;
    }
    s->type[0] = '\0';
    return find_head(k, s->off + 1, &s->to, e);
}

/* Says where the section ends: where the next one begins, if that can be. */
static int find_end(const struct walk *k, struct str head, struct ewf_section *s, struct err *e)
{
    uint64_t next = le_at(head, 16, 8);
    uint64_t size = le_at(head, 24, 8);
    bool is_sound = is_sound_head(head);

    if (!is_sound && s->from == k->size) {
        memcpy(s->type, "done", sizeof("done")); /* for nothing else ends a file */
        is_sound = true;
    }
    s->to = s->from;
    if (is_sound && ends_file(s->type))
        return 0;
    if (!is_sound)
        return search_end(k, head, s, e);
    if (next < s->from || next > (uint64_t)INT64_MAX) {
        ewf_tell(k->w, IMAGE_SECTION, s->file, s->off);
        return search_end(k, head, s, e);
    }
    if (size != 0 && size != next - s->off)
        ewf_tell(k->w, IMAGE_SECTION_SIZE, s->file, s->off);
    s->to = next;
    return 0;
}

/* The section at off. *is_there: false at the end of the file. */
static int read_section(struct walk *k, uint64_t off, struct ewf_section *s, bool *is_there,
                        struct err *e)
{
    char head[EWF_DESCRIPTOR_SIZE];
    int code = read_head(k, off, head, is_there, e);

    if (code || !*is_there)
        return code;
    if (!is_sound_head((struct str){head, sizeof(head)})) {
        ewf_tell(k->w, IMAGE_SECTION, k->part->file, off);
        (void)ewf_mend(head, sizeof(head)); /* else its end is searched */
    }
    *s = (struct ewf_section){.file = k->part->file, .off = off, .from = off + EWF_DESCRIPTOR_SIZE};
    memcpy(s->type, head, 16);
    code = find_end(k, (struct str){head, sizeof(head)}, s, e);
    if (!code && s->to > k->size) {
        k->is_cut = true;
        s->to = k->size;
    }
    if (s->to < s->from) /* a damaged head, and the next one soon behind it */
        s->from = s->to;
    return code;
}

/* The chunks of a group lie in the section before its table, or, as in the first specification and
 * in EnCase 1, in the table's own section. */
static void place_data(const struct walk *k, const struct ewf_section *s,
                       const struct ewf_table_head *head, struct ewf_group *group)
{
    uint64_t first = head->base + head->first_place;
    uint64_t behind = s->from + EWF_TABLE_HEAD_SIZE + 4 * (uint64_t)head->count;

    if (k->data_to && !(first >= behind && first < s->to)) {
        group->data_from = k->data_from;
        group->data_to = k->data_to;
        return;
    }
    group->data_from = behind;
    group->data_to = s->to;
}

static int take_table(struct walk *k, const struct ewf_section *s, struct err *e)
{
    bool is_second = strcmp(s->type, "table2") == 0;
    struct ewf_group group = {.file = s->file, .table_off = s->from};
    struct ewf_group *last =
        k->part->group_count && k->has_table ? &k->part->groups[k->part->group_count - 1] : NULL;
    struct ewf_table_head head;
    bool is_sound;
    int code = ewf_take_table_head(k->w, s, &head, &is_sound, e);

    if (code)
        return code;
    if (!is_sound) {
        ewf_tell(k->w, IMAGE_TABLE, s->file, s->off);
        if (!k->data_to && !last && !is_second)
            add_gap(k, IMAGE_GROUP, s->off, s->off);
        return 0;
    }
    if (is_second && last && last->count == head.count) {
        last->twin_off = s->from;
        k->has_table = false;
        return 0;
    }
    if (is_second && last) {
        ewf_tell(k->w, IMAGE_TABLES_DIFFER, s->file, s->off);
        k->has_table = false;
        return 0;
    }
    if (head.count == 0)
        return 0;
    group.count = head.count;
    group.listed = head.count;
    place_data(k, s, &head, &group);
    if (k->part->group_count >= LIMIT_IMAGE_GROUP_COUNT)
        return err_set(e, ERR_LIMIT, "more than %d tables of chunks", LIMIT_IMAGE_GROUP_COUNT);
    ewf_add_group(k->part, &group);
    k->data_to = 0;
    k->has_table = !is_second;
    return 0;
}

static int take_volume(struct walk *k, const struct ewf_section *s, struct ewf_volume *out,
                       struct err *e)
{
    return out->is_there && out->is_sound ? 0 : ewf_take_volume(k->w, s, out, e);
}

static int take_section(struct walk *k, const struct ewf_section *s, struct err *e)
{
    const char *type = s->type;

    if (strcmp(type, "table") == 0 || strcmp(type, "table2") == 0)
        return take_table(k, s, e);
    if (strcmp(type, "volume") == 0 || strcmp(type, "disk") == 0)
        return take_volume(k, s, &k->part->volume, e);
    if (strcmp(type, "data") == 0)
        return take_volume(k, s, &k->part->data, e);
    if (strcmp(type, "hash") == 0 || strcmp(type, "digest") == 0)
        return ewf_take_hash(k->w, s, k->part, e);
    if (strcmp(type, "error2") == 0)
        return ewf_take_errors(k->w, s, k->part, e);
    if (strcmp(type, "header") == 0 || strcmp(type, "header2") == 0)
        return ewf_take_values(k->w, s, k->part, e);
    if (strcmp(type, "sectors") == 0)
        leave_data(k);
    if (strcmp(type, "sectors") == 0 || (type[0] == '\0' && !k->data_to)) {
        k->data_from = s->from;
        k->data_to = s->to;
    }
    k->part->has_next |= strcmp(type, "next") == 0;
    k->part->has_done |= strcmp(type, "done") == 0;
    return 0;
}

int ewf_walk(struct ewf *w, struct ewf_part *part, uint64_t *section_count, struct err *e)
{
    struct walk k = {.w = w, .part = part, .size = w->files->sizes[part->file]};
    uint64_t off = HEAD_SIZE;
    struct ewf_section s;
    bool is_there;
    int code = 0;

    while (!code && !part->has_next && !part->has_done && !k.is_cut) {
        code = read_section(&k, off, &s, &is_there, e);
        if (code || !is_there)
            break;
        if (++*section_count > LIMIT_IMAGE_SECTION_COUNT)
            return err_set(e, ERR_LIMIT, "more than %d sections", LIMIT_IMAGE_SECTION_COUNT);
        code = take_section(&k, &s, e);
        off = s.to;
    }
    leave_data(&k);
    if (!code && !part->has_next && !part->has_done)
        add_gap(&k, IMAGE_FILE_CUT, k.size, k.size);
    return code;
}

void ewf_part_release(struct ewf_part *part)
{
    for (size_t i = 0; i < part->value_count; i++)
        free(part->values[i].text);
    free(part->values);
    free(part->groups);
    free(part->errors);
}
