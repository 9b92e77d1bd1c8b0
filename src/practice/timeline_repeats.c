/* timeline_repeats.c: finds sources whose events are in a case twice. */
#include "practice/timeline_repeats.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/timeline_sources.h"
#include "sys/file.h"
#include "timeline/query.h"
#include "timeline/sources.h"

enum { NAME_SHOWN = 200, BESIDE_MOST = 1 << 20 };

#define DAY_NS ((int64_t)86400 * 1000000000)

struct repeat_source {
    const struct thing *item;
    struct str file; /* of the timeline: its name */
    struct str name;
    struct hash digest;
    struct source_head head;
    int64_t first_ns;
    bool is_new;                              /* of the item that is looked at */
    bool is_scoped;                           /* in a compartment */
    const struct repeat_source *same, *grown; /* the other one; NULL: none */
};

void repeats_release(struct repeats *r)
{
    free(r->of);
    arena_free(r->arena);
}

void repeated_release(struct repeated *r)
{
    buf_release(&r->items);
    buf_release(&r->files);
    buf_release(&r->said.text);
    buf_release(&r->recorded.text);
}

struct taking {
    struct repeats *r;
    const struct thing *item;
    struct str file;
    bool is_new, is_scoped;
};

/* What has no time, or no events, is of nothing that could be counted twice. */
static int take_source(void *context, const struct source_told *s, struct err *e)
{
    const struct taking *k = context;
    struct repeats *r = k->r;

    (void)e;
    if (!s->has_times)
        return 0;
    r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
    r->of[r->count++] =
        (struct repeat_source){.item = k->item,
                               .file = k->file,
                               .name = k->is_new ? str_head(s->name, NAME_SHOWN) : STR(""),
                               .digest = s->digest,
                               .head = s->head,
                               .first_ns = s->first_ns,
                               .is_new = k->is_new,
                               .is_scoped = k->is_scoped};
    if (k->is_new) {
        struct str *name = &r->of[r->count - 1].name;

        name->p = arena_dup(r->arena, name->p, name->len);
    }
    return 0;
}

static int read_sources(struct taking *k, const char *path, const struct hash *directory,
                        struct err *e)
{
    const char *slash = strrchr(path, '/');
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    k->file = str_of(arena_strdup(k->r->arena, slash ? slash + 1 : path));
    return timeline_sources(fd, directory, take_source, k, e);
}

/* The compartment that it is in; empty: none. */
static struct str scope_of(const struct view *v, const struct thing *item)
{
    struct str scope = str_of(state_scope(v->state, state_record(v->state, item->seq)));

    return str_is(scope, "team") ? STR("") : scope;
}

/* Those that are on record. */
static void read_others(struct repeats *r, const struct view *v, const char *case_folder,
                        bool is_new)
{
    const struct thing *item;

    r->arena = arena_new();
    for (size_t at = 0; (item = view_next(v, "evidence", &at));) {
        const struct thing *timeline = timeline_of(v, item);
        struct taking k = {
            .r = r, .item = item, .is_new = is_new, .is_scoped = scope_of(v, item).len > 0};
        CLEANUP_BUF struct buf path = {0};
        struct hash directory;
        struct err why;
        size_t before = r->count;

        if (!timeline || evidence_is_barred(v->state, item) || thing_value(item, "destroyed").len ||
            !hex_read(directory.b, sizeof(directory.b), thing_value(timeline, "directory")))
            continue;
        timeline_path(case_folder, timeline, &path);
        if (read_sources(&k, buf_text(&path), &directory, &why))
            r->count = before;
    }
}

static int by_digest(const void *a, const void *b)
{
    const struct repeat_source *x = *(struct repeat_source *const *)a;
    const struct repeat_source *y = *(struct repeat_source *const *)b;
    int order = memcmp(x->digest.b, y->digest.b, sizeof(x->digest.b));

    if (order == 0) /* what was there comes first */
        order = x->is_new != y->is_new ? x->is_new - y->is_new : x < y ? -1 : 1;
    return order;
}

/* Of copies of one log the years may be others, where they follow from when a copy was written. */
static int64_t time_of_day(const struct repeat_source *s)
{
    int64_t ns = s->first_ns % DAY_NS;

    return ns < 0 ? ns + DAY_NS : ns;
}

static int by_head(const void *a, const void *b)
{
    const struct repeat_source *x = *(struct repeat_source *const *)a;
    const struct repeat_source *y = *(struct repeat_source *const *)b;
    int order = memcmp(&x->head.sum, &y->head.sum, sizeof(x->head.sum));
    int64_t from = time_of_day(x), to = time_of_day(y);

    if (order == 0)
        order = from != to ? (from < to ? -1 : 1) : by_digest(a, b);
    return order;
}

/* Of two, that which more people may see. */
static const struct repeat_source *seen_by_more(const struct repeat_source *a,
                                                const struct repeat_source *b)
{
    return b->is_scoped < a->is_scoped ||
                   (b->is_scoped == a->is_scoped && b->item->tlp < a->item->tlp)
               ? b
               : a;
}

/* Each new one behind others with the same events has one of these. */
static void find_same(struct repeat_source **all, size_t count)
{
    const struct repeat_source *other = NULL;

    qsort(all, count, sizeof(all[0]), by_digest);
    for (size_t i = 0; i < count; i++) {
        bool is_first = i == 0 || !hash_eq(&all[i]->digest, &all[i - 1]->digest);

        if (!is_first && all[i]->is_new)
            all[i]->same = other;
        other = is_first ? all[i] : seen_by_more(other, all[i]);
    }
}

/* The same first bytes and the same first time of a day, but other events. */
static void find_grown(struct repeat_source **all, size_t count)
{
    size_t first = 0;

    qsort(all, count, sizeof(all[0]), by_head);
    for (size_t i = 1; i < count; i++) {
        struct repeat_source *f = all[first], *to = all[i]->is_new ? all[i] : f;

        if (!hash_eq(&all[i]->head.sum, &f->head.sum) || time_of_day(all[i]) != time_of_day(f))
            first = i;
        else if (!hash_eq(&all[i]->digest, &f->digest) && to->is_new)
            to->grown = to == f ? all[i] : f;
    }
}

static void find_all(struct repeats *r)
{
    CLEANUP_FREE struct repeat_source **all = mem_array(r->count + 1, sizeof(all[0]));
    size_t with_head = 0;

    for (size_t i = 0; i < r->count; i++)
        all[i] = &r->of[i];
    find_same(all, r->count);
    for (size_t i = 0; i < r->count; i++)
        if (all[i]->head.is_there)
            all[with_head++] = all[i];
    find_grown(all, with_head);
}

static void add_once(struct buf *lines, struct str line)
{
    if (str_has_line(buf_str(lines), line))
        return;
    if (lines->len)
        buf_addc(lines, '\n');
    buf_addstr(lines, line);
}

static void add_words(struct buf *out, const struct repeat_source *s)
{
    const struct repeat_source *other = s->same ? s->same : s->grown;

    if (!other)
        return;
    buf_addf(out,
             s->same ? "all its events are in %s%u as well, and are found twice"
                     : "it begins as %s%u does, so events of both may be found twice",
             other->item == s->item ? "another file of e"
             : s->same              ? "e"
                                    : "a log in e",
             other->item->number);
}

static void add_line(struct lines *to, const struct repeat_source *s)
{
    if (to->count++ >= KNOWN_KEPT)
        return;
    if (to->text.len)
        buf_addc(&to->text, '\n');
    sink_terminal(&to->text, s->name, false);
    buf_adds(&to->text, ": ");
    add_words(&to->text, s);
}

/* What is on record of an item is read by all who may see that. */
static void tell(struct repeated *out, const struct view *v, const struct repeat_source *s)
{
    const struct repeat_source *other = s->same ? s->same : s->grown;
    struct str scope = scope_of(v, other->item);
    CLEANUP_BUF struct buf id = {0};

    out->count++;
    add_line(&out->said, s);
    add_once(&out->files, other->file);
    if (other->item->tlp > s->item->tlp || (scope.len && !str_eq(scope, scope_of(v, s->item))))
        return;
    hex_add(&id, other->item->id.b, sizeof(other->item->id.b));
    add_once(&out->items, buf_str(&id));
    add_line(&out->recorded, s);
}

/* Of the timeline that the item had before. */
static void forget(struct repeats *r, const struct thing *item)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++)
        if (!id_eq(&r->of[i].item->id, &item->id))
            r->of[kept++] = r->of[i];
    r->count = kept;
}

int repeats_find(struct repeats *r, const struct view *v, const char *case_folder,
                 const struct thing *item, const char *path, const struct hash *directory,
                 struct repeated *out, struct err *e)
{
    struct taking k = {
        .r = r, .item = item, .is_new = true, .is_scoped = scope_of(v, item).len > 0};
    int rc;

    if (!r->arena)
        read_others(r, v, case_folder, false);
    forget(r, item);
    rc = read_sources(&k, path, directory, e);
    if (rc)
        return rc;
    find_all(r);
    for (size_t i = 0; i < r->count; i++) {
        struct repeat_source *s = &r->of[i];

        if (s->is_new && (s->same || s->grown))
            tell(out, v, s);
        s->is_new = false;
        s->same = s->grown = NULL;
    }
    return 0;
}

void repeats_read(struct repeats *r, const struct view *v, const char *case_folder)
{
    read_others(r, v, case_folder, true);
    find_all(r);
}

size_t repeats_of(const struct repeats *r, const struct thing *item)
{
    size_t i = 0;

    while (i < r->count && r->of[i].item != item)
        i++;
    return i;
}

void repeats_words(const struct repeats *r, size_t place, struct buf *out)
{
    if (place < r->count)
        add_words(out, &r->of[place]);
}

/* The place of what is put down beside a timeline. */
static void path_beside(struct buf *out, const char *path)
{
    buf_addf(out, "%s.twice", path);
}

int repeats_put(const char *path, const struct repeated *found, struct err *e)
{
    CLEANUP_BUF struct buf beside = {0};

    path_beside(&beside, path);
    if (found->files.len)
        return file_replace(buf_text(&beside), buf_str(&found->files), 0600, e);
    if (unlink(buf_text(&beside)) && errno != ENOENT)
        return err_errno(e, "cannot remove %s", buf_text(&beside));
    return 0;
}

/* Whether others that are asked have events of that timeline. Where nothing can be read, nothing is
 * known. */
static bool is_twice(const struct timelines *t, size_t i, const struct query *q,
                     const char *case_folder)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf beside = {0};
    CLEANUP_BUF struct buf files = {0};
    struct err why;

    if (q && !query_may_be_of(q, t->items[i]->number))
        return false;
    timeline_path(case_folder, t->things[i], &path);
    path_beside(&beside, buf_text(&path));
    if (!file_is_there(buf_text(&beside)) ||
        file_read(&files, buf_text(&beside), BESIDE_MOST, &why))
        return false;
    for (size_t k = 0; k < t->count; k++)
        if (str_has_line(buf_str(&files), thing_value(t->things[k], "file")) &&
            (!q || query_may_be_of(q, t->items[k]->number)))
            return true;
    return false;
}

void repeats_say(const struct timelines *t, const char *case_folder, struct str query,
                 struct answer *a)
{
    struct screen out = {.out = &a->aside, .columns = a->columns};
    CLEANUP(query_freep) struct query *q = NULL;
    CLEANUP_BUF struct buf items = {0};

    if (query.len && query_read(&q, query, &t->times, NULL))
        return;
    for (size_t i = 0; i < t->count; i++)
        if (is_twice(t, i, q, case_folder))
            buf_addf(&items, "%se%u", items.len ? " " : "", t->items[i]->number);
    if (items.len)
        screen_printf(&out, 0,
                      "Events that are in this case twice are found, and counted, twice: calm "
                      "analyse sources %s",
                      buf_text(&items));
}
