/* host_view.c: reads sockets, addresses and gateways of this host. */
#include "contain/host_view.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/host_see.h"
#include "contain/passed.h"
#include "contain/route.h"
#include "contain/tunnel.h"
#include "sys/file.h"

/* TCP_NEW_SYN_RECV of the kernel, which no header for programs has. */
enum { NEW_SYN_RECEIVED = 12 };
enum { PARENT_COUNT = 64, LINK_SIZE = 64, PATH_SIZE = 64 };

static bool is_unset(const struct net *n)
{
    static const uint8_t zeros[16];

    return memcmp(n->bytes, zeros, n->size) == 0;
}

int host_see_socket(void *context, const struct netlink_message *m)
{
    struct host_asked *asked = context;
    struct host_view *v = asked->view;
    struct str body = m->body;
    struct inet_diag_msg d;
    struct host_socket s = {.protocol = asked->protocol};

    if (m->type != SOCK_DIAG_BY_FAMILY || !netlink_fixed(&body, &d, sizeof(d)))
        return 0;
    if (v->socket_count == HOST_SOCKET_COUNT)
        return -E2BIG;
    s.local = net_single(d.id.idiag_src, d.idiag_family == AF_INET6);
    s.remote = net_single(d.id.idiag_dst, d.idiag_family == AF_INET6);
    s.local_port = __builtin_bswap16(d.id.idiag_sport);
    s.remote_port = __builtin_bswap16(d.id.idiag_dport);
    s.is_listener =
        asked->protocol == IPPROTO_TCP ? d.idiag_state == TCP_LISTEN : is_unset(&s.remote);
    s.is_half_open = asked->protocol == IPPROTO_TCP &&
                     (d.idiag_state == TCP_SYN_RECV || d.idiag_state == NEW_SYN_RECEIVED);
    s.inode = d.idiag_inode;
    v->sockets = mem_grow(v->sockets, v->socket_count, &v->socket_room, sizeof(s));
    v->sockets[v->socket_count++] = s;
    return 0;
}

static int read_sockets(struct host_view *v, struct err *e)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    static const uint8_t families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < COUNT_OF(protocols) * COUNT_OF(families); i++) {
        struct host_asked asked = {v, protocols[i / 2]};
        struct inet_diag_req_v2 question = {
            .sdiag_family = families[i % 2],
            .sdiag_protocol = protocols[i / 2],
            .idiag_states = protocols[i / 2] == IPPROTO_UDP
                                ? UINT32_MAX
                                : 1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV |
                                      1u << NEW_SYN_RECEIVED | 1u << TCP_LISTEN};
        int code =
            netlink_ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY,
                        (struct str){(char *)&question, sizeof(question)}, host_see_socket, &asked);

        if (code && code != -EINTR && code != -ENOENT) {
            errno = -code;
            return err_errno(e, "cannot ask the kernel for this host's connections");
        }
    }
    return 0;
}

/* Once each: a router has thousands of ways through one gateway. */
static void add_net(struct net **list, size_t *count, size_t *room, struct net n)
{
    for (size_t i = 0; i < *count; i++)
        if (net_cmp(&(*list)[i], &n) == 0)
            return;
    *list = mem_grow(*list, *count, room, sizeof(n));
    (*list)[(*count)++] = n;
}

int host_see_address(void *context, const struct netlink_message *m)
{
    struct host_view *v = context;
    struct str body = m->body;
    struct ifa_cacheinfo life = {.ifa_valid = UINT32_MAX};
    struct netlink_attribute a;
    struct net address = {0};
    struct ifaddrmsg head;

    if (m->type != RTM_NEWADDR || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFA_CACHEINFO && a.value.len >= sizeof(life))
            memcpy(&life, a.value.p, sizeof(life));
        if ((a.type != IFA_LOCAL && a.type != IFA_ADDRESS) ||
            a.value.len != (head.ifa_family == AF_INET6 ? 16u : 4u))
            continue;
        address = net_single(a.value.p, head.ifa_family == AF_INET6);
        add_net(&v->own, &v->own_count, &v->own_room, address);
    }
    if (life.ifa_valid == UINT32_MAX || !address.size)
        return 0;
    v->leases = mem_grow(v->leases, v->lease_count, &v->lease_room, sizeof(*v->leases));
    v->leases[v->lease_count++] = (struct host_lease){address, life.ifa_valid};
    return 0;
}

static int read_net(struct host_view *v, struct err *e)
{
    CLEANUP_ROUTE_WAYS struct route_ways ways = {0};
    struct ifaddrmsg addresses = {0};
    int code =
        netlink_ask(NETLINK_ROUTE, RTM_GETADDR, (struct str){(char *)&addresses, sizeof(addresses)},
                    host_see_address, v);

    if (code == 0 || code == -EINTR)
        code = tunnels_read(v);
    if (code == 0 || code == -EINTR)
        code = route_read_all(&ways);
    if (code) {
        errno = -code;
        return err_errno(e,
                         "cannot ask the kernel for this host's addresses, interfaces and routes");
    }
    v->gateways = MOVE(ways.gateways);
    v->gateway_count = ways.gateway_count;
    return 0;
}

static int by_inode(const void *a, const void *b)
{
    const struct host_socket *x = a, *y = b;

    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* The processes that this one descends from, itself first. */
static size_t read_parents(pid_t out[PARENT_COUNT])
{
    size_t count = 0;
    pid_t pid = getpid();

    while (pid > 1 && count < PARENT_COUNT) {
        CLEANUP_BUF struct buf text = {0};
        char path[PATH_SIZE];
        const char *after;
        struct str rest;
        uint64_t parent;

        out[count++] = pid;
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        if (file_read(&text, path, 8192, NULL) || !(after = strrchr(buf_text(&text), ')')))
            break;
        rest = str_of(after);
        str_cut(&rest, ' '); /* ) */
        str_cut(&rest, ' '); /* state */
        if (!str_u64(str_cut(&rest, ' '), &parent))
            break;
        pid = (pid_t)parent;
    }
    return count;
}

struct holder {
    struct host_view *view;
    size_t *left; /* sockets that nobody holds yet */
    bool is_ours;
    char program[HOST_PROGRAM_SIZE];
};

static void hold(struct holder *h, const char *link)
{
    struct host_socket key = {0}, *found;
    struct str text = str_of(link);
    uint64_t inode;

    if (!str_starts(text, "socket:[") || !str_ends(text, "]"))
        return;
    if (!str_u64((struct str){text.p + 8, text.len - 9}, &inode) || inode == 0)
        return;
    key.inode = (uint32_t)inode;
    found = bsearch(&key, h->view->sockets, h->view->socket_count, sizeof(key), by_inode);
    if (!found)
        return;
    if (!found->is_held) {
        memcpy(found->program, h->program, sizeof(found->program));
        found->is_held = true;
        --*h->left;
    }
    found->is_ours |= h->is_ours && !found->is_listener;
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

static void read_holder(struct host_view *v, const char *pid, bool is_ours, size_t *left)
{
    struct holder h = {.view = v, .is_ours = is_ours, .left = left};
    CLEANUP_BUF struct buf name = {0};
    char path[PATH_SIZE], link[LINK_SIZE + 1];
    struct dirent *item;

    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    if (file_read(&name, path, 256, NULL) == 0)
        snprintf(h.program, sizeof(h.program), STR_FMT, STR_ARG(str_trim(buf_str(&name))));
    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    {
        CLEANUP(folderp) DIR *d = opendir(path);

        while (d && (item = readdir(d))) {
            ssize_t n = readlinkat(dirfd(d), item->d_name, link, LINK_SIZE);

            if (n <= 0)
                continue;
            link[n] = '\0';
            hold(&h, link);
        }
    }
}

static size_t count_held(const struct host_view *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->socket_count; i++)
        count += v->sockets[i].inode != 0;
    return count;
}

/* Those that this process descends from first: what they hold is the person's. Of the others no
 * more than it takes, since each file of each of them is looked at. */
static void read_holders(struct host_view *v)
{
    CLEANUP(folderp) DIR *d = opendir("/proc");
    pid_t parents[PARENT_COUNT];
    size_t count = read_parents(parents), left = count_held(v);
    struct dirent *item;
    char text[16];

    if (!left)
        return;
    qsort(v->sockets, v->socket_count, sizeof(*v->sockets), by_inode);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "%d", (int)parents[i]);
        read_holder(v, text, true, &left);
    }
    while (d && left && (item = readdir(d))) {
        uint64_t pid;
        bool is_ours = false;

        if (!str_u64(str_of(item->d_name), &pid))
            continue;
        for (size_t i = 0; i < count; i++)
            is_ours |= (uint64_t)parents[i] == pid;
        if (!is_ours)
            read_holder(v, item->d_name, false, &left);
    }
}

/* Ports that this host listens on, a bit for each. */
struct ports {
    uint8_t tcp[65536 / 8];
    uint8_t udp[65536 / 8];
};

static void mark_inbound(struct host_view *v)
{
    CLEANUP_FREE struct ports *ports = mem_new(struct ports);

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < v->socket_count; i++) {
            struct host_socket *s = &v->sockets[i];
            uint8_t *bits = s->protocol == IPPROTO_TCP ? ports->tcp : ports->udp;
            uint8_t bit = (uint8_t)(1u << s->local_port % 8);

            if (pass == 0 && s->is_listener)
                bits[s->local_port / 8] |= bit;
            else if (pass == 1 && !s->is_listener)
                s->is_inbound = bits[s->local_port / 8] & bit;
        }
}

int host_view_read(struct host_view *v, struct err *e)
{
    int rc;

    *v = (struct host_view){0};
    rc = read_sockets(v, e);
    if (rc == 0)
        rc = read_net(v, e);
    if (rc) {
        host_view_release(v);
        return rc;
    }
    passed_read(v);
    mark_inbound(v);
    read_holders(v);
    return 0;
}

void host_view_release(struct host_view *v)
{
    free(v->sockets);
    free(v->own);
    free(v->gateways);
    free(v->leases);
    free(v->others);
    free(v->passed);
    free(v->tunnels);
    *v = (struct host_view){0};
}

bool endpoint_has(const struct endpoint *p, const struct host_socket *s)
{
    uint16_t port;

    if (!net_has(&p->net, &s->remote))
        return false;
    if (!p->protocol)
        return true;
    port = p->way == ENDPOINT_IN ? s->local_port : s->remote_port;
    return p->protocol == s->protocol && port >= p->port_first && port <= p->port_last;
}
