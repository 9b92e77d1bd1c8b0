/* observations.h: what may be noticed in the state of a system: shown, and made into problems, a
 * suspected system, or evidence for a hypothesis. An observation is never a verdict. */
#pragma once
#include "collect/collect.h"
#include "practice/practice.h"

enum { OBSERVATIONS_MAX = 24000, OBSERVATION_WEIGHT_MAX = 3 };

struct observation {
    struct str code;
    struct str harmless;
    enum collect_hint hint;
    unsigned weight;
    struct str words;
    struct str line; /* what shows it: a line of the document, or a member of the collection */
    size_t number;   /* 0: not numbered */
};

struct observations {
    struct arena *arena; /* the texts are in it; freed by observations_release */
    struct observation *items;
    size_t count;
    size_t room;
    unsigned least;               /* weight: lighter ones are left out */
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
/* Puts the heaviest first and numbers them from 1. */
void observations_number(struct observations *o);

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
