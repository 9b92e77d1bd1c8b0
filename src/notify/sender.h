/* sender.h: starts calm-send, the process that faces the network, hands it one order and judges
 * what it answers (doc/format/notification.md §6). */
#pragma once
#include "notify/post.h"

/* Sends. 0 whenever an outcome is known or known to be unknown: look at *out. An error means that
 * nothing was sent: ERR_NOTFOUND (calm-send is not there), ERR_IO. */
MUST_CHECK int sender_send(struct post *post, struct post_result *out, struct err *e);
/* Encrypts the body of a POST_SEAL_… to its key. ERR_FORMAT: the key is none, or cannot be used;
 * ERR_NOTFOUND, ERR_IO, ERR_LIMIT. */
MUST_CHECK int sender_seal(const struct post *post, struct buf *out, struct err *e);
