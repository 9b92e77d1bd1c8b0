/* cacao_flow.c: checks a workflow and puts its steps into one order. */
#include "practice/cacao_flow.h"
#include "base/limits.h"
#include "base/mem.h"

enum { EDGES_MAX = 4 * LIMIT_PLAYBOOK_STEP_COUNT, CASE_SIZE = 250 /* CACAO 2.0 §4.10 */ };

static const char *const sort_names[] = {
    [SORT_START] = "start",           [SORT_END] = "end",
    [SORT_ACTION] = "action",         [SORT_PLAYBOOK] = "playbook-action",
    [SORT_PARALLEL] = "parallel",     [SORT_IF] = "if-condition",
    [SORT_WHILE] = "while-condition", [SORT_SWITCH] = "switch-condition",
};

void cacao_flow_release(struct cacao_flow *f)
{
    free(f->steps);
    free(f->edges);
    free(f->order);
    json_decref(f->index);
}

static bool find_sort(struct str type, enum cacao_sort *out)
{
    for (size_t i = 0; i < COUNT_OF(sort_names); i++) {
        if (!str_is(type, sort_names[i]))
            continue;
        *out = (enum cacao_sort)i;
        return true;
    }
    return false;
}

static struct cacao_step *find_step(const struct cacao_flow *f, const char *id)
{
    const json_t *index = json_object_get(f->index, id);

    return index ? &f->steps[json_integer_value(index)] : NULL;
}

static int read_steps(struct cacao_flow *f, json_t *workflow, struct err *e)
{
    const char *id;
    json_t *body;

    if (json_object_size(workflow) > LIMIT_PLAYBOOK_STEP_COUNT)
        return err_set(e, ERR_LIMIT, "its workflow has %zu steps; the most is %d",
                       json_object_size(workflow), (int)LIMIT_PLAYBOOK_STEP_COUNT);
    f->steps = mem_array(json_object_size(workflow), sizeof(f->steps[0]));
    f->index = json_object();
    json_object_foreach(workflow, id, body)
    {
        struct cacao_step *s = &f->steps[f->count];

        if (!json_is_object(body))
            return err_set(e, ERR_FORMAT, "the step %.100s is no object", id);
        if (!find_sort(import_text(body, "type"), &s->sort))
            return err_set(e, ERR_FORMAT,
                           "the step %.100s is of a type that CACAO 2.0 does not know: \"" STR_FMT
                           "\"",
                           id, STR_ARG(str_head(import_text(body, "type"), 60)));
        s->id = id;
        s->body = body;
        if (json_object_set_new(f->index, id, json_integer((json_int_t)f->count++)))
            return err_set(e, ERR_LIMIT, "it needs more memory than a document may");
    }
    return 0;
}

static int add_edge(struct cacao_flow *f, size_t from, const json_t *target, enum cacao_way way,
                    const char *label, struct err *e)
{
    const struct cacao_step *to;

    if (!json_is_string(target))
        return err_set(e, ERR_FORMAT, "the step %.100s leads to something that is no name",
                       f->steps[from].id);
    to = find_step(f, json_string_value(target));
    if (!to)
        return err_set(e, ERR_FORMAT, "the step %.100s leads to %.100s, which is not there",
                       f->steps[from].id, json_string_value(target));
    if (f->edge_count >= EDGES_MAX)
        return err_set(e, ERR_LIMIT, "its steps lead to more than %d others", (int)EDGES_MAX);
    f->edges = mem_grow(f->edges, f->edge_count, &f->edge_room, sizeof(f->edges[0]));
    f->edges[f->edge_count++] = (struct cacao_edge){from, (size_t)(to - f->steps), way, label};
    return 0;
}

static int add_member(struct cacao_flow *f, size_t from, const char *member, enum cacao_way way,
                      struct err *e)
{
    const json_t *target = json_object_get(f->steps[from].body, member);

    return target ? add_edge(f, from, target, way, NULL, e) : 0;
}

static int add_cases(struct cacao_flow *f, size_t from, struct err *e)
{
    json_t *cases = json_object_get(f->steps[from].body, "cases");
    const char *label;
    json_t *target;
    int rc = 0;

    json_object_foreach(cases, label, target)
    {
        if (strlen(label) > CASE_SIZE)
            return err_set(e, ERR_LIMIT, "a case of the step %.100s has a name of %zu bytes",
                           f->steps[from].id, strlen(label));
        rc = add_edge(f, from, target, WAY_CASE, label, e);
        if (rc)
            break;
    }
    return rc;
}

static int add_branches(struct cacao_flow *f, size_t from, struct err *e)
{
    const json_t *next = json_object_get(f->steps[from].body, "next_steps");
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(next); i++)
        rc = add_edge(f, from, json_array_get(next, i), WAY_TOGETHER, NULL, e);
    return rc;
}

/* The ways out of a step, those first that are worked first. */
static int read_edges(struct cacao_flow *f, size_t i, struct err *e)
{
    struct cacao_step *s = &f->steps[i];
    bool branches = s->sort >= SORT_PARALLEL;
    int rc = 0;

    s->first_edge = f->edge_count;
    if (s->sort == SORT_END)
        return 0;
    if (s->sort == SORT_PARALLEL)
        rc = add_branches(f, i, e);
    if (s->sort == SORT_SWITCH)
        rc = add_cases(f, i, e);
    if (rc == 0 && (s->sort == SORT_IF || s->sort == SORT_WHILE))
        rc = add_member(f, i, "on_true", WAY_TRUE, e);
    if (rc == 0 && s->sort == SORT_IF)
        rc = add_member(f, i, "on_false", WAY_FALSE, e);
    if (rc == 0 && branches && f->edge_count == s->first_edge)
        return err_set(e, ERR_FORMAT, "the step %.100s branches, but names no branch", s->id);
    if (rc == 0)
        rc = add_member(f, i, "on_failure", WAY_FAILURE, e);
    if (rc == 0)
        rc = add_member(f, i, "on_completion", branches ? WAY_AFTER : WAY_DONE, e);
    if (rc == 0)
        rc = add_member(f, i, "on_success", branches ? WAY_AFTER : WAY_SUCCESS, e);
    s->edge_count = f->edge_count - s->first_edge;
    return rc;
}

/* What a walk in depth knows of each step. */
struct walk {
    enum { UNSEEN, OPEN, LEFT } * marks;
    size_t *path; /* steps that are open, and */
    size_t *next; /* how many of their ways were walked */
    size_t depth;
    size_t *left; /* in the order in which they were left */
    size_t left_count;
};

static void walk_release(struct walk *w)
{
    free(w->marks);
    free(w->path);
    free(w->next);
    free(w->left);
}

static int enter(const struct cacao_flow *f, struct walk *w, size_t step, struct err *e)
{
    if (w->marks[step] == LEFT)
        return 0;
    if (w->marks[step] == OPEN)
        return err_set(e, ERR_FORMAT, "the step %.100s would come again after itself: a loop",
                       f->steps[step].id);
    if (f->steps[step].sort != SORT_END && !f->steps[step].edge_count)
        return err_set(e, ERR_FORMAT, "the step %.100s leads nowhere: no way to an end",
                       f->steps[step].id);
    w->marks[step] = OPEN;
    w->path[w->depth] = step;
    w->next[w->depth++] = 0;
    return 0;
}

/* Walks everything that can be reached. The last way is walked first, so that the steps, turned
 * round, stand in the order of the work, each after all that lead to it. */
static int walk_from(const struct cacao_flow *f, struct walk *w, size_t start, struct err *e)
{
    int rc = enter(f, w, start, e);

    while (rc == 0 && w->depth) {
        size_t step = w->path[w->depth - 1];
        const struct cacao_step *s = &f->steps[step];
        size_t walked = w->next[w->depth - 1]++;

        if (walked < s->edge_count) {
            rc = enter(f, w, f->edges[s->first_edge + s->edge_count - 1 - walked].to, e);
            continue;
        }
        w->marks[step] = LEFT;
        w->left[w->left_count++] = step;
        w->depth--;
    }
    return rc;
}

static void number_steps(struct cacao_flow *f, const struct walk *w)
{
    f->order = mem_array(w->left_count, sizeof(f->order[0]));
    f->reached = w->left_count;
    for (size_t i = w->left_count; i-- > 0;) {
        struct cacao_step *s = &f->steps[w->left[i]];

        if (s->sort == SORT_START || s->sort == SORT_END)
            continue;
        f->order[f->shown++] = w->left[i];
        s->number = f->shown;
    }
}

static int order_steps(struct cacao_flow *f, const char *start, struct err *e)
{
    CLEANUP(walk_release)
    struct walk w = {.marks = mem_array(f->count, sizeof(w.marks[0])),
                     .path = mem_array(f->count, sizeof(w.path[0])),
                     .next = mem_array(f->count, sizeof(w.next[0])),
                     .left = mem_array(f->count, sizeof(w.left[0]))};
    int rc = 0;

    /* What comes in trouble stands behind the rest. */
    if (f->on_error)
        rc = walk_from(f, &w, (size_t)(find_step(f, f->on_error) - f->steps), e);
    if (rc == 0)
        rc = walk_from(f, &w, (size_t)(find_step(f, start) - f->steps), e);
    if (rc == 0)
        number_steps(f, &w);
    if (rc == 0 && f->shown == 0)
        return err_set(e, ERR_FORMAT, "its workflow has no step between start and end");
    return rc;
}

static int find_start(const struct cacao_flow *f, const json_t *playbook, const char **out,
                      struct err *e)
{
    const char *id = json_string_value(json_object_get(playbook, "workflow_start"));

    if (!id)
        return err_set(e, ERR_FORMAT, "it does not say with which step it starts");
    if (!find_step(f, id))
        return err_set(e, ERR_FORMAT, "it starts with the step \"%.100s\", which is not there", id);
    *out = id;
    return 0;
}

/* A handler of trouble that is not there is no way that anyone is led along: it is remarked upon,
 * and that is all. */
static void find_on_error(struct cacao_flow *f, const json_t *playbook)
{
    const json_t *id = json_object_get(playbook, "workflow_exception");
    const char *name = json_string_value(id);

    if (name && find_step(f, name))
        f->on_error = name;
    else
        f->lacks_on_error = id != NULL;
}

int cacao_flow_read(struct cacao_flow *f, const json_t *playbook, struct err *e)
{
    json_t *workflow = json_object_get(playbook, "workflow");
    const char *start = NULL;
    int rc;

    if (!json_is_object(workflow) || !json_object_size(workflow))
        return err_set(e, ERR_FORMAT, "it has no workflow");
    rc = read_steps(f, workflow, e);
    for (size_t i = 0; rc == 0 && i < f->count; i++)
        rc = read_edges(f, i, e);
    if (rc == 0)
        rc = find_start(f, playbook, &start, e);
    if (rc)
        return rc;
    find_on_error(f, playbook);
    return order_steps(f, start, e);
}

static void add_part(struct buf *out, const char *between)
{
    if (out->len)
        buf_adds(out, between);
}

/* "step 4 says yes" */
static void say_reached(struct buf *out, const struct cacao_edge *edge, size_t number)
{
    switch (edge->way) {
    case WAY_DONE:
    case WAY_SUCCESS:
        buf_addf(out, "after step %zu", number);
        break;
    case WAY_FAILURE:
        buf_addf(out, "if step %zu fails", number);
        break;
    case WAY_TRUE:
        buf_addf(out, "if what step %zu asks is so", number);
        break;
    case WAY_FALSE:
        buf_addf(out, "if what step %zu asks is not so", number);
        break;
    case WAY_CASE:
        buf_addf(out, "if step %zu comes to \"%s\"", number, edge->label);
        break;
    case WAY_TOGETHER:
        buf_addf(out, "together with the other branches of step %zu", number);
        break;
    case WAY_AFTER:
        buf_addf(out, "after the branches of step %zu", number);
        break;
    }
}

void cacao_flow_come(const struct cacao_flow *f, size_t step, struct buf *out)
{
    size_t number = f->steps[step].number;
    bool is_plain = true;

    if (f->on_error && strcmp(f->steps[step].id, f->on_error) == 0) {
        buf_adds(out, "if something goes wrong that no step provides for");
        is_plain = false;
    }
    for (size_t i = 0; i < f->edge_count; i++) {
        const struct cacao_edge *edge = &f->edges[i];
        size_t from = f->steps[edge->from].number;

        if (edge->to != step || !from)
            continue;
        if (from + 1 != number || edge->way > WAY_SUCCESS)
            is_plain = false;
        add_part(out, ", or ");
        say_reached(out, edge, from);
    }
    if (is_plain)
        buf_clear(out);
}

static void say_target(struct buf *out, const struct cacao_flow *f, const struct cacao_edge *edge,
                       const char *what)
{
    size_t number = f->steps[edge->to].number;

    add_part(out, what[0] == ',' ? "" : "; ");
    buf_adds(out, what);
    if (edge->way == WAY_CASE)
        buf_addf(out, "if \"%s\": ", edge->label);
    if (number)
        buf_addf(out, "step %zu", number);
    else
        buf_adds(out, "this branch ends");
}

void cacao_flow_then(const struct cacao_flow *f, size_t step, struct buf *out)
{
    static const char *const words[] = {
        [WAY_DONE] = "go on with ",      [WAY_SUCCESS] = "go on with ",
        [WAY_FAILURE] = "if it fails: ", [WAY_TRUE] = "if so: ",
        [WAY_FALSE] = "if not: ",        [WAY_CASE] = "",
        [WAY_TOGETHER] = "at once: ",    [WAY_AFTER] = "after that: ",
    };
    const struct cacao_step *s = &f->steps[step];

    for (size_t i = 0; i < s->edge_count; i++) {
        const struct cacao_edge *edge = &f->edges[s->first_edge + i];
        size_t to = f->steps[edge->to].number;

        if (edge->way > WAY_SUCCESS) {
            say_target(out, f, edge,
                       s->sort == SORT_WHILE && edge->way == WAY_TRUE ? "as long as it is so: "
                       : edge->way == WAY_TOGETHER && i               ? ", "
                                                                      : words[edge->way]);
        } else if (to && to != s->number + 1) {
            say_target(out, f, edge, words[edge->way]);
        } else if (!to && s->number != f->shown) {
            add_part(out, "; ");
            buf_adds(out, "this branch ends");
        }
    }
}
