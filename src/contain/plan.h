/* plan.h: a change to a host as text that another person reads and approves
 * (doc/format/containment.md). */
#pragma once
#include "base/hash.h"
#include "contain/net.h"

enum {
    PLAN_SIZE = 16 << 20, /* of its text */
    PLAN_NET_COUNT = 500000,
    PLAN_ALLOW_COUNT = 64,
    PLAN_VALUE_COUNT = 64,
    PLAN_LINE_SIZE = 65536, /* of a value that is a line of a file */
    PLAN_TIMER_MIN_S = 10,
    PLAN_TIMER_MAX_S = 86400,
};
#define PLAN_EXPIRY_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct contain_action;
struct action_param;

struct plan_value {
    const struct action_param *param;
    struct str text;
    uint64_t number; /* of an ACTION_NUMBER */
};

struct plan {
    struct id id;
    struct hash case_id; /* zeros: no case */
    struct str host;     /* as the case calls it */
    struct hash machine; /* zeros: any */
    const struct contain_action *action;
    uint32_t timer_s;     /* 0: goes back by nothing but a person */
    uint64_t expiry_s;    /* since 1970; 0: none */
    bool accepts_no_undo; /* of an action that cannot be undone: a person accepted that */
    bool accepts_wide;    /* of an isolation: it lets an address pass whole, accepted too */
    bool accepts_names;   /* that names can be looked up */
    struct endpoint *allow;
    size_t allow_count;
    struct net *cut; /* whom plans of others let pass, and who may be cut off all the same */
    size_t cut_count;
    struct net *nets; /* its values of type ACTION_NET, sorted, none within another */
    size_t net_count;
    struct plan_value *values; /* all others, in the order of the action's parameters */
    size_t value_count;
    struct arena *arena; /* all of the above lies in it */
};

/* The caller owns *out. ERR_FORMAT, with the line named; ERR_NEWER; ERR_LIMIT. */
MUST_CHECK int plan_read(struct str text, struct plan **out, struct err *e);
void plan_free(struct plan *p); /* NULL is fine */
DEFINE_CLEANUP(struct plan *, plan_free)
/* The one spelling of it: plan_read of this gives the same plan, and of the plan the same bytes. */
void plan_write(const struct plan *p, struct buf *out);
struct hash plan_digest(struct str text);

/* It holds packets and has no timer: nothing that fails beside it may hold it up. */
bool plan_is_emergency(const struct plan *p);

/* Of a parameter that is there at most once; NULL when it is not. */
const struct plan_value *plan_value(const struct plan *p, const char *name);
/* Its number, or otherwise where it is not there. */
uint64_t plan_number(const struct plan *p, const char *name, uint64_t otherwise);
/* Is its text what the parameter takes? Fills the number of an ACTION_NUMBER. Not for ACTION_NET.
 */
bool plan_value_holds(const struct action_param *param, struct plan_value *v);
