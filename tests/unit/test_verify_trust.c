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

/* What a key can do at a place where a member's power is needed. */
static bool notes(const struct trust *t, uint32_t key, uint32_t place)
{
    return trust_holds(t, key, place, TYPE_OTHER);
}

static void a_revocation_takes_trust_from_its_place_on(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    assert_false(trust_is_revoked(&t, X));
    assert_false(notes(&t, X, 1));
    assert_true(notes(&t, X, 2));
    revoke(&t, 9, LEAD, X, 5);
    assert_true(trust_is_revoked(&t, X));
    assert_true(notes(&t, X, 4));
    assert_false(notes(&t, X, 5));
    revoke(&t, 10, LEAD, X, 3);
    assert_false(notes(&t, X, 3));
    revoke(&t, 11, LEAD, X, 8);
    assert_false(notes(&t, X, 3));
    trust_release(&t);
}

static void every_power_signs_its_own_types(void **state)
{
    static const struct {
        enum power power;
        bool enrol, hold, checkpoint, other;
    } cases[] = {
        {POWER_LEAD, true, true, true, true},
        {POWER_MEMBER, false, false, true, true},
        {POWER_LOG, false, false, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trust t;

        begin(&t);
        t.recovery = W;
        enrol_as(&t, 1, LEAD, X, cases[i].power);
        assert_int_equal(trust_holds(&t, X, 2, TYPE_ENROL), cases[i].enrol);
        assert_int_equal(trust_holds(&t, X, 2, TYPE_REVOKE), cases[i].enrol);
        assert_int_equal(trust_holds(&t, X, 2, TYPE_HOLD), cases[i].hold);
        assert_int_equal(trust_holds(&t, X, 2, TYPE_CHECKPOINT), cases[i].checkpoint);
        assert_int_equal(trust_holds(&t, X, 2, TYPE_OTHER), cases[i].other);
        assert_true(trust_holds(&t, W, 2, TYPE_REVOKE));
        assert_false(trust_holds(&t, W, 2, TYPE_CHECKPOINT));
        trust_release(&t);
    }
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
    assert_true(notes(&t, Y, 8)); /* enrolled before 5 */
    assert_false(notes(&t, Z, 8));
    assert_false(notes(&t, W, 8));
    revoke(&t, 10, LEAD, X, 2);
    assert_false(notes(&t, Y, 8));
    assert_false(trust_is_revoked(&t, Y));
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
    revoke(&t, 5, X, Y, 2);
    assert_false(notes(&t, Z, 4));
    revoke(&t, 7, LEAD, X, 5); /* takes trust from what X signed at 5 */
    assert_false(notes(&t, Y, 4));
    assert_false(notes(&t, Z, 4));
    revoke(&t, 8, LEAD, LEAD, 1); /* and this from itself, and from all that it enrolled */
    assert_false(notes(&t, X, 2));
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
    assert_int_equal(trust_power(&t, X, 9), POWER_LOG);
    revoke(&t, 8, LEAD, Y, 6);
    assert_int_equal(trust_power(&t, X, 9), POWER_LEAD);
    revoke(&t, 9, LEAD, Y, 5);
    assert_int_equal(trust_power(&t, X, 2), POWER_NONE);
    assert_int_equal(trust_power(&t, X, 9), POWER_MEMBER);
    revoke(&t, 10, LEAD, LEAD, 1);
    assert_int_equal(trust_power(&t, X, 9), POWER_NONE);
    assert_true(trust_was_enrolled(&t, X));
    assert_false(trust_was_enrolled(&t, Z));
    assert_false(trust_is_revoked(&t, X));
    enrol(&t, 11, W, X); /* by a stranger */
    assert_int_equal(trust_power(&t, X, 12), POWER_NONE);
    trust_release(&t);
}

static void a_power_is_that_of_its_place(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol_as(&t, 1, LEAD, X, POWER_LEAD);
    enrol_as(&t, 4, LEAD, X, POWER_LOG);
    enrol_as(&t, 7, LEAD, X, POWER_MEMBER);
    assert_int_equal(trust_power(&t, X, 1), POWER_NONE);
    assert_int_equal(trust_power(&t, X, 2), POWER_LEAD);
    assert_int_equal(trust_power(&t, X, 4), POWER_LEAD);
    assert_int_equal(trust_power(&t, X, 5), POWER_LOG);
    assert_int_equal(trust_power(&t, X, 8), POWER_MEMBER);
    trust_release(&t);
}

static void no_two_keys_hold_each_other_up(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, X, Y);
    enrol(&t, 3, Y, X);
    enrol(&t, 4, X, X);
    revoke(&t, 5, LEAD, LEAD, 1);
    assert_false(notes(&t, X, 6));
    assert_false(notes(&t, Y, 6));
    trust_release(&t);
}

static void a_merged_enrolment_without_power_counts_once_its_signer_had_it(void **state)
{
    struct trust t;

    (void)state;
    begin(&t);
    enrol(&t, 1, LEAD, X);
    enrol(&t, 2, LEAD, Y);
    enrol_as(&t, 4, Y, X, POWER_MEMBER);
    enrol(&t, 6, X, Z); /* stands merged: X is a member here */
    assert_false(notes(&t, Z, 7));
    assert_false(trust_was_enrolled(&t, Z));
    revoke(&t, 8, LEAD, Y, 4); /* X was a lead at 6 */
    assert_true(notes(&t, Z, 7));
    assert_true(trust_was_enrolled(&t, Z));
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
    assert_int_equal(trust_power(&before, Y, 5), POWER_LEAD);
    trust_release(&before);
    trust_replay(&before, &t, 6);
    assert_true(trust_is_revoked(&before, X));
    assert_int_equal(trust_power(&before, Y, 6), POWER_NONE);
    assert_true(trust_was_enrolled(&before, Y));
    trust_release(&before);
    trust_release(&t);
}

static void a_long_chain_of_enrolments_falls(void **state)
{
    enum { COUNT = 300000 };
    struct trust t;

    (void)state;
    trust_init(&t, COUNT);
    enrol(&t, 0, 0, 0);
    for (uint32_t i = 1; i < COUNT; i++)
        enrol(&t, i, i - 1, i);
    assert_true(notes(&t, COUNT - 1, COUNT));
    revoke(&t, COUNT, 0, 1, 2);
    assert_true(notes(&t, 0, COUNT));
    assert_false(notes(&t, COUNT - 1, COUNT));
    trust_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revocation_takes_trust_from_its_place_on),
        cmocka_unit_test(every_power_signs_its_own_types),
        cmocka_unit_test(trust_falls_along_enrolments),
        cmocka_unit_test(a_revocation_stands_for_good),
        cmocka_unit_test(a_key_with_an_enrolment_left_keeps_its_power),
        cmocka_unit_test(a_power_is_that_of_its_place),
        cmocka_unit_test(no_two_keys_hold_each_other_up),
        cmocka_unit_test(a_merged_enrolment_without_power_counts_once_its_signer_had_it),
        cmocka_unit_test(the_last_trusted_hold_counts),
        cmocka_unit_test(a_replay_stops_before_its_place),
        cmocka_unit_test(a_long_chain_of_enrolments_falls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
