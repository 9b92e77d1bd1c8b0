/* operation.h: every thing that a person can do is one entry of this shape, and everything that
 * shows or asks for it is made from the entry: command line, help, completion, manual, and later
 * forms and the API. Nothing else knows an operation's name. */
#pragma once
#include "base/json.h"
#include "base/mem.h"
#include "case/view.h"

struct session;

/* What is held back until something else is done. A gate holds only what calm is asked to approve
 * or do; work that was done by hand is recorded, and marked. */
enum gate {
    GATE_NONE,
    GATE_FIRST_LOOK, /* containment: somebody has looked for two minutes and wrote what they saw */
    GATE_ASSESSED, /* eradication and repair: signed assessment, recorded state, second approval */
};

enum op_kind {
    OP_QUERY,  /* reads */
    OP_CHANGE, /* decides records from the state, and nothing else */
    OP_JOB,    /* touches the world between its records: files, processes */
    OP_FREE,   /* needs no case */
};

enum op_faces { FACE_CLI = 1, FACE_WEB = 2, FACE_ALL = 3 };

/* What a person gave: one entry for each field of the operation, then COMMON_COUNT, then those of
 * more_fields. */
struct input {
    struct str *values; /* as kept (field_read); refs as ids in hex, several as lines; empty where
                           nothing was given */
    const bool *is_fallback; /* which of them nobody gave: the field's fallback; NULL: none */
    char **rest;             /* FIELD_REST: NULL-ended arguments */
    size_t rest_count;
    enum tlp tlp;
    bool has_tlp;
    struct str scope; /* empty: team */
};

struct draft_value {
    const char *name;
    struct str value;
};

enum { DRAFT_VALUES_MAX = 32, DRAFT_REFS_MAX = 256, DRAFT_PUBLICS_MAX = 8 };

/* A record to be. Memory belongs to the decision's arena. */
struct draft {
    struct id id; /* already drawn, so that others of the same decision can refer to it */
    const char *type;
    enum tlp tlp;
    struct str scope;
    struct draft_value values[DRAFT_VALUES_MAX];
    size_t value_count;
    struct draft_value publics[DRAFT_PUBLICS_MAX]; /* values as spelled */
    size_t public_count;
    struct id *refs;
    size_t ref_count;
    size_t ref_room;
    struct arena *arena; /* the decision's */
};

/* What a decision may look at, and what it says. */
struct decision {
    const struct view *view;
    const struct operation *op;
    const struct input *input;
    struct arena *arena;
    struct draft *drafts; /* grown by decision_add */
    size_t draft_count;
    size_t draft_room;
    bool is_independent;  /* the records hold whatever else was written meanwhile: a note */
    uint64_t judged_size; /* of the journal, when the view was taken */
    struct buf say;    /* more for the person, after what was recorded: "{call}" in it becomes a3,
                          "{record}" r17 of the first that was recorded */
    const char *words; /* what the first record is, where its kind's words say otherwise; or NULL */
    struct view own_view; /* what view is, where session_draft took it */
};

/* Where this program keeps what belongs to no case. Paths; NULL where there is no place (no HOME).
 */
struct surroundings {
    const char *key_folder;    /* private keys; the signer's */
    const char *state_folder;  /* which case is open, recovery sheets, lessons for the next case */
    const char *config_folder; /* settings that a person writes: channels, templates; or NULL */
    const char *case_folder;   /* the case of this run; NULL when none is open */
    const struct model *model;
};

/* What a query answers. It fills text or json, as asked. */
struct answer {
    struct buf text; /* made with sinks: hostile text is already escaped */
    struct buf json; /* one JSON value */
    struct buf aside; /* lines for standard error, where the answer is JSON; made with sinks */
    bool wants_json;
    size_t columns;
    size_t rows; /* of the terminal on which a person is asked */
    bool color;
    const struct surroundings *around;
    /* Asks the person at the terminal a question that yes or no answers, after showing what is in
     * text; NULL where nobody sits there. */
    bool (*confirm)(struct answer *a, const char *question);
    /* Shows what is in text and the question, and waits for one key; 0 is the end of the input.
     * NULL where nobody sits there. */
    char (*ask_key)(struct answer *a, const char *question);
    /* The same for a line, without the spaces around it. False: the end of the input, or Ctrl-C
     * where that does not end the program. */
    bool (*ask_line)(struct answer *a, const char *question, struct buf *out);
    int (*flush)(struct answer *a); /* shows what is in text so far, and empties it; NULL where
                                       nobody waits. Non-zero: nobody reads any more */
    struct buf passing; /* on a terminal flush shows this one line, too, until something else is
                           shown; made with sinks */
    bool is_passing;    /* one stands there */
    bool to_terminal;               /* standard output is one: long lines are cut at its edge */
    bool is_exact;       /* text is pasted elsewhere: it is shown as it is, and no line is folded */
    bool is_interactive; /* a person sits at a terminal */
    bool asks_nothing;   /* not for a passphrase either */
    struct done_first *first; /* what the operation did before a case was looked for; its own */
    int exit_status; /* of this program when all went well: that of a command which it ran */
};

typedef int op_decide(struct decision *d, struct err *e);
typedef int op_query(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e);
/* Done before any case is looked for, by what was typed (not one value was read yet); keeps what it
 * did in a->first. */
typedef void op_at_once(const struct operation *op, const struct input *typed, struct answer *a);
/* Called last where there is at_once, with what all the rest came to: what that is worth. Frees
 * a->first. */
typedef int op_at_last(const struct operation *op, struct answer *a, int rc, struct err *e);
typedef int op_job(struct session *s, const struct operation *op, const struct input *in,
                   struct answer *a, struct err *e);

struct operation {
    const char *name;     /* "problem raise" */
    const char *practice; /* "problem" */
    const char *help;     /* one line, no full stop */
    const char *example;  /* a whole command line */
    const char *more;     /* paragraphs for the manual, or NULL */
    const struct field *fields;
    size_t field_count;
    const struct kind *kind; /* what the general decisions and queries work on */
    enum op_kind type;
    enum gate gate;
    unsigned roles;     /* who may; 0: everyone on the team */
    bool is_for_anyone; /* also for those who are not on the team: asking to join */
    unsigned faces;
    const char *const *records; /* the types that it appends, ends with NULL; NULL for none */
    bool works_read_only; /* OP_JOB: does its work without them where the case can only be read */
    bool may_hang;        /* it reads media that may not answer: run so that Ctrl-C ends it then */
    bool opens_case;      /* where none is open, one is opened first: it cannot wait */
    op_at_once *at_once;  /* it cannot wait for a case at all; or NULL */
    op_at_last *at_last;
    op_decide *decide; /* OP_CHANGE */
    op_query *query;   /* OP_QUERY */
    op_job *job;       /* OP_JOB, OP_FREE */
};

const struct operation *operation_find(const struct model *m, struct str name);

/* Values of input, by name; empty where nothing was given. Asking for a field that the operation
 * lacks is a bug. */
struct str input_value(const struct operation *op, const struct input *in, const char *field);
bool input_has(const struct operation *op, const struct input *in, const char *field);
/* The same of what serves several operations: false also where this one lacks the field. */
bool input_is_given(const struct operation *op, const struct input *in, const char *field);
/* The first id of a FIELD_REF. */
bool input_id(const struct operation *op, const struct input *in, const char *field,
              struct id *out);
const struct thing *input_thing(const struct view *v, const struct operation *op,
                                const struct input *in, const char *field);

/* Starts a record: type "KIND/1"; with the label and compartment of the input. */
struct draft *decision_add(struct decision *d, const char *type);
void draft_value(struct draft *dr, const char *name, struct str value);
void draft_public(struct draft *dr, const char *name, struct str spelled);
void draft_public_u64(struct decision *d, struct draft *dr, const char *name, uint64_t n);
void draft_public_text(struct decision *d, struct draft *dr, const char *name, struct str text);
void draft_ref(struct draft *dr, const struct id *id);
void draft_value_ref(struct decision *d, struct draft *dr, const char *name, const struct id *id);
/* Says in clear which key was made for the draft's compartment (session_scope_new). */
void draft_scope_key(struct decision *d, struct draft *dr);
/* Copies every field of the operation that was given and that kind has, and the common ones, with
 * refs; into a new thing also the fallbacks, while a change leaves as it is what nobody gave. */
void draft_take_input(struct decision *d, struct draft *dr, const struct kind *kind);

/* Decisions that serve many operations. */
op_decide decide_make;   /* a record op->kind/1 from the input */
op_decide decide_change; /* a record op->kind-change/1; the first field is the thing */
op_decide decide_say;    /* op->kind/1, or op->kind-change/1 where one is called the same */
