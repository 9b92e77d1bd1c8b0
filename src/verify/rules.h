/* rules.h: what section 9 of the format asks of a record in its own place. */
#pragma once
#include "verify/journal.h"

uint32_t rules_key_number(const struct journal *j, const uint8_t key[KEY_LEN]);

/* Returns 0, or -1 with *rule and *text the rule that is broken and a sentence about it. */
MUST_CHECK int rules_check(const struct journal *j, struct hasher *h, uint32_t place,
                           const struct public *pub, const char **rule, const char **text);
