/* stop_connections.h: a flood of connections, as the kernel of this host shows it now. */
#pragma once
#include "practice/practice.h"

/* Counts the connections that others have to this host, and what its network counts within two
 * seconds, and proposes a limit with what it would do to them. Changes nothing on it. */
MUST_CHECK int stop_propose_connections(struct session *s, const struct operation *op,
                                        const struct input *in, struct answer *a, struct err *e);
