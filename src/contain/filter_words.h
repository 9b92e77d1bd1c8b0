/* filter_words.h: what a plan for the packet filter would do here, and what it must not do. */
#pragma once
#include "contain/host_view.h"
#include "contain/plan.h"

/* ERR_GATE: the connection that this very command came over would end, and the plan does not name
 * it. */
MUST_CHECK int judge_isolate(const struct plan *p, const struct host_view *host, struct err *e);
/* ERR_GATE: it names an address of this host, the gateway, the responder, the case's server, or so
 * wide a network that one of them lies within. */
MUST_CHECK int judge_block(const struct plan *p, const struct host_view *host, struct err *e);

/* Lines (doc/format/containment.md section 3): "keep" and "end" for each connection, "unreached"
 * for each service that waits for others. */
MUST_CHECK int preview_isolate(const struct plan *p, const struct host_view *host, struct buf *out,
                               struct err *e);
MUST_CHECK int preview_block(const struct plan *p, const struct host_view *host, struct buf *out,
                             struct err *e);
/* The line of a preview that tells what becomes of a connection. */
void preview_socket(struct buf *out, const char *what, const struct host_socket *s);
