/* test_collect_files.c: copies of files that have holes, change while they are read, lie behind
 * links or are none. */
#include "test_collect_taking.h"

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

/* Two of four are in, whichever the folder lists first; each of the others is said. */
static void files_that_the_bundle_has_no_room_for_are_said(void **state)
{
    enum { COUNT = 4, ROOM = 2 };
    CLEANUP_TAKING struct taking t = {
        .tree = *state, .definitions = ONE_FILE("paths: [/a/*]"), .room = ROOM};
    CLEANUP_BUF struct buf path = {0};
    struct tar_member m;
    int taken = 0;

    tree_put(t.tree, "a/1", "one");
    tree_put(t.tree, "a/2", "two");
    tree_put(t.tree, "a/3", "");
    assert_int_equal(symlink("nowhere", tree_path(t.tree, "a/4", &path)), 0);
    take(&t, collection_files);
    for (int i = 1; i <= COUNT; i++) {
        char member[32];
        char said[96];

        snprintf(member, sizeof(member), "files/a/%d", i);
        snprintf(said, sizeof(said),
                 "{\"what\":\"/a/%d\",\"step\":\"file\",\"why\":\"the bundle has no room", i);
        if (taken_find(&t.taken, member, &m))
            taken++;
        else
            expect_line(&t.taken.missing, said);
    }
    assert_int_equal(taken, ROOM);
    assert_true(taken_find(&t.taken, "end.json", &m));
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
        buf_adds(&path, "files/odd/");
        buf_adds(&path, names[i]);
        expect_member(&t, buf_text(&path), str_of(names[i]));
        count++;
    }
    assert_int_equal(count, 9);
    expect_line(&t.artifacts, "\"path_hex\":\"2f6f64642ffffe\"");
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

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(holes_become_zeros_and_are_counted),
        WITH_TREE(files_that_the_bundle_has_no_room_for_are_said),
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
        WITH_TREE(home_folders_come_from_accounts_and_from_home),
        WITH_TREE(programs_are_refused_aloud_and_groups_are_taken_once),
        WITH_TREE(definitions_that_cannot_be_read_are_said_and_the_rest_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
