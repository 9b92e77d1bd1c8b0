/* timeline_histogram.c: how many events of the timelines there were, and when, in bars. */
#include "base/mem.h"
#include "practice/timeline_ask.h"
#include "practice/timeline_repeats.h"
#include "timeline/search_slots.h"

#define NS 1000000000LL

enum {
    BAR = 40,
    /* Far off is at most every 20th event, an eighth of all the time away from the others, which
     * take less than a fourth of it. */
    FAR_SHARE = 20,
    FAR_GAP = 8,
    FAR_SPAN = 4,
    TURNS_MOST = 16, /* each narrows the time down to a fourth at least */
};

static const struct field histogram_fields[] = {ASK_FIELDS};

/* Events in slots that follow each other. */
struct stretch {
    uint32_t from, to; /* both within */
    uint64_t count;
};

/* Events that are in no bar. */
struct far {
    int64_t from_ns, to_ns; /* both within */
    uint64_t count;
};

struct bars {
    struct far before, after;
    int64_t first_ns, width_ns;
    uint64_t *counts;
    uint32_t count;
};

static void bars_release(struct bars *b)
{
    free(b->counts);
}

static int64_t begin_of(const struct search_result *r, uint32_t slot)
{
    int64_t begin;

    if (__builtin_mul_overflow(r->slot_ns, slot, &begin) ||
        __builtin_add_overflow(r->first_slot_ns, begin, &begin))
        return INT64_MAX;
    return begin;
}

static uint32_t slot_of(const struct bars *b, int64_t ns)
{
    return (uint32_t)(((uint64_t)ns - (uint64_t)b->first_ns) / (uint64_t)b->width_ns);
}

static bool find_all(const struct search_result *r, struct stretch *out)
{
    *out = (struct stretch){0};
    for (uint32_t i = 0; r->slot_ns > 0 && i < SEARCH_SLOTS_MOST; i++) {
        if (!r->slots[i])
            continue;
        out->from = out->count ? out->from : i;
        out->to = i;
        out->count += r->slots[i];
    }
    return out->count > 0;
}

/* The shortest stretch that has all events but every 20th. */
static struct stretch find_most(const struct search_result *r, const struct stretch *all)
{
    const uint64_t wanted = all->count - all->count / FAR_SHARE;
    struct stretch best = *all, at = {all->from, all->from, 0};

    for (uint32_t i = all->from; i <= all->to; i++) {
        at.to = i;
        at.count += r->slots[i];
        while (at.from < i && at.count - r->slots[at.from] >= wanted) /* sums of a worker may lie */
            at.count -= r->slots[at.from++];
        if (at.count >= wanted && at.to - at.from < best.to - best.from)
            best = at;
    }
    return best;
}

/* What lies near it belongs to it, and what lies near that. */
static void take_near(const struct search_result *r, const struct stretch *all, struct stretch *m)
{
    uint32_t near = (all->to - all->from + 1) / FAR_GAP;

    for (uint32_t i = m->from; i > all->from && m->from - i < near;)
        if (r->slots[--i])
            m->from = i;
    for (uint32_t i = m->to; i < all->to && i - m->to < near;)
        if (r->slots[++i])
            m->to = i;
}

static void move_far(struct far *far, const struct search_result *r, uint32_t from, uint32_t to)
{
    int64_t from_ns, to_ns;

    while (from < to && !r->slots[from])
        from++;
    while (to > from && !r->slots[to - 1])
        to--;
    if (from == to)
        return;
    from_ns = begin_of(r, from);
    to_ns = begin_of(r, to) - 1;
    far->from_ns = far->count && far->from_ns < from_ns ? far->from_ns : from_ns;
    far->to_ns = far->count && far->to_ns > to_ns ? far->to_ns : to_ns;
    for (uint32_t i = from; i < to; i++)
        far->count += r->slots[i];
}

/* Few events far off would leave a bar or two for all others. */
static bool leave_far(struct bars *b, const struct search_result *r, struct stretch *all)
{
    struct stretch m = find_most(r, all);

    take_near(r, all, &m);
    if (m.to - m.from + 1 >= (all->to - all->from + 1) / FAR_SPAN)
        return false;
    move_far(&b->before, r, all->from, m.from);
    move_far(&b->after, r, m.to + 1, all->to + 1);
    *all = m;
    return true;
}

static void choose_bars(struct bars *b, const struct search_value *sum)
{
    b->width_ns = slot_width((uint64_t)sum->last_ns - (uint64_t)sum->first_ns);
    b->first_ns = slot_begin(sum->first_ns, b->width_ns);
    b->count = slot_of(b, sum->last_ns) + 1;
}

/* A worker told when the slot is, and its word is bounded here. */
static void add_to_bar(struct bars *b, uint32_t bar, uint64_t count)
{
    if (bar < b->count)
        b->counts[bar] += count;
}

static void join_fine(struct bars *b, const struct search_result *r, const struct stretch *m)
{
    b->counts = mem_array(b->count, sizeof(b->counts[0]));
    for (uint32_t i = m->from; i <= m->to; i++)
        if (r->slots[i])
            add_to_bar(b, slot_of(b, begin_of(r, i)), r->slots[i]);
}

static void ask_within(struct search_order *o, int64_t from, int64_t to)
{
    o->from_ns = from > o->from_ns ? from : o->from_ns;
    o->to_ns = to < o->to_ns ? to : o->to_ns;
}

/* Asked for slots over all the time of the evidence it answers with the events in each, which make
 * up the bars; where what was found takes little of that time, or some of it is left far off, it is
 * asked again for the time that is left, and the slots are as fine as that needs. all gets the sum
 * of the first answer. */
static int make_bars(struct asking *k, struct bars *b, struct search_value *all, struct err *e)
{
    const struct search_result *r = k->result;

    for (unsigned turn = 0;; turn++) {
        struct stretch m;
        bool is_far;
        int rc = timeline_search(&k->order, NULL, k->result, e);

        if (rc)
            return rc;
        if (turn == 0)
            *all = r->sum;
        if (!find_all(r, &m))
            return 0;
        is_far = leave_far(b, r, &m);
        if (is_far)
            ask_within(&k->order, begin_of(r, m.from), begin_of(r, m.to + 1) - 1);
        else
            choose_bars(b, &r->sum);
        if (!is_far && b->width_ns % r->slot_ns == 0) {
            join_fine(b, r, &m);
            return 0;
        }
        if (!is_far)
            ask_within(&k->order, r->sum.first_ns, r->sum.last_ns);
        if (turn == TURNS_MOST)
            return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
        search_result_release(k->result);
    }
}

/* The name, which has seconds where bars of one minute would share it; the bar, as long as there is
 * room for; the number. */
static void show_bar(struct asking *k, const struct bars *b, uint32_t i, uint64_t most)
{
    CLEANUP_BUF struct buf line = {0};
    char text[UTC_PLAIN_SIZE];
    int name = b->width_ns % (60 * NS) ? 19 : 16;
    size_t others = (size_t)name + 2 + 11, columns = k->screen.columns;
    size_t bar = columns >= others + BAR ? BAR : columns > others ? columns - others : 0;
    uint64_t n = b->counts[i];
    size_t length = (size_t)((n * bar + most - 1) / most);

    utc_plain(text, event_utc(b->first_ns + (int64_t)i * b->width_ns));
    buf_addf(&line, "%.*s  ", name, text);
    for (size_t at = 0; at < length; at++)
        buf_adds(&line, "█");
    buf_addn(&line, ' ', bar - length);
    buf_addf(&line, " %10llu", (unsigned long long)n);
    screen_line(&k->screen, SCREEN_NORMAL, buf_str(&line));
}

static void show_far(struct asking *k, uint64_t count, const char *where, int64_t end_ns,
                     const char *option, int64_t edge_ns)
{
    char end[UTC_PLAIN_SIZE], edge[UTC_PLAIN_SIZE];

    if (!count)
        return;
    utc_plain(end, event_utc(end_ns));
    utc_plain(edge, event_utc(edge_ns));
    screen_printf(
        &k->screen, 0, "%llu event%s in no bar, far %s at %.16s. To see them: %s \"%.16s\"",
        (unsigned long long)count, count == 1 ? " is" : "s are", where, end, option, edge);
}

static void show_bars(struct asking *k, const struct bars *b, const struct search_value *sum)
{
    uint64_t most = 1;

    for (uint32_t i = 0; i < b->count; i++)
        most = b->counts[i] > most ? b->counts[i] : most;
    for (uint32_t i = 0; i < b->count; i++)
        show_bar(k, b, i, most);
    screen_printf(&k->screen, 0, "%llu events; times are UTC.", (unsigned long long)sum->count);
    show_far(k, b->before.count, "before these, the first", sum->first_ns, "--to", b->before.to_ns);
    show_far(k, b->after.count, "behind these, the last", sum->last_ns, "--from", b->after.from_ns);
    if (sum->timeless)
        screen_printf(&k->screen, 0,
                      "%llu of them have no time, and are in no bar: precision:none finds them.",
                      (unsigned long long)sum->timeless);
}

static void json_slot(struct asking *k, int64_t from_ns, int64_t width_ns, uint64_t events)
{
    json_object_begin(&k->json);
    json_put_utc(&k->json, "from", event_utc(from_ns));
    json_put_u64(&k->json, "seconds", (uint64_t)(width_ns / NS));
    json_put_u64(&k->json, "events", events);
    json_object_end(&k->json);
}

static void json_far(struct asking *k, const struct far *far)
{
    if (far->count)
        json_slot(k, far->from_ns, far->to_ns - far->from_ns + 1, far->count);
}

static void json_bars(struct asking *k, const struct bars *b)
{
    json_begin(&k->json, &k->a->json);
    json_array_begin(&k->json);
    json_far(k, &b->before);
    for (uint32_t i = 0; i < b->count; i++)
        json_slot(k, b->first_ns + (int64_t)i * b->width_ns, b->width_ns, b->counts[i]);
    json_far(k, &b->after);
    json_array_end(&k->json);
}

static int query_histogram(const struct view *v, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    CLEANUP(asking_release) struct asking k = {.op = op, .in = in, .v = v, .a = a};
    CLEANUP(bars_release) struct bars b = {0};
    struct search_value sum;
    int rc = asking_begin(&k, SEARCH_COUNT, e);

    k.order.slot_count = SEARCH_SLOTS_MOST;
    if (rc == 0)
        rc = make_bars(&k, &b, &sum, e);
    if (rc)
        return rc;
    if (a->wants_json)
        json_bars(&k, &b);
    else
        show_bars(&k, &b, &sum);
    no_fields_say(a, k.result);
    if (sum.count)
        repeats_say(&k.lines, a->around->case_folder, k.order.query, a);
    return 0;
}

const struct operation analyse_histogram = {
    .name = "analyse histogram",
    .practice = "analyse",
    .help = "how many events there were, and when",
    .example = "calm analyse histogram event.outcome:failure",
    .more = "Bars of one width, in UTC. Where few events, one of twenty at most, lie so far off "
            "that the others would be a bar or two, those have the bars, and what lies far off is "
            "counted below them; as JSON it is a longer slot before or behind the others.",
    OP_FIELDS(histogram_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_histogram};
