/* test_evidence_bundle.c: a bundle is good up to where it was cut or changed, at every byte, and no
 * further; sealed and unsealed; in a worker and without. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>
#include "base/mem.h"
#include "collect/bundle.h"
#include "evidence/bundle_walk.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { PIECES = 4, LINK = 64 };

struct made {
    struct buf plain;
    struct buf sealed;
    uint8_t public[32];
    uint8_t secret[32];
    uint8_t key[32];         /* of the sealed one's stream */
    size_t ends[PIECES + 1]; /* of the pieces of the plain one */
};

static int take(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)e;
    buf_add(context, bytes, size);
    return 0;
}

static void write_bundle(struct buf *out, const struct bundle_recipient *to, size_t count)
{
    struct bundle_output output = {take, out};
    struct bundle *b;
    struct err e = {0};

    assert_int_equal(bundle_begin(&b, &output, to, count, &e), 0);
    assert_int_equal(bundle_put(b, "bundle.json", STR("{}\n"), &e), 0);
    assert_int_equal(bundle_flush(b, &e), 0);
    assert_int_equal(bundle_put(b, "files/a", STR("what lay on the host\n"), &e), 0);
    assert_int_equal(bundle_flush(b, &e), 0);
    assert_int_equal(bundle_put(b, "files/b", STR("and more of it\n"), &e), 0);
    assert_int_equal(bundle_flush(b, &e), 0);
    assert_int_equal(bundle_end(b, STR(""), &e), 0);
}

struct memory {
    struct str rest;
};

static int read_memory(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct memory *m = context;

    (void)e;
    *got = size < m->rest.len ? size : m->rest.len;
    memcpy(bytes, m->rest.p, *got);
    m->rest = str_from(m->rest, *got);
    return 0;
}

static void open_box(struct made *m)
{
    struct memory memory = {buf_str(&m->sealed)};
    struct bundle_source source = {read_memory, &memory};
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    struct hash hash;
    struct err e = {0};
    size_t count;

    assert_int_equal(bundle_head_read(&source, boxes, &count, &hash, &e), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(boxes[0].key, m->public, 32);
    assert_int_equal(
        crypto_box_seal_open(m->key, boxes[0].box, BUNDLE_BOX_SIZE, m->public, m->secret), 0);
}

static int make(void **state)
{
    struct made *m = mem_new(struct made);
    struct bundle_recipient to;

    crypto_box_keypair(m->public, m->secret);
    memcpy(to.key, m->public, sizeof(to.key));
    write_bundle(&m->plain, NULL, 0);
    write_bundle(&m->sealed, &to, 1);
    open_box(m);
    for (size_t i = 0; i < PIECES; i++) {
        size_t at = m->ends[i];

        m->ends[i + 1] =
            at + ZSTD_findFrameCompressedSize(m->plain.p + at, m->plain.len - at) + LINK;
    }
    assert_int_equal(m->ends[PIECES], m->plain.len);
    *state = m;
    return 0;
}

static int unmake(void **state)
{
    struct made *m = *state;

    buf_release(&m->plain);
    buf_release(&m->sealed);
    free(m);
    return 0;
}

static struct bundle_summary walk_source(const struct bundle_source *source)
{
    CLEANUP(bundle_members_freep) struct bundle_members *members = bundle_members_new(NULL, &bundle_members_usual);
    struct bundle_summary sum;
    struct err e = {0};

    assert_int_equal(bundle_walk(source, members, NULL, NULL, &sum, &e), 0);
    return sum;
}

static struct bundle_summary walk(struct str bytes)
{
    struct memory memory = {bytes};
    struct bundle_source source = {read_memory, &memory};

    return walk_source(&source);
}

/* The pieces that end at or before a byte. */
static size_t pieces_before(const struct made *m, size_t at)
{
    size_t count = 0;

    while (count < PIECES && m->ends[count + 1] <= at)
        count++;
    return count;
}

static void a_cut_at_any_byte_leaves_the_pieces_before_it(void **state)
{
    const struct made *m = *state;

    for (size_t at = 0; at < m->plain.len; at++) {
        struct bundle_summary sum = walk(str_head(buf_str(&m->plain), at));

        assert_int_equal(sum.state, BUNDLE_CUT);
        assert_int_equal(sum.pieces, pieces_before(m, at));
        assert_int_equal(sum.good, m->ends[sum.pieces]);
    }
    assert_int_equal(walk(buf_str(&m->plain)).state, BUNDLE_WHOLE);
}

static void a_change_of_any_bit_leaves_the_pieces_before_it(void **state)
{
    const struct made *m = *state;
    CLEANUP_FREE char *bytes = mem_dup(m->plain.p, m->plain.len);

    for (size_t bit = 0; bit < 8 * m->plain.len; bit++) {
        struct bundle_summary sum;

        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        sum = walk((struct str){bytes, m->plain.len});
        assert_int_not_equal(sum.state, BUNDLE_WHOLE);
        assert_int_equal(sum.pieces, pieces_before(m, bit / 8));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
}

/* ERR_FORMAT where the head cannot be read; else how seal and frames ended. */
static int walk_sealed(struct str bytes, const uint8_t key[32], struct bundle_summary *sum)
{
    struct memory memory = {bytes};
    struct bundle_source sealed = {read_memory, &memory};
    CLEANUP(bundle_unsealer_freep) struct bundle_unsealer *u = NULL;
    struct bundle_source source;
    enum bundle_state state;
    const char *why;
    struct err e = {0};
    int code = bundle_unsealer_new(&u, &sealed, key, &e);

    if (code)
        return code;
    source = bundle_unsealer_source(u);
    *sum = walk_source(&source);
    state = bundle_unsealer_state(u, &why);
    if (state != BUNDLE_WHOLE)
        sum->state = state;
    return 0;
}

static void a_sealed_one_is_not_whole_after_any_cut_or_change(void **state)
{
    const struct made *m = *state;
    CLEANUP_FREE char *bytes = mem_dup(m->sealed.p, m->sealed.len);
    struct bundle_summary sum;

    assert_int_equal(walk_sealed(buf_str(&m->sealed), m->key, &sum), 0);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
    assert_int_equal(sum.pieces, PIECES);
    for (size_t at = 0; at < m->sealed.len; at++) {
        int code = walk_sealed(str_head(buf_str(&m->sealed), at), m->key, &sum);

        assert_true(code == ERR_FORMAT || (code == 0 && sum.state == BUNDLE_CUT));
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        code = walk_sealed((struct str){bytes, m->sealed.len}, m->key, &sum);
        assert_true(code == ERR_FORMAT || code == ERR_NEWER ||
                    (code == 0 && sum.state != BUNDLE_WHOLE && sum.pieces < PIECES));
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
    }
}

static void another_key_opens_nothing(void **state)
{
    const struct made *m = *state;
    uint8_t key[32];
    struct bundle_summary sum;

    for (size_t bit = 0; bit < 256; bit++) {
        memcpy(key, m->key, sizeof(key));
        key[bit / 8] = (uint8_t)(key[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(walk_sealed(buf_str(&m->sealed), key, &sum), 0);
        assert_int_equal(sum.state, BUNDLE_ALTERED);
        assert_int_equal(sum.pieces, 0);
    }
}

struct seen {
    struct buf names;
    struct buf content;
    struct buf frames;
};

static int see_entry(void *context, const struct archived *entry, struct err *e)
{
    struct seen *s = context;

    (void)e;
    buf_addstr(&s->names, entry->name);
    buf_addc(&s->names, '\n');
    return 0;
}

static int see_data(void *context, struct str bytes, struct err *e)
{
    struct seen *s = context;

    (void)e;
    buf_addstr(&s->content, bytes);
    return 0;
}

static int see_frames(void *context, struct str bytes, struct err *e)
{
    struct seen *s = context;

    (void)e;
    buf_addstr(&s->frames, bytes);
    return 0;
}

static int memory_file(struct str bytes)
{
    struct err e = {0};
    int fd = memfd_create("bundle", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(file_write_fd(fd, bytes.p, bytes.len, "memory", &e), 0);
    return fd;
}

static void a_worker_tells_members_and_frames(void **state)
{
    const struct made *m = *state;
    struct seen s = {0};
    const struct archived_receiver members = {.entry = see_entry, .data = see_data, .context = &s};
    const struct bundle_receiver to = {.members = &members, .frames = see_frames, .context = &s};
    CLEANUP_FD int plain = memory_file(buf_str(&m->plain));
    CLEANUP_FD int sealed = memory_file(buf_str(&m->sealed));
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    struct bundle_summary sum;
    struct err e = {0};
    bool is_sealed;
    size_t count;

    if (bundle_read(plain, "plain", NULL, &to, &sum, &e))
        fail_msg("%s", e.text);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
    assert_int_equal(sum.members, 5);
    assert_string_equal(buf_text(&s.names),
                        "bundle.json\nfiles/a\nfiles/b\nmanifest-000.jsonl\nend.json\n");
    assert_non_null(strstr(buf_text(&s.content), "{}\nwhat lay on the host\nand more of it\n"));
    assert_true(str_eq(buf_str(&s.frames), buf_str(&m->plain)));

    assert_int_equal(bundle_is_sealed(plain, &is_sealed, &e), 0);
    assert_false(is_sealed);
    assert_int_equal(bundle_is_sealed(sealed, &is_sealed, &e), 0);
    assert_true(is_sealed);
    assert_int_equal(bundle_boxes(sealed, "sealed", boxes, &count, &e), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(boxes[0].key, m->public, 32);
    buf_clear(&s.names);
    assert_int_equal(bundle_read(sealed, "sealed", m->key, &to, &sum, &e), 0);
    assert_int_equal(sum.state, BUNDLE_WHOLE);
    assert_int_equal(sum.pieces, PIECES);
    assert_int_equal(bundle_boxes(plain, "plain", boxes, &count, &e), ERR_FORMAT);
    assert_int_equal(bundle_read(sealed, "sealed", NULL, &to, &sum, &e), ERR_FORMAT);
    buf_release(&s.names);
    buf_release(&s.content);
    buf_release(&s.frames);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_byte_leaves_the_pieces_before_it),
        cmocka_unit_test(a_change_of_any_bit_leaves_the_pieces_before_it),
        cmocka_unit_test(a_sealed_one_is_not_whole_after_any_cut_or_change),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(a_worker_tells_members_and_frames),
    };

    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, make, unmake);
}
