/* stop_proposal.h: what calm stop propose found and measured, as a thing of the case: the words for
 * the provider are filled from it, and what a rule would have done goes into the plan of that rule.
 */
#pragma once
#include "contain/plan.h"
#include "practice/practice.h"

extern const struct kind proposal_kind; /* "proposal", pr1 … */

struct stop_proposal {
    const char *protocol; /* "HTTP", "TCP", "UDP", "SSH" */
    uint64_t port;        /* 0: not known */
    struct buf target;    /* addresses that it goes to, with commas */
    struct utc begin;     /* sec INT64_MIN: not known */
    struct utc last;      /* of what was looked at */
    uint64_t count;       /* of what is too much, since it began */
    const char *unit;     /* "requests" */
    uint64_t sources;
    struct buf prefixes; /* "203.0.113.0/24  41 %, 20 addresses", a line each */
    struct buf list;     /* addresses that a rule to block would name, a line each */
    struct buf measures; /* "RULE: WORDS", a line each; RULE as stop_proposal_rule spells it */
    struct buf wish;     /* a sentence: what the provider is asked for */
};
void stop_proposal_release(struct stop_proposal *p);
#define CLEANUP_STOP_PROPOSAL CLEANUP(stop_proposal_release)

/* How a rule is called among the measures: "limit http port 80 rate 3 burst 20 prefix4 24 prefix6
 * 48", "block" and a digest of its addresses. */
void stop_proposal_limit(struct buf *out, const char *flood, uint64_t port, uint64_t rate,
                         uint64_t burst, uint64_t prefix4, uint64_t prefix6);
void stop_proposal_block(struct buf *out, struct str list);
/* What the newest proposal that knows the plan's rule measured of it; empty where none does. */
void stop_proposal_measure(const struct view *v, const struct plan *p, struct buf *out);

/* The text for the provider, ready to send: what it is, to where, since when, how much, from where,
 * and what is asked for. */
void stop_proposal_ask(const struct stop_proposal *p, struct buf *out);
/* Puts it on record, with the list as evidence. *number 0: the case is only read, or this person
 * does not write in it. */
MUST_CHECK int stop_proposal_record(struct session *s, const struct operation *op,
                                    const struct input *in, const struct stop_proposal *p,
                                    uint32_t *number, struct err *e);
/* The newest that this viewer may see; NULL: none. */
const struct thing *stop_proposal_newest(const struct view *v);
/* Reads the addresses of a proposal; ERR_NOTFOUND where it has none. */
MUST_CHECK int stop_proposal_list(struct session *s, const struct view *v,
                                  const struct thing *proposal, struct buf *out, struct err *e);
