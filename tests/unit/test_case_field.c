/* test_case_field.c: what people write and what is kept of it, labels and roles, and looking up
 * kinds and operations. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/limits.h"
#include "base/mem.h"
#include "case/gate.h"
#include "case/label.h"

/* 2026-11-25 03:12:09 UTC, by date -ud @1795576329. */
static const struct utc NOW = {1795576329, 0};

static const char *const IMPACTS[] = {"low", "medium", "high", "highest", NULL};

static const struct field LINE = {.name = "title", .type = FIELD_LINE};
static const struct field NEEDED = {.name = "title", .type = FIELD_LINE, .flags = FIELD_REQUIRED};
static const struct field TEXT = {.name = "text", .type = FIELD_TEXT};
static const struct field WORD = {.name = "impact", .type = FIELD_WORD, .choices = IMPACTS};
static const struct field TIME = {.name = "due", .type = FIELD_TIME};
static const struct field SPAN = {.name = "lost", .type = FIELD_SPAN};
static const struct field NUMBER = {.name = "last", .type = FIELD_NUMBER};
static const struct field SIZE = {.name = "room", .type = FIELD_SIZE};
static const struct field FLAG = {.name = "full", .type = FIELD_FLAG};
static const struct field PLACE = {.name = "file", .type = FIELD_PATH};

static void what_people_write_becomes_what_is_kept(void **state)
{
    static const struct {
        const struct field *field;
        const char *written, *kept;
    } cases[] = {
        {&LINE, "  the shop is down \t", "the shop is down"},
        {&LINE, "", ""},
        {&TEXT, "two\nlines\n", "two\nlines"},
        {&PLACE, "/var/log/auth.log", "/var/log/auth.log"},
        {&WORD, "medium", "medium"},
        {&WORD, " med ", "medium"},
        {&WORD, "l", "low"},
        {&WORD, "high", "high"}, /* a whole word, though "highest" begins with it */
        {&WORD, "highe", "highest"},
        {&TIME, "now", "2026-11-25T03:12:09.000000000Z"},
        {&TIME, "10 min ago", "2026-11-25T03:02:09.000000000Z"},
        {&TIME, "2026-11-25 04:12 +01:00", "2026-11-25T03:12:00.000000000Z"},
        {&TIME, "02:50", "2026-11-25T02:50:00.000000000Z"},
        {&TIME, "23:15", "2026-11-24T23:15:00.000000000Z"}, /* the last one that was */
        {&TIME, "in 4 h", "2026-11-25T07:12:09.000000000Z"},
        {&SPAN, "90 s", "90"},
        {&SPAN, "5 min", "300"},
        {&SPAN, "72 h", "259200"},
        {&SPAN, "3 days", "259200"},
        {&SPAN, "2h30m", "9000"},
        {&NUMBER, "0", "0"},
        {&NUMBER, "9223372036854775807", "9223372036854775807"},
        {&SIZE, "4096", "4096"},
        {&SIZE, "10M", "10000000"},
        {&SIZE, "1.5 GB", "1500000000"},
        {&SIZE, "2 TiB", "2199023255552"},
        {&FLAG, "anything", "yes"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf kept = {0};
        struct err e = {0};

        if (field_read(cases[i].field, str_of(cases[i].written), NOW, &kept, &e))
            fail_msg("%s: %s", cases[i].written, e.text);
        assert_string_equal(buf_text(&kept), cases[i].kept);
    }
}

static void what_cannot_be_is_refused_with_the_field_and_the_forms_named(void **state)
{
    static const struct {
        const struct field *field;
        const char *written;
        const char *says;
    } cases[] = {
        {&LINE, "two\nlines", "title is one line"},
        {&NEEDED, " \t", "title is empty"},
        {&WORD, "", "low, medium, high or highest"},
        {&WORD, "hig", "impact cannot be \"hig\""}, /* two begin with it */
        {&WORD, "HIGH", "low, medium, high or highest"},
        {&WORD, "highestt", "impact"},
        {&TIME, "sometime", "due"},
        {&TIME, "2026-02-30", "due"},
        {&TIME, "25:00", "due"},
        {&TIME, "", "due"},
        {&SPAN, "long", "lost"},
        {&SPAN, "-5 min", "lost"},
        {&SPAN, "99999999999999999999 days", "lost"},
        {&NUMBER, "-1", "whole number"},
        {&NUMBER, "1.5", "whole number"},
        {&NUMBER, "9223372036854775808", "whole number"},
        {&NUMBER, "18446744073709551616", "whole number"},
        {&SIZE, "much", "room"},
        {&SIZE, "99999999999 TB", "room"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf kept = {0};
        struct err e = {0};

        assert_int_equal(field_read(cases[i].field, str_of(cases[i].written), NOW, &kept, &e),
                         ERR_USAGE);
        if (!strstr(e.text, cases[i].says))
            fail_msg("\"%s\" gives: %s", cases[i].written, e.text);
        assert_int_equal(kept.len, 0);
    }
}

static void the_code_of_a_refusal_is_the_same_where_nobody_wants_the_sentence(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    struct err e;

    (void)state;
    assert_int_equal(field_read(&SPAN, str_of("soon"), NOW, &out, &e), ERR_USAGE);
    assert_int_equal(field_read(&SPAN, str_of("soon"), NOW, &out, NULL), ERR_USAGE);
    assert_int_equal(err_wrap(NULL, ERR_LIMIT, "reading %s", "x"), ERR_LIMIT);
    assert_int_equal(err_wrap(&e, e.code, "reading %s", "x"), ERR_USAGE);
    assert_memory_equal(e.text, "reading x: ", 11);
}

static void a_value_may_have_64_kib_and_not_a_byte_more(void **state)
{
    CLEANUP_FREE char *text = mem_alloc(LIMIT_VALUE_SIZE + 2);
    CLEANUP_BUF struct buf kept = {0};
    struct err e = {0};

    (void)state;
    memset(text, 'x', LIMIT_VALUE_SIZE + 1);
    assert_int_equal(field_read(&TEXT, str_of(text), NOW, &kept, &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "65537"));
    text[LIMIT_VALUE_SIZE] = '\0';
    assert_int_equal(field_read(&TEXT, str_of(text), NOW, &kept, &e), 0);
    assert_int_equal(kept.len, 65536);
}

static void what_another_program_kept_is_known_for_what_it_is(void **state)
{
    static const struct field ref = {.name = "system", .type = FIELD_REF};
    static const struct field words = {
        .name = "role", .type = FIELD_WORD, .flags = FIELD_MANY, .choices = IMPACTS};
    static const struct {
        const struct field *field;
        const char *kept;
        bool is_kept;
    } cases[] = {
        {&LINE, "anything \x1b[31m", true},
        {&WORD, "", true},
        {&WORD, "medium", true},
        {&WORD, "med", false}, /* what a person may write, not what is kept */
        {&WORD, "low\nhigh", false},
        {&words, "low\nhigh", true},
        {&words, "low\nsevere", false},
        {&TIME, "2026-11-25T03:12:09.000000000Z", true},
        {&TIME, "2026-11-25T03:12:09Z", false},
        {&TIME, "2026-02-30T03:12:09.000000000Z", false},
        {&SPAN, "90", true},
        {&SPAN, "90 s", false},
        {&SIZE, "-1", false},
        {&NUMBER, "9223372036854775807", true},
        {&NUMBER, "9223372036854775808", false},
        {&FLAG, "yes", true},
        {&FLAG, "no", false},
        {&ref, "00112233445566778899aabbccddeeff", true},
        {&ref, "00112233445566778899aabbccddeeff\n00112233445566778899aabbccddeefe", true},
        {&ref, "00112233445566778899aabbccddee", false},
        {&ref, "p3", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (field_is_kept(cases[i].field, str_of(cases[i].kept)) != cases[i].is_kept)
            fail_msg("%s: \"%s\"", cases[i].field->name, cases[i].kept);
}

static void what_is_kept_is_shown_as_people_read_it(void **state)
{
    static const struct {
        const struct field *field;
        const char *kept, *shown;
    } cases[] = {
        {&TIME, "2026-11-25T03:02:09.000000000Z", "03:02"},
        {&TIME, "2026-11-24T23:15:00.000000000Z", "24 Nov 23:15"},
        {&TIME, "not a time", "not a time"},
        {&SPAN, "9000", "2 h 30 min"},
        {&SIZE, "1500000000", "1.5 GB"},
        {&SIZE, "much", "much"},
        {&WORD, "medium", "medium"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf shown = {0};

        field_show(cases[i].field, str_of(cases[i].kept), NOW, &shown);
        assert_string_equal(buf_text(&shown), cases[i].shown);
    }
}

static void choices_are_named_as_in_a_sentence(void **state)
{
    CLEANUP_BUF struct buf out = {0};

    (void)state;
    field_choices(&out, &WORD);
    assert_string_equal(buf_text(&out), "low, medium, high or highest");
    assert_true(field_has_choice(&WORD, STR("high")));
    assert_false(field_has_choice(&WORD, STR("hig")));
    assert_false(field_has_choice(&LINE, STR("high")));
}

/* TLP 2.0 (FIRST, August 2022): CLEAR, GREEN, AMBER, AMBER+STRICT, RED, from wide to narrow. */
static void labels_stand_in_the_order_of_tlp_2(void **state)
{
    static const struct {
        const char *name, *mark;
        enum tlp tlp;
    } cases[] = {
        {"clear", "TLP:CLEAR", TLP_CLEAR}, {"green", "TLP:GREEN", TLP_GREEN},
        {"amber", "TLP:AMBER", TLP_AMBER}, {"amber-strict", "TLP:AMBER+STRICT", TLP_AMBER_STRICT},
        {"red", "TLP:RED", TLP_RED},
    };
    enum tlp found = TLP_RED;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(tlp_of(str_of(cases[i].name), &found));
        assert_int_equal(found, cases[i].tlp);
        assert_int_equal(found, i);
        assert_string_equal(tlp_mark(found), cases[i].mark);
    }
    assert_false(tlp_of(STR("amber+strict"), &found));
    assert_false(tlp_of(STR("RED"), &found));
    assert_false(tlp_of(STR(""), &found));
}

static void roles_see_up_to_their_label_and_the_widest_of_several_counts(void **state)
{
    static const struct {
        const char *lines;
        unsigned roles;
        enum tlp clearance;
        const char *shown;
    } cases[] = {
        {"", 0, TLP_CLEAR, ""},
        {"king", 0, TLP_CLEAR, ""},
        {"observer", ROLE_OBSERVER, TLP_GREEN, "observer"},
        {"expert", ROLE_EXPERT, TLP_AMBER, "expert"},
        {"communications", ROLE_COMMUNICATIONS, TLP_AMBER_STRICT, "communications"},
        {"custodian", ROLE_CUSTODIAN, TLP_RED, "custodian"},
        {"scribe\nresponder", ROLE_SCRIBE | ROLE_RESPONDER, TLP_RED, "responder, scribe"},
        {"observer\nexpert", ROLE_OBSERVER | ROLE_EXPERT, TLP_AMBER, "expert, observer"},
        {"observer\nking\n", ROLE_OBSERVER, TLP_GREEN, "observer"},
        {"leader", 0, TLP_CLEAR, ""},
        {"deputy", ROLE_DEPUTY, TLP_RED, "deputy"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf shown = {0};
        unsigned roles = roles_of(str_of(cases[i].lines));

        assert_int_equal(roles, cases[i].roles);
        assert_int_equal(roles_clearance(roles), cases[i].clearance);
        roles_show(&shown, roles);
        assert_string_equal(buf_text(&shown), cases[i].shown);
    }
    assert_string_equal(role_purpose(STR("king")), "");
    assert_string_equal(role_purpose(STR("lead")), "decides; speaks for the team");
}

static void types_lead_to_their_kind_whatever_else_they_look_like(void **state)
{
    static const struct kind problem = {.name = "problem"};
    static const struct kind *const kinds[] = {&problem};
    static const struct model model = {kinds, 1, NULL, 0};
    static const struct {
        const char *type;
        bool is_known, is_change;
    } cases[] = {
        {"problem/1", true, false},   {"problem-change/1", true, true},
        {"problem/2", false, false},  {"problem", false, false},
        {"problems/1", false, false}, {"-change/1", false, true},
        {"change/1", false, false},   {"problem-change/10", false, false},
        {"note/1", false, false},     {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_change = false;
        const struct kind *k = model_type(&model, str_of(cases[i].type), &is_change);

        assert_ptr_equal(k, cases[i].is_known ? &problem : NULL);
        if (k)
            assert_int_equal(is_change, cases[i].is_change);
    }
}

static void every_gate_says_what_it_waits_for(void **state)
{
    (void)state;
    assert_null(gate_help(GATE_NONE));
    assert_non_null(strstr(gate_help(GATE_FIRST_LOOK), "calm assess look"));
    assert_non_null(strstr(gate_help(GATE_ASSESSED), "calm assess sign"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_becomes_what_is_kept),
        cmocka_unit_test(what_cannot_be_is_refused_with_the_field_and_the_forms_named),
        cmocka_unit_test(the_code_of_a_refusal_is_the_same_where_nobody_wants_the_sentence),
        cmocka_unit_test(a_value_may_have_64_kib_and_not_a_byte_more),
        cmocka_unit_test(what_another_program_kept_is_known_for_what_it_is),
        cmocka_unit_test(what_is_kept_is_shown_as_people_read_it),
        cmocka_unit_test(choices_are_named_as_in_a_sentence),
        cmocka_unit_test(labels_stand_in_the_order_of_tlp_2),
        cmocka_unit_test(roles_see_up_to_their_label_and_the_widest_of_several_counts),
        cmocka_unit_test(types_lead_to_their_kind_whatever_else_they_look_like),
        cmocka_unit_test(every_gate_says_what_it_waits_for),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
