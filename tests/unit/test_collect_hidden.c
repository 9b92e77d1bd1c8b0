/* test_collect_hidden.c: what is hidden from one view is found, and nothing is found on a host
 * where nothing is hidden. */
#include "test_collect_left_out.h"
#include "test_collect_step.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const struct collection_options triage = {.profile = PROFILE_TRIAGE};
static collection_step *const process_steps[] = {collection_hidden_processes, NULL};
static collection_step *const port_steps[] = {collection_hidden_ports, NULL};
static collection_step *const module_steps[] = {collection_hidden_modules, NULL};
static collection_step *const all_steps[] = {collection_hidden_processes, collection_hidden_ports,
                                             collection_hidden_modules, NULL};

static pid_t start_sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_process_that_is_not_listed_is_found_by_asking_for_its_number(void **state)
{
    CLEANUP_TAKEN struct taken t;
    char evidence[64];
    pid_t pid = start_sleeper();

    (void)state;
    snprintf(left_out, sizeof(left_out), "%d", (int)pid);
    take_steps(&t, &triage, process_steps);
    left_out[0] = '\0';
    end_child(pid);
    snprintf(evidence, sizeof(evidence), "{\\\"pid\\\":%d,", (int)pid);
    expect_observed(&t, "hidden-process", evidence);
    expect_observed(&t, "hidden-process", "\\\"getsid\\\"");
    expect_observed(&t, "hidden-process", "\\\"name in /proc\\\"");
    expect_observed(&t, "hidden-process", "\\\"not_by\\\":[\\\"listing of /proc\\\"");
    expect_observed(&t, "hidden-process", "\\\"looks\\\":2");
    assert_true(str_eq(find_observed(&t, "hidden-process", NULL),
                       find_observed(&t, "hidden-process", evidence)));
}

/* Runs the steps in a mount namespace of its own, after prepare; what they took comes back. */
static bool take_apart(struct taken *t, void (*prepare)(void *), void *context,
                       collection_step *const *steps)
{
    char path[] = "/tmp/test_collect.XXXXXX";
    int fd = mkstemp(path);
    int status = 0;
    char byte;
    pid_t pid;

    *t = (struct taken){0};
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct taken inner;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            _exit(77);
        prepare(context);
        take_steps(&inner, &triage, steps);
        _exit(write(fd, inner.observed.p, inner.observed.len) != (ssize_t)inner.observed.len);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        close(fd);
        return false;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while (read(fd, &byte, 1) == 1)
        buf_addc(&t->observed, byte);
    close(fd);
    return true;
}

static void mount_over(const char *from, const char *path, const char *type, unsigned long flags)
{
    if (mount(from, path, type, flags, NULL) < 0) {
        perror(path);
        _exit(1);
    }
}

static void veil(void *context)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%d", (int)*(pid_t *)context);
    mount_over("none", path, "tmpfs", 0);
}

static void a_process_behind_a_mount_over_its_folder_is_found(void **state)
{
    CLEANUP_TAKEN struct taken t;
    char evidence[64];
    pid_t pid = start_sleeper();
    bool could = take_apart(&t, veil, &pid, process_steps);

    (void)state;
    end_child(pid);
    if (!could)
        skip();
    snprintf(evidence, sizeof(evidence), "{\\\"pid\\\":%d,", (int)pid);
    expect_observed(&t, "veiled-process", evidence);
    expect_not_observed(&t, "hidden-process", NULL);
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Copies a table without the lines that have the text. */
static void copy_table(const char *folder, const char *name, const char *without)
{
    char path[128];
    char line[512];
    FILE *from;
    FILE *to;

    snprintf(path, sizeof(path), "/proc/self/net/%s", name);
    from = fopen(path, "r");
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    to = fopen(path, "w");
    while (from && to && fgets(line, sizeof(line), from))
        if (!strstr(line, without))
            fputs(line, to);
    if (!from || !to || fclose(from) || fclose(to))
        _exit(1);
}

/* What a kernel shows that hides the listener: the table without its line. The tables' own names
 * cannot be mounted on, their folder can. */
static void hide_port(void *context)
{
    static const char *const tables[] = {"tcp",  "tcp6",   "udp",  "udp6",     "raw",
                                         "raw6", "packet", "unix", "sockstat", "sockstat6"};
    char folder[] = "/tmp/test_collect.XXXXXX";
    char own[64];
    char port[32];

    snprintf(port, sizeof(port), ":%04X 00000000:0000 0A", *(uint16_t *)context);
    if (!mkdtemp(folder))
        _exit(1);
    mount_over("none", folder, "tmpfs", 0);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        copy_table(folder, tables[i], port);
    snprintf(own, sizeof(own), "/proc/%d/net", (int)getpid());
    mount_over(folder, own, NULL, MS_BIND);
    if (umount(folder) < 0 || rmdir(folder) < 0)
        _exit(1);
}

static void a_listener_that_the_table_leaves_out_is_found(void **state)
{
    CLEANUP_TAKEN struct taken t;
    char evidence[64];
    uint16_t port;
    int fd = listen_on(&port);
    bool could = take_apart(&t, hide_port, &port, port_steps);

    (void)state;
    close(fd);
    if (!could)
        skip();
    snprintf(evidence, sizeof(evidence), "\\\"local_port\\\":%u,", port);
    expect_observed(&t, "hidden-port", evidence);
    expect_observed(&t, "hidden-port", "\\\"local\\\":\\\"127.0.0.1\\\"");
    expect_observed(&t, "hidden-port", "\\\"not_by\\\":\\\"/proc/net/tcp\\\"");
}

/* Starts children that end at once, until the pipe is closed. */
static pid_t start_churn(int ends[2])
{
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (char byte; read(ends[0], &byte, 1) != 0;) {
        pid_t child = fork();

        if (child == 0) {
            int fd = socket(AF_INET, SOCK_DGRAM, 0);
            struct sockaddr_in at = {.sin_family = AF_INET};

            _exit(bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0);
        }
        waitpid(child, NULL, 0);
    }
    _exit(0);
}

static void nothing_is_found_while_processes_and_sockets_come_and_go(void **state)
{
    enum { RUNS = 20 };
    int ends[2];
    uint16_t port;
    int listener = listen_on(&port);
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    pid_t churn = start_churn(ends);

    (void)state;
    assert_int_equal(bind(bound, (struct sockaddr *)&at, sizeof(at)), 0);
    close(ends[0]);
    for (int i = 0; i < RUNS; i++) {
        CLEANUP_TAKEN struct taken t;

        take_steps(&t, &triage, all_steps);
        if (t.observed.len)
            fail_msg("run %d: %s", i, buf_text(&t.observed));
    }
    close(ends[1]);
    assert_int_equal(waitpid(churn, NULL, 0), churn);
    close(listener);
    close(bound);
}

static void put_process(struct tree *t, unsigned pid, unsigned leader, unsigned parent)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&path, "proc/%u/stat", pid);
    buf_addf(&text, "%u (p%u) S %u 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0\n", pid, pid,
             parent);
    tree_put(t, buf_text(&path), buf_text(&text));
    buf_clear(&path);
    buf_clear(&text);
    buf_addf(&path, "proc/%u/status", pid);
    buf_addf(&text, "Name:\tp%u\nTgid:\t%u\nPPid:\t%u\nTracerPid:\t0\nUid:\t0\t0\t0\t0\n", pid,
             leader, parent);
    tree_put(t, buf_text(&path), buf_text(&text));
}

/* Of a recorded tree the folder of 812 was taken out; each view is tried alone. */
static void a_process_taken_out_of_a_recorded_tree_is_found_by_each_view(void **state)
{
    static const struct {
        const char *view;
        unsigned parent; /* of 813 */
        const char *file;
        const char *text;
    } cases[] = {
        {"parent or tracer of a listed process", 812, "proc/version", "x\n"},
        {"cgroup.procs", 1, "sys/fs/cgroup/system.slice/a.service/cgroup.procs", "813\n812\n"},
        {"cgroup.procs", 1, "sys/fs/cgroup/pids/cgroup.procs", "0\n1\n812\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        void *inner;
        struct tree *t;
        struct collection_options options = {.profile = PROFILE_FULL};

        assert_int_equal(tree_open(&inner), 0);
        t = inner;
        options.root = t->root;
        tree_put(t, "proc/sys/kernel/pid_max", "4096\n");
        put_process(t, 1, 1, 0);
        put_process(t, 813, 813, cases[i].parent);
        tree_put(t, cases[i].file, cases[i].text);
        take_steps(&taken, &options, process_steps);
        expect_observed(&taken, "hidden-process", "{\\\"pid\\\":812,");
        expect_observed(&taken, "hidden-process", cases[i].view);
        assert_true(str_is(find_observed(&taken, "hidden-process", "\\\"pid\\\":813"), ""));
        assert_int_equal(tree_close(&inner), 0);
    }
}

static void a_whole_recorded_tree_hides_nothing(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    struct collection_options options = {.profile = PROFILE_FULL, .root = t->root};

    tree_put(t, "proc/sys/kernel/pid_max", "4096\n");
    put_process(t, 1, 1, 0);
    put_process(t, 812, 812, 1);
    put_process(t, 813, 813, 812);
    tree_put(t, "sys/fs/cgroup/a/cgroup.procs", "812\n813\n");
    tree_put(t, "proc/modules", "loop 40960 0 - Live 0x0000000000000000\n");
    tree_put(t, "sys/module/loop/initstate", "live\n");
    tree_put(t, "sys/module/printk/parameters/time", "Y\n"); /* built in: no state */
    tree_put(t, "proc/kallsyms",
             "0000000000000000 T _text\n0000000000000000 t lo_open\t[loop]\n"
             "0000000000000000 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
             "0000000000000000 t ftrace_trampoline\t[__builtin__ftrace]\n");
    tree_put(t, "proc/net/sockstat", "sockets: used 3\nTCP: inuse 1 orphan 0 tw 1 alloc 2 mem 1\n");
    tree_put(t, "proc/net/tcp",
             "  sl  local_address rem_address   st\n"
             "   0: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 9999 1\n"
             "   1: 0500000A:9C40 097100CB:01BB 06 0 0 0 0 0 0 3\n");
    take_steps(&taken, &options, all_steps);
    assert_string_equal(buf_text(&taken.observed), "");
}

static void a_module_that_one_list_leaves_out_is_found(void **state)
{
    static const struct {
        const char *modules; /* /proc/modules */
        const char *state;   /* a file of /sys/module */
        const char *symbols;
        const char *not_by;
    } cases[] = {
        {"loop 4096 0 - Live 0x0\n", "sys/module/diamorphine/initstate", "0 t x\t[loop]\n",
         "/proc/modules"},
        {"loop 4096 0 - Live 0x0\ndiamorphine 4096 0 - Live 0x0\n", "sys/module/x/parameters/y",
         "0 t x\t[diamorphine]\n", "/sys/module"},
        {"loop 4096 0 - Live 0x0\n", "sys/module/x/parameters/y",
         "0 t x\t[loop]\n0 t hook\t[diamorphine]\n", "/proc/modules"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        void *inner;
        struct tree *t;
        struct collection_options options = {.profile = PROFILE_TRIAGE};

        assert_int_equal(tree_open(&inner), 0);
        t = inner;
        options.root = t->root;
        tree_put(t, "sys/module/loop/initstate", "live\n");
        tree_put(t, "proc/modules", cases[i].modules);
        tree_put(t, cases[i].state, "live\n");
        tree_put(t, "proc/kallsyms", cases[i].symbols);
        take_steps(&taken, &options, module_steps);
        expect_observed(&taken, "hidden-module", "\\\"module\\\":\\\"diamorphine\\\"");
        expect_observed(&taken, "hidden-module", cases[i].not_by);
        expect_not_observed(&taken, "hidden-module", "\\\"module\\\":\\\"loop\\\"");
        assert_int_equal(tree_close(&inner), 0);
    }
}

/* The kernel counts three sockets of TCP; two are listed besides one that only waits for its end.
 */
static void sockets_that_are_counted_and_not_listed_are_found(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    struct collection_options options = {.profile = PROFILE_TRIAGE, .root = t->root};

    tree_put(t, "proc/net/sockstat",
             "sockets: used 3\nTCP: inuse 3 orphan 0 tw 1 alloc 4 mem 1\nUDP: inuse 1 mem 0\n");
    tree_put(t, "proc/net/tcp",
             "  sl  local_address rem_address   st\n"
             "   0: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 9999 1\n"
             "   1: 0500000A:9C40 097100CB:01BB 06 0 0 0 0 0 0 3\n"
             "   2: 0500000A:9C42 097100CB:01BB 01 0 0 0 0 0 9998 3\n");
    tree_put(t, "proc/net/udp",
             "  sl  local_address rem_address   st\n"
             "   0: 0100007F:0035 00000000:0000 07 0 0 0 0 0 9997 1\n");
    take_steps(&taken, &options, port_steps);
    expect_observed(&taken, "hidden-port", "\\\"protocol\\\":\\\"TCP\\\",\\\"not_listed\\\":1,");
    expect_not_observed(&taken, "hidden-port", "UDP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_is_not_listed_is_found_by_asking_for_its_number),
        cmocka_unit_test(a_process_behind_a_mount_over_its_folder_is_found),
        cmocka_unit_test(a_listener_that_the_table_leaves_out_is_found),
        cmocka_unit_test(nothing_is_found_while_processes_and_sockets_come_and_go),
        cmocka_unit_test(a_process_taken_out_of_a_recorded_tree_is_found_by_each_view),
        cmocka_unit_test_setup_teardown(a_whole_recorded_tree_hides_nothing, tree_open, tree_close),
        cmocka_unit_test(a_module_that_one_list_leaves_out_is_found),
        cmocka_unit_test_setup_teardown(sockets_that_are_counted_and_not_listed_are_found,
                                        tree_open, tree_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
