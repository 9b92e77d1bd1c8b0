/* stop_moment.c: bounds for when changes began, and how far apart they lie. */
#include "practice/stop_moment.h"

struct stop_moment stop_moment_read(struct str lines, int64_t asked_us, int64_t answered_us)
{
    struct stop_moment m = {0};
    uint64_t waited, done;

    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (!str_is(str_cut(&line, ' '), "moment"))
            continue;
        if (!str_u64(str_cut(&line, ' '), &waited) || !str_u64(line, &done) || done < waited ||
            answered_us < asked_us || done > (uint64_t)(answered_us - asked_us))
            break;
        m.is_measured = true;
        m.first_us = asked_us + (int64_t)waited;
        m.last_us = answered_us - (int64_t)(done - waited);
        break;
    }
    return m;
}

static int64_t middle(const struct stop_moment *m)
{
    return m->first_us + (m->last_us - m->first_us) / 2;
}

bool stop_spread_of(const struct stop_moment *moments, size_t count, struct stop_spread *out)
{
    int64_t first = INT64_MAX, last = INT64_MIN, low = INT64_MAX, high = INT64_MIN;
    size_t measured = 0;

    for (size_t i = 0; i < count; i++) {
        const struct stop_moment *m = &moments[i];

        if (!m->is_measured)
            continue;
        measured++;
        first = m->first_us < first ? m->first_us : first;
        last = m->last_us > last ? m->last_us : last;
        low = middle(m) < low ? middle(m) : low;
        high = middle(m) > high ? middle(m) : high;
    }
    if (measured < 2)
        return false;
    *out = (struct stop_spread){high - low, last - first};
    return true;
}
