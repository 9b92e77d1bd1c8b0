/* test_case_server.c: which server a folder lies on, by lines of mountinfo as proc(5) and the
 * manuals of mount.nfs(8), mount.cifs(8) and sshfs(1) describe them, and by folders as /sys has
 * them. Addresses are those of RFC 5737 and RFC 3849. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "practice/case_server.h"
#include "sys/in_time.h"

static const char mounts[] =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/none rw\n"
    "30 22 0:40 / /srv/nfs4 rw shared:9 - nfs4 files:/cases "
    "rw,vers=4.2,hard,proto=tcp,port=0,timeo=600,sec=sys,clientaddr=192.0.2.7,local_lock=none,addr="
    "192.0.2.40\n"
    "31 22 0:41 / /srv/nfs4\\040old rw - nfs files:/old "
    "rw,vers=3,mountaddr=192.0.2.99,port=20049,addr=2001:db8::41\n"
    "32 22 0:42 / /srv/cifs rw - cifs //files/cases "
    "rw,vers=3.1.1,username=ana,addr=192.0.2.42,port=4450\n"
    "33 22 0:43 / /srv/9p rw - 9p 192.0.2.43 rw,trans=tcp,port=5640\n"
    "34 22 0:44 / /srv/9v rw - 9p share rw,trans=virtio\n"
    "35 22 0:45 / /srv/sshfs rw - fuse.sshfs ana@192.0.2.45:/cases rw,user_id=0\n"
    "48 22 0:54 / /srv/at rw - fuse.sshfs ana@192.0.2.54:/home/a@b rw\n"
    "49 22 0:55 / /srv/at2 rw - fuse.sshfs 192.0.2.55:/home/a@b rw\n"
    "36 22 0:46 / /srv/sshfs6 rw - fuse.sshfs ana@[2001:db8::46]:/cases rw\n"
    "37 22 0:47 / /srv/named rw - fuse.sshfs files.example:/cases rw\n"
    "38 22 0:48 / /srv/lost rw - fuse.sshfs lost.example: rw\n"
    "39 22 0:49 / /srv/ceph rw - ceph 192.0.2.49:6789,192.0.2.50:6789:/ rw\n"
    "40 22 0:50 / /srv/over rw - overlay overlay "
    "rw,lowerdir=/usr,upperdir=/srv/nfs4/up,workdir=/srv/nfs4/work\n"
    "41 22 8:32 / /srv/iscsi rw - ext4 /dev/none rw\n"
    "42 22 253:0 / /srv/lvm rw - xfs /dev/none rw\n"
    "43 22 7:0 / /srv/loop rw - ext4 /dev/none rw\n"
    "44 30 0:51 / /srv/nfs4/tmp rw - tmpfs tmpfs rw\n"
    "45 22 0:40 /deep /srv/bound rw shared:9 - nfs4 files:/cases rw,proto=tcp,addr=192.0.2.40\n"
    "46 22 0:53 / /srv/twice rw - nfs4 a:/x rw,addr=192.0.2.53\n"
    "47 46 8:1 /y /srv/twice rw - ext4 /dev/none rw\n";

static size_t resolve(const char *name, struct net *out, size_t room)
{
    struct err e = {0};

    if (strcmp(name, "files.example") != 0 || room < 2)
        return 0;
    assert_int_equal(net_read(STR("192.0.2.47"), &out[0], &e), 0);
    assert_int_equal(net_read(STR("2001:db8::47"), &out[1], &e), 0);
    return 2;
}

static char sys[] = "/tmp/calm-test-sys-XXXXXX";

static void write_sys(const char *path, const char *text)
{
    char whole[512], *slash;
    FILE *f;

    snprintf(whole, sizeof(whole), "%s/%s", sys, path);
    for (slash = whole + strlen(sys) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(whole, 0700);
        *slash = '/';
    }
    if (!text) {
        assert_true(mkdir(whole, 0700) == 0);
        return;
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void link_sys(const char *path, const char *target)
{
    char from[512], to[512];

    snprintf(from, sizeof(from), "%s/%s", sys, path);
    snprintf(to, sizeof(to), "%s/%s", sys, target);
    assert_int_equal(symlink(to, from), 0);
}

static int make_sys(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(sys));
    write_sys("devices/platform/host3/session12/target3:0:0/3:0:0:0/block/sdc", NULL);
    write_sys("devices/virtual/block/dm-0/slaves/x", "");
    write_sys("devices/virtual/block/loop0/loop/backing_file", "/srv/cifs/disk.img\n");
    write_sys("class/iscsi_connection/connection12:0/persistent_address", "192.0.2.41\n");
    write_sys("class/iscsi_connection/connection12:0/persistent_port", "3261\n");
    write_sys("dev/block/x", "");
    link_sys("dev/block/8:32", "devices/platform/host3/session12/target3:0:0/3:0:0:0/block/sdc");
    link_sys("dev/block/253:0", "devices/virtual/block/dm-0");
    link_sys("dev/block/7:0", "devices/virtual/block/loop0");
    link_sys("devices/virtual/block/dm-0/slaves/sdc",
             "devices/platform/host3/session12/target3:0:0/3:0:0:0/block/sdc");
    return 0;
}

static int remove_sys(void **state)
{
    char *const argv[] = {(char *)"rm", (char *)"-rf", sys, NULL};
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        execv("/bin/rm", argv);
        _exit(1);
    }
    return pid < 0 || waitpid(pid, NULL, 0) < 0;
}

static void the_server_of_a_folder_is_found(void **state)
{
    static const struct {
        const char *path;
        const char *at; /* endpoints, a blank between */
        const char *unknown;
    } cases[] = {
        {"/home/ana/monday.calm", "", ""},
        {"/srv/nfs4/monday.calm", "192.0.2.40,tcp,2049,out", ""},
        {"/srv/nfs4", "192.0.2.40,tcp,2049,out", ""},
        {"/srv/nfs44/monday.calm", "", ""},
        {"/srv/nfs4/tmp/monday.calm", "", ""},
        {"/srv/nfs4 old/x", "2001:db8::41,tcp,20049,out", ""},
        {"/srv/bound/x", "192.0.2.40,tcp,2049,out", ""},
        {"/srv/twice/x", "", ""},
        {"/srv/cifs/x", "192.0.2.42,tcp,4450,out", ""},
        {"/srv/9p/x", "192.0.2.43,tcp,5640,out", ""},
        {"/srv/9v/x", "", ""},
        {"/srv/sshfs/x", "192.0.2.45", ""},
        {"/srv/at/x", "192.0.2.54", ""},
        {"/srv/at2/x", "192.0.2.55", ""},
        {"/srv/sshfs6/x", "2001:db8::46", ""},
        {"/srv/named/x", "192.0.2.47 2001:db8::47", ""},
        {"/srv/lost/x", "", "lost.example"},
        {"/srv/ceph/x", "192.0.2.49 192.0.2.50", ""},
        {"/srv/over/x", "192.0.2.40,tcp,2049,out", ""},
        {"/srv/iscsi/x", "192.0.2.41,tcp,3261,out", ""},
        {"/srv/lvm/x", "192.0.2.41,tcp,3261,out", ""},
        {"/srv/loop/x", "192.0.2.42,tcp,4450,out", ""},
    };
    const struct case_server_source source = {
        .mountinfo = {mounts, sizeof(mounts) - 1}, .sys = sys, .resolve = resolve};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(case_server_release) struct case_server c = {.count = 0};
        CLEANUP_BUF struct buf got = {0};
        char text[ENDPOINT_TEXT_SIZE];

        case_server_find(&source, cases[i].path, &c);
        for (size_t k = 0; k < c.count; k++)
            buf_addf(&got, "%s%s", k ? " " : "", endpoint_text(text, &c.at[k]));
        if (strcmp(buf_text(&got), cases[i].at) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].path, buf_text(&got), cases[i].at);
        assert_string_equal(buf_text(&c.unknown), cases[i].unknown);
    }
}

/* An overlay that lies in itself, as no kernel makes one, ends all the same; and so do torn lines.
 */
static void what_makes_no_sense_is_no_server(void **state)
{
    static const char *const texts[] = {
        "1 0 0:1 / / rw - overlay o rw,upperdir=/a\n",
        "1 0 0:1 / / rw\n",
        "- - - -\n",
        "\n\n",
        "1 0 0:1 / / rw - nfs",
        "1 0 0:1 / / rw - nfs4 x:/ addr=",
        "1 0 0:1 / / rw - nfs4 :/ addr=no.address.example,port=99999\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CLEANUP(case_server_release) struct case_server c = {.count = 0};
        const struct case_server_source source = {
            .mountinfo = str_of(texts[i]), .sys = sys, .resolve = resolve};

        case_server_find(&source, "/a/b", &c);
        assert_int_equal(c.count, 0);
    }
}

char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);

/* A server that is gone: the kernel lets who asks wait. */
char *__wrap_realpath(const char *path, char *resolved)
{
    if (str_starts(str_of(path), "/dead"))
        sleep(20);
    return __real_realpath(path, resolved);
}

static void a_server_that_does_not_answer_is_not_waited_for(void **state)
{
    CLEANUP(case_server_release) struct case_server c = {.count = 0};
    CLEANUP_FREE char *root = NULL;
    int64_t begun = monotonic_ms();
    bool is_late;

    (void)state;
    assert_null(realpath_in_time("/dead/monday.calm", 100, &is_late));
    assert_true(is_late);
    assert_null(realpath_in_time("/no/such/folder", 10000, &is_late));
    assert_false(is_late);
    root = realpath_in_time("/usr/..", 10000, &is_late);
    assert_string_equal(root, "/");
    case_server_of("/dead/monday.calm", &c);
    assert_in_range(monotonic_ms() - begun, 1500, 12000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_of_a_folder_is_found),
        cmocka_unit_test(what_makes_no_sense_is_no_server),
        cmocka_unit_test(a_server_that_does_not_answer_is_not_waited_for)};

    return cmocka_run_group_tests(tests, make_sys, remove_sys);
}
