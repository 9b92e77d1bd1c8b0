/* flood_judge.c: finds when a flood began, and tries rules on what was recorded. */
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "contain/flood_internal.h"

enum {
    MINUTES_BEFORE = 60, /* whose middle one is what is usual */
    MINUTES_NEEDED = 5,  /* before anything can be called unusual */
    FACTOR = 4,
    LEAST_REQUESTS = 100, /* in a minute */
    MINUTE_COUNT = 4000000,
    WINDOW_S = 10,
    LEAST_USUAL = 10,
    HALF = 50, /* percent of the flood that a rule must stop */
};

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static uint32_t middle_before(const uint32_t *minutes, size_t at)
{
    uint32_t sorted[MINUTES_BEFORE];
    size_t count = at < MINUTES_BEFORE ? at : MINUTES_BEFORE;

    memcpy(sorted, minutes + at - count, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), cmp_u32);
    return sorted[count / 2];
}

bool flood_begin(const struct flood *f, int64_t *out)
{
    CLEANUP_FREE uint32_t *minutes = NULL;
    int32_t first = INT32_MAX, last = INT32_MIN;
    size_t count;

    for (size_t i = 0; i < f->request_count; i++) {
        first = f->requests[i].at < first ? f->requests[i].at : first;
        last = f->requests[i].at > last ? f->requests[i].at : last;
    }
    if (f->log == FLOOD_LOG_ATTEMPTS) {
        *out = f->base + first; /* somebody who guesses floods nothing: all of it counts */
        return f->request_count > 0;
    }
    if (!f->request_count || ((int64_t)last - first) / 60 >= MINUTE_COUNT)
        return false;
    count = (size_t)(((int64_t)last - first) / 60 + 1);
    minutes = mem_array(count, sizeof(*minutes));
    for (size_t i = 0; i < f->request_count; i++)
        minutes[((int64_t)f->requests[i].at - first) / 60]++;
    for (size_t i = MINUTES_NEEDED; i < count; i++)
        if (minutes[i] >= LEAST_REQUESTS && minutes[i] / FACTOR >= middle_before(minutes, i)) {
            *out = f->base + first + (int64_t)i * 60;
            return true;
        }
    return false;
}

static void count_peak(struct flood_source *s, int32_t at)
{
    int32_t window = at / WINDOW_S;

    if (s->window != window || !s->within) {
        s->window = window;
        s->within = 0;
    }
    s->within++;
    s->peak = s->within > s->peak ? s->within : s->peak;
}

/* Who came before is good; what each sent since, and the most within ten seconds: of the good ones
 * before the flood, of the others in it. */
static void mark(struct flood *f, int64_t begin)
{
    for (size_t i = 0; i < f->source_count; i++) {
        struct flood_source *s = &f->sources[i];

        s->is_good = false;
        s->flood = s->peak = s->within = 0;
    }
    for (size_t i = 0; i < f->request_count; i++) {
        struct flood_source *s = &f->sources[f->requests[i].source];

        if (f->base + f->requests[i].at < begin)
            s->is_good = true;
    }
    for (size_t i = 0; i < f->request_count; i++) {
        struct flood_source *s = &f->sources[f->requests[i].source];
        bool is_before = f->base + f->requests[i].at < begin;

        s->flood += !is_before;
        if (is_before == s->is_good)
            count_peak(s, f->requests[i].at);
    }
}

static uint32_t usual_of(const struct flood *f)
{
    CLEANUP_FREE uint32_t *peaks = mem_array(f->source_count + 1, sizeof(*peaks));
    size_t count = 0;
    uint32_t usual;

    for (size_t i = 0; i < f->source_count; i++)
        if (f->sources[i].is_good)
            peaks[count++] = f->sources[i].peak;
    if (!count)
        return LEAST_USUAL;
    qsort(peaks, count, sizeof(*peaks), cmp_u32);
    usual = peaks[(count - 1) * 999 / 1000];
    return usual < LEAST_USUAL ? LEAST_USUAL : usual;
}

static bool is_flooding(const struct flood_source *s, uint32_t usual)
{
    return !s->is_good && s->flood && s->peak > usual;
}

static struct flood_rule try_block(const struct flood *f, uint32_t usual)
{
    struct flood_rule r = {.action = "block"};

    for (size_t i = 0; i < f->source_count && r.networks < FLOOD_BLOCK_COUNT; i++)
        if (is_flooding(&f->sources[i], usual)) {
            r.networks++;
            r.flood_dropped += f->sources[i].flood;
        }
    return r;
}

/* One bucket for each source, or for each prefix: it fills with rate a second up to burst, and each
 * request takes one. As the kernel's limit does, second by second. */
struct bucket {
    int32_t at;
    bool is_known;
    double left;
};

static bool take(struct bucket *b, const struct flood_rule *r, int32_t at)
{
    if (!b->is_known) {
        *b = (struct bucket){.at = at, .is_known = true, .left = r->burst};
    } else if (at > b->at) {
        b->left += (double)(at - b->at) * r->rate;
        b->left = b->left > r->burst ? r->burst : b->left;
        b->at = at;
    }
    if (b->left < 1)
        return false;
    b->left -= 1;
    return true;
}

static void try_limit(const struct flood *f, int64_t begin, const uint32_t *bucket_of,
                      size_t bucket_count, struct flood_rule *r)
{
    CLEANUP_FREE struct bucket *buckets = mem_array(bucket_count + 1, sizeof(*buckets));

    for (size_t i = 0; i < f->request_count; i++) {
        const struct flood_request *q = &f->requests[i];
        const struct flood_source *s = &f->sources[q->source];

        if (f->base + q->at < begin || take(&buckets[bucket_of[q->source]], r, q->at))
            continue;
        r->flood_dropped += !s->is_good;
        r->good_dropped += s->is_good;
    }
}

static int cmp_address(const void *a, const void *b, void *context)
{
    const struct flood *f = context;
    const struct flood_source *x = &f->sources[*(const uint32_t *)a];
    const struct flood_source *y = &f->sources[*(const uint32_t *)b];

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

static bool same_prefix(const struct flood_source *a, const struct flood_source *b, unsigned bits)
{
    struct net n = {.size = a->size, .prefix = (uint8_t)bits};
    struct net other = {.size = b->size, .prefix = (uint8_t)(b->size * 8)};

    memcpy(n.bytes, a->bytes, sizeof(n.bytes));
    memcpy(other.bytes, b->bytes, sizeof(other.bytes));
    return net_has(&n, &other);
}

/* Numbers the prefixes of all sources from 0. order holds the sources by address. */
static size_t number_prefixes(const struct flood *f, const uint32_t *order, unsigned four,
                              unsigned six, uint32_t *bucket_of)
{
    size_t count = 0;

    for (size_t i = 0; i < f->source_count; i++) {
        const struct flood_source *s = &f->sources[order[i]];

        if (i == 0 || !same_prefix(&f->sources[order[i - 1]], s, s->size == 4 ? four : six))
            count++;
        bucket_of[order[i]] = (uint32_t)count - 1;
    }
    return count;
}

static uint32_t *order_of(const struct flood *f)
{
    uint32_t *order = mem_array(f->source_count + 1, sizeof(*order));

    for (size_t i = 0; i < f->source_count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, f->source_count, sizeof(*order), cmp_address, (void *)(uintptr_t)f);
    return order;
}

/* What a good source sends within ten seconds passes at once, and half as much again a second in
 * the long run. */
static struct flood_rule limit_of(uint32_t usual, uint8_t prefix4, uint8_t prefix6)
{
    return (struct flood_rule){.action = "limit",
                               .rate = usual * 3 / 2 / WINDOW_S + 1,
                               .burst = usual,
                               .prefix4 = prefix4,
                               .prefix6 = prefix6};
}

static void choose(struct flood_verdict *v)
{
    v->best = -1;
    for (size_t i = 0; i < v->rule_count; i++) {
        const struct flood_rule *r = &v->rules[i];

        if (!r->flood_dropped || r->flood_dropped * 100 < v->flood * HALF ||
            r->good_dropped * 100 > v->good)
            continue;
        if (v->best < 0 || r->flood_dropped > v->rules[v->best].flood_dropped)
            v->best = (int)i;
    }
}

static void count_sides(const struct flood *f, int64_t begin, struct flood_verdict *v)
{
    for (size_t i = 0; i < f->request_count; i++) {
        const struct flood_request *q = &f->requests[i];
        bool is_since = f->base + q->at >= begin;
        bool is_flood = is_since && !f->sources[q->source].is_good;

        v->since += is_since;
        v->flood += is_flood;
        v->good += !is_flood;
    }
}

/* Good is who got in; the others are known by how often they did not. */
static void judge_attempts(struct flood *f, struct flood_verdict *v)
{
    for (size_t i = 0; i < f->source_count; i++) {
        struct flood_source *s = &f->sources[i];

        s->is_good = s->accepted > 0;
        s->flood = s->peak = 0;
    }
    for (size_t i = 0; i < f->request_count; i++) {
        struct flood_source *s = &f->sources[f->requests[i].source];

        if (f->base + f->requests[i].at >= v->begin)
            s->peak = ++s->flood;
    }
    count_sides(f, v->begin, v);
    v->good = f->accepted;
    v->usual = FLOOD_GUESS_COUNT - 1;
    v->rules[v->rule_count++] = try_block(f, v->usual);
}

static void judge_requests(struct flood *f, struct flood_verdict *v)
{
    static const uint8_t prefixes[][2] = {{32, 64}, {24, 48}};
    CLEANUP_FREE uint32_t *order = order_of(f);
    CLEANUP_FREE uint32_t *bucket_of = mem_array(f->source_count + 1, sizeof(*bucket_of));

    mark(f, v->begin);
    v->usual = usual_of(f);
    count_sides(f, v->begin, v);
    v->rules[v->rule_count++] = try_block(f, v->usual);
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        struct flood_rule r = limit_of(v->usual, prefixes[i][0], prefixes[i][1]);
        size_t count = number_prefixes(f, order, prefixes[i][0], prefixes[i][1], bucket_of);

        try_limit(f, v->begin, bucket_of, count, &r);
        v->rules[v->rule_count++] = r;
    }
}

void flood_judge(struct flood *f, int64_t begin, struct flood_verdict *out)
{
    struct flood_verdict v = {.begin = begin};

    if (f->log == FLOOD_LOG_ATTEMPTS)
        judge_attempts(f, &v);
    else
        judge_requests(f, &v);
    choose(&v);
    *out = v;
}

static int cmp_flood(const void *a, const void *b, void *context)
{
    const struct flood *f = context;
    const struct flood_source *x = &f->sources[*(const uint32_t *)a];
    const struct flood_source *y = &f->sources[*(const uint32_t *)b];

    if (x->flood != y->flood)
        return x->flood < y->flood ? 1 : -1;
    return cmp_address(a, b, context);
}

static const char *address_of(char out[NET_TEXT_SIZE], const struct flood_source *s, unsigned bits)
{
    struct net n = {.size = s->size, .prefix = (uint8_t)bits};

    for (unsigned bit = 0; bit < bits; bit++)
        n.bytes[bit / 8] = (uint8_t)(n.bytes[bit / 8] | (s->bytes[bit / 8] & 0x80u >> bit % 8));
    return net_text(out, &n);
}

void flood_blocked(struct flood *f, const struct flood_verdict *v, struct buf *out)
{
    CLEANUP_FREE uint32_t *order = order_of(f);
    char text[NET_TEXT_SIZE];
    size_t count = 0;

    qsort_r(order, f->source_count, sizeof(*order), cmp_flood, f);
    for (size_t i = 0; i < f->source_count && count < FLOOD_BLOCK_COUNT; i++) {
        const struct flood_source *s = &f->sources[order[i]];

        if (!is_flooding(s, v->usual))
            continue;
        buf_addf(out, "%s\n", address_of(text, s, s->size * 8u));
        count++;
    }
}

static void tell_sources(struct flood *f, struct buf *out)
{
    CLEANUP_FREE uint32_t *order = order_of(f);
    char text[NET_TEXT_SIZE];

    qsort_r(order, f->source_count, sizeof(*order), cmp_flood, f);
    for (size_t i = 0; i < f->source_count && i < FLOOD_TOP_COUNT; i++) {
        const struct flood_source *s = &f->sources[order[i]];

        if (s->flood)
            buf_addf(out, "source %s %u %u %u\n", address_of(text, s, s->size * 8u), s->flood,
                     s->peak, s->is_good);
    }
}

struct group {
    const struct flood_source *source; /* one of it */
    uint64_t requests;
    uint32_t sources;
};

static int cmp_group(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    return (x->requests < y->requests) - (x->requests > y->requests);
}

static void tell_prefixes(struct flood *f, struct buf *out)
{
    CLEANUP_FREE uint32_t *order = order_of(f);
    CLEANUP_FREE uint32_t *number = mem_array(f->source_count + 1, sizeof(*number));
    size_t count = number_prefixes(f, order, 24, 48, number);
    CLEANUP_FREE struct group *groups = mem_array(count + 1, sizeof(*groups));
    char text[NET_TEXT_SIZE];

    for (size_t i = 0; i < f->source_count; i++) {
        groups[number[i]].source = &f->sources[i];
        if (f->sources[i].is_good)
            continue; /* a provider that is asked to drop a network must not be told theirs */
        groups[number[i]].requests += f->sources[i].flood;
        groups[number[i]].sources += f->sources[i].flood > 0;
    }
    qsort(groups, count, sizeof(*groups), cmp_group);
    for (size_t i = 0; i < count && i < FLOOD_TOP_COUNT && groups[i].requests; i++)
        buf_addf(out, "prefix %s %llu %u 0\n",
                 address_of(text, groups[i].source, groups[i].source->size == 4 ? 24 : 48),
                 (unsigned long long)groups[i].requests, groups[i].sources);
}

static int cmp_word(const void *a, const void *b)
{
    const struct flood_word *const *x = a, *const *y = b;

    return ((*x)->count < (*y)->count) - ((*x)->count > (*y)->count);
}

static void tell_words(const char *name, const struct flood_words *w, struct buf *out)
{
    CLEANUP_FREE const struct flood_word **order = mem_array(WORD_SLOTS, sizeof(*order));
    size_t count = 0;

    for (size_t i = 0; i < WORD_SLOTS; i++)
        if (w->words[i].count)
            order[count++] = &w->words[i];
    qsort(order, count, sizeof(*order), cmp_word);
    for (size_t i = 0; i < count && i < FLOOD_TOP_COUNT; i++) {
        buf_addf(out, "%s ", name);
        hex_add(out, order[i]->text, order[i]->len);
        buf_addf(out, " %u 0 0\n", order[i]->count);
    }
}

static void tell_rule(const struct flood_verdict *v, size_t which, struct buf *out)
{
    const struct flood_rule *r = &v->rules[which];

    buf_addf(out, "%s %zu %u %u %u %u %llu %llu %d\n", r->action, r->networks, r->rate, r->burst,
             r->prefix4, r->prefix6, (unsigned long long)r->flood_dropped,
             (unsigned long long)r->good_dropped, v->best == (int)which);
}

/* Who failed often and then got in may have found the password. */
static void tell_guessed(const struct flood *f, struct buf *out)
{
    char text[NET_TEXT_SIZE];
    size_t told = 0;

    for (size_t i = 0; i < f->source_count && told < FLOOD_TOP_COUNT; i++) {
        const struct flood_source *s = &f->sources[i];

        if (!s->accepted || s->count < FLOOD_GUESS_COUNT)
            continue;
        buf_addf(out, "guessed %s %u %u 0\n", address_of(text, s, s->size * 8u), s->count,
                 s->accepted);
        told++;
    }
}

static int64_t last_of(const struct flood *f)
{
    int32_t last = 0;

    for (size_t i = 0; i < f->request_count; i++)
        last = f->requests[i].at > last ? f->requests[i].at : last;
    return f->base + last;
}

void flood_tell(struct flood *f, const struct flood_verdict *v, struct buf *out)
{
    buf_addf(out, "count %llu %zu %llu %llu %zu %llu %llu %u %llu %d\n",
             (unsigned long long)f->request_total, f->request_count, (unsigned long long)f->unread,
             (unsigned long long)f->uncounted, f->source_count, (unsigned long long)v->flood,
             (unsigned long long)v->good, v->usual, (unsigned long long)v->since,
             flood_is_attempts(f));
    buf_addf(out, "time %lld %lld %lld\n", (long long)f->base, (long long)v->begin,
             (long long)last_of(f));
    tell_sources(f, out);
    tell_prefixes(f, out);
    tell_words(flood_is_attempts(f) ? "user" : "agent", &f->agents, out);
    tell_words("path", &f->paths, out);
    tell_guessed(f, out);
    for (size_t i = 0; i < v->rule_count; i++)
        tell_rule(v, i, out);
}
