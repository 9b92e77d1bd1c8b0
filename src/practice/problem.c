/* problem.c: problems ranked openly, exactly one on top; attackers and hardware faults side by
 * side. */
#include "practice/problem.h"
#include "base/sink.h"
#include "render/screen.h"

#define SORTS WORDS("unknown", "attack", "fault", "accident")
#define LEVELS WORDS("low", "medium", "high", "critical")
#define TRENDS WORDS("steady", "growing", "shrinking")

#define PROBLEM_FACTS                                                                              \
    {.name = "sort", .type = FIELD_WORD, .choices = SORTS, .help = "what it looks like so far"},   \
        {.name = "impact",                                                                         \
         .type = FIELD_WORD,                                                                       \
         .choices = LEVELS,                                                                        \
         .help = "how bad it is for people and the business"},                                     \
        {.name = "urgency",                                                                        \
         .type = FIELD_WORD,                                                                       \
         .choices = LEVELS,                                                                        \
         .help = "how soon it gets worse"},                                                        \
        {.name = "trend", .type = FIELD_WORD, .choices = TRENDS, .help = "whether it grows"},      \
        {.name = "since", .type = FIELD_TIME, .help = "since when"},                               \
        {.name = "system",                                                                         \
         .type = FIELD_REF,                                                                        \
         .flags = FIELD_MANY,                                                                      \
         .kind = "system",                                                                         \
         .help = "which systems"},                                                                 \
    {                                                                                              \
        .name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"   \
    }

static const struct field problem_fields[] = {
    FIELD_CALLED("text", "in a few words: what is wrong"),
    PROBLEM_FACTS,
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("open", "closed"),
     .help = "whether it is still there"},
    {.name = "outcome", .type = FIELD_TEXT, .help = "how it ended"},
};

static const struct kind problem = {.name = "problem",
                                    .prefix = "p",
                                    .words = "problem raised",
                                    .change_words = "problem changed",
                                    KIND_FIELDS(problem_fields)};

static const struct field raise_fields[] = {
    FIELD_CALLED("text", "in a few words: what is wrong"),
    PROBLEM_FACTS,
};

static const struct operation problem_raise = {
    .name = "problem raise",
    .practice = "problem",
    .help = "raise a problem",
    .example = "calm problem raise \"web1 sends mail in bulk\" --sort attack --impact high "
               "--urgency high --since 02:40",
    OP_FIELDS(raise_fields),
    .kind = &problem,
    .roles = ROLES_WRITING,
    OP_MAKES("problem")};

static const struct field change_fields[] = {
    FIELD_WHICH("problem", "problem", "which: p1"),
    {.name = "text", .type = FIELD_LINE, .help = "what is wrong, said better"},
    PROBLEM_FACTS,
};

static const struct operation problem_change = {
    .name = "problem change",
    .practice = "problem",
    .help = "say anew how bad, how urgent, growing or not",
    .example = "calm problem change p1 --trend shrinking",
    OP_FIELDS(change_fields),
    .kind = &problem,
    .roles = ROLES_WRITING,
    OP_CHANGES("problem")};

static const struct field close_fields[] = {
    FIELD_WHICH("problem", "problem", "which: p1"),
    FIELD_SAID("outcome", "how it ended"),
};

static int decide_close(struct decision *d, struct err *e)
{
    int rc = decide_change(d, e);

    if (rc == 0)
        draft_value(&d->drafts[0], "state", STR("closed"));
    return rc;
}

static const struct operation problem_close = {
    .name = "problem close",
    .practice = "problem",
    .help = "a problem is solved, or was none",
    .example = "calm problem close p2 \"drive replaced, raid rebuilt 11:20\"",
    OP_FIELDS(close_fields),
    .kind = &problem,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("problem-change/1"),
    .decide = decide_close};

static const struct field top_fields[] = {
    {.name = "problem",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "problem",
     .help = "which: p1"},
    {.name = "because", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "why this one first"},
};

static const struct kind top = {.name = "top",
                                .prefix = "top",
                                .words = "top problem chosen",
                                .change_words = "top problem chosen",
                                KIND_FIELDS(top_fields)};

static const struct operation problem_top = {
    .name = "problem top",
    .practice = "problem",
    .help = "put one problem on top, against the ranking, and say why",
    .example = "calm problem top p2 --because \"a second drive failing loses the orders\"",
    OP_FIELDS(top_fields),
    .kind = &top,
    .roles = ROLES_WRITING,
    OP_MAKES("top")};

static unsigned level_of(struct str value, const char *const *levels, unsigned fallback)
{
    for (unsigned i = 0; levels[i]; i++)
        if (str_is(value, levels[i]))
            return i + 1;
    return fallback;
}

unsigned problem_score(struct str impact, struct str urgency, struct str trend)
{
    return level_of(impact, LEVELS, 2) * level_of(urgency, LEVELS, 2) * 4 +
           (str_is(trend, "growing")     ? 6
            : str_is(trend, "shrinking") ? 0
                                         : 3);
}

static unsigned score_of(const struct thing *t)
{
    return problem_score(thing_value(t, "impact"), thing_value(t, "urgency"),
                         thing_value(t, "trend"));
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked_problem *x = a;
    const struct ranked_problem *y = b;

    if (x->is_chosen != y->is_chosen)
        return y->is_chosen - x->is_chosen;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->problem->number < y->problem->number ? -1 : 1;
}

size_t problem_rank(const struct view *v, struct ranked_problem out[PROBLEMS_MAX])
{
    const struct thing *chosen = NULL;
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "top", &at));)
        chosen = view_ref(v, t, "problem");
    for (size_t at = 0; count < PROBLEMS_MAX && (t = view_next(v, "problem", &at));)
        if (!thing_says(t, "state", "closed"))
            out[count++] = (struct ranked_problem){t, score_of(t), t == chosen};
    qsort(out, count, sizeof(out[0]), compare_ranked);
    return count;
}

void problem_reasons(const struct ranked_problem *p, struct buf *out)
{
    static const char *const fields[] = {"impact", "urgency", "trend"};
    const char *between = "";

    if (p->is_chosen) {
        buf_adds(out, "chosen");
        between = ", ";
    }
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct str value = thing_value(p->problem, fields[i]);

        if (!value.len)
            continue;
        buf_addf(out, i == 2 ? "%s%.0s" STR_FMT : "%s%s " STR_FMT, between, fields[i],
                 STR_ARG(value));
        between = ", ";
    }
}

static void rank_json(const struct view *v, const struct ranked_problem *ranked, size_t count,
                      struct answer *a)
{
    struct json j;

    (void)v;
    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf call = {0};

        view_call(&call, ranked[i].problem);
        json_object_begin(&j);
        json_put_u64(&j, "rank", i + 1);
        json_put_str(&j, "call", buf_str(&call));
        json_put_str(&j, "text", view_title(ranked[i].problem));
        json_put_str(&j, "sort", thing_value(ranked[i].problem, "sort"));
        json_put_u64(&j, "score", ranked[i].score);
        json_put_bool(&j, "chosen", ranked[i].is_chosen);
        json_object_end(&j);
    }
    json_array_end(&j);
}

static void rank_line(const struct ranked_problem *p, size_t rank, struct answer *a)
{
    struct str sort = thing_value(p->problem, "sort");
    CLEANUP_BUF struct buf reasons = {0};
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf line = {0};

    problem_reasons(p, &reasons);
    buf_addf(&mark, "%2zu  ", rank);
    view_call(&mark, p->problem);
    buf_addstr(&line, view_title(p->problem));
    if (sort.len || reasons.len)
        buf_addf(&line, "  (" STR_FMT "%s%s)", STR_ARG(sort), sort.len && reasons.len ? "; " : "",
                 buf_text(&reasons));
    screen_item(&screen, 0, buf_str(&mark), buf_str(&line));
}

static int query_rank(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t count = problem_rank(v, ranked);

    (void)op;
    (void)in;
    (void)e;
    if (a->wants_json) {
        rank_json(v, ranked, count, a);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        rank_line(&ranked[i], i + 1, a);
    buf_adds(&a->text, count ? "\nThe first is the one to work on. To put another on top:\n"
                               "  calm problem top pN --because WHY\n"
                             : "No problem is open.\n");
    return 0;
}

static const struct operation problem_list = {.name = "problem list",
                                              .practice = "problem",
                                              .help = "the open problems, the most important first",
                                              .example = "calm problem list",
                                              .kind = &problem,
                                              .type = OP_QUERY,
                                              .faces = FACE_ALL,
                                              .query = query_rank};

static void problem_status(const struct view *v, struct practice_status *out)
{
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t open = problem_rank(v, ranked);
    size_t all = view_count(v, "problem");

    out->stage = all == 0 ? STAGE_OPEN : open ? STAGE_UNDER_WAY : STAGE_DONE;
    if (all == 0) {
        buf_adds(&out->missing, "the problems, each in a few words\n");
        buf_adds(&out->next, "calm problem raise \"what is wrong\"");
        buf_adds(&out->because, "there may be several at once, and only one can be first");
        out->urgency = 62;
        return;
    }
    add_count(&out->brief, open, "open", "open");
    for (size_t i = 0; i < open; i++)
        buf_addf(&out->done, "%zu  " STR_FMT "\n", i + 1, STR_ARG(view_title(ranked[i].problem)));
    if (all > open) {
        add_count(&out->done, all - open, "problem closed", "problems closed");
        buf_addc(&out->done, '\n');
    }
}

const struct practice practice_problem = {.verb = "problem",
                                          .title = "The single most important problem",
                                          .help = "problems ranked openly, exactly one on top",
                                          .kinds = LIST(struct kind, &problem, &top),
                                          .operations =
                                              LIST(struct operation, &problem_list, &problem_raise,
                                                   &problem_change, &problem_top, &problem_close),
                                          .status = problem_status};
