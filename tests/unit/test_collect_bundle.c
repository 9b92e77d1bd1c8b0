/* test_collect_bundle.c: what the writer makes of members, names, lines and pieces. Readers that
 * are none of ours open whole bundles in tests/cli/test_bundle.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <zstd.h>
#include "base/mem.h"
#include "collect/bundle.h"

enum { BLOCK = 512, LINK = 64 };

struct sink {
    struct buf bytes;
    size_t limit; /* 0: none */
};

static int take(void *context, const void *bytes, size_t size, struct err *e)
{
    struct sink *s = context;

    if (s->limit && s->bytes.len + size > s->limit)
        return err_set(e, ERR_FULL, "the stick is full");
    buf_add(&s->bytes, bytes, size);
    return 0;
}

static struct bundle *begin(struct sink *s)
{
    struct bundle_output output = {take, s};
    struct bundle *b;
    struct err e = {0};

    assert_int_equal(bundle_begin(&b, &output, NULL, 0, &e), 0);
    return b;
}

static void end(struct bundle *b)
{
    struct err e = {0};

    if (bundle_end(b, STR("\"seconds\":2"), &e))
        fail_msg("%s", e.text);
}

/* The archive in the frames, by zstd's own reader, which leaves the links out. */
static void unframe(const struct sink *s, struct buf *out)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {s->bytes.p, s->bytes.len, 0};

    while (in.pos < in.size) {
        ZSTD_outBuffer to = {buf_room(out, 1 << 17), 1 << 17, 0};

        assert_false(ZSTD_isError(ZSTD_decompressStream(zstd, &to, &in)));
        out->len += to.pos;
    }
    for (;;) {
        ZSTD_outBuffer to = {buf_room(out, 1 << 17), 1 << 17, 0};

        if (ZSTD_isError(ZSTD_decompressStream(zstd, &to, &in)) || to.pos == 0)
            break;
        out->len += to.pos;
    }
    ZSTD_freeDCtx(zstd);
}

/* The content of the named member; its header's name is shorter than 100 bytes. */
static struct str content(const struct buf *archive, const char *name)
{
    size_t off = 0;

    while (off + BLOCK <= archive->len) {
        const char *block = archive->p + off;
        uint64_t size = strtoull(block + 124, NULL, 8);

        if (strcmp(block, name) == 0)
            return (struct str){block + BLOCK, (size_t)size};
        off += BLOCK + ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    }
    fail_msg("no member %s", name);
    return (struct str){0};
}

static void a_member_and_its_manifest_come_back(void **state)
{
    /* printf abc | sha256sum */
    static const char manifest[] =
        "{\"member\":\"a.json\",\"size\":3,\"sha256\":"
        "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n";
    struct sink s = {0};
    CLEANUP_BUF struct buf archive = {0};
    CLEANUP_BUF struct buf last = {0};
    struct bundle *b = begin(&s);
    struct err e = {0};

    (void)state;
    assert_int_equal(bundle_put(b, "a.json", STR("abc"), &e), 0);
    end(b);
    unframe(&s, &archive);
    assert_true(str_is(content(&archive, "a.json"), "abc"));
    assert_true(str_is(content(&archive, "manifest-000.jsonl"), manifest));
    /* 3 bytes and those of the manifest; two members */
    /* the bytes of both members before it */
    buf_addf(&last,
             "{\"members\":2,\"bytes\":%zu,\"seconds\":2,\"processes_started\":0,"
             "\"files_written\":0}\n",
             3 + sizeof(manifest) - 1);
    assert_true(str_eq(content(&archive, "end.json"), buf_str(&last)));
    buf_release(&s.bytes);
}

static void names_lead_nowhere(void **state)
{
    static const struct {
        const char *path;
        const char *name;
    } cases[] = {
        {"/etc/passwd", "etc/passwd"},
        {"//a//b/", "a/b"},
        {"a/../../b", "a/__/__/b"},
        {"..", "__"},
        {"./a/./b", "a/b"},
        {"/", "_"},
        {"...", "..."},
        {"..a/b..", "..a/b.."},
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sink s = {0};
        CLEANUP_BUF struct buf archive = {0};
        struct bundle *b = begin(&s);

        assert_int_equal(bundle_put(b, cases[i].path, STR("x"), &e), 0);
        end(b);
        unframe(&s, &archive);
        assert_string_equal(archive.p, cases[i].name);
        buf_release(&s.bytes);
    }
}

static void what_is_missing_of_a_member_is_zeros_and_said(void **state)
{
    struct sink s = {0};
    CLEANUP_BUF struct buf archive = {0};
    struct bundle *b = begin(&s);
    struct bundle_member m = {.path = STR("f"), .source = STR("/f\xff"), .type = '0', .size = 5};
    struct err e = {0};
    struct str line;

    (void)state;
    assert_int_equal(bundle_member_begin(b, &m, &e), 0);
    assert_int_equal(bundle_data(b, "ab", 2, &e), 0);
    assert_int_equal(bundle_member_end(b, "shrank", 4096, &e), 0);
    end(b);
    unframe(&s, &archive);
    assert_true(str_eq(content(&archive, "f"), (struct str){"ab\0\0\0", 5}));
    line = content(&archive, "manifest-000.jsonl");
    /* printf 'ab\0\0\0' | sha256sum */
    assert_true(str_is(
        line,
        "{\"member\":\"f\",\"source\":\"/f\xef\xbf\xbd\",\"source_hex\":\"2f66ff\",\"size\":5,"
        "\"sha256\":\"b5ac3034ee3f5d9971714d0081f3b0ad2df1cb8943afca86851d011d963aa76a\","
        "\"part\":\"shrank\",\"holes\":4096}\n"));
    buf_release(&s.bytes);
}

static void add_line(struct bundle_lines *l, size_t size)
{
    CLEANUP_BUF struct buf text = {0};
    struct err e = {0};

    buf_addn(&text, 'x', size);
    json_put_str(bundle_line_begin(l), "x", buf_str(&text));
    if (bundle_line_end(l, &e))
        fail_msg("%s", e.text);
}

static void lines_come_in_parts_between_other_members(void **state)
{
    enum { LINE = 100000, COUNT = 25 };
    struct sink s = {0};
    CLEANUP_BUF struct buf archive = {0};
    struct bundle *b = begin(&s);
    struct bundle_lines *l = bundle_lines_new(b, "live/process");
    struct bundle_member m = {.path = STR("f"), .type = '0', .size = 1};
    struct err e = {0};

    (void)state;
    assert_int_equal(bundle_member_begin(b, &m, &e), 0);
    for (int i = 0; i < COUNT; i++)
        add_line(l, LINE - 9); /* {"x":""} and LF */
    assert_int_equal(bundle_member_end(b, NULL, 0, &e), 0);
    add_line(l, 1);
    assert_int_equal(bundle_lines_count(l), COUNT + 1);
    assert_int_equal(bundle_lines_end(l, &e), 0);
    end(b);
    unframe(&s, &archive);
    assert_int_equal(content(&archive, "f").len, 1);
    assert_int_equal(content(&archive, "live/process-000.jsonl").len, LINE * COUNT);
    assert_true(str_is(content(&archive, "live/process-001.jsonl"), "{\"x\":\"x\"}\n"));
    buf_release(&s.bytes);
}

static void a_line_too_long_for_readers_is_told_of(void **state)
{
    struct sink s = {0};
    CLEANUP_BUF struct buf archive = {0};
    struct bundle *b = begin(&s);
    struct bundle_lines *l = bundle_lines_new(b, "x");
    struct err e = {0};

    (void)state;
    add_line(l, 256 * 1024 - 8);     /* {"x":""} */
    add_line(l, 256 * 1024 - 8 + 1); /* one more than the page allows */
    assert_int_equal(bundle_lines_end(l, &e), 0);
    end(b);
    unframe(&s, &archive);
    assert_true(str_is(str_from(content(&archive, "x-000.jsonl"), 256 * 1024 + 1),
                       "{\"left_out_bytes\":262145}\n"));
    buf_release(&s.bytes);
}

/* Each piece: a frame and a link whose number and place are as the page says. */
static void each_piece_has_a_link(void **state)
{
    struct sink s = {0};
    struct bundle *b = begin(&s);
    struct err e = {0};
    size_t off = 0;
    uint64_t number = 0;
    uint64_t last = 0;
    CLEANUP_FREE char *big = mem_alloc(3 << 20);

    (void)state;
    assert_int_equal(bundle_put(b, "a", STR("x"), &e), 0);
    assert_int_equal(bundle_flush(b, &e), 0);
    assert_int_equal(bundle_flush(b, &e), 0); /* nothing to end */
    assert_int_equal(bundle_put(b, "b", (struct str){big, 3 << 20}, &e), 0);
    end(b);
    while (off < s.bytes.len) {
        const char *at = s.bytes.p + off;
        size_t frame = ZSTD_findFrameCompressedSize(at, s.bytes.len - off);

        assert_false(ZSTD_isError(frame));
        assert_true(ZSTD_getFrameContentSize(at, frame) <= 1 << 20);
        at += frame;
        assert_memory_equal(at, "\x5c\x2a\x4d\x18\x38\0\0\0calmlink", 16);
        memcpy(&last, at + 16, 8);
        assert_int_equal(last << 1 >> 1, number++);
        off += frame + LINK;
    }
    /* "a" alone; 3 MiB, headers and the end make one piece more than three */
    assert_int_equal(number, 5);
    assert_true(last >> 63);
    buf_release(&s.bytes);
}

static void the_first_failure_stays(void **state)
{
    struct sink s = {.limit = 100};
    struct bundle *b = begin(&s);
    struct bundle_lines *l = bundle_lines_new(b, "x");
    struct err e = {0};
    size_t size;

    (void)state;
    assert_int_equal(bundle_put(b, "a", STR("x"), &e), 0);
    assert_int_equal(bundle_flush(b, &e), ERR_FULL);
    s.limit = 0;
    size = s.bytes.len;
    e = (struct err){0};
    assert_int_equal(bundle_put(b, "b", STR("x"), &e), ERR_FULL);
    assert_string_equal(e.text, "the stick is full");
    assert_int_equal(bundle_end(b, STR(""), &e), ERR_FULL);
    /* the bundle is gone, its lines are not */
    json_put_u64(bundle_line_begin(l), "x", 1);
    assert_int_equal(bundle_line_end(l, &e), ERR_CANCEL);
    bundle_lines_abort(l);
    assert_int_equal(s.bytes.len, size);
    buf_release(&s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_and_its_manifest_come_back),
        cmocka_unit_test(names_lead_nowhere),
        cmocka_unit_test(what_is_missing_of_a_member_is_zeros_and_said),
        cmocka_unit_test(lines_come_in_parts_between_other_members),
        cmocka_unit_test(a_line_too_long_for_readers_is_told_of),
        cmocka_unit_test(each_piece_has_a_link),
        cmocka_unit_test(the_first_failure_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
