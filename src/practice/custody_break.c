/* custody_break.c: follows an item from one to the next, and its seal. */
#include "practice/custody_break.h"
#include <stdlib.h>
#include <strings.h>
#include "base/mem.h"

struct acts {
    struct custody_act *list;
    size_t count;
    size_t room;
};

/* Who has it and how it is sealed, as far as was said. */
struct course {
    struct str holder;
    struct str seal;
    bool is_open; /* the seal was broken since */
};

void custody_breaks_release(struct custody_breaks *b)
{
    free(b->list);
}

static void add_act(struct acts *a, struct custody_act act)
{
    a->list = mem_grow(a->list, a->count, &a->room, sizeof(a->list[0]));
    a->list[a->count++] = act;
}

static void gather(struct acts *a, const struct view *v, const struct thing *item,
                   const struct custody_taken *taken)
{
    struct custody_link l;

    for (uint64_t seq = 0; custody_next(v, item, taken, &seq, &l);)
        if (l.taken)
            add_act(a, (struct custody_act){.said = taken->when,
                                            .seq = l.seq,
                                            .act = STR("taken"),
                                            .to = custody_said(&l, "to"),
                                            .seal = custody_said(&l, "seal")});
        else if (l.custody)
            add_act(a, (struct custody_act){.said = thing_when(v->state, l.custody),
                                            .seq = l.seq,
                                            .act = thing_value(l.custody, "act"),
                                            .from = custody_said(&l, "from"),
                                            .to = custody_said(&l, "to"),
                                            .seal = custody_said(&l, "seal")});
}

/* What was recorded later may have been before. */
static int compare_acts(const void *a, const void *b)
{
    const struct custody_act *one = a, *other = b;
    int order = utc_cmp(one->said, other->said);

    return order ? order : (one->seq > other->seq) - (one->seq < other->seq);
}

static bool is_one_of(struct str act, const char *const *acts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(act, acts[i]))
            return true;
    return false;
}

static bool has_within(struct str text, struct str part)
{
    for (size_t i = 0; part.len && i + part.len <= text.len; i++)
        if (strncasecmp(text.p + i, part.p, part.len) == 0)
            return true;
    return false;
}

/* "Weber" may be "Sgt. Weber, police". */
static bool is_same_person(struct str a, struct str b)
{
    return has_within(a, b) || has_within(b, a);
}

static void follow(struct course *c, const struct custody_act *a)
{
    static const char *const leaving[] = {"handed-over", "returned", "destroyed"};
    bool leaves = is_one_of(a->act, leaving, COUNT_OF(leaving)) ||
                  (a->from.len && is_same_person(a->from, c->holder));

    if (a->to.len || leaves)
        c->holder = a->to;
    if (str_is(a->act, "opened")) {
        c->is_open = true;
        c->seal = STR("");
    } else if (a->seal.len) {
        c->is_open = false;
        c->seal = a->seal;
    }
}

static struct custody_break break_of(const struct course *c, const struct custody_act *a)
{
    struct custody_break b = {.seq = a->seq};
    bool is_known = c->seal.len || c->is_open;

    if (a->from.len && c->holder.len && !is_same_person(a->from, c->holder)) {
        b.holder = c->holder;
        b.from = a->from;
    }
    if (a->seal.len && is_known && !str_eq(a->seal, c->seal) && !str_is(a->act, "sealed")) {
        b.seal = a->seal;
        b.before = c->seal;
    }
    return b;
}

void custody_breaks_follow(struct custody_breaks *out, struct custody_act *acts, size_t count)
{
    static const char *const of_copies[] = {"copied", "exported"};
    struct course course = {.is_open = false};

    if (count)
        qsort(acts, count, sizeof(acts[0]), compare_acts);
    for (size_t i = 0; i < count; i++) {
        struct custody_break b = break_of(&course, &acts[i]);

        if (is_one_of(acts[i].act, of_copies, COUNT_OF(of_copies)))
            continue;
        follow(&course, &acts[i]);
        if (!b.holder.len && !b.seal.len)
            continue;
        out->list = mem_grow(out->list, out->count, &out->room, sizeof(out->list[0]));
        out->list[out->count++] = b;
    }
}

void custody_breaks_find(struct custody_breaks *out, const struct view *v, const struct thing *item,
                         const struct custody_taken *taken, const struct custody_act *more)
{
    struct acts acts = {0};

    gather(&acts, v, item, taken);
    if (more)
        add_act(&acts, *more);
    custody_breaks_follow(out, acts.list, acts.count);
    free(acts.list);
}

void custody_break_say(struct buf *out, const struct custody_break *b, uint64_t row)
{
    buf_addf(out, "row %llu: ", (unsigned long long)row);
    if (b->holder.len)
        buf_addf(out, "it comes from " STR_FMT ", and " STR_FMT " had it%s", STR_ARG(b->from),
                 STR_ARG(b->holder), b->seal.len ? "; " : "");
    if (b->seal.len && b->before.len)
        buf_addf(out,
                 "its seal is " STR_FMT ", and was " STR_FMT
                 ": no row says that it was opened or sealed",
                 STR_ARG(b->seal), STR_ARG(b->before));
    else if (b->seal.len)
        buf_addf(out, "its seal is " STR_FMT ", and it was open: no row says that it was sealed",
                 STR_ARG(b->seal));
}
