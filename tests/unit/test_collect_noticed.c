/* test_collect_noticed.c: what is noticed in trees laid by hand, with what must not be noticed
 * beside it. */
#include "test_collect_left_out.h"
#include "test_collect_step.h"

static const struct {
    const char *code;
    const char *harmless;
} rows[] = {
#define OBSERVATION(code, weight, hint, harmless) {code, harmless},
#include "collect/observed.def"
#undef OBSERVATION
};

static void each_code_has_a_harmless_cause_and_no_verdict(void **state)
{
    static const char *const verdicts[] = {"malicious", "compromised", "infected", "hacked",
                                           "rootkit",   "malware",     "attacker"};

    (void)state;
    assert_true(COUNT_OF(rows) > 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(strlen(rows[i].harmless) > 20);
        assert_true(str_ends(str_of(rows[i].harmless), "."));
        for (size_t v = 0; v < COUNT_OF(verdicts); v++)
            assert_null(strcasestr(rows[i].harmless, verdicts[v]));
    }
}

static const char user_stat[] = "812 (x) S 1 812 812 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 12345 "
                                "1000000 25 18446744073709551615\n";
/* PF_KTHREAD, 0x200000, is set: 2129984 is 0x208040. */
static const char kernel_stat[] =
    "812 (kworker/0:1) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n";
static const char false_stat[] =
    "812 (kworker/0:1) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n";

struct put {
    const char *path;
    const char *text;   /* of the file, or where the link points */
    const char *target; /* "link", or NULL */
    mode_t mode;
};

struct seen {
    collection_step *step;
    struct put files[6];
    const char *code; /* NULL: nothing is to be noticed */
    const char *text; /* in the evidence */
};

#define USER                                                                                       \
    {                                                                                              \
        "proc/812/status", "Uid:\t33\t33\t33\t33\n", NULL, 0                                       \
    }
#define REGION "7f0000000000-7f0000002000 "

#define APK                                                                                        \
    "C:Q1p1\nP:busybox\nV:1.36.1-r5\nA:x86_64\nF:bin\nR:ps\na:0:0:777\n"                           \
    "Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\nF:etc\nR:motd\n\nC:Q1p2\nP:sudo\nV:1\nF:usr/bin\nR:sudo\n"  \
    "a:0:0:4755\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n"

static const struct seen cases[] = {
    {collection_noticed_system,
     {{"etc/ld.so.preload", "/lib/x.so\n", NULL, 0}},
     "preload-file",
     "\\\"content\\\":\\\"/lib/x.so\\\\n\\\""},
    {collection_noticed_system, {{"etc/ld.so.preload", " \n", NULL, 0}}, NULL, NULL},
    /* 4097 = 1 + 4096: P and O */
    {collection_noticed_system,
     {{"proc/sys/kernel/tainted", "4097\n", NULL, 0}},
     "kernel-taint",
     "P: a module without a free licence\\\",\\\"O: a module from outside"},
    {collection_noticed_system, {{"proc/sys/kernel/tainted", "0\n", NULL, 0}}, NULL, NULL},
    /* IFF_UP, IFF_PROMISC and IFF_MULTICAST */
    {collection_noticed_system,
     {{"sys/class/net/eth0/flags", "0x1101\n", NULL, 0}},
     "promiscuous-link",
     "eth0"},
    {collection_noticed_system, {{"sys/class/net/eth0/flags", "0x1003\n", NULL, 0}}, NULL, NULL},
    {collection_noticed_system,
     {{"proc/self/mountinfo", "62 24 0:44 / /proc/812 rw - tmpfs none rw\n", NULL, 0}},
     "mount-over-process",
     "/proc/812"},
    {collection_noticed_system,
     {{"proc/self/mountinfo",
       "62 24 0:44 / /proc/kcore rw - tmpfs none rw\n63 24 0:44 / /srv/proc/8 rw - tmpfs none rw\n",
       NULL, 0}},
     NULL,
     NULL},
    {collection_noticed_system,
     {{"proc/net/packet",
       "sk RefCnt Type Proto Iface R Rmem User Inode\n"
       "0000 3 3 0003 2 1 0 0 7777\n",
       NULL, 0}},
     "packet-socket",
     "\\\"inode\\\":7777"},
    {collection_noticed_system,
     {{"proc/net/raw",
       "  sl  local_address\n"
       "   1: 00000000:0001 00000000:0000 07 0:0 0:0 0 0 0 8888 2 0 0\n",
       NULL, 0}},
     "raw-socket",
     "\\\"inode\\\":8888"},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/environ", "A=LD_PRELOAD=/no", NULL, 0}},
     NULL,
     NULL},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/environ", "LD_PRELOAD=/tmp/x.so", NULL, 0}},
     "preload-variable",
     "\\\"value\\\":\\\"/tmp/x.so\\\""},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/maps", REGION "rwxp 00000000 00:00 0 \n", NULL, 0}},
     "executable-memory",
     "\\\"bytes\\\":8192,\\\"writable_bytes\\\":8192,\\\"regions\\\":1"},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/maps",
       REGION "rw-p 00000000 00:00 0 \n" REGION "r-xp 00000000 08:01 9 /bin/x y\n" REGION
              "r-xp 00000000 00:00 0 [vdso]\n",
       NULL, 0}},
     NULL,
     NULL},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/maps", REGION "r-xp 00000000 08:01 9 /lib/x y.so (deleted)\n", NULL, 0}},
     "deleted-library",
     "\\\"library\\\":\\\"/lib/x y.so (deleted)\\\""},
    {collection_noticed_processes,
     {{"proc/812/stat", false_stat, NULL, 0}, USER, {"proc/812/cmdline", "x", NULL, 0}},
     "false-kernel-thread",
     "kworker/0:1"},
    {collection_noticed_processes,
     {{"proc/812/stat", user_stat, NULL, 0}, USER, {"proc/812/cmdline", "[kworker/1:2]", NULL, 0}},
     "false-kernel-thread",
     "\\\"shown\\\":\\\"[kworker/1:2]\\\""},
    {collection_noticed_processes,
     {{"proc/812/stat", kernel_stat, NULL, 0}, USER, {"proc/812/exe", "/usr/bin/x", "link", 0}},
     "kernel-thread-with-program",
     "/usr/bin/x"},
    {collection_noticed_processes, {{"proc/812/stat", kernel_stat, NULL, 0}, USER}, NULL, NULL},
    {collection_noticed_packages,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/exe", "/opt/x", "link", 0},
      {"var/lib/dpkg/info/a.list", "/usr/bin/a\n", NULL, 0}},
     "program-without-package",
     "\\\"program\\\":\\\"/opt/x\\\",\\\"pids\\\":[812]"},
    /* The MD5 of "hello\n", by md5sum, is b1946ac92492d2347c6235b4d2611184. */
    {collection_noticed_packages,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/exe", "/usr/bin/a", "link", 0},
      {"var/lib/dpkg/info/a.list", "/usr/bin/a\n", NULL, 0},
      {"var/lib/dpkg/info/a.md5sums", "b1946ac92492d2347c6235b4d2611184  usr/bin/a\n", NULL, 0},
      {"usr/bin/a", "hello\n", NULL, 0755}},
     NULL,
     NULL},
    {collection_noticed_packages,
     {{"proc/812/stat", user_stat, NULL, 0},
      USER,
      {"proc/812/exe", "/usr/bin/a", "link", 0},
      {"var/lib/dpkg/info/a.list", "/usr/bin/a\n", NULL, 0},
      {"var/lib/dpkg/info/a:amd64.md5sums", "b1946ac92492d2347c6235b4d2611184  usr/bin/a\n", NULL,
       0},
      {"usr/bin/a", "hellO\n", NULL, 0755}},
     "package-file-changed",
     "\\\"path\\\":\\\"/usr/bin/a\\\",\\\"package\\\":\\\"a\\\""},
    /* It does not run, and is looked at because it is often replaced. */
    {collection_noticed_packages,
     {{"var/lib/dpkg/info/procps.md5sums", "b1946ac92492d2347c6235b4d2611184  bin/ps\n", NULL, 0},
      {"bin/ps", "hellO\n", NULL, 0755}},
     "package-file-changed",
     "\\\"path\\\":\\\"/bin/ps\\\",\\\"package\\\":\\\"procps\\\""},
    /* What stands in its place is a link. */
    {collection_noticed_packages,
     {{"var/lib/dpkg/info/procps.md5sums", "b1946ac92492d2347c6235b4d2611184  bin/ps\n", NULL, 0},
      {"bin/ps", "/tmp/ps", "link", 0}},
     "package-file-changed",
     "\\\"md5_of_package\\\":\\\"b1946ac92492d2347c6235b4d2611184\\\"}"},
    /* As apk's installed(5) has it. By openssl, the SHA-1 of "hello\n" is
     * f572d396fae9206628714fb2ce00f72e94f2258f, in base64 9XLTlvrpIGYocU+yzgD3LpTyJY8=, and that of
     * "/bin/busybox", where a link leads, pcfTfDNEbNKQc2s1tia7da05M8Q=. */
    {collection_noticed_packages,
     {{"lib/apk/db/installed", APK, NULL, 0},
      {"bin/ps", "/bin/busybox", "link", 0},
      {"usr/bin/sudo", "hello\n", NULL, 0755}},
     NULL,
     NULL},
    {collection_noticed_packages,
     {{"lib/apk/db/installed", APK, NULL, 0},
      {"bin/ps", "/tmp/busybox", "link", 0},
      {"usr/bin/sudo", "hello\n", NULL, 0755}},
     "package-file-changed",
     "\\\"path\\\":\\\"/bin/ps\\\",\\\"package\\\":\\\"busybox\\\","
     "\\\"sha1_of_package\\\":\\\"a5c7d37c33446cd290736b35b626bb75ad3933c4\\\""},
    {collection_noticed_packages,
     {{"lib/apk/db/installed", APK, NULL, 0},
      {"bin/ps", "/bin/busybox", "link", 0},
      {"usr/bin/sudo", "hellO\n", NULL, 0755}},
     "package-file-changed",
     "\\\"path\\\":\\\"/usr/bin/sudo\\\",\\\"package\\\":\\\"sudo\\\","
     "\\\"sha1_of_package\\\":\\\"f572d396fae9206628714fb2ce00f72e94f2258f\\\",\\\"sha1\\\":"},
    {collection_noticed_packages,
     {{"proc/812/stat", user_stat, NULL, 0},
      {"usr/bin/a.real", "hello\n", NULL, 0755},
      {"proc/812/exe", "/usr/bin/a", "link", 0},
      {"var/lib/dpkg/diversions", "/usr/bin/a\n/usr/bin/a.real\nb\n", NULL, 0},
      {"var/lib/dpkg/info/a.md5sums", "b1946ac92492d2347c6235b4d2611184  usr/bin/a\n", NULL, 0},
      {"usr/bin/a", "of package b\n", NULL, 0755}},
     NULL,
     NULL},
    {collection_noticed_files,
     {{"var/lib/dpkg/info/a.list", "/usr/bin/a\n", NULL, 0}, {"usr/bin/a", "x", NULL, 04755}},
     NULL,
     NULL},
    {collection_noticed_files,
     {{"var/lib/dpkg/info/a.list", "/usr/bin/a\n", NULL, 0}, {"tmp/.x/b", "x", NULL, 04755}},
     "setuid-without-package",
     "\\\"path\\\":\\\"/tmp/.x/b\\\",\\\"mode\\\":\\\"4755\\\""},
    {collection_noticed_files,
     {{"usr/local/bin/c", "x", NULL, 0757}},
     "world-writable-program",
     "/usr/local/bin/c"},
    {collection_noticed_files,
     {{"etc/x/y", "x", NULL, 0}, {"etc/x", NULL, NULL, 0777}},
     "world-writable-folder",
     "\\\"path\\\":\\\"/etc/x\\\",\\\"mode\\\":\\\"0777\\\""},
    {collection_noticed_files,
     {{"tmp/x/y", "x", NULL, 0},
      {"tmp/x", NULL, NULL, 0777},
      {"etc/z/y", "x", NULL, 0},
      {"etc/z", NULL, NULL, 01777}},
     NULL,
     NULL},
};

static void lay(struct tree *t, const struct put *files, size_t count)
{
    for (size_t i = 0; i < count && files[i].path; i++) {
        if (files[i].target)
            tree_link(t, files[i].path, files[i].text);
        else if (files[i].text)
            tree_put(t, files[i].path, files[i].text);
        if (files[i].mode)
            tree_mode(t, files[i].path, files[i].mode);
    }
}

/* What a database of packages that is not read means, and what logins in one do. */
static void databases_that_are_not_read_are_said(void **state)
{
    static const struct {
        collection_step *step;
        const char *path;
        const char *says;
    } cases_of_missing[] = {
        {collection_noticed_packages, "var/lib/rpm/rpmdb.sqlite",
         "{\"what\":\"/var/lib/rpm/rpmdb.sqlite\",\"step\":\"test\",\"why\":\"the database of rpm "
         "is not read here: no file was compared"},
        {collection_noticed_packages, "usr/lib/sysimage/rpm/Packages.db",
         "\"the database of rpm is not read"},
        {collection_noticed_packages, "var/lib/pacman/local/a/mtree",
         "\"the database of pacman is not read"},
        {collection_noticed_packages, "etc/none",
         "no database of packages that is known lies on this host"},
        {live_logins, "var/log/wtmp.2.gz", "\"var/log/wtmp.2.gz\""},
        {live_logins, "var/log/btmp-20260101.xz", "compressed records are not read here"},
        {live_logins, "var/lib/wtmpdb/wtmp.db", "\"var/lib/wtmpdb/wtmp.db\""},
        {live_logins, "var/log/wtmp.db", "logins are kept in a database here"},
        {live_logins, "var/lib/lastlog/lastlog2.db", "logins are kept in a database here"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases_of_missing); i++) {
        CLEANUP_TAKEN struct taken taken;
        void *inner;
        struct tree *t;
        collection_step *const steps[] = {cases_of_missing[i].step, NULL};
        struct collection_options options = {.profile = PROFILE_TRIAGE};

        assert_int_equal(tree_open(&inner), 0);
        t = inner;
        options.root = t->root;
        tree_put(t, cases_of_missing[i].path, "x");
        take_steps(&taken, &options, steps);
        if (!strstr(buf_text(&taken.missing), cases_of_missing[i].says))
            fail_msg("no %s in %s", cases_of_missing[i].says, buf_text(&taken.missing));
        assert_int_equal(tree_close(&inner), 0);
    }
}

/* As the rules on a snapshot say theirs: a whole sentence, which may begin with a path. */
static void expect_sentences(const struct taken *taken)
{
    struct str rest = buf_str(&taken->observed);

    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        const char *words = memmem(line.p, line.len, "\"words\":\"", 9);
        const char *end = memmem(line.p, line.len, "\",\"harmless\":", 13);

        assert_true(words && end && end > words + 9);
        words += 9;
        if (!((*words >= 'A' && *words <= 'Z') || *words == '/') || end[-1] != '.')
            fail_msg("no sentence: %.*s", (int)(end - words), words);
    }
}

/* Two pages of 4096 bytes are 8.2 kB. */
static const struct {
    const char *code;
    const char *words;
} said[] = {
    {"executable-memory", "\"Process 812 (x) has 8.2 kB of executable memory that belongs to no "
                          "file.\""},
    {"program-without-package", "\"/opt/x runs (1 process) and belongs to no package.\""},
    {"preload-variable", "\"Process 812 has LD_PRELOAD=/tmp/x.so in its environment.\""},
};

static void expect_said(const struct taken *taken, const struct seen *s, bool *was_said)
{
    expect_observed(taken, s->code, s->text);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        if (strcmp(s->code, said[i].code) == 0) {
            expect_observed(taken, s->code, said[i].words);
            was_said[i] = true;
        }
}

static void each_thing_is_noticed_and_its_harmless_kin_is_not(void **state)
{
    bool was_said[COUNT_OF(said)] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        void *inner;
        struct tree *t;
        collection_step *const steps[] = {cases[i].step, NULL};
        struct collection_options options = {.profile = PROFILE_TRIAGE};

        assert_int_equal(tree_open(&inner), 0);
        t = inner;
        options.root = t->root;
        lay(t, cases[i].files, COUNT_OF(cases[i].files));
        take_steps(&taken, &options, steps);
        expect_sentences(&taken);
        if (cases[i].code)
            expect_said(&taken, &cases[i], was_said);
        else if (taken.observed.len)
            fail_msg("case %zu: unexpected: %s", i, buf_text(&taken.observed));
        assert_int_equal(tree_close(&inner), 0);
    }
    for (size_t i = 0; i < COUNT_OF(said); i++)
        assert_true(was_said[i]);
}

/* A path of any bytes stays within its line, and what is not UTF-8 is there in hex too. */
static void hostile_names_stay_within_their_line(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    collection_step *const steps[] = {collection_noticed_files, NULL};
    struct collection_options options = {.profile = PROFILE_TRIAGE, .root = t->root};

    tree_put(t, "var/lib/dpkg/info/a.list", "/usr/bin/a\n");
    tree_put(t, "tmp/a\n{\"code\":\"\xff", "x");
    tree_mode(t, "tmp/a\n{\"code\":\"\xff", 06755);
    take_steps(&taken, &options, steps);
    expect_observed(&taken, "setuid-without-package", "\\\"path_hex\\\":\\\"");
    /* 2f 74 6d 70 2f 61 0a 7b 22: "/tmp/a", LF, brace, quote */
    expect_observed(&taken, "setuid-without-package", "2f746d702f610a7b22");
    assert_ptr_equal(memchr(taken.observed.p, '\n', taken.observed.len),
                     taken.observed.p + taken.observed.len - 1);
}

static void after_twenty_of_a_kind_the_rest_is_counted(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf path = {0};
    struct tree *t = *state;
    collection_step *const steps[] = {collection_noticed_files, NULL};
    struct collection_options options = {.profile = PROFILE_TRIAGE, .root = t->root};
    size_t lines = 0;

    for (int i = 0; i < 33; i++) {
        buf_clear(&path);
        buf_addf(&path, "usr/local/bin/p%d", i);
        tree_put(t, buf_text(&path), "x");
        tree_mode(t, buf_text(&path), 0777);
    }
    take_steps(&taken, &options, steps);
    for (size_t i = 0; i < taken.observed.len; i++)
        lines += taken.observed.p[i] == '\n';
    assert_int_equal(lines, 21);
    expect_observed(&taken, "world-writable-program", "13 more programs");
}

/* Ten programs, a library and a text of one package differ, and one program of the next. */
static void a_package_that_changed_itself_leaves_room_for_others(void **state)
{
    static const char sum[] = "b1946ac92492d2347c6235b4d2611184"; /* of "hello\n", by md5sum */
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf sums = {0};
    CLEANUP_BUF struct buf path = {0};
    struct tree *t = *state;
    collection_step *const steps[] = {collection_noticed_packages, NULL};
    struct collection_options options = {.profile = PROFILE_FULL, .root = t->root};

    for (int i = 0; i < 10; i++) {
        buf_clear(&path);
        buf_addf(&path, "usr/bin/p%d", i);
        tree_put(t, buf_text(&path), "hellO\n");
        tree_mode(t, buf_text(&path), 0755);
        buf_addf(&sums, "%s  %s\n", sum, buf_text(&path));
    }
    buf_addf(&sums, "%s  usr/lib/liba.so.1\n%s  usr/lib/a.txt\n", sum, sum);
    tree_put(t, "usr/lib/liba.so.1", "hellO\n");
    tree_put(t, "usr/lib/a.txt", "hellO\n");
    tree_put(t, "var/lib/dpkg/info/a.md5sums", buf_text(&sums));
    buf_clear(&sums);
    buf_addf(&sums, "%s  usr/sbin/b\n", sum);
    tree_put(t, "var/lib/dpkg/info/b.md5sums", buf_text(&sums));
    tree_put(t, "usr/sbin/b", "hellO\n");
    tree_mode(t, "usr/sbin/b", 0755);
    take_steps(&taken, &options, steps);
    expect_observed(&taken, "package-file-changed", "/usr/bin/p4");
    expect_not_observed(&taken, "package-file-changed", "/usr/bin/p5");
    expect_observed(&taken, "package-file-changed", "/usr/sbin/b");
    /* five programs and the library; the text is not executed */
    expect_observed(&taken, "package-file-changed", "{\\\"count\\\":6}");
}

static void a_folder_that_is_linked_and_not_listed_is_found(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    collection_step *const steps[] = {collection_noticed_files, NULL};
    struct collection_options options = {.profile = PROFILE_TRIAGE, .root = t->root};
    struct stat st;
    CLEANUP_BUF struct buf path = {0};

    tree_put(t, "etc/seen/a", "x");
    tree_put(t, "etc/.hidden/a", "x");
    tree_put(t, "etc/file", "x");
    assert_int_equal(stat(tree_path(t, "etc", &path), &st), 0);
    if (st.st_nlink != 4) /* this file system does not count folders */
        skip();
    take_steps(&taken, &options, steps);
    assert_string_equal(buf_text(&taken.observed), "");
    taken_release(&taken);
    snprintf(left_out, sizeof(left_out), ".hidden");
    take_steps(&taken, &options, steps);
    left_out[0] = '\0';
    expect_observed(&taken, "hidden-folder",
                    "{\\\"folder\\\":\\\"/etc\\\",\\\"links\\\":4,\\\"folders_listed\\\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_a_harmless_cause_and_no_verdict),
        cmocka_unit_test(databases_that_are_not_read_are_said),
        cmocka_unit_test(each_thing_is_noticed_and_its_harmless_kin_is_not),
        cmocka_unit_test_setup_teardown(hostile_names_stay_within_their_line, tree_open,
                                        tree_close),
        cmocka_unit_test_setup_teardown(after_twenty_of_a_kind_the_rest_is_counted, tree_open,
                                        tree_close),
        cmocka_unit_test_setup_teardown(a_package_that_changed_itself_leaves_room_for_others,
                                        tree_open, tree_close),
        cmocka_unit_test_setup_teardown(a_folder_that_is_linked_and_not_listed_is_found, tree_open,
                                        tree_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
