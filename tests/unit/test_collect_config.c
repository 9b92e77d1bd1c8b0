/* test_collect_config.c: snapshots of trees laid by hand: accounts, keys, schedules, packages,
 * configuration and privileged files. */
#include "test_collect_tree.h"

static void a_password_hash_never_enters_the_document(void **state)
{
    struct tree *t = *state;
    static const struct {
        const char *name, *password, *place;
    } expected[] = {
        {"root", "\"set\"", "\"shadow\""},    {"bin", "\"locked\"", "\"shadow\""},
        {"ann", "\"locked\"", "\"shadow\""},  {"guest", "\"empty\"", "\"shadow\""},
        {"old", "\"set\"", "\"passwd\""},     {"open", "\"empty\"", "\"passwd\""},
        {"lost", "\"locked\"", "\"shadow\""},
    };

    tree_put(t, "etc/passwd",
             "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
             "ann:x:1000:1000:Ann:/home/ann:/bin/bash\nguest:x:1001:1001::/:/bin/sh\n"
             "old:$1$saltsalt$abcdefghijklmnopqrstu.:5:5::/:/bin/sh\nopen::6:6::/:\n"
             "lost:x:7:7::/:\n+nis\n");
    tree_put(t, "etc/shadow",
             "root:$6$salt$SECRETHASH:19000:0:99999:7:::\nbin:*:17834:0:99999:7:::\n"
             "ann:!$6$salt$LOCKEDHASH:19001:0:99999:7:::\nguest::19002:0:99999:7:::\n");
    tree_take(t);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        tree_expect(t, "account", expected[i].name, "password", expected[i].password);
        tree_expect(t, "account", expected[i].name, "password_place", expected[i].place);
    }
    tree_expect(t, "account", "root", "changed_day", "19000");
    tree_expect(t, "account", "ann", "home", "\"/home/ann\"");
    tree_expect(t, "coverage", "account", "seen", "\"part\""); /* the NIS line */
    assert_false(tree_has(t, "SECRETHASH"));
    assert_false(tree_has(t, "LOCKEDHASH"));
    assert_false(tree_has(t, "saltsalt"));
}

static void a_name_that_is_not_utf8_is_kept_exactly(void **state)
{
    struct tree *t = *state;

    tree_put(t, "etc/group", "\xe4gypten:x:7:\n\\xe4gypten:x:8:\n");
    tree_put(t, "etc/\x1b[31m\xff.conf", "abc");
    tree_take(t);
    tree_expect(t, "group", "\\\\xe4gypten", "gid", "7");
    tree_expect(t, "group", "\\\\xe4gypten #2", "gid", "8"); /* its twin cannot take its place */
    tree_expect(t, "config", "/etc/\\u001b[31m\\\\xff.conf", "size", "3");
}

static void keys_are_known_by_the_fingerprint_that_ssh_keygen_prints(void **state)
{
    struct tree *t = *state;
    /* ssh-keygen -l of this key: 256 SHA256:5DWRvsb+… calm test (ED25519) */
    static const char blob[] =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINUMNHsCQNS9XxXKYAUpBMB+y/c6NzvAwE69+j1v3q/o";
    static const char key[] = "ann ssh-ed25519 SHA256:5DWRvsb+YR8fldy9vHSsRp+YIOxXUYutz66zEIJgp1A";
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf second = {0};

    tree_put(t, "etc/passwd", "ann:x:1000:1000:Ann:/home/ann:/bin/bash\n");
    buf_addf(&text, "# a comment\n\ncommand=\"echo \\\"hi there\\\"\",no-pty %s calm test\n", blob);
    buf_addf(&text, "%s\nssh-rsa not*base64\ngarbage\n", blob);
    tree_put(t, "home/ann/.ssh/authorized_keys", buf_text(&text));
    tree_take(t);
    tree_expect(t, "authorised key", key, "options",
                "\"command=\\\"echo \\\\\\\"hi there\\\\\\\"\\\",no-pty\"");
    tree_expect(t, "authorised key", key, "comment", "\"calm test\"");
    buf_addf(&second, "%s #2", key);
    tree_expect(t, "authorised key", buf_text(&second), "file",
                "\"/home/ann/.ssh/authorized_keys\"");
    tree_expect(t, "coverage", "authorised key", "seen", "\"part\"");
}

static void crontabs_are_split_by_their_kind(void **state)
{
    struct tree *t = *state;

    tree_put(t, "etc/crontab",
             "SHELL=/bin/sh\n# m h\n17 *\t* * *\troot    cd / && run-parts /etc/cron.hourly\n");
    tree_put(t, "etc/cron.d/job", "@reboot www-data /tmp/.x --quiet\n");
    tree_put(t, "var/spool/cron/crontabs/ann", "MAILTO = \"a b\"\n*/5 * * * * /home/ann/x  y\n");
    tree_put(t, "etc/anacrontab", "1\t5\tcron.daily\trun-parts /etc/cron.daily\n");
    tree_put(t, "etc/cron.daily/backup", "#!/bin/sh\n");
    tree_put(t, "etc/cron.daily/.placeholder", "");
    tree_take(t);
    static const struct {
        const char *key, *member, *value;
    } expected[] = {
        {"/etc/crontab: 17 *\\u0009* * *\\u0009root    cd / && run-parts /etc/cron.hourly", "user",
         "\"root\""},
        {"/etc/crontab: SHELL=/bin/sh", "kind", "\"variable\""},
        {"/etc/cron.d/job: @reboot www-data /tmp/.x --quiet", "schedule", "\"@reboot\""},
        {"/etc/cron.d/job: @reboot www-data /tmp/.x --quiet", "user", "\"www-data\""},
        {"/etc/cron.d/job: @reboot www-data /tmp/.x --quiet", "command", "\"/tmp/.x --quiet\""},
        {"/var/spool/cron/crontabs/ann: MAILTO = \\\"a b\\\"", "kind", "\"variable\""},
        {"/var/spool/cron/crontabs/ann: */5 * * * * /home/ann/x  y", "user", "\"ann\""},
        {"/var/spool/cron/crontabs/ann: */5 * * * * /home/ann/x  y", "schedule", "\"*/5 * * * *\""},
        {"/var/spool/cron/crontabs/ann: */5 * * * * /home/ann/x  y", "command",
         "\"/home/ann/x  y\""},
        {"/etc/anacrontab: 1\\u00095\\u0009cron.daily\\u0009run-parts /etc/cron.daily", "command",
         "\"run-parts /etc/cron.daily\""},
        {"/etc/cron.daily/backup", "kind", "\"script\""},
    };

    for (size_t i = 0; i < COUNT_OF(expected); i++)
        tree_expect(t, "cron", expected[i].key, expected[i].member, expected[i].value);
    tree_expect(t, "coverage", "cron", "count", "7");
}

static void enabled_units_show_what_they_run(void **state)
{
    struct tree *t = *state;

    tree_put(t, "usr/lib/systemd/system/ssh.service",
             "[Unit]\nDescription=x\nExecTrap=no\n[Service]\nExecStart=/usr/sbin/sshd -D\n");
    tree_put(t, "usr/lib/systemd/system/getty@.service", "[Service]\nExecStart=-/sbin/agetty %I\n");
    tree_link(t, "lib", "usr/lib");
    tree_link(t, "etc/systemd/system/multi-user.target.wants/ssh.service",
              "/lib/systemd/system/ssh.service");
    tree_link(t, "etc/systemd/system/getty.target.wants/getty@tty1.service",
              "/lib/systemd/system/getty@.service");
    tree_link(t, "etc/systemd/system/cups.service", "/dev/null");
    tree_put(t, "usr/lib/systemd/system/a.timer", "[Timer]\nOnCalendar=daily\nPersistent=true\n");
    tree_link(t, "etc/systemd/system/timers.target.wants/a.timer", "/lib/systemd/system/a.timer");
    tree_put(t, "usr/lib/systemd/system/b.timer", "[Timer]\nOnBootSec=5min\nUnit=c.service\n");
    tree_take(t);
    tree_expect(t, "unit", "multi-user.target wants ssh.service", "exec",
                "[\"ExecStart=/usr/sbin/sshd -D\"]");
    tree_expect(t, "unit", "multi-user.target wants ssh.service", "file",
                "\"/usr/lib/systemd/system/ssh.service\"");
    tree_expect(t, "unit", "getty.target wants getty@tty1.service", "exec",
                "[\"ExecStart=-/sbin/agetty %I\"]");
    tree_expect(t, "unit", "masked cups.service", "link", "\"/etc/systemd/system/cups.service\"");
    tree_expect(t, "timer", "a.timer", "enabled", "true");
    tree_expect(t, "timer", "a.timer", "when", "[\"OnCalendar=daily\"]");
    tree_expect(t, "timer", "b.timer", "enabled", "false");
    tree_expect(t, "coverage", "timer", "count", "2");
}

static void packages_and_the_files_they_own_are_told(void **state)
{
    struct tree *t = *state;

    tree_put(t, "var/lib/dpkg/status",
             "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n"
             "Description: shell\n Package: not-a-package\nVersion: 5.2-1\n\n"
             "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n"
             "Package: never\nStatus: purge ok not-installed\nArchitecture: all\n\n");
    tree_put(t, "var/lib/dpkg/info/bash.list", "/.\n/bin\n/bin/bash\n");
    tree_put(t, "var/lib/dpkg/info/sudo:amd64.list", "/usr/bin/sudo\n");
    tree_link(t, "bin", "usr/bin");
    tree_put(t, "usr/bin/sudo", "x");
    tree_mode(t, "usr/bin/sudo", 04755);
    tree_put(t, "usr/local/bin/mine", "x");
    tree_mode(t, "usr/local/bin/mine", 02755);
    tree_put(t, "usr/bin/open", "x");
    tree_mode(t, "usr/bin/open", 0666);
    tree_put(t, "usr/bin/plain", "x");
    tree_put(t, "proc/5/stat", "5 (bash) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n");
    tree_put(t, "proc/5/status", "Uid:\t0\t0\t0\t0\n");
    tree_put_bytes(t, "proc/5/cmdline", "bash", 5);
    tree_link(t, "proc/5/exe", "/usr/bin/bash");
    tree_take(t);
    tree_expect(t, "package", "bash:amd64", "version", "\"5.2-1\"");
    tree_expect(t, "package", "gone:all", "status", "\"deinstall ok config-files\"");
    tree_expect(t, "coverage", "package", "count", "2");
    tree_expect(t, "process", "/usr/bin/bash [bash] uid 0", "package", "\"bash\"");
    tree_expect(t, "privileged", "/usr/bin/sudo", "package", "\"sudo\"");
    tree_expect(t, "privileged", "/usr/bin/sudo", "why", "[\"setuid\"]");
    tree_expect(t, "privileged", "/usr/local/bin/mine", "package", "\"\"");
    tree_expect(t, "privileged", "/usr/local/bin/mine", "why", "[\"setgid\"]");
    tree_expect(t, "privileged", "/usr/bin/open", "why", "[\"world-writable\"]");
    tree_expect(t, "coverage", "privileged", "count", "3");
}

static void an_rpm_database_is_said_not_to_be_read(void **state)
{
    struct tree *t = *state;

    tree_put(t, "var/lib/rpm/rpmdb.sqlite", "x");
    tree_put(t, "proc/5/stat", "5 (a) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n");
    tree_put(t, "proc/5/status", "Uid:\t0\t0\t0\t0\n");
    tree_put(t, "proc/5/cmdline", "");
    tree_link(t, "proc/5/exe", "/usr/bin/a");
    tree_take(t);
    tree_expect(t, "coverage", "package", "seen", "\"none\"");
    tree_expect(t, "coverage", "package", "missing",
                "[\"the RPM database in /var/lib/rpm is not read\"]");
    tree_expect(t, "process", "/usr/bin/a [] uid 0", "package", "null");
}

static void configuration_files_have_their_digest_mode_and_time(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf path = {0};
    struct timespec times[2] = {{.tv_sec = 1700000000, .tv_nsec = 1},
                                {.tv_sec = 1700000000, .tv_nsec = 123456789}};

    tree_put(t, "etc/abc.conf", "abc");
    tree_mode(t, "etc/abc.conf", 0640);
    assert_int_equal(utimensat(AT_FDCWD, tree_path(t, "etc/abc.conf", &path), times, 0), 0);
    tree_link(t, "etc/link", "/somewhere/else");
    assert_int_equal(mkfifo(tree_path(t, "etc/pipe", &path), 0600), 0); /* must not hang us */
    tree_put(t, "etc/empty.d/.keep", "");
    tree_take(t);
    /* FIPS 180-4's example: SHA-256 of "abc" */
    tree_expect(t, "config", "/etc/abc.conf", "sha256",
                "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    tree_expect(t, "config", "/etc/abc.conf", "mode", "\"0640\"");
    tree_expect(t, "config", "/etc/abc.conf", "size", "3");
    tree_expect(t, "config", "/etc/abc.conf", "modified", "\"2023-11-14T22:13:20.123456789Z\"");
    tree_expect(t, "config", "/etc/link", "target", "\"/somewhere/else\"");
    tree_expect(t, "config", "/etc/pipe", "kind", "\"other\"");
    tree_expect(t, "config", "/etc/empty.d", "kind", "\"folder\"");
}

static void reading_keeps_the_access_time(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf path = {0};
    struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1500000000}};
    static const char *const files[] = {"etc/passwd", "etc/hosts", "etc/some.conf"};
    struct stat st;

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        tree_put(t, files[i], "x:x:1:1:::\n");
        assert_int_equal(utimensat(AT_FDCWD, tree_path(t, files[i], &path), old, 0), 0);
    }
    tree_take(t);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        assert_int_equal(stat(tree_path(t, files[i], &path), &st), 0);
        assert_int_equal(st.st_atim.tv_sec, 1000000000);
    }
}

static void links_do_not_lead_out_of_the_root(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf secret = {0};
    CLEANUP_BUF struct buf outside = {0};
    FILE *f;

    buf_addf(&outside, "%s.outside", t->root);
    f = fopen(buf_text(&outside), "w");
    assert_non_null(f);
    assert_true(fputs("nameserver 203.0.113.77\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    tree_link(t, "etc/resolv.conf", buf_text(&outside));
    buf_addf(&secret, "../../%s", strrchr(buf_text(&outside), '/') + 1);
    tree_link(t, "etc/hosts", buf_text(&secret));
    tree_link(t, "etc/systemd", "/etc");
    tree_take(t);
    assert_false(tree_has(t, "203.0.113.77"));
    assert_int_equal(remove(buf_text(&outside)), 0);
}

static void a_file_too_big_to_hash_is_said(void **state)
{
    struct tree *t = *state;
    CLEANUP_BUF struct buf path = {0};

    tree_put(t, "etc/huge", "");
    assert_int_equal(truncate(tree_path(t, "etc/huge", &path), (64 << 20) + 1), 0);
    tree_take(t);
    tree_expect(t, "config", "/etc/huge", "sha256", "null");
    tree_expect(t, "coverage", "config", "missing", "[\"/etc/huge: it is too big to be hashed\"]");
}

static void what_may_not_be_read_is_said_and_the_rest_is_there(void **state)
{
    struct tree *t = *state;
    struct collect_options options = {.root = t->root};
    struct err e = {0};

    tree_put(t, "etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    tree_put(t, "etc/shadow", "root:$6$a$b:1::::::\n");
    tree_mode(t, "etc/shadow", 0000);
    tree_put(t, "etc/closed/file", "x");
    tree_mode(t, "etc/closed", 0000);
    tree_mode(t, "", 0755);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0); /* root reads everything, so be nobody for a while */
    assert_int_equal(collect_snapshot_to(&options, &t->text, &e), 0);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    tree_mode(t, "etc/closed", 0755);
    tree_expect(t, "account", "root", "password", "\"unknown\"");
    tree_expect(t, "coverage", "account", "seen", "\"part\"");
    tree_expect(t, "config", "/etc/shadow", "sha256", "null");
    tree_expect(t, "coverage", "config", "seen", "\"part\"");
    assert_true(tree_has(t, "/etc/shadow: Permission denied"));
    assert_true(tree_has(t, "/etc/closed: Permission denied"));
}

static void sudo_rules_are_joined_and_comments_left_out(void **state)
{
    struct tree *t = *state;

    tree_put(t, "etc/sudoers",
             "# comment\n#includedir /etc/sudoers.d\n%sudo\tALL=(ALL:ALL) \\\n    ALL\n"
             "#1000 ALL=(ALL) ALL\n");
    tree_put(t, "etc/sudoers.d/web", "www-data ALL=(root) NOPASSWD: /bin/sh");
    tree_take(t);
    tree_expect(t, "sudoers", "/etc/sudoers: %sudo ALL=(ALL:ALL) ALL", "rule",
                "\"%sudo ALL=(ALL:ALL) ALL\"");
    tree_expect(t, "sudoers", "/etc/sudoers: #1000 ALL=(ALL) ALL", "file", "\"/etc/sudoers\"");
    tree_expect(t, "sudoers", "/etc/sudoers.d/web: www-data ALL=(root) NOPASSWD: /bin/sh", "file",
                "\"/etc/sudoers.d/web\"");
    tree_expect(t, "sudoers", "/etc/sudoers", "mode", "\"0644\"");
    tree_expect(t, "coverage", "sudoers", "count", "6");
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_password_hash_never_enters_the_document),
        IN_TREE(a_name_that_is_not_utf8_is_kept_exactly),
        IN_TREE(keys_are_known_by_the_fingerprint_that_ssh_keygen_prints),
        IN_TREE(crontabs_are_split_by_their_kind),
        IN_TREE(enabled_units_show_what_they_run),
        IN_TREE(packages_and_the_files_they_own_are_told),
        IN_TREE(an_rpm_database_is_said_not_to_be_read),
        IN_TREE(configuration_files_have_their_digest_mode_and_time),
        IN_TREE(reading_keeps_the_access_time),
        IN_TREE(links_do_not_lead_out_of_the_root),
        IN_TREE(a_file_too_big_to_hash_is_said),
        IN_TREE(what_may_not_be_read_is_said_and_the_rest_is_there),
        IN_TREE(sudo_rules_are_joined_and_comments_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
