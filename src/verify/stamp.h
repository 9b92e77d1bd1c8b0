/* stamp.h: RFC 3161 time stamps, checked by libcrypto (section 8). */
#pragma once
#include "verify/hash.h"

#include <time.h>

/* Certificates of time-stamp authorities, or of their issuers, that the person who runs the checker
 * trusts. */
struct stamp_trust;
struct stamp_trust *stamp_trust_new(void); /* NULL where the library refuses */
void stamp_trust_free(struct stamp_trust *t);
/* Adds every certificate of a PEM file. Returns their number, or -1 where one cannot be read. */
MUST_CHECK int stamp_trust_add(struct stamp_trust *t, struct slice pem);

struct stamp {
    uint8_t imprint[HASH_LEN]; /* what was stamped */
    time_t seconds;            /* when, since 1970 */
    char signer[128];          /* the authority's name, as its certificate states it */
};

/* Reads the DER of a TimeStampResp or of its token and checks signature and chain at the token's
 * own time. Returns 0, or -1 where it is no valid time stamp over SHA-256 by one of the
 * certificates trusted. */
MUST_CHECK int stamp_check(const struct stamp_trust *t, struct slice der, struct stamp *out);
