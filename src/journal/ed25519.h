/* ed25519.h: strict signature checking, the same in every checker (doc/format/journal.md §4).
 * Signing is the signer's. */
#pragma once
#include "base/hash.h"

bool ed25519_holds(const struct sig *sig, struct str message, const struct key *key);
bool ed25519_key_is_sound(const struct key *key); /* canonical and not of small order */
