/* html_moments.c: marked moments on one axis of time, a lane for each system, as inline SVG: long
 * gaps are cut out and named, and nothing overlaps. Coordinates are whole units of a fixed width,
 * so that what is placed here stays apart at any size. */
#include "base/sink.h"
#include "render/html.h"
#include "render/wrap.h"

enum {
    WIDTH = 640,
    LEFT = 112,
    RIGHT = 636,
    TOP = 20,
    BREAK_WIDTH = 30,
    SEGMENT_LEAST = 52,
    PARTS_MOST = 6, /* of the axis */
    LANES_MOST = 8, /* the last has all others */
    KINDS_MOST = 7, /* the last has all others */
    LEVELS_MOST = 10,
    LEVEL_HEIGHT = 12,
    NUMBERED_MOST = 99,
    CELL_NUMBERED = 24,
    CELL = 12,
    BIN = 2 * CELL,
    LABEL_HALF = 26,
    SHORT_GAP_S = 60,
};

struct part {
    size_t first, last; /* moments */
    int64_t from, to;   /* seconds */
    int x, width;
};

struct lane {
    struct str name;
    bool is_rest;
    int levels;      /* that its moments take */
    bool is_counted; /* there are too many to show each */
    int bottom;      /* where its line is */
};

struct mark_kind {
    struct str name;
    size_t count;
};

struct drawing {
    struct html *h;
    const struct moments *m;
    struct part parts[PARTS_MOST];
    size_t part_count;
    struct lane lanes[LANES_MOST];
    size_t lane_count;
    struct mark_kind kinds[KINDS_MOST];
    size_t kind_count;
    bool is_numbered;
    int bottom;
};

static int64_t second_of(const struct drawing *d, size_t i)
{
    return d->m->moments[i].at.sec;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* A gap is cut out where it is much longer than most and takes much of what is left. */
static void divide(struct drawing *d)
{
    size_t n = d->m->count, count = 0;
    CLEANUP_FREE int64_t *gaps = mem_array(n, sizeof(gaps[0]));
    int64_t left = second_of(d, n - 1) - second_of(d, 0), median;
    size_t cuts[PARTS_MOST] = {0};

    for (size_t i = 0; i + 1 < n; i++)
        gaps[i] = second_of(d, i + 1) - second_of(d, i);
    qsort(gaps, n - 1, sizeof(gaps[0]), by_size);
    median = n > 1 ? gaps[(n - 1) / 2] : 0;
    while (count + 1 < PARTS_MOST && n >= 2 * (count + 2)) {
        size_t widest = n;
        int64_t most = 0;

        for (size_t i = 0; i + 1 < n; i++) {
            int64_t gap = second_of(d, i + 1) - second_of(d, i);
            bool is_cut = false;

            for (size_t k = 0; k < count; k++)
                is_cut = is_cut || cuts[k] == i;
            if (!is_cut && gap > most) {
                most = gap;
                widest = i;
            }
        }
        if (widest == n || most < SHORT_GAP_S || most / 4 <= median || most < left / 6)
            break;
        left -= most;
        cuts[count++] = widest;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_cut = false;

        for (size_t k = 0; k < count; k++)
            is_cut = is_cut || (i && cuts[k] == i - 1);
        if (i == 0 || is_cut)
            d->parts[d->part_count++] = (struct part){.first = i, .from = second_of(d, i)};
        d->parts[d->part_count - 1].last = i;
        d->parts[d->part_count - 1].to = second_of(d, i);
    }
}

static void lay_out_axis(struct drawing *d)
{
    int free_width =
        RIGHT - LEFT - (int)(d->part_count - 1) * BREAK_WIDTH - (int)d->part_count * SEGMENT_LEAST;
    int64_t all = 0;
    int x = LEFT;

    for (size_t i = 0; i < d->part_count; i++)
        all += d->parts[i].to - d->parts[i].from;
    for (size_t i = 0; i < d->part_count; i++) {
        struct part *p = &d->parts[i];
        double share = all ? (double)(p->to - p->from) / (double)all : 1.0 / (double)d->part_count;

        p->x = x;
        p->width = SEGMENT_LEAST + (int)(share * free_width);
        x += p->width + BREAK_WIDTH;
    }
}

static int place_of(const struct drawing *d, const struct part *p, int64_t second)
{
    int right = d->is_numbered ? 20 : 8, inner = p->width - 8 - right;

    if (p->to == p->from)
        return p->x + p->width / 2;
    return p->x + 8 + (int)((double)(second - p->from) / (double)(p->to - p->from) * inner);
}

static int moment_place(const struct drawing *d, size_t i)
{
    size_t k = 0;

    while (d->parts[k].last < i)
        k++;
    return place_of(d, &d->parts[k], second_of(d, i));
}

static size_t lane_of(struct drawing *d, struct str name)
{
    size_t i = 0;

    while (i < d->lane_count && !d->lanes[i].is_rest && !str_eq(d->lanes[i].name, name))
        i++;
    if (i == d->lane_count) {
        bool is_rest = i + 1 == LANES_MOST;

        d->lanes[d->lane_count++] =
            (struct lane){.name = is_rest ? STR("others") : name, .is_rest = is_rest};
    }
    return i;
}

static int by_count(const void *a, const void *b)
{
    const struct mark_kind *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_cmp(x->name, y->name);
}

/* The most frequent have a shape of their own. */
static void find_kinds(struct drawing *d)
{
    CLEANUP_FREE struct mark_kind *all = mem_array(d->m->count, sizeof(all[0]));
    size_t count = 0, rest = 0;

    for (size_t i = 0; i < d->m->count; i++) {
        size_t k = 0;

        while (k < count && !str_eq(all[k].name, d->m->moments[i].kind))
            k++;
        if (k == count)
            all[count++].name = d->m->moments[i].kind;
        all[k].count++;
    }
    qsort(all, count, sizeof(all[0]), by_count);
    for (size_t k = 0; k < count; k++) {
        if (k + 1 < KINDS_MOST)
            d->kinds[d->kind_count++] = all[k];
        else
            rest += all[k].count;
    }
    if (rest)
        d->kinds[d->kind_count++] = (struct mark_kind){STR("others"), rest};
}

static size_t kind_of(const struct drawing *d, struct str name)
{
    size_t k = 0;

    while (k + 1 < KINDS_MOST && k + 1 < d->kind_count && !str_eq(d->kinds[k].name, name))
        k++;
    return k;
}

static int cell_of(const struct drawing *d)
{
    return d->is_numbered ? CELL_NUMBERED : CELL;
}

/* Levels that a lane's moments need, so that none covers another. */
static void measure_lane(struct drawing *d, size_t lane)
{
    struct lane *l = &d->lanes[lane];
    int ends[LEVELS_MOST] = {0};

    for (size_t i = 0; i < d->m->count; i++) {
        int x = moment_place(d, i), level = 0;

        if (lane_of(d, d->m->moments[i].lane) != lane)
            continue;
        while (level < LEVELS_MOST && ends[level] > x)
            level++;
        if (level == LEVELS_MOST) {
            l->is_counted = true;
            l->levels = LEVELS_MOST + 1;
            return;
        }
        ends[level] = x + cell_of(d);
        l->levels = level + 1 > l->levels ? level + 1 : l->levels;
    }
}

static void lay_out_lanes(struct drawing *d)
{
    int y = TOP;

    for (size_t i = 0; i < d->m->count; i++)
        (void)lane_of(d, d->m->moments[i].lane);
    for (size_t i = 0; i < d->lane_count; i++) {
        measure_lane(d, i);
        y += d->lanes[i].levels * LEVEL_HEIGHT + 14;
        d->lanes[i].bottom = y;
    }
    d->bottom = y;
}

static void words_at(struct html *h, int x, int y, const char *class, struct str words)
{
    buf_addf(h->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    sink_html(h->out, words);
    html_literal(h, "</text>");
}

/* The shapes differ in grey, too. */
static void shape(struct html *h, size_t kind, int x, int y, bool is_hollow)
{
    static const char *const paths[KINDS_MOST] = {"m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
                                                  "m-4-4h8v8h-8z",
                                                  "m0-5l5 9h-10z",
                                                  "m0-5.3l5.3 5.3-5.3 5.3-5.3-5.3z",
                                                  "m0 5l5-9h-10z",
                                                  "m-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
                                                  "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z"};

    buf_addf(h->out, "<path class=\"k%zu%s\" d=\"M%d %d%s\">", kind, is_hollow ? " hollow" : "", x,
             y, paths[kind]);
}

static void moment_draw(struct drawing *d, size_t i, int x, int y)
{
    const struct doc_moment *m = &d->m->moments[i];
    CLEANUP_BUF struct buf number = {0};

    shape(d->h, kind_of(d, m->kind), x, y, m->is_uncertain);
    buf_addf(&number, "%zu", i + 1);
    buf_addf(d->h->out, "<title>%zu: ", i + 1);
    event_time(d->h->out, m->at, PRECISION_SECOND);
    html_literal(d->h, " UTC, ");
    sink_html(d->h->out, m->words);
    html_literal(d->h, "</title></path>");
    if (d->is_numbered)
        words_at(d->h, x + 6, y + 3, "no", buf_str(&number));
    html_literal(d->h, "\n");
}

static void lane_draw_each(struct drawing *d, size_t lane)
{
    int ends[LEVELS_MOST] = {0}, bottom = d->lanes[lane].bottom - 8;

    for (size_t i = 0; i < d->m->count; i++) {
        int x = moment_place(d, i), level = 0;

        if (lane_of(d, d->m->moments[i].lane) != lane)
            continue;
        while (ends[level] > x)
            level++;
        ends[level] = x + cell_of(d);
        moment_draw(d, i, x, bottom - level * LEVEL_HEIGHT);
    }
}

/* Columns side by side; what does not go into one is counted above it. */
static void lane_draw_counted(struct drawing *d, size_t lane)
{
    size_t counts[WIDTH / BIN + 1] = {0};
    int bottom = d->lanes[lane].bottom - 8;
    bool was_numbered = d->is_numbered;

    d->is_numbered = false;
    for (size_t i = 0; i < d->m->count; i++) {
        size_t bin = (size_t)(moment_place(d, i) / BIN), at;

        if (lane_of(d, d->m->moments[i].lane) != lane)
            continue;
        at = counts[bin]++;
        if (at < 2 * LEVELS_MOST)
            moment_draw(d, i, (int)bin * BIN + (at % 2 ? CELL : 0) + 6,
                        bottom - (int)(at / 2) * LEVEL_HEIGHT);
    }
    for (size_t bin = 0; bin < COUNT_OF(counts); bin++) {
        CLEANUP_BUF struct buf more = {0};

        if (counts[bin] <= 2 * LEVELS_MOST)
            continue;
        buf_addf(&more, "+%zu", counts[bin] - 2 * LEVELS_MOST);
        words_at(d->h, (int)bin * BIN + CELL, bottom - LEVELS_MOST * LEVEL_HEIGHT + 3, "no middle",
                 buf_str(&more));
    }
    d->is_numbered = was_numbered;
}

static void lane_draw(struct drawing *d, size_t lane)
{
    const struct lane *l = &d->lanes[lane];
    CLEANUP_BUF struct buf name = {0};

    wrap_cut(&name, l->name, 14, false);
    words_at(d->h, 0, l->bottom - 4, "lane", buf_str(&name));
    for (size_t i = 0; i < d->part_count; i++)
        buf_addf(d->h->out, "<path class=\"rule\" d=\"M%d %dh%d\"/>", d->parts[i].x, l->bottom,
                 d->parts[i].width);
    if (l->is_counted)
        lane_draw_counted(d, lane);
    else
        lane_draw_each(d, lane);
}

/* What was written last in each row under the axis. */
struct written {
    struct buf day, year;
};

static void tick(struct drawing *d, int x, int64_t second, int64_t step, struct written *w)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf day = {0};
    struct str iso;
    uint64_t month = 1;

    event_time(&text, (struct utc){second, 0}, PRECISION_SECOND); /* 2026-11-25 03:12:09 */
    iso = buf_str(&text);
    (void)str_u64(str_head(str_from(iso, 5), 2), &month);
    buf_addf(&day, STR_FMT " %s", STR_ARG(str_head(str_from(iso, 8), 2)),
             months[month >= 1 && month <= 12 ? month - 1 : 0]);
    buf_addf(d->h->out, "<path class=\"grid\" d=\"M%d %dV%d\"/>", x, TOP, d->bottom + 4);
    if (step < 86400)
        words_at(d->h, x, d->bottom + 17, "tick", str_head(str_from(iso, 11), step < 60 ? 8 : 5));
    if (str_eq(buf_str(&w->day), buf_str(&day)) && str_eq(buf_str(&w->year), str_head(iso, 4)))
        return;
    words_at(d->h, x, d->bottom + 30, "tick day", buf_str(&day));
    buf_clear(&w->day);
    buf_addstr(&w->day, buf_str(&day));
    if (str_eq(buf_str(&w->year), str_head(iso, 4)))
        return;
    words_at(d->h, x, d->bottom + 43, "tick", str_head(iso, 4));
    buf_clear(&w->year);
    buf_addstr(&w->year, str_head(iso, 4));
}

static int64_t step_of(const struct part *p)
{
    static const int64_t steps[] = {1,      5,       15,      30,      60,      300,   900,
                                    1800,   3600,    10800,   21600,   43200,   86400, 172800,
                                    604800, 1209600, 2592000, 7776000, 31536000};
    int64_t most = p->width / (2 * LABEL_HALF + 10);

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if ((p->to - p->from) / steps[i] <= most)
            return steps[i];
    return ((p->to - p->from) / most / 31536000 + 1) * 31536000;
}

/* Labels lie within their part, so those of two parts never meet. */
static void part_ticks(struct drawing *d, const struct part *p, struct written *w)
{
    int64_t step = step_of(p), middle = p->from + (p->to - p->from) / 2;
    int64_t at = p->from - ((p->from % step) + step) % step;
    bool is_written = false;

    for (; at <= p->to; at += step) {
        int x = place_of(d, p, at);

        if (at < p->from || p->to == p->from || x < p->x + LABEL_HALF - 8 ||
            x > p->x + p->width - LABEL_HALF + 8)
            continue;
        tick(d, x, at, step, w);
        is_written = true;
    }
    if (!is_written)
        tick(d, place_of(d, p, middle), middle, p->to - p->from < 120 ? 1 : 60, w);
}

static void cut_draw(struct drawing *d, const struct part *before, const struct part *after)
{
    char span[UTC_PLAIN_SIZE];
    int x = before->x + before->width + BREAK_WIDTH / 2;

    span_text(span, after->from - before->to);
    words_at(d->h, x, TOP - 8, "no middle", str_of(span));
    for (int side = -2; side <= 2; side += 4)
        buf_addf(d->h->out, "<path class=\"cut\" d=\"M%d %dV%d\"/>", x + side, TOP, d->bottom + 4);
}

static int legend(struct drawing *d, int y)
{
    bool has_hollow = false;
    int x = 0;

    for (size_t i = 0; i < d->m->count; i++)
        has_hollow = has_hollow || d->m->moments[i].is_uncertain;
    for (size_t i = 0; i < d->kind_count + has_hollow; i++) {
        CLEANUP_BUF struct buf words = {0};
        bool is_kind = i < d->kind_count;
        int width;

        wrap_cut(&words, is_kind ? d->kinds[i].name : STR("hollow: the time is not certain"), 32,
                 false);
        if (is_kind)
            buf_addf(&words, " (%zu)", d->kinds[i].count);
        width = 28 + (int)utf8_columns(buf_str(&words)) * 7;
        if (x + width > WIDTH && x) {
            x = 0;
            y += 17;
        }
        if (is_kind) {
            shape(d->h, d->kinds[i].count && i + 1 == KINDS_MOST ? KINDS_MOST - 1 : i, x + 6, y - 4,
                  false);
            html_literal(d->h, "</path>");
        }
        words_at(d->h, x + (is_kind ? 15 : 0), y, "key", buf_str(&words));
        x += width;
    }
    return y + 8;
}

static void describe(const struct drawing *d)
{
    buf_addf(d->h->out, "%zu marked events, from ", d->m->count);
    event_time(d->h->out, d->m->moments[0].at, PRECISION_SECOND);
    html_literal(d->h, " UTC to ");
    event_time(d->h->out, d->m->moments[d->m->count - 1].at, PRECISION_SECOND);
    html_literal(d->h, " UTC. The table lists them under the same numbers.");
}

/* Written last, for the legend's height is known then. */
static void frame(struct drawing *d, size_t at, int height)
{
    CLEANUP_BUF struct buf rest = {0};

    buf_addstr(&rest, str_from(buf_str(d->h->out), at));
    d->h->out->len = at;
    buf_addf(d->h->out,
             "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"figure-%u "
             "figure-%u-text\"><desc id=\"figure-%u-text\">",
             WIDTH, height, d->h->figure_count, d->h->figure_count, d->h->figure_count);
    describe(d);
    html_literal(d->h, "</desc>\n");
    buf_addstr(d->h->out, buf_str(&rest));
    html_literal(d->h, "</svg></figure>\n");
}

void html_moments(struct html *h, const struct moments *m)
{
    CLEANUP_FREE struct drawing *d = mem_new(struct drawing);
    struct written w = {{0}, {0}};
    size_t at;

    if (m->count == 0)
        return;
    *d = (struct drawing){.h = h, .m = m, .is_numbered = m->count <= NUMBERED_MOST};
    divide(d);
    lay_out_axis(d);
    find_kinds(d);
    lay_out_lanes(d);
    buf_addf(h->out, "<figure class=\"moments\"><figcaption id=\"figure-%u\"><b>Figure %u.</b> ",
             h->figure_count + 1, h->figure_count + 1);
    h->figure_count++;
    html_text(h, m->caption);
    html_literal(h, "</figcaption>");
    at = h->out->len;
    for (size_t i = 0; i < d->part_count; i++) {
        part_ticks(d, &d->parts[i], &w);
        if (i)
            cut_draw(d, &d->parts[i - 1], &d->parts[i]);
    }
    for (size_t i = 0; i < d->lane_count; i++)
        lane_draw(d, i);
    frame(d, at, legend(d, d->bottom + 68));
    buf_release(&w.day);
    buf_release(&w.year);
}
