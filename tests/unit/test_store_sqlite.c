/* test_store_sqlite.c: case.db as others may leave it: read-only, with a log, damaged, hostile. */
#include "store_sqlite.h"
#include "base/limits.h"

static void a_case_is_read_from_a_read_only_medium_whatever_was_left_in_it(void **state)
{
    static const struct {
        const char *files[3];
        uint64_t size;
    } media[] = {
        {{"case.db"}, 5},
        {{"case.db", "case.db-wal"}, 9},
        {{"case.db", "case.db-wal", "case.db-shm"}, 9},
        {{"case.db", "empty case.db-wal"}, 5},
    };
    struct place *p = *state;
    char disk[80];

    make_case(p, 5);
    append_and_vanish(p, 5, 4); /* their records lie in the log alone */
    snprintf(disk, sizeof(disk), "%s/disk", p->top);
    for (size_t i = 0; i < COUNT_OF(media); i++) {
        int status;
        pid_t child;

        if (!mount_small(disk, 4 << 20))
            skip();
        for (size_t k = 0; k < COUNT_OF(media[i].files) && media[i].files[k]; k++) {
            bool is_empty = strncmp(media[i].files[k], "empty ", 6) == 0;
            const char *name = media[i].files[k] + (is_empty ? 6 : 0);
            char from[256];
            char to[256];

            snprintf(to, sizeof(to), "%s/%s", disk, name);
            if (is_empty)
                fd_close(open(to, O_CREAT | O_WRONLY, 0600));
            else
                copy_file(path_of(from, p, name), to);
        }
        assert_int_equal(mount("none", disk, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
        child = fork(); /* so that a failure does not leave the medium mounted */
        if (child == 0) {
            struct store *s = NULL;

            if (!reads_as(disk, media[i].size))
                child_exit(1);
            child_exit(store_open(&s, disk, STORE_WRITE, &failure) == ERR_IO ? 0 : 2);
        }
        waitpid(child, &status, 0);
        assert_int_equal(umount(disk), 0);
        assert_int_equal(rmdir(disk), 0);
        assert_int_equal(status, 0);
    }
}

static void a_reader_without_permission_to_write_sees_a_writer_that_comes_later(void **state)
{
    struct place *p = *state;
    int ends[2];
    int back[2];
    char signal = 'x';
    char path[256];
    int status;
    pid_t child;

    if (geteuid() != 0) {
        print_message("skipped: another user cannot be tried without being root\n");
        skip();
    }
    make_case(p, 5);
    assert_int_equal(chmod(p->top, 0755), 0);
    assert_int_equal(chmod(p->folder, 0755), 0);
    assert_int_equal(chmod(path_of(path, p, "case.db"), 0644), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(back), 0);
    child = fork();
    if (child == 0) {
        struct store *s = NULL;
        uint64_t size = 0;

        if (setgid(65534) || setuid(65534) || store_open(&s, p->folder, STORE_READ, &failure) ||
            store_size(s, &size, &failure) || size != 5)
            child_exit(1);
        if (write(back[1], &signal, 1) != 1 || read(ends[0], &signal, 1) != 1)
            child_exit(2);
        if (store_size(s, &size, &failure) || size != 7)
            child_exit(3);
        store_close(s);
        child_exit(0);
    }
    fd_close(back[1]);
    if (read(back[0], &signal, 1) == 1) {
        CLEANUP(store_closep) struct store *s = NULL;

        must(store_open(&s, p->folder, STORE_WRITE, &failure));
        must(append_numbered(s, 5, 2, &failure));
        assert_int_equal(write(ends[1], &signal, 1), 1);
        waitpid(child, &status, 0);
    } else {
        waitpid(child, &status, 0);
    }
    fd_close(back[0]);
    fd_close(ends[0]);
    fd_close(ends[1]);
    assert_int_equal(status, 0);
}

static void reading_changes_no_file(void **state)
{
    struct place *p = *state;
    struct buf before[2] = {0};
    char path[256];

    make_case(p, 5);
    append_and_vanish(p, 5, 4);
    must(file_read(&before[0], path_of(path, p, "case.db"), 1 << 28, &failure));
    must(file_read(&before[1], path_of(path, p, "case.db-wal"), 1 << 28, &failure));
    assert_true(before[1].len > 0);
    check_reading(p->folder, 9);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf after = {0};

        must(file_read(&after, path_of(path, p, i ? "case.db-wal" : "case.db"), 1 << 28, &failure));
        assert_true(str_eq(buf_str(&before[i]), buf_str(&after)));
        buf_release(&before[i]);
    }
    check_case(p->folder, 9); /* a writer settles the log */
    check_reading(p->folder, 9);
    assert_false(file_is_there(path_of(path, p, "case.db-wal")));
    assert_false(file_is_there(path_of(path, p, "case.db-shm")));
}

static void a_case_made_by_hand_into_a_plain_database_is_written_with_a_log_again(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    char path[256];

    make_case(p, 5);
    run_sql(p, "PRAGMA journal_mode=DELETE");
    check_reading(p->folder, 5);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    must(append_numbered(s, 5, 1, &failure));
    assert_true(file_is_there(path_of(path, p, "case.db-wal")));
}

static void a_hostile_or_foreign_database_is_refused(void **state)
{
    static const struct {
        const char *sql;
        int code;
        const char *says;
    } cases[] = {
        {"UPDATE meta SET value = '99999999999999999999' WHERE name = 'format'", ERR_FORMAT,
         "damaged"},
        {"UPDATE meta SET value = '0' WHERE name = 'format'", ERR_FORMAT, "damaged"},
        {"UPDATE meta SET value = 'one' WHERE name = 'format'", ERR_FORMAT, "damaged"},
        {"DELETE FROM meta", ERR_FORMAT, "damaged"},
        {"PRAGMA application_id=0", ERR_FORMAT, "not a case"},
        {"PRAGMA application_id=252006675", ERR_FORMAT, "another program"},
        {"CREATE TRIGGER t AFTER INSERT ON lines BEGIN DELETE FROM lines; END", ERR_FORMAT,
         "trigger"},
        {"CREATE VIEW v AS SELECT 1", ERR_FORMAT, "view"},
        {"CREATE INDEX i ON lines(line)", ERR_FORMAT, "index"},
        {"DROP TABLE grants", ERR_FORMAT, "table"},
        {"DROP TABLE lines; CREATE VIEW lines AS SELECT 0 AS seq, 'x' AS line", ERR_FORMAT, "view"},
        {"DROP TABLE lines; CREATE TABLE lines(seq, line)", ERR_FORMAT, "table"},
        {"ALTER TABLE openings ADD COLUMN more TEXT", ERR_FORMAT, "table"},
        {"INSERT INTO lines(seq, line) VALUES(-1, 'x'); DELETE FROM lines WHERE seq >= 0",
         ERR_FORMAT, "damaged"},
        {"INSERT INTO lines(seq, line) VALUES(9223372036854775807, 'x')", ERR_FORMAT, "damaged"},
        {"CREATE TABLE notes(x); ANALYZE", 0, NULL},
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
            struct store *s = NULL;
            int code;

            make_case(p, 3);
            run_sql(p, cases[i].sql);
            code = store_open(&s, p->folder, mode, &failure);
            if (code != cases[i].code)
                fail_msg("%s: %s: %s", cases[i].sql, err_name(code), failure.text);
            if (code && !strstr(failure.text, cases[i].says))
                fail_msg("%s: %s", cases[i].sql, failure.text);
            store_close(s);
            remove_tree(p->folder);
        }
}

static void rows_that_no_case_has_are_refused_when_met(void **state)
{
    static const char *const damages[] = {
        "DELETE FROM lines WHERE seq = 0",
        "DELETE FROM lines WHERE seq = 3",
        "INSERT INTO lines(seq, line) VALUES(-5, 'x')",
        "UPDATE lines SET seq = 900 WHERE seq = 7",
        "UPDATE lines SET line = printf('%.*c', 65537, 'x') WHERE seq = 2",
        "UPDATE openings SET sealed = zeroblob(16777217) WHERE seq = 2",
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct store *s = NULL;
        uint64_t count = 0;
        int code;

        make_case(p, 8);
        run_sql(p, damages[i]);
        must(store_open(&s, p->folder, STORE_READ, &failure));
        code = store_read(s, 0, UINT64_MAX, true, check_numbered, &count, &failure);
        /* a row before the first is never looked at */
        assert_int_equal(code, i == 2 ? 0 : ERR_FORMAT);
        store_close(s);
        remove_tree(p->folder);
    }
}

static void what_is_no_database_is_refused(void **state)
{
    static const struct {
        const char *content;
        size_t size;
    } cases[] = {{"", 0}, {"x", 1}, {"SQLite format 3", 16}, {"hello, this is text", 19}};
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
            struct store *s = NULL;
            char path[256];
            FILE *f;

            make_case(p, 0);
            f = fopen(path_of(path, p, "case.db"), "wb");
            assert_non_null(f);
            fwrite(cases[i].content, 1, cases[i].size, f);
            fclose(f);
            assert_int_equal(store_open(&s, p->folder, mode, &failure), ERR_FORMAT);
            remove_tree(p->folder);
        }
}

static void a_database_that_is_a_link_is_not_followed(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char path[256];
    char kept[256];

    make_case(p, 3);
    path_of(path, p, "case.db");
    assert_int_equal(rename(path, path_of(kept, p, "kept.db")), 0);
    assert_int_equal(symlink(kept, path), 0);
    assert_int_equal(store_open(&s, p->folder, STORE_WRITE, &failure), ERR_IO);
    assert_int_equal(store_open(&s, p->folder, STORE_READ, &failure), ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_not_equal(store_open(&s, p->folder, STORE_READ, &failure), 0);
}

static int ignore_record(void *context, uint64_t seq, struct str line, struct str openings,
                         struct err *e)
{
    (void)context;
    (void)seq;
    (void)e;
    assert_true(line.len <= LIMIT_LINE_SIZE && openings.len <= 16 << 20);
    return 0;
}

/* All that can be done with a case that may be damaged; what comes back is of no matter here, that
 * it comes back is. */
static void use_all(const struct place *p, enum store_mode mode)
{
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_BUF struct buf got = {0};
    struct store_record r = {STR("line"), STR("openings")};
    uint64_t size = 0;

    if (store_open(&s, p->folder, mode, &failure))
        return;
    (void)!store_size(s, &size, &failure);
    (void)!store_read(s, 0, size, true, ignore_record, NULL, &failure);
    for (uint64_t i = 0; i < 12; i++)
        (void)!store_openings(s, i, &got, &failure);
    (void)!store_append(s, size, &r, 1, &failure);
    (void)!store_redact(s, 2, STR("a longer one than was there"), &failure);
    (void)!store_grant_put(s, &(struct store_grant){STR("x"), {{1}}, STR("y")}, &failure);
}

static void damage_of_any_kind_ends_no_process(void **state)
{
    enum { ROUNDS = 400 };
    struct place *p = *state;
    CLEANUP_BUF struct buf whole = {0};
    uint64_t random = 11;
    char path[256];
    unsigned refused = 0;

    make_case(p, 300);
    path_of(path, p, "case.db");
    must(file_read(&whole, path, 1 << 28, &failure));
    for (unsigned round = 0; round < ROUNDS; round++) {
        CLEANUP_FREE char *bytes = mem_dup(whole.p, whole.len);
        size_t size = whole.len;
        FILE *f;

        for (unsigned i = 0; i < 1 + round % 9; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            /* every third round in the first page: header and schema */
            bytes[(random >> 20) % (round % 3 ? size : 4096)] = (char)(random >> 56);
        }
        if (round % 7 == 0)
            size = (random >> 13) % size;
        f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(bytes, 1, size, f);
        fclose(f);
        use_all(p, round % 2 ? STORE_READ : STORE_WRITE);
        refused += failure.code == ERR_FORMAT;
        failure.code = 0;
        unlink(path_of(path, p, "case.db-wal"));
        unlink(path_of(path, p, "case.db-shm"));
        path_of(path, p, "case.db");
    }
    assert_true(refused > ROUNDS / 20);
}

static void a_torn_log_gives_the_records_before_it(void **state)
{
    struct place *p = *state;
    CLEANUP_BUF struct buf log = {0};
    char path[256];
    uint64_t last = 3;

    make_case(p, 3);
    for (uint64_t i = 3; i < 12; i++)
        append_and_vanish(p, i, 1); /* each settles the log of the one before */
    must(file_read(&log, path_of(path, p, "case.db-wal"), 1 << 28, &failure));
    for (size_t size = 0; size <= log.len; size += 1000) {
        CLEANUP(store_closep) struct store *s = NULL;
        uint64_t count = 0;
        FILE *f = fopen(path_of(path, p, "case.db-wal"), "wb");

        assert_non_null(f);
        fwrite(log.p, 1, size, f);
        fclose(f);
        unlink(path_of(path, p, "case.db-shm"));
        must(store_open(&s, p->folder, STORE_READ, &failure));
        must(store_read(s, 0, UINT64_MAX, true, check_numbered, &count, &failure));
        assert_true(count >= last && count <= 12);
        last = count;
    }
    assert_true(last >= 11);
}

static void a_folder_may_have_any_name(void **state)
{
    static const char *const names[] = {"a?b=c&d", "per%20cent#x", "Ünïcode  two", "'quoted\"",
                                        "new\nline"};
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(p->folder, sizeof(p->folder), "%s/%s", p->top, names[i]);
        make_case(p, 4);
        check_case(p->folder, 4);
        check_reading(p->folder, 4);
    }
}

static void a_case_opened_by_a_relative_name_stays_open_where_it_was(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    char before[4096];

    make_case(p, 1);
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(p->top), 0);
    must(store_open(&s, "monday.calm", STORE_WRITE, &failure));
    assert_int_equal(chdir("/"), 0);
    must(append_numbered(s, 1, 1, &failure));
    assert_string_equal(store_folder(s), p->folder);
    assert_int_equal(chdir(before), 0);
}

static void a_writer_that_is_kept_waiting_says_so(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    int ends[2];
    char signal = 'x';
    int status;
    pid_t child;

    make_case(p, 1);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;
        char path[256];

        sqlite3_open(path_of(path, p, "case.db"), &db);
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        (void)!write(ends[1], &signal, 1);
        sleep(6);
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        sqlite3_close(db);
        child_exit(0);
    }
    assert_int_equal(read(ends[0], &signal, 1), 1);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    assert_int_equal(append_numbered(s, 1, 1, &failure), ERR_CONFLICT);
    assert_non_null(strstr(failure.text, "another process"));
    must(append_numbered(s, 1, 1, &failure)); /* it is done after six seconds */
    waitpid(child, &status, 0);
    fd_close(ends[0]);
    fd_close(ends[1]);
}

/* The commands of doc/format/case-folder.md, by another program. */
static void the_sqlite3_program_reads_it_as_the_page_says(void **state)
{
    struct place *p = *state;
    char got[256] = {0};
    char path[256];
    int ends[2];
    int status;
    pid_t child;

    if (access("/usr/bin/sqlite3", X_OK) < 0) {
        print_message("skipped: the program sqlite3 is not installed\n");
        skip();
    }
    make_case(p, 3);
    path_of(path, p, "case.db");
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execl("/usr/bin/sqlite3", "sqlite3", "-readonly", path,
              "SELECT line FROM lines ORDER BY seq; PRAGMA application_id; PRAGMA page_size; "
              "SELECT value FROM meta WHERE name = 'format'; SELECT seq, length(sealed) FROM "
              "openings",
              NULL);
        _exit(127);
    }
    fd_close(ends[1]);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
    fd_close(ends[0]);
    assert_string_equal(got, "{\"record\":0}\n{\"record\":1}\n{\"record\":2}\n"
                             "1667329133\n4096\n1\n1|12\n2|12\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_case_is_read_from_a_read_only_medium_whatever_was_left_in_it),
        T(a_reader_without_permission_to_write_sees_a_writer_that_comes_later),
        T(reading_changes_no_file),
        T(a_case_made_by_hand_into_a_plain_database_is_written_with_a_log_again),
        T(a_hostile_or_foreign_database_is_refused),
        T(rows_that_no_case_has_are_refused_when_met),
        T(what_is_no_database_is_refused),
        T(a_database_that_is_a_link_is_not_followed),
        T(damage_of_any_kind_ends_no_process),
        T(a_torn_log_gives_the_records_before_it),
        T(a_folder_may_have_any_name),
        T(a_case_opened_by_a_relative_name_stays_open_where_it_was),
        T(a_writer_that_is_kept_waiting_says_so),
        T(the_sqlite3_program_reads_it_as_the_page_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
