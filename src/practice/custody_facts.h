/* custody_facts.h: what a form of custody says beside its rows, and from which field of which
 * record: the one table for whoever writes a form and whoever holds it against the record. */
#pragma once
#include "case/operation.h"

/* Where a fact is from. */
enum custody_fact_from {
    FACT_ITEM,    /* a field of the item */
    FACT_IMAGE,   /* a field of the acquisition that the item was made by */
    FACT_KEPT,    /* custody_kept_now() */
    FACT_LAST_IN, /* the item's place, where it has files and is kept elsewhere now */
    FACT_ALSO_IN, /* folders of its files that are not in its place: as the machine found them */
    FACT_SEALED,  /* evidence_is_barred(): never so of what is in a package */
    FACT_RUNS,    /* the acquisition's field, unless the item's remark has it */
};
struct custody_fact {
    enum custody_fact_from from;
    const char *field;
    const char *label; /* none is the beginning of another and two spaces */
};
enum { CUSTODY_FACT_COUNT = 59 };
/* In the order of the form; from the first FACT_IMAGE on they stand below CUSTODY_IMAGE_HEADING. */
extern const struct custody_fact custody_facts[CUSTODY_FACT_COUNT];
#define CUSTODY_IMAGE_HEADING "How the image was made"

/* The field that a fact is from; BUG where the kind has none of that name. */
const struct field *custody_fact_field(const struct custody_fact *f);
/* A kept value as the form says it, other than FIELD_REF: whole dates, in UTC, since it is read
 * years later; sizes with all their bytes. */
void custody_fact_spell(struct buf *out, const struct field *f, struct str value);
/* Whether what is particular of an item has what later runs of its acquisition found. */
bool custody_has_runs(struct str remark, struct str runs);
