/* signer_age.h: what the signer's process answers about files of the program age. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "sys/age_key.h"

/* Adds the file's key that one of the shares holds for a private key. ERR_DENIED: none does;
 * ERR_FORMAT as age_unwrap; ERR_USAGE: no whole number of shares, or too many. */
MUST_CHECK int signer_age_answer(const uint8_t secret[AGE_KEY_SIZE], struct str shares,
                                 struct buf *reply, struct err *e);
