/* trust.h: which keys may sign what, at the place up to which events were applied (section 9). */
#pragma once
#include "verify/ids.h"

enum power { POWER_NONE = 0, POWER_LEAD = 'l', POWER_MEMBER = 'm', POWER_LOG = 'g' };

#define NEVER UINT32_MAX /* the place of what did not happen */

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
    bool fallen;      /* an enrolment that is no longer trusted; set here */
    uint32_t earlier; /* the enrolment before by the same signer, + 1, or 0; set here */
    uint32_t below;   /* the enrolment before of the same key, + 1, or 0; set here */
};

struct trusted_key {
    char power;     /* enum power: what the last enrolment that stands gave; NONE where none does */
    uint32_t from;  /* its records from this place on are not trusted; NEVER where not revoked */
    uint32_t first; /* the place of its first enrolment, fallen or not; NEVER where there is none */
    uint32_t count; /* its enrolments that stand */
    uint32_t top;   /* the last of them, + 1, or 0 */
    uint32_t signed_last; /* the last enrolment that it signed and that may yet fall, + 1, or 0 */
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

/* Events come in the order of their places. A revocation stands for good. An enrolment falls where
 * its signer is revoked from its place or an earlier one; a key with no enrolment left is revoked
 * from its first one on. */
void trust_apply(struct trust *t, const struct event *event);

/* The state that another journal had before `place`, from its events. */
void trust_replay(struct trust *t, const struct trust *other, uint32_t place);

bool trust_is_revoked(const struct trust *t, uint32_t key);
/* Whether the key was ever enrolled, whatever became of that. */
bool trust_was_enrolled(const struct trust *t, uint32_t key);
/* Whether what the key signed at that place is trusted, as far as revocations tell. */
bool trust_holds(const struct trust *t, uint32_t key, uint32_t place);
/* Whether a legal hold is in force. */
bool trust_hold_in_force(const struct trust *t);
