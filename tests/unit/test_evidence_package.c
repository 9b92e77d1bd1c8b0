/* test_evidence_package.c: a package is good up to where it was cut or changed, at every byte, and
 * gives nothing that was not in it; what none holds is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/age_stream.h"
#include "evidence/package_walk.h"
#include "practice/evidence.h"
#include "practice/tar.h"
#include "sys/file.h"
#include "sys/worker.h"

static const uint8_t file_key[AGE_FILE_KEY_SIZE] = "sixteen bytes...";

struct part {
    const char *name;
    struct str bytes;
    char type; /* '0', or what no package holds */
    const char *target;
};

static void add_member(struct buf *tar, const struct part *p)
{
    const struct tar_member m = {.type = p->type ? p->type : '0',
                                 .path = str_of(p->name),
                                 .target = str_of(p->target),
                                 .size = p->bytes.len,
                                 .mode = 0644,
                                 .modified = {1, 2}};

    tar_add_header(tar, &m);
    buf_addstr(tar, p->bytes);
    tar_add_padding(tar, p->bytes.len);
}

static void add_sum(struct buf *sums, const struct part *p)
{
    struct hash sum = hash_bytes(p->bytes.p, p->bytes.len);

    hex_add(sums, sum.b, sizeof(sum.b));
    buf_addf(sums, "  %s\n", p->name);
}

/* An archive as doc/format/package.md says, of these members. */
static void make_tar(struct buf *tar, const struct part *parts, size_t count)
{
    CLEANUP_BUF struct buf sums = {0};

    for (size_t i = 0; i < count; i++)
        add_sum(&sums, &parts[i]);
    add_member(tar, &(struct part){.name = "SHA256SUMS", .bytes = buf_str(&sums)});
    for (size_t i = 0; i < count; i++)
        add_member(tar, &parts[i]);
    tar_add_end(tar);
}

static void make_head(struct buf *out)
{
    uint8_t recipient[AGE_KEY_SIZE] = {0};
    struct age_share share;
    struct err e = {0};

    memset(recipient, 9, sizeof(recipient));
    assert_int_equal(age_wrap(&share, recipient, file_key, &e), 0);
    age_head_begin(out);
    age_head_add_share(out, &share);
    age_head_end(out, file_key);
}

static void seal(struct buf *out, struct str tar)
{
    CLEANUP(age_sealer_freep) struct age_sealer *s = NULL;

    make_head(out);
    s = age_sealer_new(file_key, out);
    age_seal(s, tar, out);
    age_seal_end(s, out);
}

/* What was told: each member's name, bytes and end, in order. */
static int on_begin(void *context, struct str name, const struct hash *sum, struct err *e)
{
    (void)e;
    buf_addf(context, "<" STR_FMT "%s>", STR_ARG(name), sum ? "" : "!");
    return 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    (void)e;
    buf_addstr(context, bytes);
    return 0;
}

static int on_end(void *context, struct err *e)
{
    (void)e;
    buf_adds(context, "</>");
    return 0;
}

struct memory {
    struct str rest;
};

static int read_memory(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct memory *m = context;
    struct str part = str_head(m->rest, size);

    (void)e;
    memcpy(bytes, part.p, part.len);
    m->rest = str_from(m->rest, part.len);
    *got = part.len;
    return 0;
}

static int walk(struct str package, struct buf *told, struct package_summary *sum, struct err *e)
{
    struct memory memory = {package};
    const struct bundle_source source = {read_memory, &memory};
    const struct package_receiver to = {on_begin, on_data, on_end, told};

    *sum = (struct package_summary){.state = BUNDLE_UNSOUND};
    return package_walk(&source, file_key, &to, sum, e);
}

static void fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 251);
}

/* A small one, whose every byte is in the last chunk, and one of more than two chunks. */
static void make_package(struct buf *out, size_t size)
{
    CLEANUP_FREE char *bytes = mem_alloc(size + 1);
    CLEANUP_BUF struct buf tar = {0};
    const struct part parts[] = {{.name = "README.txt", .bytes = STR("read me\n")},
                                 {.name = "evidence/e1/disk.raw", .bytes = {bytes, size}}};

    fill(bytes, size);
    make_tar(&tar, parts, COUNT_OF(parts));
    seal(out, buf_str(&tar));
}

static void a_whole_package_is_told_whole(void **state)
{
    CLEANUP_BUF struct buf package = {0};
    CLEANUP_BUF struct buf told = {0};
    struct package_summary sum;
    struct err e = {0};

    (void)state;
    make_package(&package, 3);
    assert_int_equal(walk(buf_str(&package), &told, &sum, &e), 0);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
    assert_int_equal(sum.members, 3);
    assert_non_null(strstr(buf_text(&told), "<README.txt>read me\n</><evidence/e1/disk.raw>"));
    assert_true(str_starts(buf_str(&told), "<SHA256SUMS!>"));
}

/* Whatever is told of a package that was harmed is the beginning of what is told of the whole one.
 */
static void check_harmed(struct str package, const struct buf *whole, const char *what, size_t at)
{
    CLEANUP_BUF struct buf told = {0};
    struct package_summary sum;
    struct err e = {0};
    int rc = walk(package, &told, &sum, &e);

    if (rc == 0 && sum.state == BUNDLE_WHOLE)
        fail_msg("%s at %zu was not found", what, at);
    if (rc == 0 && sum.why[0] == '\0')
        fail_msg("%s at %zu: it is not said why", what, at);
    if (told.len > whole->len || (told.len && memcmp(told.p, whole->p, told.len) != 0))
        fail_msg("%s at %zu: other bytes were told", what, at);
}

static void told_whole(const struct buf *package, struct buf *told)
{
    struct package_summary sum;
    struct err e = {0};

    assert_int_equal(walk(buf_str(package), told, &sum, &e), 0);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
}

static void a_cut_at_any_byte_is_found(void **state)
{
    static const size_t sizes[] = {100, 3 * AGE_CHUNK_SIZE};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        CLEANUP_BUF struct buf package = {0};
        CLEANUP_BUF struct buf whole = {0};
        size_t step = 1;

        make_package(&package, sizes[s]);
        told_whole(&package, &whole);
        /* Of the large one every byte around the places where chunks end, and each 97th. */
        for (size_t i = 0; i < package.len; i += step) {
            size_t in_chunk = i % (AGE_CHUNK_SIZE + AGE_TAG_SIZE);

            check_harmed(str_head(buf_str(&package), i), &whole, "a cut", i);
            step = s == 0 || in_chunk < 400 || i + 400 > package.len ? 1 : 97;
        }
    }
}

static void any_changed_byte_is_found(void **state)
{
    CLEANUP_BUF struct buf package = {0};
    CLEANUP_BUF struct buf whole = {0};

    (void)state;
    make_package(&package, 100);
    told_whole(&package, &whole);
    for (size_t i = 0; i < package.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            package.p[i] ^= (char)(1 << bit);
            check_harmed(buf_str(&package), &whole, "a changed bit", 8 * i + bit);
            package.p[i] ^= (char)(1 << bit);
        }
}

static void what_stands_behind_a_package_is_found(void **state)
{
    static const size_t sizes[] = {1, 16, 17, AGE_CHUNK_SIZE + AGE_TAG_SIZE};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        CLEANUP_BUF struct buf package = {0};
        CLEANUP_BUF struct buf whole = {0};

        make_package(&package, 100);
        told_whole(&package, &whole);
        buf_addn(&package, 'x', sizes[i]);
        check_harmed(buf_str(&package), &whole, "more", sizes[i]);
    }
}

/* What came whole before the cut is told whole. */
static void what_stands_before_a_cut_is_told(void **state)
{
    CLEANUP_BUF struct buf package = {0};
    CLEANUP_BUF struct buf told = {0};
    struct package_summary sum;
    struct err e = {0};

    (void)state;
    make_package(&package, 3 * AGE_CHUNK_SIZE);
    assert_int_equal(walk(str_head(buf_str(&package), 2 * AGE_CHUNK_SIZE), &told, &sum, &e), 0);
    assert_int_equal(sum.state, BUNDLE_CUT);
    assert_int_equal(sum.chunks, 1);
    assert_int_equal(sum.members, 2);
    assert_non_null(strstr(buf_text(&told), "<README.txt>read me\n</>"));
}

/* Sealed by whoever has the key: the archive itself is hostile. */
static void what_no_package_holds_is_refused(void **state)
{
    const struct part cases[] = {
        {.name = "../out", .bytes = STR("x")},
        {.name = "a/../../out", .bytes = STR("x")},
        {.name = "a//b", .bytes = STR("x")},
        {.name = "./a", .bytes = STR("x")},
        {.name = ".hidden", .bytes = STR("x")},
        {.name = "-rf", .bytes = STR("x")},
        {.name = "a/.b", .bytes = STR("x")},
        {.name = "a b", .bytes = STR("x")},
        {.name = "a\033[2J", .bytes = STR("x")},
        {.name = "a\nb", .bytes = STR("x")},
        {.name = "1/2/3/4/5/6/7/8/9", .bytes = STR("x")},
        {.name = "link", .type = '2', .target = "/etc/passwd"},
        {.name = "link", .type = '1', .target = "README.txt"},
        {.name = "folder", .type = '5'},
        {.name = "device", .type = '3'},
        {.name = "fifo", .type = '6'},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf tar = {0};
        CLEANUP_BUF struct buf package = {0};
        CLEANUP_BUF struct buf told = {0};
        CLEANUP_BUF struct buf begun = {0};
        struct package_summary sum;
        struct err e = {0};

        make_tar(&tar, &cases[i], 1);
        seal(&package, buf_str(&tar));
        assert_int_equal(walk(buf_str(&package), &told, &sum, &e), 0);
        if (sum.state != BUNDLE_UNSOUND)
            fail_msg("%s, type %c, was not refused", cases[i].name, cases[i].type);
        buf_addf(&begun, "<%s>", cases[i].name);
        assert_null(strstr(buf_text(&told), buf_text(&begun)));
    }
}

static enum bundle_state state_of(struct str tar)
{
    CLEANUP_BUF struct buf package = {0};
    CLEANUP_BUF struct buf told = {0};
    struct package_summary sum;
    struct err e = {0};

    seal(&package, tar);
    assert_int_equal(walk(buf_str(&package), &told, &sum, &e), 0);
    return sum.state;
}

static void members_are_those_of_the_list_and_in_its_order(void **state)
{
    const struct part a = {.name = "a", .bytes = STR("1")};
    const struct part b = {.name = "b", .bytes = STR("2")};
    CLEANUP_BUF struct buf sums = {0};
    CLEANUP_BUF struct buf tar = {0};
    struct part list = {.name = "SHA256SUMS"};

    (void)state;
    add_sum(&sums, &a);
    add_sum(&sums, &b);
    list.bytes = buf_str(&sums);

    add_member(&tar, &list); /* one is missing */
    add_member(&tar, &a);
    tar_add_end(&tar);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_UNSOUND);

    buf_clear(&tar); /* in another order */
    add_member(&tar, &list);
    add_member(&tar, &b);
    add_member(&tar, &a);
    tar_add_end(&tar);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_UNSOUND);

    buf_clear(&tar); /* one more */
    add_member(&tar, &list);
    add_member(&tar, &a);
    add_member(&tar, &b);
    add_member(&tar, &(struct part){.name = "c", .bytes = STR("3")});
    tar_add_end(&tar);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_UNSOUND);

    buf_clear(&tar); /* without a list */
    add_member(&tar, &a);
    tar_add_end(&tar);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_UNSOUND);

    buf_clear(&tar); /* without its end */
    add_member(&tar, &list);
    add_member(&tar, &a);
    add_member(&tar, &b);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_CUT);
    tar_add_end(&tar);
    assert_int_equal(state_of(buf_str(&tar)), BUNDLE_WHOLE);
}

/* The line of a file of an image on record: "NAME BYTES SHA-256". */
static void the_files_of_an_image_are_read_from_its_record(void **state)
{
    static const char sum[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    static const char *const wrong[] = {"", "a", "a 1", "a x ", " 1 ", "a 1 9f86", "a -1 "};
    CLEANUP_BUF struct buf text = {0};
    struct evidence_file file;
    struct str rest;

    (void)state;
    buf_addf(&text, "web1 sda.E01 2097152000 %s\nb.E02 7 %s", sum, sum);
    rest = buf_str(&text);
    assert_true(evidence_file_next(&rest, &file));
    assert_true(str_is(file.name, "web1 sda.E01"));
    assert_int_equal(file.size, 2097152000);
    assert_true(evidence_file_next(&rest, &file));
    assert_true(str_is(file.name, "b.E02"));
    assert_int_equal(file.size, 7);
    assert_false(evidence_file_next(&rest, &file));
    assert_int_equal(rest.len, 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct str line = str_of(wrong[i]);

        assert_false(evidence_file_next(&line, &file));
        assert_int_equal(line.len, strlen(wrong[i]));
    }
}

static void the_worker_says_the_same(void **state)
{
    CLEANUP_BUF struct buf package = {0};
    CLEANUP_BUF struct buf whole = {0};
    CLEANUP_BUF struct buf told = {0};
    CLEANUP_FD int fd = memfd_create("package", MFD_CLOEXEC);
    const struct package_receiver to = {on_begin, on_data, on_end, &told};
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    struct package_summary sum;
    struct err e = {0};

    (void)state;
    make_package(&package, 3 * AGE_CHUNK_SIZE);
    told_whole(&package, &whole);
    assert_int_equal(file_write_fd(fd, package.p, package.len, "memory", &e), 0);
    assert_int_equal(package_head(fd, "it", head, &e), 0);
    assert_int_equal(head->share_count, 1);
    assert_int_equal(package_read(fd, "it", file_key, &to, &sum, &e), 0);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
    assert_int_equal(told.len, whole.len);
    assert_memory_equal(told.p, whole.p, whole.len);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_package_is_told_whole),
        cmocka_unit_test(a_cut_at_any_byte_is_found),
        cmocka_unit_test(any_changed_byte_is_found),
        cmocka_unit_test(what_stands_behind_a_package_is_found),
        cmocka_unit_test(what_stands_before_a_cut_is_told),
        cmocka_unit_test(what_no_package_holds_is_refused),
        cmocka_unit_test(members_are_those_of_the_list_and_in_its_order),
        cmocka_unit_test(the_files_of_an_image_are_read_from_its_record),
        cmocka_unit_test(the_worker_says_the_same),
    };

    worker_main_if_asked(argc, argv);
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
