/* test_collect_live.c: what is told of recorded trees of /proc, hostile ones too: processes, maps,
 * open files, sockets, containers, logins, modules. */
#include "test_collect_step.h"
#include <utmp.h>
#include "collect/live.h"

static const char tail[] =
    " S 1 812 810 34816 -1 4194304 0 0 0 0 250 50 0 0 20 0 3 0 12345 1000000 25 "
    "18446744073709551615\n";

static void put_in(struct tree *t, const char *pid, const char *name, const char *bytes,
                   size_t size)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "proc/%s/%s", pid, name);
    tree_put_bytes(t, buf_text(&path), bytes, size);
}

static void put_text(struct tree *t, const char *pid, const char *name, const char *text)
{
    put_in(t, pid, name, text, strlen(text));
}

static void put_link(struct tree *t, const char *pid, const char *name, const char *target)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "proc/%s/%s", pid, name);
    tree_link(t, buf_text(&path), target);
}

static void put_process(struct tree *t, const char *pid, const char *name)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, "%s (%s)%s", pid, name, tail);
    put_text(t, pid, "stat", buf_text(&text));
    put_text(t, pid, "status",
             "Name:\tx\nUmask:\t0022\nUid:\t33\t33\t0\t33\nGid:\t34\t34\t34\t34\n"
             "Groups:\t4 27 \nNSpid:\t812\t7\nVmRSS:\t    1640 kB\nThreads:\t3\n"
             "CapEff:\t0000000000200000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

/* Runs the step with or without environments and gives the lines of a member. */
static struct str lines_of(struct tree *t, struct taken *taken, collection_step *step,
                           const char *member, bool without_environment)
{
    struct collection_options options = {
        .profile = PROFILE_TRIAGE, .root = t->root, .without_environment = without_environment};
    collection_step *const steps[] = {step, NULL};
    CLEANUP_BUF struct buf path = {0};
    struct tar_member m;

    take_steps(taken, &options, steps);
    buf_addf(&path, "live/%s-000.jsonl", member);
    assert_false(str_has_utf8_error(buf_str(&taken->archive)));
    return taken_find(taken, buf_text(&path), &m) ? m.content : (struct str){"", 0};
}

static void expect(struct str lines, const char *text)
{
    if (!lines.len || !memmem(lines.p, lines.len, text, strlen(text)))
        fail_msg("no %s in:\n%.*s", text, (int)lines.len, lines.p);
}

static void expect_not(struct str lines, const char *text)
{
    if (lines.len && memmem(lines.p, lines.len, text, strlen(text)))
        fail_msg("%s in:\n%.*s", text, (int)lines.len, lines.p);
}

static size_t count_lines(struct str lines)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.len; i++)
        count += lines.p[i] == '\n';
    return count;
}

static void a_process_is_told_in_depth(void **state)
{
    /* 12,345 ticks of 1/100 s after 2023-11-14T22:13:20Z, which is 1,700,000,000; 250 ticks are
     * 2,500 ms; 1,640 KiB are 1,679,360 bytes. */
    static const char *const expected[] = {"\"pid\":812,",
                                           "\"parent\":1,",
                                           "\"process_group\":812,",
                                           "\"session\":810,",
                                           "\"terminal\":34816,",
                                           "\"kind\":\"user\"",
                                           "\"start\":\"2023-11-14T22:15:23.450000000Z\"",
                                           "\"user_ms\":2500,",
                                           "\"system_ms\":500,",
                                           "\"uids\":[33,33,0,33]",
                                           "\"groups\":[4,27]",
                                           "\"namespace_pids\":[812,7]",
                                           "\"resident\":1679360,",
                                           "\"threads\":3,",
                                           "\"cap_effective\":\"0000000000200000\"",
                                           "\"no_new_privs\":1",
                                           "\"seccomp\":\"filter\"",
                                           "\"args\":[\"/tmp/.x\",\"-d\",\"\"]",
                                           "\"program\":\"/tmp/.x\",\"program_deleted\":true",
                                           "\"folder\":\"/var/www\"",
                                           "\"ns_net\":4026531840",
                                           "\"login_uid\":1000",
                                           "\"cgroups\":[\"1:name=systemd:/a\",\"0::/b\"]",
                                           "\"limits\":[\"Max open files: 1024 4096\"]",
                                           "\"environment\":[\"A=1\",\"B=\\\"\"]",
                                           "\"disk_read\":4096,\"disk_written\":512"};
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    tree_put(t, "proc/stat", "cpu 1 2 3\nbtime 1700000000\n");
    put_process(t, "812", "x");
    put_in(t, "812", "cmdline", "/tmp/.x\0-d\0\0", 12);
    put_in(t, "812", "environ", "A=1\0B=\"\0", 8);
    put_text(t, "812", "cgroup", "1:name=systemd:/a\n0::/b\n");
    put_text(t, "812", "loginuid", "1000");
    put_text(t, "812", "sessionid", "4294967295");
    put_text(t, "812", "io", "rchar: 1\nread_bytes: 4096\nwrite_bytes: 512\n");
    put_text(t, "812", "limits",
             "Limit                     Soft Limit           Hard Limit           Units     \n"
             "Max open files            1024                 4096                 files     \n");
    put_link(t, "812", "exe", "/tmp/.x (deleted)");
    put_link(t, "812", "cwd", "/var/www");
    put_link(t, "812", "ns/net", "net:[4026531840]");
    lines = lines_of(t, &taken, live_processes, "process", false);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        expect(lines, expected[i]);
    expect_not(lines, "audit_session"); /* 2^32 - 1: none */
}

static void the_environment_is_left_out_when_it_is_not_wanted(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    put_process(t, "812", "x");
    put_in(t, "812", "environ", "TOKEN=secret\0", 13);
    lines = lines_of(t, &taken, live_processes, "process", true);
    expect(lines, "\"pid\":812");
    assert_null(memmem(taken.archive.p, taken.archive.len, "secret", 6));
    expect(buf_str(&taken.missing), "\"what\":\"the environment\"");
}

static void names_of_any_bytes_stay_within_their_process(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    put_process(t, "7", "a) R 1 (b\n9 (c");
    put_in(t, "7", "cmdline", "x\n{\"pid\":9}\0\xff", 13);
    put_in(t, "7", "environ", "A=\xff\0B=2\0", 8);
    put_in(t, "7", "cgroup", "0::/\xfe\n", 6);
    lines = lines_of(t, &taken, live_processes, "process", false);
    assert_int_equal(count_lines(lines), 1);
    expect(lines, "\"name\":\"a) R 1 (b\\n9 (c\"");
    expect(lines, "\"args_hex\":[\"780a7b22706964223a397d\",\"ff\"]");
    expect(lines, "\"environment_hex\":[\"413dff\",\"423d32\"]");
    expect(lines, "\"cgroups_hex\":[\"303a3a2ffe\"]");
}

static void what_is_long_is_cut_and_says_so(void **state)
{
    enum { SIZE = 200000, LINE_SIZE = 256 << 10 };
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_FREE char *bytes = malloc(SIZE);
    struct str lines;

    /* A control character is six bytes of JSON; a wrong byte wants the whole once more in hex. */
    memset(bytes, 1, SIZE);
    bytes[SIZE - 1] = '\xff';
    put_process(t, "7", "long");
    put_in(t, "7", "cmdline", bytes, SIZE);
    put_in(t, "7", "environ", bytes, SIZE);
    lines = lines_of(t, &taken, live_processes, "process", false);
    assert_int_equal(count_lines(lines), 1);
    assert_true(lines.len <= LINE_SIZE);
    expect(lines, "\"args_cut\":true");
    expect(lines, "\"environment_cut\":true");
}

/* Any file cut at any byte, and any byte of it turned over, leaves lines that can be read. */
static void files_that_are_cut_or_damaged_make_no_other_lines(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"stat", "9 (x) S 1 1 1 0 -1 4194304 0 0 0 0 2 5 0 0 20 0 3 0 12345 1000000 25\n"},
        {"status", "Uid:\t0\t0\t0\t0\nVmRSS:\t 16 kB\nCapEff:\tff\nSeccomp:\t2\nUid:\t1\n"},
        {"cgroup", "0::/a\n1:b\n::\n"},
        {"limits", "Limit\nMax open files            1024                 4096   files\n"},
        {"maps",
         "1000-2000 r-xp 00000000 fe:00 77   /usr/lib/a b (deleted)\n3000-4000 rwxp 0 0 0\n"},
        {"io", "read_bytes: 4096\nwrite_bytes: 5\n"},
        {"fdinfo/3", "pos:\t5\nflags:\t0100002\npos:\t6\nflags:\t01\n"},
    };
    struct tree *t = *state;
    CLEANUP_BUF struct buf bytes = {0};

    put_process(t, "9", "x");
    put_link(t, "9", "fd/3", "/tmp/a");
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        size_t size = strlen(files[i].text);

        for (size_t at = 0; at <= size; at++) {
            CLEANUP_TAKEN struct taken taken;

            buf_clear(&bytes);
            buf_adds(&bytes, files[i].text);
            if (at < size)
                bytes.p[at] ^= (char)0x95;
            put_in(t, "9", files[i].name, bytes.p, at % 2 ? at : size);
            assert_true(count_lines(lines_of(t, &taken, live_processes, "process", false)) <= 1);
        }
        put_in(t, "9", files[i].name, files[i].text, size);
    }
}

static void a_repeated_line_of_status_does_not_repeat_a_member(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;
    const char *first;

    put_process(t, "9", "x");
    put_text(t, "9", "status", "Uid:\t1\t1\t1\t1\nUid:\t2\t2\t2\t2\n");
    lines = lines_of(t, &taken, live_processes, "process", false);
    first = memmem(lines.p, lines.len, "\"uids\":[1,1,1,1]", 16);
    assert_non_null(first);
    expect_not(lines, "[2,2,2,2]");
}

static void a_map_says_where_its_code_comes_from(void **state)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        {"1000-2000 r-xp 00003000 fe:00 77                         /usr/lib/a b.so",
         "\"permissions\":\"r-xp\",\"offset\":\"00003000\",\"device\":\"fe:00\",\"inode\":77,"
         "\"path\":\"/usr/lib/a b.so\"}"},
        {"2000-3000 rwxp 00000000 00:00 0 ",
         "\"permissions\":\"rwxp\",\"anonymous_code\":true,\"writable_code\":true}"},
        {"3000-4000 r-xp 00000000 00:00 0   [heap]",
         "\"path\":\"[heap]\",\"anonymous_code\":true}"},
        {"4000-5000 r-xp 00000000 00:00 0   [vdso]", "\"path\":\"[vdso]\"}"},
        {"5000-6000 r-xp 00000000 00:01 9   /memfd:x (deleted)",
         "\"inode\":9,\"path\":\"/memfd:x\",\"deleted\":true}"},
        {"6000-7000 rw-p 00000000 00:00 0   [stack]", "\"path\":\"[stack]\"}"},
    };
    struct tree *t = *state;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        buf_addf(&text, "%s\n", cases[i].line);
    buf_adds(&text, "nonsense\n");
    put_process(t, "9", "x");
    put_text(t, "9", "maps", buf_text(&text));
    lines = lines_of(t, &taken, live_processes, "map", false);
    assert_int_equal(count_lines(lines), COUNT_OF(cases));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str line = str_cut(&lines, '\n');

        expect(line, cases[i].told);
        assert_true(str_ends(line, cases[i].told));
    }
}

static void a_descriptor_says_what_it_is(void **state)
{
    static const struct {
        const char *fd, *target, *told;
    } cases[] = {
        {"0", "/dev/null", "\"kind\":\"device\",\"target\":\"/dev/null\""},
        {"3", "socket:[77]", "\"kind\":\"socket\",\"target\":\"socket:[77]\""},
        {"4", "/var/log/x (deleted)",
         "\"kind\":\"file\",\"target\":\"/var/log/x\",\"deleted\":true"},
        {"5", "/memfd:a (deleted)",
         "\"kind\":\"memory file\",\"target\":\"/memfd:a\",\"deleted\":true"},
        {"6", "anon_inode:bpf-prog", "\"kind\":\"anonymous\",\"target\":\"anon_inode:bpf-prog\""},
    };
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    put_process(t, "9", "x");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf name = {0};

        buf_addf(&name, "fd/%s", cases[i].fd);
        put_link(t, "9", buf_text(&name), cases[i].target);
    }
    /* 02000 is O_APPEND, 1 O_WRONLY, 02000000 O_CLOEXEC (asm-generic/fcntl.h) */
    put_text(t, "9", "fdinfo/4", "pos:\t4096\nflags:\t02002001\nmnt_id:\t27\nino:\t12\n");
    put_text(t, "9", "fdinfo/6", "pos:\t0\nflags:\t02000002\nprog_id:\t42\n");
    lines = lines_of(t, &taken, live_processes, "open", false);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect(lines, cases[i].told);
    expect(lines, "\"position\":4096,\"mode\":\"write\",\"flags\":[\"append\",\"close on exec\"],"
                  "\"mount\":27,\"inode\":12");
    expect(lines, "\"bpf_program\":42");
}

static void sockets_of_each_namespace_have_their_owners(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    put_process(t, "812", "x");
    put_link(t, "812", "exe", "/tmp/.x");
    put_link(t, "812", "fd/3", "socket:[1111]");
    put_link(t, "812", "ns/net", "net:[5]");
    put_process(t, "900", "y");
    put_link(t, "900", "fd/3", "socket:[2222]");
    put_link(t, "900", "ns/net", "net:[6]");
    tree_link(t, "proc/self", "812");
    /* 0.0.0.0:4444 that listens; [::1]:631 with a retransmit timer of 0x64 ticks, which are 1,000
     * ms; queues of 5 to send and 7 to read. */
    tree_put(t, "proc/net/tcp",
             "heading\n"
             "   0: 00000000:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33"
             "        0 1111 1 0000\n   1: nonsense\n");
    tree_put(t, "proc/900/net/tcp6",
             "heading\n"
             "   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 01"
             " 00000005:00000007 01:00000064 00000002     0        0 2222 2 0000\n");
    tree_put(t, "proc/900/net/unix",
             "heading\n0000: 00000002 00000000 00010000 0001 01 5555 @a b\n");
    lines = lines_of(t, &taken, live_socket, "socket", false);
    expect(lines,
           "{\"from\":\"/proc/net\",\"netns\":5,\"protocol\":\"TCP\",\"family\":\"IPv4\","
           "\"local\":\"0.0.0.0\",\"local_port\":4444,\"remote\":\"0.0.0.0\",\"remote_port\":0,"
           "\"state\":\"listen\",\"receive_queue\":0,\"send_queue\":0,\"uid\":33,\"inode\":1111,"
           "\"pids\":[812],\"programs\":[\"/tmp/.x\"]}");
    expect(lines, "\"netns\":6,\"protocol\":\"TCP\",\"family\":\"IPv6\",\"local\":\"::1\","
                  "\"local_port\":631,");
    expect(lines, "\"receive_queue\":7,\"send_queue\":5,\"timer\":\"retransmit\",\"timer_ms\":1000,"
                  "\"retransmits\":2,");
    expect(lines, "\"pids\":[900],\"programs\":[\"y\"]");
    expect(lines,
           "\"type\":\"stream\",\"state\":\"listen\",\"is_abstract\":true,\"path\":\"@a b\"");
    assert_int_equal(count_lines(lines), 3);
    expect(buf_str(&taken.missing), "1 lines cannot be understood");
}

static void a_container_is_known_by_its_cgroup(void **state)
{
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct {
        const char *cgroup, *told;
    } cases[] = {
        {"0::/system.slice/docker-" HEX64 ".scope", "\"runtime\":\"docker\",\"id\":\"" HEX64 "\""},
        {"1:name=systemd:/docker/" HEX64, "\"runtime\":\"docker\",\"id\":\"" HEX64 "\""},
        {"0::/user.slice/user-1000.slice/libpod-" HEX64 ".scope/container",
         "\"runtime\":\"podman\",\"id\":\"" HEX64 "\""},
        {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
         "1f2e3d4c_0000_1111_2222_333344445555.slice/cri-containerd-" HEX64 ".scope",
         "\"runtime\":\"containerd\",\"id\":\"" HEX64
         "\",\"pod\":\"1f2e3d4c_0000_1111_2222_333344445555\""},
        {"0::/kubepods/besteffort/pod1f2e3d4c-0000-1111-2222-333344445555/" HEX64,
         "\"runtime\":\"kubernetes\",\"id\":\"" HEX64
         "\",\"pod\":\"1f2e3d4c-0000-1111-2222-333344445555\""},
        {"0::/lxc.payload.web1/init.scope", "\"runtime\":\"lxc\",\"id\":\"web1\""},
        {"1:name=systemd:/lxc/web2", "\"runtime\":\"lxc\",\"id\":\"web2\""},
        {"0::/machine.slice/systemd-nspawn@deb.service/payload",
         "\"runtime\":\"systemd-nspawn\",\"id\":\"deb\""},
        {"0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", NULL},
        {"0::/system.slice/docker.service", NULL},
        {"0::/system.slice/docker-short.scope", NULL},
        {"0::/user.slice/podcast/x", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        CLEANUP_BUF struct buf text = {0};
        struct str lines;

        buf_addf(&text, "%s\n", cases[i].cgroup);
        put_process(*state, "9", "x");
        put_text(*state, "9", "cgroup", buf_text(&text));
        lines = lines_of(*state, &taken, live_containers, "container", false);
        if (cases[i].told)
            expect(lines, cases[i].told);
        else
            assert_int_equal(lines.len, 0);
    }
}

static void a_process_that_counts_anew_is_in_a_container(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    put_process(t, "1", "init");
    put_link(t, "1", "ns/pid", "pid:[4]");
    put_process(t, "9", "x");
    put_link(t, "9", "ns/pid", "pid:[5]");
    put_process(t, "10", "x");
    put_link(t, "10", "ns/pid", "pid:[5]");
    tree_link(t, "proc/self", "1");
    lines = lines_of(t, &taken, live_containers, "container", false);
    assert_int_equal(count_lines(lines), 1);
    expect(lines, "\"ns_pid\":5");
    expect(lines, "\"processes\":2,\"pids\":[9,10]");
}

static void the_last_logins_of_a_sparse_file_are_told(void **state)
{
    enum { UID = 60000 };
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf path = {0};
    struct lastlog last = {.ll_time = 1700000000, .ll_line = "pts/0", .ll_host = "h"};
    struct str lines;
    int fd;

    tree_put(t, "var/log/lastlog", "");
    fd = open(tree_path(t, "var/log/lastlog", &path), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &last, sizeof(last), (off_t)UID * (off_t)sizeof(last)),
                     sizeof(last));
    assert_int_equal(close(fd), 0);
    lines = lines_of(t, &taken, live_logins, "login", false);
    assert_int_equal(count_lines(lines), 1);
    expect(lines,
           "\"type\":\"last login\",\"uid\":60000,\"time\":\"2023-11-14T22:13:20.000000000Z\","
           "\"terminal\":\"pts/0\",\"host\":\"h\"}");
}

static void systemds_sessions_are_told(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;

    tree_put(t, "run/systemd/sessions/3", "UID=1000\nREMOTE_HOST=198.51.100.7\n");
    expect(lines_of(t, &taken, live_logins, "login", false),
           "{\"from\":\"run/systemd/sessions/3\",\"type\":\"session\","
           "\"values\":[\"UID=1000\",\"REMOTE_HOST=198.51.100.7\"]}");
}

static void modules_are_told_by_both_views(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    tree_put(t, "proc/modules", "ext4 12288 2 a,b, Live 0xffffffffc0000000 (OE)\nodd line\n");
    tree_put(t, "sys/module/ext4/initstate", "live\n");
    tree_put(t, "sys/module/ext4/coresize", "12288\n");
    tree_put(t, "sys/module/ext4/parameters/debug", "1\n");
    tree_put(t, "sys/module/ext4/holders/a", "");
    tree_put(t, "sys/module/printk/parameters/time", "Y\n");
    lines = lines_of(t, &taken, live_modules, "module", false);
    assert_int_equal(count_lines(lines), 3);
    expect(lines, "{\"from\":\"/proc/modules\",\"name\":\"ext4\",\"size\":12288,\"uses\":2,"
                  "\"used_by\":[\"a\",\"b\"],\"state\":\"Live\",\"address\":\"0xffffffffc0000000\","
                  "\"taint\":\"(OE)\"}");
    expect(lines, "\"kind\":\"loaded\",\"state\":\"live\",\"size\":12288,\"used_by\":[\"a\"],"
                  "\"parameters\":[\"debug=1\"]}");
    expect(lines, "{\"from\":\"/sys/module\",\"name\":\"printk\",\"kind\":\"built in\"}");
}

static void mounts_are_told_without_escapes(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;

    tree_put(t, "proc/self/mountinfo",
             "36 35 98:0 /a /mnt/two\\040words rw,noatime shared:1 master:2 - ext3 /dev/root rw,x\n"
             "37 35 98:0 / /cut\n");
    expect(
        lines_of(t, &taken, live_mounts, "mount", false),
        "{\"id\":36,\"parent\":35,\"device\":\"98:0\",\"root\":\"/a\",\"point\":\"/mnt/two words\","
        "\"type\":\"ext3\",\"source\":\"/dev/root\",\"options\":\"rw,noatime\","
        "\"super_options\":\"rw,x\",\"propagation\":[\"shared:1\",\"master:2\"]}\n");
}

static void what_only_a_kernel_tells_is_missing_of_a_tree(void **state)
{
    static collection_step *const steps[] = {live_neighbours, live_routes, live_rules,   live_links,
                                             live_addresses,  live_bpf,    live_firewall};

    put_process(*state, "1", "init");
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        CLEANUP_TAKEN struct taken taken;

        assert_int_equal(lines_of(*state, &taken, steps[i], "none", false).len, 0);
        assert_int_equal(count_lines(buf_str(&taken.missing)), 1);
    }
}

static bool may_ask_nf_tables;

static void ask_nf_tables(struct collection *c)
{
    may_ask_nf_tables = live_may_ask(c, "nf_tables", "the packet filter");
}

static void a_module_is_not_loaded_by_asking(void **state)
{
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken without;
    CLEANUP_TAKEN struct taken not_loaded;
    CLEANUP_TAKEN struct taken built_in;
    CLEANUP_TAKEN struct taken loaded;

    (void)lines_of(t, &without, ask_nf_tables, "none", false);
    assert_true(may_ask_nf_tables); /* no /proc/modules: nothing can be loaded */
    tree_put(t, "proc/modules", "");
    tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
    tree_put(t, "lib/modules/6.1.0/modules.builtin", "kernel/net/netfilter/xnf_tables.ko\n");
    (void)lines_of(t, &not_loaded, ask_nf_tables, "none", false);
    assert_false(may_ask_nf_tables);
    expect(buf_str(&not_loaded.missing), "\"what\":\"nf_tables\"");
    tree_put(t, "lib/modules/6.1.0/modules.builtin", "kernel/a.ko\nkernel/net/nf_tables.ko\n");
    (void)lines_of(t, &built_in, ask_nf_tables, "none", false);
    assert_true(may_ask_nf_tables);
    tree_put(t, "lib/modules/6.1.0/modules.builtin", "");
    tree_put(t, "sys/module/nf_tables/initstate", "live\n");
    (void)lines_of(t, &loaded, ask_nf_tables, "none", false);
    assert_true(may_ask_nf_tables);
}

static void a_line_of_any_length_is_read_in_its_bounds(void **state)
{
    /* Around the limit of a line and around what is read at once, 16 KiB. */
    static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 32767, 32768, 32769, 100000};
    struct tree *t = *state;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct str line;
    int folder;

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        buf_addn(&text, (char)('a' + i), sizes[i]);
        buf_addc(&text, '\n');
    }
    buf_adds(&text, "the end");
    tree_put_bytes(t, "lines", text.p, text.len);
    folder = open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(live_file_open_in(&f, folder, "lines"), 0);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_true(live_file_line(&f, &line));
        assert_int_equal(line.len, sizes[i] < LIVE_LINE_SIZE ? sizes[i] : LIVE_LINE_SIZE);
        for (size_t k = 0; k < line.len; k++)
            assert_int_equal(line.p[k], (char)('a' + i));
    }
    assert_true(live_file_line(&f, &line));
    assert_true(str_is(line, "the end"));
    assert_false(live_file_line(&f, &line));
    assert_int_equal(f.cut_count, 2); /* 32,769 and 100,000 */
    assert_int_equal(close(folder), 0);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(a_process_is_told_in_depth),
        TREE_TEST(the_environment_is_left_out_when_it_is_not_wanted),
        TREE_TEST(names_of_any_bytes_stay_within_their_process),
        TREE_TEST(what_is_long_is_cut_and_says_so),
        TREE_TEST(files_that_are_cut_or_damaged_make_no_other_lines),
        TREE_TEST(a_repeated_line_of_status_does_not_repeat_a_member),
        TREE_TEST(a_map_says_where_its_code_comes_from),
        TREE_TEST(a_descriptor_says_what_it_is),
        TREE_TEST(sockets_of_each_namespace_have_their_owners),
        TREE_TEST(a_container_is_known_by_its_cgroup),
        TREE_TEST(a_process_that_counts_anew_is_in_a_container),
        TREE_TEST(the_last_logins_of_a_sparse_file_are_told),
        TREE_TEST(systemds_sessions_are_told),
        TREE_TEST(modules_are_told_by_both_views),
        TREE_TEST(mounts_are_told_without_escapes),
        TREE_TEST(what_only_a_kernel_tells_is_missing_of_a_tree),
        TREE_TEST(a_module_is_not_loaded_by_asking),
        TREE_TEST(a_line_of_any_length_is_read_in_its_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
