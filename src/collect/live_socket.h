/* live_socket.h: what the two views of the host's sockets share. */
#pragma once
#include "collect/live_net.h"

struct live_sockets {
    struct collection *c;
    struct bundle_lines *lines;
    uint64_t netns;   /* which is being read; 0 where unknown */
    unsigned may_ask; /* which of sock_diag's questions load no module: a bit for each */
};

/* A socket of an IP protocol, whichever view told it. */
struct live_inet {
    const char *protocol;
    int family; /* AF_INET, AF_INET6 */
    uint8_t local[16];
    uint8_t remote[16];
    uint16_t local_port;
    uint16_t remote_port;
    uint64_t state; /* TCP_LISTEN … */
    uint64_t receive_queue;
    uint64_t send_queue;
    uint64_t timer; /* which; 0: none */
    uint64_t timer_ms;
    uint64_t retransmits;
    uint64_t uid;
    uint64_t inode;
};

/* Starts a line: from is "sock_diag" or "/proc/net". */
struct json *live_socket_begin(struct live_sockets *s, const char *from, const char *protocol);
/* Puts inode, owning processes and programs, and ends the line. */
void live_socket_end(struct live_sockets *s, struct json *j, uint64_t inode);
/* Starts the line of such a socket; more may be put before live_socket_end. */
struct json *live_inet_begin(struct live_sockets *s, const char *from, const struct live_inet *n);

extern const struct live_word live_unix_types[];
extern const struct live_word live_netlink_protocols[];
extern const struct live_word live_socket_states[];

/* Fills may_ask, and says what may not be asked. */
void live_socket_diag_prepare(struct live_sockets *s);
/* Asks sock_diag, which tells of the network namespace of the thread that asks. */
void live_socket_diag(struct live_sockets *s, const struct live_netns *ns);
/* The sockets of one network namespace as the files in its /proc/net have them. */
void live_socket_files(struct live_sockets *s, const struct live_netns *ns);

/* Reads one message of sock_diag and writes its line; protocol names the IP protocol where it is
 * one. For tests and fuzzing. */
struct live_diag {
    struct live_sockets *s;
    const char *protocol;
};
int live_diag_inet(void *context, const struct netlink_message *m);
int live_diag_unix(void *context, const struct netlink_message *m);
int live_diag_packet(void *context, const struct netlink_message *m);
int live_diag_netlink(void *context, const struct netlink_message *m);
int live_diag_vsock(void *context, const struct netlink_message *m);
int live_diag_xdp(void *context, const struct netlink_message *m);
