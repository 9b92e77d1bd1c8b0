/* timeline_ask.h: a question to the timelines of a case. Only the files that ask include it. */
#pragma once
#include "practice/timeline_show.h"

/* What the question is, as fields of an operation. */
#define ASK_FIELDS                                                                                 \
    {.name = "query",                                                                              \
     .type = FIELD_LINE,                                                                           \
     .flags = FIELD_ARG,                                                                           \
     .help = "what: failed, user.name:root and not source.ip:10.0.0.0/8"},                         \
        {.name = "from",                                                                           \
         .type = FIELD_TIME,                                                                       \
         .flags = FIELD_UTC,                                                                       \
         .help = "not before; UTC where no zone is written"},                                      \
        {.name = "to",                                                                             \
         .type = FIELD_TIME,                                                                       \
         .flags = FIELD_UTC | FIELD_UNTIL,                                                         \
         .help = "not after; a date is all of that day"},                                          \
    {                                                                                              \
        .name = "evidence", .type = FIELD_REF, .flags = FIELD_MANY, .kind = "evidence",            \
        .help = "only in these items: e3"                                                          \
    }

struct asking {
    const struct operation *op;
    const struct input *in;
    const struct view *v;
    struct answer *a;
    struct timelines lines;
    struct search_order order;
    struct json json;
    struct screen screen;
    struct event_show show;
    uint64_t shown, most;
    struct search_result *result;
};
void asking_release(struct asking *k);
/* From op, in, v and a, which are set. ERR_USAGE, ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int asking_begin(struct asking *k, enum search_kind kind, struct err *e);
