/* report_tops.c: which problem was on top, when: the ranking replayed record by record. */
#include "practice/problem.h"
#include "practice/report_make.h"

struct ranked {
    const struct thing *problem;
    struct str impact, urgency, trend;
    bool is_closed;
};

struct replay {
    struct ranked problems[PROBLEMS_MAX];
    size_t count;
    const struct thing *chosen;
};

static struct ranked *find(struct replay *p, const struct thing *problem)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->problems[i].problem == problem)
            return &p->problems[i];
    if (p->count == PROBLEMS_MAX)
        return NULL;
    p->problems[p->count] = (struct ranked){.problem = problem};
    return &p->problems[p->count++];
}

static void take(struct str *to, const struct told *t, const char *field)
{
    struct str value = told_value(t, field);

    if (value.len)
        *to = value;
}

static bool replay_record(struct replay *p, const struct report *r, const struct told *t)
{
    const struct thing *thing = t->record->thing;
    struct ranked *found;
    struct str state = {0};

    if (!thing)
        return false;
    if (thing_is(thing, "top")) {
        p->chosen = view_ref(r->view, thing, "problem");
        return true;
    }
    found = thing_is(thing, "problem") ? find(p, thing) : NULL;
    if (!found)
        return false;
    take(&found->impact, t, "impact");
    take(&found->urgency, t, "urgency");
    take(&found->trend, t, "trend");
    take(&state, t, "state");
    if (state.len)
        found->is_closed = str_is(state, "closed");
    return true;
}

static const struct thing *top_of(const struct replay *p)
{
    const struct thing *best = NULL;
    unsigned best_score = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct ranked *k = &p->problems[i];
        unsigned score = problem_score(k->impact, k->urgency, k->trend);

        if (k->is_closed)
            continue;
        if (k->problem == p->chosen)
            return k->problem;
        if (best && score <= best_score)
            continue;
        best = k->problem;
        best_score = score;
    }
    return best;
}

size_t report_tops(const struct report *r, struct report_top **out)
{
    struct replay p = {0};
    size_t count = 0;
    size_t room = 0;

    *out = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct thing *top;

        if (!replay_record(&p, r, &r->told[i]))
            continue;
        top = top_of(&p);
        if (count && (*out)[count - 1].problem == top)
            continue;
        *out = mem_grow(*out, count, &room, sizeof((*out)[0]));
        (*out)[count++] = (struct report_top){top, r->told[i].record->time, r->told[i].seq};
    }
    return count;
}
