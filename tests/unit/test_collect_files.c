/* test_collect_files.c: copies of files that have holes, change while they are read, lie behind
 * links or are none; lists of trees; the programs that run. */
#include "test_collect_step.h"
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include "collect/files_hash.h"

/* A collection of the test's tree whose output may do something to the tree. */
struct taking {
    struct tree *tree;
    struct collection_options options;
    const char *definitions; /* text; NULL: none but the built-in */
    void (*happens)(struct tree *t);
    bool has_happened;
    struct buf frames;
    struct taken taken;
    struct buf artifacts;
    struct buf lines; /* live/file or live/hash */
};

static int take_write(void *context, const void *bytes, size_t size, struct err *e)
{
    struct taking *t = context;

    (void)e;
    buf_add(&t->frames, bytes, size);
    if (t->happens && !t->has_happened)
        t->happens(t->tree);
    t->has_happened = true;
    return 0;
}

static void gather_parts(struct taking *t)
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

static void put_definitions(struct taking *t, struct buf *path)
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

static void begin(struct taking *t, struct collection *c, struct bundle_output *output)
{
    *output = (struct bundle_output){.write = take_write, .context = t};
    clock_gettime(CLOCK_MONOTONIC, &c->begun);
    assert_int_equal(host_init(&c->host, t->options.root, c->e), 0);
    c->arena = arena_new();
    assert_int_equal(bundle_begin(&c->bundle, output, NULL, 0, c->e), 0);
    c->missing = bundle_lines_new(c->bundle, "missing");
    c->observed = bundle_lines_new(c->bundle, "observed");
    c->artifacts = bundle_lines_new(c->bundle, "artifacts");
}

static void finish(struct taking *t, struct collection *c)
{
    if (c->status)
        fail_msg("%s", c->e->text);
    assert_int_equal(bundle_lines_end(c->missing, c->e), 0);
    assert_int_equal(bundle_lines_end(c->observed, c->e), 0);
    assert_int_equal(bundle_lines_end(c->artifacts, c->e), 0);
    assert_int_equal(bundle_end(c->bundle, STR("\"seconds\":0"), c->e), 0);
    process_list_release(&c->processes);
    arena_free(c->arena);
    host_release(&c->host);
    step_unpack(&t->taken.archive, buf_str(&t->frames));
    gather_parts(t);
}

/* The definition that is wanted is called A. */
static void take(struct taking *t, collection_step *step)
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

static void taking_release(struct taking *t)
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

static struct str find_line(struct str text, const char *with)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');

        if (memmem(line.p, line.len, with, strlen(with)))
            return line;
    }
    return (struct str){0};
}

static void expect_line(const struct buf *text, const char *with)
{
    if (find_line(buf_str(text), with).len == 0)
        fail_msg("no line with %s in:\n%s", with, buf_text(text));
}

static void expect_no_line(const struct buf *text, const char *with)
{
    struct str line = find_line(buf_str(text), with);

    if (line.len)
        fail_msg("unexpected: " STR_FMT, STR_ARG(line));
}

static struct buf manifest_of(const struct taking *t)
{
    struct str rest = buf_str(&t->taken.archive);
    struct buf out = {0};
    struct tar_member m;

    while (tar_next(&rest, &m))
        if (str_starts(m.path, "manifest-"))
            buf_addstr(&out, m.content);
    return out;
}

static void expect_manifest(const struct taking *t, const char *with)
{
    CLEANUP_BUF struct buf manifest = manifest_of(t);

    expect_line(&manifest, with);
}

static void expect_member(const struct taking *t, const char *path, struct str content)
{
    struct tar_member m;

    if (!taken_find(&t->taken, path, &m))
        fail_msg("%s is not there", path);
    assert_int_equal(m.content.len, content.len);
    assert_memory_equal(m.content.p, content.p, content.len);
}

enum { MIB = 1 << 20 };

/* Bytes that do not compress, so that the output begins while the file is read. */
static void put_noise(struct tree *t, const char *path, size_t size, struct buf *out)
{
    uint64_t x = 88172645463325252u;

    buf_clear(out);
    for (size_t i = 0; i < size; i += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        buf_add(out, &x, 8);
    }
    tree_put_bytes(t, path, out->p, out->len);
}

static void holes_become_zeros_and_are_counted(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state,
                                      .definitions = ONE_FILE("paths: [/var/lastlog]")};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf content = {0};
    struct stat st;
    int fd;

    tree_put(t.tree, "var/lastlog", "begin");
    fd = open(tree_path(t.tree, "var/lastlog", &path), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "middle", 6, MIB), 6);
    assert_int_equal(ftruncate(fd, 3 * MIB), 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    if (st.st_blocks * 512 > MIB)
        skip(); /* this file system stores holes */
    buf_addn(&content, '\0', 3 * MIB);
    memcpy(content.p, "begin", 5);
    memcpy(content.p + MIB, "middle", 6);
    take(&t, collection_files);
    expect_member(&t, "files/var/lastlog", buf_str(&content));
    /* Two blocks of 4096 bytes are stored: 3145728 - 2 * 4096. */
    if (st.st_blksize == 4096)
        expect_manifest(&t, "\"holes\":3137536");
}

static void shrink_big(struct tree *t)
{
    CLEANUP_BUF struct buf path = {0};

    assert_int_equal(truncate(tree_path(t, "big", &path), 3 * MIB), 0);
}

static void a_file_that_shrinks_is_filled_with_zeros_and_said(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state, .definitions = ONE_FILE("paths: [/big]"), .happens = shrink_big};
    CLEANUP_BUF struct buf content = {0};

    put_noise(t.tree, "big", 8 * MIB, &content);
    memset(content.p + 3 * MIB, 0, 5 * MIB);
    take(&t, collection_files);
    assert_true(t.has_happened);
    expect_member(&t, "files/big", buf_str(&content));
    expect_manifest(&t, "\"part\":\"shrank\"");
}

static void grow_big(struct tree *t)
{
    CLEANUP_BUF struct buf path = {0};
    int fd = open(tree_path(t, "big", &path), O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_int_equal(write(fd, "more", 4), 4);
    close(fd);
}

static void a_file_that_grows_is_copied_as_it_was_and_said(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state, .definitions = ONE_FILE("paths: [/big]"), .happens = grow_big};
    CLEANUP_BUF struct buf content = {0};

    put_noise(t.tree, "big", 4 * MIB, &content);
    take(&t, collection_files);
    expect_member(&t, "files/big", buf_str(&content));
    expect_manifest(&t, "\"part\":\"grew\"");
}

static void remove_next(struct tree *t)
{
    CLEANUP_BUF struct buf path = {0};

    assert_int_equal(unlink(tree_path(t, "next", &path)), 0);
}

static void a_file_that_is_gone_before_it_is_read_is_no_gap(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state,
                                      .definitions = ONE_FILE("paths: [/big, /next, /last]"),
                                      .happens = remove_next};
    CLEANUP_BUF struct buf content = {0};
    struct tar_member m;

    put_noise(t.tree, "big", 4 * MIB, &content);
    tree_put(t.tree, "next", "x");
    tree_put(t.tree, "last", "y");
    take(&t, collection_files);
    assert_false(taken_find(&t.taken, "files/next", &m));
    expect_member(&t, "files/last", STR("y"));
    assert_int_equal(t.taken.missing.len, 0);
}

static void of_a_big_file_the_wanted_part_is_kept(void **state)
{
    static const struct {
        const char *definitions;
        const char *content; /* NULL: none */
        const char *artifact;
    } cases[] = {
        {ONE_FILE("paths: [/log], limit: 4"), "0123", "\"from\":0,\"size\":10"},
        {ONE_FILE("paths: [/log], limit: 4, keep: head"), "0123", "\"from\":0,\"size\":10"},
        {ONE_FILE("paths: [/log], limit: 4, keep: tail"), "6789", "\"from\":6,\"size\":10"},
        {ONE_FILE("paths: [/log], limit: 4, keep: whole"), NULL, NULL},
        {ONE_FILE("paths: [/log], limit: 10, keep: whole"), "0123456789", "files/log\"}"},
        {ONE_FILE("paths: [/log]"), "0123456789", "files/log\"}"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKING struct taking t = {.tree = *state, .definitions = cases[i].definitions};
        struct tar_member m;

        tree_put(t.tree, "log", "0123456789");
        take(&t, collection_files);
        if (!cases[i].content) {
            assert_false(taken_find(&t.taken, "files/log", &m));
            expect_line(&t.taken.missing, "/log");
            continue;
        }
        expect_member(&t, "files/log", str_of(cases[i].content));
        expect_line(&t.artifacts, cases[i].artifact);
        if (strlen(cases[i].content) < 10)
            expect_manifest(&t, "\"part\":\"limit\"");
    }
}

static void links_are_followed_but_not_out_of_the_root(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state, .definitions = ONE_FILE("paths: [/l/*, /dir/sub/f, /loop/x]")};
    struct tar_member m;

    tree_put(t.tree, "etc/passwd", "of the tree");
    tree_put(t.tree, "real/sub/f", "inside");
    tree_link(t.tree, "l/absolute", "/etc/passwd");
    tree_link(t.tree, "l/upward", "../../../../../../../etc/passwd");
    tree_link(t.tree, "l/dangling", "/nothing");
    tree_link(t.tree, "l/self", "self");
    tree_link(t.tree, "dir", "real");
    tree_link(t.tree, "loop", "loop2");
    tree_link(t.tree, "loop2", "loop");
    take(&t, collection_files);
    assert_true(taken_find(&t.taken, "files/l/absolute", &m));
    assert_int_equal(m.type, '2');
    assert_true(str_is(m.target, "/etc/passwd"));
    expect_member(&t, "files/etc/passwd", STR("of the tree"));
    expect_member(&t, "files/real/sub/f", STR("inside"));
    assert_true(taken_find(&t.taken, "files/l/dangling", &m));
    assert_false(taken_find(&t.taken, "files/nothing", &m));
    expect_line(&t.taken.missing, "/loop");
    expect_line(&t.taken.missing, "/l/self");
}

static void a_link_that_spells_a_pattern_leads_to_that_name_alone(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state, .definitions = ONE_FILE("paths: [/l]")};
    struct tar_member m;

    tree_put(t.tree, "d/*", "star");
    tree_put(t.tree, "d/other", "secret");
    tree_link(t.tree, "l", "d/*");
    take(&t, collection_files);
    expect_member(&t, "files/d/*", STR("star"));
    assert_false(taken_find(&t.taken, "files/d/other", &m));
}

static void a_second_name_of_an_inode_is_a_hard_link(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state,
                                      .definitions = ONE_FILE("paths: [/a, /b, /a]")};
    CLEANUP_BUF struct buf a = {0};
    CLEANUP_BUF struct buf b = {0};
    struct tar_member m;

    tree_put(t.tree, "a", "once");
    assert_int_equal(link(tree_path(t.tree, "a", &a), tree_path(t.tree, "b", &b)), 0);
    take(&t, collection_files);
    expect_member(&t, "files/a", STR("once"));
    assert_true(taken_find(&t.taken, "files/b", &m));
    assert_int_equal(m.type, '1');
    assert_true(str_is(m.target, "files/a"));
    expect_line(&t.artifacts, "\"files\":2,\"bytes\":4");
}

static void what_is_no_file_is_told_and_never_opened(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state, .definitions = ONE_FILE("paths: [/dev/*]")};
    CLEANUP_BUF struct buf path = {0};
    struct tar_member m;

    assert_int_equal(mkfifo(tree_path(t.tree, "dev/fifo", &path), 0600), 0);
    assert_int_equal(mknod(tree_path(t.tree, "dev/socket", &path), S_IFSOCK | 0600, 0), 0);
    take(&t, collection_files); /* a FIFO that is opened would hold us up */
    assert_true(taken_find(&t.taken, "files/dev/fifo", &m));
    assert_int_equal(m.type, '6');
    assert_false(taken_find(&t.taken, "files/dev/socket", &m));
    expect_line(&t.taken.missing, "/dev/socket");
}

static void slow_file_systems_are_not_entered(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state, .definitions = ONE_FILE("paths: [/mnt/*/f, /**5/f, /l/nfs/f]")};
    struct tar_member m;

    tree_put(t.tree, "proc/self/mountinfo",
             "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
             "22 21 0:40 / /mnt/nfs rw - nfs4 server:/x rw\n"
             "23 21 0:41 / /mnt/a\\040b rw - fuse.sshfs x rw\n");
    tree_put(t.tree, "mnt/nfs/f", "1");
    tree_put(t.tree, "mnt/a b/f", "2");
    tree_put(t.tree, "mnt/disk/f", "3");
    tree_link(t.tree, "l", "mnt");
    take(&t, collection_files);
    assert_false(taken_find(&t.taken, "files/mnt/nfs/f", &m));
    assert_false(taken_find(&t.taken, "files/mnt/a b/f", &m));
    expect_member(&t, "files/mnt/disk/f", STR("3"));
    expect_line(&t.taken.missing, "/mnt/nfs");
    expect_line(&t.taken.missing, "/mnt/a b");
}

static void names_of_any_bytes_are_kept(void **state)
{
    static const char *const names[] = {"new\nline", "\xff\xfe", "quote\"d", "..", "...",
                                        "a\\b",      "\x1b[31m", "*",        "-",  " "};
    CLEANUP_TAKING struct taking t = {.tree = *state, .definitions = ONE_FILE("paths: ['/odd/*']")};
    CLEANUP_BUF struct buf path = {0};
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], "..") == 0)
            continue;
        buf_clear(&path);
        buf_adds(&path, "odd/");
        buf_adds(&path, names[i]);
        tree_put(t.tree, buf_text(&path), names[i]);
    }
    take(&t, collection_files);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], "..") == 0)
            continue;
        buf_clear(&path);
        buf_addf(&path, "files/odd/%s", names[i]);
        expect_member(&t, buf_text(&path), str_of(names[i]));
        count++;
    }
    assert_int_equal(count, 9);
    expect_line(&t.artifacts, "\"path_hex\":\"2f6f64642ffffe\"");
}

static void a_tree_is_listed_whole_with_names_that_look_like_patterns(void **state)
{
    const char *trees[] = {"/tr[ee]/*"};
    CLEANUP_TAKING struct taking t = {.tree = *state, .options = {.trees = trees, .tree_count = 1}};

    tree_put(t.tree, "tr[ee]/*/a/b/c", "x");
    tree_put(t.tree, "tr[ee]/other", "x");
    tree_link(t.tree, "tr[ee]/*/out", "../other");
    take(&t, collection_files);
    expect_line(&t.lines, "{\"path\":\"/tr[ee]/*\",\"kind\":\"folder\"");
    expect_line(&t.lines, "{\"path\":\"/tr[ee]/*/a/b/c\",\"kind\":\"file\"");
    expect_line(&t.lines, "\"target\":\"../other\"");
    expect_no_line(&t.lines, "\"/tr[ee]/other\"");
}

static void a_limit_of_entries_is_kept_and_said(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state,
                                      .definitions = ONE_PATH("paths: ['/d/*'], limit: 5")};
    CLEANUP_BUF struct buf path = {0};

    for (int i = 0; i < 9; i++) {
        buf_clear(&path);
        buf_addf(&path, "d/%d", i);
        tree_put(t.tree, buf_text(&path), "");
    }
    take(&t, collection_files);
    expect_line(&t.taken.missing, "more than 5 entries");
    /* One of the five is the folder that leads there. */
    expect_line(&t.artifacts, "\"entries\":4");
}

/* The bound of a whole collection is a million: what happens there is seen where little is left. */
static void lines_of_a_collection_are_bounded(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state};
    struct bundle_output output;
    struct err e = {0};
    struct collection c = {.options = &t.options, .step = "file", .e = &e};
    struct files f;
    int fd;

    t.options.root = t.tree->root;
    begin(&t, &c, &output);
    files_init(&f, &c);
    assert_int_equal(f.left, 1000000);
    f.left = 1;
    f.lines = bundle_lines_new(c.bundle, "live/file");
    fd = open(t.tree->root, O_PATH | O_CLOEXEC);
    assert_true(files_list(&f, "a", fd, NULL));
    assert_false(files_list(&f, "b", fd, NULL));
    close(fd);
    assert_int_equal(bundle_lines_end(f.lines, &e), 0);
    files_release(&f);
    finish(&t, &c);
    expect_line(&t.lines, "\"path\":\"/a\"");
    expect_no_line(&t.lines, "\"path\":\"/b\"");
    expect_line(&t.taken.missing, "more than 1000000 lines");
}

static void home_folders_come_from_accounts_and_from_home(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state,
        .definitions = ONE_FILE("paths: ['%%users.homedir%%/.x', '%%users.appdata%%/y']")};
    struct tar_member m;

    tree_put(t.tree, "etc/passwd",
             "a:x:1:1::/srv/a:/bin/sh\nb:x:2:2::/:/bin/sh\nbroken\n"
             "c:x:3:3::relative:/bin/sh\n");
    tree_put(t.tree, "srv/a/.x", "account");
    tree_put(t.tree, "home/gone/.x", "no account");
    tree_put(t.tree, "root/.x", "root");
    tree_put(t.tree, ".x", "of no home");
    take(&t, collection_files);
    expect_member(&t, "files/srv/a/.x", STR("account"));
    expect_member(&t, "files/home/gone/.x", STR("no account"));
    expect_member(&t, "files/root/.x", STR("root"));
    assert_false(taken_find(&t.taken, "files/.x", &m));
    expect_line(&t.taken.missing, "%%users.appdata%%/y");
}

static void programs_are_refused_aloud_and_groups_are_taken_once(void **state)
{
    CLEANUP_TAKING struct taking t = {
        .tree = *state,
        .definitions =
            "name: A\nsources:\n- type: ARTIFACT_GROUP\n  attributes: {names: [B, C, A, Nobody, "
            "E]}\n"
            "---\nname: B\naliases: [C]\nsources:\n- type: FILE\n  attributes: {paths: [/b]}\n"
            "- type: COMMAND\n  attributes: {cmd: /bin/ps, args: []}\n"
            "- type: REGISTRY_KEY\n  attributes: {keys: [x]}\n"
            "- type: REGISTRY_VALUE\n  supported_os: [Windows]\n"
            "- type: FILE\n  attributes: {paths: ['\\b'], separator: '\\'}\n"
            "---\nname: E\nsources: [{type: FILE, attributes: {paths: [/e]}}]\n"
            "supported_os: [Windows]\n"};
    struct tar_member m;

    tree_put(t.tree, "b", "taken");
    tree_put(t.tree, "e", "not for this system");
    take(&t, collection_files);
    expect_member(&t, "files/b", STR("taken"));
    assert_false(taken_find(&t.taken, "files/e", &m));
    expect_line(&t.taken.missing, "none of the host is: /bin/ps");
    expect_line(&t.taken.missing, "REGISTRY_KEY");
    expect_no_line(&t.taken.missing, "REGISTRY_VALUE");
    expect_line(&t.taken.missing, "of another system");
    expect_line(&t.taken.missing, "not there: Nobody");
    expect_line(&t.artifacts, "{\"artifact\":\"B\",\"path\":\"/b\",\"member\":\"files/b\"}");
    expect_line(&t.artifacts, "{\"artifact\":\"B\",\"definitions\":");
    expect_line(&t.artifacts, "{\"artifact\":\"A\",\"definitions\":");
}

static void definitions_that_cannot_be_read_are_said_and_the_rest_is_taken(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state, .definitions = "name: [A\n"};

    take(&t, collection_files);
    expect_line(&t.taken.missing, "the definitions are not taken: line 2: it is not YAML");
    expect_line(&t.taken.missing, "no definition has this name");
}

static struct bundle_attribute attribute(const char *name, const void *bytes, size_t size)
{
    return (struct bundle_attribute){name, {bytes, size}};
}

/* linux/capability.h: VFS_CAP_REVISION_3 and VFS_CAP_FLAGS_EFFECTIVE; CAP_NET_RAW is 13, 0x2000;
 * CAP_CHECKPOINT_RESTORE 40 is bit 8 of the second word. posix_acl_xattr.h: version 2, then tag,
 * rights, id. FS_IMMUTABLE_FL is 0x10, FS_EXTENT_FL 0x80000. */
static void attributes_are_told_in_words(void **state)
{
    static const uint8_t capability[] = {1, 0, 0, 3, 0, 0x20, 0, 0, 0,    0, 0, 0,
                                         0, 1, 0, 0, 0, 0,    0, 0, 0xe8, 3, 0, 0};
    static const uint8_t acl[] = {2,    0,    0,    0,    1,    0,    6,  0,    0xff, 0xff, 0xff,
                                  0xff, 2,    0,    5,    0,    0xe9, 3,  0,    0,    4,    0,
                                  4,    0,    0xff, 0xff, 0xff, 0xff, 16, 0,    5,    0,    0xff,
                                  0xff, 0xff, 0xff, 32,   0,    0,    0,  0xff, 0xff, 0xff, 0xff};
    struct file_facts f = {.flags = 0x80010, .has_flags = true, .attribute_count = 4};
    CLEANUP_BUF struct buf out = {0};
    struct json j;

    (void)state;
    f.x.stx_mode = S_IFREG | 04755;
    f.x.stx_mask = STATX_BASIC_STATS;
    f.x.stx_mtime.tv_sec = -1;
    f.x.stx_mtime.tv_nsec = 999999999;
    f.x.stx_ctime.tv_sec = (int64_t)1 << 40;
    f.attributes[0] = attribute("security.capability", capability, sizeof(capability));
    f.attributes[1] = attribute("system.posix_acl_access", acl, sizeof(acl));
    f.attributes[2] = attribute("user.a=\n\xc3\xa4", "", 0);
    f.attributes[3] = attribute("system.posix_acl_default", acl, sizeof(acl) - 1);
    json_begin(&j, &out);
    json_object_begin(&j);
    file_facts_put(&j, STR("/x"), &f);
    json_object_end(&j);
    expect_line(&out, "\"mode\":\"4755\"");
    expect_line(&out, "\"modified\":\"1969-12-31T23:59:59.999999999Z\"");
    expect_line(&out, "\"changed_s\":1099511627776");
    expect_no_line(&out, "\"created\"");
    expect_line(&out, "\"permitted\":\"0000010000002000\",\"inheritable\":\"0000000000000000\","
                      "\"effective\":true,\"root_uid\":1000");
    expect_line(&out, "\"acl\":\"user::rw-,user:1001:r-x,group::r--,mask::r-x,other::---\"");
    expect_no_line(&out, "\"default_acl\"");
    expect_line(&out, "\"user.a\\\\x3d\\\\x0a\\\\xc3\\\\xa4=\"");
    expect_line(&out, "\"flags\":\"00080010\",\"immutable\":true");
    expect_no_line(&out, "append_only");
}

/* SHA-256 of "abc": FIPS 180-4, the example of NIST. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void each_inode_that_runs_is_hashed_once(void **state)
{
    CLEANUP_TAKING struct taking t = {.tree = *state};
    struct bundle_output output;
    struct err e = {0};
    struct collection c = {.options = &t.options, .step = "hash", .e = &e};

    tree_put(t.tree, "bin/a", "abc");
    tree_put(t.tree, "lib/with space", "");
    tree_put(t.tree, "lib/new\nline", "abc");
    for (int pid = 1; pid <= 2; pid++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "proc/%d/maps", pid);
        tree_put(t.tree, buf_text(&path),
                 "1000-2000 r--p 00000000 08:01 11  /bin/a\n"
                 "2000-3000 r-xp 00000000 08:01 11  /bin/a\n"
                 "3000-4000 r-xp 00000000 08:01 12  /lib/with space\n"
                 "4000-5000 r--p 00000000 08:01 13  /lib/data\n"
                 "5000-6000 r-xp 00000000 08:01 14  /gone (deleted)\n"
                 "6000-7000 r-xp 00000000 00:05 15  /memfd:x (deleted)\n"
                 "7000-8000 r-xp 00000000 00:00 0  [vdso]\n"
                 "8000-9000 r-xp 00000000 08:01 16  /lib/new\\012line\n"
                 "9000-a000 r-xp 00000000 08:02 11  /bin/a\n"
                 "broken\n\n9-\n");
        buf_clear(&path);
        buf_addf(&path, "proc/%d/stat", pid);
        tree_put(t.tree, buf_text(&path),
                 "1 (a) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
                 "0 0 0 0 0 0 0 0 0 0 0\n");
        buf_clear(&path);
        buf_addf(&path, "proc/%d/status", pid);
        tree_put(t.tree, buf_text(&path), "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
        buf_clear(&path);
        buf_addf(&path, "proc/%d/exe", pid);
        tree_link(t.tree, buf_text(&path), "/bin/a");
    }
    t.options.root = t.tree->root;
    begin(&t, &c, &output);
    collection_scan(&c);
    assert_int_equal(c.processes.count, 2);
    collection_hashes(&c);
    finish(&t, &c);
    expect_line(&t.lines, "{\"path\":\"/bin/a\",\"device\":\"8:1\",\"inode\":11,\"size\":3,"
                          "\"sha256\":\"" ABC "\",\"same_inode\":false,\"program\":true,"
                          "\"deleted\":false,\"processes\":2,\"pid\":1}");
    expect_line(&t.lines, "{\"path\":\"/bin/a\",\"device\":\"8:2\",\"inode\":11,");
    expect_line(&t.lines, "{\"path\":\"/lib/with space\"");
    expect_line(&t.lines, "/lib/new\\nline\",\"device\":\"8:1\",\"inode\":16,\"size\":3");
    expect_line(&t.lines, "{\"path\":\"/gone\",\"device\":\"8:1\",\"inode\":14,\"program\":false,"
                          "\"deleted\":true");
    expect_no_line(&t.lines, "/lib/data");
    expect_no_line(&t.lines, "memfd");
    expect_no_line(&t.lines, "vdso");
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(holes_become_zeros_and_are_counted),
        WITH_TREE(a_file_that_shrinks_is_filled_with_zeros_and_said),
        WITH_TREE(a_file_that_grows_is_copied_as_it_was_and_said),
        WITH_TREE(a_file_that_is_gone_before_it_is_read_is_no_gap),
        WITH_TREE(of_a_big_file_the_wanted_part_is_kept),
        WITH_TREE(links_are_followed_but_not_out_of_the_root),
        WITH_TREE(a_link_that_spells_a_pattern_leads_to_that_name_alone),
        WITH_TREE(a_second_name_of_an_inode_is_a_hard_link),
        WITH_TREE(what_is_no_file_is_told_and_never_opened),
        WITH_TREE(slow_file_systems_are_not_entered),
        WITH_TREE(names_of_any_bytes_are_kept),
        WITH_TREE(a_tree_is_listed_whole_with_names_that_look_like_patterns),
        WITH_TREE(a_limit_of_entries_is_kept_and_said),
        WITH_TREE(lines_of_a_collection_are_bounded),
        WITH_TREE(home_folders_come_from_accounts_and_from_home),
        WITH_TREE(programs_are_refused_aloud_and_groups_are_taken_once),
        WITH_TREE(definitions_that_cannot_be_read_are_said_and_the_rest_is_taken),
        cmocka_unit_test(attributes_are_told_in_words),
        WITH_TREE(each_inode_that_runs_is_hashed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
