/* test_store_blob.c: evidence is kept under its hash, whole, checked, and never changed. */
#include "store_case.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* The system calls by which a blob becomes durable, of which one fails: store_lib calls these. */
static struct {
    const char *name; /* of the call that fails, or NULL */
    unsigned at;      /* the how manyth, from 1 */
} failing;

static bool fails(const char *name)
{
    if (!failing.name || strcmp(failing.name, name) != 0 || --failing.at != 0)
        return false;
    failing.name = NULL;
    errno = EIO;
    return true;
}

int fsync(int fd)
{
    return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int renameat(int from, const char *old, int to, const char *name)
{
    return fails("renameat") ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, 0);
}

int mkdirat(int at, const char *name, mode_t mode)
{
    return fails("mkdirat") ? -1 : (int)syscall(SYS_mkdirat, at, name, mode);
}

int fchmod(int fd, mode_t mode)
{
    return fails("fchmod") ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

static int make_case(void **state)
{
    struct place *p;
    struct store *s = NULL;

    if (place_make(state))
        return -1;
    p = *state;
    must(store_create(&s, p->folder, &failure));
    store_close(s);
    return 0;
}

static struct store *reopen(const struct place *p)
{
    struct store *s = NULL;

    must(store_open(&s, p->folder, STORE_WRITE, &failure));
    return s;
}

/* Takes bytes in, in parts of that size. */
static int take_in(struct store *s, const void *bytes, size_t size, size_t part,
                   struct blob_digests *out)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    int code = blob_begin(&w, s, &failure);

    for (size_t off = 0; !code && off < size; off += part)
        code = blob_write(w, (const char *)bytes + off, size - off < part ? size - off : part,
                          &failure);
    return code ? code : blob_commit(MOVE(w), out, &failure);
}

static void path_of_blob(char out[256], const struct place *p, const struct hash *name)
{
    char hex[65] = {0};

    hex_write(hex, name->b, 32);
    snprintf(out, 256, "%s/evidence/%.2s/%s", p->folder, hex, hex);
}

static void check_hex(const void *bytes, size_t size, const char *hex)
{
    CLEANUP_BUF struct buf got = {0};

    hex_add(&got, bytes, size);
    assert_string_equal(buf_text(&got), hex);
}

/* SHA-256 from FIPS 180-4's examples (NIST), MD5 from RFC 1321 A.5; those of the empty input and
 * of a million letters a are from the same sources and coreutils' sha256sum and md5sum. */
static void digests_are_those_of_the_standards(void **state)
{
    static const struct {
        const char *text;
        size_t times;
        const char *sha256;
        const char *md5;
    } cases[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "d41d8cd98f00b204e9800998ecf8427e"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "900150983cd24fb0d6963f7d28e17f72"},
        {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
         "7707d6ae4e027c70eea2a935c2296f21"},
    };
    CLEANUP(store_closep) struct store *s = reopen(*state);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf bytes = {0};
        struct blob_digests d;

        for (size_t k = 0; k < cases[i].times; k++)
            buf_adds(&bytes, cases[i].text);
        must(take_in(s, bytes.p, bytes.len, 4096, &d));
        check_hex(d.sha256.b, 32, cases[i].sha256);
        check_hex(d.md5, 16, cases[i].md5);
        assert_int_equal(d.size, bytes.len);
    }
}

static void a_blob_is_read_back_whole_whatever_its_size_and_parts(void **state)
{
    static const size_t sizes[] = {0,       1,       262143,  262144, 262145,
                                   2097151, 2097152, 2097153, 9000001};
    static const size_t parts[] = {1 << 30, 100003, 262144};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FREE char *bytes = mem_alloc(9000001);

    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(parts); i++) {
        size_t size = sizes[i / COUNT_OF(parts)];
        CLEANUP_BUF struct buf got = {0};
        CLEANUP_FD int fd = -1;
        struct blob_digests d;
        struct hash whole;
        char path[256];
        struct stat st;
        uint64_t found;

        fill_random(bytes, size, i);
        whole = hash_bytes(bytes, size);
        must(take_in(s, bytes, size, parts[i % COUNT_OF(parts)], &d));
        assert_true(hash_eq(&d.sha256, &whole));
        must(blob_open(s, &whole, &fd, &found, &failure));
        assert_int_equal(found, size);
        must(file_read_fd(&got, fd, "blob", 1 << 24, &failure));
        assert_true(str_eq(buf_str(&got), (struct str){bytes, size}));
        path_of_blob(path, p, &whole);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0400);
    }
}

static unsigned count_files(const struct place *p, const char *folder)
{
    char path[256];
    DIR *d = opendir(path_of(path, p, folder));
    struct dirent *entry;
    unsigned count = 0;

    while (d && (entry = readdir(d)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return count;
}

static void a_blob_is_taken_from_a_descriptor_in_parts(void **state)
{
    static const uint64_t mosts[] = {1 << 20, 700001, UINT64_MAX};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FREE char *bytes = mem_alloc(3000000);
    char path[256];
    FILE *f;

    fill_random(bytes, 3000000, 3);
    f = fopen(path_of(path, p, "source"), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, 3000000, f), 3000000);
    fclose(f);
    for (size_t i = 0; i < COUNT_OF(mosts); i++) {
        CLEANUP(blob_abortp) struct blob_writer *w = NULL;
        CLEANUP_FD int fd = open(path, O_RDONLY);
        struct hash whole = hash_bytes(bytes, 3000000 - i);
        struct blob_digests d;
        uint64_t total = 0;
        uint64_t got;

        assert_int_equal(truncate(path, 3000000 - (off_t)i), 0);
        must(blob_begin(&w, s, &failure));
        do {
            must(blob_write_fd(w, fd, path, mosts[i], &got, &failure));
            total += got;
        } while (got == mosts[i]);
        assert_int_equal(total, 3000000 - i);
        must(blob_commit(MOVE(w), &d, &failure));
        assert_int_equal(d.size, total);
        assert_true(hash_eq(&d.sha256, &whole));
    }
}

static void a_source_that_cannot_be_read_is_told(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FD int fd = open(p->top, O_RDONLY); /* a folder */
    struct blob_writer *w = NULL;
    uint64_t got;

    must(blob_begin(&w, s, &failure));
    assert_int_equal(blob_write_fd(w, fd, "the stick", 9, &got, &failure), ERR_IO);
    assert_non_null(strstr(failure.text, "the stick"));
    blob_abort(w);
    assert_int_equal(count_files(p, "evidence"), 0);
}

static int count_blob(void *context, const struct hash *name, uint64_t size, struct err *e)
{
    struct hash *last = context;

    (void)e;
    assert_true(memcmp(last->b, name->b, 32) < 0); /* ascending, so each once */
    *last = *name;
    return size == 3 ? 42 : 0;
}

static void blobs_are_listed_in_order_and_other_files_are_passed_over(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    struct hash last = {{0}};
    struct blob_digests d;
    char path[256];

    for (unsigned i = 0; i < 40; i++)
        must(take_in(s, &i, sizeof(i), 4, &d));
    path_of_blob(path, p, &d.sha256);
    path[strlen(path) - 1] = 'X';
    close(open(path, O_CREAT | O_WRONLY, 0600));
    close(open(path_of(path, p, "evidence/notes.txt"), O_CREAT | O_WRONLY, 0600));
    close(open(path_of(path, p, "evidence/.new-00000000000000000000000000000000"),
               O_CREAT | O_WRONLY, 0600));
    must(blob_each(s, count_blob, &last, &failure));
    must(take_in(s, "abc", 3, 3, &d));
    last = hash_zero;
    assert_int_equal(blob_each(s, count_blob, &last, &failure), 42);
    assert_true(hash_eq(&last, &d.sha256));
}

static void the_same_content_twice_is_one_blob(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    struct blob_digests first;
    struct blob_digests second;
    bool is_there = false;

    must(take_in(s, "abc", 3, 3, &first));
    must(take_in(s, "abc", 3, 1, &second));
    assert_true(hash_eq(&first.sha256, &second.sha256));
    must(blob_has(s, &first.sha256, &is_there, &failure));
    assert_true(is_there);
    must(blob_has(s, &hash_zero, &is_there, &failure));
    assert_false(is_there);
    assert_int_equal(count_files(p, "evidence"), 1); /* no temporary file is left */
    assert_int_equal(count_files(p, "evidence/ba"), 1);
}

static void a_blob_that_was_altered_is_not_handed_out(void **state)
{
    static const char *const changes[] = {"byte", "longer", "shorter", "link", "folder", "fifo"};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);

    for (unsigned i = 0; i < COUNT_OF(changes); i++) {
        struct blob_digests d;
        struct blob_digests again;
        char path[256];
        uint64_t size;
        int fd = -1;

        must(take_in(s, &i, sizeof(i), 4, &d));
        path_of_blob(path, p, &d.sha256);
        chmod(path, 0600);
        if (i < 3) {
            fd = open(path, O_WRONLY);
            if (i == 0)
                assert_int_equal(pwrite(fd, "X", 1, 2), 1);
            else
                assert_int_equal(ftruncate(fd, i == 1 ? 5 : 3), 0);
            close(fd);
        } else {
            char other[256];

            assert_int_equal(rename(path, path_of(other, p, "kept")), 0);
            if (i == 3)
                assert_int_equal(symlink(other, path), 0);
            else
                assert_int_equal(i == 4 ? mkdir(path, 0700) : mkfifo(path, 0600), 0);
        }
        fd = -77;
        assert_int_equal(blob_open(s, &d.sha256, &fd, &size, &failure), ERR_TAMPER);
        assert_int_equal(fd, -77);
        /* the good copy does not hide the altered one, nor is it said to be taken in */
        assert_int_equal(take_in(s, &i, sizeof(i), 4, &again), ERR_TAMPER);
    }
}

static void a_blob_that_is_not_there_is_not_found(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    struct blob_digests d;
    uint64_t size;
    char path[256];
    int fd;

    assert_int_equal(blob_open(s, &hash_zero, &fd, &size, &failure), ERR_NOTFOUND);
    assert_int_equal(blob_destroy(s, &hash_zero, &failure), ERR_NOTFOUND);
    must(take_in(s, "abc", 3, 3, &d));
    path_of_blob(path, p, &d.sha256);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(blob_open(s, &d.sha256, &fd, &size, &failure), ERR_NOTFOUND);
}

static void a_destroyed_blob_is_gone_also_for_who_has_it_open(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FREE char *bytes = mem_alloc(200000);
    CLEANUP_FREE char *got = mem_alloc(200000);
    CLEANUP_FREE char *zeros = mem_alloc(200000);
    CLEANUP_FD int fd = -1;
    struct blob_digests d;
    bool is_there = true;
    uint64_t size;

    fill_random(bytes, 200000, 5);
    must(take_in(s, bytes, 200000, 200000, &d));
    must(blob_open(s, &d.sha256, &fd, &size, &failure));
    must(blob_destroy(s, &d.sha256, &failure));
    must(blob_has(s, &d.sha256, &is_there, &failure));
    assert_false(is_there);
    assert_int_equal(pread(fd, got, 200000, 0), 200000);
    assert_memory_equal(got, zeros, 200000);
    assert_false(is_in_files(p->folder, bytes, 200000));
    must(take_in(s, bytes, 200000, 200000, &d)); /* it may be taken in again */
}

static void a_blob_given_up_leaves_nothing(void **state)
{
    static const size_t sizes[] = {0, 10, 3000000};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FREE char *bytes = mem_alloc(3000000);

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct blob_writer *w = NULL;

        must(blob_begin(&w, s, &failure));
        must(blob_write(w, bytes, sizes[i], &failure));
        assert_int_equal(count_files(p, "evidence"), 1);
        blob_abort(w);
        assert_int_equal(count_files(p, "evidence"), 0);
    }
    blob_abort(NULL);
}

static void a_failure_at_any_step_leaves_no_blob(void **state)
{
    static const struct {
        const char *call;
        unsigned at;
        bool is_there; /* the last sync is of a folder whose content is complete */
    } steps[] = {{"fchmod", 1, false},   {"fsync", 1, false}, {"mkdirat", 1, false},
                 {"renameat", 1, false}, {"fsync", 2, false}, {"fsync", 3, true}};
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);

    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        struct blob_digests d = {.size = 99};
        struct hash name = hash_bytes(&i, sizeof(i));
        bool is_there = false;

        failing.name = steps[i].call;
        failing.at = steps[i].at;
        assert_int_equal(take_in(s, &i, sizeof(i), 4, &d), ERR_IO);
        assert_null(failing.name);
        assert_int_equal(d.size, 99);
        must(blob_has(s, &name, &is_there, &failure));
        assert_int_equal(is_there, steps[i].is_there);
        must(take_in(s, &i, sizeof(i), 4, &d)); /* and the next try succeeds */
        must(append_numbered(s, i, 1, &failure));
    }
    failing.name = NULL;
}

/* The limit on the size of files stands in for a medium that fails in the middle. */
static void a_write_that_fails_in_the_middle_is_told_and_leaves_nothing(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP_FREE char *bytes = mem_alloc(20 << 20);
    struct blob_digests d;
    struct rlimit before;
    struct rlimit limit;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t most = 100; most < 15 << 20; most = most * 3 + 77) {
        limit = (struct rlimit){most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(take_in(s, bytes, 20 << 20, 1 << 20, &d), ERR_IO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(count_files(p, "evidence"), 0);
    }
    signal(SIGXFSZ, handler);
}

/* Holes are only how it lies on the disk: the bytes, and so the name, are those of other programs.
 */
static void runs_of_zeros_take_no_room_and_are_read_as_zeros(void **state)
{
    struct place *p = *state;
    CLEANUP(store_closep) struct store *s = reopen(p);
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    CLEANUP_FREE char *got = mem_alloc(1 << 20);
    struct blob_digests d;
    struct stat st;
    uint64_t size;
    int fd;

    must(blob_begin(&w, s, &failure));
    must(blob_write(w, "head", 4, &failure));
    must(blob_write_zeros(w, (8 << 20) - 8, &failure));
    must(blob_write(w, "tail", 4, &failure));
    must(blob_write_zeros(w, 1 << 20, &failure));
    must(blob_commit(MOVE(w), &d, &failure));
    assert_int_equal(d.size, 9 << 20);
    must(blob_open(s, &d.sha256, &fd, &size, &failure));
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 9 << 20);
    assert_true(st.st_blocks * 512 < 2 << 20);
    assert_int_equal(pread(fd, got, 1 << 20, (8 << 20) - 4), 1 << 20);
    assert_memory_equal(got, "tail", 4);
    for (size_t i = 4; i < 1 << 20; i++)
        assert_int_equal(got[i], 0);
    close(fd);
}

static void a_full_disk_is_told_and_leaves_room_again(void **state)
{
    struct place *p = *state;
    CLEANUP_FREE char *bytes = mem_alloc(6 << 20);
    struct store *s = NULL;
    struct blob_digests d;
    char disk[80];
    char folder[96];
    int full;
    int small;

    snprintf(disk, sizeof(disk), "%s/disk", p->top);
    if (!mount_small(disk, 4 << 20))
        skip();
    snprintf(folder, sizeof(folder), "%s/full.calm", disk);
    must(store_create(&s, folder, &failure));
    memset(bytes, 'b', 6 << 20); /* zeros would take no room */
    full = take_in(s, bytes, 6 << 20, 1 << 20, &d);
    small = take_in(s, bytes, 1 << 20, 1 << 20, &d);
    if (!small)
        small = append_numbered(s, 0, 1, &failure); /* the journal was not the one that failed */
    store_close(s);
    assert_int_equal(umount(disk), 0);
    assert_int_equal(full, ERR_FULL);
    must(small);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_case, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(digests_are_those_of_the_standards),
        T(a_blob_is_read_back_whole_whatever_its_size_and_parts),
        T(a_blob_is_taken_from_a_descriptor_in_parts),
        T(a_source_that_cannot_be_read_is_told),
        T(blobs_are_listed_in_order_and_other_files_are_passed_over),
        T(the_same_content_twice_is_one_blob),
        T(a_blob_that_was_altered_is_not_handed_out),
        T(a_blob_that_is_not_there_is_not_found),
        T(a_destroyed_blob_is_gone_also_for_who_has_it_open),
        T(a_blob_given_up_leaves_nothing),
        T(a_failure_at_any_step_leaves_no_blob),
        T(a_write_that_fails_in_the_middle_is_told_and_leaves_nothing),
        T(runs_of_zeros_take_no_room_and_are_read_as_zeros),
        T(a_full_disk_is_told_and_leaves_room_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
