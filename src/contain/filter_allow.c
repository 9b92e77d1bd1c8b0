/* filter_allow.c: lets what a plan allows pass, with what belongs to it though it has no port. */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include "contain/filter_table.h"

/* Of the packet that an ICMP message tells of, which follows its first 8 bytes. */
enum {
    TOLD_PROTOCOL_4 = 8 + 9,
    TOLD_TARGET_4 = 8 + 16,
    TOLD_PROTOCOL_6 = 8 + 6,
    TOLD_TARGET_6 = 8 + 24
};

enum { ICMP_TOO_BIG = 0x0304 /* type 3, code 4 */, ICMP6_TOO_BIG = 2 };

/* An answer within TCP, not the beginning of a connection: SYN without ACK is none. */
static void is_answer(struct filter_rule *r, uint8_t protocol)
{
    static const uint8_t syn_ack = 0x12, syn = 0x02;

    if (protocol != IPPROTO_TCP)
        return;
    filter_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1);
    filter_mask(r, (struct str){(const char *)&syn_ack, 1});
    filter_is_not(r, (struct str){(const char *)&syn, 1});
}

static void end_allow(struct filter_rule *r)
{
    filter_verdict(r, NFT_RETURN);
    filter_rule_end(r);
}

static void begin_allow(struct filter_table *t, enum filter_place place, const struct endpoint *p,
                        struct filter_rule *r)
{
    filter_table_rule(t, place, r);
    filter_is_ip(r, t->family, p->net.size);
    filter_is_net(r, &p->net, place == FILTER_OUT ? FILTER_DESTINATION : FILTER_SOURCE);
    if (p->protocol)
        filter_is_protocol(r, p->protocol);
}

static void allow_packets(struct filter_table *t, enum filter_place place, const struct endpoint *p)
{
    bool is_question = (place != FILTER_OUT) == (p->way == ENDPOINT_IN);
    struct filter_rule r;

    begin_allow(t, place, p, &r);
    if (p->protocol) {
        filter_is_port(&r, p->port_first, p->port_last,
                       is_question ? FILTER_DESTINATION : FILTER_SOURCE);
        if (!is_question)
            is_answer(&r, p->protocol);
    }
    end_allow(&r);
}

/* Fragments but the first have no port. Without the first, which has, none of them arrives. */
static void allow_fragments(struct filter_table *t, enum filter_place place,
                            const struct endpoint *p)
{
    static const uint8_t offset4[2] = {0x1f, 0xff}, offset6[2] = {0xff, 0xf8}, none[2];
    struct filter_rule r;

    begin_allow(t, place, p, &r);
    if (p->net.size == 4)
        filter_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, 6, 2);
    else
        filter_extension(&r, IPPROTO_FRAGMENT, 2, 2);
    filter_mask(&r, (struct str){(const char *)(p->net.size == 4 ? offset4 : offset6), 2});
    filter_is_not(&r, (struct str){(const char *)none, 2});
    end_allow(&r);
}

/* Any router on the way says that a packet of ours to them was too big; else their connection
 * stands still where the way is narrow (RFC 1191, RFC 8201). */
static void allow_too_big(struct filter_table *t, const struct endpoint *p)
{
    bool is_four = p->net.size == 4;
    struct filter_rule r;

    filter_table_rule(t, FILTER_IN, &r);
    filter_is_ip(&r, t->family, p->net.size);
    filter_is_protocol(&r, is_four ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    filter_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, is_four ? 2 : 1);
    if (is_four)
        filter_is_u16(&r, ICMP_TOO_BIG);
    else
        filter_is_u8(&r, ICMP6_TOO_BIG);
    if (p->protocol) {
        filter_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER,
                       is_four ? TOLD_PROTOCOL_4 : TOLD_PROTOCOL_6, 1);
        filter_is_u8(&r, p->protocol);
    }
    filter_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, is_four ? TOLD_TARGET_4 : TOLD_TARGET_6,
                   p->net.size);
    filter_is_within(&r, &p->net);
    end_allow(&r);
}

void filter_table_allow(struct filter_table *t, enum filter_place place)
{
    for (size_t i = 0; i < t->plan->allow_count; i++) {
        const struct endpoint *p = &t->plan->allow[i];

        allow_packets(t, place, p);
        if (p->protocol)
            allow_fragments(t, place, p);
        if (place == FILTER_IN)
            allow_too_big(t, p);
    }
}
