/* test_evidence_disk.c: what a worker says of a disk is believed only where a sound one could say
 * it; a body file's lines are as The Sleuth Kit writes them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/mem.h"
#include "evidence/disk_wire.h"
#include "practice/disk_body.h"
#include "evidence/image_set.h"

enum { MOST = 1000 };

struct told {
    unsigned files, ends, troubles;
    uint64_t size;
};

static int on_file(void *context, const struct disk_file *f, struct err *e)
{
    (void)f;
    (void)e;
    ((struct told *)context)->files++;
    return 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    (void)e;
    ((struct told *)context)->size += bytes.len;
    return 0;
}

static int on_hole(void *context, uint64_t size, struct err *e)
{
    (void)e;
    ((struct told *)context)->size += size;
    return 0;
}

static int on_end(void *context, const struct disk_end *end, struct err *e)
{
    (void)end;
    (void)e;
    ((struct told *)context)->ends++;
    return 0;
}

static int on_trouble(void *context, struct str path, struct str why, struct err *e)
{
    (void)path;
    (void)why;
    (void)e;
    ((struct told *)context)->troubles++;
    return 0;
}

static struct told told;
static const struct disk_receiver receiver = {.file = on_file,
                                              .data = on_data,
                                              .hole = on_hole,
                                              .end = on_end,
                                              .trouble = on_trouble,
                                              .context = &told};

static struct disk_reading begin(void)
{
    told = (struct told){0};
    return (struct disk_reading){.to = &receiver, .most = MOST, .wants_content = true};
}

static int take(struct disk_reading *r, uint32_t kind, const void *head, size_t size,
                struct str rest)
{
    CLEANUP_BUF struct buf body = {0};
    struct err e = {0};
    int code;

    buf_add(&body, head, size);
    buf_addstr(&body, rest);
    code = disk_take_message(r, kind, buf_str(&body), &e);
    assert_true((code == 0) == (e.text[0] == '\0'));
    return code;
}

static struct disk_file_head head_for(struct str path)
{
    return (struct disk_file_head){.inode = 12,
                                   .size = 11,
                                   .mode = 0644,
                                   .type = DISK_FILE,
                                   .name_type = DISK_FILE,
                                   .flags = DISK_HAS_META | DISK_HAS_CONTENT,
                                   .path_len = (uint32_t)path.len};
}

static int take_file(struct disk_reading *r, struct str path)
{
    struct disk_file_head h = head_for(path);

    return take(r, DISK_WIRE_FILE, &h, sizeof(h), path);
}

static int take_end(struct disk_reading *r, uint64_t size)
{
    struct disk_end_head h = {.size = size};

    return take(r, DISK_WIRE_END, &h, sizeof(h), STR(""));
}

static void a_sound_reading_is_told(void **state)
{
    struct disk_reading r = begin();
    struct disk_count count = {.files = 1};
    uint64_t hole = 6;

    (void)state;
    assert_int_equal(take_file(&r, STR("etc\0passwd")), 0);
    assert_int_equal(take(&r, DISK_WIRE_DATA, "hello", 5, STR("")), 0);
    assert_int_equal(take(&r, DISK_WIRE_HOLE, &hole, sizeof(hole), STR("")), 0);
    assert_int_equal(take_end(&r, 11), 0);
    assert_int_equal(take(&r, DISK_WIRE_TROUBLE, "\1\0\0\0", 4, STR("xcannot be read")), 0);
    assert_int_equal(take(&r, DISK_WIRE_COUNT, &count, sizeof(count), STR("")), 0);
    assert_true(r.has_count);
    assert_int_equal(told.files, 1);
    assert_int_equal(told.ends, 1);
    assert_int_equal(told.troubles, 1);
    assert_int_equal(told.size, 11);
}

static void a_path_that_is_none_is_refused(void **state)
{
    static const struct str paths[] = {{"", 0}, {"a\0", 2}, {"\0a", 2}, {"a\0\0b", 4}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct disk_reading r = begin();

        assert_int_equal(take_file(&r, paths[i]), ERR_TAMPER);
        assert_int_equal(told.files, 0);
    }
}

static void facts_that_cannot_be_are_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct disk_reading r = begin();
        struct disk_file_head h = head_for(STR("a"));

        h.type = i == 0 ? DISK_TYPE_COUNT_ : h.type;
        h.name_type = i == 1 ? UINT32_MAX : h.name_type;
        h.mode = i == 2 ? 010000 : h.mode;
        h.time[3].ns = i == 3 ? 1000000000 : 0;
        h.time[7].sec = i == 4 ? INT64_MAX : 0; /* no year that can be written */
        h.size = i == 5 ? UINT64_MAX : h.size;
        h.link_len = i == 6 ? 1 : 0; /* more than there is */
        h.path_len = i == 7 ? UINT32_MAX : h.path_len;
        assert_int_equal(take(&r, DISK_WIRE_FILE, &h, sizeof(h), STR("a")), ERR_TAMPER);
    }
}

static void content_comes_only_where_it_may(void **state)
{
    struct disk_reading r = begin();
    uint64_t all = UINT64_MAX, most = MOST, one = 1;

    (void)state;
    assert_int_equal(take(&r, DISK_WIRE_DATA, "x", 1, STR("")), ERR_TAMPER); /* of what? */
    assert_int_equal(take_end(&r, 0), ERR_TAMPER);
    assert_int_equal(take_file(&r, STR("a")), 0);
    assert_int_equal(take_file(&r, STR("b")), ERR_TAMPER); /* the first has no end */
    assert_int_equal(take(&r, DISK_WIRE_HOLE, &all, sizeof(all), STR("")), ERR_TAMPER);
    assert_int_equal(take(&r, DISK_WIRE_HOLE, &most, sizeof(most), STR("")), 0);
    assert_int_equal(take(&r, DISK_WIRE_HOLE, &one, sizeof(one), STR("")), ERR_TAMPER);
    assert_int_equal(take_end(&r, MOST - 1), ERR_TAMPER);
    assert_int_equal(take_end(&r, MOST), 0);
}

static void nothing_comes_behind_the_last_message(void **state)
{
    struct disk_reading r = begin();
    struct disk_count count = {.files = 0};
    struct disk_count wrong = {.files = 1};

    (void)state;
    assert_int_equal(take(&r, DISK_WIRE_COUNT, &wrong, sizeof(wrong), STR("")), ERR_TAMPER);
    assert_int_equal(take(&r, DISK_WIRE_COUNT, &count, sizeof(count), STR("")), 0);
    assert_int_equal(take_file(&r, STR("a")), ERR_TAMPER);
    assert_int_equal(take(&r, 200, "", 0, STR("")), ERR_TAMPER);
}

static void doubts_are_few_and_say_something(void **state)
{
    struct disk_reading r = begin();
    char text[DISK_TEXT_LIMIT + 1] = {0};

    (void)state;
    assert_int_equal(take(&r, DISK_WIRE_DOUBT, "", 0, STR("")), ERR_TAMPER);
    assert_int_equal(take(&r, DISK_WIRE_DOUBT, text, sizeof(text), STR("")), ERR_TAMPER);
    for (unsigned i = 0; i < DISK_DOUBT_COUNT; i++)
        assert_int_equal(take(&r, DISK_WIRE_DOUBT, "", 0, STR("lost")), 0);
    assert_int_equal(take(&r, DISK_WIRE_DOUBT, "", 0, STR("lost")), ERR_TAMPER);
}

/* Lines in the form of The Sleuth Kit's wiki, "Body file"; the letters of a socket as fls has them.
 */
static void a_body_file_has_the_lines_that_other_tools_read(void **state)
{
    struct disk_file f = {.path = STR("a|b\0c\nd"),
                          .inode = 12,
                          .size = 5,
                          .mode = 04755,
                          .uid = 1000,
                          .gid = 100,
                          .has_meta = true,
                          .type = DISK_FILE,
                          .name_type = DISK_FILE,
                          .time = {[DISK_MODIFIED] = {2, 0},
                                   [DISK_ACCESSED] = {1, 0},
                                   [DISK_CHANGED] = {3, 0},
                                   [DISK_BORN] = {4, 0}}};
    CLEANUP_BUF struct buf out = {0};

    (void)state;
    disk_body_add(&out, &f);
    assert_string_equal(buf_text(&out), "0|/a^b/c^d|12|r/rrwsr-xr-x|1000|100|5|1|2|3|4\n");
    buf_clear(&out);
    f.path = STR("l");
    f.link = STR("../x");
    f.type = f.name_type = DISK_LINK;
    f.mode = 0777;
    f.is_deleted = true;
    f.is_reallocated = true;
    disk_body_add(&out, &f);
    assert_string_equal(buf_text(&out),
                        "0|/l -> ../x (deleted-realloc)|12|l/lrwxrwxrwx|1000|100|5|1|2|3|4\n");
    buf_clear(&out);
    f = (struct disk_file){
        .path = STR("s"), .inode = 0, .is_deleted = true, .name_type = DISK_SOCKET};
    disk_body_add(&out, &f);
    assert_string_equal(buf_text(&out), "0|/s (deleted)|0|s/----------|0|0|0|0|0|0|0\n");
}

static void the_files_of_a_set_follow_each_other(void **state)
{
    /* E01: "EWF specification", section 2.1, naming; others: split(1) and dd's habits */
    static const char *const cases[][2] = {
        {"x.E01", "x.E02"},         {"x.E09", "x.E10"}, {"x.E99", "x.EAA"}, {"x.EAZ", "x.EBA"},
        {"x.EZZ", "x.FAA"},         {"x.ZZZ", NULL},    {"x.e99", "x.eaa"}, {"x.s01", "x.s02"},
        {"x.001", "x.002"},         {"x.099", "x.100"}, {"x.999", NULL},    {"x.aa", "x.ab"},
        {"x.az", "x.ba"},           {"x.zz", NULL},     {"x", NULL},        {"x.d/y", NULL},
        {"/a.b/x.00", "/a.b/x.01"}, {"x.0a1", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_adds(&path, cases[i][0]);
        if (image_set_next(&path) != (cases[i][1] != NULL))
            fail_msg("%s", cases[i][0]);
        if (cases[i][1])
            assert_string_equal(buf_text(&path), cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_reading_is_told),
        cmocka_unit_test(a_path_that_is_none_is_refused),
        cmocka_unit_test(facts_that_cannot_be_are_refused),
        cmocka_unit_test(content_comes_only_where_it_may),
        cmocka_unit_test(nothing_comes_behind_the_last_message),
        cmocka_unit_test(doubts_are_few_and_say_something),
        cmocka_unit_test(a_body_file_has_the_lines_that_other_tools_read),
        cmocka_unit_test(the_files_of_a_set_follow_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
