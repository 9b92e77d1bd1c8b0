/* trust.h: which records are trusted, at the place up to which events were applied (section 9). */
#pragma once
#include "verify/ids.h"
#include "verify/line.h"

enum power { POWER_NONE = 0, POWER_LEAD = 'l', POWER_MEMBER = 'm', POWER_LOG = 'g' };

#define NEVER UINT32_MAX /* the place of what did not happen */

enum event_kind { EVENT_ENROL, EVENT_REVOKE, EVENT_HOLD };

/* A record that may change what keys may do. */
struct event {
    uint32_t place;
    enum event_kind kind;
    uint32_t by;      /* number of the key that signed it */
    uint32_t key;     /* number of the key enrolled or revoked */
    uint32_t from;    /* of a revocation, as this journal sees it */
    char power;       /* of an enrolment */
    bool hold;        /* of a hold: set, not lifted */
    bool was_trusted; /* an enrolment that was trusted at its place; set here */
    uint32_t gives;   /* the last trusted enrolment of the key, this one or before, + 1, or 0; set
                         here */
};

struct trusted_key {
    uint32_t from;        /* the smallest of its revocations; NEVER where there is none */
    uint32_t last_signed; /* place + 1 of the last enrolment that it signed, or 0 */
    uint32_t *enrolments; /* numbers of its events, in order */
    size_t count;
    size_t room;
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

/* Events come in the order of their places: every enrolment of a key that was not revoked, and
 * every hold, whether or not they are trusted, for that may change; and the revocations that were
 * trusted at their places, for those stand for good. */
void trust_apply(struct trust *t, const struct event *event);

/* The state that another journal had before `place`, from its events. */
void trust_replay(struct trust *t, const struct trust *other, uint32_t place);

/* Whether a revocation names the key. */
bool trust_is_revoked(const struct trust *t, uint32_t key);
/* Whether the key was ever enrolled, whatever became of that. */
bool trust_was_enrolled(const struct trust *t, uint32_t key);
/* What the last trusted enrolment of the key before a place gave. */
enum power trust_power(const struct trust *t, uint32_t key, uint32_t place);
/* Whether a record of that type by the key at a place is trusted. */
bool trust_holds(const struct trust *t, uint32_t key, uint32_t place, enum type type);
/* Whether a legal hold is in force. */
bool trust_hold_in_force(const struct trust *t);
