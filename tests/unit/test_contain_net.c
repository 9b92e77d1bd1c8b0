/* test_contain_net.c: addresses, networks and endpoints: what is taken, what is refused, and the
 * one spelling that each has. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include "base/mem.h"
#include "contain/net.h"

static struct net net_of(const char *text)
{
    struct net n = {0};

    assert_int_equal(net_read(str_of(text), &n, NULL), 0);
    return n;
}

static void networks_have_one_spelling(void **state)
{
    /* As inet_ntop(3) spells them: RFC 5952 for IPv6, IPv4 for what is IPv4 within IPv6. */
    static const struct {
        const char *typed;
        const char *spelled;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"192.0.2.7/32", "192.0.2.7"},
        {"192.0.2.0/24", "192.0.2.0/24"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"255.255.255.255", "255.255.255.255"},
        {"128.0.0.0/1", "128.0.0.0/1"},
        {"2001:DB8::7", "2001:db8::7"},
        {"2001:db8:0:0:0:0:0:7/128", "2001:db8::7"},
        {"2001:db8::/32", "2001:db8::/32"},
        {"::/0", "::/0"},
        {"::1", "::1"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"::ffff:c000:207", "192.0.2.7"},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
        {"::ffff:0.0.0.0/96", "0.0.0.0/0"},
        {"fe80::/10", "fe80::/10"},
    };
    char text[NET_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct net n = net_of(cases[i].typed), again;

        assert_string_equal(net_text(text, &n), cases[i].spelled);
        again = net_of(text);
        assert_int_equal(net_cmp(&n, &again), 0);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "web1",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.7.1",
        "192.0.2.07",
        "192.0.2.7 ",
        "192.0.2.7/",
        "192.0.2.7/33",
        "192.0.2.7/24",
        "192.0.2.0/024",
        "192.0.2.0/+8",
        "192.0.2.0/-1",
        "0.0.0.0/00",
        "2001:db8::/129",
        "2001:db8::1/64",
        ":",
        ":::",
        "2001:db8::1::",
        "fe80::1%eth0",
        "[::1]",
        "0x7f000001",
        "1",
        "192.0.2.0/24/8",
        "::ffff:192.0.2.7/95",
        "192.0.2.0/99999999999999999999",
        "0000:0000:0000:0000:0000:ffff:0192.0168.0100.0228",
    };
    struct net n;
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        e = (struct err){0};
        assert_int_equal(net_read(str_of(cases[i]), &n, &e), ERR_USAGE);
        assert_true(strlen(e.text) > 20);
    }
    assert_int_equal(net_read((struct str){"192.0.2.7\0", 10}, &n, &e), ERR_USAGE);
    assert_int_equal(net_read((struct str){NULL, 0}, &n, &e), ERR_USAGE);
}

static void a_network_has_what_lies_in_it(void **state)
{
    static const struct {
        const char *outer;
        const char *inner;
        bool has;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/24", "192.0.2.0/24", true},
        {"192.0.2.0/24", "192.0.0.0/16", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct net outer = net_of(cases[i].outer), inner = net_of(cases[i].inner);

        assert_int_equal(net_has(&outer, &inner), cases[i].has);
    }
}

static void the_last_address_has_ones_behind_the_prefix(void **state)
{
    static const struct {
        const char *net;
        const char *last;
    } cases[] = {{"192.0.2.0/24", "192.0.2.255"},
                 {"192.0.2.4/30", "192.0.2.7"},
                 {"192.0.2.9", "192.0.2.9"},
                 {"0.0.0.0/0", "255.255.255.255"},
                 {"2001:db8::/127", "2001:db8::1"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct net n = net_of(cases[i].net), last = net_of(cases[i].last);
        uint8_t bytes[16] = {0};

        net_last(&n, bytes);
        assert_memory_equal(bytes, last.bytes, n.size);
    }
}

static void a_list_is_sorted_and_keeps_only_the_widest(void **state)
{
    static const char *const typed[] = {"2001:db8::1",   "10.0.0.0/8",  "10.255.0.1", "9.9.9.9",
                                        "2001:db8::/32", "10.0.0.0/16", "9.9.9.9",    "11.0.0.0"};
    static const char *const kept[] = {"9.9.9.9", "10.0.0.0/8", "11.0.0.0", "2001:db8::/32"};
    struct net nets[COUNT_OF(typed)];
    char text[NET_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(typed); i++)
        nets[i] = net_of(typed[i]);
    assert_int_equal(net_list_normalise(nets, COUNT_OF(typed)), COUNT_OF(kept));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        assert_string_equal(net_text(text, &nets[i]), kept[i]);
    assert_int_equal(net_list_normalise(NULL, 0), 0);
}

static void endpoints_have_one_spelling(void **state)
{
    static const struct {
        const char *typed;
        const char *spelled;
        uint8_t protocol;
        enum endpoint_way way;
        uint16_t first;
        uint16_t last;
    } cases[] = {
        {"10.1.0.7", "10.1.0.7", 0, ENDPOINT_BOTH, 0, 0},
        {"10.1.0.0/24", "10.1.0.0/24", 0, ENDPOINT_BOTH, 0, 0},
        {"2001:db8::7", "2001:db8::7", 0, ENDPOINT_BOTH, 0, 0},
        {"10.1.0.7:22", "10.1.0.7,tcp,22,in", IPPROTO_TCP, ENDPOINT_IN, 22, 22},
        {"10.1.0.0/24:22-23", "10.1.0.0/24,tcp,22-23,in", IPPROTO_TCP, ENDPOINT_IN, 22, 23},
        {"[2001:db8::7]:65535", "2001:db8::7,tcp,65535,in", IPPROTO_TCP, ENDPOINT_IN, 65535, 65535},
        {"10.1.0.9,udp,514,out", "10.1.0.9,udp,514,out", IPPROTO_UDP, ENDPOINT_OUT, 514, 514},
        {"10.1.0.9,udp,514", "10.1.0.9,udp,514,in", IPPROTO_UDP, ENDPOINT_IN, 514, 514},
        {"10.1.0.9,tcp,1-65535,in", "10.1.0.9,tcp,1-65535,in", IPPROTO_TCP, ENDPOINT_IN, 1, 65535},
        {"10.1.0.9,tcp,7-7,in", "10.1.0.9,tcp,7,in", IPPROTO_TCP, ENDPOINT_IN, 7, 7},
    };
    char text[ENDPOINT_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct endpoint p, again;

        assert_int_equal(endpoint_read(str_of(cases[i].typed), &p, NULL), 0);
        assert_int_equal(p.protocol, cases[i].protocol);
        assert_int_equal(p.way, cases[i].way);
        assert_int_equal(p.port_first, cases[i].first);
        assert_int_equal(p.port_last, cases[i].last);
        assert_string_equal(endpoint_text(text, &p), cases[i].spelled);
        assert_int_equal(endpoint_read(str_of(text), &again, NULL), 0);
        assert_string_equal(endpoint_text(text, &again), cases[i].spelled);
    }
}

static void what_is_no_endpoint_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "10.1.0.7:",
        "10.1.0.7:0",
        "10.1.0.7:65536",
        "10.1.0.7:23-22",
        "10.1.0.7:ssh",
        "10.1.0.7:-22",
        "10.1.0.7:22-",
        "[10.1.0.7:22",
        "2001:db8::7]:22",
        "10.1.0.7,sctp,22,in",
        "10.1.0.7,tcp",
        "10.1.0.7,tcp,,in",
        "10.1.0.7,tcp,22,both",
        "10.1.0.7,tcp,22,in,out",
        "10.1.0.7,TCP,22,in",
        "web1:22",
        "10.1.0.7/24:22",
        ",tcp,22,in",
    };
    struct endpoint p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(endpoint_read(str_of(cases[i]), &p, NULL), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_have_one_spelling),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(a_network_has_what_lies_in_it),
        cmocka_unit_test(the_last_address_has_ones_behind_the_prefix),
        cmocka_unit_test(a_list_is_sorted_and_keeps_only_the_widest),
        cmocka_unit_test(endpoints_have_one_spelling),
        cmocka_unit_test(what_is_no_endpoint_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
