/* test_collect_guard.c: what never comes back is left after a while, what works or waits for its
 * own reason is not, and what was left does nothing any more. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include <unistd.h>
#include "collect/guard.h"

enum { MOST_OFTEN = 8, LONGER_MS = 2600 }; /* than the least patience, 2 seconds */

struct job {
    struct guard guard;
    int pipe[2];
    atomic_bool went_on;
};

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void read_pipe(void *context)
{
    struct job *j = context;
    char c;

    if (read(j->pipe[0], &c, 1) == 1)
        atomic_store(&j->went_on, true);
}

static void wait_for_outside(void *context)
{
    struct job *j = context;

    atomic_fetch_add(&j->guard.waiting, 1);
    (void)usleep(LONGER_MS * 1000);
    atomic_fetch_sub(&j->guard.waiting, 1);
    atomic_store(&j->went_on, true);
}

static void work(void *context)
{
    struct job *j = context;
    volatile unsigned n = 0;

    for (int64_t end = now_ms() + LONGER_MS; now_ms() < end;)
        n++;
    atomic_store(&j->went_on, true);
}

static void sleep_in_parts(void *context)
{
    struct job *j = context;

    for (int i = 0; i < LONGER_MS / 100; i++) {
        (void)usleep(100 * 1000);
        atomic_fetch_add(&j->guard.beats, 1);
    }
    atomic_store(&j->went_on, true);
}

static void what_works_or_waits_for_its_own_reason_comes_back(void **state)
{
    guarded *const runs[] = {wait_for_outside, work, sleep_in_parts};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        CLEANUP_BUF struct buf where = {0};
        struct job j = {.guard.given_up = MOST_OFTEN};

        assert_true(guard_run(&j.guard, runs[i], &j, &where));
        assert_true(atomic_load(&j.went_on));
        assert_int_equal(where.len, 0);
        assert_int_equal(j.guard.given_up, MOST_OFTEN);
    }
}

static void what_never_comes_back_is_left_and_stays_where_it_is(void **state)
{
    static struct job j = {.guard.given_up = MOST_OFTEN};
    CLEANUP_BUF struct buf where = {0};
    int64_t begun = now_ms();

    (void)state;
    assert_int_equal(pipe(j.pipe), 0);
    assert_false(guard_run(&j.guard, read_pipe, &j, &where));
    assert_in_range((uintmax_t)(now_ms() - begun), 1900, 10000);
    assert_int_equal(j.guard.given_up, MOST_OFTEN + 1);
    if (where.len) /* kernels without proc_pid_syscall(5) say nothing */
        assert_memory_equal(where.p, "pipe:[", 6);
    /* Now the kernel lets it go. */
    assert_int_equal(write(j.pipe[1], "x", 1), 1);
    (void)usleep(300 * 1000);
    assert_false(atomic_load(&j.went_on));
}

static void each_one_that_is_left_makes_the_next_wait_shorter(void **state)
{
    static const unsigned waits[] = {20, 10, 5, 2, 2, 2, 2, 2, 2};

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(waits); i++) {
        struct guard g = {.given_up = i};

        assert_int_equal(guard_patience_s(&g), waits[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_works_or_waits_for_its_own_reason_comes_back),
        cmocka_unit_test(what_never_comes_back_is_left_and_stays_where_it_is),
        cmocka_unit_test(each_one_that_is_left_makes_the_next_wait_shorter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
