/* flood.h: who sends too much: counts the requests of a log, finds when it began, and tries rules
 * on what was recorded before anybody applies one. Pure: no files, no clock. */
#pragma once
#include "contain/flood_line.h"

enum {
    FLOOD_REQUEST_COUNT = 40000000, /* kept for trying rules; more are only counted */
    FLOOD_SOURCE_COUNT = 4000000,
    FLOOD_TOP_COUNT = 10,
    FLOOD_BLOCK_COUNT = 100000,
};

struct flood;
/* seed: random, so that nobody can choose what makes counting slow. */
struct flood *flood_new(uint64_t seed);
void flood_free(struct flood *f); /* NULL is fine */
DEFINE_CLEANUP(struct flood *, flood_free)
/* The next line, without its end. One in no known format is counted as unread. */
void flood_add(struct flood *f, struct str line);

/* When the flood is thought to have begun, if the person does not say: the first of the minutes in
 * which at least four times as much came as in the middle one of those before, at least 100
 * requests. false: none did. */
bool flood_begin(const struct flood *f, int64_t *out);

/* A rule, and what it would have done to what was recorded. A request counts as a connection, so a
 * limit is gentler in truth where clients keep theirs open. */
struct flood_rule {
    const char *action; /* "block" or "limit" */
    uint32_t rate;      /* of limit: requests a second of one source */
    uint32_t burst;
    uint8_t prefix4; /* bits of an address that are one source */
    uint8_t prefix6;
    size_t networks;        /* of block */
    uint64_t flood_dropped; /* of the requests since the flood began that are not good */
    uint64_t good_dropped;
};
enum { FLOOD_RULE_COUNT = 3 };
struct flood_verdict {
    int64_t begin;
    uint64_t flood; /* requests since then of sources that had not come before */
    uint64_t good;  /* all others */
    uint32_t usual; /* the most that 999 of 1,000 good sources sent within ten seconds */
    struct flood_rule rules[FLOOD_RULE_COUNT];
    size_t rule_count;
    int best; /* of rules; -1: none stops half of it without dropping more than 1 % of what is good
               */
};
/* begin is the second at which the flood began; requests before it, and later ones of sources that
 * came before it too, count as good. */
void flood_judge(struct flood *f, int64_t begin, struct flood_verdict *out);
/* Adds lines, after flood_judge: "count" requests, tried on, unread, uncounted, sources, flood,
 * good, usual; "time" first, begin; "source ADDRESS requests peak came-before"; "prefix NETWORK
 * requests sources 0"; "agent HEX requests 0 0", "path HEX requests 0 0"; "block" and "limit"
 * networks, rate, burst, prefix4, prefix6, flood dropped, good dropped, is best. */
void flood_tell(struct flood *f, const struct flood_verdict *v, struct buf *out);
/* The addresses that the rule to block would name, one a line, most requests first. */
void flood_blocked(struct flood *f, const struct flood_verdict *v, struct buf *out);
