/* cacao_flow.h: the workflow of a playbook as a graph: is it safe, and in which order is it shown.
 * Internal to cacao.c. */
#pragma once
#include "practice/cacao.h"

enum cacao_sort {
    SORT_START,
    SORT_END,
    SORT_ACTION,
    SORT_PLAYBOOK,
    SORT_PARALLEL,
    SORT_IF,
    SORT_WHILE,
    SORT_SWITCH,
};

enum cacao_way {
    WAY_DONE,    /* on_completion of an action or a start */
    WAY_SUCCESS, /* on_success */
    WAY_FAILURE,
    WAY_TRUE,
    WAY_FALSE,
    WAY_CASE,
    WAY_TOGETHER, /* a branch of parallel */
    WAY_AFTER,    /* on_completion, or on_success, of a step that branches */
};

struct cacao_edge {
    size_t from, to; /* indices of steps */
    enum cacao_way way;
    const char *label; /* WAY_CASE: the case */
};

struct cacao_step {
    const char *id;
    const json_t *body;
    enum cacao_sort sort;
    size_t first_edge, edge_count; /* its ways out, in the order of work */
    size_t number; /* as shown, from 1; 0: not shown (start, end, or never reached) */
};

struct cacao_flow {
    struct cacao_step *steps;
    size_t count;
    json_t *index; /* from the id of a step to its place in steps; qsort makes calls that the
                      worker may not */
    struct cacao_edge *edges; /* of each step together */
    size_t edge_count;
    size_t edge_room;
    size_t *order; /* indices of the steps that are shown */
    size_t shown;
    size_t reached;       /* with start and end */
    const char *on_error; /* workflow_exception, or NULL */
    bool lacks_on_error;  /* it names a step that is not there */
};

/* ERR_FORMAT, ERR_LIMIT. Release it in any case. */
MUST_CHECK int cacao_flow_read(struct cacao_flow *f, const json_t *playbook, struct err *e);
void cacao_flow_release(struct cacao_flow *f);
/* In words: how step leads here, and where it leads. */
void cacao_flow_come(const struct cacao_flow *f, size_t step, struct buf *out);
void cacao_flow_then(const struct cacao_flow *f, size_t step, struct buf *out);
