/* stop_traffic.c: looks twice at the counters of this host's network, and tells what came between.
 */
#include "practice/stop_traffic.h"
#include <stdlib.h>
#include <time.h>
#include "base/json.h"
#include "base/sink.h"
#include "base/size.h"
#include "base/utc.h"

enum {
    SHOWN = 3,
    MARK_COLUMNS = 12,
    UDP_MUCH = 1000, /* datagrams a second that are worth a look, though none is lost */
};

void stop_traffic_release(struct stop_traffic *t)
{
    filter_counters_release(&t->counters);
}

static void subtract_counters(struct filter_counters *later, const struct filter_counters *before)
{
    for (size_t i = 0, k = 0; i < later->count && before->count; i++) {
        struct filter_counter *l = &later->all[i];

        /* Both lists stand in the kernel's order. */
        for (size_t tried = 0; tried < before->count; tried++, k = (k + 1) % before->count) {
            const struct filter_counter *b = &before->all[k];

            if (b->handle != l->handle || b->family != l->family ||
                !str_is(str_of(b->table), l->table))
                continue;
            l->packets -= l->packets >= b->packets ? b->packets : 0;
            break;
        }
    }
}

static int cmp_link(const void *a, const void *b)
{
    const struct traffic_link *x = a, *y = b;

    return (x->packets < y->packets) - (x->packets > y->packets);
}

static int cmp_counter(const void *a, const void *b)
{
    const struct filter_counter *x = a, *y = b;

    return (x->packets < y->packets) - (x->packets > y->packets);
}

static int cmp_port(const void *a, const void *b)
{
    const struct traffic_port *x = a, *y = b;

    if (x->dropped != y->dropped)
        return x->dropped < y->dropped ? 1 : -1;
    return (x->waiting < y->waiting) - (x->waiting > y->waiting);
}

void stop_traffic_look(struct stop_traffic *out, int64_t span_ms)
{
    struct filter_counters first = {.all = NULL};
    struct timespec wait = {.tv_sec = span_ms / 1000, .tv_nsec = span_ms % 1000 * 1000000};
    struct stop_traffic t = {.span_ms = span_ms};
    struct traffic before;
    int64_t start;

    traffic_read(&before);
    t.sees_counters = filter_counters_read(&first, NULL) == 0;
    start = monotonic_ms();
    (void)nanosleep(&wait, NULL);
    traffic_read(&t.now);
    t.span_ms = monotonic_ms() - start;
    t.span_ms = t.span_ms > 0 ? t.span_ms : 1; /* a signal may end the wait at once */
    t.sees_counters = t.sees_counters && filter_counters_read(&t.counters, NULL) == 0;
    traffic_subtract(&t.now, &before);
    subtract_counters(&t.counters, &first);
    filter_counters_release(&first);
    qsort(t.now.links, t.now.link_count, sizeof(t.now.links[0]), cmp_link);
    qsort(t.now.ports, t.now.port_count, sizeof(t.now.ports[0]), cmp_port);
    if (t.counters.count)
        qsort(t.counters.all, t.counters.count, sizeof(*t.counters.all), cmp_counter);
    *out = t;
}

uint64_t stop_traffic_second(const struct stop_traffic *t, uint64_t count)
{
    return (count * 1000 + (uint64_t)t->span_ms / 2) / (uint64_t)t->span_ms;
}

uint16_t stop_traffic_udp_port(const struct stop_traffic *t)
{
    bool is_much = stop_traffic_second(t, t->now.udp_in) >= UDP_MUCH;
    const struct traffic_port *p = t->now.port_count ? &t->now.ports[0] : NULL;

    return p && (p->dropped || (is_much && p->waiting)) ? p->port : 0;
}

static void add_udp(const struct stop_traffic *t, struct buf *out)
{
    buf_addf(out,
             "%llu datagrams a second to programs, %llu to ports where none listens, %llu lost for "
             "want of room",
             (unsigned long long)stop_traffic_second(t, t->now.udp_in),
             (unsigned long long)stop_traffic_second(t, t->now.udp_no_port),
             (unsigned long long)stop_traffic_second(t, t->now.udp_no_room));
    if (t->now.port_count && t->now.ports[0].dropped)
        buf_addf(out, ", most at port %u", t->now.ports[0].port);
}

static void add_links(const struct stop_traffic *t, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];

    for (size_t i = 0; i < t->now.link_count && i < SHOWN; i++) {
        const struct traffic_link *l = &t->now.links[i];

        if (i && !l->packets)
            return;
        buf_adds(out, i ? "; " : "");
        sink_terminal(out, str_of(l->name), false);
        buf_addf(out, " %llu packets, %s a second",
                 (unsigned long long)stop_traffic_second(t, l->packets),
                 size_text(size, stop_traffic_second(t, l->bytes)));
    }
}

static void add_counters(const struct stop_traffic *t, struct buf *out)
{
    size_t shown = 0;

    if (!t->sees_counters) {
        buf_adds(out, "not seen: they take root's rights");
        return;
    }
    for (size_t i = 0; i < t->counters.count && shown < SHOWN; i++) {
        const struct filter_counter *c = &t->counters.all[i];

        if (!c->packets)
            break;
        buf_addf(out, "%s%s %s, chain %s, rule %llu: %llu packets a second", shown++ ? "; " : "",
                 filter_family_name(c->family), c->table, c->chain, (unsigned long long)c->handle,
                 (unsigned long long)stop_traffic_second(t, c->packets));
    }
    if (!shown)
        buf_adds(out, t->counters.count ? "no rule counted a packet" : "no rule counts");
}

void stop_traffic_show(const struct stop_traffic *t, struct screen *screen)
{
    CLEANUP_BUF struct buf udp = {0}, links = {0}, counters = {0};

    screen_printf(screen, 0, "In %lld.%lld s came %llu new TCP connections a second, and:",
                  (long long)(t->span_ms / 1000), (long long)(t->span_ms % 1000 / 100),
                  (unsigned long long)stop_traffic_second(t, t->now.tcp_opened));
    add_udp(t, &udp);
    screen_pair(screen, 2, MARK_COLUMNS, STR("UDP"), buf_str(&udp));
    add_links(t, &links);
    if (links.len)
        screen_pair(screen, 2, MARK_COLUMNS, STR("interfaces"), buf_str(&links));
    add_counters(t, &counters);
    screen_pair(screen, 2, MARK_COLUMNS, STR("nf_tables"), buf_str(&counters));
}

void stop_traffic_json(const struct stop_traffic *t, struct json *j)
{
    json_name(j, "traffic");
    json_object_begin(j);
    json_put_u64(j, "span_ms", (uint64_t)t->span_ms);
    json_put_u64(j, "udp_in", t->now.udp_in);
    json_put_u64(j, "udp_no_port", t->now.udp_no_port);
    json_put_u64(j, "udp_no_room", t->now.udp_no_room);
    json_put_u64(j, "tcp_opened", t->now.tcp_opened);
    json_put_bool(j, "sees_counters", t->sees_counters);
    json_name(j, "counters");
    json_array_begin(j);
    for (size_t i = 0; i < t->counters.count && t->counters.all[i].packets; i++) {
        const struct filter_counter *c = &t->counters.all[i];

        json_object_begin(j);
        json_put_text(j, "family", filter_family_name(c->family));
        json_put_text(j, "table", c->table);
        json_put_text(j, "chain", c->chain);
        json_put_u64(j, "rule", c->handle);
        json_put_u64(j, "packets", c->packets);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}
