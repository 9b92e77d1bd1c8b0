/* timeline_clock.h: how the clocks of systems and of sources of evidence ran, as people said. */
#pragma once
#include "practice/practice.h"

extern const struct kind clock_kind; /* "clock", ck1 …: a zone, or by how much a clock ran ahead */
extern const struct operation analyse_clock;
extern const struct operation analyse_clocks;

/* What holds for a source of an item, or, where source is empty, for all of the item. */
struct clock_setting {
    struct str source;
    struct str zone; /* empty: nobody named one */
    bool has_skew;
    int64_t skew_ns; /* positive: it ran ahead */
};
/* Those of an item, that of all of it first; *out is the caller's to free. */
size_t clock_settings(const struct view *v, const struct thing *item, struct clock_setting **out);

/* "+3m12s", "-500ms", "+1h", "3 min". False: it is none, or over 100 years. */
bool skew_read(struct str text, int64_t *ns);
void skew_write(struct buf *out, int64_t ns); /* "+3m12s", "-0.5s", "+0s" */
