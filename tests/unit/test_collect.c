/* test_collect.c: snapshots of trees laid by hand: processes, sockets, mounts, disks, and the
 * document itself. */
#include "test_collect_tree.h"
#include "base/hash.h"

static const char stat_tail[] =
    " S 1 812 812 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 3 0 12345 1000000 25 18446744073709551615\n";

static void put_process(struct tree *t, const char *pid, const char *name, const char *args,
                        size_t args_size, const char *program)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&path, "proc/%s/stat", pid);
    buf_addf(&text, "%s (%s)%s", pid, name, stat_tail);
    tree_put(t, buf_text(&path), buf_text(&text));
    buf_clear(&path);
    buf_addf(&path, "proc/%s/status", pid);
    tree_put(t, buf_text(&path), "Name:\tx\nUid:\t33\t33\t33\t33\nGid:\t34\t34\t34\t34\n");
    buf_clear(&path);
    buf_addf(&path, "proc/%s/cmdline", pid);
    tree_put_bytes(t, buf_text(&path), args, args_size);
    buf_clear(&path);
    buf_addf(&path, "proc/%s/exe", pid);
    if (program)
        tree_link(t, buf_text(&path), program);
}

static void a_process_is_read_with_all_that_says_who_it_is(void **state)
{
    struct tree *t = *state;

    tree_put(t, "etc/passwd", "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/:/bin/sh\n");
    tree_put(t, "proc/stat", "cpu 1 2 3\nbtime 1700000000\n");
    put_process(t, "812", "x", "/tmp/.x\0-d", 11, "/tmp/.x (deleted)");
    tree_link(t, "proc/812/cwd", "/var/www");
    tree_put(t, "proc/812/cgroup", "0::/system.slice/apache2.service\n");
    tree_take(t);
    static const char key[] = "/tmp/.x [/tmp/.x -d] uid 33";
    static const char *const expected[][2] = {
        {"pid", "812"},
        {"parent", "1"},
        {"uid", "33"},
        {"gid", "34"},
        {"user", "\"www-data\""},
        {"kind", "\"user\""},
        {"args", "[\"/tmp/.x\",\"-d\"]"},
        {"program", "\"/tmp/.x\""},
        {"deleted", "true"},
        {"folder", "\"/var/www\""},
        {"cgroup", "\"/system.slice/apache2.service\""},
        {"threads", "3"},
        /* 12,345 ticks of 1/100 s after 2023-11-14T22:13:20Z, which is 1,700,000,000 */
        {"start", "\"2023-11-14T22:15:23.450000000Z\""},
    };

    assert_int_equal(sysconf(_SC_CLK_TCK), 100);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        tree_expect(t, "process", key, expected[i][0], expected[i][1]);
}

static void hostile_names_stay_within_their_process(void **state)
{
    struct tree *t = *state;

    put_process(t, "7", "a) R 1 (b\n9 (c", "x\n{\"section\":\"end\"}\0\xff\"", 23, NULL);
    tree_put(t, "proc/8/stat", "8 no brackets");
    tree_put(t, "proc/notapid/stat", "9 (x) S");
    tree_put(t, "proc/10", "a file, not a folder");
    tree_take(t);
    tree_expect(t, "process",
                "(a) R 1 (b\\n9 (c) [x\\n{\\\"section\\\":\\\"end\\\"} \\\\xff\\\"] uid 33", "name",
                "\"a) R 1 (b\\n9 (c\"");
    tree_expect(t, "process",
                "(a) R 1 (b\\n9 (c) [x\\n{\\\"section\\\":\\\"end\\\"} \\\\xff\\\"] uid 33",
                "args_hex", "\"780a7b2273656374696f6e223a22656e64227d00ff2200\"");
    tree_expect(t, "coverage", "process", "count", "1");
    tree_expect(t, "coverage", "process", "missing",
                "[\"2 processes ended while they were read\"]");
}

static void a_kernel_thread_is_known_by_its_flag_not_by_its_name(void **state)
{
    struct tree *t = *state;

    tree_put(t, "proc/2/stat",
             "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n"); /* 0x208040 */
    tree_put(t, "proc/2/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
    tree_put(t, "proc/2/cmdline", "");
    put_process(t, "99", "kworker/0:1", "[kworker/0:1]", 14, "/tmp/k");
    tree_take(t);
    tree_expect(t, "process", "[kthreadd]", "kind", "\"kernel\"");
    tree_expect(t, "process", "/tmp/k [[kworker/0:1]] uid 33", "kind", "\"user\"");
}

static void a_long_command_line_is_cut_and_says_so(void **state)
{
    struct tree *t = *state;
    char args[5000];
    CLEANUP_BUF struct buf spelled = {0};

    memset(args, 'a', sizeof(args));
    put_process(t, "5", "long", args, sizeof(args), "/bin/long");
    tree_take(t);
    buf_adds(&spelled, "\"args\":[\"");
    buf_addn(&spelled, 'a', 4096);
    buf_adds(&spelled, "\"],\"args_cut\":true");
    assert_true(tree_has(t, buf_text(&spelled)));
}

static void sockets_have_their_owners(void **state)
{
    struct tree *t = *state;

    put_process(t, "812", "x", "/tmp/.x", 8, "/tmp/.x (deleted)");
    tree_link(t, "proc/812/fd/3", "socket:[1111]");
    tree_link(t, "proc/812/fd/4", "socket:[2222]");
    tree_link(t, "proc/812/fd/5", "socket:[1111]");
    /* 0.0.0.0:4444; 127.0.0.1:22; 10.0.0.5:4444 from 198.51.100.7:50000; 10.0.0.5:40000 to
     * 203.0.113.9:443, all as a little-endian kernel prints them. */
    tree_put(t, "proc/net/tcp",
             "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
             "   0: 00000000:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33"
             "        0 1111 1 0000 100 0 0 10 0\n"
             "   1: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
             "        0 9999 1 0000 100 0 0 10 0\n"
             "   2: 0500000A:115C 076433C6:C350 01 00000000:00000000 00:00000000 00000000    33"
             "        0 2222 1 0000 100 0 0 10 0\n"
             "   3: 0500000A:9C40 097100CB:01BB 06 00000000:00000000 00:00000000 00000000     0"
             "        0 0 3 0000\n"
             "   4: nonsense\n");
    /* [::1]:631 and [::]:53 */
    tree_put(t, "proc/net/udp6",
             "  sl  heading\n"
             "   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 07"
             " 00000000:00000000 00:00000000 00000000     0        0 3333 2 0000 0\n"
             "   1: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07"
             " 00000000:00000000 00:00000000 00000000     0        0 4444 2 0000 0\n");
    tree_put(t, "proc/net/unix",
             "Num       RefCount Protocol Flags    Type St Inode Path\n"
             "0000000000000000: 00000002 00000000 00010000 0001 01 5555 /run/my socket\n"
             "0000000000000000: 00000003 00000000 00000000 0001 03 6666 /run/connected\n");
    tree_put(t, "proc/net/packet",
             "sk RefCnt Type Proto  Iface R Rmem   User   Inode\n"
             "0000 3      3    0003   2     1 0      0      7777\n");
    tree_put(t, "sys/class/net/eth0/ifindex", "2\n");
    tree_take(t);
    tree_expect(t, "listener", "TCP 0.0.0.0:4444", "pids", "[812]");
    tree_expect(t, "listener", "TCP 0.0.0.0:4444", "program", "\"/tmp/.x\"");
    tree_expect(t, "listener", "TCP 0.0.0.0:4444", "deleted", "true");
    tree_expect(t, "listener", "TCP 0.0.0.0:4444", "everywhere", "true");
    tree_expect(t, "listener", "TCP 0.0.0.0:4444", "uid", "33");
    tree_expect(t, "listener", "TCP 127.0.0.1:22", "everywhere", "false");
    tree_expect(t, "listener", "TCP 127.0.0.1:22", "pids", "[]");
    tree_expect(t, "listener", "UDP [::1]:631", "address", "\"::1\"");
    tree_expect(t, "listener", "UDP [::]:53", "everywhere", "true");
    tree_expect(t, "listener", "UNIX /run/my socket", "type", "\"stream\"");
    tree_expect(t, "listener", "PACKET 0003 on eth0", "inode", "7777");
    tree_expect(t, "connection", "TCP 10.0.0.5:4444 from 198.51.100.7", "direction", "\"in\"");
    tree_expect(t, "connection", "TCP 10.0.0.5:4444 from 198.51.100.7", "remote_port", "50000");
    tree_expect(t, "connection", "TCP to 203.0.113.9:443 by no program seen", "state",
                "\"time wait\"");
    tree_expect(t, "coverage", "listener", "count", "6");
    tree_expect(t, "coverage", "connection", "count", "2");
}

static void mount_points_are_unescaped_and_compared_with_fstab(void **state)
{
    struct tree *t = *state;

    tree_put(t, "proc/self/mountinfo",
             "21 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 ro,errors=remount-ro\n"
             "22 21 0:5 /sub /mnt/my\\040disk\\134x rw - nfs4 srv:/a\\040b rw\n"
             "broken line\n");
    tree_put(t, "etc/fstab",
             "# comment\nUUID=1 / ext4 errors=remount-ro 0 1\n"
             "srv:/a /mnt/my\\040disk\\134x nfs4 ro 0 0\n");
    tree_take(t);
    tree_expect(t, "mount", "/", "super_options", "\"ro,errors=remount-ro\"");
    tree_expect(t, "mount", "/", "fstab", "\"errors=remount-ro\"");
    tree_expect(t, "mount", "/mnt/my disk\\\\x", "source", "\"srv:/a b\"");
    tree_expect(t, "mount", "/mnt/my disk\\\\x", "root", "\"/sub\"");
    tree_expect(t, "mount", "/mnt/my disk\\\\x", "fstab", "\"ro\"");
    tree_expect(t, "coverage", "mount", "count", "2");
    tree_expect(t, "coverage", "filesystem", "seen", "\"none\"");
}

static void disks_and_arrays_show_what_sys_knows(void **state)
{
    struct tree *t = *state;

    tree_put(t, "sys/block/sda/size", "1953525168\n");
    tree_put(t, "sys/block/sda/device/model", "ACME 1000  \n");
    tree_put(t, "sys/block/sda/device/state", "offline\n");
    tree_put(t, "sys/block/sda/device/ioerr_cnt", "0x1f\n");
    tree_put(t, "sys/block/sda/ro", "0\n");
    tree_put(t, "sys/block/sda/sda1/partition", "1\n");
    tree_put(t, "sys/block/sda/sda1/size", "2048\n");
    tree_put(t, "sys/block/loop0/size", "0\n");
    tree_put(t, "proc/mdstat",
             "Personalities : [raid1] [raid6]\n"
             "md0 : active raid1 sdb1[1](F) sda1[0]\n"
             "      976630464 blocks super 1.2 [2/1] [U_]\n"
             "      bitmap: 3/8 pages [12KB], 65536KB chunk\n"
             "\n"
             "md1 : active (auto-read-only) raid6 sdc1[2] sdb2[1] sda2[0] sdd1[3]\n"
             "      1953260544 blocks level 6, 64k chunk, algorithm 2 [4/4] [UUUU]\n"
             "      [==>..................]  resync = 12.6% (37043392/292945152)\n"
             "\n"
             "unused devices: <none>\n");
    tree_put(t, "sys/devices/system/edac/mc/mc0/ce_count", "4\n");
    tree_put(t, "sys/devices/system/edac/mc/mc0/ue_count", "0\n");
    tree_take(t);
    tree_expect(t, "disk", "sda", "size", "1000204886016"); /* 1,953,525,168 × 512 */
    tree_expect(t, "disk", "sda", "model", "\"ACME 1000\"");
    tree_expect(t, "disk", "sda", "state", "\"offline\"");
    tree_expect(t, "disk", "sda", "io_errors", "31");
    tree_expect(t, "disk", "sda1", "size", "1048576");
    tree_expect(t, "disk", "sda1", "partition_of", "\"sda\"");
    tree_expect(t, "coverage", "disk", "count", "2");
    tree_expect(t, "array", "md0", "degraded", "true");
    tree_expect(t, "array", "md0", "wanted", "2");
    tree_expect(t, "array", "md0", "working", "1");
    tree_expect(t, "array", "md0", "failed", "1");
    tree_expect(t, "array", "md0", "level", "\"raid1\"");
    tree_expect(t, "array", "md1", "degraded", "false");
    tree_expect(t, "array", "md1", "state", "\"active(auto-read-only)\"");
    tree_expect(t, "array", "md1", "level", "\"raid6\"");
    tree_expect(t, "array", "md1", "progress",
                "\"[==>..................]  resync = 12.6% (37043392/292945152)\"");
    tree_expect(t, "health", "memory controller mc0", "corrected", "4");
}

static void networks_of_a_copied_tree_come_from_files(void **state)
{
    struct tree *t = *state;

    tree_put(t, "sys/class/net/eth0/ifindex", "2\n");
    tree_put(t, "sys/class/net/eth0/address", "02:00:00:00:00:01\n");
    tree_put(t, "sys/class/net/eth0/flags", "0x1103\n"); /* up, broadcast, promiscuous, multicast */
    tree_put(t, "sys/class/net/eth0/mtu", "1500\n");
    tree_put(t, "proc/net/route",
             "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
             "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
             "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
    tree_put(t, "proc/net/ipv6_route",
             "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
             "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n");
    tree_put(t, "proc/net/arp",
             "IP address       HW type     Flags       HW address            Mask     Device\n"
             "192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n");
    tree_put(t, "proc/net/if_inet6", "20010db8000000000000000000000002 02 40 00 80     eth0\n");
    tree_put(t, "proc/net/fib_trie",
             "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.2\n"
             "        /32 host LOCAL\nLocal:\n     |-- 192.0.2.2\n"
             "        /32 host LOCAL\n");
    tree_take(t);
    tree_expect(t, "link", "eth0", "promiscuous", "true");
    tree_expect(t, "link", "eth0", "up", "true");
    tree_expect(t, "route", "0.0.0.0/0 via 192.0.2.1 dev eth0 table 254 metric 100", "type",
                "\"unicast\"");
    tree_expect(t, "route", "192.0.2.0/24 dev eth0 table 254 metric 0", "interface", "\"eth0\"");
    tree_expect(t, "route", "2001:db8::/64 via fe80::1 dev eth0 table 254 metric 1024", "type",
                "\"unicast\"");
    tree_expect(t, "neighbour", "eth0 192.0.2.1", "mac", "\"02:fc:00:00:00:05\"");
    tree_expect(t, "address", "eth0 2001:db8::2/64", "scope", "\"global\"");
    tree_expect(t, "coverage", "address", "count", "2");
}

static void load_and_memory_are_whole_numbers(void **state)
{
    struct tree *t = *state;

    tree_put(t, "proc/loadavg", "16.07 3.50 0.99 2/345 6789\n");
    tree_put(t, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Z80\n\nprocessor\t: 1\n");
    tree_put(t, "proc/meminfo", "MemTotal:  1000 kB\nMemFree:   10 kB\nMemAvailable: 40 kB\n");
    tree_put(t, "proc/vmstat", "nr_free_pages 5\noom_kill 3\n");
    tree_put(t, "proc/sys/kernel/tainted", "4097\n");
    tree_put(t, "usr/lib/os-release", "ID=debian\nPRETTY_NAME=\"Debian 12\"\n");
    tree_take(t);
    tree_expect(t, "load", "load", "one_min_hundredths", "1607");
    tree_expect(t, "load", "load", "processors", "2");
    tree_expect(t, "load", "memory", "available", "40960");
    tree_expect(t, "load", "out of memory", "kills", "3");
    tree_expect(t, "system", "kernel", "taint", "4097");
    tree_expect(t, "system", "operating system", "name", "\"Debian 12\"");
    tree_expect(t, "system", "processor", "model", "\"Z80\"");
}

static void an_empty_tree_says_what_is_missing_of_everything(void **state)
{
    struct tree *t = *state;
    struct members m;
    static const struct {
        const char *section, *seen;
    } expected[] = {
        {"process", "none"},   {"mount", "absent"},    {"array", "absent"},  {"package", "absent"},
        {"account", "absent"}, {"config", "absent"},   {"listener", "part"}, {"load", "part"},
        {"system", "part"},    {"filesystem", "none"}, {"unit", "absent"},
    };

    tree_take(t);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        tree_find(t, "coverage", expected[i].section, &m);
        if (!members_is(&m, "seen", expected[i].seen))
            fail_msg("%s is not %s", expected[i].section, expected[i].seen);
    }
}

static void lines_are_sorted_and_the_last_one_binds_the_rest(void **state)
{
    struct tree *t = *state;
    struct collect_head head;
    struct str text;
    struct err e;

    tree_put(t, "etc/group", "b:x:2:\na:x:1:u,v\na:x:1:\nB:x:3:\n");
    tree_put(t, "proc/sys/kernel/hostname", "web1\n");
    text = tree_take(t);
    assert_int_equal(collect_head(text, &head, &e), 0);
    assert_true(head.is_whole);
    assert_string_equal(head.host, "web1");
    const char *first = strstr(t->text.p, "\"key\":\"B\"");
    const char *second = strstr(t->text.p, "\"key\":\"a\"");
    const char *third = strstr(t->text.p, "\"key\":\"a #2\"");
    const char *fourth = strstr(t->text.p, "\"key\":\"b\"");
    assert_true(first && first < second && second < third && third < fourth);
    t->text.p[200] ^= 1;
    assert_true(collect_head(text, &head, &e) != 0 || !head.is_whole);
}

static void the_same_host_twice_gives_the_same_lines(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf once = {0};
    struct str a;
    struct str b;

    tree_put(t, "etc/group", "b:x:2:\na:x:1:u,v\n");
    tree_put(t, "etc/deep/er/file", "x");
    put_process(t, "12", "n", "n", 2, "/bin/n");
    buf_addstr(&once, tree_take(t));
    a = buf_str(&once);
    b = tree_take(t);
    while (a.len || b.len) {
        struct str x = str_cut(&a, '\n');
        struct str y = str_cut(&b, '\n');
        bool is_timed = memmem(x.p, x.len, "\"taken\":", 8) || memmem(x.p, x.len, "\"now\":", 6) ||
                        str_starts(x, "{\"section\":\"end\"");

        assert_true(is_timed || str_eq(x, y));
    }
}

static void a_long_key_is_cut_between_characters_and_marked(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf mark = {0};
    struct hash hash;

    buf_adds(&line, "search ");
    for (size_t i = 0; i < 300; i++)
        buf_adds(&line, "\xc3\xa4"); /* ä */
    hash = hash_bytes(line.p, line.len);
    tree_put(t, "etc/resolv.conf", buf_text(&line));
    tree_take(t);
    /* 480 bytes: "search " and 236 characters are 479, one more would be 481 */
    buf_adds(&mark, "\"key\":\"search ");
    for (size_t i = 0; i < 236; i++)
        buf_adds(&mark, "\xc3\xa4");
    buf_adds(&mark, "\xe2\x80\xa6");
    hex_add(&mark, hash.b, 8);
    buf_addc(&mark, '"');
    assert_true(tree_has(t, buf_text(&mark)));
}

static void what_is_over_the_limit_of_a_section_is_counted(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < 200003; i++)
        buf_addf(&text, "g%zu:x:%zu:\n", i, i);
    tree_put(t, "etc/group", buf_text(&text));
    tree_take(t);
    tree_expect(t, "coverage", "group", "count", "200000");
    tree_expect(t, "coverage", "group", "missing",
                "[\"3 lines are left out: the section is at its limit\"]");
}

static void a_root_that_is_not_there_is_an_error(void **state)
{
    struct collect_options options = {.root = "/nonexistent/root"};
    CLEANUP_BUF struct buf out = {0};
    struct err e = {0};

    (void)state;
    buf_adds(&out, "before");
    assert_int_equal(collect_snapshot_to(&options, &out, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "/nonexistent/root"));
    assert_string_equal(out.p, "before");
}

static int refuse_third(void *context, struct str line, struct err *e)
{
    int *count = context;

    (void)line;
    return ++*count == 3 ? err_set(e, ERR_FULL, "no space") : 0;
}

static void a_full_disk_stops_the_document_and_is_told(void **state)
{
    struct tree *t = *state;
    struct collect_options options = {.root = t->root};
    struct err e = {0};
    int count = 0;

    assert_int_equal(collect_snapshot(&options, refuse_third, &count, &e), ERR_FULL);
    assert_int_equal(count, 3);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_process_is_read_with_all_that_says_who_it_is),
        IN_TREE(hostile_names_stay_within_their_process),
        IN_TREE(a_kernel_thread_is_known_by_its_flag_not_by_its_name),
        IN_TREE(a_long_command_line_is_cut_and_says_so),
        IN_TREE(sockets_have_their_owners),
        IN_TREE(mount_points_are_unescaped_and_compared_with_fstab),
        IN_TREE(disks_and_arrays_show_what_sys_knows),
        IN_TREE(networks_of_a_copied_tree_come_from_files),
        IN_TREE(load_and_memory_are_whole_numbers),
        IN_TREE(an_empty_tree_says_what_is_missing_of_everything),
        IN_TREE(lines_are_sorted_and_the_last_one_binds_the_rest),
        IN_TREE(the_same_host_twice_gives_the_same_lines),
        IN_TREE(a_long_key_is_cut_between_characters_and_marked),
        IN_TREE(what_is_over_the_limit_of_a_section_is_counted),
        cmocka_unit_test(a_root_that_is_not_there_is_an_error),
        IN_TREE(a_full_disk_stops_the_document_and_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
