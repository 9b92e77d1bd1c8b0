/* visit.h: hosts that were visited by SSH to collect their state: what the files visit*.c share.
 *
 * A visit is on record before the connection is made, and again with how it went: what lay on the
 * host and for how long, which key it showed, what was brought. */
#pragma once
#include "case/session.h"
#include "practice/practice.h"
#include "practice/reach.h"
#include "store/store.h"

extern const struct kind visit_kind;
extern const struct operation preserve_visits;

/* The rows for the table of the operation that visits. */
#define VISIT_JOBS_USUAL "8"
#define VISIT_TRIES_USUAL "3"
#define VISIT_GROUP REACH_GROUP
#define VISIT_FIELDS                                                                               \
    {.name = "ssh",                                                                                \
     .type = FIELD_LINE,                                                                           \
     .flags = FIELD_MANY | FIELD_OUTSIDE,                                                          \
     .group = VISIT_GROUP,                                                                         \
     .help = "this host, user@host:port, and those named behind it"},                              \
        {.name = "jobs",                                                                           \
         .type = FIELD_NUMBER,                                                                     \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "so many hosts at once; usually 8",                                               \
         .fallback = VISIT_JOBS_USUAL},                                                            \
        REACH_FIELDS,                                                                              \
        {.name = "sudo",                                                                           \
         .type = FIELD_FLAG,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "become root there by sudo; asks you for its password"},                          \
        {.name = "tries",                                                                          \
         .type = FIELD_NUMBER,                                                                     \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "how often a host is visited that breaks off midway; usually 3",                  \
         .fallback = VISIT_TRIES_USUAL},                                                           \
        {.name = "resume",                                                                         \
         .type = FIELD_FLAG,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "only what a visit with the profile full did not bring"},                         \
        {.name = "quiet",                                                                          \
         .type = FIELD_SPAN,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "the longest silence of a host; usually 60 s",                                    \
         .fallback = "60 s"},                                                                      \
        {.name = "most",                                                                           \
         .type = FIELD_SIZE,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = VISIT_GROUP,                                                                     \
         .help = "no more than this from one host; usually 8 GiB",                                 \
         .fallback = "8 GiB"},                                                                     \
    {                                                                                              \
        .name = "program", .type = FIELD_PATH, .flags = FIELD_OUTSIDE, .group = VISIT_GROUP,       \
        .help = "the calm-collect that goes there, if another"                                     \
    }
#define VISIT_RECORDS "visit/1", "visit-change/1"

/* What the program is to do there, besides where its output goes and to whom it is sealed: plain
 * words, which may be none. */
MUST_CHECK int visit_hosts(struct session *s, const struct operation *op, const struct input *in,
                           struct str arguments, struct answer *a, struct err *e);

enum visit_outcome {
    VISIT_UNDER_WAY, /* on record: nobody knows how it ended */
    VISIT_COLLECTED,
    VISIT_CUT,     /* something came, and is good up to where it ends */
    VISIT_REFUSED, /* not known, not let in, or no place for the program */
    VISIT_FAILED,
    VISIT_STOPPED, /* at a person's request, before anything came */
    VISIT_OUTCOME_COUNT_
};
extern const char *const visit_outcome_names[]; /* ends with NULL */

enum {
    VISIT_HOST_LIMIT = 1000,
    VISIT_JOBS_LIMIT = 64,
    VISIT_TRIES_LIMIT = 10,
    VISIT_HEAD_SIZE = 14
};

/* One host. */
struct visit {
    struct visits *all;
    struct reach_address at;
    const char *arguments; /* for the program there */
    const char *after;     /* the step behind which it goes on; NULL: it begins */
    struct id before;      /* the visit that this one goes on behind */
    bool has_before;
    unsigned tries;              /* before this one, in this run */
    bool is_lost;                /* the connection broke, or the program there was ended */
    int64_t again_ms;            /* when it is visited again, CLOCK_MONOTONIC; 0: it is not */
    unsigned wait_s;             /* until then */
    struct id id;                /* of its record */
    struct ssh_carrier *carrier; /* NULL: not begun, or ended */
    pid_t gate;                  /* -1: none */
    struct blob_writer *blob;
    char head[VISIT_HEAD_SIZE]; /* the first bytes, until they are seen to be a bundle's */
    size_t head_len;
    enum ssh_step step;
    enum visit_outcome outcome;
    bool is_begun;
    bool is_done;
    bool has_evidence;
    bool cannot_keep; /* the case does not take its bytes */
    struct buf fingerprint;
    struct buf said;
    struct ssh_footprint footprint;
    struct blob_digests digests;
    struct utc begun, placed, gone, ended; /* zero: never */
    struct err why;
    uint64_t record; /* with the outcome */
    uint32_t item;   /* e12 */
    struct id item_id;
    uint32_t collection; /* co3; 0: it could not be read */
    struct err unread;   /* why */
    uint64_t members, observed, heavy, missing;
};

struct visits {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct arena *arena;
    struct visit *hosts;
    size_t count;
    size_t jobs;
    unsigned tries;       /* most visits of a host */
    bool is_full;         /* of the profile full: can be gone on with */
    struct str arguments; /* with recipient and output */
    struct reach reach;
    int program;
    uint64_t program_size;
    struct hash program_hash;
};

/* visit_host.c: one host. */
MUST_CHECK int visit_read_hosts(struct visits *v, struct err *e);
/* A failure is the host's, and in its why. */
void visit_begin(struct visit *h);
/* Deals with what came of it. */
void visit_step(struct visit *h);
/* Ends it: by a person's request, or because the case cannot be written to any more. */
void visit_stop(struct visit *h);
void visit_release(struct visit *h);

/* visit_record.c: what is written of it. */
MUST_CHECK int visit_record_all(struct visits *v, struct err *e);
MUST_CHECK int visit_record_begin(struct visit *h, struct err *e); /* of one */
MUST_CHECK int visit_record_end(struct visit *h, struct err *e);

/* Reads what was brought out of it, as preserve import does; what cannot be read is said. */
MUST_CHECK int visit_take_in(struct visit *h, struct err *e);
/* Why it did not go well, with what was wrong with each place; nothing where it did. */
void visit_why(struct buf *out, const struct visit *h);
/* The command that removes what may lie there still; nothing where nothing does. */
void visit_removal(struct buf *out, const struct visit *h);

/* visit_again.c: visiting a host again. */
/* Goes on where the last visit of the host broke off. ERR_USAGE: there is nothing to go on with. */
MUST_CHECK int visit_resume(struct visit *h, struct err *e);
/* Where it broke off and may be tried again: says when, and behind which step. */
MUST_CHECK int visit_plan_again(struct visit *h, struct err *e);
/* Puts a new visit on record and begins it. */
MUST_CHECK int visit_begin_again(struct visit *h, struct err *e);

/* visit_tell.c: what is said of it. */
void visit_tell(const struct visit *h);
void visit_tell_end(const struct visits *v);
