/* sparse.c: a line that is no head of an event is not counted against a layout here, so its heads
 * must show more than their time: that one program wrote them, one behind the other, all along the
 * source, and that times hardly stand anywhere else in it. */
#include "timeline/sparse.h"
#include "base/mem.h"

enum {
    HEADS_LEAST = 3,
    HEADS_MANY = 16, /* where a source does not begin with one, as one that was cut */
    TENTHS = 10,
    TENTHS_LEAST = 5,
    TENTHS_MOST = 8, /* where a source does not begin with one */
    AGREE_PERCENT = 90,
    ODD_ONE_IN = 16, /* times elsewhere, for so many heads */
    BACK_ONE_IN = 10,
    TAIL_SLACK = 8,  /* lines */
    ROWS_ONE_IN = 4, /* other lines with as many separators make a table */
    FRONT_SIZE = 24,
    FRONT_WORDS = 3,
    FRONTS_MOST = 4,
    CLOCK_BYTES = 512, /* of a line, in which a clock time is looked for */
};

static const char separators[] = ",;\t|";
enum { SEPARATOR_COUNT = sizeof(separators) - 1 };

/* What stands behind the times of heads, and how many have it. */
struct fronts {
    struct {
        char text[FRONT_SIZE];
        unsigned count;
    } at[FRONTS_MOST];
    size_t count;
};

struct heads {
    const struct format *format;
    unsigned count, others, elsewhere, back, alike, levels;
    unsigned before, run, longest; /* lines without one: in front, since the last, most between */
    unsigned tenths;               /* bits */
    int64_t first_ns, last_ns;
    uint8_t precision; /* of the first */
    uint16_t doubt;
    struct fronts names, signs;
    unsigned separated[SEPARATOR_COUNT]; /* in the first, */
    unsigned rows[SEPARATOR_COUNT];      /* and other lines with as many, or one less, */
    unsigned equal[SEPARATOR_COUNT];     /* and heads */
};

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void add_front(struct fronts *f, const char *text)
{
    size_t i = 0;

    while (i < f->count && memcmp(f->at[i].text, text, FRONT_SIZE) != 0)
        i++;
    if (i == FRONTS_MOST)
        return;
    if (i == f->count)
        memcpy(f->at[f->count++].text, text, FRONT_SIZE);
    f->at[i].count++;
}

/* "http: panic", "app[812]: x": a name and what ends it. */
static void add_name(struct fronts *f, struct str text)
{
    char name[FRONT_SIZE] = {0};
    size_t n = 0;

    while (n < text.len && n < FRONT_SIZE && text.p[n] &&
           (is_letter(text.p[n]) || char_is_digit(text.p[n]) || strchr("._-/", text.p[n])))
        n++;
    if (n < 2 || n == FRONT_SIZE || n == text.len || !strchr(":[(", text.p[n]))
        return;
    memcpy(name, text.p, n);
    add_front(f, name);
}

/* "[main] x" is "[a]", "12 --- [" is "0 --", "main.go:12: x" is "a.a:": up to the second sign that
 * is no separator of a table, within the first words. */
static void add_signs(struct fronts *f, struct str text)
{
    char shape[FRONT_SIZE] = {0};
    size_t len = 0, signs = 0, words = 0;

    for (size_t i = 0; i < text.len && len < FRONT_SIZE && signs < 2 && words < FRONT_WORDS; i++) {
        char c = text.p[i];
        char as = is_letter(c) ? 'a' : char_is_digit(c) ? '0' : char_is_blank(c) ? ' ' : c;
        bool is_sign = as == c && c > ' ' && c < 0x7F && c != 'a' && c != '0';

        if ((is_sign && memchr(separators, c, SEPARATOR_COUNT)) || (c & 0x80))
            return;
        if (!is_sign && len && shape[len - 1] == as)
            continue;
        words += as == ' ';
        signs += is_sign;
        shape[len++] = as;
    }
    if (signs == 2)
        add_front(f, shape);
}

static unsigned most_of(const struct fronts *f)
{
    unsigned most = 0;

    for (size_t i = 0; i < f->count; i++)
        most = f->at[i].count > most ? f->at[i].count : most;
    return most;
}

static bool are_digits(const char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!char_is_digit(p[i]))
            return false;
    return true;
}

/* "3:12:09", "03:12:09", and no part of an address of hardware or IPv6. */
static bool has_clock(struct str line)
{
    const char *end, *p = line.p;

    line = str_head(line, CLOCK_BYTES);
    end = line.p + line.len;
    while (p < end && (p = memchr(p, ':', (size_t)(end - p))) != NULL) {
        bool has_two = p - line.p >= 2 && char_is_digit(p[-2]);
        const char *before = p - 1 - has_two;

        if (end - p >= 6 && before >= line.p && are_digits(before, (size_t)(p - before)) &&
            are_digits(p + 1, 2) && p[3] == ':' && are_digits(p + 4, 2) && p[1] < '6' &&
            (before == line.p ||
             (!is_letter(before[-1]) && !char_is_digit(before[-1]) && before[-1] != ':') ||
             before[-1] == 'T') &&
            (end - p == 6 || (p[6] != ':' && !char_is_digit(p[6]))))
            return true;
        p++;
    }
    return false;
}

static unsigned count_of(struct str line, char c)
{
    unsigned n = 0;

    for (size_t i = 0; i < line.len; i++)
        n += line.p[i] == c;
    return n;
}

static void add_head(struct heads *h, struct str line, const struct event *e)
{
    struct str text = event_value(e, FIELD_MESSAGE);

    if (h->count++ == 0) {
        h->first_ns = h->last_ns = e->ns;
        h->precision = e->precision;
        h->doubt = e->doubt;
        h->before = h->run;
        for (size_t i = 0; i < SEPARATOR_COUNT; i++)
            h->separated[i] = count_of(line, separators[i]);
    } else if (h->run > h->longest) {
        h->longest = h->run;
    }
    for (size_t i = 0; i < SEPARATOR_COUNT; i++)
        h->equal[i] += count_of(line, separators[i]) == h->separated[i];
    h->run = 0;
    h->back += e->ns < h->last_ns;
    h->last_ns = e->ns;
    h->alike += e->precision == h->precision && e->doubt == h->doubt;
    h->levels += event_value(e, FIELD_LOG_LEVEL).len > 0;
    add_name(&h->names, text);
    add_signs(&h->signs, text);
}

static void add_other(struct heads *h, struct str line, enum line_verdict v)
{
    bool is_document = str_starts(line, "{\"");

    h->run++;
    h->others++;
    h->elsewhere += (v == LINE_FOREIGN && !is_document) || v == LINE_EVENT || has_clock(line);
    for (size_t i = 0; h->count && i < SEPARATOR_COUNT; i++) {
        unsigned n = h->separated[i] > 1 ? count_of(line, separators[i]) : 0;

        h->rows[i] += n && (n == h->separated[i] || n + 1 == h->separated[i]);
    }
}

/* Of the samples, one behind the other. */
static struct heads gather(struct look *l, const struct format *f, size_t size)
{
    struct reader r = {.names = look_names(l)};
    struct heads h = {.format = f};
    size_t before = 0;

    reader_begin(&r, f, NULL);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; before += l->samples[i].len, i++) {
        struct str rest = l->samples[i], line;

        while (look_take_line(&rest, &line)) {
            size_t at = before + (size_t)(line.p - l->samples[i].p);
            enum line_verdict v;

            event_begin(&l->event);
            v = reader_ask(&r, f, line, &l->event);
            if (v == LINE_EVENT && l->event.precision != TIME_NONE && !char_is_blank(line.p[0])) {
                h.tenths |= 1U << at * TENTHS / size;
                add_head(&h, line, &l->event);
            } else if (v != LINE_COMMENT) {
                add_other(&h, line, v);
            }
        }
    }
    reader_end(&r);
    return h;
}

static bool is_table(const struct heads *h)
{
    for (size_t i = 0; i < SEPARATOR_COUNT; i++)
        if (h->rows[i] * ROWS_ONE_IN > h->others && h->equal[i] * 100 >= h->count * AGREE_PERCENT)
            return true;
    return false;
}

/* They stand all along the source, which begins with one, and does not end with what might be
 * another file. */
static bool are_spread(const struct heads *h)
{
    unsigned tenths = (unsigned)__builtin_popcount(h->tenths);
    unsigned most = h->longest * 2 + TAIL_SLACK;
    unsigned least = (h->count + 1) / 2 < TENTHS_LEAST ? (h->count + 1) / 2 : TENTHS_LEAST;

    if (h->run > most)
        return false;
    return h->before == 0 ? tenths >= least
                          : h->count >= HEADS_MANY && tenths >= TENTHS_MOST && h->before <= most;
}

static bool agree(const struct heads *h, unsigned count)
{
    return count * 100 >= h->count * AGREE_PERCENT;
}

static bool is_one_log(const struct heads *h)
{
    return h->count >= HEADS_LEAST && agree(h, h->alike) && h->elsewhere * ODD_ONE_IN <= h->count &&
           h->back * BACK_ONE_IN <= h->count && h->last_ns > h->first_ns && are_spread(h) &&
           !is_table(h) &&
           (agree(h, h->levels) || agree(h, most_of(&h->names)) || agree(h, most_of(&h->signs)));
}

const struct format *sparse_find(struct look *l)
{
    const struct format *best = NULL;
    unsigned most = 0;
    size_t size = 0;

    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++)
        size += l->samples[i].len;
    for (size_t i = 0; size && i < FORMAT_COUNT_; i++) {
        struct heads h = {0};

        if (formats[i]->line && formats[i]->is_last)
            h = gather(l, formats[i], size);
        if (h.count > most && is_one_log(&h)) {
            best = h.format;
            most = h.count;
        }
    }
    return best;
}
