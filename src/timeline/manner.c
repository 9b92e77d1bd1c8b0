/* manner.c: goes once more through the samples by which a source was recognised. */
#include "timeline/manner.h"
#include "timeline/clock_vote.h"
#include "timeline/cutter.h"
#include "timeline/date_order.h"
#include "timeline/delivery.h"
#include "timeline/score.h"
#include "timeline/value_test.h"

enum {
    PASTED_LEAST = 3, /* lines behind a first one that has lost its blanks where it was pasted */
    DEPTHS = 64,
    SOME_YEAR = 2000,  /* which has all dates, for heads that state none */
    STAMPED_LEAST = 4, /* lines, of which half and more are a known format's behind their stamps */
};
static const int64_t CLOCK_MOST_S = INT64_C(10000) * 366 * 86400; /* years have four digits */

/* The blanks in front of a line; that of " 9.11.2026" is part of its day. */
static uint32_t depth_of(struct str line)
{
    uint32_t n = 0;

    while (n < line.len && char_is_blank(line.p[n]))
        n++;
    return n - (n && line.len > n + 1 && line.p[n - 1] == ' ' && char_is_digit(line.p[n]) &&
                !char_is_digit(line.p[n + 1]) && line.p[n + 1] != ':');
}

bool manner_is_deeper(const struct manner *m, struct str line)
{
    return m->knows_indent && line.len && char_is_blank(line.p[0]) && depth_of(line) > m->indent;
}

/* Of the lines that state a time: how many stand how deep, the last for all that are deeper. */
struct depths {
    uint32_t count, first, at[DEPTHS];
};

static void add_depth(struct depths *d, struct str line)
{
    uint32_t depth = depth_of(line);

    depth = depth < DEPTHS ? depth : DEPTHS - 1;
    if (d->count++ == 0)
        d->first = depth;
    d->at[depth]++;
}

/* The least, from a line of which on. */
static uint32_t least_of(const struct depths *d, bool has_first)
{
    for (uint32_t i = 0; i < DEPTHS; i++)
        if (d->at[i] > (i == d->first && !has_first))
            return i;
    return d->first;
}

/* How many lines stand deep is the word of who writes them, and with which of them a file begins is
 * chance: a source is indented where nothing but its first line may be less so. */
static void put_indent(struct manner *m, const struct depths *d)
{
    uint32_t least = least_of(d, false);

    m->knows_indent = 1;
    m->is_pasted = d->first < least && d->count > PASTED_LEAST;
    m->indent = m->is_pasted ? least : least_of(d, true);
    for (uint32_t i = m->indent + 1; i < DEPTHS; i++)
        m->deeper += d->at[i];
}

struct looking {
    struct reader r;
    struct depths depths;
    struct clock_vote vote;
    struct delivery delivery;
    struct manner manner;             /* hosts */
    unsigned lines, stamped, carried; /* behind stamps: lines that a format knows */
};

/* FNV-1a, and no zero. */
static uint32_t hash_of(struct str s)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (uint8_t)s.p[i]) * 16777619U;
    return hash ? hash : 1;
}

static bool is_rsyslogs(const struct event *e)
{
    return e->precision == TIME_US && !(e->doubt & DOUBT_ZONE);
}

static bool has_host(const struct manner *m, struct str host)
{
    uint32_t hash = hash_of(host);

    for (size_t i = 0; i < MANNER_HOSTS; i++)
        if (m->hosts[i] == hash)
            return true;
    return false;
}

bool manner_knows_host(const struct manner *m, const struct event *e)
{
    struct str host;
    uint8_t bytes[16];

    if (!m->hosts[0] || !is_rsyslogs(e))
        return false;
    host = event_value(e, FIELD_HOST_NAME);
    return host.len && (has_host(m, host) || address_bytes(host, bytes));
}

static void add_host(struct manner *m, const struct format *f, const struct event *e)
{
    struct str host = event_value(e, FIELD_HOST_NAME);
    size_t i = 0;

    if (f != &format_syslog || host.len == 0 || !is_rsyslogs(e) || f->is_doubtful(e) ||
        has_host(m, host))
        return;
    while (i < MANNER_HOSTS && m->hosts[i])
        i++;
    if (i < MANNER_HOSTS)
        m->hosts[i] = hash_of(host);
}

bool manner_is_stamp(struct str line)
{
    enum { POINT = 19, ZONE = 29 };

    if (line.len <= ZONE + 1 || line.p[10] != 'T' || line.p[POINT] != '.')
        return false;
    for (size_t i = POINT + 1; i < ZONE; i++)
        if (!char_is_digit(line.p[i]))
            return false;
    return line.p[ZONE] == 'Z' ? line.p[ZONE + 1] == ' '
                               : line.p[ZONE] == '+' || line.p[ZONE] == '-';
}

/* A format of a program that is known. */
static bool is_carried(const struct reader *r, const struct event *e)
{
    uint16_t name = field_lookup(r->names, STR("event.carried_dataset"));
    struct str dataset = event_value(e, name);

    return name != FIELD_NONE && dataset.len && !str_is(dataset, format_dated_iso.name);
}

static bool ask(struct looking *l, const struct format *f, size_t other, struct str line,
                struct event *e)
{
    event_begin(e);
    l->r.vote = f->is_last ? &l->vote : NULL;
    return (f == l->r.format ? reader_ask(&l->r, f, line, e)
                             : reader_ask_other(&l->r, other, line, e)) == LINE_EVENT;
}

static void look_at_line(struct looking *l, struct str line, struct event *e)
{
    bool is_stamp = manner_is_stamp(line), is_known;

    l->lines++;
    l->stamped += is_stamp;
    is_known = ask(l, l->r.format, 0, line, e);
    if (is_known) {
        l->carried += is_stamp && is_carried(&l->r, e);
        add_host(&l->manner, l->r.format, e);
        add_depth(&l->depths, line);
    }
    for (size_t i = 0; !is_known && i < OTHERS_MOST && l->r.others.of[i]; i++)
        is_known = ask(l, l->r.others.of[i], i, line, e);
}

static void look_at(struct looking *l, struct look *look)
{
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = look->samples[i], line;

        while (look_take_line(&rest, &line))
            look_at_line(l, line, &look->event);
    }
}

static void put_clock(struct manner *m, const struct clock_vote *v)
{
    struct clock_verdict verdict = clock_vote_end(v);

    m->clock = (uint8_t)verdict.clock;
    m->is_half_doubtful = !verdict.is_doubtful ? 0 : v->differing ? HALF_SEEN : HALF_UNSEEN;
}

static bool is_of_numbers(const struct format *f)
{
    return f == &format_dated_day_first || f == &format_dated_month_first;
}

const struct format *manner_order(struct look *l, const struct recognised *before,
                                  const struct format *found, bool *has_both)
{
    struct reader r = {.names = look_names(l)};
    struct date_order_vote vote = {.written_s = l->written_s};
    enum date_order order;

    *has_both = false;
    if (!found || !is_of_numbers(found))
        return found;
    if (before)
        reader_begin(&r, before->format, &before->others);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line;

        while (look_take_line(&rest, &line)) {
            if (!before || score_is_declined(&r, line, &l->event))
                date_order_see(&vote, line);
        }
    }
    if (before)
        reader_end(&r);
    order = date_order_end(&vote, false);
    *has_both = order == ORDER_BOTH;
    return order == ORDER_UNKNOWN       ? NULL
           : order == ORDER_DAY_FIRST   ? &format_dated_day_first
           : order == ORDER_MONTH_FIRST ? &format_dated_month_first
                                        : found;
}

/* Of the formats as they were chosen. */
static bool has_both_orders(const struct recognised *found, struct look *l)
{
    struct recognised before = {.format = found->format};
    const struct format *f = found->format;
    bool has_both;

    for (size_t i = 0; !is_of_numbers(f) && i < OTHERS_MOST && found->others.of[i]; i++) {
        if (i)
            before.others.of[i - 1] = f;
        f = found->others.of[i];
    }
    (void)manner_order(l, f == found->format ? NULL : &before, f, &has_both);
    return has_both;
}

static bool has_dated(const struct recognised *found)
{
    bool has = found->format->is_last;

    for (size_t i = 0; i < OTHERS_MOST && found->others.of[i]; i++)
        has = has || found->others.of[i]->is_last;
    return has;
}

void manner_find(struct recognised *found, struct look *l)
{
    const struct format *f = found->format;
    struct looking at = {.r = {.names = look_names(l)}};
    bool is_dated = has_dated(found);

    found->manner.has_both_orders = f->line && is_dated && has_both_orders(found, l);
    if (!f->line || found->frame >= FRAME_JSON ||
        (!f->may_be_indented && !f->has_heads && !is_dated))
        return;
    reader_begin(&at.r, f, &found->others);
    at.r.manner.is_stamped = f == &format_dated_iso;
    at.r.delivery = &at.delivery;
    at.r.years.year = SOME_YEAR;
    look_at(&at, l);
    reader_end(&at.r);
    found->manner.delivery = (uint8_t)delivery_end(&at.delivery);
    memcpy(found->manner.clocks_s, at.delivery.clocks_s, sizeof(at.delivery.clocks_s));
    found->manner.is_stamped = at.r.manner.is_stamped && at.lines >= STAMPED_LEAST &&
                               at.stamped == at.lines && at.carried * 2 >= at.lines;
    memcpy(found->manner.hosts, at.manner.hosts, sizeof(at.manner.hosts));
    if (f->may_be_indented)
        put_indent(&found->manner, &at.depths);
    if (is_dated) {
        put_clock(&found->manner, &at.vote);
        found->manner.offsets = (uint8_t)clock_vote_offsets(&at.vote);
    }
}

bool manner_doubts(const struct reader *r, const struct event *e)
{
    return r->manner.is_sure_only && !r->counting && !r->folding && r->format->is_doubtful &&
           r->format->is_doubtful(e) && !manner_knows_host(&r->manner, e);
}

const char *manner_remark(const struct reader *r)
{
    return r->manner.has_both_orders
               ? "In some of its dates with slashes the day stands first, and in others the month: "
                 "where both numbers could be a month it is not known when it was (doubt r)."
               : r->format->remark;
}

_Static_assert((int)MANNER_CLOCKS == (int)DELIVERY_CLOCKS, "as many clocks");

/* So that a sum with another time is none too large. */
static bool are_clocks_sound(const struct manner *m)
{
    for (size_t i = 0; i < MANNER_CLOCKS; i++)
        if (m->clocks_s[i] < -CLOCK_MOST_S || m->clocks_s[i] > CLOCK_MOST_S)
            return false;
    return true;
}

bool manner_is_sound(const struct manner *m)
{
    return m->clock < CLOCK_COUNT_ && m->is_half_doubtful < HALF_COUNT_ && m->knows_indent < 2 &&
           m->is_pasted < 2 && m->is_sparse < 2 && m->is_stamped < 2 && m->has_both_orders < 2 &&
           m->is_sure_only < 2 && m->like <= FORMAT_COUNT_ && m->offsets < OFFSETS_COUNT_ &&
           m->delivery < DELIVERY_COUNT_ && are_clocks_sound(m);
}
