/* others.c: which formats a source has besides the first, by lines that this one declines. */
#include "timeline/others.h"

enum {
    SURE_TOLD = 3,
    KNOWN_ONE_IN = 10, /* not more than one line of so many is none's, of several in one file */
    OTHER_ONE_IN = 10, /* so many are hardly damaged ones of the first */
};

/* Mostly there is no such line, and nothing more is tried then. */
static bool declines_any(struct look *l, const struct recognised *found)
{
    struct reader r = {.names = look_names(l)};
    bool is_any = false;

    reader_begin(&r, found->format, &found->others);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line;

        while (!is_any && look_take_line(&rest, &line))
            is_any = score_is_declined(&r, line, &l->event);
    }
    reader_end(&r);
    return is_any;
}

static size_t count_of(const struct others *o)
{
    size_t n = 0;

    while (n < OTHERS_MOST && o->of[n])
        n++;
    return n;
}

static bool is_one_of(const struct recognised *found, const struct format *f)
{
    bool is_one = found->format == f;

    for (size_t i = 0; i < OTHERS_MOST; i++)
        is_one = is_one || found->others.of[i] == f;
    return is_one;
}

static bool is_told(const struct recognised *found)
{
    bool is_told = found->format->remark != NULL;

    for (size_t i = 0; i < OTHERS_MOST && found->others.of[i]; i++)
        is_told = is_told || found->others.of[i]->remark;
    return is_told;
}

/* A line that a known format declines is rather a damaged one of its own, but for such as may be
 * other programs', and where they are many. */
static bool has_room(const struct recognised *before, const struct score *s)
{
    return before->format->is_last || before->format->is_doubtful ||
           (score_is_part(s) && s->sure * OTHER_ONE_IN >= s->looked);
}

/* The format that makes events of most of the lines that those before decline; behind the second,
 * or where these are logs one behind another, it is to know some of them for sure. */
static const struct format *find_next(struct look *l, const struct recognised *before, bool is_last,
                                      bool is_one_of_several)
{
    struct score best = {0};
    bool has_both;

    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        const struct format *f = formats[i];
        struct score s = {0};

        if (f->line && f->is_last == is_last && score_may_share(f) && !is_one_of(before, f) &&
            !(f->remark && is_told(before)))
            s = score_of(l, f, before);
        if (s.format && !score_is_worth(&s))
            continue;
        if (!is_last && score_is_part(&s) && s.understood > best.understood)
            best = s;
        else if (score_is_better(&s, &best) &&
                 (is_last ? has_room(before, &s) : !is_one_of_several))
            best = s;
    }
    return manner_order(l, before, best.format, &has_both);
}

static bool take_next(struct recognised *out, struct look *l, bool is_last, bool is_one_of_several)
{
    size_t n = count_of(&out->others);
    const struct format *f = n < OTHERS_MOST ? find_next(l, out, is_last, is_one_of_several) : NULL;

    if (f)
        out->others.of[n] = f;
    return f != NULL;
}

void others_take(struct recognised *out, struct look *l)
{
    const struct format *first = out->format;
    bool is_one_of_several = false;

    if (!first->line || !(first->is_splittable || first->reads_alone))
        return;
    while (declines_any(l, out) && take_next(out, l, false, is_one_of_several))
        is_one_of_several = true;
    if (declines_any(l, out))
        (void)take_next(out, l, true, false);
}

/* From 1. */
static uint8_t number_of(const struct format *f)
{
    uint8_t n = 0;

    while (formats[n] != f)
        n++;
    return n + 1;
}

void others_put_surest_first(struct recognised *out, struct look *l, const struct score *surest)
{
    const struct format *last = out->format, *f = surest->format;

    if (!last->is_last || !last->is_splittable || !f || (f->remark && last->remark))
        return;
    if (score_is_part(surest)) {
        out->format = f;
        out->others = (struct others){0};
        (void)take_next(out, l, false, false);
        while (count_of(&out->others) + 1 < OTHERS_MOST && take_next(out, l, false, true))
            continue;
        out->others.of[count_of(&out->others)] = last;
        out->manner.is_sure_only = 1;
    } else if (surest->sure >= SURE_TOLD) {
        out->manner.like = number_of(f);
        out->manner.like_lines = surest->sure;
    }
}

/* Whether nearly all lines are those of one of them, and most of them events. */
static bool have_all(struct look *l, const struct recognised *found)
{
    struct reader r = {.names = look_names(l)};
    unsigned lines = 0, events = 0, declined = 0;

    reader_begin(&r, found->format, &found->others);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line;

        for (unsigned n = 0; n < LOOK_SAMPLE_LINES && look_take_line(&rest, &line); n++, lines++) {
            bool is_declined = score_is_declined(&r, line, &l->event);

            declined += is_declined;
            events += !is_declined && !char_is_blank(line.p[0]);
        }
    }
    reader_end(&r);
    return declined * KNOWN_ONE_IN <= lines && events * 2 > lines;
}

void others_find(struct recognised *out, struct look *l)
{
    struct recognised found = *out;
    struct score surest = {0};

    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        const struct format *f = formats[i];
        struct score s = {0};

        if (f->line && !f->is_last && f->is_splittable && score_may_share(f) && !f->remark)
            s = score_of(l, f, NULL);
        if (score_is_part(&s) && s.is_sure && score_is_surer(&s, &surest))
            surest = s;
    }
    if (!surest.format)
        return;
    found.format = surest.format;
    while (declines_any(l, &found) && take_next(&found, l, false, true))
        continue;
    if (declines_any(l, &found) && take_next(&found, l, true, true))
        found.manner.is_sure_only = 1;
    if (found.others.of[0] && have_all(l, &found))
        *out = found;
}
