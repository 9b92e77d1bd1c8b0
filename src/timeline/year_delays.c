/* year_delays.c: lines that came late, as of a host that could not deliver for a while: those of
 * all lines go back, and those of no host do. */
#include "base/mem.h"
#include "timeline/year_runs.h"

/* What hosts that have lines before a place and behind it say of a year that passed there. */
struct votes {
    unsigned against; /* their own lines show that it did; */
    unsigned near;    /* they go on within a week, as they would a year later by chance, */
    unsigned far;     /* or within a month */
};

static int by_host(const void *a, const void *b, void *stays)
{
    const struct year_host *of = stays;
    const struct year_host *x = &of[*(const uint32_t *)a], *y = &of[*(const uint32_t *)b];

    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

void year_delays_begin(struct year_delays *d, const struct year_hosts *h)
{
    *d = (struct year_delays){.hosts = h,
                              .stays = mem_array(h->count, sizeof(d->stays[0])),
                              .starts = mem_array(h->hosts + 1UL, sizeof(d->starts[0]))};
    for (uint32_t i = 0; i < h->count; i++) {
        d->stays[i] = i;
        d->starts[h->of[i].host + 1]++;
    }
    for (uint32_t i = 0; i < h->hosts; i++)
        d->starts[i + 1] += d->starts[i];
    if (h->count)
        qsort_r(d->stays, h->count, sizeof(d->stays[0]), by_host, h->of);
}

void year_delays_release(struct year_delays *d)
{
    free(d->stays);
    free(d->starts);
    *d = (struct year_delays){0};
}

/* The first stay of a host that does not begin before the place, or the end of them. */
static uint32_t stay_at(const struct year_delays *d, uint32_t host, uint64_t at)
{
    uint32_t low = d->starts[host], high = d->starts[host + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (d->hosts->of[d->stays[middle]].first < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t year_at(const struct year_breaks *b, uint64_t at)
{
    size_t low = 0, high = b->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (b->of[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return b->of[low].year;
}

static struct year_date date_of(const struct year_day *d)
{
    return (struct year_date){.month = d->month, .day = d->day};
}

/* Where lines may have come late. */
struct place {
    const struct year_delays *delays;
    const struct year_breaks *breaks; /* what is known of those before */
    uint64_t at;
    int64_t year;                /* of the line before */
    uint64_t next;               /* lines from there on show nothing of a year that passed here */
    const struct year_date *end; /* when the file was written, of lines of then; NULL: of others */
};

/* The lines of one host before a place and behind it. */
struct crossing {
    bool is_known;
    bool is_own; /* it is the one that begins there */
    uint64_t at; /* where it goes on */
    int64_t year;
    int days;
};

/* The end of the file is as good as a line of a host that has none behind. */
static struct crossing crossing_of(const struct place *p, uint32_t host)
{
    const struct year_delays *d = p->delays;
    const struct year_breaks *b = p->breaks;
    const struct year_host *of = d->hosts->of, *before;
    uint32_t i = stay_at(d, host, p->at);
    bool is_last = i == d->starts[host + 1];
    struct year_date from, to;

    if (i == d->starts[host] || (is_last && !p->end))
        return (struct crossing){0};
    before = &of[d->stays[i - 1]];
    if (before->last >= p->at || b->count == 0 || before->last < b->of[0].at)
        return (struct crossing){0};
    from = date_of(&before->to);
    to = is_last ? *p->end : date_of(&of[d->stays[i]].from);
    return (struct crossing){.is_known = true,
                             .is_own = !is_last && of[d->stays[i]].first == p->at,
                             .at = is_last ? UINT64_MAX : of[d->stays[i]].first,
                             .year = year_at(b, before->last) + year_is_turn(&from, &to),
                             .days = year_days_between(&from, &to)};
}

/* own gets what is known of the host that begins there. */
static struct votes votes_at(const struct place *p, struct crossing *own)
{
    struct votes v = {0};

    *own = (struct crossing){0};
    for (uint32_t host = 0; host < p->delays->hosts->hosts; host++) {
        struct crossing c = crossing_of(p, host);

        if (c.is_own)
            *own = c;
        if (!c.is_known)
            continue;
        if (c.year > p->year)
            v.against += c.at < p->next;
        else if (!c.is_own && c.year == p->year && c.days >= 0) {
            v.near += c.days <= PAUSE_DAYS;
            v.far += c.days > PAUSE_DAYS && c.days <= NEAR_DAYS;
        }
    }
    return v;
}

/* Where the next year begins as such do, with lines that are close. */
static uint64_t next_turn(const struct year_runs *r, size_t i)
{
    for (i++; i < r->count; i++)
        if (year_is_turn(&r->of[i - 1].last, &r->of[i].first) &&
            !year_is_apart(&r->of[i - 1].last, &r->of[i].first))
            return r->of[i].at;
    return UINT64_MAX;
}

/* Whether lines before run i are of the days with which it begins. */
static bool is_covered(const struct year_runs *r, size_t i, const struct year_breaks *b,
                       int64_t year)
{
    const struct year_date *d = &r->of[i].first;
    bool is_one = false;

    for (size_t k = 0; k < i && !is_one; k++)
        is_one = b->of[k].year == year && !year_is_later(&r->of[k].first, d) &&
                 !year_is_later(d, &r->of[k].last);
    return is_one;
}

/* Whether it goes on to the day of the line before it. */
static bool has_reached(const struct year_runs *r, size_t i)
{
    return r->of[i].highest >= -year_days_within(&r->of[i - 1].last, &r->of[i].first);
}

/* Whether the run goes on over a new year to the day of the line before it. */
static bool has_reached_next(const struct year_runs *r, size_t i)
{
    return i + 1 < r->count && next_turn(r, i) == r->of[i + 1].at &&
           r->of[i + 1].highest >= year_days_within(&r->of[i + 1].first, &r->of[i - 1].last);
}

/* Lines that are later within the year are of the year before where their host had its last one
 * then, or had none before and they would be ahead by more than half a year, or come to that day.
 */
static bool is_of_year_before(const struct year_runs *r, size_t i, int64_t year,
                              const struct crossing *own)
{
    if (own->is_known)
        return own->year == year - 1 && own->days >= 0 && own->days <= NEAR_DAYS;
    return year_days_between(&r->of[i - 1].last, &r->of[i].first) < 0 || has_reached_next(r, i);
}

enum year_delay year_delay_of(const struct year_runs *r, size_t i, const struct year_breaks *b,
                              int64_t written_s)
{
    const struct year_date *from = &r->of[i - 1].last, *to = &r->of[i].first;
    const struct year_date *last = &r->of[r->count - 1].last;
    struct place p = {.delays = r->delays,
                      .breaks = b,
                      .at = r->of[i].at,
                      .year = b->of[i - 1].year,
                      .next = next_turn(r, i),
                      .end = year_is_of_end(last, written_s) ? last : NULL};
    struct crossing own;
    struct votes v;

    if (!r->delays || !year_is_apart(from, to))
        return YEAR_DELAY_NONE;
    v = votes_at(&p, &own);
    if (v.near + v.far <= v.against)
        return YEAR_DELAY_NONE;
    if (!year_is_turn(from, to))
        return v.near > v.against && year_is_later(to, from) &&
                       is_of_year_before(r, i, p.year, &own)
                   ? YEAR_DELAY_SURE
                   : YEAR_DELAY_NONE;
    return v.near > v.against && (v.near > 1 || has_reached(r, i) || is_covered(r, i, b, p.year))
               ? YEAR_DELAY_SURE
               : YEAR_DELAY_MAYBE;
}

bool year_is_delayed_at(const struct year_delays *d, uint64_t at, const struct year_breaks *b)
{
    struct place p = {.delays = d, .breaks = b, .at = at, .next = UINT64_MAX};
    struct crossing own;
    struct votes v;

    if (!d || b->count == 0)
        return false;
    p.year = year_at(b, at - 1);
    v = votes_at(&p, &own);
    return v.near > v.against;
}
