/* test_contain_plan.c: plans as doc/format/containment.md section 1 spells them: one spelling each,
 * and every line that says something else is refused with its number. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/plan.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ID "000102030405060708090a0b0c0d0e0f"
#define HEAD "plan 1\nid " ID "\ncase " ZEROS "\nhost web%201\nmachine " ZEROS "\n"

static void check_same(const char *text)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_BUF struct buf again = {0};
    struct err e = {0};

    if (plan_read(str_of(text), &p, &e))
        fail_msg("%s\n%s", e.text, text);
    plan_write(p, &again);
    assert_string_equal(buf_text(&again), text);
}

static void a_plan_that_is_read_and_written_has_the_same_bytes(void **state)
{
    static const char *const cases[] = {
        HEAD "action isolate\ntimer 300\nexpiry 0\nend\n",
        HEAD "action isolate\ntimer 0\nexpiry 253402300799\nend\n",
        HEAD "action isolate\ntimer 10\nexpiry 1\nallow 10.1.0.7,tcp,22,in\nallow 10.1.0.9\nallow "
             "2001:db8::7,udp,514-515,out\nend\n",
        HEAD "action block\ntimer 86400\nexpiry 0\nallow 192.0.2.1\naddress 192.0.2.7\naddress "
             "198.51.100.0/24\naddress 2001:db8::/32\nend\n",
        HEAD "action isolate\ntimer 10\nexpiry 0\naccept-wide\naccept-names\nallow "
             "10.1.0.7\ncut 10.1.0.8\ncut 2001:db8::/64\nend\n",
        HEAD "action isolate\ntimer 10\nexpiry 0\naccept-names\nend\n",
        HEAD "action block\ntimer 10\nexpiry 0\ncut 10.1.0.8\naddress 10.1.0.8\nend\n",
        HEAD "action limit\ntimer 300\nexpiry 0\nflood tcp\nend\n",
        HEAD "action limit\ntimer 300\nexpiry 0\nflood udp\nport 53\nrate 1\nburst "
             "10000000\nconnections 1000000\nprefix4 8\nprefix6 128\nend\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_same(cases[i]);
}

static void a_plan_says_what_it_says(void **state)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    static const char text[] = HEAD "action limit\ntimer 60\nexpiry 1234567890\nallow "
                                    "10.1.0.7\nflood udp\nport 53\nrate 20\nend\n";

    (void)state;
    assert_int_equal(plan_read(str_of(text), &p, NULL), 0);
    assert_int_equal(p->id.b[15], 15);
    assert_true(str_is(p->host, "web 1"));
    assert_ptr_equal(p->action, contain_action(STR("limit")));
    assert_int_equal(p->timer_s, 60);
    assert_int_equal(p->expiry_s, 1234567890);
    assert_int_equal(p->allow_count, 1);
    assert_int_equal(p->value_count, 3);
    assert_int_equal(plan_value(p, "rate")->number, 20);
    assert_true(str_is(plan_value(p, "flood")->text, "udp"));
    assert_null(plan_value(p, "burst"));
}

static void another_spelling_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *says; /* part of the sentence */
    } cases[] = {
        {"", ERR_FORMAT, "line 1"},
        {"plan 2\n", ERR_NEWER, "version"},
        {"plan 01\n", ERR_NEWER, "version"},
        {"plan 1\nid 00\n", ERR_FORMAT, "line 2"},
        {"plan 1\nid 000102030405060708090A0B0C0D0E0F\n", ERR_FORMAT, "line 2"},
        {"plan 1\r\n", ERR_NEWER, "version"},
        {"plan 1\nid " ID "\ncase " ZEROS "\nhost \n", ERR_FORMAT, "line 4"},
        {"plan 1\nid " ID "\ncase " ZEROS "\nhost web 1\n", ERR_FORMAT, "line 4"},
        {"plan 1\nid " ID "\ncase " ZEROS "\nhost web%2e1\n", ERR_FORMAT, "line 4"},
        {"plan 1\nid " ID "\ncase " ZEROS "\nhost web%2\n", ERR_FORMAT, "line 4"},
        {"plan 1\nid " ID "\ncase " ZEROS "\nhost web%41\n", ERR_FORMAT, "line 4"},
        {HEAD "action isolat\n", ERR_FORMAT, "line 6"},
        {HEAD "action isolate\ntimer 9\nexpiry 0\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer 86401\nexpiry 0\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer 0300\nexpiry 0\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer +300\nexpiry 0\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer \nexpiry 0\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer 300\nexpiry 253402300800\nend\n", ERR_FORMAT, "line 8"},
        {HEAD "action isolate\ntimer 300\nexpiry 99999999999999999999\nend\n", ERR_FORMAT,
         "line 8"},
        {HEAD "action isolate\nexpiry 0\ntimer 300\nend\n", ERR_FORMAT, "line 7"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\naccept-no-undo\nend\n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\naccept-wide yes\nend\n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\naccept-names\naccept-wide\nend\n", ERR_FORMAT,
         "line 10"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\naccept-wide\naccept-wide\nend\n", ERR_FORMAT,
         "line 10"},
        {HEAD "action block\ntimer 300\nexpiry 0\naccept-wide\naddress 192.0.2.7\nend\n",
         ERR_FORMAT, "lacks \"address\""},
        {HEAD "action isolate\ntimer 300\nexpiry 0\ncut 10.1.0.8/32\nend\n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\ncut 10.1.0.8\nallow 10.1.0.7,tcp,22,in\nend\n",
         ERR_FORMAT, "line 10"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nallow 10.1.0.7:22\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nallow 10.1.0.7/32\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nallow 10.1.0.7,tcp,22-22,in\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\naddress 192.0.2.7\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nend \n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nend x\n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nend\n\n", ERR_FORMAT, "line 9"},
        {HEAD "action isolate\ntimer 300\nexpiry 0\nend", ERR_FORMAT, "cut"},
        {HEAD "action block\ntimer 300\nexpiry 0\nend\n", ERR_FORMAT, "lacks \"address\""},
        {HEAD "action block\ntimer 300\nexpiry 0\naddress 192.0.2.9\naddress 192.0.2.7\nend\n",
         ERR_FORMAT, "line 10"},
        {HEAD "action block\ntimer 300\nexpiry 0\naddress 192.0.2.7\naddress 192.0.2.7\nend\n",
         ERR_FORMAT, "line 10"},
        {HEAD "action block\ntimer 300\nexpiry 0\naddress 192.0.2.0/24\naddress 192.0.2.7\nend\n",
         ERR_FORMAT, "line 10"},
        {HEAD "action block\ntimer 300\nexpiry 0\naddress ::ffff:192.0.2.7\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action block\ntimer 300\nexpiry 0\naddress 2001:DB8::1\nend\n", ERR_FORMAT,
         "line 9"},
        {HEAD "action limit\ntimer 300\nexpiry 0\nport 53\nend\n", ERR_FORMAT, "lacks \"flood\""},
        {HEAD "action limit\ntimer 300\nexpiry 0\nflood icmp\nend\n", ERR_FORMAT, "line 9"},
        {HEAD "action limit\ntimer 300\nexpiry 0\nflood tcp\nflood udp\nend\n", ERR_FORMAT,
         "line 10"},
        {HEAD "action limit\ntimer 300\nexpiry 0\nflood tcp\nrate 0\nend\n", ERR_FORMAT, "line 10"},
        {HEAD "action limit\ntimer 300\nexpiry 0\nflood tcp\nrate 20\nport 53\nend\n", ERR_FORMAT,
         "line 11"},
        {HEAD "action limit\ntimer 300\nexpiry 0\nflood tcp\nprefix4 33\nend\n", ERR_FORMAT,
         "line 10"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct plan *p = NULL;
        struct err e = {0};
        int rc = plan_read(str_of(cases[i].text), &p, &e);

        if (rc != cases[i].code || !strstr(e.text, cases[i].says))
            fail_msg("case %zu: %d %s", i, rc, e.text);
        assert_null(p);
    }
}

static void every_byte_that_is_changed_is_noticed_or_changes_the_digest(void **state)
{
    static const char text[] = HEAD "action block\ntimer 300\nexpiry 0\nallow 10.1.0.7,tcp,22,in\n"
                                    "address 192.0.2.7\nend\n";
    struct hash before = plan_digest(str_of(text));

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        CLEANUP(plan_freep) struct plan *p = NULL;
        CLEANUP_BUF struct buf changed = {0}, again = {0};
        struct hash after;

        buf_adds(&changed, text);
        changed.p[i] ^= 1;
        after = plan_digest(buf_str(&changed));
        assert_false(hash_eq(&before, &after));
        if (plan_read(buf_str(&changed), &p, NULL))
            continue;
        plan_write(p, &again); /* what is read all the same has only one spelling */
        assert_string_equal(buf_text(&again), buf_text(&changed));
    }
}

static void add_many(struct buf *out, const char *line, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_adds(out, line);
}

static void plans_have_limits(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct plan *p = NULL;

    (void)state;
    buf_adds(&text, HEAD "action isolate\ntimer 300\nexpiry 0\n");
    add_many(&text, "allow 10.1.0.7\n", 64);
    buf_adds(&text, "end\n");
    assert_int_equal(plan_read(buf_str(&text), &p, NULL), 0);
    plan_free(p);
    p = NULL;
    text.len -= 4;
    buf_adds(&text, "allow 10.1.0.7\nend\n");
    assert_int_equal(plan_read(buf_str(&text), &p, NULL), ERR_LIMIT);
    buf_clear(&text);
    buf_addn(&text, 'x', PLAN_SIZE + 1);
    assert_int_equal(plan_read(buf_str(&text), &p, NULL), ERR_LIMIT);
    assert_null(p);
}

static void the_digest_is_sha256(void **state)
{
    /* FIPS 180-2 appendix B.1 */
    struct hash h = plan_digest(STR("abc"));
    static const uint8_t first[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};

    (void)state;
    assert_memory_equal(h.b, first, sizeof(first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_that_is_read_and_written_has_the_same_bytes),
        cmocka_unit_test(a_plan_says_what_it_says),
        cmocka_unit_test(another_spelling_is_refused_with_its_line),
        cmocka_unit_test(every_byte_that_is_changed_is_noticed_or_changes_the_digest),
        cmocka_unit_test(plans_have_limits),
        cmocka_unit_test(the_digest_is_sha256),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
