/* host_peers.c: counts who is connected to this host. */
#include <stdlib.h>
#include "base/mem.h"
#include "contain/host_view.h"

static struct net source_of(const struct host_socket *s, unsigned four, unsigned six)
{
    struct net n = s->remote;

    n.prefix = (uint8_t)(n.size == 4 ? four : six);
    for (unsigned bit = n.prefix; bit < n.size * 8u; bit++)
        n.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    return n;
}

struct visit {
    struct net net;
    uint16_t port;
    bool is_half_open;
};

static int cmp_visit(const void *a, const void *b)
{
    const struct visit *x = a, *y = b;
    int order = net_cmp(&x->net, &y->net);

    return order ? order : (x->port > y->port) - (x->port < y->port);
}

static int cmp_peer(const void *a, const void *b)
{
    const struct host_peer *x = a, *y = b;
    uint32_t m = x->open + x->half_open, n = y->open + y->half_open;

    return m != n ? (m < n ? 1 : -1) : net_cmp(&x->net, &y->net);
}

/* The visits of one source stand together, by port. */
static size_t count_visits(const struct visit *visits, size_t count, struct host_peer *peers)
{
    size_t peer_count = 0, run = 0, best = 0;

    for (size_t i = 0; i < count; i++) {
        struct host_peer *p;
        bool is_new = i == 0 || net_cmp(&visits[i - 1].net, &visits[i].net) != 0;

        if (is_new) {
            peers[peer_count++] = (struct host_peer){.net = visits[i].net};
            best = 0;
        }
        p = &peers[peer_count - 1];
        run = !is_new && visits[i - 1].port == visits[i].port ? run + 1 : 1;
        if (run > best) {
            best = run;
            p->port = visits[i].port;
        }
        p->open += !visits[i].is_half_open;
        p->half_open += visits[i].is_half_open;
    }
    return peer_count;
}

void host_peers(const struct host_view *v, unsigned four, unsigned six, struct host_peer **out,
                size_t *count)
{
    CLEANUP_FREE struct visit *visits = mem_array(v->socket_count + 1, sizeof(*visits));
    struct host_peer *peers = mem_array(v->socket_count + 1, sizeof(*peers));
    size_t visit_count = 0;

    for (size_t i = 0; i < v->socket_count; i++) {
        const struct host_socket *s = &v->sockets[i];

        if (!s->is_listener && (s->is_inbound || s->is_half_open))
            visits[visit_count++] = (struct visit){.net = source_of(s, four, six),
                                                   .port = s->local_port,
                                                   .is_half_open = s->is_half_open};
    }
    qsort(visits, visit_count, sizeof(*visits), cmp_visit);
    *count = count_visits(visits, visit_count, peers);
    qsort(peers, *count, sizeof(*peers), cmp_peer);
    *out = peers;
}
