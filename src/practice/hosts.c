/* hosts.c: which systems are captured and which are not, worst first. */
#include "practice/hosts.h"
#include <stdlib.h>
#include "base/sink.h"
#include "practice/snapshot.h"
#include "render/screen.h"

/* The best that there is of one system. */
struct capture {
    const struct thing *system;
    const struct thing *thing; /* a collection, a snapshot or an item; NULL: not captured */
    const struct thing *image; /* the newest disk image; NULL for none */
    const char *by;            /* "bundle", "UAC", "Velociraptor", "snapshot", "image" */
    struct utc taken;
    bool has_time;
    struct utc resumed; /* where it was taken in parts: the last of them; else zero */
    unsigned rank;      /* the lower the worse */
    struct buf missing;
};

static bool is_newer(const struct view *v, const struct thing *t, const struct thing *than)
{
    struct utc a;
    struct utc b;

    if (!than)
        return true;
    if (snapshot_taken(v, t, &a) && snapshot_taken(v, than, &b) && utc_cmp(a, b) != 0)
        return utc_cmp(a, b) > 0;
    return t->seq > than->seq;
}

const struct thing *host_newest(const struct view *v, const struct thing *system)
{
    const struct thing *newest = snapshot_newest(v, system, NULL);
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "collection", "system", system, &at));)
        if (is_newer(v, t, newest) || view_ref(v, t, "state") == newest)
            newest = t;
    return newest;
}

static const struct thing *newest_image(const struct view *v, const struct thing *system)
{
    const struct thing *newest = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "evidence", "system", system, &at));)
        if (thing_says(t, "sort", "image"))
            newest = t;
    return newest;
}

static const char *means(const struct thing *t)
{
    if (thing_is(t, "snapshot"))
        return "snapshot";
    if (thing_is(t, "evidence"))
        return "image";
    return thing_says(t, "tool", "uac")            ? "UAC"
           : thing_says(t, "tool", "velociraptor") ? "Velociraptor"
                                                   : "bundle";
}

static void add_part(struct buf *out, const char *words)
{
    if (out->len)
        buf_adds(out, "; ");
    buf_adds(out, words);
}

/* Sections of the state that were not seen whole. */
static void say_unread(const struct thing *snapshot, struct buf *out)
{
    struct str rest = snapshot ? thing_value(snapshot, "unread") : STR("");
    size_t parts = 0;

    for (; rest.len; parts++)
        (void)str_cut(&rest, '\n');
    if (parts) {
        add_part(out, "");
        buf_addf(out, "%zu part%s not whole", parts, parts == 1 ? "" : "s");
    }
}

static void say_collection(const struct view *v, const struct thing *t, struct buf *out)
{
    uint64_t count;

    if (thing_value(t, "doubt").len)
        add_part(out, "certainty that it is this system");
    if (thing_says(t, "how", "received") && !thing_says(t, "looked", "yes"))
        add_part(out, "a look by somebody: it came over the network");
    if (thing_value(t, "problem").len)
        add_part(out, "its end: it is not whole");
    if (!view_ref(v, t, "state"))
        add_part(out, "a state of the system");
    if (str_u64(thing_value(t, "missing"), &count) && count) {
        add_part(out, "");
        buf_addf(out, "%llu thing%s unread", (unsigned long long)count, count == 1 ? "" : "s");
    }
    say_unread(view_ref(v, t, "state"), out);
}

static void say_missing(const struct view *v, struct capture *c)
{
    if (!c->thing)
        buf_adds(&c->missing, "everything: nothing was captured");
    else if (thing_is(c->thing, "evidence"))
        buf_adds(&c->missing, "what was in memory: no live state was taken");
    else if (thing_is(c->thing, "collection"))
        say_collection(v, c->thing, &c->missing);
    else
        say_unread(c->thing, &c->missing);
}

static bool is_cut(const struct thing *t)
{
    return thing_is(t, "evidence") ||
           (thing_is(t, "collection") &&
            (thing_value(t, "problem").len > 0 || thing_value(t, "doubt").len > 0));
}

/* Not captured comes before captured in part, and affected before clear. */
static unsigned rank_of(const struct capture *c)
{
    enum { STATES = 4 };
    bool is_clear = thing_says(c->system, "state", "clear");
    unsigned state = thing_says(c->system, "state", "affected")    ? 0
                     : thing_says(c->system, "state", "suspected") ? 1
                     : is_clear                                    ? 3
                                                                   : 2;

    if (!c->thing)
        return is_clear ? 3 * STATES : state;
    if (is_cut(c->thing))
        return STATES + state;
    return 2 * STATES + state;
}

static void look(const struct view *v, const struct thing *system, struct capture *out)
{
    *out = (struct capture){.system = system, .image = newest_image(v, system), .by = ""};
    out->thing = host_newest(v, system);
    if (!out->thing)
        out->thing = out->image;
    if (out->thing) {
        out->by = means(out->thing);
        out->has_time = thing_is(out->thing, "evidence")
                            ? thing_time(out->thing, "modified", &out->taken)
                            : snapshot_taken(v, out->thing, &out->taken);
        if (out->has_time && utc_cmp(out->taken, v->now) > 0)
            out->taken = v->now;
        if (thing_is(out->thing, "collection"))
            (void)thing_time(out->thing, "resumed", &out->resumed);
    }
    say_missing(v, out);
    out->rank = rank_of(out);
}

/* Among equals the stalest first. */
static int by_rank(const void *a, const void *b)
{
    const struct capture *x = a;
    const struct capture *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->has_time && y->has_time && utc_cmp(x->taken, y->taken) != 0)
        return utc_cmp(x->taken, y->taken);
    return x->system->seq < y->system->seq ? -1 : x->system->seq > y->system->seq;
}

static struct capture *list(const struct view *v, struct arena *arena, size_t *count)
{
    struct capture *all =
        arena_alloc(arena, (view_count(v, "system") + 1) * sizeof(struct capture));
    const struct thing *t;

    *count = 0;
    for (size_t at = 0; (t = view_next(v, "system", &at));)
        look(v, t, &all[(*count)++]);
    qsort(all, *count, sizeof(all[0]), by_rank);
    return all;
}

static void put_json(const struct view *v, const struct capture *all, size_t count,
                     struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t i = 0; i < count; i++) {
        const struct capture *c = &all[i];
        CLEANUP_BUF struct buf call = {0};

        json_object_begin(&j);
        json_put_str(&j, "system", view_title(c->system));
        json_put_str(&j, "state", thing_value(c->system, "state"));
        json_put_bool(&j, "captured", c->thing != NULL);
        if (c->thing) {
            view_call(&call, c->thing);
            json_put_text(&j, "by", c->by);
            json_put_str(&j, "call", buf_str(&call));
        }
        json_put_bool(&j, "imaged", c->image != NULL);
        if (c->has_time) {
            json_put_utc(&j, "taken", c->taken);
            json_name(&j, "age_s");
            json_i64(&j, utc_minus_ms(v->now, c->taken) / 1000);
        }
        if (c->resumed.sec)
            json_put_utc(&j, "resumed", c->resumed);
        json_put_str(&j, "missing", buf_str(&c->missing));
        json_object_end(&j);
    }
    json_array_end(&j);
}

enum { COLUMNS = 5 };

static void fill_row(const struct view *v, const struct capture *c, struct arena *arena,
                     struct str *cell)
{
    char span[UTC_PLAIN_SIZE];
    CLEANUP_BUF struct buf by = {0};

    if (c->thing)
        view_call(&by, c->thing);
    cell[0] = view_title(c->system);
    cell[1] = thing_value(c->system, "state");
    cell[2] =
        c->thing ? str_of(arena_printf(arena, "%s %s", c->by, buf_text(&by))) : STR("not captured");
    cell[3] = c->has_time
                  ? str_of(arena_printf(arena, "%s ago",
                                        span_text(span, utc_minus_ms(v->now, c->taken) / 1000)))
                  : STR("");
    if (c->has_time && c->resumed.sec)
        cell[3] = str_of(arena_printf(arena, STR_FMT ", gone on %s ago", STR_ARG(cell[3]),
                                      span_text(span, utc_minus_ms(v->now, c->resumed) / 1000)));
    cell[4] = str_of(arena_strdup(arena, buf_text(&c->missing)));
}

/* The worst stands first. */
static void say_next(const struct capture *worst, bool is_left, struct screen *screen)
{
    screen_blank(screen);
    if (is_left)
        screen_next(screen, STR("calm help affected-machine"),
                    STR("what to do there with the stick; then calm preserve import"));
    else if (worst->thing && thing_is(worst->thing, "evidence"))
        screen_next(screen, STR("calm help affected-machine"),
                    STR("the live state of what has only an image"));
    else
        screen_next(screen, STR("calm preserve observed"),
                    STR("what stands out in the newest; behind it co1 or a system for another"));
}

static void put_text(const struct view *v, struct arena *arena, const struct capture *all,
                     size_t count, struct answer *a)
{
    static const struct screen_column columns[COLUMNS] = {{.heading = "system", .whole = true},
                                                          {.heading = "state", .whole = true},
                                                          {.heading = "captured by", .whole = true},
                                                          {.heading = "when", .whole = true},
                                                          {.heading = "missing"}};
    struct screen screen = {&a->text, a->columns, a->color};
    struct str *cells = arena_alloc(arena, (count + 1) * COLUMNS * sizeof(cells[0]));
    size_t captured = 0;

    for (size_t i = 0; i < count; i++) {
        fill_row(v, &all[i], arena, &cells[i * COLUMNS]);
        captured += all[i].thing != NULL;
    }
    if (!count) {
        buf_adds(&a->text, "No system is on the list: calm assess system NAME\n");
        return;
    }
    screen_table(&screen, 0, columns, COLUMNS, cells, count);
    screen_blank(&screen);
    buf_addf(&a->text, "%zu of %zu captured.\n", captured, count);
    say_next(&all[0], captured < count, &screen);
}

static int query_hosts(const struct view *v, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct capture *all;
    size_t count;

    (void)op;
    (void)in;
    (void)e;
    all = list(v, arena, &count);
    if (a->wants_json)
        put_json(v, all, count, a);
    else
        put_text(v, arena, all, count, a);
    for (size_t i = 0; i < count; i++)
        buf_release(&all[i].missing);
    return 0;
}

const struct operation preserve_hosts = {
    .name = "preserve hosts",
    .practice = "preserve",
    .help = "which systems are captured, by what, how long ago, and what was missing",
    .example = "calm preserve hosts",
    .more =
        "One line a system, worst first: those that are not captured at all, affected ones "
        "before others; then those of which a part or only an image is there; then the stalest.",
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_hosts};
