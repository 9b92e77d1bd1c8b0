/* allow.h: who passes by a plan: what nobody can mean, what must be accepted, and whom plans of
 * others let pass. */
#pragma once
#include "contain/host_view.h"
#include "contain/plan.h"

/* By the plan alone. ERR_GATE, named: it lets all of the Internet pass, or an isolation lets
 * something wide or the looking up of names pass without that having been accepted. */
MUST_CHECK int allow_judge(const struct plan *p, struct err *e);
/* The same of an isolation on this host: a network that holds a gateway. */
MUST_CHECK int allow_judge_host(const struct plan *p, const struct host_view *host, struct err *e);
/* "warn wide NET", "warn names ENDPOINT", "warn cut NET": what was accepted. */
void allow_warn(const struct plan *p, struct buf *out);

/* All of the Internet, or a good part of it. */
bool allow_is_too_wide(const struct net *n);
/* Everything, both ways. */
bool allow_is_wide(const struct endpoint *a);
/* A resolver there is asked for names by this host. */
bool allow_has_names(const struct endpoint *a);
/* Would all of need pass by what the plan allows? */
bool allow_covers(const struct plan *p, const struct endpoint *need);
/* Did a person accept that it is cut off? */
bool allow_is_cut(const struct plan *p, const struct net *n);
