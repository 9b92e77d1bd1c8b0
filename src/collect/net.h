/* net.h: the facts of a link, a route, an address and a neighbour, from whichever source, and how
 * they are written. */
#pragma once
#include "collect/gather.h"

struct net_link {
    struct str name;
    struct str mac;  /* aa:bb:… */
    struct str kind; /* "bridge", "vlan" …; empty for plain hardware */
    const char *master;
    uint64_t index;
    uint64_t mtu;
    uint64_t rx_bytes, tx_bytes, rx_errors, tx_errors;
    uint64_t flags; /* IFF_* */
    bool has_counters;
    bool has_carrier;
    bool is_promiscuous;
};
void net_add_link(struct gather *g, const struct net_link *l);
void net_add_neighbour(struct gather *g, const char *interface, const char *address, struct str mac,
                       const char *state);
void net_add_address(struct gather *g, const char *interface, const char *address, unsigned prefix,
                     bool is_six, const char *scope);

struct net_route {
    char destination[64]; /* "10.0.0.0/8" */
    char gateway[48];     /* empty where there is none */
    char source[48];
    const char *interface; /* NULL where there is none */
    const char *type;
    uint64_t table;
    uint64_t metric;
};
void net_add_route(struct gather *g, const struct net_route *r);

const char *net_route_type(unsigned type);            /* RTN_* */
const char *net_neighbour_state(unsigned state);      /* NUD_*; NULL where there is none */
const char *net_scope_name(unsigned scope);           /* RT_SCOPE_* */
void net_mac_text(struct str value, struct buf *out); /* aa:bb:… */

/* Names of the interfaces from the routing socket; false where it is not asked or does not answer.
 */
bool net_scan_interfaces(struct gather *g);

/* The same from the files of a copied tree, or where the routing socket is refused. */
void net_files_links(struct gather *g);
void net_files_neighbours(struct gather *g);
void net_files_routes(struct gather *g);
void net_files_addresses(struct gather *g);
