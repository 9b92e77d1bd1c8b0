/* live_diag.c: sockets as the kernel's sock_diag tells them (sock_diag(7)). */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
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

int live_diag_vsock(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct vsock_diag_msg head;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_socket_begin(d->s, DIAG, "VSOCK");
    live_put_word(j, "type", live_unix_types, head.vdiag_type);
    live_put_word(j, "state", live_socket_states, head.vdiag_state);
    json_put_u64(j, "local_cid", head.vdiag_src_cid);
    json_put_u64(j, "local_port", head.vdiag_src_port);
    json_put_u64(j, "remote_cid", head.vdiag_dst_cid);
    json_put_u64(j, "remote_port", head.vdiag_dst_port);
    live_socket_end(d->s, j, head.vdiag_ino);
    return d->s->c->status;
}

static void put_xdp_info(struct json *j, struct str value)
{
    struct xdp_diag_info info;

    if (!netlink_fixed(&value, &info, sizeof(info)))
        return;
    json_put_u64(j, "interface_index", info.ifindex);
    json_put_u64(j, "queue", info.queue_id);
}

int live_diag_xdp(void *context, const struct netlink_message *m)
{
    struct live_diag *d = context;
    struct str body = m->body;
    struct xdp_diag_msg head;
    struct netlink_attribute a;
    struct json *j;

    if (!netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    j = live_socket_begin(d->s, DIAG, "XDP");
    live_put_word(j, "type", live_unix_types, head.xdiag_type);
    while (netlink_attribute(&body, &a)) {
        if (a.type == XDP_DIAG_INFO)
            put_xdp_info(j, a.value);
        else if (a.type == XDP_DIAG_UID)
            json_put_u64(j, "uid", netlink_u32(a.value));
    }
    live_socket_end(d->s, j, head.xdiag_ino);
    return d->s->c->status;
}

/* One question, and the modules that answer it. */
struct question {
    uint8_t family;
    uint8_t protocol;
    const char *name;
    const char *modules[2];
    netlink_see *see;
    const char *registered; /* as /proc/net/protocols calls it; NULL: every kernel has it */
};
static const struct question questions[] = {
    {AF_INET, IPPROTO_TCP, "TCP", {"inet_diag", "tcp_diag"}, live_diag_inet, NULL},
    {AF_INET, IPPROTO_UDP, "UDP", {"inet_diag", "udp_diag"}, live_diag_inet, NULL},
    {AF_INET, IPPROTO_UDPLITE, "UDPLITE", {"inet_diag", "udp_diag"}, live_diag_inet, NULL},
    {AF_INET, IPPROTO_RAW, "RAW", {"inet_diag", "raw_diag"}, live_diag_inet, NULL},
    {AF_INET, IPPROTO_SCTP, "SCTP", {"inet_diag", "sctp_diag"}, live_diag_inet, "SCTP"},
    {AF_UNIX, 0, "UNIX", {"unix_diag"}, live_diag_unix, NULL},
    {AF_PACKET, 0, "PACKET", {"af_packet_diag"}, live_diag_packet, NULL},
    {AF_NETLINK, NDIAG_PROTO_ALL, "NETLINK", {"netlink_diag"}, live_diag_netlink, NULL},
    {AF_VSOCK, 0, "VSOCK", {"vsock_diag"}, live_diag_vsock, "AF_VSOCK"},
    {AF_XDP, 0, "XDP", {"xsk_diag"}, live_diag_xdp, "XDP"},
};

/* Names that stand at the start of the lines of /proc/net/protocols, after its heading. */
static bool is_registered(struct str protocols, const char *name)
{
    struct str line;

    while (take_line(&protocols, &line))
        if (str_is(str_field(&line), name))
            return true;
    return false;
}

/* What the kernel has and neither sock_diag nor a file of /proc/net is read for. Sockets of MPTCP
 * are told as those of TCP that they are made of. */
static void say_unread(struct live_sockets *s, struct str protocols)
{
    static const char *const read[] = {
        "protocol", "TCP",   "TCPv6",  "UDP",    "UDPv6",    "UDP-Lite", "UDPLITEv6",
        "RAW",      "RAWv6", "PING",   "PINGv6", "UNIX",     "PACKET",   "UNIX-STREAM",
        "NETLINK",  "SCTP",  "SCTPv6", "XDP",    "AF_VSOCK", "MPTCP",    "MPTCPv6"};
    struct str line;

    while (take_line(&protocols, &line)) {
        struct str name = str_field(&line);
        size_t i = 0;

        while (i < COUNT_OF(read) && !str_is(name, read[i]))
            i++;
        if (name.len && i == COUNT_OF(read))
            collection_missing(s->c, name, 0,
                               "this kernel has sockets of this kind, which are not read");
    }
}

void live_socket_diag_prepare(struct live_sockets *s)
{
    CLEANUP_BUF struct buf buf = {0};
    int code = host_read(&s->c->host, "proc/net/protocols", &buf, GATHER_SMALL_SIZE);

    if (code < 0)
        collection_missing(s->c, STR("/proc/net/protocols"), -code,
                           "which kinds of sockets this kernel has: %s", strerror(-code));
    say_unread(s, buf_str(&buf));
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        const struct question *q = &questions[i];

        if (q->registered && !is_registered(buf_str(&buf), q->registered))
            continue;
        if (live_may_ask(s->c, q->modules[0], "sockets by sock_diag") &&
            (!q->modules[1] || live_may_ask(s->c, q->modules[1], "sockets by sock_diag")))
            s->may_ask |= 1u << i;
    }
}

static void say(struct live_sockets *s, const struct live_netns *ns, const char *name, int code)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str what = live_netns_what(ns, name, &buf);

    if (code == -EINTR)
        collection_missing(s->c, what, 0,
                           "sockets came and went while sock_diag listed them: some may be missing "
                           "or told twice");
    else if (code == -ENOENT && ns->is_own) /* in one as in all */
        collection_missing(s->c, what, ENOENT, "this kernel's sock_diag does not know them");
    else if (code < 0 && code != -ENOENT)
        collection_missing(s->c, what, -code, "sock_diag: %s", strerror(-code));
}

static void ask(struct live_sockets *s, const struct live_netns *ns, const struct question *q,
                struct str request)
{
    struct live_diag d = {.s = s, .protocol = q->name};

    say(s, ns, q->name, netlink_ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request, q->see, &d));
}

static void ask_inet(struct live_sockets *s, const struct live_netns *ns, const struct question *q)
{
    struct inet_diag_req_v2 request = {.sdiag_protocol = q->protocol,
                                       .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                                       .idiag_states = UINT32_MAX};

    request.sdiag_family = AF_INET;
    ask(s, ns, q, (struct str){(char *)&request, sizeof(request)});
    request.sdiag_family = AF_INET6;
    ask(s, ns, q, (struct str){(char *)&request, sizeof(request)});
}

static void ask_one(struct live_sockets *s, const struct live_netns *ns, const struct question *q)
{
    struct unix_diag_req local = {.sdiag_family = AF_UNIX,
                                  .udiag_states = UINT32_MAX,
                                  .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER |
                                                UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID};
    struct packet_diag_req packet = {.sdiag_family = AF_PACKET,
                                     .pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_FILTER};
    struct netlink_diag_req netlink = {.sdiag_family = AF_NETLINK,
                                       .sdiag_protocol = NDIAG_PROTO_ALL,
                                       .ndiag_show = NDIAG_SHOW_GROUPS};
    struct vsock_diag_req vsock = {.sdiag_family = AF_VSOCK, .vdiag_states = UINT32_MAX};
    struct xdp_diag_req xdp = {.sdiag_family = AF_XDP, .xdiag_show = XDP_SHOW_INFO};

    switch (q->family) {
    case AF_INET:
        ask_inet(s, ns, q);
        break;
    case AF_UNIX:
        ask(s, ns, q, (struct str){(char *)&local, sizeof(local)});
        break;
    case AF_PACKET:
        ask(s, ns, q, (struct str){(char *)&packet, sizeof(packet)});
        break;
    case AF_NETLINK:
        ask(s, ns, q, (struct str){(char *)&netlink, sizeof(netlink)});
        break;
    case AF_VSOCK:
        ask(s, ns, q, (struct str){(char *)&vsock, sizeof(vsock)});
        break;
    default:
        ask(s, ns, q, (struct str){(char *)&xdp, sizeof(xdp)});
        break;
    }
}

void live_socket_diag(struct live_sockets *s, const struct live_netns *ns)
{
    for (size_t i = 0; i < COUNT_OF(questions) && !s->c->status; i++)
        if (s->may_ask & 1u << i)
            ask_one(s, ns, &questions[i]);
}
