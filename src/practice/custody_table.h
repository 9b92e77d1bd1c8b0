/* custody_table.h: the rows of a chain of custody in the table of its form. */
#pragma once
#include "practice/custody_chain.h"
#include "render/doc.h"

/* When something was done with an item, and when that was put on record. */
struct custody_time {
    struct utc said; /* as far as was said, else recorded */
    struct utc recorded;
    bool is_apart;  /* they differ */
    bool is_before; /* it is said to be before the item was taken */
};
struct custody_time custody_time_of(const struct view *v, const struct custody_link *l,
                                    const struct custody_taken *taken);

/* Whether what was said to be at a moment, and as exactly, is over when the item was taken: "10:00"
 * is over at 10:01. precision: one of utc_precision_names; empty: a second. */
bool custody_is_before(struct utc said, struct str precision, struct utc taken);

/* Why: each line of a value, behind what is there. */
void custody_add_words(struct buf *out, const char *before, struct str lines);
#define CUSTODY_BEFORE "SAID TO BE BEFORE THE ITEM WAS TAKEN"

/* What a record says of the clock that it has its time from (doc/format/journal.md §4). */
enum custody_clock {
    CUSTODY_CLOCK_HELD,
    CUSTODY_CLOCK_FREE,
    CUSTODY_CLOCK_UNKNOWN,
    CUSTODY_CLOCK_COUNT_
};
extern const char *const custody_clock_words[CUSTODY_CLOCK_COUNT_];
/* ERR_IO, ERR_FORMAT. */
MUST_CHECK int custody_clock_of(const struct view *v, uint64_t seq, enum custody_clock *out,
                                struct err *e);

#define CUSTODY_SIGNERS "Who signed the rows, as the team has them on record:"
/* Who somebody is, by the values of their record: "CISO; in the team: lead; key 12ab…". */
void custody_say_person(struct buf *out, struct str position, struct str role,
                        const struct key *key);
#define CUSTODY_TABLE "The chain, from the record of the case"
/* The table, and a line on the clocks. In a package the row of its own export is the last, and true
 * where it is read. ERR_IO. */
MUST_CHECK int custody_add_chain(const struct view *v, struct doc *d, const struct thing *item,
                                 const struct custody_taken *taken, bool is_in_package,
                                 struct err *e);
