/* cacao.h: a CACAO 2.0 playbook as a flat list of steps in the order of the work. This half runs in
 * the worker.
 *
 * What it takes: a document of type "playbook", spec_version "cacao-2.0", with a workflow that is
 * safe to follow: every step that is named exists, none can come again, and every way ends at an
 * end step. Members that it does not know are fine. Steps that branch (if, while, switch,
 * parallel, on_failure) stand in the list like the others; when a step is reached, and where it
 * leads, is said in words. */
#pragma once
#include "practice/import.h"

/* X(code, number of texts) */
#define CACAO_ROWS(X)                                                                              \
    X(HEAD, 5)     /* id, name, description, modified, TLP label ("" for none) */                  \
    X(REMARK, 1)   /* something the reader should know of the whole */                             \
    X(VARIABLE, 3) /* name, value, description */                                                  \
    X(STEP, 10)    /* in the order of enum cacao_step_text */                                      \
    X(COMMAND, 4)  /* of the step before: platform, effect, note, the command itself */

enum cacao_row {
#define X(code, count) CACAO_##code,
    CACAO_ROWS(X)
#undef X
        CACAO_ROW_COUNT
};
extern const unsigned char cacao_text_counts[CACAO_ROW_COUNT];

enum cacao_step_text {
    CACAO_ID,    /* action--… */
    CACAO_VERB,  /* the practice: "stop"; empty where the playbook names none */
    CACAO_TITLE, /* "cut the network, now" */
    CACAO_WHEN,  /* for which situation; empty: always */
    CACAO_WHY,
    CACAO_CHECK,
    CACAO_UNDO,
    CACAO_TEXT, /* what else its description says */
    CACAO_COME, /* how the order of the work leads here, in words; empty: after the step before */
    CACAO_THEN, /* where it leads; empty: to the next */
};

/* Judges a document and puts its rows. ERR_FORMAT, ERR_LIMIT: a sentence that names the step. */
MUST_CHECK int cacao_rows(const json_t *playbook, const struct import_sink *sink, struct err *e);
/* The same from an input, in the worker. */
worker_job cacao_job;
/* The heads of several documents, an array of them, in its order. */
worker_job cacao_heads_job;
