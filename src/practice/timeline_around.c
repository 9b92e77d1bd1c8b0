/* timeline_around.c: the events nearest to one, on both sides of it. Those before are counted
 * backward from it, then all are told forward from the first. */
#include "practice/timeline_around.h"
#include "base/mem.h"

/* Where the telling begins. */
struct beginning {
    const struct around *around;
    uint64_t same;  /* events of the same moment that come before it */
    uint64_t limit; /* how many of earlier moments are wanted */
    uint64_t taken, seen;
    int64_t ns;       /* of the earliest that was taken */
    uint64_t at_once; /* of that moment were taken */
    bool is_met;
};

static bool is_it(const struct around *w, const struct search_event *event)
{
    return event->file == w->file && event->event == w->event;
}

static int search(const struct search_order *order, const struct search_receiver *to,
                  uint64_t *count, struct err *e)
{
    struct search_result *result = mem_new(struct search_result);
    int rc = timeline_search(order, to, result, e);

    if (rc == 0 && count)
        *count = result->sum.count;
    search_result_release(result);
    free(result);
    return rc;
}

static int count_same(void *context, const struct search_event *event, struct err *e)
{
    struct beginning *b = context;

    (void)e;
    b->is_met = is_it(b->around, event);
    b->same += !b->is_met;
    return b->is_met ? ERR_CANCEL : 0;
}

static int count_earlier(void *context, const struct search_event *event, struct err *e)
{
    struct beginning *b = context;

    (void)e;
    if (++b->seen > b->limit)
        return 0;
    b->at_once = b->taken && event->ns == b->ns ? b->at_once + 1 : 1;
    b->ns = event->ns;
    b->taken++;
    return 0;
}

static int find_same(struct beginning *b, struct err *e)
{
    const struct search_receiver to = {.event = count_same, .context = b};
    struct search_order order = b->around->order;
    int rc;

    order.from_ns = order.to_ns = b->around->ns;
    rc = search(&order, &to, NULL, e);
    return rc == ERR_CANCEL && b->is_met ? 0 : rc;
}

static int64_t plus(int64_t ns, int64_t more)
{
    int64_t sum;

    return __builtin_add_overflow(ns, more, &sum) ? (more < 0 ? INT64_MIN : INT64_MAX) : sum;
}

/* Of a moment of which not all are wanted the first ones are passed over. */
static int find_earlier(struct beginning *b, uint64_t *skip, struct err *e)
{
    const struct search_receiver to = {.event = count_earlier, .context = b};
    struct search_order order = b->around->order;
    uint64_t all;
    int rc;

    order.from_ns = plus(b->around->ns, -b->around->within_ns);
    order.to_ns = plus(b->around->ns, -1);
    order.is_backward = true;
    order.most = b->limit + 1;
    rc = search(&order, &to, NULL, e);
    if (rc || !b->taken)
        return rc;
    order = b->around->order;
    order.kind = SEARCH_COUNT;
    order.from_ns = order.to_ns = b->ns;
    rc = search(&order, NULL, &all, e);
    if (rc == 0 && all > b->at_once)
        *skip = all - b->at_once;
    return rc;
}

struct telling {
    const struct search_receiver *to;
    uint64_t skip, told, most;
    bool has_more;
};

static int tell(void *context, const struct search_event *event, struct err *e)
{
    struct telling *t = context;

    if (t->skip) {
        t->skip--;
        return 0;
    }
    if (t->told == t->most) {
        t->has_more = true;
        return 0;
    }
    t->told++;
    return t->to->event(t->to->context, event, e);
}

int timeline_around(struct around *w, const struct search_receiver *to, struct err *e)
{
    struct telling t = {.to = to};
    const struct search_receiver telling = {.event = tell, .context = &t};
    struct beginning b = {.around = w, .ns = w->ns};
    struct search_order order = w->order;
    int rc = find_same(&b, e);

    if (rc)
        return rc;
    if (b.same > w->most) {
        t.skip = b.same - w->most;
        b.same = w->most;
        w->has_more_before = true;
    } else {
        b.limit = w->most - b.same;
        rc = find_earlier(&b, &t.skip, e);
        w->has_more_before = b.seen > b.limit;
    }
    if (rc)
        return rc;
    t.most = b.taken + b.same + 1 + w->most;
    order.from_ns = b.ns;
    order.to_ns = plus(w->ns, w->within_ns);
    order.most = t.skip + t.most + 1;
    rc = search(&order, &telling, NULL, e);
    w->has_more_after = t.has_more;
    return rc;
}
