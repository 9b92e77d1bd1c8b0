/* Merged records: who is trusted, and what a revocation carries over (doc/format/journal.md §10).
 */
#include "test_journal_script.h"

static void merged_records_are_trusted_if_their_keys_have_the_power_here(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    /* "merge 3 9 6" takes in records 3 to 8 of a copy that begins with the same 3 */
    TELL(&s, "L case R", "L enrol M member", "L enrol G log", "= own", "L merge 3 9 6", "= merged",
         "M note", "X note ~", "G note ~", "M hold set ~", "= free", "L hold set", "= hold",
         "= merged", "R note ~", "= own", "M note", "X note !");
    scene_end(&s);
}

static void merged_records_of_keys_revoked_here_are_not_trusted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "L enrol K lead", "L revoke K 3", "L merge 3 8 5",
         "K note x", "K enrol X member x", "X note ~", "K revoke L 1 x", "M note", "= own",
         "= L lead", "= X none", "= K from 3");
    scene_end(&s);
}

static void merged_enrolments_and_holds_take_effect_where_they_are_trusted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L note", "L merge 2 7 5", "L enrol N lead", "N enrol O member", "O note",
         "R enrol P log", "P checkpoint P 1", "= N lead", "= O member", "= P log", "O note");
    scene_end(&s);
}

/* What was rightly done in the copy is not judged by the state here, but stays without effect. */
static void rules_about_places_are_those_of_the_copy(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "L revoke M 2", "L merge 2 8 6",
         "L enrol M member", /* M is revoked here, and stays so */
         "= M none", "L revoke X 1", "= X from 1", "L checkpoint Q 900", "L anchor page 900",
         "L redact 77,78 3 text", "L redact-approve 77", "= own", "L enrol X member !");
    scene_end(&s);
}

/* A fell here with K; what L said in the copy gives it power from there on, and B none. */
static void a_merged_enrolment_gives_a_key_that_fell_power_from_there_on(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "K enrol A lead", "A enrol B member", "B note", /* 4 */
         "L revoke K 2", "= A none", "= B none", "L merge 2 6 4",                          /* 6 */
         "A note ~", "L enrol A member", "= A member", "= B none", "A note", "B note ~", "= own",
         "A note", "B note !", "= 3 fell", "= 4 fell", "= 7 fell", "= 9 trusted");
    scene_end(&s);
    scene_begin(&s);
    /* A was revoked by itself too: the enrolment is trusted, and has no effect */
    TELL(&s, "L case R", "L enrol K lead", "K enrol A lead", "A note", "L revoke K 2",
         "L revoke A 3", "= A from 3", "L merge 2 4 2", "L enrol A member", "= A from 3",
         "= 7 trusted", "A note x", "= own", "= A none", "A note !", "= 3 fell");
    scene_end(&s);
}

/* K took power from A, and what A wrote in the copy was not trusted when it came. Then K is revoked
 * from before that, and what K did falls. */
static void a_merged_record_may_come_to_be_trusted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L enrol A lead", "K enrol A log", "L merge 3 7 4",
         "A enrol B member ~", "B note ~", "A hold set ~", "A revoke L 3 ~", "= own", /* 5 to 8 */
         "= B none", "= free", "B note !", "L revoke B 5 !", "L revoke K 3", "= A lead",
         "= B member", "= hold", "= 5 trusted", "= 6 trusted", "= 7 trusted",
         /* a revocation stands from its place on or never */
         "= 8 trusted", "= L stands", "L note", "B note", "L revoke B 6", "= 6 fell");
    scene_end(&s);
    scene_begin(&s);
    /* so do approvals, which are judged at the redaction's place */
    TELL(&s, "L case R", "L enrol K lead", "L enrol A member", "L redact-request 1 text",
         "L redact-approve 3", "K enrol A log", "L merge 5 6 1", "A redact-approve 3 ~",
         "L redact 4,7 1 text !", "L revoke K 5", "= 7 trusted", "L redact 4,7 1 text");
    scene_end(&s);
}

/* The revocation comes after the enrolment in the journal, although it names a place before. */
static void a_merged_enrolment_is_without_effect_only_after_a_revocation(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L merge 2 6 4", "L enrol M lead", "M enrol N member",
         "L revoke M 5", "L enrol M lead", "= own", "= M from 2", "= 4 fell", "= N none",
         "= 3 trusted", "= 6 trusted", "M note !");
    scene_end(&s);
    scene_begin(&s);
    /* one without effect does not make X a key that was enrolled here */
    TELL(&s, "L case R", "L note", "L merge 2 4 2", "L revoke X 1", "L enrol X lead", "= own",
         "L revoke X 1 !", "L note");
    scene_end(&s);
}

/* Its signer is trusted when it comes; what becomes of the signer later changes nothing. One whose
 * signer has no power here has no effect, and an enrolment without effect revokes nothing. */
static void a_merged_revocation_stands_if_it_was_trusted_at_its_place(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L enrol M member", "L enrol N member", /* 3 */
         "L merge 4 8 4", "K revoke M 5", "= M from 4", "N enrol N lead ~", "X revoke N 4 ~",
         "K revoke Y 7", "= own", "= N member", "= N stands", "= Y from 4", "L revoke K 1",
         "= M from 4", "= N stands", "= Y from 4", "M note !", "N note", "R enrol Y member !");
    scene_end(&s);
}

static void what_no_copy_allows_is_tampering_among_merged_records_too(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L note", "L merge 2 4 2", "L case R !", "L enrol R member !",
         "L revoke R 1 !", "L hold on !", "L merge 0 4 4 !", "= merged", "L note", "L note",
         "= own");
    scene_end(&s);
}

static void merged_approvals_count_where_they_are_trusted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "M redact-request 1 text", "L redact-approve 2",
         "L merge 3 6 3", "X redact-approve 2 ~", "M redact-approve 2",
         "M redact-approve 99", /* of a request that is nowhere */
         "L redact 3,5 1 text !", "L redact 7,3 1 text !", "L redact 3,6 1 text");
    scene_end(&s);
    scene_begin(&s);
    /* both approvals for a request that does not stand here */
    TELL(&s, "L case R", "L enrol M member", "L merge 2 4 2", "L redact-approve 99",
         "M redact-approve 99", "L redact 3,4 1 text !");
    scene_end(&s);
}

static void a_merge_that_does_not_add_up_is_tampering(void **state)
{
    static const char *const bad[] = {
        "L merge 0 5 5 !", /* no fork */
        "L merge 4 6 2 !", /* the copies cannot share 4 of 3 records */
        "L merge 2 2 0 !", /* the copy has nothing of its own */
        "L merge 2 1 0 !",
        "L merge 2 5 2 !", /* 3 records, but 2 follow */
        "L merge 2 5 4 !",
        "L merge 2 5 3 3,1,1 !", /* one of the 3 is skipped */
        "L merge 2 5 2 1,1,1 !", /* skipped before the fork */
        "L merge 2 5 2 5,1,1 !", /* past the copy's end */
        "L merge 2 5 1 4,1,2 !",
        "L merge 2 5 3 3,1,0 !", /* none skipped */
        "L merge 2 5 2 3,3,1 !", /* a record that is not here */
        "L merge 2 5 1 2,2,2 !",
        "L merge 2 6 2 4,1,1,3,2,1 !", /* not ascending */
        "L merge 2 6 1 3,0,2,4,2,1 !", /* overlapping */
        "L merge 2 5 9223372036854775807 !",
        "L merge 2 9223372036854775807 0 2,1,9223372036854775805 !",
    };
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L note", "L note");
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        scene_hear(&s, bad[i]);
    TELL(&s, "L merge 2 6 2 2,1,1,4,0,1", "= merged", "L note", "L note", "= own",
         /* all of the copy is here already: nothing follows */
         "L merge 3 5 0 3,1,2", "= own", "L note");
    scene_end(&s);
}

/* Both copies begin with 5 records; K wrote in both since, so nothing of K from 5 on is trusted. */
static void a_merged_revocation_reaches_back_to_the_fork(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "K enrol A member", "K note", "A note", /* to 4 */
         "K note", "K enrol B member", "B note",                                   /* 5 to 7 here */
         "L merge 5 9 4", "K note", "L note", "L note", "L revoke K 8", /* 5 to 8 there */
         "= K from 5", "= B none", "= A member", "= 3 trusted", "= 5 fell", "= 6 fell", "= 7 fell",
         "= 9 fell", "K note !", "B note !", "A note");
    scene_end(&s);
    scene_begin(&s);
    /* the place named there is the smaller one */
    TELL(&s, "L case R", "L enrol K lead", "K note", "K note", "K note", "K note", "L merge 5 6 1",
         "L revoke K 2", "= K from 2");
    scene_end(&s);
}

/* C parted from B at 3 and A from B at 5. C's record 6 revokes K from 6; merged into B it is from
 * 3, and so it is in A, although A and B parted later. */
static void a_revocation_is_carried_from_copy_to_copy(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K member", "L note", "L note",
         "L note",         /* 0 to 4, shared with B */
         "L note",         /* 5 here */
         "L merge 5 10 5", /* 6 here: B's 5 to 9 */
         "L merge 3 7 4",  /* B's 5: C's 3 to 6 */
         "L note", "L note", "L note", "L revoke K 6", "= own", "= K from 3");
    scene_end(&s);
}

/* The same, but C had come here before B did: C's records are skipped when B comes. */
static void records_that_came_before_are_skipped_when_they_come_again(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K member", "L note", "L note", "L note",
         "L merge 3 7 4", /* 5: C's 3 to 6, here 6 to 9 */
         "L note", "L note", "L note", "L revoke K 6", "= K from 3",
         "L merge 5 10 1 6,6,4", /* 10: B's 5; B's 6 to 9 are 6 to 9 */
         "= merged", "L merge 3 7 4", "= own", "L note");
    scene_end(&s);
}

/* D parted from B at 1 and came here when it had two records of its own; B took in all four, and
 * its merge covers those skipped here and those after them alike. */
static void a_merge_of_the_copy_covers_what_is_skipped_and_what_follows(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K member", "L note", "L note", "L note", /* 0 to 4, as in B */
         "L merge 1 3 2", "L note", "L note",                              /* 5: D's 1 and 2 */
         "L merge 5 11 4 6,6,2", /* 8: B's 5, 8, 9 and 10 */
         "L merge 1 5 4", "L note", "L revoke X 4", "= X from 1", "L revoke Y 10", "= own",
         "= Y from 5");
    scene_end(&s);
}

/* B's merge stands here with what it brought skipped: it says nothing of the records after it. */
static void a_merge_among_merged_records_covers_none_of_ours(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K member", "L note", "L note", "L note", "L merge 3 7 4",
         "L note", "L note", "L note", "L note", "L merge 5 10 1 6,6,4",
         "L merge 3 7 4", /* 10, 11 */
         "L note",        /* 12 */
         "L merge 12 14 2", "L note", "L revoke X 13", "= own", "= X from 12");
    scene_end(&s);
}

/* B came once and grew since. What B took in before is skipped, and with it B's own merge; the rest
 * is still known for what it is. */
static void a_copy_that_grew_is_merged_again(void **state)
{
    static const char *const before[] = {
        "L case R",      "L enrol K member", "L enrol M member", "L note", "L note",
        "L note",        "L merge 5 10 5", /* 6: B's 5 to 9, here 7 to 11 */
        "L merge 3 7 4",                   /* B's 5: C's 3 to 6 */
        "L note",        "L note",           "L note",           "L note", NULL};
    struct scene s;

    (void)state;
    scene_begin(&s);
    scene_tell(&s, before);
    /* 12: B's 10 is B's own: the place named is smaller than no fork but that of A and B */
    TELL(&s, "L merge 5 11 1 5,7,5", "L revoke M 10", "= M from 5");
    scene_end(&s);
    scene_begin(&s);
    scene_tell(&s, before);
    /* 12: B's 10 merges C again, grown by C's 7, which is B's 11 */
    TELL(&s, "L merge 5 12 2 5,7,5", "L merge 3 8 1 3,6,4", "L revoke M 7", "= M from 3", "= own");
    scene_end(&s);
}

/* A copy may share more than the fork says; what it shares beyond is skipped. */
static void a_fork_before_the_copies_parted_counts(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K member", "L note", "L note", "K note", "L note",
         "L merge 2 8 3 2,2,3", "L note", "L revoke K 6", "= K from 2", "L note", "= own");
    scene_end(&s);
}

/* A copy in a copy in a copy …, each with nothing but the case and the merge of the next, and the
 * last with a revocation. */
static void tell_nested(struct scene *s, unsigned depth, const char *last)
{
    char text[64];

    TELL(s, "L case R");
    for (unsigned size = depth + 1; size > 1; size--) {
        snprintf(text, sizeof(text), "L merge 1 %u %u", size, size - 1);
        scene_hear(s, text);
    }
    scene_hear(s, last);
}

static void copies_are_followed_16_deep_and_no_deeper(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    tell_nested(&s, 16, "L revoke K 1");
    TELL(&s, "= K from 1");
    scene_end(&s);
    scene_begin(&s);
    tell_nested(&s, 17, "L revoke K 1 %");
    TELL(&s, "= K stands", "= merged");
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_records_are_trusted_if_their_keys_have_the_power_here),
        cmocka_unit_test(merged_records_of_keys_revoked_here_are_not_trusted),
        cmocka_unit_test(merged_enrolments_and_holds_take_effect_where_they_are_trusted),
        cmocka_unit_test(rules_about_places_are_those_of_the_copy),
        cmocka_unit_test(a_merged_enrolment_gives_a_key_that_fell_power_from_there_on),
        cmocka_unit_test(a_merged_record_may_come_to_be_trusted),
        cmocka_unit_test(a_merged_enrolment_is_without_effect_only_after_a_revocation),
        cmocka_unit_test(a_merged_revocation_stands_if_it_was_trusted_at_its_place),
        cmocka_unit_test(what_no_copy_allows_is_tampering_among_merged_records_too),
        cmocka_unit_test(merged_approvals_count_where_they_are_trusted),
        cmocka_unit_test(a_merge_that_does_not_add_up_is_tampering),
        cmocka_unit_test(a_merged_revocation_reaches_back_to_the_fork),
        cmocka_unit_test(a_revocation_is_carried_from_copy_to_copy),
        cmocka_unit_test(records_that_came_before_are_skipped_when_they_come_again),
        cmocka_unit_test(a_merge_of_the_copy_covers_what_is_skipped_and_what_follows),
        cmocka_unit_test(a_merge_among_merged_records_covers_none_of_ours),
        cmocka_unit_test(a_copy_that_grew_is_merged_again),
        cmocka_unit_test(a_fork_before_the_copies_parted_counts),
        cmocka_unit_test(copies_are_followed_16_deep_and_no_deeper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
