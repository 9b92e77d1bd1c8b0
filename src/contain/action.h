/* action.h: one shape for everything that stops an incident. An action is one constant, named in
 * actions.def; nothing else knows its name. */
#pragma once
#include "contain/plan.h"

enum action_value {
    ACTION_NET,    /* an address or a network */
    ACTION_NUMBER, /* between min and max */
    ACTION_WORD,   /* one of words */
    ACTION_NAME,   /* of an interface, an account, a unit: 1 to 255 bytes without "/" */
    ACTION_PATH,   /* absolute, without "." and ".." */
    ACTION_LINE,   /* of a file, without its end: neither a newline nor a NUL */
};

struct action_param {
    const char *name; /* in the plan; on the command line --name */
    enum action_value type;
    bool is_required;
    bool is_many;
    uint64_t min;
    uint64_t max;
    const char *const *words;
    const char *help;
};

struct filter_table;
struct host_view;

struct contain_action {
    const char *name;
    const char *help;
    const struct action_param *params;
    bool cannot_undo; /* a plan of it is only carried out where a person accepted that; undo then
                         lets go what half an apply holds */

    /* ERR_GATE, with what is wrong named: this plan would do what nobody can have meant (the
     * responder's own address, the gateway, all of the Internet). */
    int (*judge)(const struct plan *p, const struct host_view *host, struct err *e);
    /* What it will do, in the lines of section 3.1. Changes nothing. */
    int (*preview)(const struct plan *p, const struct host_view *host, struct buf *out,
                   struct err *e);
    /* The state that it will change, as undo wants it. Changes nothing. */
    int (*save)(const struct plan *p, struct buf *before, struct err *e);
    /* In place of save, where the state may be large: what has no room in before goes to the open
     * file copy, which lies at path when undo is asked for. */
    int (*keep)(const struct plan *p, int copy, const char *path, struct buf *before,
                struct err *e);
    int (*apply)(const struct plan *p, struct str before, struct err *e);
    /* Adds what was seen; ERR_GATE where it is not in effect. */
    int (*check)(const struct plan *p, struct str before, struct buf *saw, struct err *e);
    /* Puts back what save told of. Doing it again, or after half of apply, is right too. */
    int (*undo)(const struct plan *p, struct str before, struct err *e);
    /* Of an action that is part of the packet filter: adds its rules. The table is made anew from
     * all plans in effect, so apply and undo are NULL. */
    int (*rules)(const struct plan *p, struct filter_table *t, struct err *e);
};

/* NULL where there is none of that name. */
const struct contain_action *contain_action(struct str name);
extern const struct contain_action *const contain_actions[]; /* ended by NULL */
