/* regex_nfa.c: reads an extended regular expression, as regcomp of the C library reads it. */
#include "timeline/regex_nfa.h"
#include <ctype.h>
#include "base/mem.h"

enum { DEPTH_MOST = 100, NO_END = -1 };

struct reading {
    struct nfa *nfa;
    struct str rest;
    int depth;
    bool is_left; /* to regcomp */
};

static bool leave(struct reading *r)
{
    r->is_left = true;
    return false;
}

static bool is_next(const struct reading *r, char c)
{
    return r->rest.len && r->rest.p[0] == c;
}

static char take(struct reading *r)
{
    char c = r->rest.p[0];

    r->rest = str_from(r->rest, 1);
    return c;
}

static void set_add(uint64_t set[2], unsigned c)
{
    set[c / 64] |= (uint64_t)1 << c % 64;
}

static bool has(const uint64_t set[2], unsigned c)
{
    return set[c / 64] >> c % 64 & 1;
}

/* A letter is there in both cases. */
static void set_close(uint64_t set[2])
{
    for (unsigned c = 'a'; c <= 'z'; c++)
        if (has(set, c) || has(set, c ^ 0x20)) {
            set_add(set, c);
            set_add(set, c ^ 0x20);
        }
}

static bool emit(struct reading *r, struct nfa_step step)
{
    if (r->nfa->count == NFA_STEPS_MOST)
        return leave(r);
    r->nfa->steps[r->nfa->count++] = step;
    return true;
}

/* In front of steps that go nowhere but among themselves and behind. */
static bool insert(struct reading *r, int at, struct nfa_step step)
{
    struct nfa_step *s = r->nfa->steps;

    if (r->nfa->count == NFA_STEPS_MOST)
        return leave(r);
    memmove(s + at + 1, s + at, (size_t)(r->nfa->count - at) * sizeof(s[0]));
    s[at] = step;
    r->nfa->count++;
    return true;
}

static bool emit_set(struct reading *r, const uint64_t set[2], bool is_negated)
{
    struct nfa_step step = {.kind = NFA_CHAR, .set = {set[0], set[1]}};

    set_close(step.set);
    if (is_negated) {
        step.set[0] = ~step.set[0];
        step.set[1] = ~step.set[1];
    }
    step.set[0] &= ~(uint64_t)1; /* texts have no NUL */
    return emit(r, step);
}

static bool emit_char(struct reading *r, char c)
{
    uint64_t set[2] = {0};

    if ((uint8_t)c >= ASCII_COUNT)
        return leave(r);
    set_add(set, (uint8_t)c);
    return emit_set(r, set, false);
}

static bool add_class(struct reading *r, uint64_t set[2], struct str name)
{
    static const struct {
        const char *name;
        int (*is)(int c);
    } classes[] = {{"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum},
                   {"upper", isupper}, {"lower", islower}, {"space", isspace},
                   {"blank", isblank}, {"punct", ispunct}, {"print", isprint},
                   {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit}};

    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (!str_is(name, classes[i].name))
            continue;
        for (unsigned c = 0; c < ASCII_COUNT; c++)
            if (classes[i].is((int)c))
                set_add(set, c);
        return true;
    }
    return leave(r);
}

/* "[:name:]", whose bracket was taken. */
static bool take_class(struct reading *r, uint64_t set[2])
{
    const char *end = memmem(r->rest.p, r->rest.len, ":]", 2);
    struct str name;

    if (!is_next(r, ':') || !end)
        return leave(r);
    name = (struct str){r->rest.p + 1, (size_t)(end - r->rest.p) - 1};
    r->rest = str_from(r->rest, name.len + 3);
    return add_class(r, set, name);
}

/* A range has no letters, or nothing else and of one case: what it means otherwise, where letters
 * are alike, is not agreed on. */
static bool is_fair_range(unsigned low, unsigned high)
{
    bool has_none = high < 'A' || (low > 'Z' && high < 'a') || low > 'z';

    return has_none || (isupper((int)low) && isupper((int)high)) ||
           (islower((int)low) && islower((int)high));
}

static bool take_range(struct reading *r, uint64_t set[2], unsigned low)
{
    unsigned high;

    (void)take(r);
    high = (uint8_t)take(r);
    if (high == '[' && (is_next(r, '.') || is_next(r, '=') || is_next(r, ':')))
        return leave(r);
    if (high >= ASCII_COUNT || low > high || !is_fair_range(low, high))
        return leave(r);
    for (unsigned c = low; c <= high; c++)
        set_add(set, c);
    return true;
}

static bool take_brackets(struct reading *r)
{
    uint64_t set[2] = {0};
    bool is_negated = is_next(r, '^'), is_first = true;

    if (is_negated)
        (void)take(r);
    for (; r->rest.len && (is_first || !is_next(r, ']')); is_first = false) {
        unsigned c = (uint8_t)take(r);

        if (c >= ASCII_COUNT)
            return leave(r);
        if (c == '[' && (is_next(r, ':') || is_next(r, '.') || is_next(r, '='))) {
            if (!take_class(r, set))
                return false;
        } else if (is_next(r, '-') && r->rest.len > 1 && r->rest.p[1] != ']') {
            if (!take_range(r, set, c))
                return false;
        } else {
            set_add(set, c);
        }
    }
    if (r->rest.len == 0)
        return leave(r);
    (void)take(r);
    return emit_set(r, set, is_negated);
}

static bool take_escape(struct reading *r)
{
    uint64_t set[2] = {0};
    char c = r->rest.len ? take(r) : '\0';

    switch (c) {
    case 'w':
    case 'W':
        set_add(set, '_');
        return add_class(r, set, STR("alnum")) && emit_set(r, set, c == 'W');
    case 's':
    case 'S':
        return add_class(r, set, STR("space")) && emit_set(r, set, c == 'S');
    default:
        if (c == '\0' || strchr("123456789bB<>`'", c))
            return leave(r);
        return emit_char(r, c);
    }
}

static bool take_choice(struct reading *r);

static bool take_group(struct reading *r)
{
    if (++r->depth > DEPTH_MOST || !take_choice(r) || !is_next(r, ')'))
        return leave(r);
    r->depth--;
    (void)take(r);
    return true;
}

static bool is_repeat(const struct reading *r)
{
    return is_next(r, '*') || is_next(r, '+') || is_next(r, '?') || is_next(r, '{');
}

static bool take_atom(struct reading *r)
{
    static const uint64_t none[2] = {0};
    char c = take(r);

    switch (c) {
    case '(':
        return take_group(r);
    case '[':
        return take_brackets(r);
    case '\\':
        return take_escape(r);
    case '.':
        return emit_set(r, none, true);
    case '^':
    case '$':
        /* What it means to repeat an edge is not agreed on. */
        return emit(r, (struct nfa_step){.kind = c == '^' ? NFA_BEGIN : NFA_END}) &&
               (!is_repeat(r) || leave(r));
    default:
        return emit_char(r, c);
    }
}

/* Another copy of the steps from until to, at the end. */
static bool copy(struct reading *r, const struct nfa_step *steps, int count)
{
    for (int i = 0; i < count; i++)
        if (!emit(r, steps[i]))
            return false;
    return true;
}

static bool make_optional(struct reading *r, int from)
{
    return insert(r, from,
                  (struct nfa_step){.kind = NFA_SPLIT, .to = {1, r->nfa->count - from + 1}});
}

static bool make_star(struct reading *r, int from)
{
    int len = r->nfa->count - from;

    return insert(r, from, (struct nfa_step){.kind = NFA_SPLIT, .to = {1, len + 2}}) &&
           emit(r, (struct nfa_step){.kind = NFA_JUMP, .to = {-(len + 1)}});
}

/* What was read from there on, least to most times. */
static bool repeat(struct reading *r, int from, int least, int most)
{
    int len = r->nfa->count - from;
    CLEANUP_FREE struct nfa_step *once = mem_array((size_t)len + 1, sizeof(once[0]));
    int begun;

    memcpy(once, r->nfa->steps + from, (size_t)len * sizeof(once[0]));
    r->nfa->count = from;
    for (int i = 0; i < least; i++)
        if (!copy(r, once, len))
            return false;
    for (int i = least; i < most; i++) {
        begun = r->nfa->count;
        if (!copy(r, once, len) || !make_optional(r, begun))
            return false;
    }
    begun = r->nfa->count;
    return most != NO_END || (copy(r, once, len) && make_star(r, begun));
}

static bool take_number(struct reading *r, int *out)
{
    int n = 0;
    size_t digits = 0;

    for (; r->rest.len && isdigit((uint8_t)r->rest.p[0]) && digits < 6; digits++)
        n = n * 10 + (take(r) - '0');
    if (digits)
        *out = n;
    return digits > 0;
}

static bool take_times(struct reading *r, int from)
{
    int least = 0, most = NO_END;

    (void)take_number(r, &least);
    if (is_next(r, ',')) {
        (void)take(r);
        (void)take_number(r, &most);
    } else {
        most = least;
    }
    if (!is_next(r, '}') || least > NFA_STEPS_MOST || most > NFA_STEPS_MOST)
        return leave(r);
    (void)take(r);
    return repeat(r, from, least, most);
}

static bool take_piece(struct reading *r)
{
    int from = r->nfa->count;

    if (!take_atom(r))
        return false;
    while (is_repeat(r)) {
        char c = take(r);
        bool is_done = c == '*'   ? make_star(r, from)
                       : c == '+' ? repeat(r, from, 1, NO_END)
                       : c == '?' ? make_optional(r, from)
                                  : take_times(r, from);

        if (!is_done)
            return false;
    }
    return true;
}

/* A closing bracket that closes nothing is a character. */
static bool take_branch(struct reading *r)
{
    while (r->rest.len && !is_next(r, '|') && !(is_next(r, ')') && r->depth))
        if (!take_piece(r))
            return false;
    return true;
}

static bool take_choice(struct reading *r)
{
    int from = r->nfa->count;

    if (!take_branch(r))
        return false;
    while (is_next(r, '|')) {
        int end, len = r->nfa->count - from;

        (void)take(r);
        if (!insert(r, from, (struct nfa_step){.kind = NFA_SPLIT, .to = {1, len + 2}}) ||
            !emit(r, (struct nfa_step){.kind = NFA_JUMP}))
            return false;
        end = r->nfa->count - 1;
        if (!take_branch(r))
            return false;
        r->nfa->steps[end].to[0] = r->nfa->count - end;
    }
    return true;
}

bool nfa_read(struct nfa *n, struct str expression)
{
    struct reading r = {.nfa = n, .rest = expression};

    n->count = 0;
    return take_choice(&r) && r.rest.len == 0 && emit(&r, (struct nfa_step){.kind = NFA_MATCH});
}
