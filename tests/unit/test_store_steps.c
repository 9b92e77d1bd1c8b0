/* test_store_steps.c: whatever a call of store.h does, each of its steps fails in turn: every
 * system call, every allocation and read of SQLite. The call fails as store.h says or has done its
 * work, what was there stays, and done again it succeeds. */
#include "store_calls.h"
#include "store_fault.h"

enum { RECORDS = 4, BLOB_SIZE = 300000 }; /* a blob that takes threads */

static const char *const small_blob = "three words here";

/* A case to try on, made anew from a copy before each try. */
struct stage {
    const struct place *p;
    struct store *s; /* open, for steps that need it so */
    struct hash small;
    struct hash large;
    char bytes[BLOB_SIZE];
    struct hash bytes_name; /* of bytes, which no blob holds yet */
};

/* One call of store.h. */
struct step {
    const char *name;
    int (*run)(struct stage *g, struct err *e);
    enum store_mode mode; /* in which the case is open before it */
    bool is_closed;       /* it is not open before it */
    bool is_absent;       /* it is not there before it */
    bool is_final;        /* it may be done although it failed, and cannot be done again then */
};

#define UNTOUCHED(code, condition)                                                                 \
    do {                                                                                           \
        if ((code) != 0 && !(condition))                                                           \
            fail_msg("a failed call has changed its output: %s", #condition);                      \
    } while (0)
#define DONE(code, condition)                                                                      \
    do {                                                                                           \
        if ((code) == 0 && !(condition))                                                           \
            fail_msg("a call that succeeded has not done it: %s", #condition);                     \
    } while (0)

/* Lets no call fail until calls.error is what this returns. */
static int calls_pause(void)
{
    int error = calls.error;

    calls.error = 0;
    return error;
}

static int run_create(struct stage *g, struct err *e)
{
    struct store *s = NULL;
    int code = store_create(&s, g->p->folder, e);

    UNTOUCHED(code, !s && access(g->p->folder, F_OK) < 0);
    store_close(s);
    return code;
}

/* In an empty folder, which is still there and empty after a failure. */
static int run_create_in_empty(struct stage *g, struct err *e)
{
    struct store *s = NULL;
    int error = calls_pause();
    int code;

    (void)mkdir(g->p->folder, 0755);
    calls.error = error;
    code = store_create(&s, g->p->folder, e);
    UNTOUCHED(code, !s && rmdir(g->p->folder) == 0);
    store_close(s);
    return code;
}

static int open_as(struct stage *g, enum store_mode mode, struct err *e)
{
    struct store *s = NULL;
    int code = store_open(&s, g->p->folder, mode, e);

    UNTOUCHED(code, !s);
    DONE(code, store_mode(s) == mode);
    store_close(s);
    return code;
}

static int run_open_to_read(struct stage *g, struct err *e)
{
    return open_as(g, STORE_READ, e);
}

static int run_open_to_write(struct stage *g, struct err *e)
{
    return open_as(g, STORE_WRITE, e);
}

static int run_size(struct stage *g, struct err *e)
{
    uint64_t size = 77;
    int code = store_size(g->s, &size, e);

    UNTOUCHED(code, size == 77);
    DONE(code, size >= RECORDS);
    return code;
}

static int run_read(struct stage *g, struct err *e)
{
    uint64_t count = 0;
    int code = store_read(g->s, 0, UINT64_MAX, true, check_numbered, &count, e);

    DONE(code, count == RECORDS);
    return code;
}

static int run_openings(struct stage *g, struct err *e)
{
    CLEANUP_BUF struct buf got = {0};
    int code = store_openings(g->s, 2, &got, e);

    UNTOUCHED(code, got.len == 0);
    DONE(code, str_is(buf_str(&got), "{\"record\":2}"));
    return code;
}

static int run_grant_get(struct stage *g, struct err *e)
{
    CLEANUP_BUF struct buf got = {0};
    int code = store_grant_get(g->s, STR("team"), &(struct key){{1}}, &got, e);

    UNTOUCHED(code, got.len == 0);
    DONE(code, str_is(buf_str(&got), "sealed"));
    return code;
}

static int count_grant(void *context, const struct store_grant *grant, struct err *e)
{
    (void)e;
    *(unsigned *)context += str_is(grant->scope, "team") && str_is(grant->sealed, "sealed");
    return 0;
}

static int run_grants(struct stage *g, struct err *e)
{
    unsigned count = 0;
    int code = store_grants(g->s, count_grant, &count, e);

    DONE(code, count == 2);
    return code;
}

static int run_append(struct stage *g, struct err *e)
{
    uint64_t before = 0;
    uint64_t after = 0;
    int code = store_size(g->s, &before, e);

    if (!code)
        code = append_numbered(g->s, before, 2, e);
    if (!code)
        code = store_size(g->s, &after, e);
    DONE(code, after == before + 2);
    return code;
}

static int run_grant_put(struct stage *g, struct err *e)
{
    return store_grant_put(g->s, &(struct store_grant){STR("legal"), {{9}}, STR("abc")}, e);
}

static int redact_to(struct stage *g, const char *openings, struct err *e)
{
    CLEANUP_BUF struct buf got = {0};
    int code = store_redact(g->s, 1, str_of(openings), e);

    if (!code && openings[0])
        code = store_openings(g->s, 1, &got, e);
    DONE(code, str_is(buf_str(&got), openings));
    return code;
}

static int run_redact_to_longer(struct stage *g, struct err *e)
{
    return redact_to(g, "longer than the openings that it had before this", e);
}

static int run_redact_to_nothing(struct stage *g, struct err *e)
{
    return redact_to(g, "", e);
}

/* Openings where there were none are a new row. */
static int run_redact_from_nothing(struct stage *g, struct err *e)
{
    return store_redact(g->s, 0, STR("new"), e);
}

static int run_watch(struct stage *g, struct err *e)
{
    int code = store_watch(g->s, RECORDS, 10, e);

    DONE(code > 0 ? 0 : code, code == 0); /* nobody wrote */
    return code;
}

static int take_in(struct stage *g, const void *bytes, size_t size, struct hash *name,
                   struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    struct blob_digests d = {.size = 77};
    int code = blob_begin(&w, g->s, e);

    if (!code)
        code = blob_write(w, bytes, size, e);
    if (!code)
        code = blob_commit(MOVE(w), &d, e);
    UNTOUCHED(code, d.size == 77);
    DONE(code, d.size == size);
    if (!code)
        *name = d.sha256;
    return code;
}

static bool has_blob(struct stage *g, const struct hash *name)
{
    bool is_there = false;
    int error = calls_pause();

    must(blob_has(g->s, name, &is_there, &failure));
    calls.error = error;
    return is_there;
}

static int run_take_in_small(struct stage *g, struct err *e)
{
    struct hash name;
    int code = take_in(g, g->bytes, 99, &name, e);

    DONE(code, has_blob(g, &name));
    return code;
}

static int run_take_in_large(struct stage *g, struct err *e)
{
    struct hash name;
    int code = take_in(g, g->bytes, sizeof(g->bytes), &name, e);

    DONE(code, hash_eq(&name, &g->bytes_name) && has_blob(g, &name));
    return code;
}

static int run_take_in_again(struct stage *g, struct err *e)
{
    struct hash name;
    int code = take_in(g, small_blob, strlen(small_blob), &name, e);

    DONE(code, hash_eq(&name, &g->small));
    return code;
}

static int run_open_blob(struct stage *g, struct err *e)
{
    uint64_t size = 77;
    int fd = -77;
    int code = blob_open(g->s, &g->large, &fd, &size, e);

    (void)calls_pause();
    UNTOUCHED(code, fd == -77 && size == 77);
    DONE(code, size == BLOB_SIZE && lseek(fd, 0, SEEK_CUR) == 0);
    fd_close(fd);
    return code;
}

static int run_has_blob(struct stage *g, struct err *e)
{
    bool is_there = false;
    int code = blob_has(g->s, &g->small, &is_there, e);

    DONE(code, is_there);
    return code;
}

static int run_destroy_blob(struct stage *g, struct err *e)
{
    int code = blob_destroy(g->s, &g->small, e);

    DONE(code, !has_blob(g, &g->small));
    return code;
}

static int count_blob(void *context, const struct hash *name, uint64_t size, struct err *e)
{
    (void)name;
    (void)e;
    *(unsigned *)context += size == BLOB_SIZE || size == strlen(small_blob);
    return 0;
}

static int run_each_blob(struct stage *g, struct err *e)
{
    unsigned count = 0;
    int code = blob_each(g->s, count_blob, &count, e);

    DONE(code, count == 2);
    return code;
}

static const struct step steps[] = {
    {.name = "create", .run = run_create, .is_absent = true},
    {.name = "create in an empty folder", .run = run_create_in_empty, .is_absent = true},
    {.name = "open to read", .run = run_open_to_read, .is_closed = true},
    {.name = "open to write", .run = run_open_to_write, .is_closed = true},
    {.name = "size", .run = run_size, .mode = STORE_READ},
    {.name = "read", .run = run_read, .mode = STORE_READ},
    {.name = "openings", .run = run_openings, .mode = STORE_READ},
    {.name = "grant_get", .run = run_grant_get, .mode = STORE_READ},
    {.name = "grants", .run = run_grants, .mode = STORE_READ},
    {.name = "append", .run = run_append, .mode = STORE_WRITE},
    {.name = "grant_put", .run = run_grant_put, .mode = STORE_WRITE},
    {.name = "redact to longer", .run = run_redact_to_longer, .mode = STORE_WRITE},
    {.name = "redact to nothing", .run = run_redact_to_nothing, .mode = STORE_WRITE},
    {.name = "redact from nothing", .run = run_redact_from_nothing, .mode = STORE_WRITE},
    {.name = "watch", .run = run_watch, .mode = STORE_READ},
    {.name = "take in small", .run = run_take_in_small, .mode = STORE_WRITE},
    {.name = "take in large", .run = run_take_in_large, .mode = STORE_WRITE},
    {.name = "take in again", .run = run_take_in_again, .mode = STORE_WRITE},
    {.name = "open blob", .run = run_open_blob, .mode = STORE_READ},
    {.name = "has blob", .run = run_has_blob, .mode = STORE_READ},
    {.name = "destroy blob", .run = run_destroy_blob, .mode = STORE_WRITE, .is_final = true},
    {.name = "each blob", .run = run_each_blob, .mode = STORE_READ},
};

/* A child makes the case that is copied, and is gone without closing it: its log is full. */
static void make_model(struct stage *g)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store_grant grants[] = {{STR("team"), {{1}}, STR("sealed")},
                                       {STR("team"), {{2}}, STR("sealed")}};
        struct hash name;

        must(store_create(&g->s, g->p->folder, &failure));
        must(append_numbered(g->s, 0, RECORDS, &failure));
        must(store_grant_put(g->s, &grants[0], &failure));
        must(store_grant_put(g->s, &grants[1], &failure));
        must(take_in(g, small_blob, strlen(small_blob), &name, &failure));
        must(take_in(g, g->bytes, sizeof(g->bytes), &name, &failure));
        child_exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static const struct stage *copied; /* by copy_one */

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    const char *rest = path + strlen(copied->p->top) + strlen("/model");
    char to[256];

    (void)where;
    snprintf(to, sizeof(to), "%s%s", copied->p->folder, rest);
    if (kind == FTW_D)
        return mkdir(to, 0700);
    copy_file(path, to);
    return chmod(to, st->st_mode & 0777);
}

static int set_up(void **state)
{
    struct stage *g = mem_new(struct stage);
    char model[128];
    void *p;

    if (place_make_fast(&p))
        return -1;
    g->p = p;
    fill_random(g->bytes, sizeof(g->bytes), 1);
    g->small = hash_bytes(small_blob, strlen(small_blob));
    g->large = hash_bytes(g->bytes, sizeof(g->bytes));
    make_model(g);
    fill_random(g->bytes, sizeof(g->bytes), 2);
    g->bytes_name = hash_bytes(g->bytes, sizeof(g->bytes));
    snprintf(model, sizeof(model), "%s/model", g->p->top);
    assert_int_equal(rename(g->p->folder, model), 0);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *g = *state;
    void *p = (void *)g->p;

    place_remove(&p);
    free(g);
    return 0;
}

/* The case as the model is, and open if the step wants that. */
static void stage_begin(struct stage *g, const struct step *step)
{
    char model[128];

    snprintf(model, sizeof(model), "%s/model", g->p->top);
    remove_tree(g->p->folder);
    if (step->is_absent)
        return;
    copied = g;
    assert_int_equal(nftw(model, copy_one, 16, FTW_PHYS), 0);
    if (!step->is_closed)
        must(store_open(&g->s, g->p->folder, step->mode, &failure));
}

/* What was there is there, and the step can be done now. */
static void stage_end(struct stage *g, const struct step *step, int code)
{
    uint64_t size = 0;

    store_close(MOVE(g->s));
    if (step->is_absent && !code)
        return;
    if (!step->is_absent)
        must(store_open(&g->s, g->p->folder, step->mode, &failure));
    if (g->s)
        must(store_size(g->s, &size, &failure));
    assert_true(!g->s || size >= RECORDS);
    if (step->is_closed)
        store_close(MOVE(g->s));
    if (code)
        code = step->run(g, &failure);
    if (code != ERR_NOTFOUND || !step->is_final)
        must(code);
    store_close(MOVE(g->s));
}

static void fail_step(const struct step *step, const char *what, long at, int code,
                      const struct err *e)
{
    fail_msg("%s, %s %ld: %s: %s", step->name, what, at, code > 0 ? "done" : err_name(code),
             e->text);
}

static bool is_among(const char *call, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(call, *names) == 0)
            return true;
    return false;
}

/* What a failed call must come back as. What is only a help may fail unnoticed. */
static bool is_right(const char *call, int error, int code)
{
    static const char *const helps[] = {"inotify_init1", "inotify_add_watch", "poll",
                                        "pthread_create", NULL};
    static const char *const takes_space[] = {"write", "mkdir", "mkdirat", "renameat", NULL};

    if (is_among(call, helps) || (error == EINTR && strcmp(call, "read") == 0))
        return code == 0;
    if (code == ERR_USAGE) /* a folder that does not say that it is empty is not taken */
        return strcmp(call, "opendir") == 0 || strcmp(call, "readdir64") == 0;
    if (error == ENOSPC && is_among(call, takes_space))
        return code == 0 || code == ERR_FULL;
    return code == 0 || code == ERR_IO || (error == ENOSPC && code == ERR_FULL);
}

/* Lets the calls of a step fail in turn. Returns how many there are. */
static long fail_calls(struct stage *g, const struct step *step, int error)
{
    for (long at = 1;; at++) {
        struct err e = {0};
        const char *failed;
        int code;

        stage_begin(g, step);
        memset(&calls, 0, sizeof(calls));
        calls.at = at;
        calls.error = error;
        code = step->run(g, &e);
        failed = MOVE(calls.fails);
        calls.error = 0;
        if (!failed)
            must(code);
        else if (!is_right(failed, error, code))
            fail_step(step, failed, at, code, &e);
        stage_end(g, step, code);
        if (!failed)
            return at - 1;
    }
}

static void each_system_call_may_fail(void **state)
{
    static const int errors[] = {EIO, ENOSPC, EPERM, EINVAL, EINTR};
    long count = 0;

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        for (size_t k = 0; k < COUNT_OF(errors); k++)
            count += fail_calls(*state, &steps[i], errors[k]);
    print_message("%ld system calls failed in turn\n", count);
    assert_true(count > 300);
}

static void each_allocation_of_sqlite_may_fail(void **state)
{
    long count = 0;

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        for (long at = 1;; at += 1 + at / 64) {
            struct err e = {0};
            bool is_over;
            int code;

            stage_begin(*state, &steps[i]);
            memory.count = 0;
            memory.at = at;
            code = steps[i].run(*state, &e);
            is_over = memory.count < at;
            memory.at = 0;
            if (is_over)
                must(code);
            else if (code && code != ERR_IO)
                fail_step(&steps[i], "allocation", at, code, &e);
            stage_end(*state, &steps[i], code);
            if (is_over)
                break;
            count++;
        }
    print_message("%ld allocations failed in turn\n", count);
    assert_true(count > 1000);
}

static void each_read_of_the_database_may_fail(void **state)
{
    long count = 0;

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        for (long at = 1;; at++) {
            struct err e = {0};
            bool happened;
            int code;

            stage_begin(*state, &steps[i]);
            fault.count = 0;
            fault.happened = false;
            fault.at = at;
            fault.kind = FAULT_READ;
            code = steps[i].run(*state, &e);
            fault.kind = FAULT_NONE;
            happened = fault.happened;
            if (!happened)
                must(code);
            else if (code && code != ERR_IO)
                fail_step(&steps[i], "read", at, code, &e);
            stage_end(*state, &steps[i], code);
            if (!happened)
                break;
            count++;
        }
    print_message("%ld reads failed in turn\n", count);
    assert_true(count > 50);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_system_call_may_fail),
        T(each_allocation_of_sqlite_may_fail),
        T(each_read_of_the_database_may_fail),
    };

    memory_install(0);
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
