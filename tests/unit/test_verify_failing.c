/* test_verify_failing.c: where the machine or libcrypto fails it, the verifier says so or ends with
 * status 4, and never finds trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/file.h"
#include "verify/parallel.h"
#include "verify/verify.h"
#include "verify_child.h"
#include "verify_memory.h"

/* A sanitizer's allocator would end the program by itself. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* The library ends by _exit(), which writes no counts. Linked with --wrap=_exit. */
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    write_counts();
    __real__exit(status);
}

/* EVP_DigestFinal_ex() fails while this is set. Linked with --wrap. */
static bool digest_fails;
int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len)
{
    return digest_fails ? 0 : __real_EVP_DigestFinal_ex(ctx, out, len);
}

static void *volatile escaped; /* so that no call below is left out as useless */

static int get_too_much(void *context)
{
    escaped = mem_get(1, *(size_t *)context);
    return 0;
}

static int get_too_many(void *context)
{
    escaped = mem_get(*(size_t *)context, 2);
    return 0;
}

static int reserve_too_much(void *context)
{
    char *items = NULL;
    size_t room = 0;

    mem_reserve(&items, &room, *(size_t *)context, 1);
    return 0;
}

static int reserve_too_many(void *context)
{
    char *items = NULL;
    size_t room = 0;

    mem_reserve(&items, &room, *(size_t *)context, 4);
    return 0;
}

static void without_memory_the_program_ends_with_status_4(void **state)
{
    size_t size = SIZE_MAX / 2;

    (void)state;
    assert_int_equal(child_status(get_too_much, &size), 4);
    assert_int_equal(child_status(get_too_many, &size), 4);
    assert_int_equal(child_status(reserve_too_much, &size), 4);
    assert_int_equal(child_status(reserve_too_many, &size), 4);
}

static void room_is_made_zeroed_and_what_was_there_stays(void **state)
{
    uint32_t *items = NULL;
    size_t room = 0;

    (void)state;
    for (uint32_t n = 0; n < 1000; n++) {
        mem_reserve(&items, &room, n + 1, sizeof *items);
        assert_true(room > n);
        assert_int_equal(items[n], 0);
        items[n] = n + 1;
    }
    for (uint32_t n = 0; n < 1000; n++)
        assert_int_equal(items[n], n + 1);
    free(items);
    free(mem_get(0, 8));
}

/* A fresh file of that size, which is removed at once; its name stays good in /proc. */
static const char *file_of(off_t size, char name[32])
{
    char path[] = "/tmp/verify-failing-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ftruncate(fd, size), 0);
    (void)snprintf(name, 32, "/proc/self/fd/%d", fd);
    return name;
}

static void only_regular_files_are_read(void **state)
{
    static const char *const others[] = {"/", "/dev/null", "/no/such/file"};
    struct file f;
    char name[32];

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        file_map(&f, others[i]);
        assert_non_null(f.fault);
        assert_int_equal(f.bytes.len, 0);
        file_unmap(&f);
    }
    for (off_t size = 0; size <= 5; size += 5) {
        file_map(&f, file_of(size, name));
        assert_null(f.fault);
        assert_int_equal(f.bytes.len, size);
        file_unmap(&f);
    }
}

static int map_where_refused(void *context)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    struct file f;
    char name[32];

    (void)context;
    (void)file_of(5, name);
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EIO), SCMP_SYS(fstat), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EIO), SCMP_SYS(newfstatat), 0) != 0 ||
        seccomp_load(filter) != 0)
        return 2;
    file_map(&f, name);
    return f.fault != NULL && strcmp(f.fault, strerror(EIO)) == 0 && f.bytes.len == 0 ? 0 : 1;
}

static int map_without_room(void *context)
{
    const struct rlimit limit = {1 << 29, 1 << 29};
    struct file f;
    char name[32];

    (void)context;
    (void)file_of((off_t)1 << 30, name);
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        return 2;
    file_map(&f, name);
    return f.fault != NULL && strcmp(f.fault, strerror(ENOMEM)) == 0 && f.bytes.len == 0 ? 0 : 1;
}

static void a_file_that_cannot_be_looked_at_says_why(void **state)
{
    (void)state;
    assert_int_equal(child_status(map_where_refused, NULL), 0);
    assert_int_equal(child_status(map_without_room, NULL), 0);
}

static int read_a_file_that_shrank(void *context)
{
    struct file f;
    char name[32];

    (void)context;
    file_guard_shrinking();
    file_map(&f, file_of(100000, name));
    if (f.fault != NULL || truncate(name, 0) != 0)
        return 2;
    return f.bytes.p[99999]; /* zero, if it were still there */
}

static void a_file_that_shrinks_ends_the_program_with_status_4(void **state)
{
    (void)state;
    assert_int_equal(child_status(read_a_file_that_shrank, NULL), 4);
}

static void count_items(void *context, struct hasher *h, size_t first, size_t end)
{
    atomic_size_t *done = context;

    (void)h;
    atomic_fetch_add(done, end - first);
}

static int work_without_threads(void *context)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    atomic_size_t done = 0;

    (void)context;
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAGAIN), SCMP_SYS(clone), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAGAIN), SCMP_SYS(clone3), 0) != 0 ||
        seccomp_load(filter) != 0)
        return 2;
    parallel_do(4, 1000, 7, count_items, &done);
    return done == 1000 ? 0 : 1;
}

static void all_work_is_done_by_any_number_of_threads(void **state)
{
    (void)state;
    for (unsigned threads = 0; threads <= 5; threads++) {
        for (size_t count = 0; count <= 22; count++) {
            atomic_size_t done = 0;

            parallel_do(threads, count, 7, count_items, &done);
            assert_int_equal(done, count);
        }
    }
    assert_int_equal(child_status(work_without_threads, NULL), 0);
}

static int hash_with_a_broken_library(void *context)
{
    struct hasher *h = hasher_new();
    uint8_t hash[HASH_LEN];

    (void)context;
    digest_fails = true;
    hash_leaf(h, (struct slice){"x", 1}, hash);
    return 0;
}

static int work_without_a_hash(void *context)
{
    atomic_size_t done = 0;

    (void)context;
    if (EVP_set_default_properties(NULL, "provider=none") != 1)
        return 2;
    parallel_do(1, 1, 1, count_items, &done);
    return 0;
}

static int verify_without_a_hash(void *context)
{
    struct trust_given trust = {.has_root = false};
    struct verify_request request = {.journal = {"x\n", 2}, .trust = &trust, .threads = 1};
    struct verdict verdict;

    (void)context;
    if (EVP_set_default_properties(NULL, "provider=none") != 1)
        return 2;
    verify_journal(&request, &verdict);
    return verdict.status == STATUS_UNCHECKED && !verdict.judged &&
                   strcmp(verdict.finding.rule, "library") == 0
               ? 0
               : 1;
}

static void a_libcrypto_without_sha_256_leaves_nothing_to_be_said(void **state)
{
    (void)state;
    assert_int_equal(child_status(hash_with_a_broken_library, NULL), 4);
    assert_int_equal(child_status(work_without_a_hash, NULL), 4);
    assert_int_equal(child_status(verify_without_a_hash, NULL), 0);
}

static void where_libcrypto_has_no_memory_there_is_no_hasher_and_no_trust(void **state)
{
    size_t refused = 0;

    (void)state;
    hasher_free(hasher_new()); /* what is made once is there */
    stamp_trust_free(stamp_trust_new());
    for (size_t at = 1; at <= 60; at++) {
        calls = 0;
        fails_at = at;
        struct hasher *h = hasher_new();
        bool failed = calls >= at;

        calls = 0;
        struct stamp_trust *t = stamp_trust_new();
        assert_true(h != NULL || failed);
        assert_true(t != NULL || calls >= at);
        refused += h == NULL;
        refused += t == NULL;
        fails_at = 0;
        hasher_free(h);
        stamp_trust_free(t);
    }
    assert_true(refused >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_the_program_ends_with_status_4),
        cmocka_unit_test(room_is_made_zeroed_and_what_was_there_stays),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(a_file_that_cannot_be_looked_at_says_why),
        cmocka_unit_test(a_file_that_shrinks_ends_the_program_with_status_4),
        cmocka_unit_test(all_work_is_done_by_any_number_of_threads),
        cmocka_unit_test(a_libcrypto_without_sha_256_leaves_nothing_to_be_said),
        cmocka_unit_test(where_libcrypto_has_no_memory_there_is_no_hasher_and_no_trust),
    };

    if (CRYPTO_set_mem_functions(crypto_get, crypto_resize, crypto_drop) != 1)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
