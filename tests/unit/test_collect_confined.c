/* test_collect_confined.c: a worker says the same of a document as the plain functions do. */
#include "test_collect_tree.h"
#include "collect/confined.h"
#include "sys/worker.h"

static int add_change(void *context, const struct collect_change *c, struct err *e)
{
    (void)e;
    buf_addf(context, "%s|%.*s|%.*s|%.*s\n", collect_change_name(c->kind), (int)c->section.len,
             c->section.p, (int)c->key.len, c->key.p, (int)c->words.len, c->words.p);
    return 0;
}

static int add_observation(void *context, const struct collect_observation *o, struct err *e)
{
    (void)e;
    buf_addf(context, "%s|%s|%u|%.*s|%s|%.*s\n", o->code, collect_hint_name(o->hint), o->weight,
             (int)o->words.len, o->words.p, o->harmless, (int)o->evidence.len, o->evidence.p);
    return 0;
}

static void a_worker_says_what_the_plain_functions_say(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf plain = {0};
    CLEANUP_BUF struct buf confined = {0};
    struct collect_head head;
    struct err e = {0};
    struct str after;

    tree_put(t, "proc/sys/kernel/hostname", "web1\n");
    tree_put(t, "etc/passwd", "root:x:0:0::/root:/bin/sh\nguest::7:7::/:/bin/sh\n");
    buf_addstr(&before, tree_take(t));
    tree_put(t, "etc/passwd", "root:x:0:0::/root:/bin/sh\nt\xc3\xb6r:x:0:0::/:/bin/sh\n");
    after = tree_take(t);

    assert_int_equal(collect_diff(buf_str(&before), after, add_change, &plain, &e), 0);
    if (collect_diff_confined(buf_str(&before), after, add_change, &confined, &e))
        fail_msg("%s", e.text);
    assert_non_null(strstr(buf_text(&plain), "a new account: t\xc3\xb6r, uid 0"));
    assert_non_null(strstr(buf_text(&plain), "gone: account guest"));
    assert_string_equal(buf_text(&confined), buf_text(&plain));

    buf_clear(&plain);
    buf_clear(&confined);
    assert_int_equal(collect_observe(after, add_observation, &plain, &e), 0);
    assert_int_equal(collect_observe_confined(after, add_observation, &confined, &e), 0);
    assert_non_null(strstr(buf_text(&plain), "second-root|attack|3|"));
    assert_string_equal(buf_text(&confined), buf_text(&plain));

    assert_int_equal(collect_head_confined(after, &head, &e), 0);
    assert_string_equal(head.host, "web1");
    assert_true(head.is_whole);
}

static void what_is_no_snapshot_is_refused_in_the_workers_own_words(void **state)
{
    struct collect_head head;
    struct err e = {0};

    (void)state;
    assert_int_equal(collect_head_confined(STR("{\"section\":1}\n"), &head, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "line 1"));
    assert_int_equal(collect_head_confined(STR(""), &head, &e), ERR_FORMAT);
}

static int refuse(void *context, const struct collect_observation *o, struct err *e)
{
    (void)context;
    (void)o;
    return err_set(e, ERR_CANCEL, "enough");
}

static void the_caller_may_stop_a_worker(void **state)
{
    struct tree *t = *state;
    struct err e = {0};

    tree_put(t, "etc/passwd", "guest::7:7::/:/bin/sh\n");
    assert_int_equal(collect_observe_confined(tree_take(t), refuse, NULL, &e), ERR_CANCEL);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_open, tree_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_worker_says_what_the_plain_functions_say),
        cmocka_unit_test(what_is_no_snapshot_is_refused_in_the_workers_own_words),
        IN_TREE(the_caller_may_stop_a_worker),
    };

    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
