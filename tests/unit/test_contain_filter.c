/* test_contain_filter.c: what plans for the packet filter refuse on a host that is made up here,
 * what their previews tell of it, and how a transaction is spelled. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>
#include "base/mem.h"
#include "contain/filter_batch.h"
#include "contain/filter_listing.h"
#include "contain/filter_words.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                       \
    "plan 1\nid 000102030405060708090a0b0c0d0e0f\ncase " ZEROS "\nhost web1\nmachine " ZEROS "\n"

static struct net net_of(const char *text)
{
    struct net n = {0};

    assert_int_equal(net_read(str_of(text), &n, NULL), 0);
    return n;
}

/* 192.0.2.1 behind the gateway 192.0.2.254; a responder on port 22 who came from 10.1.0.7; a client
 * on port 80, a connection of this host's to 203.0.113.9, and one on loopback. */
struct made {
    struct host_socket sockets[5];
    struct net own[2];
    struct net gateways[1];
    struct host_lease leases[1];
    struct host_view view;
};

static void make(struct made *m)
{
    *m = (struct made){0};
    m->sockets[0] = (struct host_socket){.local = net_of("192.0.2.1"),
                                         .remote = net_of("10.1.0.7"),
                                         .local_port = 22,
                                         .remote_port = 40000,
                                         .protocol = IPPROTO_TCP,
                                         .is_inbound = true,
                                         .is_ours = true,
                                         .program = "sshd"};
    m->sockets[1] = m->sockets[0];
    m->sockets[1].remote = net_of("198.51.100.9");
    m->sockets[1].local_port = 80;
    m->sockets[1].is_ours = false;
    memcpy(m->sockets[1].program, "ht tpd", 7);
    m->sockets[2] = (struct host_socket){.local = net_of("192.0.2.1"),
                                         .remote = net_of("203.0.113.9"),
                                         .local_port = 41000,
                                         .remote_port = 443,
                                         .protocol = IPPROTO_TCP};
    m->sockets[3] = (struct host_socket){.local = net_of("127.0.0.1"),
                                         .remote = net_of("127.0.0.1"),
                                         .local_port = 41001,
                                         .remote_port = 5432,
                                         .protocol = IPPROTO_TCP};
    m->sockets[4] = (struct host_socket){.local = net_of("0.0.0.0"),
                                         .remote = net_of("0.0.0.0"),
                                         .local_port = 80,
                                         .protocol = IPPROTO_TCP,
                                         .is_listener = true};
    m->own[0] = net_of("192.0.2.1");
    m->own[1] = net_of("2001:db8::1");
    m->gateways[0] = net_of("192.0.2.254");
    m->leases[0] = (struct host_lease){m->own[0], 3600};
    m->view = (struct host_view){.sockets = m->sockets,
                                 .socket_count = 5,
                                 .own = m->own,
                                 .own_count = 2,
                                 .gateways = m->gateways,
                                 .gateway_count = 1,
                                 .leases = m->leases,
                                 .lease_count = 1};
    m->view.guarded[0].net = net_of("10.3.0.5");
    m->view.guarded_count = 1;
}

static struct plan *plan_of(const char *action, const char *rest)
{
    CLEANUP_BUF struct buf text = {0};
    struct plan *p = NULL;

    buf_addf(&text, HEAD "action %s\ntimer 300\nexpiry 0\n%send\n", action, rest);
    assert_int_equal(plan_read(buf_str(&text), &p, NULL), 0);
    return p;
}

static void a_block_of_what_nobody_can_have_meant_is_refused_and_named(void **state)
{
    static const struct {
        const char *rest;
        const char *says; /* NULL: it is taken */
    } cases[] = {
        {"address 198.51.100.0/24\naddress 2001:db8:1::/48\n", NULL},
        {"address 192.0.2.1\n", "an address of this host"},
        {"address 192.0.0.0/16\n", "an address of this host, lies in it"},
        {"address 2001:db8::/32\n", "2001:db8::1, an address of this host"},
        {"address 192.0.2.254\n", "the gateway"},
        {"address 127.0.0.0/8\n", "talks to itself"},
        {"address ::1\n", "talks to itself"},
        {"address 0.0.0.0/0\n", "0.0.0.0/0 cannot be blocked"},
        {"address ::/0\n", "::/0 cannot be blocked"},
        {"address 10.1.0.7\n", "from where you are connected"},
        {"address 10.1.0.0/16\n", "10.1.0.7, from where you are connected"},
        {"address 10.3.0.5\n", "where the case lies"},
        {"allow 198.51.100.7\naddress 198.51.100.0/24\n", "which the same plan lets pass"},
        {"allow 198.51.100.0/24\naddress 198.51.100.7\n", "which the same plan lets pass"},
    };
    struct made m;

    (void)state;
    make(&m);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(plan_freep) struct plan *p = plan_of("block", cases[i].rest);
        struct err e = {0};
        int rc = judge_block(p, &m.view, &e);

        assert_int_equal(rc, cases[i].says ? ERR_GATE : 0);
        if (cases[i].says && !strstr(e.text, cases[i].says))
            fail_msg("case %zu: %s", i, e.text);
    }
}

static void an_isolation_names_everybody_who_works_here(void **state)
{
    static const struct {
        const char *rest;
        const char *says;
    } cases[] = {
        {"accept-wide\nallow 10.1.0.7,tcp,22,in\nallow 10.3.0.5\n", NULL},
        {"accept-wide\nallow 10.0.0.0/8\n", NULL},
        {"allow 10.3.0.5\n", "--allow 10.1.0.7:22"},
        {"allow 10.3.0.5\nallow 10.1.0.7,tcp,80,in\n", "--allow 10.1.0.7:22"},
        {"allow 10.3.0.5\nallow 10.1.0.7,tcp,22,out\n", "--allow 10.1.0.7:22"},
        {"allow 10.3.0.5\nallow 10.1.0.7,udp,22,in\n", "--allow 10.1.0.7:22"},
        {"allow 10.1.0.7,tcp,22,in\n", "--allow 10.3.0.5"},
        {"allow 10.1.0.7,tcp,22,in\nallow 10.3.0.5\n", "--accept-wide"},
        {"accept-wide\nallow 10.0.0.0/8\nallow 192.0.0.0/8\n", "192.0.2.254, the gateway"},
        {"accept-wide\nallow 10.0.0.0/7\n", "all of the Internet"},
        {"accept-wide\nallow 10.0.0.0/8\nallow 10.3.0.5,tcp,53,out\n", "--accept-names"},
    };
    struct made m;

    (void)state;
    make(&m);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(plan_freep) struct plan *p = plan_of("isolate", cases[i].rest);
        struct err e = {0};

        assert_int_equal(judge_isolate(p, &m.view, &e), cases[i].says ? ERR_GATE : 0);
        if (cases[i].says && !strstr(e.text, cases[i].says))
            fail_msg("case %zu: %s", i, e.text);
    }
}

static void previews_tell_each_connection(void **state)
{
    CLEANUP(plan_freep) struct plan *cut = plan_of("isolate", "allow 10.1.0.7,tcp,22,in\n");
    CLEANUP(plan_freep)
    struct plan *block = plan_of("block", "address 198.51.100.0/24\naddress 203.0.113.8\n");
    CLEANUP_BUF struct buf isolated = {0}, blocked = {0};
    struct made m;

    (void)state;
    make(&m);
    assert_int_equal(preview_isolate(cut, &m.view, &isolated, NULL), 0);
    assert_string_equal(buf_text(&isolated), "warn lease 192.0.2.1 3600\n"
                                             "keep tcp 192.0.2.1 22 10.1.0.7 40000 sshd in yours\n"
                                             "end tcp 192.0.2.1 80 198.51.100.9 40000 ht_tpd in\n"
                                             "end tcp 192.0.2.1 41000 203.0.113.9 443 - out\n"
                                             "unreached tcp 0.0.0.0 80 0.0.0.0 0 - in\n");
    assert_int_equal(preview_block(block, &m.view, &blocked, NULL), 0);
    assert_string_equal(buf_text(&blocked), "end tcp 192.0.2.1 80 198.51.100.9 40000 ht_tpd in\n");
}

static void a_message_is_spelled_as_the_kernel_reads_it(void **state)
{
    /* struct nlmsghdr, struct nfgenmsg and attributes, by linux/netlink.h and
     * linux/netfilter/nfnetlink.h: NFT_MSG_DELTABLE of subsystem 10 is 0x0a02; NFTA_TABLE_NAME is 1
     * and takes 4 + 5 bytes, padded to 12. Written here for little endian. */
    static const uint8_t expected[] = {32, 0, 0,   0,   0x02, 0x0a, 1, 0, 2, 0, 0,
                                       0,  0, 0,   0,   0,    1,    0, 0, 0, 9, 0,
                                       1,  0, 'c', 'a', 'l',  'm',  0, 0, 0, 0};
    CLEANUP_FILTER_BATCH struct filter_batch b;

    (void)state;
    filter_batch_init(&b);
    filter_table(&b, NFPROTO_INET, "calm");
    filter_table_remove(&b);
    assert_int_equal(b.bytes.len, 20 + sizeof(expected));
    assert_memory_equal(b.bytes.p + 20, expected, sizeof(expected));
}

/* Walks over the messages; the size of each list of elements has 16 bits. */
static void many_elements_take_several_messages(void **state)
{
    CLEANUP_FILTER_BATCH struct filter_batch b;
    struct filter_elements l;
    size_t at = 0, messages = 0;

    (void)state;
    filter_batch_init(&b);
    filter_table(&b, NFPROTO_INET, "calm");
    filter_elements_begin(&l, &b, "one4", 1);
    for (uint32_t i = 0; i < 20000; i++)
        filter_element_add(&l, (struct str){(const char *)&i, sizeof(i)}, 0, false);
    filter_elements_end(&l);
    while (at < b.bytes.len) {
        uint32_t size;

        memcpy(&size, b.bytes.p + at, sizeof(size));
        assert_true(size >= 20 && size <= 65536 && size <= b.bytes.len - at);
        at += size;
        messages++;
    }
    assert_int_equal(at, b.bytes.len);
    /* An element of four bytes takes 4 + 4 + 4 + 4 bytes, and a list ends behind 60000: 3751 of
     * them fit one. The batch's own beginning is a message too. */
    assert_int_equal(messages, 1 + (20000 + 3750) / 3751);
}

/* Two plans, 01020304 and 0a0b0c0d; digests are cut short. */
static const char put[] = "chain inet in 0 4294966796 1 - aa\n"
                          "chain inet in-01020304 - - - - bb\n"
                          "chain inet in-0a0b0c0d - - - - cc\n"
                          "chain netdev out-eth7never 1 4294966796 1 eth7never dd\n"
                          "chain netdev out-lo 1 4294966796 1 lo ee\n"
                          "set inet one4-01020304 0 2 77\n"
                          "table inet - 0\n";

static void a_table_is_as_it_was_put_or_the_first_that_differs_is_named(void **state)
{
    static const struct {
        const char *line; /* of PUT */
        const char *with; /* instead; "": it is missing */
        const char *says; /* NULL: of this plan nothing is different */
    } cases[] = {
        {"chain inet in 0 4294966796 1 - aa\n", "chain inet in 0 4294966796 1 - ab\n",
         "chain inet in"},
        {"chain inet in 0 4294966796 1 - aa\n", "chain inet in 0 4294966796 0 - aa\n",
         "chain inet in"},
        {"chain inet in 0 4294966796 1 - aa\n", "chain inet in 0 0 1 - aa\n", "chain inet in"},
        {"chain inet in 0 4294966796 1 - aa\n", "", "chain inet in"},
        {"chain inet in-01020304 - - - - bb\n", "", "chain inet in-01020304"},
        {"chain inet in-0a0b0c0d - - - - cc\n", "", NULL},
        {"chain inet in-0a0b0c0d - - - - cc\n", "chain inet in-0a0b0c0d - - - - c0\n", NULL},
        {"chain netdev out-eth7never 1 4294966796 1 eth7never dd\n", "", NULL},
        {"chain netdev out-lo 1 4294966796 1 lo ee\n", "", "chain netdev out-lo"},
        {"set inet one4-01020304 0 2 77\n", "set inet one4-01020304 0 1 77\n",
         "set inet one4-01020304"},
        {"table inet - 0\n", "table inet - 1\n", "table inet"},
        {"table inet - 0\n", "chain inet before 0 0 1 - ff\ntable inet - 0\n", "chain inet before"},
        {"table inet - 0\n", "table inet - 0\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *at = strstr(put, cases[i].line);
        CLEANUP_BUF struct buf now = {0};
        struct err e = {0};
        int rc;

        assert_non_null(at);
        buf_addf(&now, "%.*s%s%s", (int)(at - put), put, cases[i].with, at + strlen(cases[i].line));
        rc = filter_listing_compare(str_of(put), buf_str(&now), STR("-01020304"), &e);
        assert_int_equal(rc, cases[i].says ? ERR_GATE : 0);
        if (cases[i].says && !str_ends(str_of(e.text), cases[i].says))
            fail_msg("case %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_of_what_nobody_can_have_meant_is_refused_and_named),
        cmocka_unit_test(an_isolation_names_everybody_who_works_here),
        cmocka_unit_test(a_table_is_as_it_was_put_or_the_first_that_differs_is_named),
        cmocka_unit_test(previews_tell_each_connection),
        cmocka_unit_test(a_message_is_spelled_as_the_kernel_reads_it),
        cmocka_unit_test(many_elements_take_several_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
