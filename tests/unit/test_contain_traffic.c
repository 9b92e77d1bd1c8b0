/* test_contain_traffic.c: what /proc/net counts, and who is logged in, read from texts and records
 * made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <arpa/inet.h>
#include <utmp.h>
#include "contain/people.h"
#include "contain/traffic.h"

/* The spelling of Linux' net/ipv4/proc.c, net/ipv6/proc.c, net/core/net-procfs.c and
 * net/ipv4/udp.c: ports and queues in hex, 0x35 is 53 and 0x1f00 is 7936. */
static const char snmp[] = "Tcp: RtoAlgorithm ActiveOpens PassiveOpens AttemptFails\n"
                           "Tcp: 1 5 70 0\n"
                           "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\n"
                           "Udp: 1000 20 3 40 3\n"
                           "UdpLite: InDatagrams NoPorts\nUdpLite: 9999 9999\n";
static const char snmp6[] = "Ip6InReceives                   \t4\nUdp6InDatagrams\t11\n"
                            "Udp6NoPorts \t2\nUdp6RcvbufErrors\t1\nUdpLite6InDatagrams\t9999\n";
static const char dev[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
    "    lo: 500 5 0 0 0 0 0 0 500 5\n  eth0:123456  789 0 0 0 0 0 0 1 1\n";
static const char udp[] =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops             \n"
    "  120: 00000000:0035 00000000:0000 07 00000000:00001F00 00:00000000 00000000     0        0 "
    "18003 2 0000000000000000 12\n"
    "  121: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "18004 2 0000000000000000 1\n";

static void counters_are_read_as_the_kernel_spells_them(void **unused)
{
    struct traffic t = {.udp_in = 0};

    (void)unused;
    traffic_add(&t, "snmp", str_of(snmp));
    traffic_add(&t, "snmp6", str_of(snmp6));
    traffic_add(&t, "dev", str_of(dev));
    traffic_add(&t, "udp", str_of(udp));
    assert_int_equal(t.tcp_opened, 70);
    assert_int_equal(t.udp_in, 1011);
    assert_int_equal(t.udp_no_port, 22);
    assert_int_equal(t.udp_no_room, 4);
    assert_int_equal(t.link_count, 2);
    assert_string_equal(t.links[1].name, "eth0");
    assert_int_equal(t.links[1].bytes, 123456);
    assert_int_equal(t.links[1].packets, 789);
    assert_int_equal(t.port_count, 1);
    assert_int_equal(t.ports[0].port, 53);
    assert_int_equal(t.ports[0].waiting, 7936);
    assert_int_equal(t.ports[0].dropped, 13);
}

static void of_two_looks_the_difference_is_told(void **unused)
{
    struct traffic before = {.udp_in = 900, .udp_no_port = 100, .link_count = 1};
    struct traffic later = {.udp_in = 1000, .udp_no_port = 7, .link_count = 2};

    (void)unused;
    before.links[0] = (struct traffic_link){.name = "eth0", .packets = 10, .bytes = 1000};
    later.links[0] = (struct traffic_link){.name = "new0", .packets = 3, .bytes = 30};
    later.links[1] = (struct traffic_link){.name = "eth0", .packets = 25, .bytes = 1700};
    traffic_subtract(&later, &before);
    assert_int_equal(later.udp_in, 100);
    assert_int_equal(later.udp_no_port, 7); /* counted anew: all of it came since */
    assert_int_equal(later.links[0].packets, 3);
    assert_int_equal(later.links[1].packets, 15);
    assert_int_equal(later.links[1].bytes, 700);
}

static void text_of_another_form_counts_nothing(void **unused)
{
    static const char *const texts[] = {
        "", "\n\n", "Udp: InDatagrams\n", "Udp:\nTcp: 1 2\n", ": : :\n", "  1: x:y z:0 07 0:G\n"};
    static const char *const files[] = {"snmp", "snmp6", "udp"};
    struct traffic t = {.udp_in = 0};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t k = 0; k < COUNT_OF(files); k++)
            traffic_add(&t, files[k], str_of(texts[i]));
    assert_int_equal(t.udp_in + t.udp_no_port + t.tcp_opened + t.port_count, 0);
}

static struct utmp logged_in(const char *name, const char *from, short type)
{
    struct utmp u = {.ut_type = type};

    memcpy(u.ut_user, name, strlen(name));
    if (strchr(from, ':'))
        assert_int_equal(inet_pton(AF_INET6, from, u.ut_addr_v6), 1);
    else if (*from)
        assert_int_equal(inet_pton(AF_INET, from, u.ut_addr_v6), 1);
    return u;
}

static bool loses_all(const struct plan *p, const struct net *from)
{
    static const struct net let_in = {.bytes = {192, 0, 2, 8}, .size = 4, .prefix = 32};

    (void)p;
    return !net_has(&let_in, from);
}

/* utmp(5): USER_PROCESS is a log-in, IPv4 is the first four bytes of the address. */
static void who_is_logged_in_from_elsewhere_is_named_once(void **unused)
{
    struct utmp all[] = {logged_in("ana", "192.0.2.7", USER_PROCESS),
                         logged_in("ana", "192.0.2.7", USER_PROCESS),
                         logged_in("bo", "192.0.2.8", USER_PROCESS),
                         logged_in("eve x", "2001:db8::7", USER_PROCESS),
                         logged_in("dan", "::ffff:192.0.2.9", USER_PROCESS),
                         logged_in("console", "", USER_PROCESS),
                         logged_in("gone", "192.0.2.10", DEAD_PROCESS)};
    CLEANUP_BUF struct buf out = {0};

    (void)unused;
    people_tell((struct str){(const char *)all, sizeof(all) - 1}, NULL, loses_all, &out);
    assert_string_equal(buf_text(&out), "person ana 192.0.2.7\nperson eve%20x 2001:db8::7\n"
                                        "person dan 192.0.2.9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_read_as_the_kernel_spells_them),
        cmocka_unit_test(of_two_looks_the_difference_is_told),
        cmocka_unit_test(text_of_another_form_counts_nothing),
        cmocka_unit_test(who_is_logged_in_from_elsewhere_is_named_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
