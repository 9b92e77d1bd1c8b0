/* package_key.h: finds the key of a package that is opened. */
#pragma once
#include "evidence/age_head.h"
#include "practice/practice.h"

/* Asks for its passphrase, or has the signer try the private key of a file (NULL: none) or the keys
 * of this person. The caller wipes file_key. ERR_DENIED: none opens it; ERR_LIMIT, ERR_FORMAT as
 * age_unlock; ERR_IO. */
MUST_CHECK int package_key_find(const struct age_head *head, const char *identity,
                                const char *key_folder, uint8_t file_key[AGE_FILE_KEY_SIZE],
                                struct err *e);
