/* test_playbook.c: playbooks as steps: which documents are refused and why, in which order branches
 * stand, what ships, and what others wrote. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/sink.h"
#include "practice/playbook.h"
#include "practice/texts.h"
#include "render/screen.h"
#include "sys/file.h"
#include "sys/worker.h"

/* Step ids, short and readable; only the playbook's own id must be a UUID. */
#define ID "playbook--61a6c41e-6efc-4516-a242-dfbc5c89d562"
#define HEAD                                                                                       \
    "{\"type\":\"playbook\",\"spec_version\":\"cacao-2.0\",\"id\":\"" ID "\",\"name\":\"Sample\","
#define FLOW(start, steps) "\"workflow_start\":\"" start "\",\"workflow\":{" steps "}}"
#define STEP(id, type, more) "\"" id "\":{\"type\":\"" type "\"" more "}"
#define TO(id) ",\"on_completion\":\"" id "\""
#define START STEP("s", "start", TO("a"))
#define END STEP("e", "end", "")
#define A_TO_END STEP("a", "action", ",\"name\":\"first\"" TO("e"))

static int read_text(struct playbook **out, const char *json, struct err *e)
{
    int fd = -1;
    int rc = import_memory(&fd, str_of(json), e);

    assert_int_equal(rc, 0);
    rc = playbook_read(out, "sample", fd, e);
    fd_close(fd);
    return rc;
}

static void a_document_that_cannot_be_followed_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *json;
        int code;
        const char *says;
    } cases[] = {
        {"", ERR_FORMAT, "it is not JSON"},
        {"[]", ERR_FORMAT, "no CACAO playbook"},
        {"{}", ERR_FORMAT, "no CACAO playbook"},
        {"{\"type\":\"playbook\",\"type\":\"playbook\"}", ERR_FORMAT, "duplicate"},
        {HEAD FLOW("s", START "," A_TO_END "," END) "x", ERR_FORMAT, "it is not JSON"},
        {"{\"type\":\"bundle\",\"spec_version\":\"2.1\"}", ERR_FORMAT, "its type is \"bundle\""},
        {"{\"type\":\"playbook\",\"spec_version\":\"1.1\"}", ERR_FORMAT,
         "written for \"1.1\"; calm reads playbooks for cacao-2.0"},
        {"{\"type\":\"playbook\",\"spec_version\":\"cacao-2.0\",\"id\":\"playbook--1\"}",
         ERR_FORMAT, "its id is no name of a playbook"},
        {"{\"type\":\"playbook\",\"spec_version\":\"cacao-2.0\",\"id\":\"" ID "\",\"name\":\" \"}",
         ERR_FORMAT, "it has no name"},
        {HEAD "\"x\":1}", ERR_FORMAT, "it has no workflow"},
        {HEAD "\"workflow\":{}}", ERR_FORMAT, "it has no workflow"},
        {HEAD "\"workflow\":{" START "," A_TO_END "," END "}}", ERR_FORMAT,
         "does not say with which step it starts"},
        {HEAD FLOW("z", START "," A_TO_END "," END), ERR_FORMAT,
         "starts with the step \"z\", which is not there"},
        {HEAD FLOW("s", START "," END), ERR_FORMAT, "the step s leads to a, which is not there"},
        {HEAD FLOW("s", STEP("s", "start", TO("e")) "," END), ERR_FORMAT,
         "no step between start and end"},
        {HEAD FLOW("s", START "," STEP("a", "action", "") "," END), ERR_FORMAT,
         "the step a leads nowhere"},
        {HEAD FLOW("s", START "," STEP("a", "action", TO("a")) "," END), ERR_FORMAT,
         "the step a would come again after itself"},
        {HEAD FLOW("s", START "," STEP("a", "action", TO("b")) "," STEP(
                            "b", "action", ",\"on_success\":\"e\",\"on_failure\":\"a\"") "," END),
         ERR_FORMAT, "a loop"},
        {HEAD FLOW("s", START "," STEP("a", "while-condition",
                                       ",\"condition\":\"c\",\"on_true\":\"b\"" TO(
                                           "e")) "," STEP("b", "action", TO("a")) "," END),
         ERR_FORMAT, "a loop"},
        {HEAD FLOW("s",
                   START "," STEP("a", "if-condition", ",\"condition\":\"c\"" TO("e")) "," END),
         ERR_FORMAT, "the step a branches, but names no branch"},
        {HEAD FLOW("s", START "," STEP("a", "parallel", TO("e")) "," END), ERR_FORMAT,
         "names no branch"},
        {HEAD FLOW("s", START "," STEP("a", "teleport", TO("e")) "," END), ERR_FORMAT,
         "of a type that CACAO 2.0 does not know: \"teleport\""},
        {HEAD FLOW("s", START "," STEP("a", "action", ",\"on_completion\":7") "," END), ERR_FORMAT,
         "leads to something that is no name"},
        {HEAD FLOW("s", "\"a\":1," START), ERR_FORMAT, "the step a is no object"},
        {HEAD "\"agent_definitions\":{\"ssh--1\":{\"type\":\"linux\"}}," FLOW("s", START
                                                                              "," A_TO_END "," END),
         ERR_FORMAT, "ssh--1, in its agent_definitions, says that its type is \"linux\""},
        {HEAD "\"target_definitions\":[]," FLOW("s", START "," A_TO_END "," END), ERR_FORMAT,
         "its target_definitions are no object"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct playbook *p = NULL;
        struct err e = {0};
        int rc = read_text(&p, cases[i].json, &e);

        if (rc != cases[i].code || !strstr(e.text, cases[i].says))
            fail_msg("case %zu: %s, \"%s\"", i, err_name(rc), e.text);
        assert_null(p);
    }
}

static void add_chain(struct buf *json, size_t count)
{
    buf_adds(json, HEAD "\"workflow_start\":\"n0\",\"workflow\":{");
    for (size_t i = 0; i < count; i++)
        buf_addf(json,
                 "\"n%zu\":{\"type\":\"action\",\"name\":\"n%zu\",\"on_completion\":\"%s%zu\"},", i,
                 i, i + 1 == count ? "e" : "n", i + 1 == count ? (size_t)0 : i + 1);
    buf_adds(json, "\"e0\":{\"type\":\"end\"}}}");
}

static void a_long_chain_is_read_in_its_order_and_a_longer_one_refused(void **state)
{
    struct buf json = {0};
    struct playbook *p = NULL;
    struct err e = {0};

    (void)state;
    add_chain(&json, LIMIT_PLAYBOOK_STEP_COUNT - 1); /* and the end */
    if (read_text(&p, buf_text(&json), &e))
        fail_msg("%s", e.text);
    assert_int_equal(p->step_count, LIMIT_PLAYBOOK_STEP_COUNT - 1);
    for (size_t i = 0; i < p->step_count; i++) {
        char name[32];

        snprintf(name, sizeof(name), "n%zu", i);
        assert_true(str_is(p->steps[i].texts[CACAO_TITLE], name));
        assert_int_equal(p->steps[i].texts[CACAO_COME].len, 0);
    }
    playbook_free(p);
    p = NULL;
    buf_clear(&json);
    add_chain(&json, LIMIT_PLAYBOOK_STEP_COUNT);
    assert_int_equal(read_text(&p, buf_text(&json), &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "2001 steps; the most is 2000"));
    buf_release(&json);
}

static void limits_hold_before_memory_is_taken(void **state)
{
    struct buf json = {0};
    struct playbook *p = NULL;
    struct err e = {0};

    (void)state;
    /* Levels: the document, then one more than allowed. */
    buf_addn(&json, '[', LIMIT_JSON_DEPTH + 1);
    assert_int_equal(read_text(&p, buf_text(&json), &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "more than 32 levels"));
    buf_clear(&json);
    buf_addn(&json, '[', LIMIT_JSON_DEPTH);
    assert_int_equal(read_text(&p, buf_text(&json), &e), ERR_FORMAT);
    /* Brackets in a text are no levels. */
    buf_clear(&json);
    buf_adds(&json, HEAD "\"x\":\"\\\"");
    buf_addn(&json, '{', 100);
    buf_adds(&json, "\"," FLOW("s", START "," A_TO_END "," END));
    assert_int_equal(read_text(&p, buf_text(&json), &e), 0);
    playbook_free(p);
    p = NULL;
    buf_clear(&json);
    buf_adds(&json, HEAD "\"description\":\"");
    buf_addn(&json, 'x', LIMIT_VALUE_SIZE + 1);
    buf_adds(&json, "\"," FLOW("s", START "," A_TO_END "," END));
    assert_int_equal(read_text(&p, buf_text(&json), &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "65537 bytes"));
    buf_clear(&json);
    buf_addn(&json, ' ', LIMIT_IMPORT_SIZE + 1);
    assert_int_equal(read_text(&p, buf_text(&json), &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "larger than 16 MiB"));
    buf_release(&json);
}

struct expected {
    const char *title, *come, *then;
};

static void check_steps(const char *json, const struct expected *wanted, size_t count)
{
    struct playbook *p = NULL;
    struct err e = {0};

    if (read_text(&p, json, &e))
        fail_msg("%s", e.text);
    assert_int_equal(p->step_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct str *t = p->steps[i].texts;

        if (!str_is(t[CACAO_TITLE], wanted[i].title) || !str_is(t[CACAO_COME], wanted[i].come) ||
            !str_is(t[CACAO_THEN], wanted[i].then))
            fail_msg("step %zu: \"" STR_FMT "\", comes \"" STR_FMT "\", then \"" STR_FMT "\"",
                     i + 1, STR_ARG(t[CACAO_TITLE]), STR_ARG(t[CACAO_COME]),
                     STR_ARG(t[CACAO_THEN]));
    }
    playbook_free(p);
}

#define NAMED(id, name, more) STEP(id, "action", ",\"name\":\"" name "\"" more)

static void both_branches_of_a_condition_stand_before_what_follows(void **state)
{
    static const struct expected wanted[] = {
        {"look", "", ""},
        {"decide whether: x = 1", "", "if so: step 3; if not: step 4; after that: step 5"},
        {"yes", "if what step 2 asks is so", "this branch ends"},
        {"no", "if what step 2 asks is not so", "this branch ends"},
        {"last", "after the branches of step 2", ""},
    };

    (void)state;
    check_steps(
        HEAD FLOW("s",
                  START "," NAMED("a", "look", TO("i")) "," STEP(
                      "i", "if-condition",
                      ",\"condition\":\"x = 1\",\"on_true\":\"y\",\"on_false\":\"n\"" TO(
                          "z")) "," NAMED("n", "no",
                                          TO("e")) "," NAMED("y", "yes",
                                                             TO("e")) "," NAMED("z", "last",
                                                                                TO("e")) "," END),
        wanted, COUNT_OF(wanted));
}

static void a_step_where_ways_meet_stands_behind_all_of_them(void **state)
{
    static const struct expected wanted[] = {
        {"try", "", "if it fails: step 2; go on with step 3"},
        {"mend", "if step 1 fails", ""},
        {"both", "after step 1, or after step 2", ""},
    };

    (void)state;
    check_steps(
        HEAD FLOW("s", START
                  "," NAMED("a", "try", ",\"on_success\":\"b\",\"on_failure\":\"m\"") "," NAMED(
                      "b", "both", TO("e")) "," NAMED("m", "mend", TO("b")) "," END),
        wanted, COUNT_OF(wanted));
}

static void other_kinds_of_branches_are_said_in_words(void **state)
{
    static const struct expected wanted[] = {
        {"several things at once", "", "at once: step 2, step 3; after that: step 4"},
        {"one", "together with the other branches of step 1", "this branch ends"},
        {"two", "together with the other branches of step 1", "this branch ends"},
        {"again: repeat as long as: n > 0", "after the branches of step 1",
         "as long as it is so: step 5; after that: step 6"},
        {"round", "if what step 4 asks is so", "this branch ends"},
        {"choose by: colour", "after the branches of step 4",
         "if \"red\": step 7; if \"blue\": this branch ends"},
        {"stop", "if step 6 comes to \"red\"", "this branch ends"},
        {"follow another playbook: playbook--2",
         "if something goes wrong that no step provides for", ""},
    };

    (void)state;
    check_steps(
        HEAD "\"workflow_exception\":\"x\"," FLOW(
            "s", START
            "," STEP("a", "parallel", ",\"next_steps\":[\"p1\",\"p2\"]" TO("w")) "," NAMED("p1", "one", TO("e")) "," NAMED(
                "p2", "two",
                TO("e")) "," STEP("w", "while-condition",
                                  ",\"name\":\"again\",\"condition\":\"n > "
                                  "0\",\"on_true\":\"r\"" TO(
                                      "c")) "," NAMED("r", "round",
                                                      TO("e")) "," STEP("c", "switch-condition",
                                                                        ",\"switch\":"
                                                                        "\"colour\","
                                                                        "\"cases\":{\"red\":"
                                                                        "\"d\",\"blue\":"
                                                                        "\"e\"}") "," NAMED("d",
                                                                                            "stop",
                                                                                            TO("e")) "," STEP("x",
                                                                                                              "playbook-action",
                                                                                                              ",\"playbook_id\":\"playbook--2\"" TO(
                                                                                                                  "e")) "," END),
        wanted, COUNT_OF(wanted));
}

static void names_descriptions_and_commands_are_taken_apart(void **state)
{
    struct playbook *p = NULL;
    struct err e = {0};
    const struct playbook_step *s;

    (void)state;
    assert_int_equal(
        read_text(
            &p,
            HEAD "\"unknown_member\":{\"deep\":[1,2]}," FLOW(
                "s", START
                "," STEP("a", "action",
                         ",\"name\":\"stop: cut the network\",\"description\":\"When: now\\n"
                         "Why: it spreads\\nfree text\\nCheck: quiet\\nUndo: plug it in\","
                         "\"commands\":["
                         "{\"type\":\"manual\",\"description\":\"switch; changes; note; more\","
                         "\"command\":\"shutdown\"},"
                         "{\"type\":\"manual\",\"command\":\"ask\"},"
                         "{\"type\":\"bash\",\"command_b64\":\"bHMgLWxh\"},"
                         "{\"type\":\"ssh\",\"description\":\"Linux; reads\",\"command\":\"rm x\"},"
                         "{\"type\":\"bash\",\"command_b64\":\"AP8=\"}]" TO("e")) "," END),
            &e),
        0);
    s = &p->steps[0];
    assert_true(str_is(s->texts[CACAO_VERB], "stop"));
    assert_true(str_is(s->texts[CACAO_TITLE], "cut the network"));
    assert_true(str_is(s->texts[CACAO_WHEN], "now"));
    assert_true(str_is(s->texts[CACAO_WHY], "it spreads"));
    assert_true(str_is(s->texts[CACAO_TEXT], "free text"));
    assert_true(str_is(s->texts[CACAO_CHECK], "quiet"));
    assert_true(str_is(s->texts[CACAO_UNDO], "plug it in"));
    assert_int_equal(s->command_count, 5);
    assert_true(str_is(s->commands[0].platform, "switch"));
    assert_true(str_is(s->commands[0].effect, "changes"));
    assert_true(str_is(s->commands[0].note, "note; more"));
    assert_true(str_is(s->commands[1].platform, "by hand"));
    assert_true(str_is(s->commands[1].effect, ""));
    /* RFC 4648 base64 of "ls -la" */
    assert_true(str_is(s->commands[2].text, "ls -la"));
    /* A command for a machine is never said to be harmless because its description says so. */
    assert_true(str_is(s->commands[3].effect, ""));
    assert_true(str_is(s->commands[4].text, "(4 characters of base64 that hold no text)"));
    playbook_free(p);
}

static void a_hostile_playbook_shows_no_escape_and_no_line_too_wide(void **state)
{
    struct playbook *p = NULL;
    struct buf out = {0};
    struct screen s = {.out = &out, .columns = 40};
    struct err e = {0};
    struct str rest;

    (void)state;
    assert_int_equal(
        read_text(&p,
                  "{\"type\":\"playbook\",\"spec_version\":\"cacao-2.0\",\"id\":\"" ID
                  "\",\"name\":\"\\u001b[2J\\u202egnp\"," FLOW(
                      "s", START
                      "," STEP("a", "action",
                               ",\"name\":\"\\u001b]0;x\\u0007\",\"commands\":[{\"type\":\"bash\","
                               "\"command\":\"echo \\u009b31m\\r\"}]" TO("e")) "," END),
                  &e),
        0);
    playbook_show(p, NULL, NULL, &s);
    for (rest = buf_str(&out); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        assert_true(utf8_columns(line) <= 40);
        while (line.len) {
            uint32_t c = utf8_take(&line);

            assert_false(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x202e);
        }
    }
    buf_release(&out);
    playbook_free(p);
}

static size_t count_of(struct str text, const char *what)
{
    size_t count = 0;

    for (const char *at = text.p;
         (at = memmem(at, text.len - (size_t)(at - text.p), what, strlen(what))); at++)
        count++;
    return count;
}

static void every_shipped_playbook_is_read_and_every_change_can_be_undone(void **state)
{
    struct str name;
    struct str json;
    size_t count = 0;

    (void)state;
    for (; texts_playbook(count, &name, &json); count++) {
        struct playbook *p = NULL;
        struct err e = {0};

        if (playbook_shipped(&p, name, &e))
            fail_msg(STR_FMT ": %s", STR_ARG(name), e.text);
        assert_int_equal(p->step_count, count_of(json, "\"type\": \"action\""));
        assert_true(p->step_count > 10);
        for (size_t i = 0; i < p->step_count; i++) {
            const struct playbook_step *s = &p->steps[i];
            bool changes = false;

            for (size_t k = 0; k < s->command_count; k++) {
                assert_true(s->commands[k].effect.len > 0);
                changes |= str_is(s->commands[k].effect, "changes");
            }
            assert_true(s->texts[CACAO_VERB].len && s->texts[CACAO_WHY].len &&
                        s->texts[CACAO_CHECK].len);
            assert_true(!changes || s->texts[CACAO_UNDO].len);
            assert_int_equal(s->texts[CACAO_COME].len, 0);
        }
        playbook_free(p);
    }
    assert_int_equal(count, 9); /* data/playbooks/README.md */
}

static void the_command_of_each_verb_is_one_that_calm_has(void **state)
{
    static const char *const verbs[] = {"assess", "snapshot", "team",    "note",     "analyse",
                                        "notify", "stop",     "problem", "preserve", "clean",
                                        "fix",    "confirm",  "report",  "learn",    ""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        struct str words = str_from(str_of(playbook_command_of(str_of(verbs[i]))), 5);
        struct str all = words;
        struct str first = str_cut(&words, ' ');
        struct str second = str_cut(&words, ' ');
        struct str two = str_head(all, first.len + 1 + second.len);

        if (!practice_find(first) && !operation_find(practice_model(), first))
            fail_msg("calm " STR_FMT, STR_ARG(first));
        if (second.len && second.p[0] != '"' && !operation_find(practice_model(), two))
            fail_msg("calm " STR_FMT, STR_ARG(two));
    }
}

static void a_damaged_row_from_the_worker_is_taken_for_an_attack(void **state)
{
    struct playbook *p = playbook_new(STR("x"));
    struct import_reader r = {.text_counts = cacao_text_counts,
                              .kind_count = CACAO_ROW_COUNT,
                              .row = playbook_take_row,
                              .context = p};
    static const struct {
        uint32_t kind;
        struct str bytes;
    } rows[] = {
        {CACAO_ROW_COUNT, {"", 0}},
        {UINT32_MAX, {"", 0}},
        {CACAO_REMARK, {"", 0}},
        {CACAO_REMARK, {"\1\0\0", 3}},
        {CACAO_REMARK, {"\2\0\0\0x", 5}},
        {CACAO_REMARK, {"\xff\xff\xff\xffx", 5}},
        {CACAO_REMARK, {"\1\0\0\0xy", 6}},                         /* more than was announced */
        {CACAO_REMARK, {"\1\0\0\0\xc3", 5}},                       /* not UTF-8 */
        {CACAO_COMMAND, {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16}}, /* of no step */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (import_receive(&r, rows[i].kind, rows[i].bytes, NULL) != ERR_TAMPER)
            fail_msg("row %zu was taken", i);
    assert_int_equal(import_receive(&r, CACAO_REMARK, (struct str){"\1\0\0\0x", 5}, NULL), 0);
    assert_int_equal(p->remark_count, 1);
    playbook_free(p);
}

/* What the shared test data says of itself: its MANIFEST.tsv and the projects that it comes from.
 */
static void what_others_wrote_is_taken_or_refused_as_they_say(void **state)
{
    static const struct {
        const char *file;
        int code;
        const char *says; /* the first step's title, or the reason */
        size_t steps;
    } cases[] = {
        {"oasis/basic-example-1.json", 0, "Block MAC address", 1},
        {"oasis/spec-3.1-example.json", 0, "IP Lookup", 1},
        {"oasis/identity-object.json", ERR_FORMAT, "its type is \"identity\"", 0},
        {"soarca/http-playbook.json", 0, "get", 1},
        {"soarca/manual-playbook.json", 0, "manual", 1},
        {"soarca/ssh-playbook.json", 0, "Execute command", 2},
        {"soarca/playbook.json", 0, "IMC assets by CVE", 4},
        {"soarca/invalid_playbook.json", ERR_FORMAT, "it should be http-api", 0},
    };
    const char *last = strrchr(__FILE__, '/');

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct playbook *p = NULL;
        struct err e = {0};
        char path[4096];
        int fd = -1;
        int rc;

        snprintf(path, sizeof(path), "%.*s/../../../shared/data/cacao/%s",
                 last ? (int)(last - __FILE__) : 1, last ? __FILE__ : ".", cases[i].file);
        if (access(path, R_OK) != 0) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        assert_int_equal(import_open(&fd, path, &e), 0);
        rc = playbook_read(&p, cases[i].file, fd, &e);
        fd_close(fd);
        if (rc != cases[i].code)
            fail_msg("%s: %s", cases[i].file, e.text);
        if (rc) {
            assert_non_null(strstr(e.text, cases[i].says));
            continue;
        }
        assert_int_equal(p->step_count, cases[i].steps);
        assert_true(str_is(p->steps[0].texts[CACAO_TITLE], cases[i].says));
        playbook_free(p);
    }
}

static void only_a_file_of_fair_size_is_opened(void **state)
{
    int fd = -1;

    (void)state;
    assert_int_equal(import_open(&fd, "/nonexistent/x", NULL), ERR_NOTFOUND);
    assert_int_equal(import_open(&fd, "/dev", NULL), ERR_USAGE);
    assert_int_equal(import_open(&fd, "/dev/zero", NULL), ERR_USAGE);
    assert_int_equal(fd, -1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_that_cannot_be_followed_is_refused_with_the_reason),
        cmocka_unit_test(a_long_chain_is_read_in_its_order_and_a_longer_one_refused),
        cmocka_unit_test(limits_hold_before_memory_is_taken),
        cmocka_unit_test(both_branches_of_a_condition_stand_before_what_follows),
        cmocka_unit_test(a_step_where_ways_meet_stands_behind_all_of_them),
        cmocka_unit_test(other_kinds_of_branches_are_said_in_words),
        cmocka_unit_test(names_descriptions_and_commands_are_taken_apart),
        cmocka_unit_test(a_hostile_playbook_shows_no_escape_and_no_line_too_wide),
        cmocka_unit_test(every_shipped_playbook_is_read_and_every_change_can_be_undone),
        cmocka_unit_test(the_command_of_each_verb_is_one_that_calm_has),
        cmocka_unit_test(a_damaged_row_from_the_worker_is_taken_for_an_attack),
        cmocka_unit_test(what_others_wrote_is_taken_or_refused_as_they_say),
        cmocka_unit_test(only_a_file_of_fair_size_is_opened),
    };

    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
