/* traffic.h: what this host's network has counted since it started; of two looks the difference
 * says what comes now. Read from /proc/net, by formats of proc(5). */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { TRAFFIC_LINK_COUNT = 64, TRAFFIC_PORT_COUNT = 256, TRAFFIC_NAME_SIZE = 16 };

struct traffic_link {
    char name[TRAFFIC_NAME_SIZE];
    uint64_t packets; /* received */
    uint64_t bytes;
};
struct traffic_port {
    uint16_t port;
    uint64_t waiting; /* bytes that came and that its program has not read */
    uint64_t dropped; /* datagrams that found no room */
};

struct traffic {
    uint64_t udp_in;      /* datagrams that a program got */
    uint64_t udp_no_port; /* to a port where none listens */
    uint64_t udp_no_room;
    uint64_t tcp_opened; /* connections that others began */
    struct traffic_link links[TRAFFIC_LINK_COUNT];
    size_t link_count;
    struct traffic_port ports[TRAFFIC_PORT_COUNT]; /* of UDP, of this host */
    size_t port_count;
};

/* Adds what one file of /proc/net says: "snmp", "snmp6", "dev", "udp" or "udp6". What is not
 * spelled as that file is left out. */
void traffic_add(struct traffic *t, const char *file, struct str text);
/* Files that are not there are left out. */
void traffic_read(struct traffic *out);
/* later − before, for what both have; the same places. */
void traffic_subtract(struct traffic *later, const struct traffic *before);
