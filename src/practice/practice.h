/* practice.h: what each of the fifteen practices brings: its kinds of things, its operations, and
 * how it stands.
 *
 * One practice, one file, one struct practice, one line in practices.def. */
#pragma once
#include "case/session.h"

enum practice_stage {
    STAGE_OPEN, /* nothing done yet */
    STAGE_UNDER_WAY,
    STAGE_DONE,
    STAGE_WAITING, /* for something else first */
};

/* How a practice stands, as far as this viewer may see. Lines of plain words, not yet escaped. */
struct practice_status {
    enum practice_stage stage;
    struct buf brief;   /* a few words for one screen: "web1: done, db1: not yet" */
    struct buf done;    /* lines */
    struct buf missing; /* lines */
    struct buf next;    /* one command; empty for none */
    struct buf because; /* why that is next */
    unsigned
        urgency; /* 0: none … 100: before everything else; ranks the next steps of all practices */
};
void practice_status_release(struct practice_status *s);

struct practice {
    const char *verb;  /* "problem" */
    const char *title; /* "The single most important problem" */
    const char *help;  /* one line */
    const char *usual; /* the operation meant by the verb with arguments that name no operation:
                          "note add"; NULL */
    const struct kind *const *kinds;           /* ends with NULL */
    const struct operation *const *operations; /* ends with NULL */
    void (*status)(const struct view *v, struct practice_status *out);
};

extern const struct practice *const practices[]; /* in the order of work; ends with NULL */
const struct practice *practice_find(struct str verb);
/* All kinds and operations of all practices. */
const struct model *practice_model(void);

/* "3 systems", "1 system" */
void add_count(struct buf *out, size_t count, const char *one, const char *many);

/* What a job recorded: the whole answer for a program, and then true; else the beginning of a line,
 * "r17   ", that the caller goes on with. */
bool answer_record(struct answer *a, uint64_t record);

/* Queries that serve many operations. */
op_query query_list; /* all things of op->kind that the viewer may see */
op_query query_show; /* one thing: the first field */
void thing_json(const struct view *v, const struct thing *t, struct json *j); /* as an object */
void thing_json_members(const struct view *v, const struct thing *t, struct json *j);

/* Writing of practices' tables. */
#define KIND_FIELDS(table) .fields = (table), .field_count = COUNT_OF(table)
#define OP_FIELDS(table) .fields = (table), .field_count = COUNT_OF(table)
#define LIST(type, ...)                                                                            \
    (const type *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
/* Rows that come up in many tables of fields. */
#define FIELD_SAID(field, words) /* a text */                                                      \
    {                                                                                              \
        .name = field, .type = FIELD_TEXT, .flags = FIELD_REQUIRED | FIELD_ARG, .help = words      \
    }
#define FIELD_CALLED(field, words) /* a line: mostly the name of what is made */                   \
    {                                                                                              \
        .name = field, .type = FIELD_LINE, .flags = FIELD_REQUIRED | FIELD_ARG, .help = words      \
    }
#define FIELD_WHICH(field, of, words) /* the thing that is changed */                              \
    {                                                                                              \
        .name = field, .type = FIELD_REF, .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,     \
        .kind = of, .help = words                                                                  \
    }
#define FIELD_SYSTEMS(words) /* those that it is about */                                          \
    {                                                                                              \
        .name = "system", .type = FIELD_REF, .flags = FIELD_MANY, .kind = "system", .help = words  \
    }
/* The usual operations on a kind: what the table of fields says becomes a record, or a list. */
#define OP_MAKES(of)                                                                               \
    .type = OP_CHANGE, .faces = FACE_ALL, .records = WORDS(of "/1"), .decide = decide_make
#define OP_SAYS(of) /* of what has a name and no number: said again, it is a change of that one */ \
    .type = OP_CHANGE, .faces = FACE_ALL, .records = WORDS(of "/1", of "-change/1"),               \
    .decide = decide_say
#define OP_CHANGES(of)                                                                             \
    .type = OP_CHANGE, .faces = FACE_ALL, .records = WORDS(of "-change/1"), .decide = decide_change
#define OP_LISTS .type = OP_QUERY, .faces = FACE_ALL, .query = query_list
