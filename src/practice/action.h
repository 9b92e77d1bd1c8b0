/* action.h: plan, approve, begin, do, undo, check: the one shape that stop, clean, fix and confirm
 * share for work that is done by hand. */
#pragma once
#include "practice/practice.h"

extern const struct kind action_kind;

/* What "done" takes; stop takes more behind it. */
#define ACTION_DONE_FIELDS                                                                         \
    {.name = "what",                                                                               \
     .type = FIELD_LINE,                                                                           \
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,                                          \
     .help = "which action (a3), or in words what was done without a plan"},                       \
        {.name = "result", .type = FIELD_TEXT, .flags = FIELD_ARG, .help = "what happened"},       \
        FIELD_SYSTEMS("on which systems"),                                                         \
    {                                                                                              \
        .name = "undo", .type = FIELD_TEXT, .help = "how it can be undone"                         \
    }

/* The seven operations of a practice: NAME plan, approve, begin, done, undo, check, list. gate_code
 * is the gate that NAME begin waits at. stop has its own begin, done, check and undo (stop_hand.c):
 * there calm does some of it itself. */
extern const struct field action_plan_fields[];
extern const struct field action_fields_approve[];
extern const struct field action_fields_begin[];
extern const struct field action_fields_done[];
extern const struct field action_fields_undo[];
extern const struct field action_fields_check[];
extern const struct field action_fields_list[];
enum {
    ACTION_PLAN_COUNT = 6,
    ACTION_APPROVE_COUNT = 2,
    ACTION_BEGIN_COUNT = 1,
    ACTION_DONE_COUNT = 4,
    ACTION_UNDO_COUNT = 2,
    ACTION_CHECK_COUNT = 3,
    ACTION_LIST_COUNT = 1
};
op_decide action_plan, action_approve, action_begin, action_done, action_undo, action_check;
op_query action_list;

#define ACTION_OPERATION(verb, step, table, number, words, example_text, role, gate_code,          \
                         type_name)                                                                \
    static const struct operation verb##_##step = {.name = #verb " " #step,                        \
                                                   .practice = #verb,                              \
                                                   .help = words,                                  \
                                                   .example = example_text,                        \
                                                   .fields = (table),                              \
                                                   .field_count = (number),                        \
                                                   .kind = &action_kind,                           \
                                                   .type = OP_CHANGE,                              \
                                                   .gate = (gate_code),                            \
                                                   .roles = (role),                                \
                                                   .faces = FACE_ALL,                              \
                                                   .records = WORDS(type_name),                    \
                                                   .decide = action_##step}

#define ACTION_OPERATIONS(verb, gate_code, plan_example)                                           \
    ACTION_PLANNING(verb, plan_example);                                                           \
    ACTION_DOING(verb, gate_code)

#define ACTION_PLANNING(verb, plan_example)                                                        \
    ACTION_OPERATION(verb, plan, action_plan_fields, ACTION_PLAN_COUNT,                            \
                     "plan a change: what, where, what it breaks, how it is undone", plan_example, \
                     ROLES_WRITING, GATE_NONE, "action/1");                                        \
    ACTION_OPERATION(verb, approve, action_fields_approve, ACTION_APPROVE_COUNT,                   \
                     "approve a plan, or note an approval that was spoken",                        \
                     "calm " #verb " approve a3", ROLES_WRITING, GATE_NONE, "action-change/1");    \
    static const struct operation verb##_list = {                                                  \
        .name = #verb " list",                                                                     \
        .practice = #verb,                                                                         \
        .help = "what is planned, approved, done, undone and checked",                             \
        .example = "calm " #verb " list",                                                          \
        .fields = action_fields_list,                                                              \
        .field_count = ACTION_LIST_COUNT,                                                          \
        .kind = &action_kind,                                                                      \
        .type = OP_QUERY,                                                                          \
        .faces = FACE_ALL,                                                                         \
        .query = action_list}

#define ACTION_DOING(verb, gate_code)                                                              \
    ACTION_OPERATION(verb, begin, action_fields_begin, ACTION_BEGIN_COUNT,                         \
                     "ask for the go-ahead and begin", "calm " #verb " begin a3", ROLES_ACTING,    \
                     gate_code, "action-change/1");                                                \
    ACTION_OPERATION(verb, done, action_fields_done, ACTION_DONE_COUNT,                            \
                     "record that it was done by hand: a planned one, or in words",                \
                     "calm " #verb " done a3 \"as planned\"", ROLES_WRITING, GATE_NONE,            \
                     "action-change/1");                                                           \
    ACTION_OPERATION(verb, check, action_fields_check, ACTION_CHECK_COUNT,                         \
                     "record the check that it worked",                                            \
                     "calm " #verb " check a3 works \"no connection left (ss -tn)\"",              \
                     ROLES_WRITING, GATE_NONE, "action-change/1");                                 \
    ACTION_OPERATION(verb, undo, action_fields_undo, ACTION_UNDO_COUNT,                            \
                     "record that it was undone", "calm " #verb " undo a3 \"rule removed\"",       \
                     ROLES_WRITING, GATE_NONE, "action-change/1")

#define ACTION_LIST(verb)                                                                          \
    &verb##_plan, &verb##_approve, &verb##_begin, &verb##_done, &verb##_undo, &verb##_check,       \
        &verb##_list

/* More than one is on the team, so that a plan is approved by somebody else. */
bool action_needs_another(const struct view *v);
/* How a plan that waits is gone on with: "apply" where calm carries it out, else "begin". */
const char *action_go(const struct thing *action);
/* "bo or eva": who is on the team besides the viewer. */
void action_others(const struct view *v, struct buf *out);
/* Who planned it, or cut a host off in an emergency; NULL when their person is not known. */
const struct thing *action_planner(const struct view *v, const struct thing *action);

/* How a practice of actions stands. */
struct action_counts {
    size_t planned, approved, begun /* and not confirmed */, done, undone, checked, failed;
};
struct action_counts action_count(const struct view *v, const char *practice);
void action_status(const struct view *v, const char *practice, struct practice_status *out);
