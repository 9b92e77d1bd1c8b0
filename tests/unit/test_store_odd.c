/* test_store_odd.c: a case under which the ground moves: rows too long, a folder in which nobody
 * may write, a database that changes while it is read, a medium that fails at the worst moment. */
#include "store_fault.h"
#include "store_sqlite.h"
#include "store/sqlite.h"

static int list_nothing(void *context, const struct store_grant *grant, struct err *e)
{
    (void)context;
    (void)grant;
    (void)e;
    return 0;
}

static void grants_that_no_case_has_are_refused_when_met(void **state)
{
    static const struct {
        const char *scope, *key, *sealed; /* as SQL */
        bool is_asked_for;                /* by store_grant_get, as team and zeros */
    } rows[] = {
        {"printf('%.*c', 257, 's')", "zeroblob(32)", "x'00'", false},
        {"'team'", "zeroblob(31)", "x'00'", false},
        {"'team'", "zeroblob(33)", "x'00'", false},
        {"'team'", "zeroblob(32)", "zeroblob(65537)", true},
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(store_closep) struct store *s = NULL;
        CLEANUP_BUF struct buf got = {0};
        char sql[256];

        make_case(p, 3);
        snprintf(sql, sizeof(sql), "INSERT INTO grants VALUES(%s, %s, %s)", rows[i].scope,
                 rows[i].key, rows[i].sealed);
        run_sql(p, sql);
        must(store_open(&s, p->folder, STORE_READ, &failure));
        assert_int_equal(store_grants(s, list_nothing, NULL, &failure), ERR_FORMAT);
        assert_int_equal(store_grant_get(s, STR("team"), &(struct key){0}, &got, &failure),
                         rows[i].is_asked_for ? ERR_FORMAT : ERR_NOTFOUND);
        store_close(MOVE(s));
        remove_tree(p->folder);
    }
}

static void openings_that_are_too_long_are_refused_when_met(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_BUF struct buf got = {0};

    make_case(p, 3);
    run_sql(p, "UPDATE openings SET sealed = zeroblob(16777217) WHERE seq = 2");
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    assert_int_equal(store_openings(s, 2, &got, &failure), ERR_FORMAT);
    assert_int_equal(store_redact(s, 2, STR("x"), &failure), ERR_FORMAT);
    must(append_numbered(s, 3, 1, &failure)); /* the rest is in order */
}

static void a_schema_that_is_too_long_is_refused(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    struct buf sql = {0};

    make_case(p, 3);
    buf_adds(&sql, "CREATE TABLE long(x /*");
    buf_addn(&sql, 'x', 65536);
    buf_adds(&sql, "*/)");
    run_sql(p, buf_text(&sql));
    assert_int_equal(store_open(&s, p->folder, STORE_READ, &failure), ERR_FORMAT);
    buf_release(&sql);
}

static void what_does_not_fit_is_refused_before_anything_is_written(void **state)
{
    static char large[(16 << 20) + 1];
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_BUF struct buf got = {0};
    const struct store_grant grants[] = {{{large, 257}, {{1}}, STR("x")},
                                         {STR("team"), {{1}}, {large, 65537}}};

    make_case(p, 3);
    memset(large, 'x', sizeof(large));
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    assert_int_equal(store_redact(s, 1, (struct str){large, sizeof(large)}, &failure), ERR_LIMIT);
    for (size_t i = 0; i < COUNT_OF(grants); i++)
        assert_int_equal(store_grant_put(s, &grants[i], &failure), ERR_LIMIT);
    assert_int_equal(store_grants(s, list_nothing, NULL, &failure), 0);
    assert_int_equal(
        store_grant_get(s, (struct str){large, 5000}, &(struct key){{1}}, &got, &failure),
        ERR_NOTFOUND);
    must(store_openings(s, 1, &got, &failure));
    assert_string_equal(buf_text(&got), "{\"record\":1}");
}

static void empty_slices_are_stored_as_such(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_BUF struct buf got = {0};

    make_case(p, 3);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    must(store_grant_put(s, &(struct store_grant){.key = {{1}}}, &failure));
    buf_adds(&got, "old");
    must(store_grant_get(s, (struct str){0}, &(struct key){{1}}, &got, &failure));
    assert_int_equal(got.len, 0);
    must(store_redact(s, 1, (struct str){0}, &failure));
    assert_int_equal(store_openings(s, 1, &got, &failure), ERR_NOTFOUND);
}

/* A folder in which SQLite cannot make its lock files, for this process: others write there. */
static struct store *open_frozen(const struct place *p, int refusal)
{
    struct store *s = NULL;

    fault.no_writer = refusal;
    must(store_open(&s, p->folder, STORE_READ, &failure));
    return s;
}

static void a_case_without_locks_is_read_whatever_sqlite_calls_it(void **state)
{
    static const int refusals[] = {SQLITE_CANTOPEN, SQLITE_READONLY_CANTINIT};
    struct place *p = *state;

    make_case(p, 5);
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        CLEANUP(store_closep) struct store *s = open_frozen(p, refusals[i]);
        uint64_t size;

        must(store_size(s, &size, &failure));
        assert_int_equal(size, 5);
        fault.no_writer = 0;
    }
}

/* In a child, which has locks. */
static void append_elsewhere(void *context)
{
    const struct place *p = context;
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store *s = NULL;
        uint64_t size = 0;
        int code;

        fault.no_writer = 0;
        code = store_open(&s, p->folder, STORE_WRITE, &failure);
        if (!code)
            code = store_size(s, &size, &failure);
        if (!code)
            code = append_numbered(s, size, 1, &failure);
        store_close(s);
        child_exit(code != 0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

struct moving {
    const struct place *p;
    struct store *s;
    uint64_t seen;
};

static int append_at_the_first(void *context, uint64_t seq, struct str line, struct str openings,
                               struct err *e)
{
    struct moving *m = context;
    uint64_t size = 0;

    (void)line;
    (void)openings;
    if (seq == 0)
        append_elsewhere((void *)m->p);
    m->seen++;
    /* a look within the visit does not take away what is being visited */
    if (store_size(m->s, &size, e) != ERR_CONFLICT)
        return err_set(e, ERR_IO, "the change was not seen");
    return 0;
}

static void a_frozen_case_that_changes_while_it_is_read_is_a_conflict(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    struct moving m = {.p = p};
    uint64_t size;

    make_case(p, 5);
    s = open_frozen(p, SQLITE_CANTOPEN);
    m.s = s;
    assert_int_equal(store_read(s, 0, 9, true, append_at_the_first, &m, &failure), ERR_CONFLICT);
    assert_int_equal(m.seen, 5);
    must(store_size(s, &size, &failure)); /* looked at again */
    assert_int_equal(size, 6);
    fault.no_writer = 0;
}

static void touch_by(const char *path, time_t seconds, long nanoseconds)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    st.st_mtim.tv_sec += seconds;
    st.st_mtim.tv_nsec += st.st_mtim.tv_nsec < 500000000 ? nanoseconds : -nanoseconds;
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){st.st_mtim, st.st_mtim}, 0), 0);
}

/* The file's times alone tell too: rewritten by something that keeps its size. */
static void a_frozen_case_is_opened_anew_when_its_times_change(void **state)
{
    struct place *p = *state;

    make_case(p, 5);
    for (int i = 0; i < 2; i++) {
        CLEANUP(store_closep) struct store *s = open_frozen(p, SQLITE_CANTOPEN);
        char path[256];
        uint64_t size;

        touch_by(path_of(path, p, "case.db"), i ? 7 : 0, i ? 0 : 1000);
        must(store_size(s, &size, &failure));
        assert_int_equal(size, 5);
        fault.no_writer = 0;
    }
}

/* One of the six ways of reading. */
static int read_some_way(struct store *s, unsigned way, struct err *e)
{
    CLEANUP_BUF struct buf got = {0};
    uint64_t size = 0;

    switch (way) {
    case 0:
        return store_size(s, &size, e);
    case 1:
        return store_read(s, 0, 9, true, check_numbered, &size, e);
    case 2:
        return store_openings(s, 1, &got, e);
    case 3:
        return store_grant_get(s, STR("team"), &(struct key){{1}}, &got, e);
    case 4:
        return store_grants(s, list_nothing, NULL, e);
    default:
        return store_watch(s, 5, 0, e);
    }
}

static void a_frozen_case_that_is_lost_is_found_again_when_it_is_back(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char path[256];
    char kept[256];

    make_case(p, 5);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    must(store_grant_put(s, &(struct store_grant){STR("team"), {{1}}, STR("x")}, &failure));
    store_close(MOVE(s));
    path_of(path, p, "case.db");
    path_of(kept, p, "kept.db");
    for (unsigned way = 0; way < 6; way++) {
        s = open_frozen(p, SQLITE_CANTOPEN);
        must(read_some_way(s, way, &failure));
        assert_int_equal(rename(path, kept), 0);
        fd_close(open(path, O_CREAT | O_WRONLY, 0600));
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(read_some_way(s, way, &failure), ERR_FORMAT);
        assert_int_equal(rename(kept, path), 0);
        must(read_some_way(s, way, &failure));
        store_close(MOVE(s));
        fault.no_writer = 0;
    }
}

static void a_file_system_without_shared_memory_is_named(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;

    make_case(p, 5);
    run_sql(p, "PRAGMA journal_mode=DELETE");
    fault.has_no_shm = true;
    assert_int_equal(store_open(&s, p->folder, STORE_WRITE, &failure), ERR_IO);
    assert_non_null(strstr(failure.text, "move the case to a local disk"));
    check_reading(p->folder, 5);
    fault.has_no_shm = false;
    check_case(p->folder, 5);
}

/* Opens and appends one record, in which operation at and those behind it fail. */
static int append_under(const struct place *p, enum fault_kind kind, long at, int number,
                        struct store **out)
{
    must(store_open(out, p->folder, STORE_WRITE, &failure));
    fault.kind = kind;
    fault.number = number;
    fault.count = 0;
    fault.at = at;
    fault.happened = false;
    fault.sticks = true;
    return append_numbered(*out, 5, 1, &failure);
}

static void fault_end(void)
{
    fault.kind = FAULT_NONE;
    fault.number = 0;
    fault.happened = false;
    fault.sticks = false;
}

static void after_a_failed_write_nothing_more_is_written(void **state)
{
    static const struct {
        int number, code;
    } cases[] = {{EIO, ERR_IO}, {ENOSPC, ERR_FULL}, {EDQUOT, ERR_FULL}, {0, ERR_IO}};
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(store_closep) struct store *s = NULL;

        make_case(p, 5);
        assert_int_equal(append_under(p, FAULT_IO, 1, cases[i].number, &s), cases[i].code);
        fault_end(); /* the medium works again, but what it holds is not known */
        assert_int_equal(append_numbered(s, 5, 1, &failure), ERR_IO);
        assert_int_equal(store_redact(s, 1, STR(""), &failure), ERR_IO);
        assert_int_equal(
            store_grant_put(s, &(struct store_grant){STR("x"), {{1}}, STR("y")}, &failure), ERR_IO);
        assert_non_null(strstr(failure.text, "another medium"));
        store_close(MOVE(s));
        check_case(p->folder, 5);
        remove_tree(p->folder);
    }
}

/* SQLite calls it a damaged file; it is the medium that cannot be read. */
static void a_medium_that_cannot_be_read_is_not_called_a_damaged_case(void **state)
{
    static const int numbers[] = {EIO, ENXIO};
    struct place *p = *state;

    make_case(p, 400);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        CLEANUP(store_closep) struct store *s = NULL;
        uint64_t count = 0;

        must(store_open(&s, p->folder, STORE_READ, &failure));
        fault.kind = FAULT_READ;
        fault.number = numbers[i];
        fault.count = 0;
        fault.at = 3;
        assert_int_equal(store_read(s, 0, 400, true, check_numbered, &count, &failure), ERR_IO);
        fault_end();
        assert_non_null(strstr(failure.text, "its medium cannot be read"));
        count = 0;
        must(store_read(s, 0, 400, true, check_numbered, &count, &failure));
        assert_int_equal(count, 400);
    }
}

/* The records are in the log, so the append is done; that moving them on failed ends writing. */
static void a_log_that_cannot_be_moved_into_the_database_ends_writing_after_the_append(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_FREE char *large = mem_alloc(9 << 20);
    struct store_record r = {STR("{\"record\":5}"), {large, 9 << 20}};
    uint64_t size;
    long writes;

    make_case(p, 5);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    fault.kind = FAULT_NONE;
    fault.count = 0;
    must(store_append(s, 5, &r, 1, &failure)); /* over 2,048 pages: they are moved on */
    writes = fault.count;
    store_close(MOVE(s));
    remove_tree(p->folder);
    make_case(p, 5);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    fault.kind = FAULT_IO;
    fault.count = 0;
    fault.at = writes - 1; /* the last ones are of the database */
    must(store_append(s, 5, &r, 1, &failure));
    assert_true(fault.happened);
    fault_end();
    assert_int_equal(append_numbered(s, 6, 1, &failure), ERR_IO);
    store_close(MOVE(s));
    must(store_open(&s, p->folder, STORE_READ, &failure));
    must(store_size(s, &size, &failure));
    assert_int_equal(size, 6);
}

/* What each kind of result of SQLite means to who uses the store (store.h). */
static void every_result_of_sqlite_has_a_meaning(void **state)
{
    static const struct {
        int rc, code;
        const char *says;
    } cases[] = {
        {SQLITE_BUSY, ERR_CONFLICT, "another process"},
        {SQLITE_BUSY_SNAPSHOT, ERR_CONFLICT, "another process"},
        {SQLITE_LOCKED, ERR_CONFLICT, "another process"},
        {SQLITE_CORRUPT_VTAB, ERR_FORMAT, "damaged"},
        {SQLITE_NOTADB, ERR_FORMAT, "damaged"},
        {SQLITE_FORMAT, ERR_FORMAT, "damaged"},
        {SQLITE_TOOBIG, ERR_FORMAT, "damaged"},
        {SQLITE_SCHEMA, ERR_FORMAT, "damaged"},
        {SQLITE_ERROR, ERR_FORMAT, "damaged"},
        {SQLITE_CONSTRAINT_PRIMARYKEY, ERR_FORMAT, "damaged"},
        {SQLITE_MISMATCH, ERR_FORMAT, "damaged"},
        {SQLITE_FULL, ERR_FULL, "no space"},
        {SQLITE_READONLY_DBMOVED, ERR_IO, "only be read"},
        {SQLITE_IOERR_FSYNC, ERR_IO, "cannot try the case"},
        {SQLITE_NOMEM, ERR_IO, "out of memory"},
        {SQLITE_PROTOCOL, ERR_IO, "locking protocol"},
    };
    struct place *p = *state;
    struct sqlite q = {.folder = p->folder};

    make_case(p, 1);
    assert_int_equal(sqlite3_open(":memory:", &q.db), SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(sqlite_fail(&q, cases[i].rc, "cannot try", &failure), cases[i].code);
        assert_non_null(strstr(failure.text, cases[i].says));
        assert_non_null(strstr(failure.text, p->folder));
    }
    sqlite3_close(q.db);
}

static void fail_as_misuse(void *context)
{
    (void)sqlite_fail(context, SQLITE_MISUSE, "cannot try", NULL);
}

static void fail_as_range(void *context)
{
    (void)sqlite_fail(context, SQLITE_RANGE, "cannot try", NULL);
}

static int close_within(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    (void)seq;
    (void)line;
    (void)openings;
    (void)e;
    store_close(context);
    return 0;
}

static void close_while_visiting(void *context)
{
    struct store *s = NULL;

    if (store_open(&s, ((struct place *)context)->folder, STORE_READ, &failure) == 0)
        (void)!store_read(s, 0, 3, false, close_within, s, &failure);
}

static void bind_what_is_not_there(void *context)
{
    struct sqlite *q = NULL;
    void *state = NULL;

    if (sqlite_open(&state, ((struct place *)context)->folder, STORE_READ, &failure))
        return;
    q = state;
    {
        CLEANUP_QUERY struct query query = {0};

        if (query_begin(&query, q, SQL_SIZE, &failure) == 0)
            query_bind_u64(&query, 5, 1);
    }
    sqlite_close(q);
}

static void a_store_that_is_used_wrongly_is_a_bug(void **state)
{
    struct place *p = *state;
    struct sqlite q = {.folder = p->folder};

    make_case(p, 3);
    assert_true(is_bug(fail_as_misuse, &q));
    assert_true(is_bug(fail_as_range, &q));
    assert_true(is_bug(close_while_visiting, p));
    assert_true(is_bug(bind_what_is_not_there, p));
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(grants_that_no_case_has_are_refused_when_met),
        T(openings_that_are_too_long_are_refused_when_met),
        T(a_schema_that_is_too_long_is_refused),
        T(what_does_not_fit_is_refused_before_anything_is_written),
        T(empty_slices_are_stored_as_such),
        T(a_case_without_locks_is_read_whatever_sqlite_calls_it),
        T(a_frozen_case_that_changes_while_it_is_read_is_a_conflict),
        T(a_frozen_case_is_opened_anew_when_its_times_change),
        T(a_frozen_case_that_is_lost_is_found_again_when_it_is_back),
        T(a_file_system_without_shared_memory_is_named),
        T(after_a_failed_write_nothing_more_is_written),
        T(a_medium_that_cannot_be_read_is_not_called_a_damaged_case),
        T(a_log_that_cannot_be_moved_into_the_database_ends_writing_after_the_append),
        T(every_result_of_sqlite_has_a_meaning),
        T(a_store_that_is_used_wrongly_is_a_bug),
    };

    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
