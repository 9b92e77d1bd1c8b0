/* test_archive.c: archives of every kind, hostile and damaged ones too, are read without harm and
 * without silent loss. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/archive.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { SEEN_MOST = 32 };

struct seen {
    size_t begun;
    size_t ended;
    uint64_t data_size;
    struct one {
        struct buf name, link, content, problem;
        struct archived entry; /* without its slices */
    } at[SEEN_MOST];
    int answer;
};

static int on_entry(void *context, const struct archived *entry, struct err *e)
{
    struct seen *s = context;
    struct one *o = &s->at[s->begun % SEEN_MOST];

    buf_clear(&o->content);
    buf_clear(&o->problem);
    buf_clear(&o->name);
    buf_clear(&o->link);
    buf_addstr(&o->name, entry->name);
    buf_addstr(&o->link, entry->link);
    o->entry = *entry;
    s->begun++;
    return s->answer ? err_set(e, s->answer, "enough") : 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct seen *s = context;

    (void)e;
    s->data_size += bytes.len;
    if (s->data_size < 1 << 20)
        buf_addstr(&s->at[(s->begun - 1) % SEEN_MOST].content, bytes);
    return 0;
}

static int on_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    struct seen *s = context;
    struct one *o = &s->at[s->ended++ % SEEN_MOST];

    (void)e;
    (void)size;
    buf_addstr(&o->problem, problem);
    return 0;
}

static void seen_release(struct seen *s)
{
    for (size_t i = 0; i < SEEN_MOST; i++) {
        buf_release(&s->at[i].name);
        buf_release(&s->at[i].link);
        buf_release(&s->at[i].content);
        buf_release(&s->at[i].problem);
    }
    *s = (struct seen){0};
}

static int input_of(struct str bytes)
{
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(file_write_fd(fd, bytes.p, bytes.len, "input", NULL), 0);
    return fd;
}

static int read_bytes(struct str bytes, struct seen *s, struct archived_summary *summary,
                      struct err *e)
{
    struct archived_receiver to = {on_entry, on_data, on_end, s};
    CLEANUP_FD int fd = input_of(bytes);

    return archived_read(fd, "reading x", &to, summary, e);
}

/* The files of every sample. */
static const struct {
    const char *name, *content;
    unsigned repeat;
    long modified;
} files[] = {
    {"readme.txt", "hello\n", 1, 1000000000},
    {"log/", NULL, 0, 1100000000},
    {"log/app.log", "2026-11-25 line of a log\n", 200, 1200000000},
    {"t\xc3\xa4st.bin", "\x01\xff\x00", 300, 1234567890},
    {"empty", "", 1, 1300000000},
};

static void content_of(struct buf *out, size_t i)
{
    size_t len = files[i].content && files[i].content[0] == 1 ? 3
                 : files[i].content                           ? strlen(files[i].content)
                                                              : 0;

    buf_clear(out);
    for (unsigned k = 0; k < files[i].repeat; k++)
        buf_add(out, files[i].content, len);
}

/* Sets a format of libarchive's writer, or adds a filter. */
typedef int choose(struct archive *a);

static const struct {
    choose *format, *filter;
    const char *format_name, *filters;
} kinds[] = {
    {archive_write_set_format_ustar, archive_write_add_filter_none, "POSIX ustar format", ""},
    {archive_write_set_format_pax, archive_write_add_filter_none, "POSIX pax interchange format",
     ""},
    {archive_write_set_format_gnutar, archive_write_add_filter_gzip, "GNU tar format", "gzip"},
    {archive_write_set_format_ustar, archive_write_add_filter_bzip2, "POSIX ustar format", "bzip2"},
    {archive_write_set_format_ustar, archive_write_add_filter_xz, "POSIX ustar format", "xz"},
    {archive_write_set_format_ustar, archive_write_add_filter_lzma, "POSIX ustar format", "lzma"},
    {archive_write_set_format_ustar, archive_write_add_filter_zstd, "POSIX ustar format", "zstd"},
    {archive_write_set_format_cpio_odc, archive_write_add_filter_none, "POSIX octet-oriented cpio",
     ""},
    {archive_write_set_format_cpio_newc, archive_write_add_filter_none,
     "ASCII cpio (SVR4 with no CRC)", ""},
    {archive_write_set_format_zip, archive_write_add_filter_none, NULL, ""},
    {archive_write_set_format_7zip, archive_write_add_filter_none, "7-Zip", ""},
};

static void make_sample(struct buf *out, choose *format, choose *filter)
{
    struct archive *a = archive_write_new();
    CLEANUP_BUF struct buf content = {0};
    size_t room = 1 << 20;
    char *bytes = mem_alloc(room);
    size_t size = 0;

    assert_int_equal(format(a), ARCHIVE_OK);
    assert_int_equal(filter(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(a, bytes, room, &size), ARCHIVE_OK);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct archive_entry *entry = archive_entry_new();

        content_of(&content, i);
        archive_entry_set_pathname(entry, files[i].name);
        archive_entry_set_filetype(entry, files[i].content ? AE_IFREG : AE_IFDIR);
        archive_entry_set_perm(entry, files[i].content ? 0640 : 0750);
        archive_entry_set_uid(entry, 1234);
        archive_entry_set_gid(entry, 4321);
        archive_entry_set_mtime(entry, files[i].modified, 0);
        archive_entry_set_size(entry, (la_int64_t)content.len);
        assert_true(archive_write_header(a, entry) >= ARCHIVE_WARN);
        assert_int_equal(archive_write_data(a, content.p, content.len), content.len);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    buf_add(out, bytes, size);
    free(bytes);
}

/* 7-Zip keeps empty files apart, so entries are looked up by name. Returns how many were right. */
static size_t count_right(const struct seen *s, size_t up_to)
{
    CLEANUP_BUF struct buf content = {0};
    size_t right = 0;

    for (size_t k = 0; k < up_to; k++)
        for (size_t i = 0; i < COUNT_OF(files); i++) {
            if (!str_is(buf_str(&s->at[k].name), files[i].name))
                continue;
            content_of(&content, i);
            right +=
                str_eq(buf_str(&s->at[k].content), buf_str(&content)) && s->at[k].problem.len == 0;
        }
    return right;
}

static void every_kind_gives_back_what_was_put_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP_BUF struct buf sample = {0};
        CLEANUP(seen_release) struct seen s = {0};
        struct archived_summary summary = {0};
        struct err e = {0};
        int code;

        make_sample(&sample, kinds[i].format, kinds[i].filter);
        code = read_bytes(buf_str(&sample), &s, &summary, &e);
        if (code || count_right(&s, s.ended) != COUNT_OF(files))
            print_error("kind %zu: %s\n", i, e.text);
        assert_int_equal(code, 0);
        assert_int_equal(s.begun, COUNT_OF(files));
        assert_int_equal(s.ended, COUNT_OF(files));
        assert_int_equal(count_right(&s, s.ended), COUNT_OF(files));
        assert_int_equal(summary.entry_count, COUNT_OF(files));
        assert_int_equal(summary.size, 6 + 200 * 25 + 300 * 3);
        assert_string_equal(summary.filters, kinds[i].filters);
        if (kinds[i].format_name)
            assert_string_equal(summary.format, kinds[i].format_name);
        for (size_t k = 0; k < s.ended; k++) {
            bool is_folder = str_starts(buf_str(&s.at[k].name), "log") && s.at[k].name.len < 5;

            assert_int_equal(s.at[k].entry.type, is_folder ? ARCHIVED_FOLDER : ARCHIVED_FILE);
            assert_int_equal(s.at[k].entry.mode, is_folder ? 0750 : 0640);
            assert_true(s.at[k].entry.has_modified);
            if (str_is(buf_str(&s.at[k].name), "readme.txt"))
                assert_int_equal(s.at[k].entry.modified.sec, 1000000000);
            if (kinds[i].format != archive_write_set_format_7zip) /* which has no owners */
                assert_int_equal(s.at[k].entry.uid, 1234);
        }
    }
}

static void a_cut_archive_gives_what_is_whole_and_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP_BUF struct buf sample = {0};
        size_t step;

        make_sample(&sample, kinds[i].format, kinds[i].filter);
        step = sample.len / 60 + 1;
        for (size_t len = 0; len < sample.len; len += step) {
            CLEANUP(seen_release) struct seen s = {0};
            struct archived_summary summary = {0};
            struct err e = {0};
            int code = read_bytes(str_head(buf_str(&sample), len), &s, &summary, &e);

            if (code != ERR_FORMAT && code != ERR_NOTFOUND && s.ended != COUNT_OF(files))
                print_error("kind %zu cut at %zu: %s %s\n", i, len, err_name(code), e.text);
            assert_true(code == 0 || code == ERR_FORMAT ||
                        (code == ERR_NOTFOUND && s.begun == 0));  /* cut in what it is known by */
            assert_true(code != 0 || s.ended == COUNT_OF(files)); /* cut in the padding */
            assert_int_equal(count_right(&s, s.ended), s.ended);
        }
    }
}

/* Damage of every kind may give fewer or wrong entries, but never a forbidden call, a hang or a
 * broken message. A fixed generator (Numerical Recipes' LCG) makes the run repeatable. */
static void damage_never_leads_out_of_the_worker(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP_BUF struct buf sample = {0};

        make_sample(&sample, kinds[i].format, kinds[i].filter);
        for (int round = 0; round < 60; round++) {
            CLEANUP_BUF struct buf damaged = {0};
            CLEANUP(seen_release) struct seen s = {0};
            struct archived_summary summary = {0};
            struct err e = {0};
            int code;

            buf_addstr(&damaged, buf_str(&sample));
            for (int k = 0; k < 1 + round % 8; k++) {
                random = random * 1664525 + 1013904223;
                damaged.p[random % damaged.len] ^= (char)(1 << (random >> 29));
            }
            code = read_bytes(buf_str(&damaged), &s, &summary, &e);
            if (code && code != ERR_FORMAT && code != ERR_LIMIT && code != ERR_NOTFOUND)
                print_error("kind %zu round %d: %s %s\n", i, round, err_name(code), e.text);
            assert_true(code == 0 || code == ERR_FORMAT || code == ERR_LIMIT ||
                        (code == ERR_NOTFOUND && s.begun == 0));
        }
    }
}

/* A ustar header by hand (POSIX.1-2017 pax, "ustar Interchange Format"). */
static void add_tar_header(struct buf *out, struct str name, char type, const char *link,
                           uint64_t size)
{
    char h[512] = {0};
    unsigned sum = 0;

    memcpy(h, name.p, name.len);
    memcpy(h + 100, "0000644", 8);
    memcpy(h + 108, "0000000", 8);
    memcpy(h + 116, "0000000", 8);
    snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
    memcpy(h + 136, "00000000000", 12);
    memset(h + 148, ' ', 8);
    h[156] = type;
    memcpy(h + 157, link, strlen(link));
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof(h); i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 7, "%06o", sum);
    buf_add(out, h, sizeof(h));
}

static void add_tar_end(struct buf *out)
{
    buf_addn(out, '\0', 1024);
}

static void names_come_as_they_are(void **state)
{
    static const struct str names[] = {
        {"../../etc/passwd", 16},
        {"/etc/shadow", 11},
        {"..", 2},
        {"a/../../b", 9},
        {"esc\033[2J\033]0;x\007", 13},
        {"new\nline", 8},
        {"lat\344n", 5},
        {"nfd a\xcc\x88", 7},
        {"\xe2\x80\xae"
         "exe.txt",
         10},
        {"C:\\windows\\x", 12},
    };
    CLEANUP_BUF struct buf tar = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add_tar_header(&tar, names[i], '0', "", 0);
    add_tar_end(&tar);
    assert_int_equal(read_bytes(buf_str(&tar), &s, &summary, NULL), 0);
    assert_int_equal(s.ended, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_true(str_eq(buf_str(&s.at[i].name), names[i]));
}

static void types_and_links_are_told(void **state)
{
    static const struct {
        char type;
        const char *link;
        enum archived_type expected;
    } cases[] = {
        {'0', "", ARCHIVED_FILE},
        {'1', "../../etc/passwd", ARCHIVED_HARDLINK},
        {'2', "/etc/shadow", ARCHIVED_SYMLINK},
        {'3', "", ARCHIVED_CHARACTER_DEVICE},
        {'4', "", ARCHIVED_BLOCK_DEVICE},
        {'5', "", ARCHIVED_FOLDER},
        {'6', "", ARCHIVED_FIFO},
    };
    CLEANUP_BUF struct buf tar = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add_tar_header(&tar, STR("x"), cases[i].type, cases[i].link, 0);
    add_tar_end(&tar);
    assert_int_equal(read_bytes(buf_str(&tar), &s, &summary, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(s.at[i].entry.type, cases[i].expected);
        assert_true(str_is(buf_str(&s.at[i].link), cases[i].link));
    }
}

static void what_is_no_archive_is_refused(void **state)
{
    static const struct {
        struct str bytes;
        int code;
    } cases[] = {
        {{"", 0}, ERR_NOTFOUND},
        {{"just a line of text\n", 20}, ERR_NOTFOUND},
        {{"\x7f"
          "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
          16},
         ERR_NOTFOUND},
        {{"PK\x03\x04", 4}, ERR_FORMAT},
        {{"\x1f\x8b\x08\x00", 4}, ERR_NOTFOUND}, /* less than the head of a gzip */
        {{"\x1f\x8b\x08\x00\0\0\0\0\0\x03\xff\xff\xff\xff", 14}, ERR_FORMAT},
    };
    struct archived_summary summary;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(seen_release) struct seen s = {0};
        struct err e = {0};

        assert_int_equal(read_bytes(cases[i].bytes, &s, &summary, &e), cases[i].code);
        assert_int_equal(s.ended, 0);
        assert_int_equal(strncmp(e.text, "reading x: ", 11), 0);
    }
}

/* The bytes of one file compressed by libarchive, not in an archive. */
static void compress_one(struct buf *out, choose *filter, struct str bytes)
{
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    size_t room = 4 << 20;
    char *packed = mem_alloc(room);
    size_t size = 0;

    assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
    assert_int_equal(filter(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(a, packed, room, &size), ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, "data");
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, bytes.p, bytes.len), bytes.len);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    archive_entry_free(entry);
    buf_add(out, packed, size);
    free(packed);
}

static void a_compressed_file_has_one_content_without_a_name(void **state)
{
    static const struct {
        choose *filter;
        const char *name;
    } cases[] = {
        {archive_write_add_filter_gzip, "gzip"},
        {archive_write_add_filter_bzip2, "bzip2"},
        {archive_write_add_filter_xz, "xz"},
        {archive_write_add_filter_zstd, "zstd"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf packed = {0};
        CLEANUP(seen_release) struct seen s = {0};
        struct archived_summary summary = {0};

        compress_one(&packed, cases[i].filter, STR("one line\n"));
        assert_int_equal(read_bytes(buf_str(&packed), &s, &summary, NULL), 0);
        assert_int_equal(s.ended, 1);
        assert_int_equal(s.at[0].name.len, 0);
        assert_string_equal(buf_text(&s.at[0].content), "one line\n");
        assert_string_equal(summary.filters, cases[i].name);
    }
}

/* An archive of no entry is two blocks of zeros, filled up to a record of twenty (POSIX, pax,
 * "ustar Interchange Format"). What begins so and goes on is none, as a log is that lost its
 * beginning. */
static void zeros_with_something_behind_them_are_one_file(void **state)
{
    static const struct {
        size_t zeros;
        const char *behind;
        size_t files;
    } cases[] = {
        {1024, "", 0},  {20 * 512, "", 0},     {21 * 512, "", 1},
        {1024, "x", 1}, {1024, "a line\n", 1}, {19 * 512 + 511, "x", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf packed = {0}, bytes = {0};
        CLEANUP(seen_release) struct seen s = {0};
        struct archived_summary summary = {0};

        buf_addn(&bytes, '\0', cases[i].zeros);
        buf_adds(&bytes, cases[i].behind);
        compress_one(&packed, archive_write_add_filter_gzip, buf_str(&bytes));
        assert_int_equal(read_bytes(buf_str(&packed), &s, &summary, NULL), 0);
        assert_int_equal(s.ended, cases[i].files);
        if (cases[i].files)
            assert_true(str_eq(buf_str(&s.at[0].content), buf_str(&bytes)));
    }
}

static void an_archive_in_an_archive_is_left_closed(void **state)
{
    CLEANUP_BUF struct buf inner = {0};
    CLEANUP_BUF struct buf outer = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary = {0};

    (void)state;
    make_sample(&inner, archive_write_set_format_zip, archive_write_add_filter_none);
    add_tar_header(&outer, STR("inner.zip"), '0', "", inner.len);
    buf_addstr(&outer, buf_str(&inner));
    buf_addn(&outer, '\0', (512 - inner.len % 512) % 512);
    add_tar_end(&outer);
    assert_int_equal(read_bytes(buf_str(&outer), &s, &summary, NULL), 0);
    assert_int_equal(s.ended, 1);
    assert_true(str_eq(buf_str(&s.at[0].content), buf_str(&inner)));
}

/* 40 MB of one letter in a few KB: past 16 MiB, 200 bytes are allowed for each byte of the archive.
 */
static void a_bomb_is_stopped_by_its_expansion(void **state)
{
    static choose *const filters[] = {archive_write_add_filter_bzip2, archive_write_add_filter_zstd,
                                      archive_write_add_filter_xz};
    CLEANUP_BUF struct buf same = {0};

    (void)state;
    buf_addn(&same, 'x', 40 << 20);
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        CLEANUP_BUF struct buf packed = {0};
        CLEANUP(seen_release) struct seen s = {0};
        struct archived_summary summary;
        struct err e = {0};

        compress_one(&packed, filters[i], buf_str(&same));
        if (read_bytes(buf_str(&packed), &s, &summary, &e) != ERR_LIMIT)
            print_error("filter %zu: %zu bytes gave %llu\n", i, packed.len,
                        (unsigned long long)s.data_size);
        assert_int_equal(e.code, ERR_LIMIT);
        assert_non_null(strstr(e.text, "200 times"));
        assert_true(s.data_size <= (16 << 20) + 200 * packed.len);
    }
}

/* A GNU sparse file (old format 'S', GNU tar manual, "Sparse Formats") that claims a hole of 8 GiB
 * less one byte: a bomb without compression. */
static void a_hole_counts_as_content(void **state)
{
    CLEANUP_BUF struct buf tar = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;
    struct err e = {0};
    unsigned sum = 0;
    char *h;

    (void)state;
    add_tar_header(&tar, STR("sparse"), 'S', "", 1);
    h = tar.p;
    memcpy(h + 257, "ustar  ", 8);
    memset(h + 345, 0, 155);
    memcpy(h + 386, "77777777776", 11); /* the one part: offset, size */
    memcpy(h + 398, "00000000001", 11);
    memcpy(h + 483, "77777777777", 11); /* the real size */
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 7, "%06o", sum);
    buf_addc(&tar, 'x');
    buf_addn(&tar, '\0', 511);
    add_tar_end(&tar);
    assert_int_equal(read_bytes(buf_str(&tar), &s, &summary, &e), ERR_LIMIT);
    assert_true(s.begun == 1 && s.ended == 0);
}

static void a_sparse_file_of_gnu_tar_is_filled_with_zeros(void **state)
{
    char folder[] = "/tmp/test_archive.XXXXXX";
    CLEANUP_BUF struct buf tar = {0};
    CLEANUP_BUF struct buf expected = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;
    char path[64];
    int status;
    pid_t pid;
    int fd;

    (void)state;
    if (access("/bin/tar", X_OK) < 0)
        skip();
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/f", folder);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, "x", 1, 300000), 1);
    assert_int_equal(ftruncate(fd, 500000), 0);
    close(fd);
    pid = fork();
    if (pid == 0) {
        if (chdir(folder) == 0)
            execl("/bin/tar", "tar", "-S", "-cf", "t.tar", "f", NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    unlink(path);
    snprintf(path, sizeof(path), "%s/t.tar", folder);
    assert_int_equal(file_read(&tar, path, 1 << 20, NULL), 0);
    unlink(path);
    rmdir(folder);
    assert_true(tar.len < 100000); /* it is sparse */
    assert_int_equal(read_bytes(buf_str(&tar), &s, &summary, NULL), 0);
    buf_addn(&expected, '\0', 500000);
    expected.p[300000] = 'x';
    assert_true(s.at[0].entry.is_sparse);
    assert_true(str_eq(buf_str(&s.at[0].content), buf_str(&expected)));
}

static void too_many_entries_are_a_limit(void **state)
{
    CLEANUP_BUF struct buf tar = {0};
    CLEANUP_BUF struct buf packed = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i <= LIMIT_ARCHIVE_ENTRY_COUNT; i++)
        add_tar_header(&tar, STR("x"), '0', "", 0);
    add_tar_end(&tar);
    compress_one(&packed, archive_write_add_filter_zstd, buf_str(&tar));
    assert_int_equal(read_bytes(buf_str(&packed), &s, &summary, &e), ERR_LIMIT);
    assert_int_equal(s.ended, LIMIT_ARCHIVE_ENTRY_COUNT);
}

static void too_long_a_name_is_a_limit(void **state)
{
    static const struct {
        size_t len;
        int code;
    } cases[] = {{4096, 0}, {4097, ERR_LIMIT}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf tar = {0};
        CLEANUP(seen_release) struct seen s = {0};
        struct archived_summary summary;

        add_tar_header(&tar, STR("././@LongLink"), 'L', "", cases[i].len); /* GNU's long names */
        memcpy(tar.p + 257, "ustar\00000", 8);
        buf_addn(&tar, 'n', cases[i].len);
        buf_addn(&tar, '\0', (512 - cases[i].len % 512) % 512);
        add_tar_header(&tar, STR("n"), '0', "", 0);
        add_tar_end(&tar);
        assert_int_equal(read_bytes(buf_str(&tar), &s, &summary, NULL), cases[i].code);
        assert_int_equal(s.ended, cases[i].code == 0);
    }
}

/* A zip by hand (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16), stored, with the flags and check sums that are
 * asked for. */
struct zip {
    struct buf entries;
    struct buf central;
    uint16_t count;
};

static void add_zip_entry(struct zip *zip, const char *name, uint16_t flags, uint16_t method,
                          uint32_t crc, struct str content)
{
    uint16_t shorts[3] = {20, flags, method};
    uint32_t longs[3] = {crc, (uint32_t)content.len, (uint32_t)content.len};
    uint16_t lengths[2] = {(uint16_t)strlen(name), 0};
    static const uint16_t when[2] = {0x6000, 0x5a21}; /* 12:00:00, 2025-01-01 */
    uint32_t off = (uint32_t)zip->entries.len;

    for (int central = 0; central < 2; central++) {
        struct buf *out = central ? &zip->central : &zip->entries;

        buf_add(out, central ? "PK\1\2\24\0" : "PK\3\4", central ? 6 : 4);
        buf_add(out, shorts, sizeof(shorts));
        buf_add(out, when, sizeof(when));
        buf_add(out, longs, sizeof(longs));
        buf_add(out, lengths, sizeof(lengths));
        if (central) {
            buf_addn(out, '\0', 10); /* comment, disk, attributes */
            buf_add(out, &off, sizeof(off));
        }
        buf_adds(out, name);
    }
    buf_addstr(&zip->entries, content);
    zip->count++;
}

static void end_zip(struct zip *zip)
{
    uint32_t sizes[2] = {(uint32_t)zip->central.len, (uint32_t)zip->entries.len};

    buf_addstr(&zip->entries, buf_str(&zip->central));
    buf_add(&zip->entries, "PK\5\6\0\0\0\0", 8);
    buf_add(&zip->entries, &zip->count, sizeof(zip->count));
    buf_add(&zip->entries, &zip->count, sizeof(zip->count));
    buf_add(&zip->entries, sizes, sizeof(sizes));
    buf_addn(&zip->entries, '\0', 2);
}

static void zip_release(struct zip *zip)
{
    buf_release(&zip->entries);
    buf_release(&zip->central);
}

static void a_problem_with_one_content_does_not_end_the_others(void **state)
{
    enum { CRC_OF_HELLO = 0x3610a686 }; /* CRC-32 of "hello", as gzip and python's zlib say */
    CLEANUP(zip_release) struct zip zip = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;
    struct err e = {0};
    int code;

    (void)state;
    add_zip_entry(&zip, "good", 0, 0, CRC_OF_HELLO, STR("hello"));
    add_zip_entry(&zip, "wrong sum", 0, 0, 1, STR("hello"));
    add_zip_entry(&zip, "locked", 1, 0, CRC_OF_HELLO, STR("0123456789abhello"));
    add_zip_entry(&zip, "odd method", 0, 77, CRC_OF_HELLO, STR("hello"));
    add_zip_entry(&zip, "last", 0, 0, CRC_OF_HELLO, STR("hello"));
    end_zip(&zip);
    code = read_bytes(buf_str(&zip.entries), &s, &summary, &e);
    if (code)
        print_error("%s\n", e.text);
    assert_int_equal(code, 0);
    assert_int_equal(s.ended, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(s.at[i].problem.len > 0, i > 0 && i < 4);
    assert_true(s.at[2].entry.is_encrypted);
    assert_string_equal(buf_text(&s.at[4].content), "hello");
    /* 2025-01-01T12:00:00Z by date -u */
    assert_int_equal(s.at[0].entry.modified.sec, 1735732800);
}

static void the_receiver_can_stop(void **state)
{
    CLEANUP_BUF struct buf sample = {0};
    CLEANUP(seen_release) struct seen s = {.answer = ERR_CANCEL};
    struct archived_summary summary;
    struct err e = {0};

    (void)state;
    make_sample(&sample, archive_write_set_format_ustar, archive_write_add_filter_none);
    assert_int_equal(read_bytes(buf_str(&sample), &s, &summary, &e), ERR_CANCEL);
    assert_string_equal(e.text, "enough");
    assert_int_equal(s.begun, 1);
}

static void a_pipe_is_refused_and_none_to_tell_is_fine(void **state)
{
    struct archived_receiver none = {0};
    CLEANUP_BUF struct buf sample = {0};
    struct archived_summary summary;
    CLEANUP_FD int fd = -1;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(archived_read(ends[0], "a pipe", &none, &summary, NULL), ERR_IO);
    close(ends[0]);
    close(ends[1]);
    make_sample(&sample, archive_write_set_format_ustar, archive_write_add_filter_gzip);
    fd = input_of(buf_str(&sample));
    assert_int_equal(archived_read(fd, "x", &none, &summary, NULL), 0);
    assert_int_equal(summary.entry_count, COUNT_OF(files));
}

/* The same bytes must give the same results wherever the analyst sits. */
static void times_do_not_depend_on_the_zone_here(void **state)
{
    CLEANUP(zip_release) struct zip zip = {0};
    CLEANUP(seen_release) struct seen s = {0};
    struct archived_summary summary;

    (void)state;
    add_zip_entry(&zip, "x", 0, 0, 0x3610a686, STR("hello"));
    end_zip(&zip);
    setenv("TZ", "Asia/Tokyo", 1);
    assert_int_equal(read_bytes(buf_str(&zip.entries), &s, &summary, NULL), 0);
    unsetenv("TZ");
    assert_int_equal(s.at[0].entry.modified.sec, 1735732800);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_back_what_was_put_in),
        cmocka_unit_test(a_cut_archive_gives_what_is_whole_and_says_so),
        cmocka_unit_test(damage_never_leads_out_of_the_worker),
        cmocka_unit_test(names_come_as_they_are),
        cmocka_unit_test(types_and_links_are_told),
        cmocka_unit_test(what_is_no_archive_is_refused),
        cmocka_unit_test(a_compressed_file_has_one_content_without_a_name),
        cmocka_unit_test(zeros_with_something_behind_them_are_one_file),
        cmocka_unit_test(an_archive_in_an_archive_is_left_closed),
        cmocka_unit_test(a_bomb_is_stopped_by_its_expansion),
        cmocka_unit_test(a_hole_counts_as_content),
        cmocka_unit_test(a_sparse_file_of_gnu_tar_is_filled_with_zeros),
        cmocka_unit_test(too_many_entries_are_a_limit),
        cmocka_unit_test(too_long_a_name_is_a_limit),
        cmocka_unit_test(a_problem_with_one_content_does_not_end_the_others),
        cmocka_unit_test(the_receiver_can_stop),
        cmocka_unit_test(a_pipe_is_refused_and_none_to_tell_is_fine),
        cmocka_unit_test(times_do_not_depend_on_the_zone_here),
    };

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8")); /* for the writer */
    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
