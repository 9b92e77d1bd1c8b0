/* anchor.h: RFC 3161 time stamps over checkpoints: requests, and tokens checked against a given
 * authority. */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

/* Appends a DER TimeStampReq for SHA-256 over text, certificates wanted, with a random nonce. */
MUST_CHECK int timestamp_request(struct buf *out, struct str text, struct err *e);
/* Takes a TimeStampResp or a bare token (DER); checks the imprint over text; with tsa_pem given
 * (certificates of the authority or its issuer) also the signature and chain at the token's own
 * time, purpose timeStamping. ERR_FORMAT, ERR_TAMPER. */
MUST_CHECK int timestamp_check(struct str der, struct str text, struct str tsa_pem,
                               struct utc *time, struct err *e);
