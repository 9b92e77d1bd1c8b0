/* regex_dfa.c: the sets of steps in which the machine can be at once, each found when it is first
 * come to. */
#include "timeline/regex_dfa.h"
#include "base/mem.h"
#include "timeline/regex_nfa.h"

enum {
    STATES_MOST = 1024, /* then all are forgotten, and found anew */
    STATE_NEW = 0,      /* a way that was not gone yet; none leads out of it */
    STATE_FITS = 1,     /* the expression fits, whatever follows */
    STATE_FIRST = 2,
    SLOT_COUNT = 4 * STATES_MOST,
    LANES = 4,
    STRIDE = 32, /* characters that all lanes go at once, at most */
};

struct state {
    uint16_t *steps; /* ascending; owned */
    int count;
    bool is_begin;    /* of the text */
    bool fits_at_end; /* of the text */
};

struct regex_dfa {
    struct nfa nfa;
    uint8_t class_of[256]; /* characters of one class are in the same sets */
    unsigned class_count;
    struct state states[STATES_MOST];
    unsigned count;
    uint16_t slots[SLOT_COUNT]; /* states by their steps; 0: free */
    uint32_t *next;             /* by state and class: the state, times the number of classes */
    uint16_t begin;             /* the state at the text's beginning */
    unsigned forgotten;         /* how often */
    /* Steps that are being gathered. */
    uint16_t found[NFA_STEPS_MOST];
    int found_count;
    uint32_t seen[NFA_STEPS_MOST];
    uint32_t round;
    int stack[2 * NFA_STEPS_MOST + 1];
};

/* Characters that no set tells apart. */
static void find_classes(struct regex_dfa *d)
{
    for (unsigned c = 1; c < ASCII_COUNT; c++) {
        unsigned like = 1;

        for (; like < c; like++) {
            int i = 0;

            while (i < d->nfa.count &&
                   nfa_has(&d->nfa.steps[i], c) == nfa_has(&d->nfa.steps[i], like))
                i++;
            if (i == d->nfa.count)
                break;
        }
        d->class_of[c] = like < c ? d->class_of[like] : (uint8_t)d->class_count++;
    }
}

/* Adds what is come to from a step without a character. True: the end of the expression is. */
static bool gather(struct regex_dfa *d, int from, bool is_begin, bool is_end)
{
    bool has_matched = false;
    int depth = 0;

    d->stack[depth++] = from;
    while (depth) {
        int at = d->stack[--depth];
        const struct nfa_step *s = &d->nfa.steps[at];

        if (d->seen[at] == d->round)
            continue;
        d->seen[at] = d->round;
        if (s->kind == NFA_CHAR || s->kind == NFA_END)
            d->found[d->found_count++] = (uint16_t)at;
        has_matched = has_matched || s->kind == NFA_MATCH;
        if (s->kind == NFA_SPLIT || s->kind == NFA_JUMP)
            d->stack[depth++] = at + s->to[0];
        if (s->kind == NFA_SPLIT)
            d->stack[depth++] = at + s->to[1];
        if ((s->kind == NFA_BEGIN && is_begin) || (s->kind == NFA_END && is_end))
            d->stack[depth++] = at + 1;
    }
    return has_matched;
}

static int by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static size_t slot_of(const struct regex_dfa *d, bool is_begin)
{
    uint64_t h = is_begin;
    size_t at;

    for (int i = 0; i < d->found_count; i++)
        h = (h ^ d->found[i]) * 0x9E3779B97F4A7C15U;
    for (at = (h ^ h >> 32) % SLOT_COUNT; d->slots[at]; at = (at + 1) % SLOT_COUNT) {
        const struct state *s = &d->states[d->slots[at]];

        if (s->count == d->found_count && s->is_begin == is_begin &&
            memcmp(s->steps, d->found, (size_t)s->count * sizeof(s->steps[0])) == 0)
            break;
    }
    return at;
}

/* Whether at the end of the text its steps come to the end of the expression. */
static bool fits_at_end(struct regex_dfa *d, const struct state *s)
{
    bool fits = false;

    d->round++;
    d->found_count = 0;
    for (int i = 0; i < s->count && !fits; i++)
        if (d->nfa.steps[s->steps[i]].kind == NFA_END)
            fits = gather(d, s->steps[i], s->is_begin, true);
    return fits;
}

/* The state of the steps that were gathered. */
static uint16_t state_of_found(struct regex_dfa *d, bool is_begin)
{
    size_t slot, size = (size_t)d->found_count * sizeof(d->found[0]);
    struct state *s;

    qsort(d->found, (size_t)d->found_count, sizeof(d->found[0]), by_number);
    slot = slot_of(d, is_begin);
    if (d->slots[slot])
        return d->slots[slot];
    s = &d->states[d->count];
    *s = (struct state){.steps = (uint16_t *)(void *)mem_dup(d->found, size),
                        .count = d->found_count,
                        .is_begin = is_begin};
    d->slots[slot] = (uint16_t)d->count;
    s->fits_at_end = fits_at_end(d, s);
    return (uint16_t)d->count++;
}

static uint16_t begin_state(struct regex_dfa *d)
{
    d->round++;
    d->found_count = 0;
    if (gather(d, 0, true, false))
        return STATE_FITS;
    return state_of_found(d, true);
}

/* No state is known but where a text begins, and none leads out of the first two. */
static void begin_anew(struct regex_dfa *d)
{
    memset(d->next, 0, (size_t)STATES_MOST * d->class_count * sizeof(d->next[0]));
    for (unsigned i = 0; i < d->class_count; i++)
        d->next[STATE_FITS * d->class_count + i] = STATE_FITS * d->class_count;
    d->count = STATE_FIRST;
    d->begin = begin_state(d);
}

static void forget(struct regex_dfa *d)
{
    for (unsigned i = STATE_FIRST; i < d->count; i++)
        free(d->states[i].steps);
    memset(d->slots, 0, sizeof(d->slots));
    begin_anew(d);
    d->forgotten++;
}

/* There is no room for another state: all but this one, which gets its new number. */
static uint16_t forget_others(struct regex_dfa *d, uint16_t at)
{
    struct state kept = d->states[at];

    d->states[at].steps = NULL;
    forget(d);
    d->found_count = kept.count;
    memcpy(d->found, kept.steps, (size_t)kept.count * sizeof(d->found[0]));
    free(kept.steps);
    return state_of_found(d, kept.is_begin);
}

/* A fit may begin anywhere: with each character the machine begins anew, too. */
static uint16_t go(struct regex_dfa *d, uint16_t from, uint8_t c)
{
    const struct state *s = &d->states[from];
    uint16_t to = STATE_FITS;
    bool fits = false;

    d->round++;
    d->found_count = 0;
    for (int i = 0; i < s->count && !fits; i++) {
        const struct nfa_step *step = &d->nfa.steps[s->steps[i]];

        if (step->kind == NFA_CHAR && nfa_has(step, c))
            fits = gather(d, s->steps[i] + 1, false, false);
    }
    fits = fits || gather(d, 0, false, false);
    if (!fits)
        to = state_of_found(d, false);
    d->next[from * d->class_count + d->class_of[c]] = to * d->class_count;
    return to;
}

/* To where nobody went before. */
static uint32_t go_anew(struct regex_dfa *d, uint16_t at, uint8_t c)
{
    if (d->count == STATES_MOST)
        at = forget_others(d, at);
    return go(d, at, c) * d->class_count;
}

struct regex_dfa *regex_dfa_new(struct str expression)
{
    CLEANUP(regex_dfa_freep) struct regex_dfa *d = mem_new(struct regex_dfa);

    if (!nfa_read(&d->nfa, expression))
        return NULL;
    d->class_count = 1; /* that of NUL */
    find_classes(d);
    d->next = mem_array((size_t)STATES_MOST * d->class_count, sizeof(d->next[0]));
    begin_anew(d);
    return MOVE(d);
}

void regex_dfa_free(struct regex_dfa *d)
{
    if (!d)
        return;
    for (unsigned i = STATE_FIRST; i < d->count; i++)
        free(d->states[i].steps);
    free(d->next);
    free(d);
}

/* A text, and how far the machine is in it. */
struct lane {
    const uint8_t *p, *end;
    uint32_t at; /* the state, times the number of classes */
    size_t text; /* its number */
};

static uint32_t go_on(struct regex_dfa *d, uint32_t at, uint8_t c)
{
    uint32_t to = d->next[at + d->class_of[c]];

    return to != STATE_NEW ? to : go_anew(d, (uint16_t)(at / d->class_count), c);
}

/* One after another, for what is left of a text, or leads where nobody went before. */
static void go_alone(struct regex_dfa *d, struct lane *l, size_t count)
{
    const uint32_t fits = STATE_FITS * d->class_count;

    for (; count && l->at != fits; count--)
        l->at = go_on(d, l->at, *l->p++);
}

static void go_together(const struct regex_dfa *d, struct lane lanes[LANES], size_t count)
{
    const uint32_t *next = d->next;
    const uint8_t *class_of = d->class_of;
    const uint8_t *p0 = lanes[0].p, *p1 = lanes[1].p, *p2 = lanes[2].p, *p3 = lanes[3].p;
    uint32_t at0 = lanes[0].at, at1 = lanes[1].at, at2 = lanes[2].at, at3 = lanes[3].at;

    for (size_t i = 0; i < count; i++) {
        at0 = next[at0 + class_of[p0[i]]];
        at1 = next[at1 + class_of[p1[i]]];
        at2 = next[at2 + class_of[p2[i]]];
        at3 = next[at3 + class_of[p3[i]]];
    }
    lanes[0].at = at0;
    lanes[1].at = at1;
    lanes[2].at = at2;
    lanes[3].at = at3;
}

struct fitting {
    struct regex_dfa *d;
    const struct str *texts;
    size_t count, taken;
    uint8_t *is_true;
    struct lane lanes[LANES];
    unsigned lane_count;
};

static void begin_lane(struct fitting *f, struct lane *l)
{
    const struct str *text = &f->texts[l->text];

    l->p = (const uint8_t *)text->p;
    l->end = l->p + text->len;
    l->at = f->d->begin * f->d->class_count;
}

/* The texts that are next; of one that is at its end, the answer. */
static void fill_lanes(struct fitting *f)
{
    const uint32_t fits = STATE_FITS * f->d->class_count;

    for (unsigned i = 0; i < f->lane_count;) {
        struct lane *l = &f->lanes[i];

        if (l->p < l->end && l->at != fits) {
            i++;
            continue;
        }
        f->is_true[l->text] = l->at == fits || f->d->states[l->at / f->d->class_count].fits_at_end;
        if (f->taken < f->count) {
            l->text = f->taken++;
            begin_lane(f, l);
        } else {
            *l = f->lanes[--f->lane_count];
        }
    }
}

/* Where all was forgotten, the states of the other texts were, too. */
static void begin_others(struct fitting *f, unsigned but)
{
    for (unsigned i = 0; i < f->lane_count; i++)
        if (i != but)
            begin_lane(f, &f->lanes[i]);
}

static void step_lanes(struct fitting *f)
{
    struct lane before[LANES];
    size_t count = STRIDE;

    for (unsigned i = 0; i < LANES; i++) {
        size_t left = (size_t)(f->lanes[i].end - f->lanes[i].p);

        count = left < count ? left : count;
    }
    memcpy(before, f->lanes, sizeof(before));
    go_together(f->d, f->lanes, count);
    for (unsigned i = 0; i < LANES; i++) {
        struct lane *l = &f->lanes[i];
        unsigned forgotten = f->d->forgotten;

        if (l->at != STATE_NEW) {
            l->p += count;
            continue;
        }
        *l = before[i];
        go_alone(f->d, l, count);
        if (f->d->forgotten != forgotten) {
            begin_others(f, i);
            return;
        }
    }
}

void regex_dfa_fits(struct regex_dfa *d, const struct str *texts, size_t count, uint8_t *is_true)
{
    struct fitting f = {.d = d, .texts = texts, .count = count, .is_true = is_true};

    for (; f.lane_count < LANES && f.taken < count; f.lane_count++) {
        f.lanes[f.lane_count].text = f.taken++;
        begin_lane(&f, &f.lanes[f.lane_count]);
    }
    fill_lanes(&f);
    while (f.lane_count == LANES) {
        step_lanes(&f);
        fill_lanes(&f);
    }
    for (unsigned i = 0; i < f.lane_count; i++) {
        struct lane *l = &f.lanes[i];
        unsigned forgotten = d->forgotten;

        go_alone(d, l, (size_t)(l->end - l->p));
        is_true[l->text] =
            l->at == STATE_FITS * d->class_count || d->states[l->at / d->class_count].fits_at_end;
        for (unsigned k = i + 1; d->forgotten != forgotten && k < f.lane_count; k++)
            begin_lane(&f, &f.lanes[k]);
    }
}
