/* receive_peer.h: what comes from one address, so that it cannot keep the others out: an IPv4
 * address, or the first 64 bits of an IPv6 one. */
#pragma once
#include "base/address.h"

enum {
    RECEIVE_PEER_COUNT = 1024,
    RECEIVE_PEER_GREETING_COUNT = 4, /* connections that have not shown who they are */
    RECEIVE_PEER_SENDER_COUNT = 16,  /* connections that have */
    RECEIVE_PEER_BUNDLE_COUNT = 256, /* bundles of which something came, in one run */
    RECEIVE_PEER_PAUSE_MS = 250,     /* after a refusal, before the next is listened to */
    RECEIVE_PEER_QUIET_MS = 10000,   /* between two refusals that are told one by one */
};

struct receive_peer {
    uint8_t key[16];
    bool is_used;
    size_t greeting;
    size_t sending;
    size_t bundles;
    uint64_t bytes;
    int64_t not_before_ms; /* no worker is started for it earlier */
    int64_t told_ms;       /* when a refusal was told; 0: never */
    uint64_t untold;       /* refusals since */
    int64_t seen_ms;
};

struct receive_peers {
    struct receive_peer at[RECEIVE_PEER_COUNT];
};

/* The one of this address; in place of the one that was not seen for longest and holds nothing,
 * when there are too many. NULL: all hold something. */
struct receive_peer *receive_peer_of(struct receive_peers *all, const struct address *from,
                                     int64_t now_ms);
/* Notes a refusal. Whether it is to be told; *before is how many were not, since the last. */
bool receive_peer_refused(struct receive_peer *p, int64_t now_ms, uint64_t *before);
