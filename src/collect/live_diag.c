/* live_diag.c: sockets as the kernel's sock_diag tells them (sock_diag(7)). */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include "collect/live_socket.h"

#define DIAG "sock_diag"

static void put_count(struct json *j, const char *name, struct str info, size_t off)
{
    uint64_t count;

    if (info.len < off + sizeof(count))
        return;
    memcpy(&count, info.p + off, sizeof(count));
    json_put_u64(j, name, count);
}

/* struct tcp_info, which grew at its end over time. */
static void put_tcp_info(struct json *j, struct str info)
{
    uint32_t ms;

    put_count(j, "bytes_sent", info, offsetof(struct tcp_info, tcpi_bytes_acked));
    put_count(j, "bytes_received", info, offsetof(struct tcp_info, tcpi_bytes_received));
    if (info.len < offsetof(struct tcp_info, tcpi_last_data_recv) + sizeof(ms))
        return;
    memcpy(&ms, info.p + offsetof(struct tcp_info, tcpi_last_data_sent), sizeof(ms));
    json_put_u64(j, "last_sent_ms", ms);
    memcpy(&ms, info.p + offsetof(struct tcp_info, tcpi_last_data_recv), sizeof(ms));
    json_put_u64(j, "last_received_ms", ms);
}

int live_diag_inet(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct inet_diag_msg head;
    struct netlink_attribute a;
    struct live_inet n;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)) ||
        (head.idiag_family != AF_INET && head.idiag_family != AF_INET6))
        return 0;
    n = (struct live_inet){.protocol = d->protocol,
                           .family = head.idiag_family,
                           .local_port = ntohs(head.id.idiag_sport),
                           .remote_port = ntohs(head.id.idiag_dport),
                           .state = head.idiag_state,
                           .receive_queue = head.idiag_rqueue,
                           .send_queue = head.idiag_wqueue,
                           .timer = head.idiag_timer,
                           .timer_ms = head.idiag_expires,
                           .retransmits = head.idiag_retrans,
                           .uid = head.idiag_uid,
                           .inode = head.idiag_inode};
    memcpy(n.local, head.id.idiag_src, sizeof(n.local));
    memcpy(n.remote, head.id.idiag_dst, sizeof(n.remote));
    j = live_inet_begin(d->s, DIAG, &n);
    if (head.id.idiag_if)
        json_put_u64(j, "interface_index", head.id.idiag_if);
    while (netlink_attribute(&body, &a)) {
        if (a.type == INET_DIAG_INFO && strcmp(d->protocol, "TCP") == 0)
            put_tcp_info(j, a.value);
        else if (a.type == INET_DIAG_MARK && netlink_u32(a.value))
            live_put_hex_u64(j, "mark", netlink_u32(a.value));
        else if (a.type == INET_DIAG_SKV6ONLY && a.value.len)
            json_put_bool(j, "only_v6", a.value.p[0]);
    }
    live_socket_end(d->s, j, head.idiag_inode);
    return d->s->c->status;
}

/* An abstract name begins with a NUL byte and may hold more; people write it as @. */
static void put_unix_name(struct json *j, struct str name)
{
    CLEANUP_BUF struct buf text = {0};

    if (name.len == 0)
        return;
    buf_addstr(&text, name);
    if (text.p[0] == '\0')
        text.p[0] = '@';
    while (text.len && text.p[text.len - 1] == '\0' && name.p[0])
        text.len--;
    json_put_bool(j, "is_abstract", name.p[0] == '\0');
    put_bytes(j, "path", buf_str(&text));
}

static void put_unix_vfs(struct json *j, struct str value)
{
    struct unix_diag_vfs vfs;

    if (netlink_fixed(&value, &vfs, sizeof(vfs)))
        json_put_u64(j, "path_inode", vfs.udiag_vfs_ino);
}

static void put_unix_queues(struct json *j, struct str value)
{
    struct unix_diag_rqlen queues;

    if (!netlink_fixed(&value, &queues, sizeof(queues)))
        return;
    json_put_u64(j, "receive_queue", queues.udiag_rqueue);
    json_put_u64(j, "send_queue", queues.udiag_wqueue);
}

int live_diag_unix(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct unix_diag_msg head;
    struct netlink_attribute a;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_socket_begin(d->s, DIAG, "UNIX");
    live_put_word(j, "type", live_unix_types, head.udiag_type);
    live_put_word(j, "state", live_socket_states, head.udiag_state);
    while (netlink_attribute(&body, &a)) {
        if (a.type == UNIX_DIAG_NAME)
            put_unix_name(j, a.value);
        else if (a.type == UNIX_DIAG_VFS)
            put_unix_vfs(j, a.value);
        else if (a.type == UNIX_DIAG_PEER)
            json_put_u64(j, "peer_inode", netlink_u32(a.value));
        else if (a.type == UNIX_DIAG_RQLEN)
            put_unix_queues(j, a.value);
        else if (a.type == UNIX_DIAG_UID)
            json_put_u64(j, "uid", netlink_u32(a.value));
    }
    live_socket_end(d->s, j, head.udiag_ino);
    return d->s->c->status;
}

static void put_packet_info(struct json *j, struct str value)
{
    static const struct live_word flags[] = {{PDI_RUNNING, "running"},
                                             {PDI_AUXDATA, "auxiliary data"},
                                             {PDI_ORIGDEV, "original device"},
                                             {PDI_VNETHDR, "virtual header"},
                                             {PDI_LOSS, "loss"},
                                             {0, NULL}};
    struct packet_diag_info info;

    if (!netlink_fixed(&value, &info, sizeof(info)))
        return;
    json_put_u64(j, "interface_index", info.pdi_index);
    live_put_bits(j, "flags", flags, info.pdi_flags);
}

/* A filter that waits for one secret packet is how some backdoors listen without a port. */
static void put_filter(struct json *j, struct str value)
{
    enum { FILTER_SIZE = 32 << 10 };
    struct str part = str_head(value, FILTER_SIZE);

    json_put_u64(j, "filter_size", value.len);
    json_put_hex(j, "filter", part.p, part.len);
}

int live_diag_packet(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct packet_diag_msg head;
    struct netlink_attribute a;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_socket_begin(d->s, DIAG, "PACKET");
    live_put_word(j, "type", live_unix_types, head.pdiag_type);
    live_put_hex_u64(j, "ethertype", head.pdiag_num);
    while (netlink_attribute(&body, &a)) {
        if (a.type == PACKET_DIAG_INFO)
            put_packet_info(j, a.value);
        else if (a.type == PACKET_DIAG_UID)
            json_put_u64(j, "uid", netlink_u32(a.value));
        else if (a.type == PACKET_DIAG_FILTER)
            put_filter(j, a.value);
    }
    live_socket_end(d->s, j, head.pdiag_ino);
    return d->s->c->status;
}

int live_diag_netlink(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct netlink_diag_msg head;
    struct netlink_attribute a;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_socket_begin(d->s, DIAG, "NETLINK");
    live_put_word(j, "type", live_netlink_protocols, head.ndiag_protocol);
    json_put_u64(j, "port_id", head.ndiag_portid);
    while (netlink_attribute(&body, &a))
        if (a.type == NETLINK_DIAG_GROUPS && a.value.len)
            json_put_hex(j, "groups", a.value.p, a.value.len < 256 ? a.value.len : 256);
    live_socket_end(d->s, j, head.ndiag_ino);
    return d->s->c->status;
}

static void ask(struct live_sockets *s, const char *name, struct str request, netlink_see *see)
{
    struct live_diag d = {.s = s, .protocol = name};
    int code = netlink_ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request, see, &d);

    if (code == -EINTR)
        collection_missing(s->c, str_of(name), 0,
                           "sockets came and went while sock_diag listed them: some may be missing "
                           "or told twice");
    else if (code == -ENOENT)
        collection_missing(s->c, str_of(name), ENOENT,
                           "this kernel's sock_diag does not know them");
    else if (code < 0)
        collection_missing(s->c, str_of(name), -code, "sock_diag: %s", strerror(-code));
}

static void ask_inet(struct live_sockets *s, uint8_t family, uint8_t protocol, const char *name)
{
    struct inet_diag_req_v2 request = {.sdiag_family = family,
                                       .sdiag_protocol = protocol,
                                       .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                                       .idiag_states = UINT32_MAX};

    ask(s, name, (struct str){(char *)&request, sizeof(request)}, live_diag_inet);
}

void live_socket_diag(struct live_sockets *s)
{
    static const struct {
        uint8_t number;
        const char *name;
        const char *module;
    } protocols[] = {{IPPROTO_TCP, "TCP", "tcp_diag"},
                     {IPPROTO_UDP, "UDP", "udp_diag"},
                     {IPPROTO_UDPLITE, "UDPLITE", "udp_diag"},
                     {IPPROTO_RAW, "RAW", "raw_diag"}};
    struct unix_diag_req unix_request = {.sdiag_family = AF_UNIX,
                                         .udiag_states = UINT32_MAX,
                                         .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS |
                                                       UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN |
                                                       UDIAG_SHOW_UID};
    struct packet_diag_req packet_request = {.sdiag_family = AF_PACKET,
                                             .pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_FILTER};
    struct netlink_diag_req netlink_request = {.sdiag_family = AF_NETLINK,
                                               .sdiag_protocol = NDIAG_PROTO_ALL,
                                               .ndiag_show = NDIAG_SHOW_GROUPS};

    for (size_t i = 0; i < COUNT_OF(protocols); i++) {
        if (!live_may_ask(s->c, "inet_diag", "sockets by sock_diag") ||
            !live_may_ask(s->c, protocols[i].module, "sockets by sock_diag"))
            continue;
        ask_inet(s, AF_INET, protocols[i].number, protocols[i].name);
        ask_inet(s, AF_INET6, protocols[i].number, protocols[i].name);
    }
    if (live_may_ask(s->c, "unix_diag", "sockets by sock_diag"))
        ask(s, "UNIX", (struct str){(char *)&unix_request, sizeof(unix_request)}, live_diag_unix);
    if (live_may_ask(s->c, "af_packet_diag", "sockets by sock_diag"))
        ask(s, "PACKET", (struct str){(char *)&packet_request, sizeof(packet_request)},
            live_diag_packet);
    if (live_may_ask(s->c, "netlink_diag", "sockets by sock_diag"))
        ask(s, "NETLINK", (struct str){(char *)&netlink_request, sizeof(netlink_request)},
            live_diag_netlink);
}
