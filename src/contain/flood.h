/* flood.h: who sends too much: counts the requests of a web server's log, or the failed log-ins of
 * sshd's, finds when it began, and tries rules on what was recorded before anybody applies one.
 * Pure: no files, no clock. */
#pragma once
#include "contain/attempt_line.h"
#include "contain/flood_line.h"

enum {
    FLOOD_REQUEST_COUNT = 40000000, /* kept for trying rules; more are only counted */
    FLOOD_SOURCE_COUNT = 4000000,
    FLOOD_TOP_COUNT = 10,
    FLOOD_BLOCK_COUNT = 100000,
};

struct flood;
/* seed: random, so that nobody can choose what makes counting slow. clock: for stamps without a
 * year. */
struct flood *flood_new(uint64_t seed, const struct attempt_clock *clock);
void flood_free(struct flood *f); /* NULL is fine */
DEFINE_CLEANUP(struct flood *, flood_free)
/* The next line, without its end. The first that is counted says which log it is: requests, or
 * log-ins; one in no known format, or of the other log, is counted as unread. Of log-ins, a failed
 * one counts as a request. */
void flood_add(struct flood *f, struct str line);

/* When the flood is thought to have begun, if the person does not say: the first of the minutes in
 * which at least four times as much came as in the middle one of those before, at least 100
 * requests. false: none did. */
bool flood_begin(const struct flood *f, int64_t *out);

/* Does the log tell of log-ins? Then good are the sources of which one succeeded, and there is one
 * rule: to block the others that failed FLOOD_GUESS_COUNT times. */
bool flood_is_attempts(const struct flood *f);
enum { FLOOD_GUESS_COUNT = 5 };

/* A rule, and what it would have done to what was recorded. A limit is one of "http": a request
 * counts as a packet that brings data. */
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
    uint64_t good;  /* all others; of log-ins those that succeeded */
    uint64_t since; /* requests since it began, of all */
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
 * good, usual, since, is attempts; "time" first, begin, last; "source ADDRESS requests peak
 * came-before"; "prefix NETWORK requests sources 0" of the flood; "agent HEX requests 0 0", "path
 * HEX requests 0 0", "user HEX requests 0 0"; "guessed ADDRESS failures successes 0" of who got in
 * after FLOOD_GUESS_COUNT; "block" and "limit" networks, rate, burst, prefix4, prefix6, flood
 * dropped, good dropped, is best. */
void flood_tell(struct flood *f, const struct flood_verdict *v, struct buf *out);
/* The addresses that the rule to block would name, one a line, most requests first. */
void flood_blocked(struct flood *f, const struct flood_verdict *v, struct buf *out);
