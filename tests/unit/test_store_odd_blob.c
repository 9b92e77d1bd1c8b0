/* test_store_odd_blob.c: evidence that changes or goes while it is looked at, and what is no
 * evidence though it bears the name. */
#include "store_calls.h"
#include "store_sqlite.h"

static void touch_by(const char *path, time_t seconds, long nanoseconds)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    st.st_mtim.tv_sec += seconds;
    st.st_mtim.tv_nsec += st.st_mtim.tv_nsec < 500000000 ? nanoseconds : -nanoseconds;
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){st.st_mtim, st.st_mtim}, 0), 0);
}

/* The changes to a blob while it is hashed; context is its path. */
static void lengthen(void *context)
{
    int fd = open(context, O_WRONLY | O_APPEND);

    assert_int_equal(write(fd, "x", 1), 1);
    fd_close(fd);
}

static void touch_seconds(void *context)
{
    touch_by(context, 5, 0);
}

static void touch_nanoseconds(void *context)
{
    touch_by(context, 0, 1000);
}

static void replace(void *context)
{
    char other[300];
    int fd;

    snprintf(other, sizeof(other), "%s.other", (const char *)context);
    fd = open(other, O_WRONLY | O_CREAT, 0400);
    assert_int_equal(write(fd, "abc", 3), 3);
    fd_close(fd);
    assert_int_equal(rename(other, context), 0);
}

static void remove_it(void *context)
{
    assert_int_equal(unlink(context), 0);
}

static void put_in(const struct place *p, struct hash *name, char path[256])
{
    CLEANUP(store_closep) struct store *s = NULL;
    struct blob_writer *w = NULL;
    struct blob_digests d;
    char hex[65] = {0};

    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    must(blob_begin(&w, s, &failure));
    must(blob_write(w, "abc", 3, &failure));
    must(blob_commit(w, &d, &failure));
    *name = d.sha256;
    hex_write(hex, name->b, 32);
    snprintf(path, 256, "%s/evidence/%.2s/%s", p->folder, hex, hex);
}

static void meanwhile(const char *call, long at, void (*change)(void *context), void *context)
{
    memset(&calls, 0, sizeof(calls));
    calls.only = call;
    calls.at = at;
    calls.error = EIO; /* it is counted; it does not fail */
    calls.meanwhile = change;
    calls.context = context;
}

static void a_blob_that_changes_while_it_is_hashed_is_not_handed_out(void **state)
{
    static const struct {
        const char *call;
        void (*change)(void *context);
        int code;
    } cases[] = {
        {"read", lengthen, ERR_TAMPER},          {"read", touch_seconds, ERR_TAMPER},
        {"read", touch_nanoseconds, ERR_TAMPER}, {"read", replace, ERR_TAMPER},
        {"fstatat64", lengthen, ERR_TAMPER},     {"read", remove_it, ERR_NOTFOUND},
    };
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(store_closep) struct store *s = NULL;
        struct hash name;
        char path[256];
        uint64_t size;
        int fd = -77;

        make_case(p, 1);
        put_in(p, &name, path);
        assert_int_equal(chmod(path, 0600), 0);
        must(store_open(&s, p->folder, STORE_READ, &failure));
        meanwhile(cases[i].call, 1, cases[i].change, path);
        assert_int_equal(blob_open(s, &name, &fd, &size, &failure), cases[i].code);
        assert_non_null(calls.fails); /* the change was made */
        assert_int_equal(fd, -77);
        store_close(MOVE(s));
        remove_tree(p->folder);
    }
}

static int count_blob(void *context, const struct hash *name, uint64_t size, struct err *e)
{
    (void)name;
    (void)e;
    *(uint64_t *)context += size;
    return 0;
}

static void a_blob_that_goes_while_they_are_listed_is_left_out(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    struct hash name;
    char path[256];
    uint64_t total = 0;

    make_case(p, 1);
    put_in(p, &name, path);
    must(store_open(&s, p->folder, STORE_READ, &failure));
    must(blob_each(s, count_blob, &total, &failure));
    assert_int_equal(total, 3);
    meanwhile("fstatat64", 1, remove_it, path);
    total = 0;
    must(blob_each(s, count_blob, &total, &failure));
    assert_non_null(calls.fails);
    assert_int_equal(total, 0);
}

static void what_is_no_file_is_no_blob(void **state)
{
    static const char *const kinds[] = {"folder", "fifo", "link"};
    struct place *p = *state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP(store_closep) struct store *s = NULL;
        struct hash name;
        char path[256];
        uint64_t total = 0;
        bool is_there = true;

        make_case(p, 1);
        put_in(p, &name, path);
        assert_int_equal(unlink(path), 0);
        if (i == 0)
            assert_int_equal(mkdir(path, 0700), 0);
        else
            assert_int_equal(i == 1 ? mkfifo(path, 0600) : symlink("/etc/passwd", path), 0);
        must(store_open(&s, p->folder, STORE_WRITE, &failure));
        must(blob_has(s, &name, &is_there, &failure));
        assert_false(is_there);
        must(blob_each(s, count_blob, &total, &failure));
        assert_int_equal(total, 0);
        assert_int_equal(blob_destroy(s, &name, &failure), ERR_TAMPER);
        store_close(MOVE(s));
        remove_tree(p->folder);
    }
}

static void a_case_without_its_folder_of_evidence_has_none(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = NULL;
    struct blob_writer *w = NULL;
    char path[256];
    uint64_t total = 0;

    make_case(p, 1);
    assert_int_equal(rmdir(path_of(path, p, "evidence")), 0);
    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    must(blob_each(s, count_blob, &total, &failure));
    assert_int_equal(blob_begin(&w, s, &failure), ERR_NOTFOUND);
    assert_int_equal(symlink(p->top, path), 0); /* a link is not followed out of the case */
    assert_int_equal(blob_each(s, count_blob, &total, &failure), ERR_IO);
    assert_int_equal(blob_begin(&w, s, &failure), ERR_IO);
    assert_int_equal(total, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_blob_that_changes_while_it_is_hashed_is_not_handed_out),
        T(a_blob_that_goes_while_they_are_listed_is_left_out),
        T(what_is_no_file_is_no_blob),
        T(a_case_without_its_folder_of_evidence_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
