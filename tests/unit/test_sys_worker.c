/* test_sys_worker.c: planted malicious jobs try to get out of a worker; each fails with the right
 * code, and the program goes on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/worker.h"

/* What the jobs are given, and what the receiver counts. */
struct heard {
    size_t count;
    size_t bytes;
    uint32_t kind;
    struct buf last;
    int answer; /* what the receiver returns */
};

static int hear(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct heard *h = context;

    h->count++;
    h->bytes += bytes.len;
    h->kind = kind;
    buf_clear(&h->last);
    buf_addstr(&h->last, bytes);
    return h->answer ? err_set(e, h->answer, "stopped by the receiver") : 0;
}

static int leaked_fd = -1; /* a descriptor of the program that no job may use */
static pid_t program;

/* A job runs in a process that was started anew: what it is to attack, it is told. */
static void be_told(struct str argument)
{
    uint64_t pid = 0;
    uint64_t fd = 0;

    if (!str_u64(str_cut(&argument, ' '), &pid) || !str_u64(argument, &fd))
        abort();
    program = (pid_t)pid;
    leaked_fd = (int)fd;
}
static const int receiver_stops = ERR_CANCEL;

#define JOB(name)                                                                                  \
    static int name(int in, struct str argument, struct worker_channel *c, struct err *e)
#define IGNORE_ALL (void)in, (void)argument, (void)c, (void)e
/* A job whose forbidden act succeeded returns 0, which no case below expects. */

JOB(opens_a_file)
{
    IGNORE_ALL;
    return open("/etc/passwd", O_RDONLY) < 0 ? ERR_IO : 0;
}

JOB(opens_by_the_old_call)
{
    IGNORE_ALL;
#ifdef SYS_open
    return syscall(SYS_open, "/etc/passwd", O_RDONLY) < 0 ? ERR_IO : 0;
#else
    return open("/etc/passwd", O_RDONLY) < 0 ? ERR_IO : 0;
#endif
}

JOB(creates_a_file)
{
    IGNORE_ALL;
    return open("/tmp/test_sys_worker.out", O_WRONLY | O_CREAT, 0600) < 0 ? ERR_IO : 0;
}

JOB(looks_whether_a_file_is_there)
{
    struct stat st;

    IGNORE_ALL;
    return stat("/etc/passwd", &st) < 0 ? ERR_IO : 0;
}

JOB(connects_to_loopback)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    IGNORE_ALL;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? ERR_IO : 0;
}

JOB(opens_a_local_socket)
{
    IGNORE_ALL;
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? ERR_IO : 0;
}

JOB(forks)
{
    IGNORE_ALL;
    return fork() < 0 ? ERR_IO : 0;
}

JOB(bombs_with_forks)
{
    IGNORE_ALL;
    for (;;)
        if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0)
            return ERR_IO;
}

JOB(runs_a_program)
{
    char *argv[] = {(char *)"true", NULL};

    IGNORE_ALL;
    execv("/bin/true", argv);
    return ERR_IO;
}

JOB(kills_the_program)
{
    IGNORE_ALL;
    be_told(argument);
    return kill(program, SIGKILL) < 0 ? ERR_IO : 0;
}

JOB(kills_a_thread_of_the_program)
{
    IGNORE_ALL;
    be_told(argument);
    return syscall(SYS_tgkill, program, program, SIGKILL) < 0 ? ERR_IO : 0;
}

JOB(traces_the_program)
{
    IGNORE_ALL;
    be_told(argument);
    return ptrace(PTRACE_ATTACH, program, NULL, NULL) < 0 ? ERR_IO : 0;
}

JOB(reads_the_memory_of_the_program)
{
    char byte;
    struct iovec mine = {&byte, 1};
    struct iovec theirs = {&program, 1}; /* where it would lie if this were a copy of the program */

    IGNORE_ALL;
    be_told(argument);
    return syscall(SYS_process_vm_readv, program, &mine, 1, &theirs, 1, 0) < 0 ? ERR_IO : 0;
}

JOB(opens_its_own_memory_by_path)
{
    IGNORE_ALL;
    return open("/proc/self/mem", O_RDWR) < 0 ? ERR_IO : 0;
}

JOB(writes_to_an_inherited_descriptor)
{
    IGNORE_ALL;
    be_told(argument);
    return write(leaked_fd, "x", 1) < 0 ? ERR_IO : 0;
}

JOB(reads_an_inherited_descriptor)
{
    char byte;

    IGNORE_ALL;
    be_told(argument);
    return read(leaked_fd, &byte, 1) < 0 ? ERR_IO : 0;
}

JOB(writes_to_its_input)
{
    IGNORE_ALL;
    return write(in, "x", 1) < 0 ? ERR_IO : 0;
}

JOB(maps_its_input)
{
    IGNORE_ALL;
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, in, 0) == MAP_FAILED ? ERR_IO : 0;
}

JOB(makes_memory_executable)
{
    IGNORE_ALL;
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? ERR_IO
               : 0;
}

JOB(raises_its_limits)
{
    struct rlimit {
        unsigned long soft, hard;
    } more = {1000, 1000};

    IGNORE_ALL;
    return syscall(SYS_setrlimit, 7, &more) < 0 ? ERR_IO : 0;
}

JOB(makes_a_user_namespace)
{
    IGNORE_ALL;
    return unshare(CLONE_NEWUSER) < 0 ? ERR_IO : 0;
}

JOB(uses_io_uring)
{
    char params[256] = {0};

    IGNORE_ALL;
    return syscall(425, 1, params) < 0 ? ERR_IO : 0;
}

#ifdef __x86_64__
/* The 32-bit and x32 tables have other numbers, which a careless filter lets through. */
JOB(calls_by_the_x32_table)
{
    IGNORE_ALL;
    return syscall(0x40000000 | SYS_getpid) < 0 ? ERR_IO : 0;
}

JOB(calls_by_the_32_bit_table)
{
    long result = 20; /* getpid of the 32-bit table; mprotect's neighbour of the 64-bit one */

    IGNORE_ALL;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? ERR_IO : 0;
}
#endif

JOB(allocates_without_bound)
{
    IGNORE_ALL;
    while (in >= 0) {
        char *p = mem_alloc(1 << 20);

        for (size_t i = 0; i < 1 << 20; i += 4096)
            p[i] = 1;
    }
    return 0;
}

JOB(uses_up_the_processor)
{
    volatile uint64_t n = 0;

    IGNORE_ALL;
    while (in >= 0)
        n++;
    return 0;
}

/* A worker that waits uses no processor time; only the wall clock ends it. */
JOB(waits_for_ever)
{
    char byte;

    IGNORE_ALL;
    while (read(in, &byte, 1) >= 0)
        continue;
    return ERR_IO;
}

JOB(sends_without_end)
{
    IGNORE_ALL;
    for (;;) {
        int code = worker_send(c, 1, STR("more and more and more"), e);

        if (code)
            return code;
    }
}

JOB(sends_too_large_a_message)
{
    uint32_t head[2] = {1, (1 << 20) + 1};
    struct iovec part = {head, sizeof(head)};

    IGNORE_ALL;
    while (writev(1, &part, 1) > 0)
        continue;
    return 0;
}

JOB(sends_a_reserved_kind)
{
    uint32_t head[2] = {UINT32_MAX - 5, 0};
    struct iovec part = {head, sizeof(head)};

    IGNORE_ALL;
    return writev(1, &part, 1) > 0 ? 0 : ERR_IO;
}

JOB(ends_with_an_unknown_code)
{
    uint32_t message[3] = {UINT32_MAX, 4, (uint32_t)-1000};
    struct iovec part = {message, sizeof(message)};

    IGNORE_ALL;
    return writev(1, &part, 1) > 0 ? 0 : ERR_IO;
}

JOB(ends_twice)
{
    uint32_t message[3] = {UINT32_MAX, 4, 0};
    struct iovec part = {message, sizeof(message)};

    IGNORE_ALL;
    return writev(1, &part, 1) > 0 ? 0 : ERR_IO;
}

JOB(ends_without_a_word)
{
    IGNORE_ALL;
    _exit(0);
}

JOB(sends_half_a_message)
{
    uint32_t head[2] = {1, 100};
    struct iovec part = {head, sizeof(head)};

    IGNORE_ALL;
    _exit(writev(1, &part, 1) < 0);
}

JOB(crashes)
{
    IGNORE_ALL;
    (void)raise(SIGSEGV);
    return 0;
}

JOB(overruns_its_stack)
{
    IGNORE_ALL;
    signal(SIGSEGV, SIG_DFL);
    volatile char deep[4096] = {0};

    return argument.len > 1 << 30 ? deep[0] : overruns_its_stack(in, argument, c, e) + deep[1];
}

JOB(stops_at_a_bug)
{
    IGNORE_ALL;
    BUG("planted");
}

JOB(says_its_own_failure)
{
    IGNORE_ALL;
    return err_set(e, ERR_FORMAT, "line 7 is no line");
}

enum { IN_ALL_BUILDS, NOT_SANITIZED };

static const struct {
    const char *name;
    worker_job *job;
    int code;
    int builds; /* a sanitizer's runtime catches some acts itself, or takes all address space */
    struct worker_limits limits;
} hostile[] = {
#define TRIES(job, code)                                                                           \
    {                                                                                              \
#job, job, code, IN_ALL_BUILDS,                                                            \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
    TRIES(opens_a_file, ERR_TAMPER),
    TRIES(opens_by_the_old_call, ERR_TAMPER),
    TRIES(creates_a_file, ERR_TAMPER),
    TRIES(looks_whether_a_file_is_there, ERR_TAMPER),
    TRIES(connects_to_loopback, ERR_TAMPER),
    TRIES(opens_a_local_socket, ERR_TAMPER),
    TRIES(forks, ERR_TAMPER),
    TRIES(bombs_with_forks, ERR_TAMPER),
    TRIES(runs_a_program, ERR_TAMPER),
    TRIES(kills_the_program, ERR_TAMPER),
    TRIES(kills_a_thread_of_the_program, ERR_TAMPER),
    TRIES(traces_the_program, ERR_TAMPER),
    TRIES(reads_the_memory_of_the_program, ERR_TAMPER),
    TRIES(opens_its_own_memory_by_path, ERR_TAMPER),
    TRIES(writes_to_an_inherited_descriptor, ERR_TAMPER),
    TRIES(reads_an_inherited_descriptor, ERR_TAMPER),
    TRIES(writes_to_its_input, ERR_TAMPER),
    {"maps_its_input", maps_its_input, ERR_TAMPER, NOT_SANITIZED, {0}},
    {"makes_memory_executable", makes_memory_executable, ERR_TAMPER, NOT_SANITIZED, {0}},
    TRIES(raises_its_limits, ERR_TAMPER),
    TRIES(makes_a_user_namespace, ERR_TAMPER),
    TRIES(uses_io_uring, ERR_TAMPER),
#ifdef __x86_64__
    TRIES(calls_by_the_x32_table, ERR_TAMPER),
    TRIES(calls_by_the_32_bit_table, ERR_TAMPER),
#endif
    {"allocates_without_bound",
     allocates_without_bound,
     ERR_LIMIT,
     NOT_SANITIZED,
     {.memory = 64 << 20}},
    {"uses_up_the_processor", uses_up_the_processor, ERR_LIMIT, IN_ALL_BUILDS, {.cpu_s = 1}},
    {"sends_without_end", sends_without_end, ERR_LIMIT, IN_ALL_BUILDS, {.output = 1 << 20}},
    {"sends_without_end", sends_without_end, ERR_LIMIT, IN_ALL_BUILDS, {.wall_s = 1}},
    TRIES(sends_too_large_a_message, ERR_TAMPER),
    TRIES(sends_a_reserved_kind, ERR_TAMPER),
    TRIES(ends_with_an_unknown_code, ERR_TAMPER),
    TRIES(ends_twice, ERR_TAMPER),
    TRIES(ends_without_a_word, ERR_TAMPER),
    TRIES(sends_half_a_message, ERR_TAMPER),
    {"crashes", crashes, ERR_FORMAT, NOT_SANITIZED, {0}},
    {"overruns_its_stack", overruns_its_stack, ERR_FORMAT, NOT_SANITIZED, {0}},
    TRIES(stops_at_a_bug, ERR_FORMAT),
    TRIES(says_its_own_failure, ERR_FORMAT),
};

static void every_hostile_job_fails_with_its_code(void **state)
{
    char path[] = "/tmp/test_sys_worker.XXXXXX";
    CLEANUP_FD int in = mkstemp(path);

    (void)state;
    assert_true(in >= 0);
    unlink(path);
    leaked_fd =
        open("/tmp", O_RDWR | O_TMPFILE, 0600); /* without O_CLOEXEC, as a careless library */
    assert_true(leaked_fd >= 0);
    program = getpid();
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        struct heard h = {0};
        struct err e = {0};
        struct stat st;
        char told[64];
        int code;

        if (CONFINE_SANITIZED && hostile[i].builds == NOT_SANITIZED)
            continue;
        snprintf(told, sizeof(told), "%d %d", (int)program, leaked_fd);
        code = worker_run(hostile[i].job, "reading evil.tar", in, str_of(told), &hostile[i].limits,
                          hear, &h, &e);
        buf_release(&h.last);
        if (code != hostile[i].code || strncmp(e.text, "reading evil.tar: ", 18) != 0)
            print_error("%s: %s: %s\n", hostile[i].name, err_name(code), e.text);
        assert_int_equal(code, hostile[i].code);
        assert_int_equal(e.code, hostile[i].code);
        assert_int_equal(strncmp(e.text, "reading evil.tar: ", 18), 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left behind */
        assert_int_equal(fstat(in, &st), 0);
        assert_int_equal(st.st_size, 0);
        if (leaked_fd >= 0) {
            assert_int_equal(fstat(leaked_fd, &st), 0);
            assert_int_equal(st.st_size, 0);
        }
    }
    fd_close(leaked_fd);
    assert_false(file_is_there("/tmp/test_sys_worker.out"));
}

static void a_waiting_job_is_ended_by_the_clock(void **state)
{
    struct worker_limits limits = {.wall_s = 1};
    struct err e = {0};
    time_t before = time(NULL);
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        worker_run(waits_for_ever, "reading a pipe", ends[0], STR(""), &limits, NULL, NULL, &e),
        ERR_LIMIT);
    assert_non_null(strstr(e.text, "longer than allowed"));
    assert_true(time(NULL) - before <= 5);
    close(ends[0]);
    close(ends[1]);
}

/* Sends its input back in pieces, in upper case. */
JOB(echoes)
{
    char bytes[1000];
    ssize_t n;

    while ((n = read(in, bytes, sizeof(bytes))) > 0) {
        int code;

        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] >= 'a' && bytes[i] <= 'z')
                bytes[i] = (char)(bytes[i] - 'a' + 'A');
        code = worker_send(c, 7, (struct str){bytes, (size_t)n}, e);
        if (code)
            return code;
    }
    return worker_send(c, 8, argument, e);
}

static int input_of(struct str bytes)
{
    FILE *f = tmpfile();
    int fd;

    assert_non_null(f);
    fd = dup(fileno(f));
    fclose(f);
    assert_int_equal(file_write_fd(fd, bytes.p, bytes.len, "input", NULL), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void messages_arrive_whole_and_in_order(void **state)
{
    CLEANUP_FD int in = -1;
    CLEANUP_BUF struct buf text = {0};
    struct heard h = {0};

    (void)state;
    buf_addn(&text, 'a', 1000000);
    in = input_of(buf_str(&text));
    assert_int_equal(worker_run(echoes, "echo", in, STR("ARG"), NULL, hear, &h, NULL), 0);
    assert_int_equal(h.count, 1001);
    assert_int_equal(h.bytes, 1000003);
    assert_int_equal(h.kind, 8);
    assert_true(str_eq(buf_str(&h.last), STR("ARG")));
    buf_release(&h.last);
}

JOB(sends_the_largest_message)
{
    CLEANUP_BUF struct buf big = {0};
    int code;

    (void)in;
    (void)argument;
    buf_addn(&big, 'x', (1 << 20) + 1);
    code = worker_send(c, 1, buf_str(&big), e);
    if (code != ERR_LIMIT)
        return err_set(e, ERR_IO, "a message over the limit was sent");
    code = worker_send(c, 2, (struct str){NULL, 0}, e);
    return code ? code : worker_send(c, 3, str_head(buf_str(&big), 1 << 20), e);
}

static void workers_go_on_beside_each_other_in_one_thread(void **state)
{
    enum { COUNT = 3 };
    CLEANUP_BUF struct buf text = {0};
    struct heard h[COUNT] = {{0}};
    struct worker *w[COUNT] = {NULL};
    size_t running = COUNT;
    int ins[COUNT];

    (void)state;
    buf_addn(&text, 'a', 1000000);
    for (size_t i = 0; i < COUNT; i++) {
        ins[i] = input_of(buf_str(&text));
        assert_int_equal(
            worker_begin(&w[i], echoes, "echo", ins[i], STR("ARG"), NULL, hear, &h[i], NULL), 0);
    }
    while (running)
        for (size_t i = 0; i < COUNT; i++) {
            int code = w[i] ? worker_take(w[i], NULL) : 1;

            assert_in_range(code, 0, 1);
            if (code == 0) {
                worker_end(MOVE(w[i]));
                running--;
            }
        }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(h[i].count, 1001);
        assert_int_equal(h[i].bytes, 1000003);
        buf_release(&h[i].last);
        close(ins[i]);
    }
}

static void a_worker_that_waits_can_be_ended(void **state)
{
    struct worker *w = NULL;
    struct pollfd p = {.events = POLLIN};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(worker_begin(&w, waits_for_ever, "reading a pipe", ends[0], STR(""), NULL,
                                  NULL, NULL, NULL),
                     0);
    p.fd = worker_fd(w);
    assert_int_equal(poll(&p, 1, 200), 0); /* it says nothing, and runs */
    worker_end(w);
    close(ends[0]);
    close(ends[1]);
}

static void a_message_is_no_larger_than_its_caller_allows(void **state)
{
    static const struct {
        uint32_t most;
        int code;
    } cases[] = {{1000, 0}, {999, ERR_TAMPER}};
    CLEANUP_BUF struct buf text = {0};

    (void)state;
    buf_addn(&text, 'a', 1000000); /* echoed in thousands */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct worker_limits limits = {.message = cases[i].most};
        CLEANUP_FD int in = input_of(buf_str(&text));
        struct heard h = {0};

        assert_int_equal(worker_run(echoes, "echo", in, STR("ARG"), &limits, hear, &h, NULL),
                         cases[i].code);
        buf_release(&h.last);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;

    return (*x > *y) - (*x < *y);
}

JOB(sorts_much)
{
    enum { COUNT = 100000 };
    CLEANUP_FREE uint32_t *numbers = mem_array(COUNT, sizeof(numbers[0]));

    (void)in, (void)argument;
    for (uint32_t i = 0; i < COUNT; i++)
        numbers[i] = COUNT - i;
    qsort(numbers, COUNT, sizeof(numbers[0]), compare_numbers);
    return worker_send(c, numbers[0], STR("sorted"), e);
}

static void a_job_may_sort_much(void **state)
{
    CLEANUP_FD int in = input_of(STR("x"));
    struct heard h = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(worker_run(sorts_much, "sorting", in, STR(""), NULL, hear, &h, &e), 0);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.kind, 1);
    buf_release(&h.last);
}

static char secret[32]; /* set while the program runs, as an opened value of a case is */

JOB(tells_the_secret)
{
    (void)in, (void)argument;
    return worker_send(c, 1, (struct str){secret, sizeof(secret)}, e);
}

static void a_job_has_nothing_of_what_the_program_had_in_memory(void **state)
{
    static const char zeros[sizeof(secret)];
    CLEANUP_FD int in = input_of(STR("x"));
    struct heard h = {0};

    (void)state;
    memset(secret, 'q', sizeof(secret));
    assert_int_equal(worker_run(tells_the_secret, "x", in, STR(""), NULL, hear, &h, NULL), 0);
    assert_int_equal(h.last.len, sizeof(secret));
    assert_memory_equal(h.last.p, zeros, sizeof(zeros));
    buf_release(&h.last);
}

static void a_message_has_up_to_a_mebibyte(void **state)
{
    CLEANUP_FD int in = input_of(STR(""));
    struct heard h = {0};

    (void)state;
    assert_int_equal(
        worker_run(sends_the_largest_message, "big", in, STR(""), NULL, hear, &h, NULL), 0);
    assert_int_equal(h.count, 2);
    assert_int_equal(h.bytes, 1 << 20);
    buf_release(&h.last);
}

static void the_receiver_can_stop_the_worker(void **state)
{
    CLEANUP_FD int in = input_of(STR("text"));
    struct heard h = {.answer = receiver_stops};
    struct err e = {0};

    (void)state;
    assert_int_equal(worker_run(sends_without_end, "x", in, STR(""), NULL, hear, &h, &e),
                     ERR_CANCEL);
    assert_string_equal(e.text, "stopped by the receiver");
    assert_int_equal(h.count, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    buf_release(&h.last);
}

static void the_input_may_be_any_descriptor_number(void **state)
{
    struct heard h = {0};

    int in = input_of(STR("abc"));
    int high;
    int status;
    pid_t pid;

    (void)state;
    high = fcntl(in, F_DUPFD, 700);
    assert_int_equal(worker_run(echoes, "x", high, STR(""), NULL, hear, &h, NULL), 0);
    assert_int_equal(h.bytes, 3);
    close(high);
    pid = fork(); /* a program that was started with its standard descriptors closed */
    if (pid == 0) {
        h = (struct heard){0};
        lseek(in, 0, SEEK_SET);
        dup2(in, 2);
        close(in);
        close(0);
        close(1);
        _exit(worker_run(echoes, "x", 2, STR("1"), NULL, hear, &h, NULL) != 0 || h.bytes != 4);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
    close(in);
    buf_release(&h.last);
}

static void *run_echo(void *argument)
{
    size_t good = 0;

    (void)argument;
    for (int i = 0; i < 20; i++) {
        int in = input_of(STR("abc"));
        struct heard h = {0};

        good += worker_run(echoes, "x", in, STR("!"), NULL, hear, &h, NULL) == 0 && h.bytes == 4;
        close(in);
        buf_release(&h.last);
    }
    return (void *)good;
}

static void threads_run_workers_at_once(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_echo, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_int_equal((size_t)good, 20);
    }
}

/* What the job gives up is asked of the kernel, from inside. */
JOB(asks_what_it_may)
{
    IGNORE_ALL;
    return worker_send(c, 1, STR("ready"), e) || read(in, &(char){0}, 1) < 0 ? ERR_IO : 0;
}

static int look_at_status(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    static const char *const lines[] = {"NoNewPrivs:\t1\n", "Seccomp:\t2\n"};
    CLEANUP_BUF struct buf children = {0};
    CLEANUP_BUF struct buf status = {0};
    struct str rest;
    uint64_t pid;
    char path[64];
    int *seen = context;

    (void)kind;
    (void)bytes;
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    if (file_read(&children, path, 4096, e))
        return ERR_NOTFOUND;
    rest = str_trim(buf_str(&children));
    if (!str_u64(str_cut(&rest, ' '), &pid))
        return ERR_NOTFOUND;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (file_read(&status, path, 1 << 16, e))
        return ERR_NOTFOUND;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        *seen += strstr(buf_text(&status), lines[i]) != NULL;
    return 0;
}

static void the_kernel_confirms_the_confinement(void **state)
{
    CLEANUP_FD int in = input_of(STR("text"));
    int seen = 0;
    int code = worker_run(asks_what_it_may, "x", in, STR(""), NULL, look_at_status, &seen,
                          &(struct err){0});

    (void)state;
    if (code == ERR_NOTFOUND)
        skip(); /* a kernel without CONFIG_PROC_CHILDREN */
    assert_int_equal(code, 0);
    assert_int_equal(seen, 2);
}

JOB(sends_one)
{
    IGNORE_ALL;
    return worker_send(c, 1, STR("x"), e);
}

/* A kernel that has no Landlock is played by a filter that answers its calls with ENOSYS. */
static void where_the_kernel_cannot_confine_nothing_is_parsed(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct sock_filter {
            uint16_t code;
            uint8_t jt, jf;
            uint32_t k;
        } at[] = {
            {0x20, 0, 0, 0},               /* load the number of the call */
            {0x15, 0, 1, 444},             /* landlock_create_ruleset? */
            {0x06, 0, 0, 0x00050000 | 38}, /* ENOSYS */
            {0x06, 0, 0, 0x7fff0000},      /* allow */
        };
        struct {
            unsigned short len;
            void *filter;
        } filter = {COUNT_OF(at), at};
        struct heard h = {0};
        struct err e = {0};
        int in = input_of(STR("text"));

        if (syscall(SYS_prctl, 38, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, 1, 0, &filter) < 0)
            _exit(77);
        if (worker_run(sends_one, "x", in, STR(""), NULL, hear, &h, &e) != ERR_DENIED)
            _exit(1);
        _exit(h.count != 0 || !strstr(e.text, "Landlock"));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_hostile_job_fails_with_its_code),
        cmocka_unit_test(a_waiting_job_is_ended_by_the_clock),
        cmocka_unit_test(messages_arrive_whole_and_in_order),
        cmocka_unit_test(workers_go_on_beside_each_other_in_one_thread),
        cmocka_unit_test(a_worker_that_waits_can_be_ended),
        cmocka_unit_test(a_message_is_no_larger_than_its_caller_allows),
        cmocka_unit_test(a_job_may_sort_much),
        cmocka_unit_test(a_job_has_nothing_of_what_the_program_had_in_memory),
        cmocka_unit_test(a_message_has_up_to_a_mebibyte),
        cmocka_unit_test(the_receiver_can_stop_the_worker),
        cmocka_unit_test(the_input_may_be_any_descriptor_number),
        cmocka_unit_test(threads_run_workers_at_once),
        cmocka_unit_test(the_kernel_confirms_the_confinement),
        cmocka_unit_test(where_the_kernel_cannot_confine_nothing_is_parsed),
    };

    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
