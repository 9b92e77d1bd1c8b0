/* deliver.h: from a letter to a transfer that only needs sending: encrypted, spelled, with the
 * certificates that the server is checked against. Knows nothing of cases. */
#pragma once
#include "notify/channel.h"

/* ERR_USAGE: the address is none; ERR_NOTFOUND: no key, no file of certificates, no calm-send;
 * ERR_FORMAT: the key cannot be used. Nothing has been sent. */
MUST_CHECK int deliver_prepare(const struct settings *settings, const struct account *account,
                               const struct letter *letter, struct post *out, struct err *e);
