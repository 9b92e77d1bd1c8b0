/* powers.h: who holds which power, by the enrolments, revocations and holds so far
 * (doc/format/journal.md §9). Internal to the journal. */
#pragma once
#include "journal/keys.h"
#include "journal/merge.h"

#define NEVER UINT64_MAX /* no record: the place from which a key is not revoked */

struct holder {
    struct key key;
    uint64_t revoked_from;   /* or NEVER */
    uint64_t first_enrolled; /* where, fallen away since or not; NEVER if it never was */
    size_t enrolment_count;  /* those that stand */
    size_t last_enrolment;   /* the last that stands: number of the event + 1; 0 for none */
    size_t last_signed;      /* its last enrol/1 or hold/1 that stands: the same */
};

enum event_kind { EVENT_ENROL, EVENT_REVOKE, EVENT_HOLD };

/* A record with an effect on keys or holds that was trusted at its place. A revocation stands for
 * good; the others fall away where they are not trusted any more. Keys are numbers of holders. */
struct event {
    enum event_kind kind;
    uint64_t seq;
    size_t by;
    size_t key;
    enum key_power power;  /* EVENT_ENROL */
    uint64_t from;         /* EVENT_REVOKE */
    bool is_set;           /* EVENT_HOLD */
    bool has_fallen;       /* not EVENT_REVOKE */
    size_t earlier_by;     /* the enrol/1 or hold/1 before by the same key: number + 1, or 0 */
    size_t earlier_effect; /* the enrolment of the same key, or the hold, before: the same */
};

struct request {
    struct id id;
    struct id target;
    char *names; /* as spelled */
    size_t names_size;
};

struct approval {
    struct id id;
    struct id request;
    struct key by;
    uint64_t seq;
    bool was_trusted; /* at its place */
};

struct keyring {
    uint64_t size; /* lines taken */
    struct key recovery;
    struct holder *holders; /* the recovery key is one of them, without a power */
    size_t holder_count, holder_room;
    size_t *table; /* holders by key, open addressing, a power of two of slots; 0 or number + 1 */
    size_t table_size;
    struct event *events; /* ascending by seq */
    size_t event_count, event_room;
    size_t last_hold; /* the last hold/1 that stands: number of the event + 1; 0 for none */
    struct request *requests;
    size_t request_count, request_room;
    struct approval *approvals;
    size_t approval_count, approval_room;
    struct merges merges;
    uint64_t merged_left; /* lines to come that the last merge brought */
};

bool powers_is_recovery(const struct keyring *k, const struct key *key);
bool powers_is_revoked(const struct keyring *k, const struct key *key);
/* By a record that was trusted at its place, whatever became of it since. */
bool powers_was_enrolled(const struct keyring *k, const struct key *key);
/* The effects of records that are trusted at their places. */
void powers_enrol(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                  enum key_power power);
void powers_revoke(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                   uint64_t from);
void powers_hold(struct keyring *k, uint64_t seq, const struct key *by, bool is_set);
