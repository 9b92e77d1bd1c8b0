/* test_collect_files_list.c: lists of trees, what is told of a file, and hashes of what runs. */
#include "test_collect_taking.h"

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

static struct file_attribute attribute(const char *name, const void *bytes, size_t size)
{
    return (struct file_attribute){name, {bytes, size}};
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
        WITH_TREE(a_tree_is_listed_whole_with_names_that_look_like_patterns),
        WITH_TREE(a_limit_of_entries_is_kept_and_said),
        WITH_TREE(lines_of_a_collection_are_bounded),
        cmocka_unit_test(attributes_are_told_in_words),
        WITH_TREE(each_inode_that_runs_is_hashed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
