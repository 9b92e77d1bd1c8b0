/* test_acquire_rescue.c: what is read of failing sources, by seeded faults; the truth is what the
 * source was made with. RESCUE_SEED and RESCUE_COUNT choose others. */
#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include "acquire/rescue.h"
#include "acquire_source.h"

enum { COUNT_USUAL = 10000, SECTORS_MAX = 600, RETRIES_MAX = 4 };

struct sink {
    struct made_source *m;
    uint8_t *bytes;
    unsigned skipped; /* reads that came back to an earlier place */
    uint64_t stop_after;
    uint64_t steps;
};

static int take(void *context, uint64_t off, const void *bytes, size_t size, struct err *e)
{
    struct sink *s = context;

    (void)e;
    assert_true(off + size <= s->m->source.size);
    memcpy(s->bytes + off, bytes, size);
    return 0;
}

static int go_on(void *context, size_t size, struct err *e)
{
    struct sink *s = context;

    assert_true(size > 0);
    if (s->stop_after && ++s->steps > s->stop_after) {
        s->steps = 0;
        return err_set(e, ERR_CANCEL, "stopped");
    }
    return 0;
}

static uint64_t from_environment(const char *name, uint64_t usual)
{
    uint64_t n;

    return getenv(name) && str_u64(str_of(getenv(name)), &n) ? n : usual;
}

/* The map must tell of each byte whether it could be read, and the bytes be those of the source. */
static void check(const struct made_source *m, const struct fault_map *map, const uint8_t *bytes,
                  uint64_t seed)
{
    static const uint8_t zeros[4096];
    uint64_t at = 0;

    for (size_t i = 0; i < map->count; i++) {
        const struct area *a = &map->areas[i];

        assert_int_equal(a->off, at);
        if (a->state != AREA_READ && a->state != AREA_BAD &&
            (a->state != AREA_LEFT || !m->ends_at || at < m->ends_at))
            fail_msg("seed %llu: byte %llu is left as %c", (unsigned long long)seed,
                     (unsigned long long)at, (char)a->state);
        /* Each sector, or what a source that ended has of one. */
        while (at < a->off + a->size) {
            uint64_t end = at - at % m->source.sector_size + m->source.sector_size;

            end = end < a->off + a->size ? end : a->off + a->size;
            if (m->ends_at > at && m->ends_at < end)
                end = m->ends_at;
            if (made_is_bad(m, at) != (a->state != AREA_READ))
                fail_msg("seed %llu: byte %llu is %c", (unsigned long long)seed,
                         (unsigned long long)at, (char)a->state);
            if (memcmp(bytes + at, a->state != AREA_READ ? zeros : m->bytes + at, end - at) != 0)
                fail_msg("seed %llu: bytes from %llu are others", (unsigned long long)seed,
                         (unsigned long long)at);
            at = end;
        }
    }
    assert_int_equal(at, m->source.size);
    assert_int_equal(m->sectors_lost_by_cache, 0);
}

/* One seeded source, read whole; stopped and begun again now and then where stop_after is not 0. */
static void run(uint64_t seed, bool stops)
{
    uint64_t choice = seed;
    uint32_t sector = made_next(&choice) % 2 ? 512 : 4096;
    unsigned retries = (unsigned)(made_next(&choice) % RETRIES_MAX);
    uint64_t size = (1 + made_next(&choice) % SECTORS_MAX) * sector;
    _Alignas(4096) static uint8_t block[64 * 4096];
    struct made_source m;
    struct fault_map map;
    struct sink sink;
    struct rescue r;
    struct err e;
    int rc;

    size -= made_next(&choice) % 4 ? 0 : made_next(&choice) % sector;
    made_init(&m, seed, size, sector);
    made_put_faults(&m, stops ? 0 : retries);
    m.fails_whole = made_next(&choice) % 2;
    m.short_reads = made_next(&choice) % 3 ? 0 : sector * (1 + made_next(&choice) % 9);
    m.ends_at =
        made_next(&choice) % 8 ? 0 : size / sector / 2 * sector + made_next(&choice) % 2 * 77;
    sink = (struct sink){.m = &m, .bytes = mem_alloc(size), .stop_after = stops ? 7 : 0};
    fault_map_init(&map, size, AREA_UNTRIED);
    do {
        r = (struct rescue){.source = &m.source,
                            .map = &map,
                            .until = size,
                            .retries = retries,
                            .slow_ms = 1000,
                            .skip_max = made_next(&choice) % 2 ? size / 4 / sector * sector : 0,
                            .accepts_end = m.ends_at != 0,
                            .block = (size_t)sector * (1 + made_next(&choice) % 64),
                            .bytes = block,
                            .take = take,
                            .go_on = go_on,
                            .context = &sink};
        rc = rescue_run(&r, &e);
        if (rc == ERR_IO) /* of nothing but bad sectors no image is made */
            break;
        if (rc && rc != ERR_CANCEL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, e.text);
        sink.stop_after *= 2;
        if (rc && m.ends_at && seed % 8 >= 4) /* opened anew it says so */
            m.source.size = m.ends_at;
    } while (rc);
    m.source.size = size;
    for (uint64_t at = 0; rc && at < size; at += sector)
        assert_true(made_is_bad(&m, at));
    if (rc)
        assert_int_equal(fault_map_sum(&map, AREA_UNTRIED), size);
    else
        check(&m, &map, sink.bytes, seed);
    fault_map_release(&map);
    free(sink.bytes);
    made_release(&m);
}

static void seeded_faults_cost_exactly_the_sectors_that_cannot_be_read(void **state)
{
    uint64_t seed = from_environment("RESCUE_SEED", 1);
    uint64_t count = from_environment("RESCUE_COUNT", COUNT_USUAL);

    (void)state;
    for (uint64_t i = 0; i < count; i++)
        run(seed + i, i % 4 == 3);
}

/* A source of 64 sectors of 512 bytes in blocks of 16, of which 20 to 22 are bad: by hand, which
 * reads come in which order. */
static void easy_areas_come_first_and_retries_last(void **state)
{
    _Alignas(4096) static uint8_t block[16 * 512];
    struct made_source m;
    struct fault_map map;
    struct sink sink;
    struct rescue r;
    struct err e;

    (void)state;
    made_init(&m, 1, 64 * 512, 512);
    for (size_t i = 20; i < 23; i++)
        m.faults[i].kind = FAULT_BAD;
    m.fails_whole = true;
    sink = (struct sink){.m = &m, .bytes = mem_alloc(64 * 512), .stop_after = 4};
    fault_map_init(&map, 64 * 512, AREA_UNTRIED);
    r = (struct rescue){.source = &m.source,
                        .map = &map,
                        .until = 64 * 512,
                        .retries = 2,
                        .skip_max = 16 * 512,
                        .block = 16 * 512,
                        .bytes = block,
                        .take = take,
                        .go_on = go_on,
                        .context = &sink};
    assert_int_equal(rescue_run(&r, &e), ERR_CANCEL);
    /* Four reads: 0 to 15; 16 to 31, which fails, and one sector behind it is left out (a
     * sixteenth of a block); 33 to 48; 49 to 63. */
    assert_int_equal(map.count, 4);
    assert_int_equal(map.areas[1].state, AREA_UNTRIMMED);
    assert_int_equal(map.areas[1].off, 16 * 512);
    assert_int_equal(map.areas[1].size, 16 * 512);
    assert_int_equal(map.areas[2].state, AREA_UNTRIED);
    assert_int_equal(map.areas[2].size, 512);
    assert_int_equal(fault_map_sum(&map, AREA_READ), (16 + 31) * 512);
    sink.stop_after = 0;
    assert_int_equal(rescue_run(&r, &e), 0);
    assert_int_equal(r.try, 2);
    check(&m, &map, sink.bytes, 0);
    fault_map_release(&map);
    free(sink.bytes);
    made_release(&m);
}

static void a_source_that_goes_or_ends_is_told_and_goes_on(void **state)
{
    _Alignas(4096) static uint8_t block[8 * 512];
    struct made_source m;
    struct fault_map map;
    struct sink sink;
    struct rescue r;
    struct err e;

    (void)state;
    made_init(&m, 5, 64 * 512, 512);
    m.gone_after = 3;
    sink = (struct sink){.m = &m, .bytes = mem_alloc(64 * 512)};
    fault_map_init(&map, 64 * 512, AREA_UNTRIED);
    r = (struct rescue){.source = &m.source,
                        .map = &map,
                        .until = 64 * 512,
                        .block = 8 * 512,
                        .bytes = block,
                        .take = take,
                        .go_on = go_on,
                        .context = &sink};
    assert_int_equal(rescue_run(&r, &e), ERR_NOTFOUND);
    assert_int_equal(fault_map_sum(&map, AREA_READ), 3 * 8 * 512);
    assert_int_equal(fault_map_sum(&map, AREA_UNTRIED), 5 * 8 * 512);
    m.gone_after = 0;
    m.ends_at = 40 * 512;
    assert_int_equal(rescue_run(&r, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "ends at byte 20480; it said that it has 32768"));
    assert_int_equal(fault_map_sum(&map, AREA_BAD), 0);
    m.ends_at = 0;
    assert_int_equal(rescue_run(&r, &e), 0);
    check(&m, &map, sink.bytes, 0);
    fault_map_release(&map);
    free(sink.bytes);
    made_release(&m);
}

/* As a disk that the kernel set offline: there, and each read fails. Then it is plugged in again.
 */
static void a_source_that_answers_no_more_costs_no_sector(void **state)
{
    enum { SIZE = 1000 * 512, BAD = 130 };
    _Alignas(4096) static uint8_t block[8 * 512];

    (void)state;
    for (uint64_t dead_after = 1; dead_after < 1200; dead_after += 37) {
        struct made_source m;
        struct fault_map map;
        struct sink sink;
        struct rescue r;
        struct err e = {0};

        made_init(&m, 5, SIZE, 512);
        for (unsigned i = 300; i < 300 + BAD; i++) /* more in a row than are waited for */
            m.faults[i].kind = FAULT_BAD;
        m.dead_after = dead_after;
        sink = (struct sink){.m = &m, .bytes = mem_alloc(SIZE)};
        fault_map_init(&map, SIZE, AREA_UNTRIED);
        for (unsigned run = 0; run < 2; run++) {
            int rc;

            r = (struct rescue){.source = &m.source,
                                .map = &map,
                                .until = SIZE,
                                .skip_max = SIZE / 4,
                                .block = 8 * 512,
                                .bytes = block,
                                .take = take,
                                .go_on = go_on,
                                .context = &sink};
            rc = rescue_run(&r, &e);
            if (run == 0 && rc) {
                assert_int_equal(rc, ERR_IO);
                assert_non_null(strstr(e.text, "it is gone"));
                assert_true(fault_map_sum(&map, AREA_BAD) <= BAD * 512);
            } else {
                assert_int_equal(rc, 0);
            }
            m.dead_after = 0;
        }
        check(&m, &map, sink.bytes, dead_after);
        fault_map_release(&map);
        free(sink.bytes);
        made_release(&m);
    }
}

/* 9,000,000 bytes are 17,578 sectors and 64 bytes. */
static void a_source_that_shrank_to_no_whole_sector_ends(void **state)
{
    static const uint64_t sizes[] = {9000000, 9000000 - 64, 1, 0};
    _Alignas(4096) static uint8_t block[64 * 512];
    enum { SIZE = 12 << 20, MOST = 2 * SIZE / 512 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes) * 4; i++) {
        struct made_source m;
        struct fault_map map;
        struct sink sink;
        struct rescue r;
        struct err e;

        made_init(&m, 5, SIZE, 512);
        m.source.size = sizes[i / 4];
        sink = (struct sink){.m = &m, .bytes = mem_alloc(SIZE), .stop_after = MOST};
        fault_map_init(&map, SIZE, AREA_UNTRIED);
        r = (struct rescue){.source = &m.source,
                            .map = &map,
                            .until = SIZE,
                            .retries = (unsigned)i % 4,
                            .accepts_end = true,
                            .block = 64 * 512,
                            .bytes = block,
                            .take = take,
                            .go_on = go_on,
                            .context = &sink};
        assert_int_equal(rescue_run(&r, &e), 0);
        assert_true(sink.steps <= m.source.size / sizeof(block) + 1); /* nothing behind its end */
        assert_int_equal(fault_map_sum(&map, AREA_READ), m.source.size);
        assert_int_equal(fault_map_sum(&map, AREA_LEFT), SIZE - m.source.size);
        assert_memory_equal(sink.bytes, m.bytes, m.source.size);
        fault_map_release(&map);
        free(sink.bytes);
        made_release(&m);
    }
}

/* As a version before left it: a bad area behind the end, and it says the size of before. */
static void a_retry_behind_the_end_of_a_source_ends(void **state)
{
    _Alignas(4096) static uint8_t block[8 * 512];
    struct made_source m;
    struct fault_map map;
    struct sink sink;
    struct rescue r;
    struct err e;

    (void)state;
    made_init(&m, 5, 64 * 512, 512);
    m.ends_at = 40 * 512 + 64;
    sink = (struct sink){.m = &m, .bytes = mem_alloc(64 * 512), .stop_after = 100};
    fault_map_init(&map, 64 * 512, AREA_READ);
    assert_int_equal(fault_map_set(&map, m.ends_at, 64 * 512 - m.ends_at, AREA_BAD, &e), 0);
    r = (struct rescue){.source = &m.source,
                        .map = &map,
                        .until = 64 * 512,
                        .retries = 3,
                        .accepts_end = true,
                        .block = sizeof(block),
                        .bytes = block,
                        .take = take,
                        .go_on = go_on,
                        .context = &sink};
    assert_int_equal(rescue_run(&r, &e), 0);
    assert_int_equal(fault_map_sum(&map, AREA_BAD), 24 * 512 - 64);
    fault_map_release(&map);
    free(sink.bytes);
    made_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeded_faults_cost_exactly_the_sectors_that_cannot_be_read),
        cmocka_unit_test(easy_areas_come_first_and_retries_last),
        cmocka_unit_test(a_source_that_goes_or_ends_is_told_and_goes_on),
        cmocka_unit_test(a_source_that_answers_no_more_costs_no_sector),
        cmocka_unit_test(a_source_that_shrank_to_no_whole_sector_ends),
        cmocka_unit_test(a_retry_behind_the_end_of_a_source_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
