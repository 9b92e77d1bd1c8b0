/* transfer.h: inside calm-send: the connection, the loss of all rights, and the exchange with the
 * server. */
#pragma once
#include <curl/curl.h>
#include "notify/post.h"

/* Looks the name up and connects; SENDER_NET_FD is the connection then. */
MUST_CHECK int connect_post(const struct post *p, struct buf *resolve, struct err *e);
/* Gives up all but the connection and the answer. */
MUST_CHECK int confine_sender(struct err *e);
/* Says what became of it; never fails. */
void transfer(const struct post *p, const char *resolve, struct post_result *out);
/* Encrypts, in a process without network. */
MUST_CHECK int seal(const struct post *p, struct buf *out, struct err *e);
MUST_CHECK int seal_pgp(const struct post *p, struct buf *out, struct err *e);
MUST_CHECK int seal_smime(const struct post *p, struct buf *out, struct err *e);
