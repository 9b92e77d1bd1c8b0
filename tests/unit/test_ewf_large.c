/* test_ewf_large.c: a disk of 64 TiB as an E01 whose files are computed as they are read: any place
 * of it is read in little memory and at once, the last sector too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include "base/mem.h"
#include "evidence/image.h"
#include "sys/confine.h"

/* The groups are those of doc/format/image.md section 2: 8,192 chunks of 32 KiB. Each chunk is its
 * own number and zeros, stored as it is, so that its place is seen in its bytes. */
enum {
    CHUNK = 32768,
    STORED = CHUNK + 4,
    GROUP = 8192,
    HEAD = 13,
    SECTION = 76,
    VOLUME = 1052,
    TABLE = 24 + 4 * GROUP + 4,
    FILE_GROUPS = 1024, /* 256 GiB in a file */
    FILE_COUNT = 256,
};
#define DISK_SIZE ((uint64_t)64 << 40)
#define GROUP_SIZE ((uint64_t)GROUP * STORED)
#define GROUP_FILE_SIZE (3 * SECTION + GROUP_SIZE + 2 * TABLE)
#define START_SIZE (HEAD + SECTION + VOLUME)
#define FILE_SIZE (START_SIZE + FILE_GROUPS * GROUP_FILE_SIZE + SECTION)

static void put(uint8_t *to, uint64_t n, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(n >> 8 * i);
}

static void sum(uint8_t *bytes, size_t size)
{
    put(bytes + size, libdeflate_adler32(1, bytes, size), 4);
}

static void make_head(uint8_t *to, const char *type, uint64_t off, uint64_t size)
{
    memset(to, 0, SECTION);
    memcpy(to, type, strlen(type));
    put(to + 16, off + size, 8);
    put(to + 24, size, 8);
    sum(to, 72);
}

static void make_start(uint8_t *to, size_t file)
{
    uint8_t *volume = to + HEAD + SECTION;

    memset(to, 0, START_SIZE);
    memcpy(to, "EVF\x09\x0d\x0a\xff\x00\x01", 9);
    put(to + 9, file + 1, 2);
    make_head(to + HEAD, file ? "data" : "volume", HEAD, SECTION + VOLUME);
    put(volume + 4, DISK_SIZE / CHUNK, 4);
    put(volume + 8, 64, 4);
    put(volume + 12, 512, 4);
    put(volume + 16, DISK_SIZE / 512, 8);
    memset(volume + 64, 7, 16);
    sum(volume, VOLUME - 4);
}

/* Each table is the same but for its base: the section of its chunks. */
static void make_table(uint8_t *to, uint64_t base)
{
    static uint8_t made[TABLE];

    if (made[0] == 0 && made[1] == 0) { /* once: there are half a million */
        put(made, GROUP, 4);
        for (uint64_t i = 0; i < GROUP; i++)
            put(made + 24 + 4 * i, SECTION + i * STORED, 4);
        sum(made + 24, 4 * GROUP);
    }
    memcpy(to, made, TABLE);
    put(to + 8, base, 8);
    sum(to, 20);
}

static void make_chunk(uint8_t *to, uint64_t number)
{
    memset(to, 0, STORED);
    put(to, number, 8);
    sum(to, CHUNK);
}

/* The piece of the file that this byte is in: writes it, says where it begins and how long it is.
 */
static uint64_t make_piece(uint8_t *to, size_t file, uint64_t off, size_t *size)
{
    uint64_t group = off < START_SIZE ? 0 : (off - START_SIZE) / GROUP_FILE_SIZE;
    uint64_t base = START_SIZE + group * GROUP_FILE_SIZE;
    uint64_t at = off - base;
    uint64_t tables = SECTION + GROUP_SIZE;
    uint64_t chunk = (at - SECTION) / STORED;
    bool is_second = at >= tables + SECTION + TABLE;

    *size = SECTION;
    if (off < START_SIZE) {
        make_start(to, file);
        *size = START_SIZE;
        return 0;
    }
    if (group == FILE_GROUPS) {
        make_head(to, file + 1 < FILE_COUNT ? "next" : "done", base, 0);
        return base;
    }
    if (at < SECTION) {
        make_head(to, "sectors", base, tables);
        return base;
    }
    if (at < tables) {
        make_chunk(to, ((uint64_t)file * FILE_GROUPS + group) * GROUP + chunk);
        *size = STORED;
        return base + SECTION + chunk * STORED;
    }
    at -= tables + (is_second ? SECTION + TABLE : 0);
    base += tables + (is_second ? SECTION + TABLE : 0);
    if (at < SECTION) {
        make_head(to, is_second ? "table2" : "table", base, SECTION + TABLE);
        return base;
    }
    make_table(to, START_SIZE + group * GROUP_FILE_SIZE);
    *size = TABLE;
    return base + SECTION;
}

static int read_made(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                     size_t size, struct err *e)
{
    static uint8_t piece[STORED > TABLE ? STORED : TABLE];

    (void)e;
    assert_true(off + size <= files->sizes[file]);
    while (size) {
        size_t len;
        uint64_t from = make_piece(piece, file, off, &len);
        size_t part = (size_t)(from + len - off);

        assert_in_range(part, 1, len);
        part = part < size ? part : size;
        memcpy(bytes, piece + (off - from), part);
        bytes = (char *)bytes + part;
        off += part;
        size -= part;
    }
    return 0;
}

static void see_problem(void *context, const struct image_problem *p)
{
    (void)context;
    fail_msg("%s: file %u byte %llu", image_problem_words(p->kind), p->file,
             (unsigned long long)p->off);
}

static uint64_t resident_kib(void)
{
    struct rusage use;

    assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
    return (uint64_t)use.ru_maxrss;
}

static void any_place_of_64_tib_is_read_in_little_memory(void **state)
{
    static const uint64_t places[] = {
        0,
        CHUNK,
        (uint64_t)GROUP * CHUNK,
        ((uint64_t)2 << 40) - CHUNK, /* the last below 2 TiB */
        (uint64_t)2 << 40,
        DISK_SIZE - ((uint64_t)1 << 30),
        DISK_SIZE - CHUNK,
        (uint64_t)16 << 40,
        0,
    };
    const struct image_watcher watcher = {see_problem, NULL};
    struct media_files files = {.count = FILE_COUNT, .read_at = read_made};
    CLEANUP_FREE uint64_t *sizes = mem_array(FILE_COUNT, sizeof(sizes[0]));
    CLEANUP(image_closep) struct image *image = NULL;
    uint64_t before = resident_kib();
    const struct media *media;

    (void)state;
    (void)before; /* a sanitizer takes memory of its own */
    for (size_t i = 0; i < FILE_COUNT; i++)
        sizes[i] = FILE_SIZE;
    files.sizes = sizes;
    assert_int_equal(image_open(&image, &files, IMAGE_E01, &watcher, NULL), 0);
    media = image_media(image);
    assert_true(media->size == DISK_SIZE);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        uint8_t bytes[512];
        uint8_t expected[512] = {0};
        size_t damaged;

        put(expected, places[i] / CHUNK, 8);
        assert_int_equal(media->read_at(media->context, places[i], bytes, 512, &damaged, NULL), 0);
        assert_int_equal(damaged, 0);
        assert_memory_equal(bytes, expected, 512);
    }
    assert_int_equal(image_check(image, DISK_SIZE - ((uint64_t)1 << 30), DISK_SIZE, NULL), 0);
#if !CONFINE_SANITIZED
    /* 262,144 groups of some 64 bytes, twice while they are put in order, and the cache. */
    assert_in_range(resident_kib() - before, 0, 96 << 10);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_place_of_64_tib_is_read_in_little_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
