/* timeline_open.c: opens the timelines of a case, with what its records say of them. */
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/timeline.h"
#include "practice/timeline_clock.h"
#include "practice/timeline_files.h"
#include "sys/file.h"

#define NS 1000000000LL

const struct thing *timeline_of(const struct view *v, const struct thing *item)
{
    const struct thing *t, *newest = NULL;
    CLEANUP_BUF struct buf id = {0};

    hex_add(&id, item->id.b, sizeof(item->id.b));
    for (size_t at = 0; (t = view_next(v, "timeline", &at));)
        if (str_eq(thing_value(t, "evidence"), buf_str(&id)))
            newest = t;
    return newest;
}

void timeline_path(const char *case_folder, const struct thing *timeline, struct buf *out)
{
    CLEANUP_BUF struct buf name = {0};

    sink_filename(&name, thing_value(timeline, "file"));
    buf_clear(out);
    buf_addf(out, "%s/timeline/%s", case_folder, buf_text(&name));
}

void timelines_release(struct timelines *t)
{
    for (size_t i = 0; i < t->count; i++) {
        fd_close(t->fds[i]);
        free((void *)t->told[i].skews);
        free((void *)t->told[i].marks);
    }
    free(t->told);
    free(t->things);
    free(t->items);
    free(t->fds);
    free(t->directories);
}

static int open_one(struct timelines *t, const struct thing *timeline, const struct thing *item,
                    const char *case_folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    size_t rooms[4] = {t->room, t->room, t->room, t->room};
    struct hash directory;
    int fd;

    timeline_path(case_folder, timeline, &path);
    fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || !timeline_is_there(case_folder, timeline) ||
        !hex_read(directory.b, sizeof(directory.b), thing_value(timeline, "directory"))) {
        fd_close(fd);
        return err_set(e, ERR_NOTFOUND,
                       "the timeline of e%u is not in the case's folder any more: calm analyse "
                       "timeline e%u --again",
                       item->number, item->number);
    }
    t->things = mem_grow(t->things, t->count, &t->room, sizeof(t->things[0]));
    t->items = mem_grow(t->items, t->count, &rooms[0], sizeof(t->items[0]));
    t->fds = mem_grow(t->fds, t->count, &rooms[1], sizeof(t->fds[0]));
    t->directories = mem_grow(t->directories, t->count, &rooms[2], sizeof(t->directories[0]));
    t->told = mem_grow(t->told, t->count, &rooms[3], sizeof(t->told[0]));
    t->told[t->count] = (struct search_item){.number = item->number};
    t->things[t->count] = timeline;
    t->items[t->count] = item;
    t->fds[t->count] = fd;
    t->directories[t->count++] = directory;
    return 0;
}

/* Whether it is among those that were named; none: all are. */
static bool is_wanted(struct str ids, const struct thing *item)
{
    CLEANUP_BUF struct buf id = {0};

    hex_add(&id, item->id.b, sizeof(item->id.b));
    return ids.len == 0 || str_has_line(ids, buf_str(&id));
}

static void tell_clocks(struct search_item *told, const struct view *v, const struct thing *item)
{
    CLEANUP_FREE struct clock_setting *clocks = NULL;
    size_t count = clock_settings(v, item, &clocks);
    struct search_skew *skews = mem_array(count, sizeof(skews[0]));

    for (size_t i = 0; i < count; i++)
        if (clocks[i].has_skew)
            skews[told->skew_count++] = (struct search_skew){clocks[i].source, clocks[i].skew_ns};
    told->skews = skews;
}

static int by_event(const void *a, const void *b)
{
    const struct query_mark *x = a, *y = b;

    return x->event < y->event ? -1 : x->event > y->event;
}

/* The item that a mark is of, by its place; count: none that is open, or of another timeline. */
static size_t place_of(const struct timelines *t, const struct view *v, const struct thing *tag)
{
    size_t i = 0;

    while (i < t->count &&
           !(view_refers(v, tag, "evidence", t->items[i]) &&
             str_eq(thing_value(tag, "digest"), thing_value(t->things[i], "digest"))))
        i++;
    return i;
}

static void tell_marks(struct timelines *t, const struct view *v)
{
    CLEANUP_FREE size_t *rooms = mem_array(t->count + 1, sizeof(rooms[0]));
    const struct thing *tag;

    for (size_t at = 0; (tag = view_next(v, "event-tag", &at));) {
        size_t i = place_of(t, v, tag);
        struct query_mark *marks;
        unsigned item;
        uint64_t event;

        if (i == t->count || !event_call_read(view_title(tag), &item, &event))
            continue;
        marks =
            mem_grow((void *)t->told[i].marks, t->told[i].mark_count, &rooms[i], sizeof(marks[0]));
        marks[t->told[i].mark_count++] = (struct query_mark){event, thing_value(tag, "tag")};
        t->told[i].marks = marks;
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->told[i].mark_count)
            qsort((void *)t->told[i].marks, t->told[i].mark_count, sizeof(struct query_mark),
                  by_event);
}

/* What --from and --to would take it for; a day or a minute lasts as long as it does. */
static int read_moment(struct str text, struct utc now, int64_t *first_ns, int64_t *last_ns,
                       struct err *e)
{
    enum utc_precision precision;
    struct utc t;
    int rc = utc_parse_utc(text, now, &t, &precision, e);

    if (rc)
        return rc;
    if (t.sec > INT64_MAX / NS - 86401 || t.sec < INT64_MIN / NS + 1)
        return err_set(e, ERR_USAGE, "times are from 1677 to 2262");
    *first_ns = t.sec * NS + t.ns;
    *last_ns = *first_ns + utc_lasts_ns(text, precision) - 1;
    return 0;
}

/* "2026-09" */
static bool is_month(struct str text, unsigned *year, unsigned *month)
{
    struct str rest = text;
    struct str head = str_cut(&rest, '-');
    uint64_t y, m;

    if (head.len != 4 || rest.len != 2 || !str_u64(head, &y) || !str_u64(rest, &m) || m < 1 ||
        m > 12)
        return false;
    *year = (unsigned)y;
    *month = (unsigned)m;
    return true;
}

/* Its first day. */
static int read_month(unsigned year, unsigned month, struct utc now, int64_t *first_ns,
                      int64_t *last_ns, struct err *e)
{
    char day[16];

    snprintf(day, sizeof(day), "%04u-%02u-01", year, month);
    return read_moment(str_of(day), now, first_ns, last_ns, e);
}

static int read_time(void *context, struct str text, int64_t *first_ns, int64_t *last_ns,
                     struct err *e)
{
    const struct utc *now = context;
    unsigned year, month;
    int64_t next, last;
    int rc;

    if (!is_month(text, &year, &month))
        return read_moment(text, *now, first_ns, last_ns, e);
    rc = read_month(year + month / 12, month % 12 + 1, *now, &next, &last, e);
    if (rc == 0)
        rc = read_month(year, month, *now, first_ns, &last, e);
    if (rc == 0)
        *last_ns = next - 1;
    return rc;
}

struct search_order timelines_order(const struct timelines *t)
{
    return (struct search_order){.files = t->fds,
                                 .directories = t->directories,
                                 .items = t->told,
                                 .file_count = t->count,
                                 .times = &t->times,
                                 .from_ns = INT64_MIN,
                                 .to_ns = INT64_MAX};
}

static bool time_of(const struct operation *op, const struct input *in, const char *field,
                    int64_t *out)
{
    struct utc t;

    if (!utc_read(&t, input_value(op, in, field)))
        return false;
    if (t.sec > INT64_MAX / NS - 1 || t.sec < INT64_MIN / NS + 1)
        return false;
    *out = t.sec * NS + t.ns;
    return true;
}

int timelines_asked(struct search_order *out, const struct timelines *t, const struct operation *op,
                    const struct input *in, struct err *e)
{
    *out = timelines_order(t);
    out->query = input_value(op, in, "query");
    (void)time_of(op, in, "from", &out->from_ns);
    (void)time_of(op, in, "to", &out->to_ns);
    return out->from_ns <= out->to_ns
               ? 0
               : err_set(e, ERR_USAGE, "--to is before --from, and no time lies between them");
}

int timelines_open(struct timelines *t, const struct view *v, const char *case_folder,
                   struct str items, struct err *e)
{
    const struct thing *item;
    int rc = 0;

    for (size_t at = 0; rc == 0 && (item = view_next(v, "evidence", &at));) {
        const struct thing *timeline = timeline_of(v, item);

        if (timeline && is_wanted(items, item) && !evidence_is_barred(v->state, item) &&
            !thing_value(item, "destroyed").len)
            rc = open_one(t, timeline, item, case_folder, e);
    }
    for (size_t i = 0; rc == 0 && i < t->count; i++)
        tell_clocks(&t->told[i], v, t->items[i]);
    tell_marks(t, v);
    t->now = v->now;
    t->times = (struct query_times){.read = read_time, .context = &t->now};
    if (rc == 0 && t->count == 0)
        rc = err_set(e, ERR_NOTFOUND,
                     "there is no timeline that you may see; who may write to the case makes one: "
                     "calm analyse timeline");
    return rc;
}
