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

/* The case: --case, else CALM_CASE, else the folder one stands in (or its only *.calm), else the
 * one that was opened last. */
MUST_CHECK int place_find(struct place *p, const struct model *m, const char *case_option,
                          struct err *e);
void place_release(struct place *p);
