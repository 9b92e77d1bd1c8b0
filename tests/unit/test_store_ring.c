/* test_store_ring.c: a ring gives every eater all bytes in order, and stops at the first that
 * fails. */
#include "store_case.h"
#include "store/ring.h"

enum { SLOT = 256 << 10, MANY = 12 * SLOT + 5 }; /* more than the ring has room for */

struct eater {
    uint64_t eaten;
    uint64_t fails_at; /* so many bytes in */
    struct digest *digest;
};

static int eat(void *context, const void *bytes, size_t size, struct err *e)
{
    struct eater *x = context;

    digest_add(x->digest, bytes, size);
    x->eaten += size;
    if (x->fails_at && x->eaten >= x->fails_at)
        return err_set(e, ERR_FULL, "full after %llu bytes", (unsigned long long)x->fails_at);
    return 0;
}

/* A file of so many bytes to read from, at its beginning. */
static int make_source(const struct place *p, size_t size, struct hash *hash)
{
    CLEANUP_FREE char *bytes = mem_alloc(size);
    char path[128];
    int fd;

    fill_random(bytes, size, size);
    *hash = hash_bytes(bytes, size);
    snprintf(path, sizeof(path), "%s/source", p->top);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void every_eater_gets_all_bytes_in_order(void **state)
{
    static const size_t sizes[] = {0, 1, SLOT - 1, SLOT, SLOT + 1, MANY};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct eater eaters[RING_EATERS] = {0};
        struct ring_eater list[RING_EATERS];
        struct hash whole;
        CLEANUP_FD int fd = make_source(*state, sizes[i], &whole);
        CLEANUP(ring_freep) struct ring *r = NULL;
        uint64_t got = 0;

        for (size_t k = 0; k < RING_EATERS; k++) {
            eaters[k].digest = digest_new(DIGEST_SHA256);
            list[k] = (struct ring_eater){eat, &eaters[k]};
        }
        r = ring_new(list, RING_EATERS);
        must(ring_read(r, fd, "source", UINT64_MAX, &got, &failure));
        must(ring_end(r, &failure));
        assert_int_equal(got, sizes[i]);
        for (size_t k = 0; k < RING_EATERS; k++) {
            uint8_t hash[64];

            digest_end(eaters[k].digest, hash);
            assert_memory_equal(hash, whole.b, sizeof(whole.b));
            digest_free(eaters[k].digest);
        }
    }
}

/* What each of two fails at, in bytes; 0: it does not. */
static void the_first_failure_is_the_one_that_is_told(void **state)
{
    static const struct {
        uint64_t fails_at[2];
        const char *says;
    } cases[] = {
        {{1, 0}, "full after 1 bytes"},          {{0, SLOT + 1}, "full after 262145 bytes"},
        {{1, 1}, "full after 1 bytes"},          {{3 * SLOT, 0}, "full after 786432 bytes"},
        {{MANY, 0}, "full after 3145733 bytes"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct eater eaters[2] = {{.fails_at = cases[i].fails_at[0]},
                                  {.fails_at = cases[i].fails_at[1]}};
        struct hash whole;
        CLEANUP_FD int fd = make_source(*state, MANY, &whole);
        struct ring *r;
        uint64_t got = 77;
        struct err e = {0};
        int code;

        for (size_t k = 0; k < 2; k++)
            eaters[k].digest = digest_new(DIGEST_SHA256);
        r = ring_new((struct ring_eater[]){{eat, &eaters[0]}, {eat, &eaters[1]}}, 2);
        code = ring_read(r, fd, "source", UINT64_MAX, &got, &e);
        if (code) { /* it was seen while there was more to read */
            assert_int_equal(code, ERR_FULL);
            assert_int_equal(got, 77);
        }
        assert_int_equal(ring_end(r, NULL), ERR_FULL); /* who wants no sentence gets none */
        assert_int_equal(ring_end(r, &e), ERR_FULL);
        assert_string_equal(e.text, cases[i].says);
        ring_free(r);
        for (size_t k = 0; k < 2; k++)
            digest_free(eaters[k].digest);
    }
}

static void a_reader_is_stopped_by_an_eater_that_fails_early(void **state)
{
    struct eater eater = {.fails_at = 1, .digest = digest_new(DIGEST_SHA256)};
    struct hash whole;
    CLEANUP_FD int fd = make_source(*state, MANY, &whole);
    CLEANUP(ring_freep)
    struct ring *r = ring_new(&(struct ring_eater){eat, &eater}, 1);
    uint64_t got = 77;

    /* more slots than the ring has: before the ninth is filled, the first was eaten */
    assert_int_equal(ring_read(r, fd, "source", UINT64_MAX, &got, &failure), ERR_FULL);
    assert_int_equal(got, 77);
    assert_true(lseek(fd, 0, SEEK_CUR) < MANY);
    digest_free(eater.digest);
    ring_free(MOVE(r));
}

static void make_ring_for_four(void *context)
{
    static const struct ring_eater four[RING_EATERS + 1];

    (void)context;
    ring_free(ring_new(four, RING_EATERS + 1));
}

static void overfill(void *context)
{
    struct ring *r = ring_new(context, 1);
    uint8_t *at;
    size_t room;

    if (ring_room(r, &at, &room, &failure) == 0)
        ring_filled(r, room + 1);
    ring_free(r);
}

static void a_ring_that_is_used_wrongly_is_a_bug(void **state)
{
    struct eater eater = {0};

    (void)state;
    assert_true(is_bug(make_ring_for_four, NULL));
    assert_true(is_bug(overfill, &(struct ring_eater){eat, &eater}));
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_make_fast, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_eater_gets_all_bytes_in_order),
        T(the_first_failure_is_the_one_that_is_told),
        T(a_reader_is_stopped_by_an_eater_that_fails_early),
        T(a_ring_that_is_used_wrongly_is_a_bug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
