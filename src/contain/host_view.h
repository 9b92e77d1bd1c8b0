/* host_view.h: what this host's network is doing now, as a plan is judged by it and its preview
 * tells. Read from the kernel (sock_diag, rtnetlink) and /proc; changes nothing. */
#pragma once
#include "contain/net.h"

enum { HOST_SOCKET_COUNT = 1000000, HOST_PROGRAM_SIZE = 16 };

struct host_socket {
    struct net local; /* single addresses; IPv4 within IPv6 is IPv4 */
    struct net remote;
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t protocol;  /* IPPROTO_TCP, IPPROTO_UDP */
    bool is_listener;  /* waits for others; remote is empty */
    bool is_half_open; /* somebody asked for a connection and has not gone on */
    bool is_inbound;   /* somebody else began it: this host listens on that port */
    bool is_ours;      /* a connection of a process that this one descends from: the responder's */
    bool is_passed_on; /* of others, by this host: from remote to local, and neither is its own */
    bool is_held;      /* program is known */
    uint32_t inode;
    char program[HOST_PROGRAM_SIZE]; /* as the kernel names a process that holds it; "" unknown */
};

struct host_lease {
    struct net address;
    uint32_t left_s;
};

/* An interface whose packets travel within others. */
struct host_tunnel {
    char name[16];
    uint32_t index;
    uint32_t master; /* of the bridge that it is a port of; 0: none */
    struct net end;  /* where its packets go; size 0: not known */
    uint16_t port;   /* of UDP there and here; 0: a protocol without ports */
    bool is_frames;  /* of a program here that takes whole frames: a tap */
};

struct host_view {
    struct host_socket *sockets;
    size_t socket_count;
    size_t socket_room;
    struct net *own; /* addresses of this host, loopback too */
    size_t own_count;
    size_t own_room;
    struct net *gateways;
    size_t gateway_count;
    struct host_lease *leases; /* addresses that are lost unless somebody renews them */
    size_t lease_count;
    size_t lease_room;
    struct host_socket *passed; /* connections of others that this host passes on */
    size_t passed_count;
    size_t passed_room;
    bool is_router;  /* it passes packets on */
    bool is_tracked; /* and the kernel lists their connections */
    struct host_tunnel *tunnels;
    size_t tunnel_count;
    size_t tunnel_room;
    struct endpoint guarded[16]; /* what no plan may cut off besides: from where people work, the
                                    case's server */
    size_t guarded_count;
    struct endpoint *others; /* whom plans in effect let pass */
    size_t other_count;
    size_t other_room;
};

/* ERR_IO: the kernel does not tell. */
MUST_CHECK int host_view_read(struct host_view *v, struct err *e);
void host_view_release(struct host_view *v);
#define CLEANUP_HOST_VIEW CLEANUP(host_view_release)

/* Who is connected here, and how often: sources of connections that others began. */
struct host_peer {
    struct net net;     /* an address, or its /24 or /48 */
    uint32_t open;      /* connections */
    uint32_t half_open; /* those that wait for the other side */
    uint16_t port;      /* of this host, that most of them reach */
};
/* Most connections first; the caller frees *out. bits: of an address that are one source. */
void host_peers(const struct host_view *v, unsigned four, unsigned six, struct host_peer **out,
                size_t *count);

/* Would a packet of this connection pass, both ways? */
bool endpoint_has(const struct endpoint *p, const struct host_socket *s);
