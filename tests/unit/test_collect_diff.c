/* test_collect_diff.c: the difference of two documents, what is noticed in one, and hostile ones.
 */
#include "test_collect_tree.h"
#include "base/hash.h"
#include "sys/netlink.h"
#include "collect/words.h"
#include <linux/rtnetlink.h>

static const char first_line[] =
    "{\"section\":\"snapshot\",\"key\":\"calm-snapshot/1\",\"format\":\"calm-snapshot/1\",\"host\":"
    "\"web1\",\"taken\":\"2026-11-25T03:12:09.000000000Z\"}\n";

/* A document of these lines (without newlines), with first and last line. */
static void make_document(struct buf *out, const char *const *lines, size_t count)
{
    struct hash hash;

    buf_clear(out);
    buf_adds(out, first_line);
    for (size_t i = 0; i < count; i++)
        buf_addf(out, "%s\n", lines[i]);
    hash = hash_bytes(out->p, out->len);
    buf_addf(out, "{\"section\":\"end\",\"key\":\"end\",\"lines\":%zu,\"sha256\":\"", count + 1);
    hex_add(out, hash.b, sizeof(hash.b));
    buf_adds(out, "\"}\n");
}

static int add_words(void *context, const struct collect_change *c, struct err *e)
{
    (void)e;
    buf_addf(context, "%s|%.*s|%.*s\n", collect_change_name(c->kind), (int)c->section.len,
             c->section.p, (int)c->words.len, c->words.p);
    return 0;
}

static void expect_diff(const char *const *before, size_t before_count, const char *const *after,
                        size_t after_count, const char *expected)
{
    CLEANUP_BUF struct buf a = {0};
    CLEANUP_BUF struct buf b = {0};
    CLEANUP_BUF struct buf words = {0};
    struct err e = {0};

    make_document(&a, before, before_count);
    make_document(&b, after, after_count);
    if (collect_diff(buf_str(&a), buf_str(&b), add_words, &words, &e))
        fail_msg("%s", e.text);
    assert_string_equal(buf_text(&words), expected);
}

#define S(section, key, rest) "{\"section\":\"" section "\",\"key\":\"" key "\"" rest "}"

static void a_difference_is_told_in_words(void **state)
{
    static const struct {
        const char *before, *after, *expected;
    } cases[] = {
        {NULL,
         S("listener", "TCP 0.0.0.0:4444",
           ",\"program\":\"/tmp/.x\",\"deleted\":true,\"pids\":[812],\"inode\":7"),
         "appeared|listener|a new listener: TCP 0.0.0.0:4444 by pid 812 (/tmp/.x, deleted)\n"},
        {S("listener", "TCP [::]:22", ",\"program\":\"/usr/sbin/sshd\",\"pids\":[5,6]"), NULL,
         "gone|listener|gone: listener TCP [::]:22 by pid 5 (/usr/sbin/sshd)\n"},
        {S("listener", "TCP 0.0.0.0:22",
           ",\"program\":\"/usr/sbin/sshd\",\"pids\":[5],\"inode\":1"),
         S("listener", "TCP 0.0.0.0:22", ",\"program\":\"/tmp/sshd\",\"pids\":[9],\"inode\":2"),
         "changed|listener|listener TCP 0.0.0.0:22: program /usr/sbin/sshd \xe2\x86\x92 "
         "/tmp/sshd\n"},
        {S("listener", "TCP 0.0.0.0:22",
           ",\"program\":\"/usr/sbin/sshd\",\"pids\":[5],\"inode\":1"),
         S("listener", "TCP 0.0.0.0:22",
           ",\"program\":\"/usr/sbin/sshd\",\"pids\":[9],\"inode\":2"),
         ""},
        {NULL,
         S("process", "/tmp/.x [/tmp/.x -d] uid 33",
           ",\"pid\":812,\"user\":\"www-data\",\"args\":[\"/tmp/.x\",\"-d\"],\"program\":"
           "\"/tmp/.x\",\"deleted\":true"),
         "appeared|process|a new process: /tmp/.x (deleted), pid 812, command /tmp/.x -d, user "
         "www-data\n"},
        {S("process", "/bin/a [a] uid 0", ",\"pid\":1,\"memory\":5,\"deleted\":false"),
         S("process", "/bin/a [a] uid 0", ",\"pid\":2,\"memory\":6,\"deleted\":true"),
         "changed|process|process /bin/a [a] uid 0: its program's file is now deleted\n"},
        {S("process", "[kworker/0:1]", ",\"kind\":\"kernel\""), NULL, ""},
        {S("process", "/x [x] uid 0", ",\"self\":true"), NULL, ""},
        {S("config", "/etc/passwd", ",\"kind\":\"file\",\"mode\":\"0644\",\"sha256\":\"aa\""),
         S("config", "/etc/passwd", ",\"kind\":\"file\",\"mode\":\"0666\",\"sha256\":\"bb\""),
         "changed|config|configuration file /etc/passwd: mode 0644 \xe2\x86\x92 0666; its content "
         "changed\n"},
        {S("config", "/etc/a", ",\"kind\":\"file\",\"sha256\":\"aa\""),
         S("config", "/etc/a", ",\"kind\":\"file\""), ""},
        {S("config", "/etc", ",\"kind\":\"folder\",\"modified\":\"1\""),
         S("config", "/etc", ",\"kind\":\"folder\",\"modified\":\"2\""), ""},
        {S("package", "bash:amd64", ",\"version\":\"5.1\""),
         S("package", "bash:amd64", ",\"version\":\"5.2\""),
         "changed|package|package bash:amd64: version 5.1 \xe2\x86\x92 5.2\n"},
        {NULL, S("account", "eve", ",\"uid\":0,\"shell\":\"/bin/bash\",\"password\":\"set\""),
         "appeared|account|a new account: eve, uid 0, shell /bin/bash, password set\n"},
        {S("group", "sudo", ",\"gid\":27,\"members\":[]"),
         S("group", "sudo", ",\"gid\":27,\"members\":[\"ann\",\"eve\"]"),
         "changed|group|group sudo: members none \xe2\x86\x92 ann, eve\n"},
        {S("time", "boot", ",\"boot_id\":\"a\",\"booted\":\"1\",\"uptime_s\":9"),
         S("time", "boot", ",\"boot_id\":\"b\",\"booted\":\"2\",\"uptime_s\":3"),
         "changed|time|clock boot: the host was restarted in between\n"},
        {NULL, S("quantum", "q", ",\"x\":1"),
         "appeared|quantum|a new thing of an unknown kind: q\n"},
        {S("coverage", "listener", ",\"seen\":\"whole\",\"missing\":[]"),
         S("coverage", "listener", ",\"seen\":\"part\",\"missing\":[\"9 of 9 hidden\"]"),
         "changed|coverage|listener: what is told as new or gone may have been there, but not "
         "seen: "
         "in the earlier snapshot all was read; in the later snapshot a part could not be read (9 "
         "of 9 hidden)\n"},
        {S("coverage", "listener", ",\"seen\":\"part\",\"missing\":[\"9 of 10 hidden\"]"),
         S("coverage", "listener", ",\"seen\":\"part\",\"missing\":[\"12 of 13 hidden\"]"), ""},
        {S("coverage", "array", ",\"seen\":\"absent\",\"missing\":[]"),
         S("coverage", "array", ",\"seen\":\"whole\",\"missing\":[]"), ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_diff(&cases[i].before, cases[i].before != NULL, &cases[i].after,
                    cases[i].after != NULL, cases[i].expected);
}

static void what_was_not_read_is_not_told_as_gone(void **state)
{
    static const char *const before[] = {
        S("account", "ann", ",\"uid\":1000"),
        S("coverage", "account", ",\"seen\":\"whole\",\"missing\":[]"),
    };
    static const char *const after[] = {
        S("coverage", "account", ",\"seen\":\"none\",\"missing\":[\"/etc/passwd: denied\"]"),
    };

    (void)state;
    expect_diff(before, 2, after, 1,
                "changed|coverage|account: cannot be compared: in the earlier snapshot all was "
                "read; in the later snapshot nothing could be read (/etc/passwd: denied)\n");
}

static void a_cut_document_is_read_up_to_the_cut(void **state)
{
    static const char *const lines[] = {S("account", "ann", ",\"uid\":1"),
                                        S("account", "bob", ",\"uid\":2")};
    CLEANUP_BUF struct buf whole = {0};
    struct collect_head head;
    size_t start = sizeof(first_line) - 1;

    (void)state;
    make_document(&whole, lines, 2);
    for (size_t len = 0; len <= whole.len; len++) {
        struct err e = {0};
        int code = collect_head(str_head(buf_str(&whole), len), &head, &e);

        if (len < start - 1) /* the first line without its newline is still a first line */
            assert_int_equal(code, ERR_FORMAT);
        else
            assert_int_equal(code, 0);
        if (code == 0)
            assert_true(head.is_whole == (len == whole.len));
    }
    assert_int_equal(head.lines, 4);
    assert_int_equal(head.taken.sec, 1795576329); /* date -d 2026-11-25T03:12:09Z +%s */
}

static void what_is_no_snapshot_is_refused_with_the_line(void **state)
{
    static const struct {
        const char *line;
        int code;
    } cases[] = {
        {"", ERR_FORMAT},
        {"{}", ERR_FORMAT},
        {"[]", ERR_FORMAT},
        {"{\"section\":\"a\"}", ERR_FORMAT},
        {"{\"key\":\"a\",\"section\":\"a\"}", ERR_FORMAT},
        {"{\"section\":1,\"key\":\"a\"}", ERR_FORMAT},
        {"{\"section\":\"a\",\"key\":[\"a\"]}", ERR_FORMAT},
        {S("a", "b", ",\"x\":{}"), ERR_FORMAT},
        {S("a", "b", ",\"x\":[[1]]"), ERR_FORMAT},
        {S("a", "b", ",\"x\":[1,]"), ERR_FORMAT},
        {S("a", "b", ",\"x\":[1"), ERR_FORMAT},
        {S("a", "b", ",\"x\":01"), ERR_FORMAT},
        {S("a", "b", ",\"x\":1.5"), ERR_FORMAT},
        {S("a", "b", ",\"x\":1e5"), ERR_FORMAT},
        {S("a", "b", ",\"x\":-"), ERR_FORMAT},
        {S("a", "b", ",\"x\":123456789012345678901"), ERR_FORMAT},
        {S("a", "b", ",\"x\":nul"), ERR_FORMAT},
        {S("a", "b", ",\"x\":\"\\x41\""), ERR_FORMAT},
        {S("a", "b", ",\"x\":\"\\u12g4\""), ERR_FORMAT},
        {S("a", "b", ",\"x\":\"tab\there\""), ERR_FORMAT},
        {S("a", "b", ",\"x\":\"\xff\""), ERR_FORMAT},
        {S("a", "b", ",\"x\":1,\"x\":2"), ERR_FORMAT},
        {S("a", "b", ", \"x\":1"), ERR_FORMAT},
        {S("a", "b", "") " ", ERR_FORMAT},
        {S("a", "b", ",\"x\":\"\\ud83d\\ude00\",\"y\":[],\"z\":-5,\"n\":null"), 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf text = {0};
        struct collect_head head;
        struct err e = {0};

        buf_addf(&text, "%s%s\n", first_line, cases[i].line);
        if (collect_head(buf_str(&text), &head, &e) != cases[i].code)
            fail_msg("%s gives %s", cases[i].line, e.text);
    }
}

static void another_version_and_too_much_are_told_apart(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct collect_head head;
    struct err e = {0};

    (void)state;
    buf_adds(&text, "{\"section\":\"snapshot\",\"key\":\"calm-snapshot/2\"}\n");
    assert_int_equal(collect_head(buf_str(&text), &head, &e), ERR_NEWER);
    buf_clear(&text);
    buf_addf(&text, "%s{\"section\":\"a\",\"key\":\"", first_line);
    buf_addn(&text, 'a', COLLECT_LINE_SIZE);
    buf_adds(&text, "\"}\n");
    assert_int_equal(collect_head(buf_str(&text), &head, &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "line 2"));
    buf_clear(&text);
    buf_adds(&text, first_line);
    buf_addn(&text, '\n', COLLECT_DOCUMENT_SIZE);
    assert_int_equal(collect_head(buf_str(&text), &head, &e), ERR_LIMIT);
}

static void many_members_are_refused(void **state)
{
    (void)state;
    for (size_t count = READER_MEMBER_COUNT - 3; count < READER_MEMBER_COUNT; count++) {
        CLEANUP_BUF struct buf text = {0};
        struct collect_head head;
        struct err e = {0};

        buf_addf(&text, "%s{\"section\":\"a\",\"key\":\"b\"", first_line);
        for (size_t i = 0; i < count; i++)
            buf_addf(&text, ",\"m%zu\":%zu", i, i);
        buf_adds(&text, "}\n");
        assert_int_equal(collect_head(buf_str(&text), &head, &e),
                         count + 2 <= READER_MEMBER_COUNT ? 0 : ERR_FORMAT);
    }
}

static int count_observation(void *context, const struct collect_observation *o, struct err *e)
{
    (void)e;
    buf_addf(context, "%s|%.*s\n", o->code, (int)o->words.len, o->words.p);
    return o->harmless[0] && o->evidence.len ? 0 : ERR_FORMAT;
}

/* xorshift64 (Marsaglia 2003), for the same bytes in every run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void mutants_are_read_or_refused_but_never_break_us(void **state)
{
    static const char *const lines[] = {
        S("listener", "TCP 0.0.0.0:4444",
          ",\"program\":\"/tmp/\\u001b.x\",\"deleted\":true,\"everywhere\":true,\"pids\":[812,9]"),
        S("process", "/tmp/.x [\\ud83d\\ude00] uid 33",
          ",\"pid\":812,\"args\":[\"[a]\",\"\\\"\"],\"program\":\"/memfd:x\",\"kind\":\"user\""),
        S("config", "/etc/ld.so.preload", ",\"mode\":\"0666\",\"size\":18446744073709551615"),
        S("coverage", "listener", ",\"seen\":\"whole\",\"missing\":[]"),
    };
    CLEANUP_BUF struct buf good = {0};
    uint64_t seed = 88172645463325252;
    size_t read = 0;

    (void)state;
    make_document(&good, lines, COUNT_OF(lines));
    for (size_t i = 0; i < 20000; i++) {
        static const char bytes[] = "\"\\{}[],:u0-tfn\n\0\xff/";
        CLEANUP_BUF struct buf bad = {0};
        CLEANUP_BUF struct buf words = {0};
        struct err e = {0};

        buf_addstr(&bad, buf_str(&good));
        for (size_t k = next_random(&seed) % 3 + 1; k; k--)
            bad.p[next_random(&seed) % bad.len] = bytes[next_random(&seed) % (sizeof(bytes) - 1)];
        /* Exactly as many bytes as the document has, so that reading past it is seen. */
        char *exact = memcpy(malloc(bad.len), bad.p, bad.len);
        struct str text = {exact, bad.len};
        int code = collect_diff(buf_str(&good), text, add_words, &words, &e);

        assert_true(code == 0 || code == ERR_FORMAT || code == ERR_NEWER);
        assert_int_equal(collect_observe(text, count_observation, &words, &e), code);
        read += code == 0;
        free(exact);
    }
    assert_true(read > 100 && read < 19900);
}

static void what_may_be_noticed_is_noticed_and_nothing_else(void **state)
{
    static const char known[] = S("coverage", "package", ",\"seen\":\"whole\"");
    static const char seen[] = S("coverage", "listener", ",\"seen\":\"whole\"");
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {S("process", "k", ",\"pid\":7,\"user\":\"a\",\"program\":\"/usr/bin/x\",\"deleted\":true"),
         "deleted-program|Process 7 (user a) runs /usr/bin/x, whose file was deleted.\n"},
        {S("process", "k", ",\"pid\":7,\"program\":\"/usr/bin/x\",\"deleted\":false"), ""},
        {S("process", "k",
           ",\"pid\":7,\"name\":\"3\",\"user\":\"a\",\"program\":\"/memfd:x\",\"deleted\":true"),
         "memory-program|Process 7 (3, user a) runs from memory: /memfd:x.\n"},
        {S("process", "k", ",\"pid\":7,\"program\":\"/dev/shm/x\",\"deleted\":false"),
         "program-in-temporary-folder|Process 7 (user unknown) runs /dev/shm/x, where everyone may "
         "write.\n"},
        {S("process", "k", ",\"program\":\"/dev/shm/x\",\"self\":true"), ""},
        {S("process", "k",
           ",\"pid\":7,\"kind\":\"user\",\"args\":[\"[kworker/1]\"],\"program\":\"/x\",\"user\":"
           "\"a\""),
         "false-kernel-thread|Process 7 (user a) calls itself [kworker/1] but is no kernel thread; "
         "its program is /x.\n"},
        {S("process", "[kworker/1]", ",\"kind\":\"kernel\""), ""},
        {S("listener", "TCP 0.0.0.0:80",
           ",\"everywhere\":true,\"program\":\"/opt/a\",\"package\":\"\",\"pids\":[5]"),
         "listener-without-package|TCP 0.0.0.0:80 is open on all addresses by /opt/a (pid 5), "
         "which "
         "belongs to no package.\n"},
        {S("listener", "TCP 0.0.0.0:80",
           ",\"everywhere\":true,\"program\":\"/opt/a\",\"package\":\"a\",\"pids\":[5]"),
         ""},
        {S("listener", "TCP 0.0.0.0:80",
           ",\"everywhere\":true,\"program\":\"/opt/a\",\"package\":null,\"pids\":[5]"),
         ""},
        {S("listener", "TCP 127.0.0.1:80",
           ",\"everywhere\":false,\"program\":\"/opt/a\",\"package\":\"\",\"pids\":[5]"),
         ""},
        {S("listener", "UDP 0.0.0.0:51820", ",\"protocol\":\"UDP\",\"pids\":[]"),
         "listener-without-process|UDP 0.0.0.0:51820 is open, but no process seen holds it.\n"},
        {S("link", "eth0", ",\"promiscuous\":true"),
         "promiscuous-link|Interface eth0 receives all traffic (promiscuous).\n"},
        {S("link", "eth0", ",\"rx_errors\":99,\"tx_errors\":0"), ""},
        {S("filesystem", "/", ",\"used_percent\":96,\"available\":1500000000,\"type\":\"ext4\""),
         "filesystem-full|/ is 96 % full; 1.5 GB are left.\n"},
        {S("filesystem", "/", ",\"used_percent\":95"), ""},
        {S("filesystem", "/snap", ",\"used_percent\":100,\"type\":\"squashfs\""), ""},
        {S("filesystem", "/cd", ",\"used_percent\":100,\"read_only\":true"), ""},
        {S("filesystem", "/", ",\"inodes\":1000,\"inodes_free\":50"),
         "inodes-used-up|/ has room for 50 more files (of 1000), however large it is.\n"},
        {S("filesystem", "/", ",\"inodes\":0,\"inodes_free\":0"), ""},
        {S("mount", "/data",
           ",\"source\":\"/dev/sdb1\",\"type\":\"ext4\",\"super_options\":\"ro,x\",\"fstab\":"
           "\"defaults\""),
         "read-only-remount|/data (/dev/sdb1, ext4) can only be read, not written.\n"},
        {S("mount", "/data", ",\"type\":\"ext4\",\"super_options\":\"ro\",\"fstab\":\"nosuid,ro\""),
         ""},
        {S("mount", "/data", ",\"type\":\"ext4\",\"super_options\":\"rw,errors=remount-ro\""), ""},
        {S("array", "md0",
           ",\"degraded\":true,\"level\":\"raid1\",\"working\":1,\"wanted\":2,\"members\":\"sda1[0]"
           "\""),
         "array-degraded|Array md0 (raid1) works with 1 of 2 disks: sda1[0].\n"},
        {S("array", "md0", ",\"degraded\":false"), ""},
        {S("disk", "sda", ",\"state\":\"offline\",\"model\":\"M\""),
         "disk-state|Disk sda (M) is offline.\n"},
        {S("disk", "sda", ",\"state\":\"running\""), ""},
        {S("health", "memory controller mc0", ",\"corrected\":3,\"uncorrected\":0"),
         "memory-errors|The memory controller mc0 counted 3 corrected and 0 uncorrected errors.\n"},
        {S("time", "clock", ",\"synchronised\":false"),
         "clock-not-synchronised|The kernel says that its clock is not synchronised with any "
         "other.\n"},
        {S("time", "clock", ",\"synchronised\":true"), ""},
        {S("time", "boot", ",\"uptime_s\":3599,\"booted\":\"B\""),
         "recent-restart|The host was started at B, 59 min before.\n"},
        {S("time", "boot", ",\"uptime_s\":3600"), ""},
        {S("load", "load", ",\"one_min_hundredths\":800,\"processors\":2"),
         "load-high|The load is 8.00 on 2 processors.\n"},
        {S("load", "load", ",\"one_min_hundredths\":799,\"processors\":2"), ""},
        {S("load", "memory", ",\"total\":1000000000,\"available\":49999999"),
         "memory-low|Of 1.0 GB of memory 50 MB are left.\n"},
        {S("load", "out of memory", ",\"kills\":2"),
         "out-of-memory|The kernel ended programs 2 times since the start because memory ran "
         "out.\n"},
        {S("load", "out of memory", ",\"kills\":0"), ""},
        /* 4097 is bits 0 and 12 of tainted-kernels.rst: P and O */
        {S("system", "kernel", ",\"taint\":4097"),
         "kernel-taint|The kernel says: a proprietary module was loaded; a module from outside the "
         "kernel was loaded (value 4097).\n"},
        {S("module", "vboxdrv", ",\"taint\":\"(OE)\""),
         "foreign-module|Kernel module vboxdrv is marked (OE).\n"},
        {S("account", "toor", ",\"uid\":0,\"shell\":\"/bin/sh\",\"password\":\"set\""),
         "second-root|Account toor has user number 0, as root has (shell /bin/sh, password "
         "set).\n"},
        {S("account", "root", ",\"uid\":0,\"password\":\"set\""), ""},
        {S("account", "guest", ",\"uid\":9,\"password\":\"empty\",\"shell\":\"/bin/sh\""),
         "empty-password|Account guest has an empty password (shell /bin/sh).\n"},
        {S("config", "/etc/a", ",\"kind\":\"file\",\"mode\":\"0646\",\"uid\":0"),
         "world-writable-config|Everyone may write to /etc/a (mode 0646, owner 0).\n"},
        {S("config", "/etc/a", ",\"kind\":\"file\",\"mode\":\"0664\",\"uid\":0"), ""},
        {S("config", "/etc/a", ",\"kind\":\"link\",\"mode\":\"0777\""), ""},
        {S("config", "/etc/a", ",\"kind\":\"folder\",\"mode\":\"1777\""), ""},
        {S("config", "/etc/ld.so.preload",
           ",\"kind\":\"file\",\"mode\":\"0644\",\"size\":12,\"modified\":\"T\""),
         "preload-file|/etc/ld.so.preload is there (12 bytes, changed T).\n"},
        {S("config", "/etc/ld.so.preload", ",\"kind\":\"file\",\"mode\":\"0644\",\"size\":0"), ""},
        {S("privileged", "/usr/bin/x",
           ",\"why\":[\"setuid\"],\"package\":\"\",\"uid\":0,\"mode\":\"4755\""),
         "setuid-without-package|/usr/bin/x has special rights (setuid, owner 0) and belongs to no "
         "package.\n"},
        {S("privileged", "/usr/bin/x", ",\"why\":[\"setuid\"],\"package\":\"sudo\""), ""},
        {S("privileged", "/usr/bin/x",
           ",\"why\":[\"world-writable\"],\"package\":\"\",\"uid\":0,\"mode\":\"0666\""),
         "world-writable-program|Everyone may write to /usr/bin/x (mode 0666, owner 0).\n"},
        {S("cron", "k",
           ",\"kind\":\"entry\",\"file\":\"/etc/cron.d/a\",\"user\":\"root\",\"command\":"
           "\"sh -c '/var/tmp/a'\""),
         "scheduled-from-temporary-folder|/etc/cron.d/a runs as root: sh -c '/var/tmp/a'\n"},
        {S("cron", "k", ",\"kind\":\"entry\",\"command\":\"/srv/tmp/a /home/x/tmp/b\""), ""},
        {S("unit", "k", ",\"unit\":\"a.service\",\"file\":\"/f\",\"exec\":[\"ExecStart=/tmp/a\"]"),
         "unit-from-temporary-folder|Unit a.service (/f) runs: ExecStart=/tmp/a\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const lines[] = {known, seen, cases[i].line};
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf words = {0};
        struct err e = {0};

        make_document(&text, lines, COUNT_OF(lines));
        assert_int_equal(collect_observe(buf_str(&text), count_observation, &words, &e), 0);
        if (strcmp(buf_text(&words), cases[i].expected) != 0)
            fail_msg("%s gives\n%sand not\n%s", cases[i].line, buf_text(&words), cases[i].expected);
    }
}

static void every_rule_has_a_title_and_a_harmless_cause_and_its_own_code(void **state)
{
    const struct collect_rule_text *rules;
    size_t count = collect_rules(&rules);

    (void)state;
    assert_true(count >= 30);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(rules[i].title) > 10);
        assert_int_equal(rules[i].harmless[strlen(rules[i].harmless) - 1], '.');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rules[i].code, rules[k].code);
    }
}

static void many_of_a_kind_are_summed_up(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf words = {0};
    struct err e = {0};
    size_t lines = 0;

    (void)state;
    buf_adds(&text, first_line);
    for (size_t i = 0; i < 500; i++)
        buf_addf(&text, S("account", "u%zu", ",\"password\":\"empty\"") "\n", i);
    assert_int_equal(collect_observe(buf_str(&text), count_observation, &words, &e), 0);
    for (size_t i = 0; i < words.len; i++)
        lines += words.p[i] == '\n';
    assert_int_equal(lines, 21);
    assert_non_null(
        strstr(words.p, "And 480 more of this kind: an account has an empty password."));
}

static int stop_at_once(void *context, const struct collect_change *c, struct err *e)
{
    (void)context;
    (void)c;
    return err_set(e, ERR_CANCEL, "stopped");
}

static void the_caller_may_stop_a_difference(void **state)
{
    static const char *const line = S("account", "a", ",\"uid\":1");
    CLEANUP_BUF struct buf a = {0};
    CLEANUP_BUF struct buf b = {0};
    struct err e = {0};

    (void)state;
    make_document(&a, NULL, 0);
    make_document(&b, &line, 1);
    assert_int_equal(collect_diff(buf_str(&a), buf_str(&b), stop_at_once, NULL, &e), ERR_CANCEL);
}

static void netlink_lengths_that_lie_end_the_reading(void **state)
{
    struct {
        struct nlmsghdr head;
        struct rtattr attribute;
        uint32_t value;
    } m = {.head = {.nlmsg_len = sizeof(m), .nlmsg_type = RTM_NEWLINK},
           .attribute = {.rta_len = 8, .rta_type = IFLA_MTU},
           .value = 1400};
    static const uint32_t lengths[] = {0, 1, 15, 25, 1000, UINT32_MAX};
    struct str bytes = {(const char *)&m, sizeof(m)};
    struct netlink_attribute a;
    struct netlink_message message;
    struct str rest = bytes;
    char big[64];

    (void)state;
    assert_true(netlink_next(&rest, &message));
    assert_int_equal(message.type, RTM_NEWLINK);
    assert_int_equal(rest.len, 0);
    assert_false(netlink_fixed(&message.body, big, sizeof(big)));
    assert_true(netlink_attribute(&message.body, &a));
    assert_int_equal(netlink_u32(a.value), 1400);
    assert_int_equal(netlink_u32(str_head(a.value, 3)), 0);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        m.head.nlmsg_len = lengths[i];
        rest = bytes;
        assert_false(netlink_next(&rest, &message));
    }
    for (uint16_t length = 0; length < 4; length++) {
        m.attribute.rta_len = length;
        rest = str_from(bytes, sizeof(m.head));
        assert_false(netlink_attribute(&rest, &a));
    }
    m.attribute.rta_len = 9;
    rest = str_from(bytes, sizeof(m.head));
    assert_false(netlink_attribute(&rest, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_is_told_in_words),
        cmocka_unit_test(what_was_not_read_is_not_told_as_gone),
        cmocka_unit_test(a_cut_document_is_read_up_to_the_cut),
        cmocka_unit_test(what_is_no_snapshot_is_refused_with_the_line),
        cmocka_unit_test(another_version_and_too_much_are_told_apart),
        cmocka_unit_test(many_members_are_refused),
        cmocka_unit_test(mutants_are_read_or_refused_but_never_break_us),
        cmocka_unit_test(what_may_be_noticed_is_noticed_and_nothing_else),
        cmocka_unit_test(every_rule_has_a_title_and_a_harmless_cause_and_its_own_code),
        cmocka_unit_test(many_of_a_kind_are_summed_up),
        cmocka_unit_test(the_caller_may_stop_a_difference),
        cmocka_unit_test(netlink_lengths_that_lie_end_the_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
