/* observations.h: what may be noticed in the state of a system: shown, and made into problems, a
 * suspected system, or evidence for a hypothesis. An observation is never a verdict. */
#pragma once
#include "collect/collect.h"
#include "practice/practice.h"

enum { OBSERVATIONS_MAX = 24000, OBSERVATIONS_SHOWN = 3, OBSERVATION_WEIGHT_MAX = 3 };

struct observation {
    struct str code;
    struct str harmless;
    enum collect_hint hint;
    unsigned weight;
    struct str words;
    struct str line; /* what shows it: a line of the document, or a member of the collection */
    size_t number;   /* 0: not numbered */
    bool is_said;    /* in the words of a collector, on a host that may lie */
};

struct observations {
    struct arena *arena; /* the texts are in it; freed by observations_release */
    struct observation *items;
    size_t count;
    size_t room;
    unsigned least;               /* weight: lighter ones are left out */
    bool shows_all;               /* each of a sort, however many there are */
    const struct thing *system;   /* whose state it is; NULL where that is unknown */
    const struct thing *evidence; /* what shows it */
};
void observations_release(struct observations *o);

/* From what a person wrote. ERR_USAGE. */
MUST_CHECK int observations_least(struct observations *o, struct str written, struct err *e);
/* Copies. ERR_LIMIT. */
MUST_CHECK int observations_add(struct observations *o, const struct observation *x, struct err *e);
/* As collect_observed, with the observations as the context. */
int observations_take(void *context, const struct collect_observation *c, struct err *e);
/* Whether the rules on a state and the collector noticed the same thing: by code and subject. */
bool observation_is_same(const struct observation *by_rule, const struct observation *collected);
/* Whether that can be known: what the collector noticed is of a code that the rules know too, and
 * its evidence names the thing. */
bool observation_names_thing(const struct observation *collected);
/* Puts the heaviest first, and those of one sort behind each other. */
void observations_sort(struct observations *o);
/* Sorts, and numbers them from 1. */
void observations_number(struct observations *o);
/* The end of the sort that begins there; of what is sorted. */
size_t observations_end_of_sort(const struct observations *o, size_t from);
size_t observations_sorts(const struct observations *o); /* how many; of what is sorted */

/* What is sorted, one sort after the other. */
void observations_text(const struct observations *o, struct answer *a);
void observations_json(const struct observations *o, struct answer *a);

/* One problem for each sort of observation, the heaviest first; what was raised before is not
 * again. The answer says how many. */
MUST_CHECK int observations_raise(struct session *s, const struct view *v,
                                  const struct observations *o, struct answer *a, struct err *e);
/* Each becomes a fact of the assessment, weighed for the hypothesis. */
MUST_CHECK int observations_weigh(struct session *s, const struct view *v,
                                  const struct observations *o, const struct thing *hypothesis,
                                  struct answer *a, struct err *e);
/* Marks the system: "suspected", "affected". */
MUST_CHECK int observations_mark(struct session *s, const struct view *v,
                                 const struct observations *o, struct str state, struct answer *a,
                                 struct err *e);
/* Shows one sort after the other, and does with each what a key says: a problem, its system,
 * evidence for a hypothesis. Of what is sorted. ERR_USAGE where nobody sits at a terminal. */
MUST_CHECK int observations_each(struct session *s, const struct observations *o, struct answer *a,
                                 struct err *e);
