/* test_store.c: the contract of store.h, run against every engine that holds lines. */
#include "store_case.h"
#include <time.h>

/* An engine: how a new case of it is made. PostgreSQL becomes a second entry. */
static const struct maker {
    const char *name;
    int (*make)(struct store **out, const char *folder, struct err *e);
} makers[] = {
    {"sqlite", store_create},
};
static const struct maker *maker;

static struct store *make(const struct place *p)
{
    struct store *s = NULL;

    must(maker->make(&s, p->folder, &failure));
    return s;
}

static void a_new_case_is_empty_and_private(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);
    static const char *const names[] = {"", "journal", "evidence", "timeline"};
    uint64_t size = 77;

    must(store_size(s, &size, &failure));
    assert_int_equal(size, 0);
    assert_int_equal(store_mode(s), STORE_WRITE);
    assert_false(store_is_newer(s));
    assert_string_equal(store_folder(s), p->folder);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[256];
        struct stat st;

        assert_int_equal(stat(path_of(path, p, names[i]), &st), 0);
        assert_int_equal(st.st_mode, S_IFDIR | 0700);
    }
}

static void a_case_is_made_in_an_empty_folder_but_not_over_anything(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char path[256];
    struct err e;

    assert_int_equal(mkdir(p->folder, 0755), 0);
    store_close(make(p));
    assert_int_equal(store_create(&s, p->folder, &e), ERR_USAGE);
    assert_int_equal(unlink(path_of(path, p, "case.db")), 0);
    assert_int_equal(store_create(&s, p->folder, &e), ERR_USAGE);
    snprintf(path, sizeof(path), "%s/no/such.calm", p->top);
    assert_int_equal(store_create(&s, path, &e), ERR_NOTFOUND);
    snprintf(path, sizeof(path), "/proc/case.calm");
    assert_int_not_equal(store_create(&s, path, &e), 0);
    assert_null(s);
}

static void a_folder_without_a_case_is_not_found(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char path[256];
    struct err e;

    assert_int_equal(store_open(&s, p->folder, STORE_READ, &e), ERR_NOTFOUND);
    assert_int_equal(store_open(&s, p->top, STORE_WRITE, &e), ERR_NOTFOUND);
    store_close(make(p));
    assert_int_equal(store_open(&s, path_of(path, p, "case.db"), STORE_READ, &e), ERR_NOTFOUND);
    assert_null(s);
}

struct expectation {
    const struct store_record *records;
    uint64_t next;
    uint64_t stop_at; /* returns 42 there */
};

static int expect_record(void *context, uint64_t seq, struct str line, struct str openings,
                         struct err *e)
{
    struct expectation *x = context;

    (void)e;
    assert_int_equal(seq, x->next);
    assert_true(str_eq(line, x->records[seq].line));
    assert_true(str_eq(openings, x->records[seq].openings));
    x->next++;
    return seq == x->stop_at ? 42 : 0;
}

static void records_are_read_as_they_were_appended(void **state)
{
    static const struct {
        size_t line;
        size_t openings;
    } sizes[] = {{1, 0},  {700, 1},          {65536, 100000}, {4096, 4096},
                 {90, 0}, {65536, 16 << 20}, {5, 3}};
    static const struct {
        uint64_t from, to, count;
    } ranges[] = {{0, 7, 7}, {0, 0, 0},  {3, 3, 0},  {5, 2, 0},         {6, 7, 1},
                  {2, 5, 3}, {0, 99, 7}, {7, 99, 0}, {1, UINT64_MAX, 6}};
    struct store_record records[COUNT_OF(sizes)];
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *line = mem_alloc(sizes[i].line);
        char *openings = mem_alloc(sizes[i].openings);

        memset(line, 'a' + (int)i, sizes[i].line);
        fill_random(openings, sizes[i].openings, i); /* with NULs and all other bytes */
        records[i] = (struct store_record){{line, sizes[i].line}, {openings, sizes[i].openings}};
    }
    must(store_append(s, 0, records, 3, &failure));
    must(store_append(s, 3, records + 3, 4, &failure));
    store_close(MOVE(s));
    must(store_open(&s, p->folder, STORE_READ, &failure));
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        struct expectation x = {records, ranges[i].from, UINT64_MAX};

        must(store_read(s, ranges[i].from, ranges[i].to, true, expect_record, &x, &failure));
        assert_int_equal(x.next - ranges[i].from, ranges[i].count);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        CLEANUP_BUF struct buf got = {0};
        int code = store_openings(s, i, &got, &failure);

        assert_int_equal(code, sizes[i].openings ? 0 : ERR_NOTFOUND);
        assert_true(str_eq(buf_str(&got), records[i].openings));
        free((char *)records[i].openings.p);
        records[i].openings = (struct str){0};
    }
    must(store_read(s, 0, 7, false, expect_record, &(struct expectation){records, 0, UINT64_MAX},
                    &failure));
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        free((char *)records[i].line.p);
}

static void a_visit_that_returns_something_stops_the_walk(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);
    struct store_record records[] = {{STR("zero"), {0}}, {STR("one"), {0}}, {STR("two"), {0}}};
    struct expectation x = {records, 0, 1};

    must(store_append(s, 0, records, 3, &failure));
    assert_int_equal(store_read(s, 0, 3, true, expect_record, &x, &failure), 42);
    assert_int_equal(x.next, 2);
    must(append_numbered(s, 3, 1, &failure)); /* nothing is held */
}

static int read_within(void *context, uint64_t seq, struct str line, struct str openings,
                       struct err *e)
{
    struct store *s = context;
    CLEANUP_BUF struct buf got = {0};
    uint64_t count = 0;
    int code = store_read(s, seq, seq + 1, true, check_numbered, &count, e);

    (void)line;
    assert_int_equal(count, 1);
    if (!code && openings.len)
        code = store_openings(s, seq, &got, e);
    assert_true(str_eq(buf_str(&got), openings));
    return code;
}

static void a_visit_may_read_the_store(void **state)
{
    CLEANUP(store_closep) struct store *s = make(*state);

    must(append_numbered(s, 0, 10, &failure));
    must(store_read(s, 0, 10, true, read_within, s, &failure));
}

static void an_append_at_another_size_is_a_conflict_and_adds_nothing(void **state)
{
    static const uint64_t wrong[] = {0, 1, 3, 4, UINT64_MAX};
    CLEANUP(store_closep) struct store *s = make(*state);
    uint64_t size;

    must(append_numbered(s, 0, 2, &failure));
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct store_record r = {STR("x"), {0}};

        assert_int_equal(store_append(s, wrong[i], &r, 1, &failure), ERR_CONFLICT);
        must(store_size(s, &size, &failure));
        assert_int_equal(size, 2);
    }
    must(append_numbered(s, 2, 1, &failure)); /* a conflict is not a failure of the disk */
}

static void what_is_too_large_is_refused_and_nothing_of_it_is_there(void **state)
{
    static char large[(16 << 20) + 1];
    static const struct {
        size_t line, openings;
    } sizes[] = {{0, 0}, {65537, 0}, {1, sizeof(large)}};
    CLEANUP(store_closep) struct store *s = make(*state);
    uint64_t size;

    memset(large, 'x', sizeof(large));
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct store_record r[] = {{STR("fine"), {0}},
                                   {{large, sizes[i].line}, {large, sizes[i].openings}}};

        assert_int_equal(store_append(s, 0, r, 2, &failure), ERR_LIMIT);
        must(store_size(s, &size, &failure));
        assert_int_equal(size, 0);
    }
    must(append_numbered(s, 0, 1, &failure));
}

static void a_reader_sees_appends_and_may_not_write(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *writer = make(p);
    CLEANUP(store_closep) struct store *reader = NULL;
    struct store_grant grant = {.scope = STR("team")};
    struct blob_writer *blob = NULL;
    uint64_t size;

    must(store_open(&reader, p->folder, STORE_READ, &failure));
    for (uint64_t i = 0; i < 5; i++) {
        must(append_numbered(writer, i, 1, &failure));
        must(store_size(reader, &size, &failure));
        assert_int_equal(size, i + 1);
    }
    assert_int_equal(append_numbered(reader, 5, 1, &failure), ERR_USAGE);
    assert_int_equal(store_redact(reader, 1, STR(""), &failure), ERR_USAGE);
    assert_int_equal(store_grant_put(reader, &grant, &failure), ERR_USAGE);
    assert_int_equal(blob_begin(&blob, reader, &failure), ERR_USAGE);
    assert_int_equal(blob_destroy(reader, &hash_zero, &failure), ERR_USAGE);
}

enum { RACERS = 3, APPENDS = 60 };

/* Appends until its own number of records is there, going on after each conflict. */
static int race(const char *folder)
{
    struct store *s = NULL;
    struct err e;
    int done = 0;

    if (store_open(&s, folder, STORE_WRITE, &e))
        return 1;
    while (done < APPENDS) {
        uint64_t size;
        int code = store_size(s, &size, &e);

        if (!code)
            code = append_numbered(s, size, 1, &e);
        if (code && code != ERR_CONFLICT)
            return 2;
        done += code == 0;
    }
    store_close(s);
    return 0;
}

static void processes_that_append_at_once_all_succeed_in_some_order(void **state)
{
    struct place *p = *state;
    pid_t children[RACERS];

    store_close(make(p));
    for (size_t i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            child_exit(race(p->folder));
    }
    for (size_t i = 0; i < RACERS; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    check_case(p->folder, RACERS * APPENDS);
}

static void a_grant_is_found_by_scope_and_key_and_replaced(void **state)
{
    static const struct {
        const char *scope;
        uint8_t key;
        const char *sealed;
    } puts[] = {{"team", 1, "one"}, {"team", 2, "two"}, {"legal", 1, "three"}, {"team", 1, "four"}},
      gets[] = {{"team", 1, "four"}, {"team", 2, "two"}, {"legal", 1, "three"},
                {"legal", 2, NULL},  {"tea", 1, NULL},   {"", 1, NULL}};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);

    for (size_t i = 0; i < COUNT_OF(puts); i++) {
        struct store_grant grant = {str_of(puts[i].scope), {{puts[i].key}}, str_of(puts[i].sealed)};

        must(store_grant_put(s, &grant, &failure));
    }
    store_close(MOVE(s));
    must(store_open(&s, p->folder, STORE_READ, &failure));
    for (size_t i = 0; i < COUNT_OF(gets); i++) {
        CLEANUP_BUF struct buf got = {0};
        int code =
            store_grant_get(s, str_of(gets[i].scope), &(struct key){{gets[i].key}}, &got, &failure);

        assert_int_equal(code, gets[i].sealed ? 0 : ERR_NOTFOUND);
        assert_true(str_eq(buf_str(&got), str_of(gets[i].sealed)));
    }
}

static int list_grant(void *context, const struct store_grant *grant, struct err *e)
{
    (void)e;
    buf_addf(context, STR_FMT "/%u=" STR_FMT " ", STR_ARG(grant->scope), grant->key.b[0],
             STR_ARG(grant->sealed));
    return grant->sealed.len == 4 ? 42 : 0;
}

static void grants_are_listed_by_scope_and_key(void **state)
{
    CLEANUP(store_closep) struct store *s = make(*state);
    CLEANUP_BUF struct buf list = {0};
    static const char *const scopes[] = {"team", "legal"};

    for (size_t i = 0; i < COUNT_OF(scopes); i++)
        for (uint8_t key = 9; key > 7; key--) {
            struct store_grant grant = {str_of(scopes[i]), {{key}}, STR("abc")};

            must(store_grant_put(s, &grant, &failure));
        }
    must(store_grants(s, list_grant, &list, &failure));
    assert_string_equal(buf_text(&list), "legal/8=abc legal/9=abc team/8=abc team/9=abc ");
    buf_clear(&list);
    must(store_grant_put(s, &(struct store_grant){STR("legal"), {{8}}, STR("stop")}, &failure));
    assert_int_equal(store_grants(s, list_grant, &list, &failure), 42);
    assert_string_equal(buf_text(&list), "legal/8=stop ");
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void watching_ends_at_its_time_when_nothing_happens(void **state)
{
    CLEANUP(store_closep) struct store *s = make(*state);
    int64_t began = now_ms();

    must(append_numbered(s, 0, 2, &failure));
    assert_int_equal(store_watch(s, 2, 120, &failure), 0);
    assert_true(now_ms() - began >= 120);
    assert_int_equal(store_watch(s, 2, 0, &failure), 0);
    assert_int_equal(store_watch(s, 1, 0, &failure), 1);
    assert_int_equal(store_watch(s, 3, 100000, &failure), 1);
}

static void another_process_s_append_wakes_the_watcher(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);
    int64_t waited;
    int status;

    for (uint64_t i = 0; i < 5; i++) {
        pid_t child = fork();

        if (child == 0) {
            struct store *other = NULL;
            int code = store_open(&other, p->folder, STORE_WRITE, &failure);

            usleep(70000);
            code = code ? code : append_numbered(other, i, 1, &failure);
            child_exit(code != 0);
        }
        waited = now_ms();
        assert_int_equal(store_watch(s, i, 20000, &failure), 1);
        waited = now_ms() - waited;
        assert_true(waited < 10000); /* not the end of its time */
        print_message("woke %lld ms after the watch began, 70 of them before the append\n",
                      (long long)waited);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

static unsigned any(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*random >> 33) % below;
}

/* Openings that look like nothing else; most fit a page of 4,096 bytes, some fill or overflow it.
 */
static void any_openings(struct buf *out, unsigned most, uint64_t *random)
{
    size_t size = 2 * PIECE_SIZE + any(random, any(random, 4) ? most / 3 : most);

    buf_clear(out);
    fill_random(buf_room(out, size), size, *random);
    out->len = size;
}

/* In these cases SQLite moves rows and leaves copies behind that secure_delete does not see: one
 * that only overwrites fails here. */
static void what_was_redacted_stands_in_no_file(void **state)
{
    enum { RECORDS = 100, STEPS = 80 };
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);
    CLEANUP(store_closep) struct store *other = NULL;
    struct buf openings[RECORDS] = {0};
    uint64_t random = 1; /* of the numbers to 60, this and 14 others show the copies */

    must(store_open(&other, p->folder, STORE_READ, &failure));
    for (size_t i = 0; i < RECORDS; i++) {
        struct store_record r = {STR("line"), {0}};

        any_openings(&openings[i], 300, &random);
        r.openings = buf_str(&openings[i]);
        must(store_append(s, i, &r, 1, &failure));
    }
    assert_true(is_in_files(p->folder, openings[0].p, openings[0].len));
    for (size_t step = 0; step < STEPS; step++) {
        size_t at = any(&random, RECORDS);
        CLEANUP_BUF struct buf old = openings[at];
        CLEANUP_BUF struct buf got = {0};

        openings[at] = (struct buf){0};
        if (any(&random, 9))
            any_openings(&openings[at], 4000, &random);
        must(store_redact(s, at, buf_str(&openings[at]), &failure));
        assert_false(is_in_files(p->folder, old.p, old.len));
        assert_int_equal(store_openings(other, at, &got, &failure),
                         openings[at].len ? 0 : ERR_NOTFOUND);
        assert_true(str_eq(buf_str(&got), buf_str(&openings[at])));
    }
    for (size_t i = 0; i < RECORDS; i++)
        buf_release(&openings[i]);
}

static void redacting_a_record_that_is_not_there_says_so(void **state)
{
    CLEANUP(store_closep) struct store *s = make(*state);

    assert_int_equal(store_redact(s, 0, STR(""), &failure), ERR_NOTFOUND);
    must(append_numbered(s, 0, 4, &failure));
    assert_int_equal(store_redact(s, 4, STR(""), &failure), ERR_NOTFOUND);
    assert_int_equal(store_redact(s, UINT64_MAX, STR(""), &failure), ERR_NOTFOUND);
    must(store_redact(s, 0, STR(""), &failure)); /* it never had any */
    must(store_redact(s, 1, STR(""), &failure));
    must(store_redact(s, 1, STR(""), &failure));
    must(append_numbered(s, 4, 1, &failure));
}

static int redact_while_visited(void *context, uint64_t seq, struct str line, struct str openings,
                                struct err *e)
{
    struct store *s = context;

    (void)line;
    (void)openings;
    (void)e;
    return seq == 0 ? 0 : store_redact(s, 1, STR(""), &failure);
}

static void a_redaction_under_a_reader_says_so_and_is_completed_later(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = make(p);
    CLEANUP(store_closep) struct store *reader = NULL;
    CLEANUP_BUF struct buf got = {0};
    struct store_record r[] = {{STR("zero"), STR("first")},
                               {STR("one"), STR("these bytes shall be gone")}};

    must(store_append(s, 0, r, 2, &failure));
    must(store_open(&reader, p->folder, STORE_READ, &failure));
    assert_int_equal(store_read(reader, 0, 2, true, redact_while_visited, s, &failure),
                     ERR_CONFLICT);
    assert_int_equal(store_openings(reader, 1, &got, &failure), ERR_NOTFOUND);
    assert_true(is_in_files(p->folder, STR("these bytes shall be gone").p, 25));
    must(store_redact(s, 1, STR(""), &failure));
    assert_false(is_in_files(p->folder, STR("these bytes shall be gone").p, 25));
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_case_is_empty_and_private),
        T(a_case_is_made_in_an_empty_folder_but_not_over_anything),
        T(a_folder_without_a_case_is_not_found),
        T(records_are_read_as_they_were_appended),
        T(a_visit_that_returns_something_stops_the_walk),
        T(a_visit_may_read_the_store),
        T(an_append_at_another_size_is_a_conflict_and_adds_nothing),
        T(what_is_too_large_is_refused_and_nothing_of_it_is_there),
        T(a_reader_sees_appends_and_may_not_write),
        T(processes_that_append_at_once_all_succeed_in_some_order),
        T(a_grant_is_found_by_scope_and_key_and_replaced),
        T(grants_are_listed_by_scope_and_key),
        T(watching_ends_at_its_time_when_nothing_happens),
        T(another_process_s_append_wakes_the_watcher),
        /* in memory: each step syncs several times */
        cmocka_unit_test_setup_teardown(what_was_redacted_stands_in_no_file, place_make_fast,
                                        place_remove),
        T(redacting_a_record_that_is_not_there_says_so),
        T(a_redaction_under_a_reader_says_so_and_is_completed_later),
    };
    int failed = 0;

    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        maker = &makers[i];
        failed += cmocka_run_group_tests_name(maker->name, tests, NULL, NULL);
    }
    return failed;
}
