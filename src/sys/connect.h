/* connect.h: a connection within a time, also where nobody answers. */
#pragma once
#include <netdb.h>
#include "base/compiler.h"

/* Connects to one address that was looked up; what is sent goes at once (TCP_NODELAY), and the
 * descriptor does not block. 0, or a number of errno: ETIMEDOUT after wait_s. */
MUST_CHECK int connect_within(const struct addrinfo *at, int wait_s, int *out);
