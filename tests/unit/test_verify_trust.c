/* test_verify_trust.c: what revocations take, and what is left (section 9 of the format). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify/trust.h"

enum { LEAD, X, Y, Z, W, KEYS };

static void enrol_as(struct trust *t, uint32_t place, uint32_t by, uint32_t key, enum power power)
{
    const struct event e = {
        .place = place, .kind = EVENT_ENROL, .by = by, .key = key, .power = (char)power};

    trust_apply(t, &e);
}

static void enrol(struct trust *t, uint32_t place, uint32_t by, uint32_t key)
{
    enrol_as(t, place, by, key, POWER_LEAD);
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
    assert_true(trust_holds(&t, X, 2));
    trust_release(&t);
}

static void a_revocation_stands_for_good(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, LEAD, Y);
    enrol(&t, 3, Y, Z);
    revoke(&t, 5, X, Y, 1);
    assert_false(trust_holds(&t, Z, 3));
    revoke(&t, 7, LEAD, X, 5); /* takes trust from what X signed at 5 */
    assert_false(trust_holds(&t, Y, 1));
    assert_false(trust_holds(&t, Z, 3));
    trust_release(&t);
}

static void a_key_with_an_enrolment_left_keeps_its_power(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, Y);
    enrol_as(&t, 2, LEAD, X, POWER_MEMBER);
    enrol_as(&t, 5, Y, X, POWER_LEAD);
    enrol_as(&t, 6, Y, X, POWER_LOG);
    assert_int_equal(t.keys[X].power, POWER_LOG);
    revoke(&t, 8, LEAD, Y, 6);
    assert_int_equal(t.keys[X].power, POWER_LEAD);
    revoke(&t, 9, LEAD, Y, 5);
    assert_int_equal(t.keys[X].power, POWER_MEMBER);
    assert_false(trust_is_revoked(&t, X));
    revoke(&t, 10, LEAD, LEAD, 1); /* Y's own enrolment falls, and the last one of X */
    assert_int_equal(t.keys[X].power, POWER_NONE);
    assert_true(trust_holds(&t, X, 1));
    assert_false(trust_holds(&t, X, 2));
    assert_true(trust_was_enrolled(&t, X));
    assert_false(trust_was_enrolled(&t, Z));
    trust_release(&t);
}

static void the_last_enrolment_counts_though_an_earlier_one_falls(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, Y);
    enrol_as(&t, 2, Y, X, POWER_LEAD);
    enrol_as(&t, 3, LEAD, X, POWER_LOG);
    revoke(&t, 5, LEAD, Y, 2);
    assert_int_equal(t.keys[X].power, POWER_LOG);
    revoke(&t, 6, LEAD, LEAD, 3);
    assert_int_equal(t.keys[X].power, POWER_NONE);
    assert_false(trust_holds(&t, X, 2)); /* from the first one on, though that fell before */
    trust_release(&t);
}

static void keys_that_enrolled_each_other_hold_each_other_up(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, X, Y);
    enrol(&t, 3, Y, X);
    revoke(&t, 5, LEAD, LEAD, 1);
    assert_false(trust_is_revoked(&t, X)); /* by the letter: the enrolment at 3 is left */
    assert_false(trust_is_revoked(&t, Y));
    revoke(&t, 6, X, X, 2);
    assert_false(trust_holds(&t, Y, 2));
    trust_release(&t);
}

static void a_merged_enrolment_revives_a_key_that_was_not_revoked_by_name(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, X, Y);
    enrol(&t, 3, Y, Z);
    revoke(&t, 5, LEAD, X, 2);
    assert_false(trust_holds(&t, Y, 2));
    assert_false(trust_holds(&t, Z, 3));
    enrol_as(&t, 7, LEAD, Y, POWER_MEMBER);
    assert_false(trust_is_revoked(&t, Y));
    assert_int_equal(t.keys[Y].power, POWER_MEMBER);
    assert_false(trust_is_revoked(&t, Z));
    assert_false(trust_holds(&t, X, 2)); /* by name */
    enrol(&t, 8, LEAD, X);
    assert_true(trust_is_revoked(&t, X));
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
        cmocka_unit_test(a_revocation_stands_for_good),
        cmocka_unit_test(a_key_with_an_enrolment_left_keeps_its_power),
        cmocka_unit_test(the_last_enrolment_counts_though_an_earlier_one_falls),
        cmocka_unit_test(keys_that_enrolled_each_other_hold_each_other_up),
        cmocka_unit_test(a_merged_enrolment_revives_a_key_that_was_not_revoked_by_name),
        cmocka_unit_test(the_last_trusted_hold_counts),
        cmocka_unit_test(a_replay_stops_before_its_place),
        cmocka_unit_test(a_long_chain_of_enrolments_falls_without_recursion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
