/* host_see.h: what becomes of one message of an answer about this host's sockets and addresses. */
#pragma once
#include "contain/host_view.h"
#include "sys/netlink.h"

/* Context: struct host_asked. */
struct host_asked {
    struct host_view *view;
    uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
};
netlink_see host_see_socket;
/* Context: struct host_view. */
netlink_see host_see_address;
