/* test_store_log.c: the write-ahead log is made larger ahead of what is written to it, and no
 * record depends on that. */
#include "store_case.h"

enum { RECORD_COUNT = 60, PAGE_SIZE = 4096 };

/* Appends one record after the other until it fails or count are there, and is gone without closing
 * the case. Returns how many were acknowledged. */
static uint64_t append_each_and_vanish(const char *folder, uint64_t count)
{
    int ends[2];
    uint64_t done = 0;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct store *s = NULL;

        if (store_open(&s, folder, STORE_WRITE, &failure))
            child_exit(1);
        while (done < count && append_numbered(s, done, 1, &failure) == 0)
            done++;
        if (write(ends[1], &done, sizeof(done)) != (ssize_t)sizeof(done))
            child_exit(2);
        child_exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &done, sizeof(done)), (ssize_t)sizeof(done));
    close(ends[0]);
    waitpid(child, NULL, 0);
    return done;
}

/* How many zero bytes stand at the end. */
static size_t count_zeros(const struct buf *bytes)
{
    size_t n = 0;

    while (n < bytes->len && bytes->p[bytes->len - 1 - n] == 0)
        n++;
    return n;
}

static void make_empty(const char *folder)
{
    CLEANUP(store_closep) struct store *s = NULL;

    must(store_create(&s, folder, &failure));
}

static void a_log_with_room_ahead_gives_every_record(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf log = {0};
    CLEANUP(store_closep) struct store *reader = NULL;
    char path[256];
    uint64_t count = 0;

    make_empty(p->folder);
    assert_int_equal(append_each_and_vanish(p->folder, RECORD_COUNT), RECORD_COUNT);
    must(file_read(&log, path_of(path, p, "case.db-wal"), 1 << 28, &failure));
    assert_true(count_zeros(&log) > PAGE_SIZE * 16);
    must(store_open(&reader, p->folder, STORE_READ, &failure));
    must(store_read(reader, 0, UINT64_MAX, true, check_numbered, &count, &failure));
    assert_int_equal(count, RECORD_COUNT);
    check_case(p->folder, RECORD_COUNT);
}

static void a_log_cut_in_its_room_loses_nothing(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf log = {0};
    char path[256];
    size_t used;

    make_empty(p->folder);
    append_each_and_vanish(p->folder, RECORD_COUNT);
    must(file_read(&log, path_of(path, p, "case.db-wal"), 1 << 28, &failure));
    used = log.len - count_zeros(&log) + PAGE_SIZE; /* a page may end with zeros */
    assert_true(used < log.len);
    for (size_t size = log.len; size >= used; size -= 10000) {
        CLEANUP(store_closep) struct store *s = NULL;
        uint64_t count = 0;

        assert_int_equal(truncate(path, (off_t)size), 0);
        unlink(path_of((char[256]){0}, p, "case.db-shm"));
        must(store_open(&s, p->folder, STORE_READ, &failure));
        must(store_read(s, 0, UINT64_MAX, true, check_numbered, &count, &failure));
        assert_int_equal(count, RECORD_COUNT);
    }
}

static void where_there_is_no_room_ahead_the_records_come_first(void **state)
{
    struct place *p = *state;
    char disk[80];
    char folder[128];
    uint64_t done;

    snprintf(disk, sizeof(disk), "%s/disk", p->top);
    if (!mount_small(disk, 1 << 20))
        skip();
    snprintf(folder, sizeof(folder), "%s/monday.calm", disk);
    make_empty(folder);
    done = append_each_and_vanish(folder, 1000);
    assert_true(done > 100 && done < 1000); /* 1 MiB holds at most 128 times two pages */
    check_case(folder, done);
    assert_int_equal(umount(disk), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_log_with_room_ahead_gives_every_record),
        T(a_log_cut_in_its_room_loses_nothing),
        T(where_there_is_no_room_ahead_the_records_come_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
