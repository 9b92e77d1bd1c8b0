/* timeline_rotation.c: finds the next newer log of a rotation, and when it begins. */
#include "practice/timeline_rotation.h"
#include "practice/timeline.h"
#include "timeline/rotation.h"

#define NS 1000000000LL

int rotation_newest_first(const void *a, const void *b)
{
    const struct thing *x = *(const struct thing *const *)a, *y = *(const struct thing *const *)b;
    uint64_t x_age = rotation_name_of(thing_value(x, "path")).age;
    uint64_t y_age = rotation_name_of(thing_value(y, "path")).age;

    if (x_age != y_age)
        return x_age < y_age ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool is_of_same_place(const struct thing *a, const struct thing *b)
{
    return str_eq(thing_value(a, "host"), thing_value(b, "host")) &&
           str_eq(thing_value(a, "system"), thing_value(b, "system"));
}

static const struct thing *next_newer(const struct view *v, const struct thing *item)
{
    struct rotation_name own = rotation_name_of(thing_value(item, "path"));
    const struct thing *t, *best = NULL;
    struct rotation_name nearest = {0};

    for (size_t at = 0; own.age && (t = view_next(v, "evidence", &at));) {
        struct rotation_name n = rotation_name_of(thing_value(t, "path"));

        if (!rotation_is_newer(&n, &own) || (best && n.age < nearest.age) ||
            !is_of_same_place(t, item) || !timeline_of(v, t))
            continue;
        best = t;
        nearest = n;
    }
    return best;
}

static int take_first(void *context, const struct search_event *event, struct err *e)
{
    (void)e;
    if (!str_is(event->precision, "none") && event->ns >= 0 &&
        search_value_of(event, "event.out_of_order").len == 0)
        *(int64_t *)context = event->ns / NS + ROTATION_SLACK_S;
    return 0;
}

int rotation_end(const struct view *v, const struct thing *item, const char *case_folder,
                 int64_t *out_s, struct err *e)
{
    const struct thing *newer = next_newer(v, item);
    CLEANUP(timelines_release) struct timelines lines = {0};
    CLEANUP_FREE struct search_result *result = NULL;
    CLEANUP_BUF struct buf id = {0};
    const struct search_receiver to = {.event = take_first, .context = out_s};
    struct search_order order;
    int rc;

    *out_s = INT64_MAX;
    if (!newer)
        return 0;
    hex_add(&id, newer->id.b, sizeof(newer->id.b));
    rc = timelines_open(&lines, v, case_folder, buf_str(&id), e);
    if (rc)
        return rc == ERR_NOTFOUND ? 0 : rc;
    result = mem_new(struct search_result);
    order = timelines_order(&lines);
    order.items = NULL; /* what the log says is compared with what the log says */
    order.has_only = true;
    order.workers = 1;
    rc = timeline_search(&order, &to, result, e);
    search_result_release(result);
    return rc;
}
