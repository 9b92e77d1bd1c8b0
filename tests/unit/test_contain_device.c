/* Scripts for other people's devices (doc/format/devices.md). Expected lines were written by hand
 * from the vendors' documents named at each. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "contain/action.h"
#include "contain/device.h"
#include "contain/device_text.h"
#include "contain/device_windows.h"

static struct err failure;

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                       \
    "plan 1\nid 0a1b2c3d445566778899aabbccddeeff\ncase " ZEROS "\nhost web1\nmachine " ZEROS       \
    "\naction "
#define BLOCK                                                                                      \
    HEAD "block\ntimer 90\nexpiry 0\nallow 10.1.0.7,tcp,22,in\n"                                   \
         "address 203.0.113.0/24\naddress 2001:db8:bad::/48\nend\n"
#define ISOLATE HEAD "isolate\ntimer 90\nexpiry 0\nend\n"
#define LIMIT                                                                                      \
    HEAD "limit\ntimer 90\nexpiry 0\nflood tcp\nport 443\nrate 50\nburst 70\nconnections 9\n"      \
         "prefix4 24\nend\n"

static struct plan *plan_of(const char *text)
{
    struct plan *p = NULL;

    if (plan_read(str_of(text), &p, &failure))
        fail_msg("%s", failure.text);
    return p;
}

static const struct contain_device *device(const char *name)
{
    const struct contain_device *d = contain_device(str_of(name));

    assert_non_null(d);
    return d;
}

/* Where each device can stand. */
static struct device_place place_of(const char *name)
{
    static const struct net host = {.bytes = {192, 0, 2, 80}, .size = 4, .prefix = 32};
    struct device_place place = {.now_s = 1000};

    if (strcmp(name, "ios") == 0 || strcmp(name, "junos") == 0) {
        place.port = STR("ge-0/0/1");
        place.hosts = &host;
        place.host_count = 1;
    } else {
        place.is_host_itself = true;
    }
    return place;
}

static void has_line(const struct buf *text, const char *line)
{
    struct str rest = buf_str(text);

    while (rest.len)
        if (str_is(str_cut(&rest, '\n'), line))
            return;
    fail_msg("no line \"%s\" in:\n%s", line, buf_text(text));
}

struct line_case {
    const char *device;
    const char *plan;
    const char *apply; /* a line of it */
    const char *undo;
};

static void each_language_has_its_words(void **state)
{
    static const struct line_case cases[] = {
        /* nft(8): sets, "return" and "drop" verdicts */
        {"nftables", BLOCK, "203.0.113.0/24",
         "if nft list tables | grep -qx 'table inet calm_0a1b2c3d'; then nft delete table inet "
         "calm_0a1b2c3d; fi"},
        {"nftables", BLOCK, "        ip saddr 10.1.0.7 tcp dport 22 return", NULL},
        {"nftables", BLOCK,
         "        ip daddr 10.1.0.7 tcp sport 22 tcp flags & (fin | syn | rst | ack) != syn return",
         NULL},
        {"nftables", BLOCK, "        ip saddr @block4 counter drop", NULL},
        {"nftables", LIMIT,
         "        meta nfproto ipv4 meta l4proto tcp tcp dport 443 tcp flags & (fin | syn | rst | "
         "ack) "
         "== syn update @rate4 { ip saddr & 255.255.255.0 limit rate over 50/second burst 70 "
         "packets } counter drop",
         NULL},
        /* iptables-extensions(8): tcp, hashlimit, connlimit */
        {"iptables", BLOCK,
         "-A CALM-0a1b2c3d-O -d 10.1.0.7 -p tcp -m tcp --sport 22 ! --syn -j RETURN", NULL},
        {"iptables", BLOCK, "-A CALM-0a1b2c3d-I -s 203.0.113.0/24 -j DROP", NULL},
        {"iptables", BLOCK, "-I PREROUTING 1 -j CALM-0a1b2c3d-I", NULL},
        {"iptables", LIMIT,
         "-A CALM-0a1b2c3d-I -p tcp -m tcp --dport 443 --syn -m hashlimit --hashlimit-above 50/sec "
         "--hashlimit-burst 70 --hashlimit-mode srcip --hashlimit-srcmask 24 "
         "--hashlimit-htable-expire 60000 --hashlimit-name calm0a1b2c3d -j DROP",
         NULL},
        {"iptables", LIMIT,
         "-A CALM-0a1b2c3d-M -p tcp -m tcp --dport 443 --syn -m connlimit --connlimit-above 9 "
         "--connlimit-mask 24 --connlimit-saddr -j DROP",
         NULL},
        /* pf.conf(5), pfctl(8) */
        {"pf", BLOCK, "pass quick inet proto tcp from any port 22 to 10.1.0.7 flags A/A no state",
         NULL},
        {"pf", BLOCK, "block drop out quick from any to <calm>", NULL},
        {"pf", ISOLATE, "block drop quick all",
         "pfctl -q -a calm/0a1b2c3d -F rules; pfctl -q -a calm/0a1b2c3d -F Tables; rm -f "
         "/var/run/calm-0a1b2c3d.table /var/run/calm-0a1b2c3d.pending"},
        /* Cisco IOS Security Command Reference; 90 s are 2 minutes */
        {"ios", BLOCK, "reload in 2 reason calm 0a1b2c3d", "reload cancel"},
        {"ios", BLOCK, " 203.0.113.0 255.255.255.0", "no object-group network calm-0a1b2c3d-block"},
        {"ios", BLOCK, " 1 permit tcp any eq 22 host 10.1.0.7 established", NULL},
        {"ios", BLOCK, " sequence 1 deny ipv6 any 2001:db8:bad::/48", NULL},
        {"ios", ISOLATE, " shutdown", " no shutdown"},
        /* Junos CLI Reference */
        {"junos", BLOCK,
         "set groups calm-0a1b2c3d policy-options prefix-list calm-0a1b2c3d-4 203.0.113.0/24",
         "delete groups calm-0a1b2c3d"},
        {"junos", BLOCK, "commit confirmed 2 comment \"calm 0a1b2c3d\"",
         "delete apply-groups calm-0a1b2c3d"},
        {"junos", ISOLATE, "set groups calm-0a1b2c3d interfaces ge-0/0/1 disable", NULL},
        /* RouterOS manual: Filter, Address-lists, Scheduler */
        {"routeros", BLOCK, "add list=\"calm-0a1b2c3d\" address=203.0.113.0/24",
         "/ip firewall address-list remove [find list=\"calm-0a1b2c3d\"]"},
        {"routeros", LIMIT,
         "/ip firewall raw add chain=\"calm-0a1b2c3d-in\" action=return comment=\"calm-0a1b2c3d\" "
         "protocol=tcp tcp-flags=syn,!ack,!rst,!fin dst-port=443 dst-limit=50/1s,70,src-address/1m",
         NULL},
        /* NetSecurity module */
        {"windows", ISOLATE, "    '0.0.0.0-255.255.255.255',",
         "Get-NetFirewallRule -Group 'calm-0a1b2c3d' -ErrorAction SilentlyContinue | "
         "Remove-NetFirewallRule"},
        /* OpenC2 Language Specification 1.0 and slpf 1.0: 0x0a1b & 0x3ff is 0x21b, shifted by 21
         * bits 1130364928, and the first rule is the next */
        {"openc2", ISOLATE,
         "{\"action\":\"deny\",\"target\":{\"ipv4_net\":\"0.0.0.0/0\"},\"args\":{"
         "\"response_requested\":\"complete\",\"duration\":90000,\"slpf\":{\"drop_process\":"
         "\"none\",\"direction\":\"both\",\"insert_rule\":1130364929}},\"actuator\":{\"slpf\":{"
         "\"asset_id\":\"web1\"}}}",
         "{\"action\":\"delete\",\"target\":{\"slpf:rule_number\":1130364929},\"args\":{"
         "\"response_requested\":\"complete\"},\"actuator\":{\"slpf\":{\"asset_id\":\"web1\"}}}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(plan_freep) struct plan *p = plan_of(cases[i].plan);
        CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
        struct device_place place = place_of(cases[i].device);

        if (device_write(device(cases[i].device), p, &place, &s, &failure))
            fail_msg("%s: %s", cases[i].device, failure.text);
        has_line(&s.apply, cases[i].apply);
        if (cases[i].undo)
            has_line(&s.undo, cases[i].undo);
    }
}

/* Every sentence of what is lacking stands at the head of the script as well. */
static void what_is_lacking_stands_at_the_head(void **state)
{
    static const char *const plans[] = {BLOCK, ISOLATE};

    (void)state;
    for (size_t i = 0; contain_devices[i]; i++)
        for (size_t k = 0; k < COUNT_OF(plans); k++) {
            const struct contain_device *d = contain_devices[i];
            CLEANUP(plan_freep) struct plan *p = plan_of(plans[k]);
            CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
            struct device_place place = place_of(d->name);
            struct str rest;

            assert_int_equal(device_write(d, p, &place, &s, &failure), 0);
            assert_true(s.lacks.len > 0);
            for (rest = buf_str(&s.lacks); rest.len && d->comment;) {
                CLEANUP_BUF struct buf line = {0};

                buf_addf(&line, "%s ", d->comment);
                buf_addstr(&line, str_cut(&rest, '\n'));
                has_line(&s.apply, buf_text(&line));
            }
            assert_true(s.check.len > 0 && s.undo.len > 0 && s.confirm.len > 0);
        }
}

static void without_a_timer_there_is_nothing_to_confirm(void **state)
{
    (void)state;
    for (size_t i = 0; contain_devices[i]; i++) {
        CLEANUP(plan_freep) struct plan *p = plan_of(HEAD "isolate\ntimer 0\nexpiry 0\nend\n");
        CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
        struct device_place place = place_of(contain_devices[i]->name);

        assert_int_equal(device_write(contain_devices[i], p, &place, &s, &failure), 0);
        assert_int_equal(s.confirm.len, 0);
        assert_null(strstr(buf_text(&s.apply), "reload"));
        assert_null(strstr(buf_text(&s.apply), "sleep"));
        assert_null(strstr(buf_text(&s.apply), "scheduler add"));
        assert_null(strstr(buf_text(&s.apply), "Register"));
        assert_null(strstr(buf_text(&s.apply), "duration"));
        assert_null(strstr(buf_text(&s.apply), "commit confirmed"));
    }
}

static void an_action_that_a_device_lacks_is_refused_with_those_that_have_it(void **state)
{
    static const struct {
        const char *device;
        const char *action;
        const char *says; /* NULL: it can */
    } cases[] = {
        {"ios", "limit", "these can: nftables, iptables, pf, routeros"},
        {"nftables", "lock", "these can: windows"},
        {"openc2", "down", "these can: nftables, iptables, pf, ios, junos, routeros, windows"},
        {"windows", "quarantine", "nor can any other device"},
        {"windows", "freeze", "nor can any other device"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(plan_freep) struct plan *p = plan_of(ISOLATE);
        CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
        struct device_place place = place_of(cases[i].device);
        struct contain_action action = {.name = cases[i].action};

        p->action = &action;
        assert_int_equal(device_write(device(cases[i].device), p, &place, &s, &failure), ERR_USAGE);
        assert_non_null(strstr(failure.text, cases[i].says));
        assert_int_equal(s.apply.len + s.undo.len + s.lacks.len, 0);
    }
}

static void an_isolation_needs_to_know_whom(void **state)
{
    static const struct net net = {.bytes = {192, 0, 2}, .size = 4, .prefix = 24};
    CLEANUP(plan_freep) struct plan *p = plan_of(ISOLATE);
    CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
    struct device_place nowhere = {0}, wide = {.hosts = &net, .host_count = 1};

    (void)state;
    for (size_t i = 0; contain_devices[i]; i++) {
        assert_int_equal(device_write(contain_devices[i], p, &nowhere, &s, &failure), ERR_USAGE);
        assert_int_equal(device_write(contain_devices[i], p, &wide, &s, &failure), ERR_USAGE);
        assert_string_equal(failure.text, "an address of the host is one address, not a network");
    }
}

/* about_Quoting_Rules: in single quotes a quotation mark is doubled and all else stands for itself.
 */
static void strings_of_powershell_hold_what_they_are_given(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"bob", "'bob'"},
        {"o'brien", "'o''brien'"},
        {"$(calc) `x \"y\"", "'$(calc) `x \"y\"'"},
        {"\xd0\x91z", "('' + [char]0x411 + 'z')"},
        {"a\xe2\x80\x99; calc", "('a' + [char]0x2019 + '; calc')"},
        {"\xf0\x9f\x98\x80", "('' + [char]::ConvertFromUtf32(0x1f600) + '')"},
        {"\n", "('' + [char]0xa + '')"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf out = {0};

        windows_add_string(&out, str_of(cases[i].text));
        assert_string_equal(buf_text(&out), cases[i].expected);
    }
}

static void names_of_interfaces_hold_nothing_but_their_characters(void **state)
{
    const struct {
        struct str name;
        bool is_good;
    } cases[] = {
        {STR("eth0"), true},
        {STR("Gi0/1"), true},
        {STR("0eth"), true},
        {STR(""), false},
        {STR("-f"), false},
        {STR("a b"), false},
        {STR("a;b"), false},
        {STR("a\nb"), false},
        {STR("a\0b"), false},
        {STR("$(x)"), false},
        {STR("`x`"), false},
        {STR("a'"), false},
        {STR("a\""), false},
        {STR("\xc3\xa9"), false},
        {STR("a\\"), false},
        {STR("1234567890123456"), true},
        {STR("12345678901234567"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(device_judge_name(cases[i].name, "a name", "._-:/", 16, &failure),
                         cases[i].is_good ? 0 : ERR_FORMAT);
}

static void masks_are_spelled_both_ways(void **state)
{
    static const struct {
        unsigned prefix;
        const char *mask;
        const char *wildcard;
    } cases[] = {
        {0, "0.0.0.0", "255.255.255.255"},
        {9, "255.128.0.0", "0.127.255.255"},
        {24, "255.255.255.0", "0.0.0.255"},
        {32, "255.255.255.255", "0.0.0.0"},
    };
    char text[16];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(device_mask(text, cases[i].prefix), cases[i].mask);
        assert_string_equal(device_wildcard(text, cases[i].prefix), cases[i].wildcard);
    }
    assert_int_equal(device_minutes(60), 1);
    assert_int_equal(device_minutes(61), 2);
}

static void an_endpoint_is_two_kinds_of_packets(void **state)
{
    static const struct {
        const char *text;
        struct device_pass in, out; /* of them: ports of the source, an answer */
    } cases[] = {
        {"10.1.0.7", {.is_in = true}, {.is_in = false}},
        {"10.1.0.7,tcp,22,in", {.is_in = true}, {.is_source = true, .is_answer = true}},
        {"10.1.0.7,tcp,22,out", {.is_in = true, .is_source = true, .is_answer = true}, {0}},
        {"10.1.0.7,udp,514,in", {.is_in = true}, {.is_source = true}},
        {"10.1.0.7,udp,514,out", {.is_in = true, .is_source = true}, {0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct device_pass passes[2];
        struct endpoint p;

        assert_int_equal(endpoint_read(str_of(cases[i].text), &p, &failure), 0);
        device_passes(&p, passes);
        assert_int_equal(passes[0].is_in, true);
        assert_int_equal(passes[1].is_in, false);
        if (!p.protocol)
            continue;
        assert_int_equal(passes[0].is_source, cases[i].in.is_source);
        assert_int_equal(passes[0].is_answer, cases[i].in.is_answer);
        assert_int_equal(passes[1].is_source, cases[i].out.is_source);
        assert_int_equal(passes[1].is_answer, cases[i].out.is_answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_language_has_its_words),
        cmocka_unit_test(what_is_lacking_stands_at_the_head),
        cmocka_unit_test(without_a_timer_there_is_nothing_to_confirm),
        cmocka_unit_test(an_action_that_a_device_lacks_is_refused_with_those_that_have_it),
        cmocka_unit_test(an_isolation_needs_to_know_whom),
        cmocka_unit_test(strings_of_powershell_hold_what_they_are_given),
        cmocka_unit_test(names_of_interfaces_hold_nothing_but_their_characters),
        cmocka_unit_test(masks_are_spelled_both_ways),
        cmocka_unit_test(an_endpoint_is_two_kinds_of_packets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
