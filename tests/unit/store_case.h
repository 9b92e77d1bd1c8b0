/* store_case.h: what the tests of the store share: folders that come and go, records, searching. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "store/store.h"
#include "sys/file.h"

/* A case that lies in top/monday.calm; top is removed afterwards. */
struct place {
    char top[64];
    char folder[96];
};

static struct err failure; /* of the last call under must() */

/* The call must have come to 0. */
#define must(call)                                                                                 \
    do {                                                                                           \
        int code_ = (call);                                                                        \
        if (code_)                                                                                 \
            fail_msg("%s: %s: %s", #call, err_name(code_), failure.text);                          \
    } while (0)

static UNUSED int place_make_in(void **state, const char *parent)
{
    struct place *p = mem_new(struct place);

    snprintf(p->top, sizeof(p->top), "%s/test_store.XXXXXX", parent);
    if (!mkdtemp(p->top))
        return -1;
    snprintf(p->folder, sizeof(p->folder), "%s/monday.calm", p->top);
    *state = p;
    return 0;
}

static UNUSED int place_make(void **state)
{
    return place_make_in(state, "/tmp");
}

/* For tests that sync thousands of times and make up what the disk does. */
static UNUSED int place_make_fast(void **state)
{
    return place_make_in(state, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

#ifdef MEASURES_COVERAGE
void __gcov_dump(void); /* libgcov's */
#endif

/* Ends a forked child. It runs nothing of what the test would run at its end, but counts. */
static UNUSED NORETURN void child_exit(int status)
{
#ifdef MEASURES_COVERAGE
    __gcov_dump();
#endif
    _exit(status);
}

static UNUSED void child_abort(int signal)
{
    child_exit(128 + signal);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static UNUSED void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static UNUSED int place_remove(void **state)
{
    struct place *p = *state;
    char disk[80];

    snprintf(disk, sizeof(disk), "%s/disk", p->top);
    (void)umount2(disk, MNT_DETACH); /* of a test that failed before it did so */
    remove_tree(p->top);
    free(p);
    return 0;
}

/* Bytes that look like nothing else, the same for the same seed. */
static UNUSED void fill_random(void *out, size_t size, uint64_t seed)
{
    uint8_t *p = out;
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 0x1234567;

    for (size_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (uint8_t)(x >> 32);
    }
}

/* Appends records at the end, one transaction; line and openings are made from seq. */
static UNUSED int append_numbered(struct store *s, uint64_t first, size_t count, struct err *e)
{
    struct store_record *records = mem_array(count, sizeof(*records));
    char(*lines)[64] = mem_array(count, sizeof(*lines));
    int code;

    for (size_t i = 0; i < count; i++) {
        int size = snprintf(lines[i], sizeof(lines[i]), "{\"record\":%llu}",
                            (unsigned long long)(first + i));

        records[i].line = (struct str){lines[i], (size_t)size};
        records[i].openings = (first + i) % 3 ? records[i].line : (struct str){0};
    }
    code = store_append(s, first, records, count, e);
    free(records);
    free(lines);
    return code;
}

/* A visit that checks what append_numbered wrote; context counts. */
static UNUSED int check_numbered(void *context, uint64_t seq, struct str line, struct str openings,
                                 struct err *e)
{
    char text[64];

    snprintf(text, sizeof(text), "{\"record\":%llu}", (unsigned long long)seq);
    if (!str_is(line, text) || !(seq % 3 ? str_is(openings, text) : openings.len == 0))
        return err_set(e, ERR_TAMPER, "record %llu was read as " STR_FMT, (unsigned long long)seq,
                       STR_ARG(line));
    ++*(uint64_t *)context;
    return 0;
}

/* The case holds exactly so many records, whole. */
static UNUSED void check_case(const char *folder, uint64_t size)
{
    CLEANUP(store_closep) struct store *s = NULL;
    uint64_t count = 0;
    uint64_t found = 0;

    must(store_open(&s, folder, STORE_WRITE, &failure));
    must(store_size(s, &found, &failure));
    assert_int_equal(found, size);
    must(store_read(s, 0, UINT64_MAX, true, check_numbered, &count, &failure));
    assert_int_equal(count, size);
}

/* Whether a piece of the bytes stands in any file below the folder, as the disk has them. */
enum { PIECE_SIZE = 16 };

static const char *sought;
static size_t sought_size;
static bool was_found;

static int seek_in_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    char *bytes;
    FILE *f;

    (void)where;
    if (kind != FTW_F || st->st_size == 0)
        return 0;
    bytes = mem_alloc((size_t)st->st_size);
    f = fopen(path, "rb");
    if (f) {
        size_t got = fread(bytes, 1, (size_t)st->st_size, f);

        for (size_t off = 0; off + PIECE_SIZE <= sought_size; off += PIECE_SIZE)
            was_found |= memmem(bytes, got, sought + off, PIECE_SIZE) != NULL;
        fclose(f);
    }
    free(bytes);
    return 0;
}

/* In a child: closing a file that SQLite has open would take its locks away in this process. */
static UNUSED bool is_in_files(const char *folder, const void *bytes, size_t size)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        sought = bytes;
        sought_size = size;
        was_found = false;
        nftw(folder, seek_in_one, 16, FTW_PHYS);
        _exit(was_found);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) != 0;
}

/* Whether the call ends the process as a bug does. In a child, which says nothing. */
static UNUSED bool is_bug(void (*call)(void *context), void *context)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGABRT, child_abort);
        fd_close(STDERR_FILENO);
        call(context);
        child_exit(0);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGABRT;
}

static UNUSED const char *path_of(char out[256], const struct place *p, const char *name)
{
    snprintf(out, 256, "%s/%s", p->folder, name);
    return out;
}

static UNUSED void copy_file(const char *from, const char *to)
{
    CLEANUP_BUF struct buf bytes = {0};
    FILE *f;

    must(file_read(&bytes, from, 1 << 28, &failure));
    f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

/* Mounts a file system in memory of so many bytes on a new folder; says why when it cannot. */
static UNUSED bool mount_small(const char *folder, unsigned size)
{
    char options[32];

    snprintf(options, sizeof(options), "size=%u", size);
    assert_int_equal(mkdir(folder, 0700), 0);
    if (mount("none", folder, "tmpfs", 0, options) == 0)
        return true;
    print_message("skipped: a small file system cannot be mounted: %s\n", strerror(errno));
    return false;
}
