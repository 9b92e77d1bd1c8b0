/* receive_peer.c: keeps account of addresses. */
#include "sys/receive_peer.h"
#include <netinet/in.h>

static void put_key(uint8_t key[16], const struct address *from)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    memset(key, 0, 16);
    memcpy(&four, &from->at, sizeof(four));
    memcpy(&six, &from->at, sizeof(six));
    if (from->at.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
        memcpy(key, &six.sin6_addr, 8); /* who has a network has all of its addresses */
        return;
    }
    key[10] = key[11] = 0xff;
    if (from->at.ss_family == AF_INET6)
        memcpy(key + 12, (const uint8_t *)&six.sin6_addr + 12, 4);
    else
        memcpy(key + 12, &four.sin_addr, 4);
}

static bool holds_something(const struct receive_peer *p)
{
    return p->greeting || p->sending || p->bundles || p->bytes;
}

struct receive_peer *receive_peer_of(struct receive_peers *all, const struct address *from,
                                     int64_t now_ms)
{
    struct receive_peer *free_one = NULL;
    uint8_t key[16];

    put_key(key, from);
    for (size_t i = 0; i < RECEIVE_PEER_COUNT; i++) {
        struct receive_peer *p = &all->at[i];

        if (p->is_used && memcmp(p->key, key, sizeof(key)) == 0) {
            p->seen_ms = now_ms;
            return p;
        }
        if (!holds_something(p) && (!free_one || p->seen_ms < free_one->seen_ms))
            free_one = p;
    }
    if (!free_one)
        return NULL;
    *free_one = (struct receive_peer){.is_used = true, .seen_ms = now_ms};
    memcpy(free_one->key, key, sizeof(key));
    return free_one;
}

bool receive_peer_refused(struct receive_peer *p, int64_t now_ms, uint64_t *before)
{
    p->not_before_ms = now_ms + RECEIVE_PEER_PAUSE_MS;
    if (p->told_ms && now_ms - p->told_ms < RECEIVE_PEER_QUIET_MS) {
        p->untold++;
        return false;
    }
    *before = p->untold;
    p->untold = 0;
    p->told_ms = now_ms;
    return true;
}
