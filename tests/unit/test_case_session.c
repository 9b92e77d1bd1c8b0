/* test_case_session.c: two people at one case, many threads at one session, who sees what, and
 * what becomes of records that are unknown, damaged or gone. */
#include "store_sqlite.h"
#include "test_case_people.h"
#include <pthread.h>

static void a_new_case_has_its_lead_and_nobody_else(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *nobody = people_open(*state, "nobody");
    struct view v = people_view(ana);

    assert_int_equal(state_size(v.state), 2);
    assert_int_equal(v.roles, ROLE_LEAD);
    assert_int_equal(v.clearance, TLP_RED);
    assert_true(str_is(view_title(v.person), "ana"));
    v = people_view(nobody);
    assert_null(v.person);
    assert_int_equal(view_count(&v, "person"), 0);
    for (uint64_t seq = 0; seq < 2; seq++)
        assert_false(view_allows_record(&v, state_record(v.state, seq)));
    assert_int_equal(try_perform(nobody, &note_op, &(struct asked){"x", .tlp = -1}, &failure),
                     ERR_DENIED);
}

static void two_people_see_what_the_other_wrote(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *bo = NULL;
    CLEANUP_BUF struct buf text = {0};
    struct view v;

    people_admit(*state, ana, "bo", "responder", "member");
    bo = people_open(*state, "bo");
    perform(bo, &problem_op, "the shop is down", "high", .tlp = -1);
    v = people_view(ana);
    assert_non_null(thing_called(&v, "problem", "the shop is down"));
    perform(ana, &note_op, "seen", .tlp = -1);
    v = people_view(bo);
    must(view_text(&v, state_size(v.state) - 1, "text", &text, &failure));
    assert_string_equal(buf_text(&text), "seen");
    buf_clear(&text);
    view_signer_name(&v, state_record(v.state, state_size(v.state) - 1), &text);
    assert_string_equal(buf_text(&text), "ana");
}

/* Many threads at one session. */
enum { THREADS = 64, EACH = 4 };

struct worker {
    pthread_t thread;
    struct session *s;
    int number;
    int codes[EACH];
};

static void *write_notes(void *context)
{
    struct worker *w = context;
    struct err e;

    for (int i = 0; i < EACH; i++) {
        char text[32];

        snprintf(text, sizeof(text), "note %d", w->number * EACH + i);
        /* Every eighth is refused, and must not take others with it. */
        w->codes[i] = try_perform(
            w->s, &note_op,
            &(struct asked){text, .tlp = -1, .scope = w->number % 8 ? NULL : "closed"}, &e);
    }
    return NULL;
}

static void *write_first(void *context)
{
    struct worker *w = context;
    char text[32];
    struct err e;

    snprintf(text, sizeof(text), "by %d", w->number);
    w->codes[0] = try_perform(w->s, &first_op, &(struct asked){text, .tlp = -1}, &e);
    return NULL;
}

static void run_threads(struct worker *workers, struct session *s, void *(*run)(void *))
{
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.s = s, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

static void sixty_four_threads_lose_nothing_and_harm_nobody(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *again = NULL;
    static struct worker workers[THREADS];
    bool is_there[THREADS * EACH] = {false};
    struct view v;

    run_threads(workers, ana, write_notes);
    again = people_open(*state, "ana");
    v = people_view(again);
    for (uint64_t seq = 2; seq < state_size(v.state); seq++) {
        CLEANUP_BUF struct buf text = {0};
        uint64_t n;

        must(view_text(&v, seq, "text", &text, &failure));
        assert_true(str_u64(str_from(buf_str(&text), 5), &n) && n < THREADS * EACH);
        assert_false(is_there[n]);
        is_there[n] = true;
    }
    for (int i = 0; i < THREADS * EACH; i++) {
        assert_int_equal(workers[i / EACH].codes[i % EACH], i / EACH % 8 ? 0 : ERR_DENIED);
        assert_int_equal(is_there[i], i / EACH % 8 != 0);
    }
}

static void of_many_that_depend_on_each_other_exactly_one_is_written(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    static struct worker workers[THREADS];
    struct view v;
    int written = 0;

    run_threads(workers, ana, write_first);
    for (int i = 0; i < THREADS; i++) {
        written += workers[i].codes[0] == 0;
        assert_true(workers[i].codes[0] == 0 || workers[i].codes[0] == ERR_GATE);
    }
    v = people_view(ana);
    assert_int_equal(written, 1);
    assert_int_equal(view_count(&v, "problem"), 1);
}

static void two_sessions_that_decide_at_once_do_not_overtake_each_other(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *twin = people_open(*state, "ana");

    perform(ana, &first_op, "one", .tlp = -1);
    /* The twin has not read that yet: its decision is sent back, and then sees it. */
    assert_int_equal(try_perform(twin, &first_op, &(struct asked){"two", .tlp = -1}, &failure),
                     ERR_GATE);
    perform(twin, &note_op, "independent", .tlp = -1);
    assert_int_equal(state_size(people_view(ana).state), 4);
}

static void a_role_that_an_operation_does_not_name_is_refused(void **state)
{
    static const struct {
        const char *role;
        int code;
    } cases[] = {{"lead", 0},
                 {"deputy", 0},
                 {"responder", 0},
                 {"custodian", 0},
                 {"scribe", ERR_DENIED},
                 {"communications", ERR_DENIED},
                 {"expert", ERR_DENIED},
                 {"observer", ERR_DENIED}};
    CLEANUP(session_closep) struct session *ana = people_create(*state);

    perform(ana, &first_op, "there is one", .tlp = TLP_CLEAR);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(session_closep) struct session *s = NULL;

        people_admit(*state, ana, cases[i].role, cases[i].role, "member");
        s = people_open(*state, cases[i].role);
        /* Whoever may try finds that there is one already. */
        assert_int_equal(try_perform(s, &first_op, &(struct asked){"x", .tlp = -1}, &failure),
                         cases[i].code ? cases[i].code : ERR_GATE);
        assert_int_equal(try_perform(s, &note_op, &(struct asked){"x", .tlp = -1}, &failure), 0);
    }
}

/* label.h: each role, and how many of one thing of each label it sees. */
static void need_to_know_holds_before_anything_is_counted(void **state)
{
    static const struct {
        const char *roles;
        size_t seen;
    } cases[] = {{"lead", 5},   {"deputy", 5},    {"responder", 5},
                 {"scribe", 5}, {"custodian", 5}, {"communications", 4},
                 {"expert", 3}, {"observer", 2},  {"observer\nexpert", 3},
                 {"", 0}};
    CLEANUP(session_closep) struct session *ana = people_create(*state);

    for (int tlp = 0; tlp < TLP_COUNT; tlp++)
        perform(ana, &problem_op, tlp_names[tlp], .tlp = tlp);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(session_closep) struct session *s = NULL;
        char name[8];
        struct view v;
        size_t at = 0;

        snprintf(name, sizeof(name), "n%zu", i);
        people_admit(*state, ana, name, cases[i].roles, "member");
        s = people_open(*state, name);
        v = people_view(s);
        if (!*cases[i].roles) {
            assert_int_equal(v.roles, 0); /* on the list, with no role: may do nothing */
            continue;
        }
        assert_int_equal(view_count(&v, "problem"), cases[i].seen);
        for (size_t k = 0; k < cases[i].seen; k++)
            assert_true(str_is(view_title(view_next(&v, "problem", &at)), tlp_names[k]));
        assert_null(view_next(&v, "problem", &at));
        for (int tlp = 0; tlp < TLP_COUNT; tlp++) {
            struct field f = {.name = "problem", .type = FIELD_REF, .kind = "problem"};
            struct view cut = view_at_most(&v, (enum tlp)tlp);
            struct id id;
            char call[4];

            snprintf(call, sizeof(call), "p%d", tlp + 1);
            assert_int_equal(view_resolve(&v, &f, str_of(call), &id, NULL),
                             (size_t)tlp < cases[i].seen ? 0 : ERR_NOTFOUND);
            assert_int_equal(view_count(&cut, "problem"),
                             cases[i].seen < (size_t)tlp + 1 ? cases[i].seen : (size_t)tlp + 1);
        }
    }
}

static void a_change_makes_a_thing_stricter_and_is_itself_no_wider(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *expert = NULL;
    const struct record *r;
    struct view v;
    char id[33];

    people_admit(*state, ana, "eva", "expert", "member");
    expert = people_open(*state, "eva");
    perform(ana, &problem_op, "amber", .tlp = TLP_AMBER);
    v = people_view(ana);
    id_hex(id, thing_called(&v, "problem", "amber"));
    perform(ana, &change_op, id, NULL, "high", .tlp = TLP_RED);
    v = people_view(expert);
    assert_int_equal(view_count(&v, "problem"), 0);
    perform(ana, &change_op, id, NULL, "low", .tlp = TLP_CLEAR);
    v = people_view(expert);
    assert_int_equal(view_count(&v, "problem"), 0);
    r = state_record(v.state, state_size(v.state) - 1);
    assert_int_equal(r->tlp, TLP_RED); /* the label of what it changes */
}

static void a_compartment_is_closed_to_those_without_its_key(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *bo = NULL;
    CLEANUP_BUF struct buf text = {0};
    struct decision d;
    struct view v;
    char id[33];
    uint64_t first;

    people_admit(*state, ana, "bo", "responder", "member");
    v = people_view(ana);
    assert_int_equal(
        try_perform(ana, &problem_op, &(struct asked){"x", .scope = "board", .tlp = -1}, &failure),
        ERR_DENIED);
    must(session_scope_new(ana, STR("board"), &failure));
    decision_begin(&d, &v, NULL, NULL);
    decision_add(&d, "look/1")->scope = STR("board");
    draft_scope_key(&d, d.drafts);
    must(try_append(ana, &d, &first));
    perform(ana, &problem_op, "secret", .scope = "board", .tlp = TLP_GREEN);
    perform(ana, &note_op, "secret note", .scope = "board", .tlp = TLP_GREEN);
    v = people_view(ana);
    id_hex(id, thing_called(&v, "problem", "secret"));
    perform(ana, &change_op, id, NULL, "high", .tlp = -1);
    assert_string_equal(state_scope(v.state, state_record(v.state, state_size(v.state) - 1)),
                        "board");
    bo = people_open(*state, "bo");
    v = people_view(bo);
    assert_int_equal(view_count(&v, "problem"), 0);
    for (uint64_t seq = first; seq < state_size(v.state); seq++) {
        assert_false(view_allows_record(&v, state_record(v.state, seq)));
        must(view_text(&v, seq, "text", &text, &failure));
        assert_int_equal(text.len, 0);
    }
    assert_int_equal(
        try_perform(bo, &note_op, &(struct asked){"x", .scope = "board", .tlp = -1}, &failure),
        ERR_DENIED);
}

static void records_of_unknown_types_are_kept_and_make_nothing(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    static const char *const types[] = {"zebra/1", "problem/2", "problem-change/9"};
    struct view v = people_view(ana);

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const struct record *r;
        struct decision d;
        uint64_t seq;

        decision_begin(&d, &v, NULL, NULL);
        draft_value(decision_add(&d, types[i]), "text", STR("striped"));
        must(try_append(ana, &d, &seq));
        v = people_view(ana);
        r = state_record(v.state, seq);
        assert_null(r->kind);
        assert_null(r->thing);
        assert_string_equal(state_type(v.state, r), types[i]);
        assert_true(view_allows_record(&v, r));
    }
    assert_int_equal(view_count(&v, "problem"), 0);
    /* A change of nothing, and of a thing of another kind, change nothing. */
    for (int i = 0; i < 2; i++) {
        struct decision d;
        struct draft *dr;
        uint64_t seq;

        decision_begin(&d, &v, NULL, NULL);
        dr = decision_add(&d, "problem-change/1");
        draft_value(dr, "text", STR("new"));
        if (i)
            draft_ref(dr, &v.person->id);
        must(try_append(ana, &d, &seq));
        v = people_view(ana);
        assert_null(state_record(v.state, seq)->thing);
    }
    assert_true(str_is(view_title(v.person), "ana"));
}

static void openings_that_are_gone_or_swapped_are_left_out(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *again = NULL;
    CLEANUP_BUF struct buf text = {0};
    struct view v;

    for (int i = 0; i < 4; i++)
        perform(ana, &problem_op, "one", "high", .tlp = -1);
    perform(ana, &note_op, "two", .tlp = -1);
    session_close(MOVE(ana));
    run_sql(
        *state,
        "UPDATE openings SET sealed = (SELECT sealed FROM openings WHERE seq = 3) WHERE seq "
        "IN (2, 6); DELETE FROM openings WHERE seq = 4; UPDATE openings SET sealed = x'ff00' WHERE "
        "seq = 5");
    again = people_open(*state, "ana");
    v = people_view(again);
    assert_true(state_record(v.state, 2)->is_damaged && view_is_damaged(&v, 2));
    assert_true(!state_record(v.state, 3)->is_damaged && !view_is_damaged(&v, 3));
    assert_true(view_is_missing(&v, 4) && !view_is_damaged(&v, 4));
    assert_true(view_is_missing(&v, 5) && !view_is_missing(&v, 3) && !view_is_missing(&v, 6));
    for (uint64_t seq = 0; seq < 8; seq++)
        assert_false(state_record(v.state, seq) && state_record(v.state, seq)->is_redacted);
    assert_true(view_is_damaged(&v, 6));
    assert_int_equal(view_count(&v, "problem"), 4);
    assert_non_null(thing_called(&v, "problem", ""));
    must(view_text(&v, 6, "text", &text, &failure));
    assert_int_equal(text.len, 0);
    perform(again, &note_op, "goes on", .tlp = -1);
}

static void records_that_vanish_while_a_session_looks_are_told(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *again = NULL;
    struct session_options o = {.key_folder = ((struct place *)*state)->top, .model = &test_model};
    struct view v;

    perform(ana, &note_op, "one", .tlp = -1);
    perform(ana, &note_op, "two", .tlp = -1);
    run_sql(*state, "DELETE FROM lines WHERE seq = 3; DELETE FROM openings WHERE seq = 3");
    assert_int_equal(session_view(ana, &v, &failure), ERR_TAMPER);
    assert_non_null(strstr(failure.text, "removed"));
    assert_int_not_equal(try_perform(ana, &note_op, &(struct asked){"x", .tlp = -1}, &failure), 0);
    run_sql(*state,
            "UPDATE lines SET line = replace(line, '\"tlp\":\"amber\"', '\"tlp\":\"green\"') "
            "WHERE seq = 2");
    assert_int_equal(session_open(&again, ((struct place *)*state)->folder, &o, &failure),
                     ERR_TAMPER); /* not signed so */
    run_sql(*state, "DELETE FROM lines WHERE seq = 1");
    assert_true(session_open(&again, ((struct place *)*state)->folder, &o, &failure) < 0);
}

static void who_was_taken_off_meanwhile_signs_nothing_more(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *bo = NULL;
    CLEANUP_BUF struct buf hex = {0};
    struct decision d;
    struct draft *dr;
    struct view v;
    uint64_t first;

    people_admit(*state, ana, "bo", "responder", "member");
    bo = people_open(*state, "bo");
    perform(bo, &note_op, "still here", .tlp = -1);
    v = people_view(ana);
    decision_begin(&d, &v, NULL, NULL);
    dr = decision_add(&d, "revoke/1");
    hex_add(&hex, session_key(bo), 32);
    draft_public_text(&d, dr, "key", buf_str(&hex));
    draft_public_u64(&d, dr, "from", state_size(v.state));
    must(try_append(ana, &d, &first));
    assert_int_equal(try_perform(bo, &note_op, &(struct asked){"x", .tlp = -1}, &failure),
                     ERR_DENIED);
    v = people_view(bo);
    assert_int_equal(v.roles, 0);
    assert_int_equal(state_size(people_view(ana).state), first + 1);
}

/* Sessions stay open for hours; roles are given meanwhile. */
static void a_refusal_comes_of_what_others_wrote_last(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *bo = NULL;
    struct decision d;
    struct draft *dr;
    struct view v;
    uint64_t first;

    people_admit(*state, ana, "bo", "observer", "member");
    bo = people_open(*state, "bo");
    assert_int_equal(try_perform(bo, &first_op, &(struct asked){"x", .tlp = -1}, &failure),
                     ERR_DENIED);
    v = people_view(ana);
    decision_begin(&d, &v, NULL, NULL);
    dr = decision_add(&d, "person-change/1");
    draft_value(dr, "role", STR("responder"));
    draft_ref(dr, &thing_called(&v, "person", "bo")->id);
    must(try_append(ana, &d, &first));
    perform(bo, &first_op, "allowed now", .tlp = -1);
}

static void a_case_for_reading_is_not_written(void **state)
{
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    CLEANUP(session_closep) struct session *reader = NULL;
    char keys[128];
    struct session_options o = {.key_folder = keys, .model = &test_model, .is_read_only = true};

    snprintf(keys, sizeof(keys), "%s/ana", ((struct place *)*state)->top);
    perform(ana, &note_op, "one", .tlp = -1);
    must(session_open(&reader, ((struct place *)*state)->folder, &o, &failure));
    assert_int_equal(state_size(people_view(reader).state), 3);
    assert_int_equal(try_perform(reader, &note_op, &(struct asked){"x", .tlp = -1}, &failure),
                     ERR_DENIED);
}

static int leave_a_trace(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    (void)s;
    (void)op;
    (void)in;
    (void)e;
    buf_adds(&a->text, "done");
    return 0;
}

/* A job touches the world before it writes; so it is not even begun, unless it can do without. */
static void a_case_of_a_newer_calm_is_read_and_no_job_that_writes_is_begun(void **state)
{
    static const char *const notes[] = {"note/1", NULL};
    static const struct operation jobs[] = {
        {.name = "take",
         .type = OP_JOB,
         OP_FIELDS(text_fields),
         .records = notes,
         .job = leave_a_trace},
        {.name = "check",
         .type = OP_JOB,
         OP_FIELDS(text_fields),
         .records = notes,
         .works_read_only = true,
         .job = leave_a_trace},
        {.name = "look", .type = OP_JOB, OP_FIELDS(text_fields), .job = leave_a_trace},
    };
    static const int codes[] = {ERR_NEWER, 0, 0};
    struct session *before = people_create(*state);
    CLEANUP(session_closep) struct session *ana = NULL;
    struct err e;

    perform(before, &note_op, "one", .tlp = -1);
    assert_false(session_is_newer(before));
    must(session_may_write(before, &failure));
    session_close(before);
    run_sql(*state, "UPDATE meta SET value = '2' WHERE name = 'format'");
    ana = people_open(*state, "ana");
    assert_true(session_is_newer(ana));
    assert_int_equal(state_size(people_view(ana).state), 3);
    assert_int_equal(session_may_write(ana, &e), ERR_NEWER);
    assert_non_null(strstr(e.text, "written by a newer calm; reading only"));
    assert_int_equal(try_perform(ana, &note_op, &(struct asked){"x", .tlp = -1}, &e), ERR_NEWER);
    assert_int_equal(session_scope_new(ana, STR("board"), &e), ERR_NEWER);
    assert_int_equal(session_checkpoint(ana, &e), ERR_NEWER);
    for (size_t i = 0; i < COUNT_OF(jobs); i++)
        assert_int_equal(try_perform(ana, &jobs[i], &(struct asked){"x", .tlp = -1}, &e), codes[i]);
    assert_int_equal(state_size(people_view(ana).state), 3);
}

static void gates_open_when_what_they_wait_for_is_there(void **state)
{
    static const struct operation contain = {.name = "contain",
                                             .kind = &action_kind,
                                             .type = OP_CHANGE,
                                             .gate = GATE_FIRST_LOOK,
                                             OP_FIELDS(text_fields),
                                             .decide = decide_make};
    static const struct field cleans[] = {{.name = "system", .type = FIELD_REF, .kind = "system"}};
    static const struct operation clean = {.name = "clean",
                                           .kind = &action_kind,
                                           .type = OP_CHANGE,
                                           .gate = GATE_ASSESSED,
                                           OP_FIELDS(cleans),
                                           .decide = decide_make};
    CLEANUP(session_closep) struct session *ana = people_create(*state);
    struct view v;
    char web[33];
    char db[33];

    perform(ana, &system_op, "web", "affected", .tlp = -1);
    perform(ana, &system_op, "db", "affected", .tlp = -1);
    v = people_view(ana);
    id_hex(web, thing_called(&v, "system", "web"));
    id_hex(db, thing_called(&v, "system", "db"));
    assert_int_equal(try_perform(ana, &contain, &(struct asked){"x", .tlp = -1}, &failure),
                     ERR_GATE);
    assert_non_null(strstr(failure.text, "--override"));
    perform(ana, &look_op, "two minutes", .tlp = -1);
    perform(ana, &contain, "cable out", .tlp = -1);
    assert_int_equal(try_perform(ana, &clean, &(struct asked){web, .tlp = -1}, &failure), ERR_GATE);
    perform(ana, &assess_op, "signed", .tlp = -1);
    assert_int_equal(try_perform(ana, &clean, &(struct asked){web, .tlp = -1}, &failure), ERR_GATE);
    assert_non_null(strstr(failure.text, "web"));
    perform(ana, &snapshot_op, "of web", web, .tlp = -1);
    perform(ana, &clean, web, .tlp = -1);
    assert_int_equal(try_perform(ana, &clean, &(struct asked){db, .tlp = -1}, &failure), ERR_GATE);
    assert_int_equal(try_perform(ana, &clean, &(struct asked){NULL, .tlp = -1}, &failure),
                     ERR_GATE);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make_fast, place_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_new_case_has_its_lead_and_nobody_else),
        IN_PLACE(two_people_see_what_the_other_wrote),
        IN_PLACE(sixty_four_threads_lose_nothing_and_harm_nobody),
        IN_PLACE(of_many_that_depend_on_each_other_exactly_one_is_written),
        IN_PLACE(two_sessions_that_decide_at_once_do_not_overtake_each_other),
        IN_PLACE(a_role_that_an_operation_does_not_name_is_refused),
        IN_PLACE(need_to_know_holds_before_anything_is_counted),
        IN_PLACE(a_change_makes_a_thing_stricter_and_is_itself_no_wider),
        IN_PLACE(a_compartment_is_closed_to_those_without_its_key),
        IN_PLACE(records_of_unknown_types_are_kept_and_make_nothing),
        IN_PLACE(openings_that_are_gone_or_swapped_are_left_out),
        IN_PLACE(records_that_vanish_while_a_session_looks_are_told),
        IN_PLACE(who_was_taken_off_meanwhile_signs_nothing_more),
        IN_PLACE(a_refusal_comes_of_what_others_wrote_last),
        IN_PLACE(a_case_for_reading_is_not_written),
        IN_PLACE(a_case_of_a_newer_calm_is_read_and_no_job_that_writes_is_begun),
        IN_PLACE(gates_open_when_what_they_wait_for_is_there),
    };

    signer_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
