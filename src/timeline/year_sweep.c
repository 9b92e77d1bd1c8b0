/* year_sweep.c: at which places of a source the host of its lines changes for good. */
#include "base/mem.h"
#include "timeline/year_hosts.h"

enum {
    LINES_LEAST = 3,
    UNNAMED_MOST = 4096, /* bytes of lines that say nothing of which host begins */
    MUCH = 10,           /* so many times as much is nearly all */
};

static int ascending(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_first(const void *a, const void *b, void *stays)
{
    const struct year_host *of = stays;

    return ascending(of[*(const uint32_t *)a].first, of[*(const uint32_t *)b].first);
}

static int by_last(const void *a, const void *b, void *stays)
{
    const struct year_host *of = stays;

    return ascending(of[*(const uint32_t *)a].last, of[*(const uint32_t *)b].last);
}

static int by_place(const void *a, const void *b)
{
    return ascending(*(const uint64_t *)a, *(const uint64_t *)b);
}

static uint32_t *sorted(const struct year_hosts *h,
                        int (*order)(const void *a, const void *b, void *stays))
{
    uint32_t *out = mem_array(h->count, sizeof(out[0]));

    for (uint32_t i = 0; i < h->count; i++)
        out[i] = i;
    if (h->count)
        qsort_r(out, h->count, sizeof(out[0]), order, h->of);
    return out;
}

void year_sweep_begin(struct year_sweep *s, const struct year_hosts *h)
{
    *s = (struct year_sweep){.hosts = h,
                             .by_first = sorted(h, by_first),
                             .by_last = sorted(h, by_last),
                             .before = mem_array(h->hosts, sizeof(s->before[0])),
                             .behind = mem_array(h->hosts, sizeof(s->behind[0])),
                             .firsts = mem_array(h->hosts, sizeof(s->firsts[0]))};
    for (size_t i = h->count; i-- > 0;) {
        const struct year_host *stay = &h->of[s->by_first[i]];

        s->behind[stay->host] += stay->lines;
        s->lines += stay->lines;
        s->firsts[stay->host] = stay->first;
    }
    if (h->hosts)
        qsort(s->firsts, h->hosts, sizeof(s->firsts[0]), by_place);
}

void year_sweep_release(struct year_sweep *s)
{
    free(s->by_first);
    free(s->by_last);
    free(s->before);
    free(s->behind);
    free(s->firsts);
    *s = (struct year_sweep){0};
}

static uint64_t lesser_of(const struct year_sweep *s, uint32_t host)
{
    return s->before[host] < s->behind[host] ? s->before[host] : s->behind[host];
}

static void move_to(struct year_sweep *s, uint64_t at)
{
    const struct year_hosts *h = s->hosts;

    for (; s->begun < h->count && h->of[s->by_first[s->begun]].first < at; s->begun++)
        s->lines_begun += h->of[s->by_first[s->begun]].lines;
    for (; s->ended < h->count && h->of[s->by_last[s->ended]].last < at; s->ended++) {
        const struct year_host *stay = &h->of[s->by_last[s->ended]];

        s->lesser -= lesser_of(s, stay->host);
        s->before[stay->host] += stay->lines;
        s->behind[stay->host] -= stay->lines;
        s->lesser += lesser_of(s, stay->host);
        s->lines_before += stay->lines;
    }
}

/* So many lines, and nearly all of the host's. */
static bool is_of(uint64_t here, uint64_t there)
{
    return here >= LINES_LEAST && here >= MUCH * there;
}

static bool has_host_before(const struct year_sweep *s)
{
    for (uint32_t i = 0; i < s->hosts->hosts; i++)
        if (is_of(s->before[i], s->behind[i]))
            return true;
    return false;
}

/* One that begins there, or soon behind. */
static bool has_host_behind(const struct year_sweep *s, uint64_t at)
{
    const struct year_hosts *h = s->hosts;

    for (size_t i = s->begun; i < h->count; i++) {
        const struct year_host *stay = &h->of[s->by_first[i]];

        if (stay->first - at > UNNAMED_MOST)
            return false;
        if (is_of(s->behind[stay->host], s->before[stay->host]))
            return true;
    }
    return false;
}

bool year_sweep_parts(struct year_sweep *s, uint64_t at)
{
    uint64_t behind, little;

    if (s->hosts->has_many)
        return false;
    move_to(s, at);
    behind = s->lines - s->lines_before;
    little = s->lesser + (s->lines_begun - s->lines_before);
    return little * MUCH <= s->lines_before && little * MUCH <= behind && has_host_before(s) &&
           has_host_behind(s, at);
}

bool year_sweep_is_first(const struct year_sweep *s, uint64_t at)
{
    return s->hosts->hosts &&
           bsearch(&at, s->firsts, s->hosts->hosts, sizeof(at), by_place) != NULL;
}
