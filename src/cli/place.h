/* place.h: where keys, state and the case of this run are. */
#pragma once
#include "case/operation.h"

struct place {
    struct surroundings around;
    char *key_folder;
    char *state_folder;
    char *config_folder;
    char *case_folder;
};

/* Where keys and state are, by the environment alone: no case is looked for. ERR_USAGE: there is no
 * place for keys. */
MUST_CHECK int place_begin(struct place *p, const struct model *m, struct err *e);
/* Where the case most likely is, without looking there: its medium may not answer. */
void place_guess(struct place *p, const char *case_option);
/* Where they are, and the case: --case, else CALM_CASE, else the folder one stands in (or its only
 * *.calm), else the one that was opened last. */
MUST_CHECK int place_find(struct place *p, const struct model *m, const char *case_option,
                          struct err *e);
void place_release(struct place *p);
