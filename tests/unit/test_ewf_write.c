/* test_ewf_write.c: a group's head may lie in a page that is on the disk, in one that is still in
 * memory, or in both: wherever it begins, the file has it whole, and each chunk where the table
 * says. The file is read here without the project's reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>
#include <zlib.h>
#include "acquire/ewf_write.h"
#include "sys/file.h"

enum {
    HEAD = 76,
    PAGE = 4096,
    FIRST_SIZE = 8,   /* of a chunk of the first group */
    SECOND_SIZE = 600 /* of the second: more than what is kept in memory */
};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* Two whole groups; the last chunk of the first one has more bytes. Returns where the second
 * group's chunks begin to stand, read from its table. */
static uint64_t check_file(const struct buf *file, size_t more)
{
    const uint8_t *bytes = (const uint8_t *)file->p;
    uint64_t at = 13, group = 0, next;
    uint32_t chunk = 0;

    for (;; at = next) {
        const uint8_t *s = bytes + at;

        assert_true(at + HEAD <= file->len);
        assert_int_equal(get32(s + 72), adler32(1, s, 72));
        next = get64(s + 16);
        if (strcmp((const char *)s, "sectors") == 0)
            group = at;
        if (strcmp((const char *)s, "done") == 0)
            break;
        assert_int_equal(next, at + get64(s + 24));
        if (strcmp((const char *)s, "table"))
            continue;
        assert_int_equal(get32(s + HEAD), EWF_GROUP_CHUNKS);
        for (uint32_t i = 0; i < EWF_GROUP_CHUNKS; i++, chunk++) {
            uint64_t place = get64(s + HEAD + 8) + (get32(s + HEAD + 24 + 4 * i) & 0x7fffffff);
            size_t size = chunk < EWF_GROUP_CHUNKS ? FIRST_SIZE : SECOND_SIZE;

            size += chunk == EWF_GROUP_CHUNKS - 1 ? more : 0;
            assert_int_equal(get32(bytes + place), chunk);
            assert_int_equal(get32(bytes + place + size - 4), chunk);
        }
    }
    assert_int_equal(at + HEAD, file->len);
    assert_int_equal(chunk, 2 * EWF_GROUP_CHUNKS);
    return group;
}

static void add_chunk(struct ewf_writer *w, uint32_t n, size_t size)
{
    uint8_t chunk[2 * PAGE] = {0};
    memcpy(chunk, &n, 4);
    memcpy(chunk + size - 4, &n, 4);
    assert_int_equal(ewf_add_chunk(w, chunk, size, true, NULL), 0);
}

static uint64_t write_and_check(const char *folder, size_t more)
{
    const struct ewf_facts facts = {.size = (uint64_t)2 * EWF_GROUP_CHUNKS << 15,
                                    .sector_size = 512};
    const struct digests_result digests = {0};
    const struct fault_map map = {0};
    CLEANUP(target_files_release) struct target_files files = TARGET_FILES_NONE;
    const struct ewf_open_group none = {0};
    CLEANUP(ewf_writer_freep) struct ewf_writer *w = NULL;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf file = {0};

    assert_int_equal(target_files_init(&files, TARGET_E01, folder, "im", NULL), 0);
    assert_int_equal(ewf_writer_new(&w, &facts, &files, 0, &none, NULL), 0);
    for (uint32_t i = 0; i < 2 * EWF_GROUP_CHUNKS; i++)
        add_chunk(w, i,
                  (i < EWF_GROUP_CHUNKS ? FIRST_SIZE : SECOND_SIZE) +
                      (i == EWF_GROUP_CHUNKS - 1 ? more : 0));
    assert_int_equal(ewf_end(w, &digests, &map, NULL), 0);
    target_files_path(&files, 1, &path);
    assert_int_equal(file_read(&file, buf_text(&path), BUF_LIMIT - 1, NULL), 0);
    assert_int_equal(unlink(buf_text(&path)), 0);
    return check_file(&file, more);
}

static void a_group_begins_anywhere_in_a_page(void **state)
{
    char folder[] = "ewf-XXXXXX";
    uint64_t first;
    size_t straddling = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    first = write_and_check(folder, 0);
    /* From one byte before the head fits into its page to one behind. */
    for (uint64_t want = PAGE - HEAD - 1; want <= PAGE + 1; want++) {
        size_t more = (size_t)((want + PAGE - first % PAGE) % PAGE);
        uint64_t group = write_and_check(folder, more);

        assert_int_equal(group, first + more);
        straddling += group % PAGE > PAGE - HEAD;
    }
    assert_int_equal(straddling, HEAD - 1);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_group_begins_anywhere_in_a_page)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
