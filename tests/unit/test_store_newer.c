/* test_store_newer.c: a case in a newer format is read, not written; one that says that older
 * programs cannot read it, or that has not kept what they read, is refused. */
#include "store_sqlite.h"

/* What a later format may do, and keep older programs reading (doc/format/case-folder.md, "A newer
 * format"). */
#define FORMAT_2 "UPDATE meta SET value = '2' WHERE name = 'format'; "
#define READER(n) "INSERT INTO meta(name, value) VALUES('reader', '" n "'); "
/* A table made anew, with its rows, in other words. */
#define REMAKE(table, definition)                                                                  \
    "ALTER TABLE " table " RENAME TO old; CREATE TABLE " definition "; "                           \
    "INSERT INTO " table " SELECT * FROM old; DROP TABLE old; "

static void a_newer_case_is_read_and_not_written(void **state)
{
    static const char *const changes[] = {
        FORMAT_2,
        FORMAT_2 READER("1"),
        "UPDATE meta SET value = '18446744073709551615' WHERE name = 'format'",
        FORMAT_2 "ALTER TABLE lines ADD COLUMN shard INTEGER; UPDATE lines SET shard = 7",
        FORMAT_2 "ALTER TABLE openings ADD COLUMN codec TEXT",
        FORMAT_2 "ALTER TABLE meta ADD COLUMN since INTEGER",
        FORMAT_2 "ALTER TABLE grants ADD COLUMN until INTEGER",
        FORMAT_2 "CREATE TABLE witnesses(seq INTEGER PRIMARY KEY, note TEXT) STRICT",
        FORMAT_2 "CREATE INDEX by_size ON lines(length(line))",
        FORMAT_2 "CREATE VIEW newest AS SELECT max(seq) FROM lines",
        FORMAT_2 "CREATE TRIGGER t AFTER INSERT ON lines BEGIN DELETE FROM lines; END",
        FORMAT_2 REMAKE("lines", "lines(seq INTEGER PRIMARY KEY, line TEXT NOT NULL)"),
        FORMAT_2 REMAKE("grants", "grants(scope TEXT NOT NULL, key BLOB NOT NULL, sealed BLOB NOT "
                                  "NULL, PRIMARY KEY(key, scope)) STRICT"),
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        CLEANUP(store_closep) struct store *s = NULL;
        struct blob_writer *w = NULL;

        make_case(p, 8);
        run_sql(p, changes[i]);
        assert_int_equal(store_open(&s, p->folder, STORE_WRITE, &failure), ERR_NEWER);
        assert_null(s);
        assert_non_null(strstr(failure.text, "written by a newer calm"));
        assert_non_null(strstr(failure.text, "reading only"));
        check_reading(p->folder, 8);
        must(store_open(&s, p->folder, STORE_READ, &failure));
        assert_true(store_is_newer(s));
        assert_int_equal(append_numbered(s, 8, 1, &failure), ERR_USAGE);
        assert_int_equal(store_redact(s, 1, STR(""), &failure), ERR_USAGE);
        assert_int_equal(blob_begin(&w, s, &failure), ERR_USAGE);
        remove_tree(p->folder);
    }
}

static void a_case_of_this_format_is_not_newer(void **state)
{
    static const char *const changes[] = {"SELECT 1", READER("1")};
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        CLEANUP(store_closep) struct store *s = NULL;

        make_case(p, 2);
        run_sql(p, changes[i]);
        must(store_open(&s, p->folder, STORE_WRITE, &failure));
        assert_false(store_is_newer(s));
        must(append_numbered(s, 2, 1, &failure));
        remove_tree(p->folder);
    }
}

static void a_newer_case_that_cannot_be_read_is_refused(void **state)
{
    static const struct {
        const char *sql;
        int code;
        const char *says;
    } cases[] = {
        {FORMAT_2 READER("2"), ERR_NEWER, "only programs that know the format 2"},
        {"UPDATE meta SET value = '9' WHERE name = 'format'; " READER("3"), ERR_NEWER,
         "the format 9, which only programs that know the format 3"},
        {FORMAT_2 READER("3"), ERR_FORMAT, "damaged"}, /* over the format itself */
        {READER("2"), ERR_FORMAT, "damaged"},
        {FORMAT_2 READER("0"), ERR_FORMAT, "damaged"},
        {FORMAT_2 READER("two"), ERR_FORMAT, "damaged"},
        {FORMAT_2 READER("99999999999999999999"), ERR_FORMAT, "damaged"},
        {FORMAT_2 READER("123456789012345678901"), ERR_FORMAT, "damaged"},
        {FORMAT_2 "DROP TABLE lines", ERR_NEWER, "in another way"},
        {FORMAT_2 "DROP TABLE openings", ERR_NEWER, "in another way"},
        {FORMAT_2 "DROP TABLE grants", ERR_NEWER, "in another way"},
        {FORMAT_2 "ALTER TABLE lines RENAME COLUMN line TO entry", ERR_NEWER, "in another way"},
        {FORMAT_2 "ALTER TABLE openings RENAME TO sealed_openings", ERR_NEWER, "in another way"},
        {FORMAT_2 REMAKE("lines", "lines(seq INTEGER PRIMARY KEY, line TEXT NOT NULL DEFAULT '')"),
         ERR_NEWER, "in another way"},
        {FORMAT_2 "ALTER TABLE lines RENAME TO entries; "
                  "CREATE VIEW lines AS SELECT seq, line FROM entries",
         ERR_NEWER, "in another way"},
        {FORMAT_2 "DELETE FROM lines; INSERT INTO lines(seq, line) VALUES(-1, 'x')", ERR_FORMAT,
         "damaged"},
        {FORMAT_2 "PRAGMA application_id=252006675", ERR_FORMAT, "another program"},
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct store *s = NULL;
        int code;

        make_case(p, 3);
        run_sql(p, cases[i].sql);
        code = store_open(&s, p->folder, STORE_READ, &failure);
        if (code != cases[i].code || !strstr(failure.text, cases[i].says))
            fail_msg("%s: %s: %s", cases[i].sql, err_name(code), failure.text);
        assert_null(s);
        assert_int_not_equal(store_open(&s, p->folder, STORE_WRITE, &failure), 0);
        assert_null(s);
        remove_tree(p->folder);
    }
}

/* Adds the record as the newer program would, and is gone without closing. */
static void append_by_hand_and_vanish(const struct place *p, int seq)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        sqlite3 *db = NULL;
        char path[256];
        char sql[256];

        snprintf(sql, sizeof(sql),
                 "INSERT INTO lines VALUES(%d, '{\"record\":%d}'); "
                 "INSERT INTO openings VALUES(%d, CAST('{\"record\":%d}' AS BLOB))",
                 seq, seq, seq, seq);
        if (sqlite3_open(path_of(path, p, "case.db"), &db) != SQLITE_OK)
            child_exit(1);
        child_exit(sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* Whoever reads a newer case leaves its files as they were, those of a log too. */
static void reading_a_newer_case_changes_no_file(void **state)
{
    static const char *const names[] = {"case.db", "case.db-wal"};
    struct place *p = *state;
    struct buf before[COUNT_OF(names)] = {0};
    char path[256];

    make_case(p, 5);
    run_sql(p, FORMAT_2);
    append_by_hand_and_vanish(p, 5);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        must(file_read(&before[i], path_of(path, p, names[i]), 1 << 28, &failure));
    assert_true(before[1].len > 0);
    check_reading(p->folder, 6);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_BUF struct buf after = {0};

        must(file_read(&after, path_of(path, p, names[i]), 1 << 28, &failure));
        assert_true(str_eq(buf_str(&before[i]), buf_str(&after)));
        buf_release(&before[i]);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_newer_case_is_read_and_not_written),
        T(a_case_of_this_format_is_not_newer),
        T(a_newer_case_that_cannot_be_read_is_refused),
        T(reading_a_newer_case_changes_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
