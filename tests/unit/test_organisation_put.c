/* test_organisation_put.c: rows of an organisation file that are empty, repeated, hostile or too
 * many, and what is drafted of them. */
#include "store_case.h"
#include "case/session.h"
#include "practice/organisation_put.h"
#include "practice/practice.h"

#define SOURCE "organisation file of 2026-09-01"

/* A decision on a new case, which holds nothing but its lead. */
struct drafting {
    struct session *session;
    struct view view;
    struct decision d;
    struct putting p;
};

static void begin(struct drafting *t, const struct place *place)
{
    struct session_new n = {.name = "monday", .person = "ana"};
    const struct session_options o = {.key_folder = place->top, .model = practice_model()};

    *t = (struct drafting){0};
    must(session_create(&t->session, place->folder, &n, &o, &failure));
    must(session_view(t->session, &t->view, &failure));
    decision_begin(&t->d, &t->view, NULL, NULL);
    t->p = (struct putting){.d = &t->d, .source = SOURCE};
}

static void drafting_release(struct drafting *t)
{
    decision_release(&t->d);
    session_close(t->session);
}

static size_t count_of(const struct drafting *t, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < t->d.draft_count; i++)
        count += strcmp(t->d.drafts[i].type, type) == 0;
    return count;
}

/* What the last draft says in a field; empty where it says nothing. */
static struct str says(const struct drafting *t, const char *field)
{
    const struct draft *dr = &t->d.drafts[t->d.draft_count - 1];

    for (size_t i = 0; i < dr->value_count; i++)
        if (strcmp(dr->values[i].name, field) == 0)
            return dr->values[i].value;
    return STR("");
}

static void a_name_is_one_line_and_without_one_there_is_nobody(void **state)
{
    static const struct {
        const char *written, *kept; /* NULL: nobody */
    } cases[] = {
        {"", NULL},
        {" \t ", NULL},
        {"\n\r\n", NULL},
        {" Eva Brandt\n", "Eva Brandt"},
        {"Bo\nCarr\r", "Bo Carr"},
        {"\x1b[31mUdo", "\x1b[31mUdo"}, /* for the sinks to escape */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(drafting_release) struct drafting t;
        struct str row[PERSON_TEXT_COUNT] = {
            [PERSON_NAME] = str_of(cases[i].written), [PERSON_ID] = STR("no such role")};

        begin(&t, *state);
        put_person(&t.p, row);
        assert_int_equal(t.d.draft_count, cases[i].kept ? 1 : 0);
        if (cases[i].kept) {
            assert_true(str_is(says(&t, "name"), cases[i].kept));
            assert_true(str_is(says(&t, "source"), SOURCE));
        }
        remove_tree(((struct place *)*state)->folder);
    }
}

static void who_holds_two_roles_is_one_person_who_is_told_twice(void **state)
{
    CLEANUP(drafting_release) struct drafting t;
    struct str row[PERSON_TEXT_COUNT] = {[PERSON_NAME] = STR("Eva Brandt")};

    begin(&t, *state);
    row[PERSON_ID] = STR("cio");
    put_person(&t.p, row);
    row[PERSON_ID] = STR("security-head");
    row[PERSON_DECIDES] = STR("whether\nto stop");
    put_person(&t.p, row);
    assert_int_equal(count_of(&t, "person/1"), 1);
    assert_int_equal(count_of(&t, "contact/1"), 2);
    assert_true(str_is(says(&t, "role"), "head-of-security"));
    assert_true(str_is(says(&t, "need"), "whether to stop"));
}

static void each_sort_of_contact_has_its_role(void **state)
{
    static const struct {
        const char *sort, *id, *role; /* NULL: is called, and not told */
    } cases[] = {
        {"insurer", "", "insurer"},
        {"authorities", "police", "police"},
        {"authorities", "moon", "other"},
        {"authorities", "data-protection-authority", "regulator"},
        {"suppliers", "police", "supplier"},
        {"experts", "cio", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(drafting_release) struct drafting t;
        struct str row[CONTACT_TEXT_COUNT] = {[CONTACT_SORT] = str_of(cases[i].sort),
                                              [CONTACT_ID] = str_of(cases[i].id),
                                              [CONTACT_NAME] = STR("Somebody")};

        begin(&t, *state);
        put_contact(&t.p, row);
        assert_int_equal(count_of(&t, "person/1"), 1);
        assert_int_equal(count_of(&t, "contact/1"), cases[i].role ? 1 : 0);
        if (cases[i].role)
            assert_true(str_is(says(&t, "role"), cases[i].role));
        remove_tree(((struct place *)*state)->folder);
    }
}

static void a_backup_covers_the_systems_that_there_are_as_far_as_a_record_holds(void **state)
{
    CLEANUP(drafting_release) struct drafting t;
    CLEANUP_BUF struct buf covers = {0};
    struct str backup[BACKUP_TEXT_COUNT] = {[BACKUP_ID] = STR("nas")};

    begin(&t, *state);
    for (unsigned i = 0; i < 300; i++) {
        struct str row[SYSTEM_TEXT_COUNT] = {0};
        char name[16];

        snprintf(name, sizeof(name), "host%u", i);
        row[SYSTEM_ID] = str_of(name);
        put_system(&t.p, row);
        put_system(&t.p, row); /* twice in the file */
        buf_addf(&covers, "no such %u, host%u ,", i, i);
    }
    assert_int_equal(count_of(&t, "system/1"), 300);
    backup[BACKUP_COVERS] = buf_str(&covers);
    put_backup(&t.p, backup);
    assert_int_equal(t.d.drafts[t.d.draft_count - 1].ref_count, DRAFT_REFS_MAX);
    /* Ids of 32 digits with a newline between. */
    assert_int_equal(says(&t, "covers").len, DRAFT_REFS_MAX * 33 - 1);
    put_backup(&t.p, backup);
    assert_int_equal(count_of(&t, "backup/1"), 1);
}

static void add_channel(struct organisation *o, const char *kind, const char *trust,
                        const char *reaches)
{
    const struct str texts[CHANNEL_TEXT_COUNT] = {
        {arena_strdup(o->arena, kind), strlen(kind)}, STR(""), str_of(trust), str_of(reaches)};

    must(organisation_take_row(o, ROW_CHANNEL, texts, &failure));
}

static void channels_of_one_name_are_one_that_reaches_each_once(void **state)
{
    CLEANUP(organisation_freep) struct organisation *o = organisation_new();
    CLEANUP(drafting_release) struct drafting t;

    begin(&t, *state);
    add_channel(o, "mail", "", "Eva: eva@example");
    add_channel(o, "mail", "", "Bo: bo@example");
    add_channel(o, "mail", "", "Eva: eva@example");
    add_channel(o, "mail", "compromised", "Udo: udo@example");
    for (size_t i = 0; i < 4; i++)
        put_channel(&t.p, o, i);
    assert_int_equal(count_of(&t, "channel/1"), 2);
    assert_true(str_is(says(&t, "name"), "mail, compromised"));
    assert_true(str_is(says(&t, "trust"), "compromised"));
    assert_true(str_is(says(&t, "because"), SOURCE));
    t.d.draft_count--;
    assert_true(str_is(says(&t, "reaches"), "Eva: eva@example\nBo: bo@example"));
    assert_true(str_is(says(&t, "trust"), "unknown"));
    assert_int_equal(says(&t, "because").len, 0);
}

static void trust_that_nobody_can_say_is_unknown(void **state)
{
    static const char *const said[] = {"", "unknown", "Trusted", "trusted\n", "yes"};

    for (size_t i = 0; i < COUNT_OF(said); i++) {
        CLEANUP(organisation_freep) struct organisation *o = organisation_new();
        CLEANUP(drafting_release) struct drafting t;

        begin(&t, *state);
        add_channel(o, "phone", said[i], "");
        put_channel(&t.p, o, 0);
        assert_true(str_is(says(&t, "trust"), "unknown"));
        assert_true(str_is(says(&t, "name"), "phone"));
        remove_tree(((struct place *)*state)->folder);
    }
}

static void a_file_full_of_channels_gives_two_hundred(void **state)
{
    CLEANUP(organisation_freep) struct organisation *o = organisation_new();
    CLEANUP(drafting_release) struct drafting t;

    begin(&t, *state);
    for (unsigned i = 0; i < 250; i++) {
        char kind[16];

        snprintf(kind, sizeof(kind), "radio %u", i);
        add_channel(o, kind, "", "");
    }
    for (size_t i = 0; i < 250; i++)
        put_channel(&t.p, o, i);
    assert_int_equal(count_of(&t, "channel/1"), 200);
}

static void a_law_that_is_not_known_or_not_decided_is_left_out(void **state)
{
    static const struct {
        const char *id, *applies;
        size_t count;
    } cases[] = {
        {"gdpr", "yes", 1},   {"nis2", "no", 1},  {"gdpr", "", 0},
        {"gdpr", "maybe", 0}, {"moon", "yes", 0}, {"", "yes", 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(drafting_release) struct drafting t;
        struct str row[LAW_TEXT_COUNT] = {
            [LAW_ID] = str_of(cases[i].id), [LAW_APPLIES] = str_of(cases[i].applies)};

        begin(&t, *state);
        put_law(&t.p, row);
        put_law(&t.p, row);
        assert_int_equal(count_of(&t, "law/1"), cases[i].count);
        remove_tree(((struct place *)*state)->folder);
    }
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make_fast, place_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(a_name_is_one_line_and_without_one_there_is_nobody),
        WITH_PLACE(who_holds_two_roles_is_one_person_who_is_told_twice),
        WITH_PLACE(each_sort_of_contact_has_its_role),
        WITH_PLACE(a_backup_covers_the_systems_that_there_are_as_far_as_a_record_holds),
        WITH_PLACE(channels_of_one_name_are_one_that_reaches_each_once),
        WITH_PLACE(trust_that_nobody_can_say_is_unknown),
        WITH_PLACE(a_file_full_of_channels_gives_two_hundred),
        WITH_PLACE(a_law_that_is_not_known_or_not_decided_is_left_out),
    };

    signer_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
