/* test_contain_tunnel.c: of each kind of tunnel, what must pass for it to work, read from messages
 * that are spelled here by the kernel's headers: the numbers of linux/if_link.h (geneve: remote 2,
 * port 5, remote6 7; vxlan: group 2, port 15, group6 16) and linux/if_tunnel.h (gre: remote 7;
 * ipip, sit, ip6tnl: remote 3; vti: remote 5). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "contain/tunnel.h"

enum { NAME = 3, LINKINFO = 18, KIND = 1, DATA = 2 };

static void add(struct buf *out, uint16_t type, const void *bytes, size_t size)
{
    uint16_t head[2] = {(uint16_t)(4 + size), type};

    buf_add(out, head, sizeof(head));
    buf_add(out, bytes, size);
    buf_addn(out, '\0', (4 - size % 4) % 4);
}

struct wire {
    const char *kind;
    uint16_t remote; /* the attribute; 0: none */
    const char *end;
    uint16_t port; /* the attribute; 0: none */
    const char *needs[2];
};

static void add_end(struct buf *data, const struct wire *w)
{
    uint8_t bytes[16];
    bool is_six = strchr(w->end, ':');

    assert_int_equal(inet_pton(is_six ? AF_INET6 : AF_INET, w->end, bytes), 1);
    add(data, w->remote, bytes, is_six ? 16 : 4);
}

static void tell(struct host_view *v, const struct wire *w)
{
    CLEANUP_BUF struct buf body = {0}, info = {0}, data = {0};
    struct ifinfomsg head = {.ifi_index = 7};
    uint8_t port[2] = {0x12, 0xb5}; /* 4789 */
    struct netlink_message m = {.type = RTM_NEWLINK};

    if (w->remote)
        add_end(&data, w);
    if (w->port)
        add(&data, w->port, port, sizeof(port));
    add(&info, KIND, w->kind, strlen(w->kind) + 1);
    add(&info, DATA, data.p, data.len);
    buf_add(&body, &head, sizeof(head));
    add(&body, NAME, "tun0", 5);
    add(&body, LINKINFO, info.p, info.len);
    m.body = buf_str(&body);
    assert_int_equal(tunnel_see(v, &m), 0);
}

static void what_each_kind_needs(void **state)
{
    static const struct wire cases[] = {
        {"vxlan", 2, "192.0.2.7", 15, {"192.0.2.7,udp,4789,out", "192.0.2.7,udp,4789,in"}},
        {"vxlan", 16, "2001:db8::7", 15, {"2001:db8::7,udp,4789,out", "2001:db8::7,udp,4789,in"}},
        {"geneve", 2, "192.0.2.7", 5, {"192.0.2.7,udp,4789,out", "192.0.2.7,udp,4789,in"}},
        {"geneve", 7, "2001:db8::7", 5, {"2001:db8::7,udp,4789,out", "2001:db8::7,udp,4789,in"}},
        {"gre", 7, "192.0.2.7", 0, {"192.0.2.7"}},
        {"gretap", 7, "192.0.2.7", 0, {"192.0.2.7"}},
        {"ip6gre", 7, "2001:db8::7", 0, {"2001:db8::7"}},
        {"ipip", 3, "192.0.2.7", 0, {"192.0.2.7"}},
        {"sit", 3, "192.0.2.7", 0, {"192.0.2.7"}},
        {"ip6tnl", 3, "2001:db8::7", 0, {"2001:db8::7"}},
        {"vti", 5, "192.0.2.7", 0, {"192.0.2.7"}},
        /* a group, no end at all, and ends that only a program or a key knows */
        {"vxlan", 2, "239.1.1.1", 15, {NULL}},
        {"vxlan", 16, "ff05::1", 15, {NULL}},
        {"vxlan", 0, NULL, 15, {NULL}},
        {"vxlan", 2, "192.0.2.7", 0, {NULL}},
        {"ipip", 3, "0.0.0.0", 0, {NULL}},
        {"wireguard", 0, NULL, 0, {NULL}},
        {"tun", 0, NULL, 0, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_HOST_VIEW struct host_view v = {0};
        char text[ENDPOINT_TEXT_SIZE];
        struct endpoint needs[2];
        size_t count;

        tell(&v, &cases[i]);
        assert_int_equal(v.tunnel_count, 1);
        assert_string_equal(v.tunnels[0].name, "tun0");
        count = tunnel_needs(&v.tunnels[0], needs);
        assert_int_equal(count, (cases[i].needs[0] != NULL) + (cases[i].needs[1] != NULL));
        for (size_t k = 0; k < count; k++)
            assert_string_equal(endpoint_text(text, &needs[k]), cases[i].needs[k]);
    }
}

static void what_is_no_tunnel_is_left_out(void **state)
{
    static const char *const kinds[] = {"bridge", "veth", "vlan", "bond", "dummy", ""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP_HOST_VIEW struct host_view v = {0};

        tell(&v, &(struct wire){.kind = kinds[i]});
        assert_int_equal(v.tunnel_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_each_kind_needs),
                                       cmocka_unit_test(what_is_no_tunnel_is_left_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
