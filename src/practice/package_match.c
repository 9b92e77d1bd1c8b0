/* package_match.c: pairs the folders of a package with the items on record, by their content. */
#include "practice/package_match.h"
#include <stdlib.h>
#include <unistd.h>
#include "evidence/package_read.h"
#include "practice/evidence.h"
#include "practice/package_name.h"

#define EVIDENCE "evidence/"
enum { SUM_DIGITS = 64, SUMS_LINE_MAX = SUM_DIGITS + 2 + PACKAGE_NAME_LIMIT, LIKES_MAX = 64 };

void match_release(struct match *m)
{
    free(m->folders);
    free(m->items);
    free(m->foreign);
    free(m->forms);
    arena_free(m->arena);
}

static int compare_names(const void *a, const void *b)
{
    const struct match_file *x = a;
    const struct match_file *y = b;

    return str_cmp(x->name, y->name);
}

static int read_sum(struct match_file *f, struct str line, struct err *e)
{
    *f = (struct match_file){.has_sum = true};
    if (!hex_read(f->sum.b, sizeof(f->sum.b), str_head(line, SUM_DIGITS)))
        return err_set(e, ERR_FORMAT, "a line of " PACKAGE_SUMS " is none");
    line = str_from(line, SUM_DIGITS);
    if (!str_take(&line, "  ") || !package_name_is_fit(line))
        return err_set(e, ERR_FORMAT, "a line of " PACKAGE_SUMS " is none");
    f->name = line;
    return 0;
}

/* "evidence/e1/x" is in the folder "evidence/e1"; what lies in evidence/ itself is its own. */
static struct str folder_of(struct str path)
{
    struct str rest = str_from(path, sizeof(EVIDENCE) - 1);

    return str_head(path, sizeof(EVIDENCE) - 1 + str_cut(&rest, '/').len);
}

static void add_folder(struct match *m, struct match_file *files, size_t count)
{
    struct str folder = folder_of(files[0].name);

    for (size_t i = 0; i < count; i++)
        files[i].name = str_from(files[i].name, folder.len + 1);
    m->folders = mem_grow(m->folders, m->folder_count, &m->folder_room, sizeof(m->folders[0]));
    m->folders[m->folder_count++] =
        (struct match_group){.folder = folder, .files = files, .count = count};
}

/* Sorted by their whole names, those of a folder may still be parted: "e1-x/a" stands between
 * "e1" and "e1/a". */
static int compare_paths(const void *a, const void *b)
{
    const struct match_file *x = a;
    const struct match_file *y = b;
    int order = str_cmp(folder_of(x->name), folder_of(y->name));

    return order ? order : str_cmp(x->name, y->name);
}

static void add_folders(struct match *m, struct match_file *files, size_t count)
{
    size_t from = 0;

    if (count)
        qsort(files, count, sizeof(files[0]), compare_paths);
    for (size_t i = 1; count && i <= count; i++)
        if (i == count || !str_eq(folder_of(files[i].name), folder_of(files[from].name))) {
            add_folder(m, files + from, i - from);
            from = i;
        }
}

const char *const match_form_ends[2] = {"html", "txt"};

/* "e12" and what is left behind it, of a number as it is written. */
static bool take_call(struct str *s, uint64_t *number)
{
    struct str digits;
    size_t len = 0;

    if (!str_take(s, "e"))
        return false;
    while (len < s->len && s->p[len] >= '0' && s->p[len] <= '9')
        len++;
    digits = str_head(*s, len);
    *s = str_from(*s, len);
    return len && digits.p[0] != '0' && str_u64(digits, number);
}

bool match_number(struct str folder, uint64_t *number)
{
    return str_take(&folder, EVIDENCE) && take_call(&folder, number) && !folder.len;
}

/* Both of a number mostly stand together; sort_forms puts together the others. */
static bool add_form(struct match *m, struct str name)
{
    uint64_t number;
    size_t end;

    if (!str_take(&name, "custody/") || !take_call(&name, &number) || !str_take(&name, "."))
        return false;
    for (end = 0; end < COUNT_OF(match_form_ends) && !str_is(name, match_form_ends[end]);)
        end++;
    if (end == COUNT_OF(match_form_ends))
        return false;
    if (!m->form_count || m->forms[m->form_count - 1].number != number) {
        m->forms = mem_grow(m->forms, m->form_count, &m->form_room, sizeof(m->forms[0]));
        m->forms[m->form_count++] = (struct match_form){.number = number};
    }
    m->forms[m->form_count - 1].has[end] = true;
    return true;
}

static int compare_forms(const void *a, const void *b)
{
    const struct match_form *x = a;
    const struct match_form *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static void sort_forms(struct match *m)
{
    size_t count = 0;

    if (m->form_count)
        qsort(m->forms, m->form_count, sizeof(m->forms[0]), compare_forms);
    for (size_t i = 0; i < m->form_count; i++) {
        const struct match_form f = m->forms[i];

        if (!count || m->forms[count - 1].number != f.number)
            m->forms[count++] = (struct match_form){.number = f.number};
        for (size_t k = 0; k < COUNT_OF(match_form_ends); k++)
            m->forms[count - 1].has[k] |= f.has[k];
    }
    m->form_count = count;
}

const struct match_form *match_form_of(const struct match *m, uint64_t number)
{
    const struct match_form wanted = {.number = number};

    return m->form_count ? bsearch(&wanted, m->forms, m->form_count, sizeof(wanted), compare_forms)
                         : NULL;
}

const char *const match_fixed[MATCH_FIXED_COUNT] = {"README.txt", "journal/journal.cj1",
                                                    "journal/journal.cjo", "program/calm-verify"};

/* What lies beside the evidence (doc/format/package.md, section 3). */
static void add_beside(struct match *m, struct str name)
{
    for (size_t i = 0; i < MATCH_FIXED_COUNT; i++)
        if (str_is(name, match_fixed[i])) {
            m->has_fixed[i] = true;
            return;
        }
    if (add_form(m, name))
        return;
    m->foreign = mem_grow(m->foreign, m->foreign_count, &m->foreign_room, sizeof(m->foreign[0]));
    m->foreign[m->foreign_count++] = (struct str){arena_dup(m->arena, name.p, name.len), name.len};
}

int match_read_sums(struct match *m, int fd, struct err *e)
{
    CLEANUP(hold_lines_release)
    struct hold_lines lines = {.fd = fd, .name = PACKAGE_SUMS, .line_max = SUMS_LINE_MAX};
    CLEANUP_FREE struct match_file *files = NULL;
    struct match_file *kept;
    struct match_file f;
    size_t count = 0;
    size_t room = 0;
    struct str line;
    int rc;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, PACKAGE_SUMS " cannot be read");
    while ((rc = hold_lines_next(&lines, &line, e)) > 0) {
        rc = read_sum(&f, line, e);
        if (rc)
            return rc;
        if (count + m->foreign_count + m->form_count == PACKAGE_MEMBER_LIMIT)
            return err_set(e, ERR_LIMIT, "it has more files than a package may");
        if (!str_starts(f.name, EVIDENCE)) {
            add_beside(m, f.name);
            continue;
        }
        f.name = (struct str){arena_dup(m->arena, f.name.p, f.name.len), f.name.len};
        files = mem_grow(files, count, &room, sizeof(files[0]));
        files[count++] = f;
    }
    if (rc)
        return rc;
    sort_forms(m);
    kept = arena_alloc(m->arena, (count + 1) * sizeof(files[0]));
    if (count)
        memcpy(kept, files, count * sizeof(files[0]));
    add_folders(m, kept, count);
    return 0;
}

static bool add_image(struct match *m, struct match_group *g, struct str rest)
{
    CLEANUP(package_names_release) struct package_names names = {.arena = m->arena};
    CLEANUP_FREE struct match_file *files = NULL;
    struct evidence_file file;
    size_t room = 0;

    while (evidence_file_next(&rest, &file)) {
        files = mem_grow(files, g->count, &room, sizeof(files[0]));
        files[g->count] = (struct match_file){.sum = file.sum, .has_sum = file.has_sum};
        if (!package_names_add(&names, file.name, &files[g->count++].name))
            return false;
    }
    if (rest.len || !g->count)
        return false;
    qsort(files, g->count, sizeof(files[0]), compare_names);
    g->files = arena_alloc(m->arena, g->count * sizeof(files[0]));
    memcpy(g->files, files, g->count * sizeof(files[0]));
    return true;
}

static bool add_single(struct match *m, struct match_group *g)
{
    struct str path = hold_value(g->item, HOLD_PATH);
    CLEANUP_BUF struct buf name = {0};

    package_name_add(&name, path.len ? path : hold_value(g->item, HOLD_TITLE));
    g->is_single = true;
    g->count = 1;
    g->files = arena_alloc(m->arena, sizeof(g->files[0]));
    g->files[0].name = str_of(arena_strdup(m->arena, buf_text(&name)));
    g->files[0].has_sum = true;
    return hex_read(g->files[0].sum.b, sizeof(g->files[0].sum.b), hold_value(g->item, HOLD_SHA256));
}

bool match_add_item(struct match *m, const struct hold_record *item)
{
    struct match_group g = {.item = item};
    struct str files = hold_value(item, HOLD_FILES);

    if (files.len ? !add_image(m, &g, files) : !add_single(m, &g))
        return false;
    m->items = mem_grow(m->items, m->item_count, &m->item_room, sizeof(m->items[0]));
    m->items[m->item_count++] = g;
    return true;
}

/* What of two groups must be the same to find each other, from the strictest on. */
enum match_by { BY_NAMES_AND_SUMS, BY_SUM, BY_NAMES, MATCH_BY_COUNT_ };

static struct hash key_of(const struct match_group *g, enum match_by by)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t out[64];
    struct hash key;

    for (size_t i = 0; i < g->count; i++) {
        if (by != BY_SUM)
            digest_add(d, g->files[i].name.p, g->files[i].name.len);
        digest_add(d, "/", 1);
        if (by != BY_NAMES)
            digest_add(d, g->files[i].sum.b, sizeof(g->files[i].sum.b));
    }
    digest_end(d, out);
    memcpy(key.b, out, sizeof(key.b));
    return key;
}

/* What is left once the stricter ones found each other: a file under another name, an image of
 * which not all sums are on record. */
static bool may_be(const struct match_group *g, enum match_by by)
{
    if (g->other)
        return false;
    return by != BY_SUM || (g->item ? g->is_single : g->count == 1);
}

static bool sums_fit(const struct match_group *folder, const struct match_group *item)
{
    if (folder->count != item->count)
        return false;
    for (size_t i = 0; i < item->count; i++)
        if (item->files[i].has_sum && !hash_eq(&item->files[i].sum, &folder->files[i].sum))
            return false;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct match_group *x = *(struct match_group *const *)a;
    const struct match_group *y = *(struct match_group *const *)b;
    int order = memcmp(x->key.b, y->key.b, sizeof(x->key.b));

    if (order)
        return order;
    return x->item && y->item ? (x->item->seq > y->item->seq) - (x->item->seq < y->item->seq)
                              : str_cmp(x->folder, y->folder);
}

static size_t sort_by_key(struct match_group **out, struct match_group *groups, size_t count,
                          enum match_by by)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!may_be(&groups[i], by))
            continue;
        groups[i].key = key_of(&groups[i], by);
        out[kept++] = &groups[i];
    }
    qsort(out, kept, sizeof(out[0]), compare_keys);
    return kept;
}

static void pair(struct match_group *folder, struct match_group *item, bool is_same)
{
    folder->other = item;
    item->other = folder;
    folder->is_same = is_same;
    item->is_same = is_same;
}

/* Both are sorted, so that one walk finds all that are alike. */
static void find_same(struct match *m, enum match_by by)
{
    CLEANUP_FREE struct match_group **folders = mem_array(m->folder_count + 1, sizeof(*folders));
    CLEANUP_FREE struct match_group **items = mem_array(m->item_count + 1, sizeof(*items));
    size_t folder_count = sort_by_key(folders, m->folders, m->folder_count, by);
    size_t item_count = sort_by_key(items, m->items, m->item_count, by);
    size_t f = 0;

    for (size_t i = 0; i < item_count; i++) {
        const uint8_t *key = items[i]->key.b;

        while (f < folder_count && memcmp(folders[f]->key.b, key, sizeof(struct hash)) < 0)
            f++;
        for (size_t k = f; k < folder_count && !items[i]->other &&
                           memcmp(folders[k]->key.b, key, sizeof(struct hash)) == 0;
             k++)
            if (!folders[k]->other && (by == BY_SUM || sums_fit(folders[k], items[i])))
                pair(folders[k], items[i], true);
        while (f < folder_count && folders[f]->other)
            f++;
    }
}

/* A file of an item that nothing is the same as. */
struct like {
    struct match_group *item;
    const struct match_file *file;
    size_t next; /* where one may be whose item is still free */
};

/* The first from at on whose item is free; each search leaves shorter ways behind it. */
static size_t next_free(struct like *likes, size_t count, size_t at)
{
    while (at < count && likes[at].item->other) {
        size_t next = likes[at].next;

        if (next < count && likes[next].item->other)
            likes[at].next = likes[next].next;
        at = likes[at].next;
    }
    return at;
}

static int compare_like_names(const void *a, const void *b)
{
    const struct like *x = a;
    const struct like *y = b;

    return str_cmp(x->file->name, y->file->name);
}

static int compare_like_sums(const void *a, const void *b)
{
    const struct like *x = a;
    const struct like *y = b;

    return memcmp(x->file->sum.b, y->file->sum.b, sizeof(struct hash));
}

static struct like *likes_of(struct match *m, size_t *count,
                             int (*compare)(const void *, const void *))
{
    struct like *likes;
    size_t at = 0;

    *count = 0;
    for (size_t i = 0; i < m->item_count; i++)
        *count += m->items[i].other ? 0 : m->items[i].count;
    likes = mem_array(*count + 1, sizeof(*likes));
    for (size_t i = 0; i < m->item_count; i++)
        for (size_t k = 0; k < m->items[i].count && !m->items[i].other; k++)
            likes[at++] = (struct like){&m->items[i], &m->items[i].files[k], 0};
    qsort(likes, *count, sizeof(*likes), compare);
    for (size_t i = 0; i < *count; i++)
        likes[i].next = i + 1;
    return likes;
}

struct likes {
    size_t count;
    struct like *names;
    struct like *sums;
    uint64_t round; /* of the folder that votes; from 1 */
};

static void likes_release(struct likes *l)
{
    free(l->names);
    free(l->sums);
}

/* Gives votes to the items that have a file like this one: few of many, where many have. */
static void vote(const struct likes *l, struct match_group **best, struct like *likes,
                 const struct match_file *file, int (*compare)(const void *, const void *),
                 uint64_t votes)
{
    const struct like wanted = {NULL, file, 0};
    size_t from = 0;
    size_t to = l->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare(&likes[middle], &wanted) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (size_t i = 0; i < LIKES_MAX; i++, from++) {
        struct match_group *item;

        from = next_free(likes, l->count, from);
        if (from == l->count || compare(&likes[from], &wanted) != 0)
            return;
        item = likes[from].item;
        item->votes = (item->round == l->round ? item->votes : 0) + votes;
        item->round = l->round;
        if (!*best || item->votes > (*best)->votes)
            *best = item;
    }
}

/* The item that a folder has most of, of those that are left; NULL. */
static struct match_group *best_of(const struct likes *l, const struct match_group *folder)
{
    struct match_group *best = NULL;

    for (size_t i = 0; i < folder->count; i++) {
        vote(l, &best, l->sums, &folder->files[i], compare_like_sums, 1);
        vote(l, &best, l->names, &folder->files[i], compare_like_names, 2);
    }
    return best;
}

static int compare_votes(const void *a, const void *b)
{
    const struct match_group *x = *(struct match_group *const *)a;
    const struct match_group *y = *(struct match_group *const *)b;

    if (x->votes != y->votes)
        return x->votes < y->votes ? 1 : -1;
    return str_cmp(x->folder, y->folder);
}

/* Those that have much in common first. */
static void find_like(struct match *m)
{
    CLEANUP_FREE struct match_group **folders = mem_array(m->folder_count + 1, sizeof(*folders));
    CLEANUP(likes_release) struct likes l = {0};
    size_t count = 0;

    l.names = likes_of(m, &l.count, compare_like_names);
    l.sums = likes_of(m, &l.count, compare_like_sums);
    for (size_t i = 0; i < m->folder_count; i++) {
        struct match_group *folder = &m->folders[i];
        const struct match_group *best;

        l.round++;
        best = folder->other ? NULL : best_of(&l, folder);
        folder->votes = best ? best->votes : 0;
        if (best)
            folders[count++] = folder;
    }
    qsort(folders, count, sizeof(folders[0]), compare_votes);
    for (size_t i = 0; i < count; i++) {
        struct match_group *item;

        l.round++;
        item = best_of(&l, folders[i]);
        if (item)
            pair(folders[i], item, false);
    }
}

void match_find(struct match *m)
{
    for (int by = 0; by < MATCH_BY_COUNT_; by++)
        find_same(m, (enum match_by)by);
    find_like(m);
}
