/* net.h: addresses, networks and the endpoints that a plan names; numeric only, no name is looked
 * up. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { NET_TEXT_SIZE = 64, ENDPOINT_TEXT_SIZE = 96 };

struct net {
    uint8_t bytes[16]; /* network order; bits behind the prefix are 0 */
    uint8_t size;      /* 4 or 16 */
    uint8_t prefix;    /* bits */
};

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32"; an address within a network ("192.0.2.7/24") is
 * refused, since nobody can say what was meant. ERR_USAGE. */
MUST_CHECK int net_read(struct str text, struct net *out, struct err *e);
/* A single address of 16 bytes or of 4; an IPv4 one spelled within IPv6 is the IPv4 address. */
struct net net_single(const void *bytes, bool is_six);
/* As net_read takes it; without /32 and /128. */
const char *net_text(char out[NET_TEXT_SIZE], const struct net *n);
bool net_has(const struct net *n, const struct net *other); /* all of other lies in n */
bool net_is_one(const struct net *n);                       /* a single address */
bool net_is_loopback(const struct net *n);
int net_cmp(const void *a, const void *b); /* for qsort: IPv4 first */
/* The last address of it, as many bytes as it has. */
void net_last(const struct net *n, uint8_t out[16]);

/* Sorted, without what lies in another. Returns how many are left. */
size_t net_list_normalise(struct net *nets, size_t count);

enum endpoint_way { ENDPOINT_BOTH, ENDPOINT_IN, ENDPOINT_OUT };
struct endpoint {
    struct net net;
    uint8_t protocol;    /* IPPROTO_TCP, IPPROTO_UDP; 0: all */
    uint16_t port_first; /* of the side that answers: this host for IN, the other for OUT */
    uint16_t port_last;
    enum endpoint_way way; /* who begins: the other side (IN), this host (OUT) */
};
/* "10.1.0.7", "10.1.0.7:22", "[2001:db8::7]:22", "10.1.0.0/24,udp,514,out",
 * "10.1.0.7,tcp,22-23,in". A port without more is TCP and in. ERR_USAGE. */
MUST_CHECK int endpoint_read(struct str text, struct endpoint *out, struct err *e);
const char *endpoint_text(char out[ENDPOINT_TEXT_SIZE], const struct endpoint *p);
