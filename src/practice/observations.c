/* observations.c: what may be noticed in the state of a system, shown and gone on with. */
#include "practice/observations.h"
#include <stdlib.h>
#include "base/sink.h"
#include "practice/intake.h"
#include "render/screen.h"

void observations_release(struct observations *o)
{
    free(o->items);
    arena_free(o->arena);
}

int observations_least(struct observations *o, struct str written, struct err *e)
{
    uint64_t least;

    if (!str_u64(written, &least) || least > OBSERVATION_WEIGHT_MAX)
        return err_set(e, ERR_USAGE, "--least is 1, 2 or 3");
    o->least = (unsigned)least;
    return 0;
}

static struct str keep(struct observations *o, struct str text)
{
    return (struct str){arena_dup(o->arena, text.p ? text.p : "", text.len), text.len};
}

int observations_add(struct observations *o, const struct observation *x, struct err *e)
{
    if (x->weight < o->least || x->weight > OBSERVATION_WEIGHT_MAX)
        return 0;
    if (o->count == OBSERVATIONS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d observations in one state",
                       (int)OBSERVATIONS_MAX);
    o->items = mem_grow(o->items, o->count, &o->room, sizeof(o->items[0]));
    o->items[o->count++] = (struct observation){.code = keep(o, x->code),
                                                .harmless = keep(o, x->harmless),
                                                .hint = x->hint,
                                                .weight = x->weight,
                                                .words = keep(o, x->words),
                                                .line = keep(o, x->line),
                                                .number = x->number,
                                                .is_said = x->is_said};
    return 0;
}

int observations_take(void *context, const struct collect_observation *c, struct err *e)
{
    struct observation x = {.code = str_of(c->code),
                            .harmless = str_of(c->harmless),
                            .hint = c->hint,
                            .weight = c->weight,
                            .words = c->words,
                            .line = c->evidence};

    return observations_add(context, &x, e);
}

/* Of the same sort and weight. */
static bool is_alike(const struct observation *a, const struct observation *b)
{
    return a->weight == b->weight && str_eq(a->code, b->code);
}

struct place {
    struct observation x;
    size_t sort; /* where the first of its sort stands */
    size_t at;
};

static size_t first_alike(const struct observations *o, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_alike(&o->items[k], &o->items[i]))
            return k;
    return i;
}

static int by_weight_and_sort(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    if (x->x.weight != y->x.weight)
        return x->x.weight > y->x.weight ? -1 : 1;
    if (x->sort != y->sort)
        return x->sort < y->sort ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

void observations_sort(struct observations *o)
{
    CLEANUP_FREE struct place *places = mem_array(o->count + 1, sizeof(places[0]));

    for (size_t i = 0; i < o->count; i++)
        places[i] = (struct place){o->items[i], first_alike(o, i), i};
    qsort(places, o->count, sizeof(places[0]), by_weight_and_sort);
    for (size_t i = 0; i < o->count; i++)
        o->items[i] = places[i].x;
}

void observations_number(struct observations *o)
{
    observations_sort(o);
    for (size_t i = 0; i < o->count; i++)
        o->items[i].number = i + 1;
}

size_t observations_end_of_sort(const struct observations *o, size_t from)
{
    size_t end = from;

    while (end < o->count && is_alike(&o->items[end], &o->items[from]))
        end++;
    return end;
}

/* One line of plain text. */
static void plain_text(struct str text, struct buf *out)
{
    CLEANUP_BUF struct buf words = {0};

    buf_addstr(&words, text);
    intake_path_text(out, buf_text(&words));
}

/* Between the marks of what is said; none within ends it. */
static void quote(struct str text, struct buf *out)
{
    static const char *const marks[] = {"\u201c", "\u201d", "\u201e", "\u201f"};
    CLEANUP_BUF struct buf plain = {0};
    struct str rest;

    plain_text(text, &plain);
    rest = buf_str(&plain);
    buf_adds(out, marks[0]);
    while (rest.len) {
        size_t step = 1;

        for (size_t i = 0; i < COUNT_OF(marks); i++)
            if (str_starts(rest, marks[i]))
                step = strlen(marks[i]);
        buf_addstr(out, step > 1 ? STR("\"") : str_head(rest, 1));
        rest = str_from(rest, step);
    }
    buf_adds(out, marks[1]);
}

/* A cause that stands in our own table is told as it is. */
static bool is_known_cause(const struct observation *x)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);

    for (size_t i = 0; i < count; i++)
        if (str_is(x->code, rows[i].code))
            return str_is(x->harmless, rows[i].harmless);
    return !x->is_said;
}

static void show_one(const struct observation *x, struct screen *screen)
{
    static const char *const marks[OBSERVATION_WEIGHT_MAX + 1] = {"  ", "  ", " !", "!!"};
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf mark = {0};

    buf_adds(&mark, marks[x->weight]);
    if (x->number)
        buf_addf(&mark, "%4zu", x->number);
    if (x->is_said)
        quote(x->words, &words);
    else
        plain_text(x->words, &words);
    screen_item(screen, 0, buf_str(&mark), buf_str(&words));
}

/* The numbers of what is not shown, so that each can be asked for. */
static void show_rest(const struct observation *rest, size_t count, struct screen *screen)
{
    if (rest[0].number)
        screen_printf(screen, 8, "and %zu more of this sort: %zu to %zu", count, rest[0].number,
                      rest[count - 1].number);
    else
        screen_printf(screen, 4, "and %zu more of this sort", count);
}

/* What one sort means is said once, behind the last of them. */
static void show_meaning(const struct observation *x, struct screen *screen)
{
    static const char *const hints[] = {[COLLECT_FAULT] = "a fault",
                                        [COLLECT_ATTACK] = "an attack",
                                        [COLLECT_EITHER] = "a fault or an attack"};
    CLEANUP_BUF struct buf means = {0};

    buf_addf(&means, "May point to %s. Usually harmless: ", hints[x->hint]);
    if (is_known_cause(x))
        buf_addstr(&means, x->harmless);
    else
        quote(x->harmless, &means);
    screen_para_style(screen, x->number ? 8 : 4, SCREEN_DIM, buf_str(&means));
}

static void show_sort(const struct observations *o, size_t from, size_t end, struct screen *screen)
{
    size_t count = end - from;
    size_t shown = o->shows_all || count <= OBSERVATIONS_SHOWN ? count : OBSERVATIONS_SHOWN - 1;

    for (size_t i = from; i < from + shown; i++)
        show_one(&o->items[i], screen);
    if (shown < count)
        show_rest(&o->items[from + shown], count - shown, screen);
    show_meaning(&o->items[from], screen);
}

static bool has_said(const struct observations *o)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->items[i].is_said)
            return true;
    return false;
}

void observations_text(const struct observations *o, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    size_t end;

    for (size_t i = 0; i < o->count; i = end) {
        end = observations_end_of_sort(o, i);
        show_sort(o, i, end, &screen);
    }
    if (o->count == 0)
        buf_adds(&a->text, "Nothing is noticed by the rules. That is no proof that all is well.\n");
    if (has_said(o))
        screen_para_style(
            &screen, 0, SCREEN_DIM,
            STR("What stands between \u201c and \u201d are the collector's own words: the "
                "host that it ran on may have changed them."));
}

size_t observations_sorts(const struct observations *o)
{
    size_t sorts = 0;

    for (size_t i = 0; i < o->count; i = observations_end_of_sort(o, i))
        sorts++;
    return sorts;
}

void observations_json(const struct observations *o, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t i = 0; i < o->count; i++) {
        const struct observation *x = &o->items[i];

        json_object_begin(&j);
        if (x->number)
            json_put_u64(&j, "number", x->number);
        json_put_str(&j, "code", x->code);
        json_put_text(&j, "hint", collect_hint_name(x->hint));
        json_put_u64(&j, "weight", x->weight);
        json_put_str(&j, "words", x->words);
        json_put_str(&j, "harmless", x->harmless);
        json_put_str(&j, "line", x->line);
        json_put_bool(&j, "said", x->is_said);
        json_object_end(&j);
    }
    json_array_end(&j);
}

/* What is derived carries the label of what it comes from, and stays in its compartment. */
static void inherit(const struct observations *o, const struct decision *d, struct draft *dr)
{
    const struct record *made;

    if (!o->evidence)
        return;
    made = state_record(d->view->state, o->evidence->seq);
    if (o->evidence->tlp > dr->tlp)
        dr->tlp = o->evidence->tlp;
    dr->scope = str_of(state_scope(d->view->state, made));
}

/* The same words about the same system are raised once. */
static bool is_raised(const struct view *v, const struct thing *system, const char *words)
{
    const struct thing *t;

    for (size_t at = 0; system && (t = view_next_of(v, "problem", "system", system, &at));)
        if (str_starts(view_title(t), words))
            return true;
    return false;
}

/* How many of the same sort come behind this one; SIZE_MAX where one came before, which speaks for
 * all. */
static size_t count_alike(const struct observations *o, size_t i)
{
    size_t count = 0;

    for (size_t k = 0; k < o->count; k++) {
        if (!is_alike(&o->items[k], &o->items[i]))
            continue;
        if (k < i)
            return SIZE_MAX;
        count += k > i;
    }
    return count;
}

static void draft_problem(struct decision *d, const struct observations *o,
                          const struct observation *x, struct str words)
{
    struct draft *dr = decision_add(d, "problem/1");

    inherit(o, d, dr);
    draft_value(dr, "text", words);
    draft_value(dr, "sort",
                x->hint == COLLECT_EITHER  ? STR("unknown")
                : x->hint == COLLECT_FAULT ? STR("fault")
                                           : STR("attack"));
    draft_value(dr, "state", STR("open"));
    if (o->system)
        draft_value_ref(d, dr, "system", &o->system->id);
    if (o->evidence)
        draft_value_ref(d, dr, "from", &o->evidence->id);
}

int observations_raise(struct session *s, const struct view *v, const struct observations *o,
                       struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = 0;

    decision_begin(&d, v, NULL, NULL);
    d.is_independent = true;
    for (unsigned weight = OBSERVATION_WEIGHT_MAX; weight >= 1; weight--) {
        for (size_t i = 0; i < o->count; i++) {
            size_t alike = count_alike(o, i);
            CLEANUP_BUF struct buf words = {0};

            if (o->items[i].weight != weight || alike == SIZE_MAX)
                continue;
            plain_text(o->items[i].words, &words);
            if (is_raised(v, o->system, buf_text(&words)))
                continue;
            if (alike)
                buf_addf(&words, " And %zu more of this sort.", alike);
            draft_problem(&d, o, &o->items[i], str_of(arena_strdup(d.arena, buf_text(&words))));
        }
    }
    if (d.draft_count)
        rc = session_append(s, &d, &first, e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text, "\n%zu problem%s raised: calm problem list\n", d.draft_count,
                 d.draft_count == 1 ? "" : "s");
    return rc;
}

/* The fact that the same words from the same evidence became before. */
static const struct thing *find_fact(const struct view *v, const struct observations *o,
                                     struct str words)
{
    const struct thing *t;

    for (size_t at = 0; o->evidence && (t = view_next_of(v, "fact", "from", o->evidence, &at));)
        if (str_eq(view_title(t), words))
            return t;
    return NULL;
}

static struct id draft_fact(struct decision *d, const struct observations *o, struct str words)
{
    struct draft *dr = decision_add(d, "fact/1");

    inherit(o, d, dr);
    draft_value(dr, "text", words);
    draft_value(dr, "standing", STR("known"));
    if (o->system)
        draft_value_ref(d, dr, "system", &o->system->id);
    if (o->evidence)
        draft_value_ref(d, dr, "from", &o->evidence->id);
    return dr->id;
}

static void draft_weight(struct decision *d, const struct observations *o,
                         const struct observation *x, const struct thing *hypothesis,
                         const struct id *fact)
{
    static const char *const strengths[OBSERVATION_WEIGHT_MAX + 1] = {"weak", "weak", "medium",
                                                                      "medium"};
    struct draft *dr = decision_add(d, "weight/1");

    inherit(o, d, dr);
    draft_value_ref(d, dr, "hypothesis", &hypothesis->id);
    draft_value_ref(d, dr, "evidence", fact);
    draft_value(dr, "speaks", STR("for"));
    draft_value(dr, "strength", str_of(strengths[x->weight]));
    draft_value(dr, "because",
                STR("noticed in the state of the system; look at its usual "
                    "harmless cause before you rely on it"));
}

int observations_weigh(struct session *s, const struct view *v, const struct observations *o,
                       const struct thing *hypothesis, struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    size_t count = 0;
    int rc = 0;

    decision_begin(&d, v, NULL, NULL);
    d.is_independent = true;
    for (size_t i = 0; i < o->count; i++) {
        CLEANUP_BUF struct buf words = {0};
        const struct thing *known;
        struct id fact;
        struct str text;

        plain_text(o->items[i].words, &words);
        text = str_of(arena_strdup(d.arena, buf_text(&words)));
        known = find_fact(v, o, text);
        fact = known ? known->id : draft_fact(&d, o, text);
        draft_weight(&d, o, &o->items[i], hypothesis, &fact);
        count++;
    }
    if (d.draft_count)
        rc = session_append(s, &d, &first, e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text, "\n%zu observation%s weighed for h%u: calm analyse matrix\n", count,
                 count == 1 ? "" : "s", hypothesis->number);
    return rc;
}

int observations_mark(struct session *s, const struct view *v, const struct observations *o,
                      struct str state, struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc;

    if (!o->system)
        return err_set(e, ERR_NOTFOUND,
                       "it is not known of which system this state is: calm "
                       "assess mark SYSTEM");
    decision_begin(&d, v, NULL, NULL);
    d.is_independent = true;
    dr = decision_add(&d, "system-change/1");
    draft_ref(dr, &o->system->id);
    draft_value(dr, "state", state);
    rc = session_append(s, &d, &first, e);
    if (rc == 0 && !a->wants_json) {
        buf_adds(&a->text, "\n");
        sink_terminal(&a->text, view_title(o->system), false);
        buf_addf(&a->text, " is marked " STR_FMT ": calm assess systems\n", STR_ARG(state));
    }
    return rc;
}
