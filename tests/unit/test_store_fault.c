/* test_store_fault.c: disks that fail, fill up and lose power, and processes that are killed, lose
 * no acknowledged record. tests/campaign/store_kill.c does the same for longer. */
#include "store_fault.h"

enum { APPENDS = 6, MOST_OPERATIONS = 2000 };

static void make_case(const struct place *p)
{
    CLEANUP(store_closep) struct store *s = NULL;

    must(store_create(&s, p->folder, &failure));
    must(append_numbered(s, 0, 4, &failure));
}

/* Lets every operation of the work fail in turn. */
static void fail_each(const struct place *p, enum fault_kind kind, bool sticks)
{
    long at = 0;
    struct account a;
    long refused = 0;

    make_case(p);
    do {
        a = fault_run(fault_work, APPENDS, p->folder, kind, ++at, sticks, NULL);
        check_after(p->folder, &a, check_worked);
        if (a.code && a.later != 1) {
            assert_int_equal(a.later, ERR_IO); /* writing has ended in that process */
            refused++;
        }
        if (a.code)
            assert_int_equal(a.code, kind == FAULT_FULL ? ERR_FULL : ERR_IO);
    } while (a.happened && at < MOST_OPERATIONS);
    assert_false(a.happened);
    assert_int_equal(a.code, 0);
    assert_true(refused > APPENDS); /* at least a write and a sync of each was tried */
    print_message("%ld operations failed in turn, %ld of them ended writing\n", at - 1, refused);
}

static void a_write_that_fails_once_ends_writing_and_loses_nothing(void **state)
{
    fail_each(*state, FAULT_IO, false);
}

static void a_disk_that_fails_for_good_loses_nothing(void **state)
{
    fail_each(*state, FAULT_IO, true);
}

static void a_full_disk_says_so_and_loses_nothing(void **state)
{
    fail_each(*state, FAULT_FULL, true);
}

static void a_kill_at_any_operation_loses_nothing(void **state)
{
    struct place *p = *state;
    struct account a;
    long at = 0;

    make_case(p);
    do {
        a = fault_run(fault_work, APPENDS, p->folder, FAULT_KILL, ++at, false, NULL);
        check_after(p->folder, &a, check_worked);
    } while (a.happened && at < MOST_OPERATIONS);
    assert_false(a.happened);
    assert_true(at > APPENDS * 2);
}

static void lose_power_at(const struct place *p, const char *durable, long at, uint64_t seed,
                          struct account *a)
{
    char from[256];
    char to[256];

    snprintf(to, sizeof(to), "%s/case.db-wal", durable);
    unlink(to);
    snprintf(to, sizeof(to), "%s/case.db", durable);
    copy_file(path_of(from, p, "case.db"), to);
    *a = fault_run(fault_work, APPENDS, p->folder, FAULT_KILL, at, false, durable);
    if (a->happened)
        lose_power(p->folder, durable, seed);
    check_after(p->folder, a, check_worked);
}

static void a_power_cut_at_any_operation_loses_nothing(void **state)
{
    struct place *p = *state;
    char durable[96];

    snprintf(durable, sizeof(durable), "%s/durable", p->top);
    assert_int_equal(mkdir(durable, 0700), 0);
    make_case(p);
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct account a;
        long at = 0;

        do
            lose_power_at(p, durable, ++at, seed, &a);
        while (a.happened && at < MOST_OPERATIONS);
        assert_false(a.happened);
        assert_true(at > APPENDS * 2);
    }
}

static struct account run_short_of_memory(const char *folder, long at, bool *failed)
{
    struct account last = {0};
    struct account next;
    int ends[2];
    int status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        fd_close(ends[0]);
        memory_install(at);
        fault_work(folder, 2, ends[1]);
        child_exit(memory.count >= at);
    }
    fd_close(ends[1]);
    while (read(ends[0], &next, sizeof(next)) == (ssize_t)sizeof(next))
        last = next;
    fd_close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    *failed = WEXITSTATUS(status) == 1;
    return last;
}

static void an_allocation_that_fails_loses_nothing(void **state)
{
    struct place *p = *state;
    bool failed = true;
    long at = 0;

    make_case(p);
    while (failed && at < 20000) {
        struct account a = run_short_of_memory(p->folder, ++at, &failed);

        if (at % 8 == 0 || !failed)
            check_after(p->folder, &a, check_worked);
        at += at / 20; /* each of the first, then fewer */
    }
    assert_false(failed);
    assert_true(at > 500);
}

static void a_small_disk_that_fills_up_keeps_what_was_acknowledged(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char disk[80];
    char folder[96];
    uint64_t acked = 0;
    uint64_t size = 0;
    int code;

    snprintf(disk, sizeof(disk), "%s/disk", p->top);
    if (!mount_small(disk, 1 << 20))
        skip();
    snprintf(folder, sizeof(folder), "%s/full.calm", disk);
    code = store_create(&s, folder, &failure);
    while (!code) {
        code = append_numbered(s, acked, 20, &failure);
        acked += code ? 0 : 20;
    }
    assert_int_equal(code, ERR_FULL);
    assert_true(acked > 20);
    assert_int_equal(append_numbered(s, acked, 1, &failure), ERR_IO);
    store_close(MOVE(s));
    code = store_open(&s, folder, STORE_READ, &failure);
    if (!code)
        code = store_size(s, &size, &failure);
    store_close(s);
    assert_int_equal(umount(disk), 0);
    must(code);
    assert_int_equal(size, acked);
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_write_that_fails_once_ends_writing_and_loses_nothing),
        T(a_disk_that_fails_for_good_loses_nothing),
        T(a_full_disk_says_so_and_loses_nothing),
        T(a_kill_at_any_operation_loses_nothing),
        T(a_power_cut_at_any_operation_loses_nothing),
        T(an_allocation_that_fails_loses_nothing),
        T(a_small_disk_that_fills_up_keeps_what_was_acknowledged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
