/* trust.h: which keys may sign what, at the place up to which events were applied (section 9). */
#pragma once
#include "verify/ids.h"

enum power { POWER_NONE = 0, POWER_LEAD = 'l', POWER_MEMBER = 'm', POWER_LOG = 'g' };

#define NEVER UINT32_MAX /* the place from which a key that was not revoked is not trusted */

enum event_kind { EVENT_ENROL, EVENT_REVOKE, EVENT_HOLD };

/* A record that was trusted at its place and changes what keys may do. */
struct event {
    uint32_t place;
    enum event_kind kind;
    uint32_t by;      /* number of the key that signed it */
    uint32_t key;     /* number of the key enrolled or revoked */
    uint32_t from;    /* of a revocation, as this journal sees it */
    char power;       /* of an enrolment */
    bool hold;        /* of a hold: set, not lifted */
    bool in_force;    /* a revocation that no later one has undone */
    uint32_t earlier; /* the event before by the same key, + 1, or 0 */
};

struct trusted_key {
    char power;      /* enum power */
    uint32_t from;   /* its records from this place on are not trusted; NEVER where not revoked */
    uint32_t latest; /* its latest event whose consequences are still to come, + 1, or 0 */
};

struct trust {
    struct trusted_key *keys;
    size_t key_count;
    uint32_t recovery; /* number of the recovery key */
    struct event *events;
    size_t count;
    size_t room;
};

void trust_init(struct trust *t, size_t key_count);
void trust_release(struct trust *t);

/* Events come in the order of their places. */
void trust_apply(struct trust *t, const struct event *event);

/* The state that another journal had before `place`, from its events. */
void trust_replay(struct trust *t, const struct trust *other, uint32_t place);

bool trust_is_revoked(const struct trust *t, uint32_t key);
/* Whether what the key signed at that place is trusted, as far as revocations tell. */
bool trust_holds(const struct trust *t, uint32_t key, uint32_t place);
/* A revocation that is in force stands, whatever became of its signer. */
bool trust_revocation_stands(const struct trust *t, uint32_t place);
/* Whether a legal hold is in force. */
bool trust_hold_in_force(const struct trust *t);
