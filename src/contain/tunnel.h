/* tunnel.h: interfaces whose packets travel within others, and where those go: whoever is reached
 * through a tunnel is cut off with its outer packets (ip-link(8)). */
#pragma once
#include "contain/host_view.h"
#include "contain/plan.h"
#include "sys/netlink.h"

/* Context: struct host_view. One interface. */
netlink_see tunnel_see;
/* 0 or a negative errno. */
int tunnels_read(struct host_view *v);

/* The tunnel that packets to these addresses leave by; NULL: none does. */
const struct host_tunnel *tunnel_to(const struct host_view *v, const struct net *to);
/* What must pass for it to work, both ways; returns how many, 0 where its other end is not known.
 */
size_t tunnel_needs(const struct host_tunnel *t, struct endpoint out[2]);

/* ERR_GATE: somebody whom this isolation lets pass is reached through a tunnel whose own packets it
 * does not let pass. Of one whose other end is not known, and of an emergency, which asks nothing,
 * that is only told. */
MUST_CHECK int tunnel_judge(const struct plan *p, const struct host_view *host, struct err *e);
/* "warn tunnel NAME NET": reached through one whose other end nobody here knows, so that a person
 * must see to it. */
void tunnel_warn(const struct plan *p, const struct host_view *host, struct buf *out);
