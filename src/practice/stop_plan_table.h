/* stop_plan_table.h: what the tables of operations that plan something have in common. The
 * operation "stop NAME" plans the action NAME of src/contain/actions.def; its fields that are
 * called as the action's parameters become these. */
#pragma once
#include "practice/stop_plan.h"
#include "practice/stop_way.h"

op_job stop_plan_job;

#define PLAN_ALLOW /* of what filters packets, or takes a way to them */                           \
    {                                                                                              \
        .name = "allow", .type = FIELD_LINE, .flags = FIELD_MANY | FIELD_OUTSIDE,                  \
        .help = "who still passes: 10.1.0.7:22, 10.1.0.0/24, 10.1.0.9,udp,514,out"                 \
    }

#define PLAN_FIELDS                                                                                \
    {.name = "timer",                                                                              \
     .type = FIELD_SPAN,                                                                           \
     .flags = FIELD_OUTSIDE,                                                                       \
     .help = "all goes back after this time, unless it is confirmed; 5 min if not given"},         \
        {.name = "for-time",                                                                       \
         .type = FIELD_SPAN,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .help = "it ends after this time although it was confirmed"},                             \
        {.name = "breaks", .type = FIELD_LINE, .help = "what it breaks, and for whom"},            \
        {.name = "for",                                                                            \
         .type = FIELD_REF,                                                                        \
         .flags = FIELD_MANY,                                                                      \
         .help = "the problem or weakness that it is for: p1, w1"},                                \
        WAY_FIELDS,                                                                                \
        {.name = "script",                                                                         \
         .type = FIELD_FLAG,                                                                       \
         .help = "calm-contain does not run there: a device carries it out as a script"},          \
    {                                                                                              \
        .name = "here", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE,                                \
        .help = "the host is that system, though it calls itself otherwise"                        \
    }

#define PLAN_SYSTEM(more)                                                                          \
    {                                                                                              \
        .name = "system", .type = FIELD_REF, .flags = (more), .kind = "system",                    \
        .help = "which system; the host itself if not given"                                       \
    }

#define PLAN_OPERATION(verb, table, words, example_text)                                           \
    PLAN_OPERATION_CALLED(stop_##verb, #verb, table, words, example_text)
#define PLAN_OPERATION_CALLED(code, verb, table, words, example_text)                              \
    const struct operation code = {.name = "stop " verb,                                           \
                                   .practice = "stop",                                             \
                                   .help = words,                                                  \
                                   .example = example_text,                                        \
                                   OP_FIELDS(table),                                               \
                                   .kind = &action_kind,                                           \
                                   .type = OP_JOB,                                                 \
                                   .roles = ROLES_WRITING,                                         \
                                   .faces = FACE_CLI,                                              \
                                   .records = WORDS("system/1", "evidence/1", "action/1"),         \
                                   .job = stop_plan_job}
