/* test_intake.c: archives that are written byte by byte, and what is said of files that change. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include "practice/intake.h"
#include "practice/tar.h"

static unsigned octal(const char *block, size_t at, size_t digits)
{
    unsigned n = 0;

    for (size_t i = 0; i < digits; i++) {
        assert_in_range(block[at + i], '0', '7');
        n = n * 8 + (unsigned)(block[at + i] - '0');
    }
    return n;
}

/* POSIX.1-2008, pax: the sum of all bytes of the header, with eight spaces in its own place. */
static void assert_sum_holds(const char *block)
{
    unsigned sum = 8 * ' ';

    for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
        if (i < 148 || i >= 156)
            sum += (unsigned char)block[i];
    assert_int_equal(octal(block, 148, 6), sum);
}

static void a_member_is_an_extended_header_and_its_own(void **state)
{
    struct tar_member m = {.type = '0',
                           .path = STR("/etc/motd"),
                           .size = 5,
                           .mode = S_IFREG | 0640,
                           .uid = 1000,
                           .gid = 8,
                           .modified = {1100000000, 123456789},
                           .accessed = {1, 0},
                           .changed = {2, 1}};
    CLEANUP_BUF struct buf out = {0};
    const char *member;

    (void)state;
    tar_add_header(&out, &m);
    assert_int_equal(out.len, 3 * TAR_BLOCK_SIZE);
    assert_int_equal(out.p[156], 'x');
    assert_sum_holds(out.p);
    /* "30 mtime=1100000000.123456789\n": 2 digits, a space, 5, =, 20 and a newline are 30. */
    assert_memory_equal(out.p + TAR_BLOCK_SIZE,
                        "30 mtime=1100000000.123456789\n"
                        "21 atime=1.000000000\n"
                        "21 ctime=2.000000001\n",
                        72);
    assert_int_equal(octal(out.p, 124, 11), 72);
    member = out.p + 2 * TAR_BLOCK_SIZE;
    assert_sum_holds(member);
    assert_string_equal(member, "etc/motd");
    assert_int_equal(member[156], '0');
    assert_memory_equal(member + 257, "ustar\00000", 8);
    assert_int_equal(octal(member, 100, 7), 0640);
    assert_int_equal(octal(member, 108, 7), 1000);
    assert_int_equal(octal(member, 116, 7), 8);
    assert_int_equal(octal(member, 124, 11), 5);
    assert_int_equal(octal(member, 136, 11), 1100000000);
}

/* The records of the extended header of a member. */
static void assert_says(const struct tar_member *m, const char *record, bool is_said)
{
    CLEANUP_BUF struct buf out = {0};
    bool is_found;

    tar_add_header(&out, m);
    is_found = memmem(out.p + TAR_BLOCK_SIZE, out.len - TAR_BLOCK_SIZE, record, strlen(record));
    assert_int_equal(is_found, is_said);
}

static void names_that_a_plain_header_cannot_hold_are_said_apart(void **state)
{
    char name[101 + 1];
    struct tar_member m = {.type = '0', .path = {name, 100}};

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[101] = '\0';
    assert_says(&m, " path=", false);
    m.path.len = 101;
    /* 3 digits, " path=" is 6, 101 and a newline are 111. */
    assert_says(&m, "111 path=nnn", true);
    m.path = STR("new\nline");
    assert_says(&m, "17 path=new\nline\n", true);
    assert_says(&m, "hdrcharset", false);
    m.path = STR("\xff");
    assert_says(&m, "21 hdrcharset=BINARY\n", true);
    assert_says(&m, "9 path=\xff\n", true);
    m.path = STR("\xc3\xbc"); /* with one digit it would be 10, which has two: so it is 11 */
    assert_says(&m, "11 path=\xc3\xbc\n", true);
    m = (struct tar_member){.type = '2', .path = STR("l"), .target = STR("\xc3\xbc")};
    assert_says(&m, "15 linkpath=\xc3\xbc\n", true);
}

static void times_before_1970_and_large_numbers_have_their_spelling(void **state)
{
    static const struct {
        struct utc at;
        const char *record;
    } cases[] = {
        {{0, 0}, "21 mtime=0.000000000\n"},
        {{-1, 0}, "22 mtime=-1.000000000\n"},
        {{-2, 500000000}, "22 mtime=-1.500000000\n"},
        {{-1, 999999999}, "22 mtime=-0.000000001\n"},
    };
    struct tar_member m = {.type = '0', .path = STR("f")};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        m.modified = cases[i].at;
        assert_says(&m, cases[i].record, true);
    }
    m.uid = 2097151; /* 7777777 octal */
    assert_says(&m, " uid=", false);
    m.uid = 2097152;
    assert_says(&m, "15 uid=2097152\n", true);
    m.gid = 4294967295;
    assert_says(&m, "18 gid=4294967295\n", true);
    m.size = 8589934591; /* 77777777777 octal */
    assert_says(&m, " size=", false);
    m.size = 8589934592;
    assert_says(&m, "19 size=8589934592\n", true);
}

/* GNU tar manual, "Storing Sparse Files", PAX format, version 1.0. The map of two areas and the
 * empty one where the file ends: "3\n", "4096\n", "512\n", "1048576\n", "100\n", "2097152\n",
 * "0\n". The member is one block of map and 612 bytes of data: 1124 = 2144 octal. */
static void a_file_with_holes_is_a_map_and_its_data(void **state)
{
    struct file_area list[] = {{4096, 512}, {1048576, 100}};
    struct file_areas areas = {.list = list, .count = 2, .size = 2097152, .data = 612};
    struct tar_member m = {.type = '0', .path = STR("/a/f"), .size = 2097152, .areas = &areas};
    CLEANUP_BUF struct buf out = {0};
    const char *member;

    (void)state;
    assert_says(&m, "22 GNU.sparse.major=1\n", true);
    assert_says(&m, "22 GNU.sparse.minor=0\n", true);
    assert_says(&m, "23 GNU.sparse.name=a/f\n", true);
    assert_says(&m, "31 GNU.sparse.realsize=2097152\n", true);
    assert_says(&m, " path=", false);
    assert_int_equal(tar_content_size(&m), 612);
    tar_add_header(&out, &m);
    assert_int_equal(out.len, 4 * TAR_BLOCK_SIZE);
    member = out.p + 2 * TAR_BLOCK_SIZE;
    assert_string_equal(member, "GNUSparseFile.0/sparse");
    assert_int_equal(octal(member, 124, 11), 02144);
    assert_sum_holds(member);
    assert_string_equal(member + TAR_BLOCK_SIZE, "3\n4096\n512\n1048576\n100\n2097152\n0\n");
    areas.size = m.size = 1048676; /* the last area ends it */
    buf_clear(&out);
    tar_add_header(&out, &m);
    assert_string_equal(out.p + 3 * TAR_BLOCK_SIZE, "2\n4096\n512\n1048576\n100\n");
}

/* The list of rights: version 2, then tag, rights, id of 2, 2 and 4 bytes
 * (linux/posix_acl_xattr.h); the owner rw, user 1000 r, the group r, the mask r, others nothing. */
static void what_a_file_system_tells_besides_stands_in_records(void **state)
{
    static const char acl[] = "\2\0\0\0"
                              "\1\0\6\0\377\377\377\377"
                              "\2\0\4\0\350\3\0\0"
                              "\4\0\4\0\377\377\377\377"
                              "\20\0\4\0\377\377\377\377"
                              "\40\0\0\0\377\377\377\377";
    static struct file_facts f = {.attribute_count = 2, .flags = 0x10 | 0x20 | 0x40};
    struct tar_member m = {.type = '0', .path = STR("f"), .more = &f};

    (void)state;
    f.attributes[0] = (struct file_attribute){"user.a=b%", STR("v\0\n")};
    f.attributes[1] = (struct file_attribute){"system.posix_acl_access", {acl, sizeof(acl) - 1}};
    f.x.stx_mask = STATX_BTIME;
    f.x.stx_btime = (struct statx_timestamp){.tv_sec = 7, .tv_nsec = 8};
    /* 2 digits, a space, 23, =, 11 and a newline are 39. */
    assert_says(&m, "39 LIBARCHIVE.creationtime=7.000000008\n", true);
    assert_says(&m, "36 SCHILY.fflags=schg,sappnd,nodump\n", true);
    assert_says(&m, " SCHILY.xattr.user.a%3Db%25=v", true);
    assert_says(&m, " SCHILY.acl.access=user::rw-,user:1000:r--,group::r--,mask::r--,other::---\n",
                true);
    assert_says(&m, "hdrcharset", false);
}

static void another_name_of_a_file_is_a_link_to_the_first(void **state)
{
    struct tar_member m = {.type = '1', .path = STR("/a/b"), .target = STR("/a/f")};
    CLEANUP_BUF struct buf out = {0};

    (void)state;
    tar_add_header(&out, &m);
    assert_string_equal(out.p + 2 * TAR_BLOCK_SIZE, "a/b");
    assert_string_equal(out.p + 2 * TAR_BLOCK_SIZE + 157, "a/f");
    assert_int_equal(out.p[2 * TAR_BLOCK_SIZE + 156], '1');
    assert_int_equal(octal(out.p + 2 * TAR_BLOCK_SIZE, 124, 11), 0);
}

static void content_is_filled_up_to_whole_blocks(void **state)
{
    static const struct {
        uint64_t size;
        size_t padding;
    } cases[] = {{0, 0}, {1, 511}, {511, 1}, {512, 0}, {513, 511}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf out = {0};

        tar_add_padding(&out, cases[i].size);
        assert_int_equal(out.len, cases[i].padding);
    }
}

static void a_name_of_any_bytes_is_one_line_of_text(void **state)
{
    static const char *const cases[][2] = {
        {"/etc/passwd", "/etc/passwd"},
        {"/a\nb", "/a\\x0ab"},
        {"/\x1b[2J", "/\\x1b[2J"},
        {"/\x7f", "/\\x7f"},
        {"/back\\slash", "/back\\x5cslash"},
        {"/\xc3\xbc", "/\xc3\xbc"},
        {"/\xc3", "/\\xc3"},
        {"/\xff\xfe", "/\\xff\\xfe"},
        {"/\xed\xa0\x80", "/\\xed\\xa0\\x80"}, /* a surrogate: RFC 3629 forbids it */
        {"/\xf0\x9f\x94\xa5", "/\xf0\x9f\x94\xa5"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf out = {0};

        intake_path_text(&out, cases[i][0]);
        assert_string_equal(buf_text(&out), cases[i][1]);
    }
}

static struct stat file_of(off_t size, time_t modified, time_t changed, time_t accessed)
{
    return (struct stat){.st_size = size,
                         .st_mtim = {modified, 5},
                         .st_ctim = {changed, 5},
                         .st_atim = {accessed, 5}};
}

static void what_changed_while_a_file_was_read_is_said(void **state)
{
    static const char moved[] = "access time was changed";
    struct stat before = file_of(10, 1, 2, 3);
    const struct {
        struct stat after;
        uint64_t got;
        bool keeps_time;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {file_of(10, 1, 2, 3), 10, true, NULL},
        {file_of(20, 9, 9, 3), 10, true, "10 bytes before, 20 after; the 10 bytes"},
        {file_of(4, 9, 9, 3), 4, true, "10 bytes before, 4 after; the 4 bytes"},
        {file_of(10, 9, 2, 3), 10, true, "changed while it was read"},
        {file_of(10, 1, 9, 3), 10, true, "changed while it was read"},
        {file_of(10, 1, 2, 3), 7, true, "changed while it was read; the 7 bytes"},
        {file_of(10, 1, 2, 9), 10, false, moved},
        {file_of(10, 1, 2, 9), 10, true, "another program read it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf remark = {0};

        intake_changes(&remark, &before, &cases[i].after, cases[i].got, cases[i].keeps_time);
        if (cases[i].says)
            assert_non_null(strstr(buf_text(&remark), cases[i].says));
        else
            assert_int_equal(remark.len, 0);
    }
}

static void a_file_that_is_made_up_is_no_changed_one(void **state)
{
    struct stat before = file_of(0, 1, 2, 3);
    CLEANUP_BUF struct buf remark = {0};

    (void)state;
    assert_int_equal(intake_size(&before), INTAKE_MADE_UP_SIZE);
    intake_changes(&remark, &before, &before, 100, true);
    assert_string_equal(buf_text(&remark), "made by the system as it is read");
    buf_clear(&remark);
    intake_changes(&remark, &before, &before, 0, true);
    assert_int_equal(remark.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_an_extended_header_and_its_own),
        cmocka_unit_test(names_that_a_plain_header_cannot_hold_are_said_apart),
        cmocka_unit_test(times_before_1970_and_large_numbers_have_their_spelling),
        cmocka_unit_test(a_file_with_holes_is_a_map_and_its_data),
        cmocka_unit_test(what_a_file_system_tells_besides_stands_in_records),
        cmocka_unit_test(another_name_of_a_file_is_a_link_to_the_first),
        cmocka_unit_test(content_is_filled_up_to_whole_blocks),
        cmocka_unit_test(a_name_of_any_bytes_is_one_line_of_text),
        cmocka_unit_test(what_changed_while_a_file_was_read_is_said),
        cmocka_unit_test(a_file_that_is_made_up_is_no_changed_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
