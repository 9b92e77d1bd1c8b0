/* store_sqlite.h: what the tests of case.db share: making a case, changing it behind calm's back,
 * reading it. */
#pragma once
#include <sqlite3.h>
#include "store_case.h"

static UNUSED void make_case(const struct place *p, uint64_t size)
{
    CLEANUP(store_closep) struct store *s = NULL;

    must(store_create(&s, p->folder, &failure));
    if (size)
        must(append_numbered(s, 0, size, &failure));
}

/* Runs SQL on case.db as someone with the sqlite3 program may. In a child: SQLite's locks are a
 * process's. */
static UNUSED void run_sql(const struct place *p, const char *sql)
{
    char path[256];
    int status;
    pid_t child = fork();

    if (child == 0) {
        sqlite3 *db = NULL;
        int rc = sqlite3_open(path_of(path, p, "case.db"), &db);

        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            print_message("%s: %s\n", sql, sqlite3_errmsg(db));
        sqlite3_close(db);
        child_exit(rc != SQLITE_OK);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* Leaves a log behind: a child appends and is gone without closing. */
static UNUSED void append_and_vanish(const struct place *p, uint64_t first, uint64_t count)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store *s = NULL;
        int code = store_open(&s, p->folder, STORE_WRITE, &failure);

        code = code ? code : append_numbered(s, first, count, &failure);
        child_exit(code != 0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* Whether the case is read whole; for children too, in which nothing may be asserted. */
static UNUSED bool reads_as(const char *folder, uint64_t size)
{
    CLEANUP(store_closep) struct store *s = NULL;
    uint64_t count = 0;
    uint64_t found = 0;

    return store_open(&s, folder, STORE_READ, &failure) == 0 &&
           store_size(s, &found, &failure) == 0 && found == size &&
           store_read(s, 0, UINT64_MAX, true, check_numbered, &count, &failure) == 0 &&
           count == size && store_watch(s, size, 0, &failure) == 0;
}

static UNUSED void check_reading(const char *folder, uint64_t size)
{
    if (!reads_as(folder, size))
        fail_msg("%s is not read as %llu records: %s", folder, (unsigned long long)size,
                 failure.text);
}
