/* test_collect_taking.h: one step of a collection over a tree, and what it put into its bundle. */
#pragma once
#include "test_collect_step.h"
#include "collect/files_hash.h"
#include "collect/rights.h"

/* A collection of the test's tree whose output may do something to the tree. */
struct taking {
    struct tree *tree;
    struct collection_options options;
    const char *definitions; /* text; NULL: none but the built-in */
    void (*happens)(struct tree *t);
    bool has_happened;
    uint64_t room; /* members that the bundle takes; 0: as many as any */
    struct buf frames;
    struct taken taken;
    struct buf artifacts;
    struct buf lines; /* live/file or live/hash */
};

static UNUSED int take_write(void *context, const void *bytes, size_t size, struct err *e)
{
    struct taking *t = context;

    (void)e;
    buf_add(&t->frames, bytes, size);
    if (t->happens && !t->has_happened)
        t->happens(t->tree);
    t->has_happened = true;
    return 0;
}

static UNUSED void gather_parts(struct taking *t)
{
    struct str rest = buf_str(&t->taken.archive);
    struct tar_member m;

    while (tar_next(&rest, &m)) {
        if (str_starts(m.path, "artifacts-"))
            buf_addstr(&t->artifacts, m.content);
        if (str_starts(m.path, "live/"))
            buf_addstr(&t->lines, m.content);
    }
    gather_lines(&t->taken);
}

static UNUSED void put_definitions(struct taking *t, struct buf *path)
{
    int fd;

    if (!t->definitions)
        return;
    buf_addf(path, "%s.yaml", t->tree->root);
    fd = open(buf_text(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, t->definitions, strlen(t->definitions)), strlen(t->definitions));
    assert_int_equal(close(fd), 0);
}

static UNUSED void begin(struct taking *t, struct collection *c, struct bundle_output *output)
{
    *output = (struct bundle_output){.write = take_write, .context = t};
    clock_gettime(CLOCK_MONOTONIC, &c->begun);
    assert_int_equal(host_init(&c->host, t->options.root, c->e), 0);
    c->arena = arena_new();
    assert_int_equal(bundle_begin(&c->bundle, output, NULL, 0, c->e), 0);
    if (t->room)
        bundle_set_room(c->bundle, t->room, UINT64_MAX);
    c->missing = bundle_lines_new(c->bundle, "missing");
    c->observed = bundle_lines_new(c->bundle, "observed");
    c->artifacts = bundle_lines_new(c->bundle, "artifacts");
}

static UNUSED void finish(struct taking *t, struct collection *c)
{
    if (c->status)
        fail_msg("%s", c->e->text);
    assert_int_equal(bundle_lines_end(c->missing, c->e), 0);
    assert_int_equal(bundle_lines_end(c->observed, c->e), 0);
    assert_int_equal(bundle_lines_end(c->artifacts, c->e), 0);
    assert_int_equal(bundle_end(c->bundle, STR("\"seconds\":0"), c->e), 0);
    rights_free(c->rights);
    process_list_release(&c->processes);
    arena_free(c->arena);
    host_release(&c->host);
    step_unpack(&t->taken.archive, buf_str(&t->frames));
    gather_parts(t);
}

/* The definition that is wanted is called A. */
static UNUSED void take(struct taking *t, collection_step *step)
{
    CLEANUP_BUF struct buf path = {0};
    const char *definitions[1];
    const char *names[] = {"A"};
    struct bundle_output output;
    struct err e = {0};
    struct collection c = {.options = &t->options, .step = "file", .e = &e};

    put_definitions(t, &path);
    definitions[0] = buf_text(&path);
    t->options.profile = PROFILE_TRIAGE;
    t->options.root = t->tree->root;
    t->options.definitions = definitions;
    t->options.definition_count = t->definitions ? 1 : 0;
    t->options.artifacts = names;
    t->options.artifact_count = t->options.tree_count ? 0 : 1;
    begin(t, &c, &output);
    step(&c);
    finish(t, &c);
    if (t->definitions)
        assert_int_equal(unlink(buf_text(&path)), 0);
}

static UNUSED void taking_release(struct taking *t)
{
    buf_release(&t->frames);
    buf_release(&t->artifacts);
    buf_release(&t->lines);
    taken_release(&t->taken);
}
#define CLEANUP_TAKING CLEANUP(taking_release)

#define ONE_FILE(attributes)                                                                       \
    "name: A\nsources:\n- type: FILE\n  attributes: {" attributes "}\nsupported_os: [Linux]\n"
#define ONE_PATH(attributes)                                                                       \
    "name: A\nsources:\n- type: PATH\n  attributes: {" attributes "}\nsupported_os: [Linux]\n"

static UNUSED struct str find_line(struct str text, const char *with)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');

        if (memmem(line.p, line.len, with, strlen(with)))
            return line;
    }
    return (struct str){0};
}

static UNUSED void expect_line(const struct buf *text, const char *with)
{
    if (find_line(buf_str(text), with).len == 0)
        fail_msg("no line with %s in:\n%s", with, buf_text(text));
}

static UNUSED void expect_no_line(const struct buf *text, const char *with)
{
    struct str line = find_line(buf_str(text), with);

    if (line.len)
        fail_msg("unexpected: " STR_FMT, STR_ARG(line));
}

static UNUSED struct buf manifest_of(const struct taking *t)
{
    struct str rest = buf_str(&t->taken.archive);
    struct buf out = {0};
    struct tar_member m;

    while (tar_next(&rest, &m))
        if (str_starts(m.path, "manifest-"))
            buf_addstr(&out, m.content);
    return out;
}

static UNUSED void expect_manifest(const struct taking *t, const char *with)
{
    CLEANUP_BUF struct buf manifest = manifest_of(t);

    expect_line(&manifest, with);
}

static UNUSED void expect_member(const struct taking *t, const char *path, struct str content)
{
    struct tar_member m;

    if (!taken_find(&t->taken, path, &m))
        fail_msg("%s is not there", path);
    assert_int_equal(m.content.len, content.len);
    assert_memory_equal(m.content.p, content.p, content.len);
}
