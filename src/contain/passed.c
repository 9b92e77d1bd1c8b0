/* passed.c: reads the kernel's list of tracked connections. */
#include "contain/passed.h"
#include <dirent.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include "base/mem.h"
#include "sys/file.h"

enum { PATH_SIZE = 320 };

/* One direction of it. */
struct tuple {
    struct net from;
    struct net to;
    uint16_t from_port;
    uint16_t to_port;
    uint8_t protocol;
};

static void take_address(struct tuple *t, const struct netlink_attribute *a)
{
    bool is_four = a->type == CTA_IP_V4_SRC || a->type == CTA_IP_V4_DST;
    bool is_from = a->type == CTA_IP_V4_SRC || a->type == CTA_IP_V6_SRC;

    if (a->type >= CTA_IP_V4_SRC && a->type <= CTA_IP_V6_DST &&
        a->value.len == (is_four ? 4u : 16u))
        *(is_from ? &t->from : &t->to) = net_single(a->value.p, !is_four);
}

static void take_port(struct tuple *t, const struct netlink_attribute *a)
{
    if (a->type == CTA_PROTO_NUM)
        t->protocol = (uint8_t)netlink_be(a->value);
    else if (a->type == CTA_PROTO_SRC_PORT)
        t->from_port = (uint16_t)netlink_be(a->value);
    else if (a->type == CTA_PROTO_DST_PORT)
        t->to_port = (uint16_t)netlink_be(a->value);
}

static void take_tuple(struct tuple *t, struct str value)
{
    struct netlink_attribute part, a;

    while (netlink_attribute(&value, &part)) {
        if (part.type != CTA_TUPLE_IP && part.type != CTA_TUPLE_PROTO)
            continue;
        while (netlink_attribute(&part.value, &a))
            if (part.type == CTA_TUPLE_IP)
                take_address(t, &a);
            else
                take_port(t, &a);
    }
}

/* Of TCP as it stands; TCP_CONNTRACK_NONE where that is not told. */
static uint8_t take_state(struct str info)
{
    struct netlink_attribute part, a;

    while (netlink_attribute(&info, &part))
        while (part.type == CTA_PROTOINFO_TCP && netlink_attribute(&part.value, &a))
            if (a.type == CTA_PROTOINFO_TCP_STATE)
                return (uint8_t)netlink_be(a.value);
    return TCP_CONNTRACK_NONE;
}

static bool is_own(const struct host_view *v, const struct net *n)
{
    for (size_t i = 0; i < v->own_count; i++)
        if (net_cmp(&v->own[i], n) == 0)
            return true;
    return net_is_loopback(n);
}

/* A datagram that nobody answered may have been for all of a link, this host too. */
static bool is_open(const struct tuple *t, uint8_t state, uint32_t status)
{
    if (t->protocol == IPPROTO_UDP)
        return status & IPS_SEEN_REPLY;
    return t->protocol == IPPROTO_TCP && state != TCP_CONNTRACK_LAST_ACK &&
           state != TCP_CONNTRACK_TIME_WAIT && state != TCP_CONNTRACK_CLOSE;
}

/* Who answers is where it really goes, whatever address was asked for. */
static void add(struct host_view *v, const struct tuple *there, const struct tuple *back)
{
    if (!there->from.size || !back->from.size || is_own(v, &there->from) || is_own(v, &back->from))
        return;
    if (v->passed_count == HOST_SOCKET_COUNT) {
        v->is_tracked = false; /* not all of them are told */
        return;
    }
    v->passed = mem_grow(v->passed, v->passed_count, &v->passed_room, sizeof(*v->passed));
    v->passed[v->passed_count++] = (struct host_socket){.local = back->from,
                                                        .remote = there->from,
                                                        .local_port = back->from_port,
                                                        .remote_port = there->from_port,
                                                        .protocol = there->protocol,
                                                        .is_passed_on = true};
}

int passed_see(void *context, const struct netlink_message *m)
{
    struct host_view *v = context;
    struct tuple there = {0}, back = {0};
    struct str body = m->body;
    struct netlink_attribute a;
    uint8_t state = TCP_CONNTRACK_NONE;
    uint32_t status = 0;
    struct nfgenmsg head;

    if (m->type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) ||
        !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == CTA_TUPLE_ORIG)
            take_tuple(&there, a.value);
        else if (a.type == CTA_TUPLE_REPLY)
            take_tuple(&back, a.value);
        else if (a.type == CTA_PROTOINFO)
            state = take_state(a.value);
        else if (a.type == CTA_STATUS)
            status = (uint32_t)netlink_be(a.value);
    }
    if (!v->passed_count)
        v->is_tracked = true;
    if (is_open(&there, state, status))
        add(v, &there, &back);
    return 0;
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* "default" is for interfaces to come. */
static bool passes_on(const char *folder)
{
    CLEANUP(folderp) DIR *d = opendir(folder);
    struct dirent *item;

    while (d && (item = readdir(d))) {
        CLEANUP_BUF struct buf text = {0};
        char path[PATH_SIZE];

        if (str_is(str_of(item->d_name), "default"))
            continue;
        snprintf(path, sizeof(path), "%s/%s/forwarding", folder, item->d_name);
        if (file_read(&text, path, 16, NULL) == 0 && !str_is(str_trim(buf_str(&text)), "0"))
            return true;
    }
    return false;
}

void passed_read(struct host_view *v)
{
    struct nfgenmsg question = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};

    v->is_router = passes_on("/proc/sys/net/ipv4/conf") || passes_on("/proc/sys/net/ipv6/conf");
    if (v->is_router)
        (void)netlink_ask(NETLINK_NETFILTER, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
                          (struct str){(char *)&question, sizeof(question)}, passed_see, v);
}

void passed_warn(const struct host_view *v, struct buf *out)
{
    if (v->is_router && !v->is_tracked)
        buf_adds(out, "warn routed\n");
}
