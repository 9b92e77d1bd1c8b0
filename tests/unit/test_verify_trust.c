/* test_verify_trust.c: what revocations take and give back (section 9 of the format). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify/trust.h"

enum { LEAD, X, Y, Z, W, KEYS };

static void enrol(struct trust *t, uint32_t place, uint32_t by, uint32_t key)
{
    const struct event e = {
        .place = place, .kind = EVENT_ENROL, .by = by, .key = key, .power = POWER_LEAD};

    trust_apply(t, &e);
}

static void revoke(struct trust *t, uint32_t place, uint32_t by, uint32_t key, uint32_t from)
{
    const struct event e = {
        .place = place, .kind = EVENT_REVOKE, .by = by, .key = key, .from = from};

    trust_apply(t, &e);
}

static void hold(struct trust *t, uint32_t place, uint32_t by, bool set)
{
    const struct event e = {.place = place, .kind = EVENT_HOLD, .by = by, .hold = set};

    trust_apply(t, &e);
}

static void begin(struct trust *t)
{
    trust_init(t, KEYS);
    enrol(t, 0, LEAD, LEAD);
}

static void a_revocation_takes_trust_from_its_place_on(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    assert_false(trust_is_revoked(&t, X));
    revoke(&t, 9, LEAD, X, 5);
    assert_true(trust_is_revoked(&t, X));
    assert_true(trust_holds(&t, X, 4));
    assert_false(trust_holds(&t, X, 5));
    revoke(&t, 10, LEAD, X, 3);
    assert_false(trust_holds(&t, X, 3));
    revoke(&t, 11, LEAD, X, 8);
    assert_false(trust_holds(&t, X, 3));
    trust_release(&t);
}

static void trust_falls_along_enrolments(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 4, X, Y);
    enrol(&t, 6, X, Z);
    enrol(&t, 7, Z, W);
    revoke(&t, 9, LEAD, X, 5);
    assert_false(trust_is_revoked(&t, Y)); /* enrolled before 5 */
    assert_false(trust_holds(&t, Z, 6));
    assert_true(trust_holds(&t, Z, 5));
    assert_false(trust_holds(&t, W, 7));
    revoke(&t, 10, LEAD, X, 2);
    assert_false(trust_holds(&t, Y, 4));
    trust_release(&t);
}

static void a_revocation_stands_though_its_own_cascade_reaches_its_signer(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 4, X, Y);
    revoke(&t, 9, Y, X, 3);
    assert_false(trust_holds(&t, X, 3));
    assert_false(trust_holds(&t, Y, 4));
    assert_true(trust_revocation_stands(&t, 9));
    assert_false(trust_revocation_stands(&t, 8));
    trust_release(&t);
}

static void an_untrusted_revocation_has_none_of_its_effects(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, LEAD, Y);
    enrol(&t, 3, Y, Z);
    revoke(&t, 5, X, Y, 1);
    assert_false(trust_holds(&t, Z, 3));
    revoke(&t, 7, LEAD, X, 5);
    assert_false(trust_is_revoked(&t, Y));
    assert_false(trust_is_revoked(&t, Z));
    assert_false(trust_revocation_stands(&t, 5));
    assert_true(trust_revocation_stands(&t, 7));
    trust_release(&t);
}

static void a_revocation_from_before_the_undone_one_still_counts(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, LEAD, Y);
    revoke(&t, 5, X, Y, 1);
    revoke(&t, 6, LEAD, Y, 4);
    revoke(&t, 7, LEAD, X, 5);
    assert_true(trust_holds(&t, Y, 3));
    assert_false(trust_holds(&t, Y, 4));
    trust_release(&t);
}

static void the_last_trusted_hold_counts(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    assert_false(trust_hold_in_force(&t));
    hold(&t, 2, LEAD, true);
    hold(&t, 3, X, false);
    assert_false(trust_hold_in_force(&t));
    revoke(&t, 4, LEAD, X, 3);
    assert_true(trust_hold_in_force(&t));
    trust_release(&t);
}

static void a_replay_stops_before_its_place(void **state)
{
    struct trust t, before;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, X, Y);
    revoke(&t, 5, LEAD, X, 1);
    trust_replay(&before, &t, 5);
    assert_false(trust_is_revoked(&before, X));
    assert_int_equal(before.keys[Y].power, POWER_LEAD);
    trust_release(&before);
    trust_replay(&before, &t, 6);
    assert_true(trust_is_revoked(&before, X));
    assert_false(trust_holds(&before, Y, 2));
    trust_release(&before);
    trust_release(&t);
}

static void a_long_chain_of_enrolments_falls_without_recursion(void **state)
{
    enum { COUNT = 300000 };
    struct trust t;

    (void)state;
    trust_init(&t, COUNT);
    for (uint32_t i = 0; i + 1 < COUNT; i++)
        enrol(&t, i, i, i + 1);
    revoke(&t, COUNT, 0, 1, 1);
    assert_false(trust_is_revoked(&t, 0));
    assert_false(trust_holds(&t, COUNT - 1, COUNT - 2));
    trust_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revocation_takes_trust_from_its_place_on),
        cmocka_unit_test(trust_falls_along_enrolments),
        cmocka_unit_test(a_revocation_stands_though_its_own_cascade_reaches_its_signer),
        cmocka_unit_test(an_untrusted_revocation_has_none_of_its_effects),
        cmocka_unit_test(a_revocation_from_before_the_undone_one_still_counts),
        cmocka_unit_test(the_last_trusted_hold_counts),
        cmocka_unit_test(a_replay_stops_before_its_place),
        cmocka_unit_test(a_long_chain_of_enrolments_falls_without_recursion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
