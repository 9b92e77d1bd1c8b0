/* net.c: reads and spells addresses, networks and endpoints. */
#include "contain/net.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_net(struct str text, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "\"" STR_FMT "\" is no address and no network; write 192.0.2.7, 192.0.2.0/24 or "
                   "2001:db8::/32",
                   STR_ARG(str_head(text, 80)));
}

static bool read_address(struct str text, struct net *out)
{
    char copy[INET6_ADDRSTRLEN];
    bool is_six = text.len && memchr(text.p, ':', text.len);

    if (!text.len || text.len >= sizeof(copy) || memchr(text.p, '\0', text.len))
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    out->size = is_six ? 16 : 4;
    return inet_pton(is_six ? AF_INET6 : AF_INET, copy, out->bytes) == 1;
}

/* An IPv4 address spelled within IPv6 is the IPv4 address: rules for it would hold nothing. */
static void unmap(struct net *n)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (n->size != 16 || n->prefix < 96 || memcmp(n->bytes, mapped, sizeof(mapped)) != 0)
        return;
    memmove(n->bytes, n->bytes + 12, 4);
    memset(n->bytes + 4, 0, 12);
    n->size = 4;
    n->prefix = (uint8_t)(n->prefix - 96);
}

struct net net_single(const void *bytes, bool is_six)
{
    struct net n = {.size = is_six ? 16 : 4, .prefix = is_six ? 128 : 32};

    memcpy(n.bytes, bytes, n.size);
    unmap(&n);
    return n;
}

static bool has_bits_behind(const struct net *n)
{
    for (unsigned bit = n->prefix; bit < n->size * 8u; bit++)
        if (n->bytes[bit / 8] & 0x80u >> bit % 8)
            return true;
    return false;
}

int net_read(struct str text, struct net *out, struct err *e)
{
    struct str rest = text, address = str_cut(&rest, '/');
    struct net n = {0};
    uint64_t prefix;

    if (!read_address(address, &n))
        return no_net(text, e);
    prefix = n.size * 8u;
    if (address.len < text.len &&
        (!str_u64(rest, &prefix) || prefix > n.size * 8u || (rest.len > 1 && rest.p[0] == '0')))
        return no_net(text, e);
    n.prefix = (uint8_t)prefix;
    if (has_bits_behind(&n))
        return err_set(e, ERR_USAGE,
                       "\"" STR_FMT "\" names an address and a network at once; write the address "
                       "alone, or the network with zeros behind its prefix",
                       STR_ARG(str_head(text, 80)));
    unmap(&n);
    *out = n;
    return 0;
}

bool net_is_one(const struct net *n)
{
    return n->prefix == n->size * 8;
}

const char *net_text(char out[NET_TEXT_SIZE], const struct net *n)
{
    inet_ntop(n->size == 16 ? AF_INET6 : AF_INET, n->bytes, out, INET6_ADDRSTRLEN);
    if (!net_is_one(n)) {
        size_t len = strlen(out);

        snprintf(out + len, NET_TEXT_SIZE - len, "/%u", n->prefix);
    }
    return out;
}

bool net_has(const struct net *n, const struct net *other)
{
    unsigned whole = n->prefix / 8, left = n->prefix % 8;
    uint8_t mask = (uint8_t)(0xff00u >> left);

    if (n->size != other->size || n->prefix > other->prefix)
        return false;
    if (memcmp(n->bytes, other->bytes, whole) != 0)
        return false;
    return left == 0 || ((n->bytes[whole] ^ other->bytes[whole]) & mask) == 0;
}

bool net_is_loopback(const struct net *n)
{
    static const struct net four = {.bytes = {127}, .size = 4, .prefix = 8};
    static const struct net six = {.bytes = {[15] = 1}, .size = 16, .prefix = 128};

    return net_has(&four, n) || net_has(&six, n);
}

void net_last(const struct net *n, uint8_t out[16])
{
    memcpy(out, n->bytes, 16);
    for (unsigned bit = n->prefix; bit < n->size * 8u; bit++)
        out[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

int net_cmp(const void *a, const void *b)
{
    const struct net *x = a, *y = b;
    int order;

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    order = memcmp(x->bytes, y->bytes, x->size);
    return order ? order : (x->prefix > y->prefix) - (x->prefix < y->prefix);
}

size_t net_list_normalise(struct net *nets, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(nets, count, sizeof(*nets), net_cmp);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !net_has(&nets[kept - 1], &nets[i]))
            nets[kept++] = nets[i];
    return kept;
}

static int no_endpoint(struct str text, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "\"" STR_FMT "\" is no endpoint; write 10.1.0.7 (everything to and from it), "
                   "10.1.0.7:22 (it reaches TCP port 22 here) or 10.1.0.9,udp,514,out (this host "
                   "reaches it)",
                   STR_ARG(str_head(text, 80)));
}

static bool read_ports(struct str text, struct endpoint *out)
{
    struct str rest = text, first = str_cut(&rest, '-');
    uint64_t from, to;

    if (!str_u64(first, &from) || from == 0 || from > UINT16_MAX)
        return false;
    to = from;
    if (first.len < text.len && (!str_u64(rest, &to) || to < from || to > UINT16_MAX))
        return false;
    out->port_first = (uint16_t)from;
    out->port_last = (uint16_t)to;
    return true;
}

/* "10.1.0.7:22" and "[::1]:22": what people type. Leaves the address in *address. */
static bool split_short(struct str text, struct str *address, struct str *port)
{
    const char *colon = text.len ? memrchr(text.p, ':', text.len) : NULL;
    struct str before;

    if (!colon)
        return false;
    before = (struct str){text.p, (size_t)(colon - text.p)};
    if (str_starts(before, "[") && str_ends(before, "]"))
        *address = (struct str){before.p + 1, before.len - 2};
    else if (!memchr(before.p, ':', before.len))
        *address = before;
    else
        return false;
    *port = str_from(text, before.len + 1);
    return true;
}

static bool read_long(struct str rest, struct endpoint *out)
{
    struct str protocol = str_cut(&rest, ','), ports = str_cut(&rest, ',');

    if (!str_is(protocol, "tcp") && !str_is(protocol, "udp"))
        return false;
    out->protocol = str_is(protocol, "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
    if (!str_is(rest, "in") && !str_is(rest, "out") && rest.len)
        return false;
    out->way = str_is(rest, "out") ? ENDPOINT_OUT : ENDPOINT_IN;
    return read_ports(ports, out);
}

int endpoint_read(struct str text, struct endpoint *out, struct err *e)
{
    struct endpoint p = {0};
    struct str rest = text, address = str_cut(&rest, ','), port;
    int rc;

    if (address.len < text.len) {
        if (!read_long(rest, &p))
            return no_endpoint(text, e);
    } else if (split_short(text, &address, &port)) {
        p.protocol = IPPROTO_TCP;
        p.way = ENDPOINT_IN;
        if (!read_ports(port, &p))
            return no_endpoint(text, e);
    }
    rc = net_read(address, &p.net, e);
    if (rc)
        return rc;
    *out = p;
    return 0;
}

const char *endpoint_text(char out[ENDPOINT_TEXT_SIZE], const struct endpoint *p)
{
    char net[NET_TEXT_SIZE], ports[16] = "";

    net_text(net, &p->net);
    if (!p->protocol) {
        snprintf(out, ENDPOINT_TEXT_SIZE, "%s", net);
        return out;
    }
    if (p->port_last > p->port_first)
        snprintf(ports, sizeof(ports), "-%u", p->port_last);
    snprintf(out, ENDPOINT_TEXT_SIZE, "%s,%s,%u%s,%s", net,
             p->protocol == IPPROTO_TCP ? "tcp" : "udp", p->port_first, ports,
             p->way == ENDPOINT_OUT ? "out" : "in");
    return out;
}
