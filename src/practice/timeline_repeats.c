/* timeline_repeats.c: finds sources whose events are in a case twice. */
#include "practice/timeline_repeats.h"
#include <fcntl.h>
#include "base/mem.h"
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/timeline_sources.h"
#include "sys/file.h"
#include "timeline/sources.h"

enum { NAME_SHOWN = 200 };

#define DAY_NS ((int64_t)86400 * 1000000000)

struct repeat_source {
    const struct thing *item;
    struct str name;
    struct hash digest;
    struct source_head head;
    int64_t first_ns;
    bool is_new;                      /* of the item that is looked at */
    const struct thing *same, *grown; /* the other item; NULL: none */
};

void repeats_release(struct repeats *r)
{
    free(r->of);
    arena_free(r->arena);
}

void repeated_release(struct repeated *r)
{
    buf_release(&r->items);
    buf_release(&r->remarks);
}

struct taking {
    struct repeats *r;
    const struct thing *item;
    bool is_new;
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
                               .name = k->is_new ? str_head(s->name, NAME_SHOWN) : STR(""),
                               .digest = s->digest,
                               .head = s->head,
                               .first_ns = s->first_ns,
                               .is_new = k->is_new};
    if (k->is_new) {
        struct str *name = &r->of[r->count - 1].name;

        name->p = arena_dup(r->arena, name->p, name->len);
    }
    return 0;
}

static int read_sources(struct taking *k, const char *path, const struct hash *directory,
                        struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    return timeline_sources(fd, directory, take_source, k, e);
}

/* Those that are on record. */
static void read_others(struct repeats *r, const struct view *v, const char *case_folder,
                        bool is_new)
{
    const struct thing *item;

    r->arena = arena_new();
    for (size_t at = 0; (item = view_next(v, "evidence", &at));) {
        const struct thing *timeline = timeline_of(v, item);
        struct taking k = {.r = r, .item = item, .is_new = is_new};
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

/* Each new one behind others with the same events has the first of these. */
static void find_same(struct repeat_source **all, size_t count)
{
    size_t first = 0;

    qsort(all, count, sizeof(struct repeat_source *), by_digest);
    for (size_t i = 1; i < count; i++) {
        if (!hash_eq(&all[i]->digest, &all[first]->digest))
            first = i;
        else if (all[i]->is_new)
            all[i]->same = all[first]->item;
    }
}

/* The same first bytes and the same first time of a day, but other events. */
static void find_grown(struct repeat_source **all, size_t count)
{
    size_t first = 0;

    qsort(all, count, sizeof(struct repeat_source *), by_head);
    for (size_t i = 1; i < count; i++) {
        const struct repeat_source *f = all[first];

        if (!hash_eq(&all[i]->head.sum, &f->head.sum) || time_of_day(all[i]) != time_of_day(f))
            first = i;
        else if (!hash_eq(&all[i]->digest, &f->digest) && (all[i]->is_new || f->is_new))
            *(all[i]->is_new ? &all[i]->grown : &all[first]->grown) =
                all[i]->is_new ? f->item : all[i]->item;
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

static void add_item(struct buf *items, const struct thing *item)
{
    CLEANUP_BUF struct buf id = {0};

    hex_add(&id, item->id.b, sizeof(item->id.b));
    if (str_has_line(buf_str(items), buf_str(&id)))
        return;
    if (items->len)
        buf_addc(items, '\n');
    buf_addstr(items, buf_str(&id));
}

static void add_words(struct buf *out, const struct repeat_source *s)
{
    if (s->same)
        buf_addf(out, "all its events are in %s%u as well, and are found twice",
                 s->same == s->item ? "another file of e" : "e", s->same->number);
    else if (s->grown)
        buf_addf(out, "it begins as %s%u does, so events of both may be found twice",
                 s->grown == s->item ? "another file of e" : "a log in e", s->grown->number);
}

static void tell(struct repeated *out, const struct repeat_source *s)
{
    add_item(&out->items, s->same ? s->same : s->grown);
    if (out->count++ >= KNOWN_KEPT)
        return;
    if (out->remarks.len)
        buf_addc(&out->remarks, '\n');
    sink_terminal(&out->remarks, s->name, false);
    buf_adds(&out->remarks, ": ");
    add_words(&out->remarks, s);
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
    struct taking k = {.r = r, .item = item, .is_new = true};
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
            tell(out, s);
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

static bool is_twice(const struct timelines *t, const struct view *v, size_t i)
{
    bool is = false;

    for (size_t k = 0; k < t->count && !is; k++)
        is = view_refers(v, t->things[i], "repeats", t->items[k]);
    return is;
}

void repeats_say(const struct timelines *t, const struct view *v, struct screen *out)
{
    CLEANUP_BUF struct buf items = {0};

    for (size_t i = 0; i < t->count; i++)
        if (thing_value(t->things[i], "repeats").len && is_twice(t, v, i))
            buf_addf(&items, "%se%u", items.len ? " " : "", t->items[i]->number);
    if (items.len)
        screen_printf(out, 0,
                      "Events that are in this case twice are found, and counted, twice: calm "
                      "analyse sources %s",
                      buf_text(&items));
}
