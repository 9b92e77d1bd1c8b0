/* effect.h: puts plans in effect, confirms them and puts them back. What is written in the ledger
 * comes first each time, so that whoever comes next can finish. */
#pragma once
#include "contain/ledger.h"

/* Nothing was changed where it fails: this process lacks the right, or the kernel a part. */
MUST_CHECK int effect_can_begin(const struct plan *p, struct err *e);
/* In effect from now: armed, applied, checked. Adds what the check saw. On an error it was put
 * back, or the sentence says that it was not; but of an emergency, what was applied stays, and a
 * check that fails is told by a line "warn check". */
MUST_CHECK int effect_begin(struct ledger *l, struct ledger_entry *entry, struct buf *saw,
                            struct err *e);
/* ERR_GATE: it is not in effect, or its time is over. */
MUST_CHECK int effect_confirm(struct ledger *l, struct ledger_entry *entry, struct err *e);
MUST_CHECK int effect_end(struct ledger *l, struct ledger_entry *entry, struct err *e);
/* Whether it is in effect now, as the host itself shows. */
MUST_CHECK int effect_check(struct ledger *l, struct ledger_entry *entry, struct buf *saw,
                            struct err *e);

/* Brings the host to what the ledger says: what is past its deadline, of an earlier boot and not
 * confirmed, expired, or half undone goes back; what is confirmed and was lost with a restart is
 * applied again. What was prepared by one who has ended is cleared away. Goes on after an entry
 * that fails and returns the first error. */
MUST_CHECK int effect_settle(struct ledger *l, struct err *e);
/* When settle has something to do next: milliseconds of CLOCK_BOOTTIME; 0: never. */
uint64_t effect_next_ms(const struct ledger *l);

/* Holds what came to this host's network since the packet filter was made: adds the chains of new
 * interfaces, and those of bridges with the first one. Nothing is lifted by it. */
MUST_CHECK int effect_follow(struct ledger *l, struct err *e);
bool effect_has_filter(const struct ledger *l); /* is a plan of the packet filter in effect? */
/* Ends what is kept nowhere but in the kernel. False where there is no such change. */
bool effect_end_unkept(const struct id *id);
/* A line "warn CODE TEXT" of an answer. */
void effect_warn(struct buf *out, const char *code, const char *text);
