/* test_collect_step.h: runs single steps of a collection and reads what they put into the bundle.
 */
#pragma once
#include "test_collect_tree.h"
#include <time.h>
#include <zstd.h>
#include "collect/collection.h"
#include "collect/rights.h"

struct taken {
    struct buf archive;  /* the tar archive, out of its frames */
    struct buf observed; /* the lines of observed */
    struct buf missing;
};

static UNUSED void taken_release(struct taken *t)
{
    buf_release(&t->archive);
    buf_release(&t->observed);
    buf_release(&t->missing);
}
#define CLEANUP_TAKEN CLEANUP(taken_release)

static UNUSED int step_write(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)e;
    buf_add(context, bytes, size);
    return 0;
}

/* libzstd passes skippable frames over (RFC 8878 §3.1.2), as zstd -d does. */
static UNUSED void step_unpack(struct buf *out, struct str frames)
{
    enum { STEP = 1 << 16 };
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {frames.p, frames.len, 0};

    while (in.pos < in.size) {
        ZSTD_outBuffer part = {buf_room(out, STEP), STEP, 0};
        size_t code = ZSTD_decompressStream(stream, &part, &in);

        assert_false(ZSTD_isError(code));
        out->len += part.pos;
    }
    ZSTD_freeDStream(stream);
}

static UNUSED uint64_t octal(const char *digits, size_t size)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size && digits[i] >= '0' && digits[i] <= '7'; i++)
        n = n * 8 + (uint64_t)(digits[i] - '0');
    return n;
}

struct tar_member {
    struct str path;
    struct str target;
    struct str content;
    char type;
};

/* The next member of a ustar archive (POSIX.1-2008, pax); its extended headers are passed over, so
 * names must be short. */
static UNUSED bool tar_next(struct str *rest, struct tar_member *m)
{
    enum { BLOCK = 512 };

    while (rest->len >= BLOCK && rest->p[0]) {
        const char *h = rest->p;
        uint64_t size = octal(h + 124, 12);
        uint64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;

        assert_true(memcmp(h + 257, "ustar", 5) == 0);
        assert_true(BLOCK + padded <= rest->len);
        m->path = (struct str){h, strnlen(h, 100)};
        m->target = (struct str){h + 157, strnlen(h + 157, 100)};
        m->type = h[156];
        m->content = (struct str){h + BLOCK, size};
        *rest = str_from(*rest, BLOCK + padded);
        if (m->type != 'x' && m->type != 'g')
            return true;
    }
    return false;
}

static UNUSED bool taken_find(const struct taken *t, const char *path, struct tar_member *m)
{
    struct str rest = buf_str(&t->archive);

    while (tar_next(&rest, m))
        if (str_is(m->path, path))
            return true;
    return false;
}

static UNUSED void gather_lines(struct taken *t)
{
    struct str rest = buf_str(&t->archive);
    struct tar_member m;

    while (tar_next(&rest, &m)) {
        if (str_starts(m.path, "observed-"))
            buf_addstr(&t->observed, m.content);
        if (str_starts(m.path, "missing-"))
            buf_addstr(&t->missing, m.content);
    }
}

/* Runs the steps, which end with NULL, after a scan of the processes, into a bundle that has room
 * for so many members and bytes. */
static UNUSED void take_steps_in(struct taken *t, const struct collection_options *options,
                                 collection_step *const *steps, uint64_t members, uint64_t bytes)
{
    CLEANUP_BUF struct buf frames = {0};
    struct bundle_output output = {.write = step_write, .context = &frames};
    struct err e = {0};
    struct collection c = {.options = options, .step = "test", .is_root = geteuid() == 0, .e = &e};

    *t = (struct taken){0};
    clock_gettime(CLOCK_MONOTONIC, &c.begun);
    assert_int_equal(host_init(&c.host, options->root, &e), 0);
    c.arena = arena_new();
    assert_int_equal(bundle_begin(&c.bundle, &output, NULL, 0, &e), 0);
    bundle_set_room(c.bundle, members, bytes);
    c.missing = bundle_lines_new(c.bundle, "missing");
    c.observed = bundle_lines_new(c.bundle, "observed");
    collection_scan(&c);
    for (; *steps && c.status == 0; steps++)
        (*steps)(&c);
    if (c.status)
        fail_msg("%s", e.text);
    assert_int_equal(bundle_lines_end(c.missing, &e), 0);
    assert_int_equal(bundle_lines_end(c.observed, &e), 0);
    assert_int_equal(bundle_end(c.bundle, STR("\"seconds\":0"), &e), 0);
    rights_free(c.rights);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    step_unpack(&t->archive, buf_str(&frames));
    gather_lines(t);
}

static UNUSED void take_steps(struct taken *t, const struct collection_options *options,
                              collection_step *const *steps)
{
    take_steps_in(t, options, steps, UINT64_MAX, UINT64_MAX);
}

/* The first line of observed with that code and, where it is not NULL, with that text in it; an
 * empty slice where there is none. */
static UNUSED struct str find_observed(const struct taken *t, const char *code, const char *text)
{
    CLEANUP_BUF struct buf start = {0};
    struct str rest = buf_str(&t->observed);

    buf_addf(&start, "{\"code\":\"%s\",", code);
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (str_starts(line, buf_text(&start)) &&
            (!text || memmem(line.p, line.len, text, strlen(text))))
            return line;
    }
    return (struct str){0};
}

static UNUSED void expect_observed(const struct taken *t, const char *code, const char *text)
{
    struct str line = find_observed(t, code, text);

    if (line.len == 0)
        fail_msg("no %s with %s in:\n%s", code, text ? text : "anything", buf_text(&t->observed));
}

static UNUSED void expect_not_observed(const struct taken *t, const char *code, const char *text)
{
    struct str line = find_observed(t, code, text);

    if (line.len)
        fail_msg("unexpected: " STR_FMT, STR_ARG(line));
}
