/* powers.h: who holds which power, by the enrolments, revocations and holds so far
 * (doc/format/journal.md §9). Internal to the journal. */
#pragma once
#include "journal/keys.h"
#include "journal/merge.h"

#define NEVER UINT64_MAX /* no record: the place from which a key is not revoked */

struct holder {
    struct key key;
    uint64_t revoked_from; /* the smallest that a revocation of it named; or NEVER */
    bool was_enrolled;     /* by an enrolment that was trusted at its place */
    size_t last_enrolment; /* the last that is trusted: number of the event + 1; 0 for none */
    uint64_t last_signed;  /* seq of the last event by it, trusted or not; 0 for none */
};

/* A case/1, enrol/1 or hold/1. It has its effect only while it is trusted, and a merged one may
 * come to be trusted later than at its place: where an enrolment that took power from its key falls
 * away. Keys are numbers of holders. */
struct event {
    enum record_kind kind;
    uint64_t seq;
    size_t by;
    size_t key;           /* but not of RECORD_HOLD */
    enum key_power power; /* the same */
    bool is_set;          /* RECORD_HOLD */
    bool is_trusted;      /* by all revocations so far */
    size_t earlier;       /* if so: the trusted enrolment of the same key, or hold, before; or 0 */
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
    size_t last_hold; /* the last that is trusted: number of the event + 1; 0 for none */
    struct request *requests;
    size_t request_count, request_room;
    struct approval *approvals;
    size_t approval_count, approval_room;
    struct merges merges;
    uint64_t merged_left; /* lines to come that the last merge brought */
};

bool powers_is_recovery(const struct keyring *k, const struct key *key);
/* The smallest place that a revocation of the key named, or NEVER. */
uint64_t powers_revoked_from(const struct keyring *k, const struct key *key);
/* By a record that was trusted at its place, whatever became of it, or is trusted now. */
bool powers_was_enrolled(const struct keyring *k, const struct key *key);
/* Is a record of that kind, by that key, trusted at seq by all revocations so far? Record 0 is. */
bool powers_trust(const struct keyring *k, const struct key *by, enum record_kind kind,
                  uint64_t seq);

/* The effects of records, each for as long as it is trusted. */
void powers_enrol(struct keyring *k, uint64_t seq, const struct key *by, const struct key *key,
                  enum key_power power);
void powers_hold(struct keyring *k, uint64_t seq, const struct key *by, bool is_set);
/* Of a revocation that is trusted at its place: it stands for good. Where the key enrolled or set
 * holds from that place on, all enrolments and holds since are judged anew; else it costs nothing.
 */
void powers_revoke(struct keyring *k, const struct key *key, uint64_t from);
