/* progress.h: how far long work is, for who waits: a line that changes on a terminal, one a minute
 * elsewhere. */
#pragma once
#include "case/operation.h"

struct progress {
    struct answer *a;
    int64_t begun_ms;
    int64_t shown_ms;
};
void progress_begin(struct progress *p, struct answer *a);
/* words say what was done; the rate and the time left follow from done and all, in bytes; all 0:
 * nobody knows how much it will be. */
void progress_show(struct progress *p, const char *words, uint64_t done, uint64_t all);
/* The same, with what goes wrong; NULL: nothing. Where the terminal is too narrow for all, the time
 * left and that stay. */
void progress_show_trouble(struct progress *p, const char *words, const char *trouble,
                           uint64_t done, uint64_t all);
