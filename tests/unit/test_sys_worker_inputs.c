/* test_sys_worker_inputs.c: a worker with several inputs has these and nothing else; a worker may
 * be another program beside this one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { FEW = 3 };

static int hear(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    (void)kind, (void)e;
    buf_addstr(context, bytes);
    return 0;
}

#define JOB(name)                                                                                  \
    static int name(int in, struct str argument, struct worker_channel *c, struct err *e)
#define IGNORE_ALL (void)in, (void)argument, (void)c, (void)e
/* A job whose forbidden act succeeded returns 0, which no case below expects. */

JOB(reads_what_is_behind_its_last_input)
{
    char byte;

    IGNORE_ALL;
    return read(worker_input(c, worker_input_count(c) - 1) + 1, &byte, 1) < 0 ? ERR_IO : 0;
}

JOB(reads_its_message_pipe)
{
    char byte;

    IGNORE_ALL;
    return pread(1, &byte, 1, 0) < 0 ? ERR_IO : 0;
}

JOB(reads_what_it_was_started_with)
{
    char byte;

    IGNORE_ALL;
    return pread(3, &byte, 1, 0) < 0 ? ERR_IO : 0;
}

JOB(reads_a_negative_number)
{
    char byte;

    IGNORE_ALL;
    return syscall(SYS_read, -1, &byte, 1) < 0 ? ERR_IO : 0;
}

JOB(writes_to_its_first_input)
{
    IGNORE_ALL;
    return write(in, "x", 1) < 0 ? ERR_IO : 0;
}

JOB(writes_to_its_last_input)
{
    struct iovec part = {(char *)"x", 1};

    IGNORE_ALL;
    return writev(worker_input(c, worker_input_count(c) - 1), &part, 1) < 0 ? ERR_IO : 0;
}

JOB(writes_into_an_input_at_a_place)
{
    IGNORE_ALL;
    return pwrite(worker_input(c, 1), "x", 1, 0) < 0 ? ERR_IO : 0;
}

JOB(cuts_an_input)
{
    IGNORE_ALL;
    return ftruncate(worker_input(c, 1), 0) < 0 ? ERR_IO : 0;
}

#if !CONFINE_SANITIZED /* whose runtime maps what it likes */
JOB(maps_an_input)
{
    IGNORE_ALL;
    return mmap(NULL, 4096, PROT_READ, MAP_SHARED, worker_input(c, 1), 0) == MAP_FAILED ? ERR_IO
                                                                                        : 0;
}
#endif

JOB(copies_an_input_to_another_number)
{
    IGNORE_ALL;
    return dup2(worker_input(c, 1), worker_input(c, 2)) < 0 ? ERR_IO : 0;
}

JOB(closes_an_input)
{
    IGNORE_ALL;
    return close(worker_input(c, 1)) < 0 ? ERR_IO : 0;
}

JOB(asks_for_an_input_that_is_not_there)
{
    IGNORE_ALL;
    return worker_input(c, worker_input_count(c)) < 0;
}

static const struct {
    const char *name;
    worker_job *job;
    int code;
} hostile[] = {
#define TRIES(job, code)                                                                           \
    {                                                                                              \
#job, job, code                                                                            \
    }
    TRIES(reads_what_is_behind_its_last_input, ERR_TAMPER),
    TRIES(reads_its_message_pipe, ERR_TAMPER),
    TRIES(reads_what_it_was_started_with, ERR_TAMPER),
    TRIES(reads_a_negative_number, ERR_TAMPER),
    TRIES(writes_to_its_first_input, ERR_TAMPER),
    TRIES(writes_to_its_last_input, ERR_TAMPER),
    TRIES(writes_into_an_input_at_a_place, ERR_TAMPER),
    TRIES(cuts_an_input, ERR_TAMPER),
    TRIES(copies_an_input_to_another_number, ERR_TAMPER),
    TRIES(closes_an_input, ERR_TAMPER),
    TRIES(asks_for_an_input_that_is_not_there, ERR_FORMAT),
#if !CONFINE_SANITIZED
    TRIES(maps_an_input, ERR_TAMPER),
#endif
};

/* A file of one byte, open for writing too, as a careless caller has it. */
static int input_of(char byte)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, &byte, 1), 1);
    return fd;
}

static void nothing_but_reading_its_inputs_is_allowed(void **state)
{
    int ins[FEW] = {input_of('a'), input_of('b'), input_of('c')};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        const struct worker_order order = {
            .job = hostile[i].job, .name = "reading evil.E01", .ins = ins, .in_count = FEW};
        struct err e = {0};
        int code = worker_run_order(&order, &e);

        if (code != hostile[i].code)
            print_error("%s: %s: %s\n", hostile[i].name, err_name(code), e.text);
        assert_int_equal(code, hostile[i].code);
        for (size_t k = 0; k < FEW; k++) {
            char byte = 0;

            assert_int_equal(lseek(ins[k], 0, SEEK_END), 1);
            assert_int_equal(pread(ins[k], &byte, 1, 0), 1);
            assert_int_equal(byte, 'a' + (int)k);
        }
    }
    for (size_t k = 0; k < FEW; k++)
        close(ins[k]);
}

JOB(tells_first_bytes)
{
    size_t count = worker_input_count(c);
    CLEANUP_BUF struct buf bytes = {0};

    IGNORE_ALL;
    for (size_t i = 0; i < count; i++) {
        int fd = worker_input(c, i);
        char byte[2];
        struct stat st;

        if (lseek(fd, 0, SEEK_SET) != 0 || read(fd, byte, 2) != 1 || pread(fd, byte, 2, 0) != 1 ||
            syscall(SYS_fstat, fd, &st) != 0 || st.st_size != 1)
            return err_set(e, ERR_IO, "input %zu cannot be read: %s", i, strerror(errno));
        buf_addc(&bytes, byte[0]);
    }
    return worker_send(c, 1, buf_str(&bytes), e);
}

static char byte_of(size_t i)
{
    return (char)('a' + i * i % 26 % 23);
}

static int run_with(size_t count, const int *ins, struct buf *heard, struct err *e)
{
    const struct worker_order order = {.job = tells_first_bytes,
                                       .name = "reading",
                                       .ins = ins,
                                       .in_count = count,
                                       .receive = hear,
                                       .context = heard};

    return worker_run_order(&order, e);
}

static void check_order_of(size_t count, const int *ins, char (*expected)(size_t))
{
    CLEANUP_BUF struct buf heard = {0};
    struct err e = {0};

    if (run_with(count, ins, &heard, &e))
        fail_msg("%zu inputs: %s", count, e.text);
    assert_int_equal(heard.len, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(heard.p[i], expected(i));
}

static char byte_backwards(size_t i)
{
    return byte_of(LIMIT_WORKER_INPUT_COUNT - 1 - i);
}

static void as_many_inputs_as_an_image_can_have_files_come_in_order(void **state)
{
    static const size_t counts[] = {1, 2, 13, 300, LIMIT_WORKER_INPUT_COUNT};
    CLEANUP_FREE int *ins = mem_array(LIMIT_WORKER_INPUT_COUNT, sizeof(ins[0]));
    struct err e = {0};

    (void)state;
    if (worker_allow_inputs(LIMIT_WORKER_INPUT_COUNT, &e)) {
        print_message("%s\n", e.text);
        skip();
    }
    for (size_t i = 0; i < LIMIT_WORKER_INPUT_COUNT; i++)
        ins[i] = input_of(byte_of(i));
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        check_order_of(counts[i], ins, byte_of);
    for (size_t i = 0; i < LIMIT_WORKER_INPUT_COUNT / 2; i++) {
        int kept = ins[i];

        ins[i] = ins[LIMIT_WORKER_INPUT_COUNT - 1 - i];
        ins[LIMIT_WORKER_INPUT_COUNT - 1 - i] = kept;
    }
    /* Each number is needed for another one first; so few must be out of the way as fit. */
    check_order_of(1000, ins, byte_backwards);
    for (size_t i = 0; i < LIMIT_WORKER_INPUT_COUNT; i++)
        close(ins[i]);
}

static char byte_of_pair(size_t i)
{
    return i % 2 ? 'a' : 'b';
}

static void one_descriptor_may_be_several_inputs(void **state)
{
    int pair[2] = {input_of('a'), input_of('b')};
    int ins[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ins); i++)
        ins[i] = pair[(i + 1) % 2];
    check_order_of(COUNT_OF(ins), ins, byte_of_pair);
    close(pair[0]);
    close(pair[1]);
}

static void too_many_inputs_are_refused_with_what_to_do(void **state)
{
    struct rlimit tight = {300, 300};
    struct err e = {0};
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(worker_allow_inputs(LIMIT_WORKER_INPUT_COUNT + 1, &e), ERR_LIMIT);
    pid = fork();
    if (pid == 0) {
        int ins[2] = {input_of('a'), input_of('b')};
        bool is_right = setrlimit(RLIMIT_NOFILE, &tight) == 0 && worker_allow_inputs(44, &e) == 0 &&
                        worker_allow_inputs(45, &e) == ERR_LIMIT && strstr(e.text, "ulimit -Hn");

        check_order_of(2, ins, byte_of);
        _exit(!is_right);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int run_other(const char *program, const char *named, struct buf *heard, struct err *e)
{
    int ins[2] = {input_of('x'), input_of('y')};
    const struct worker_order order = {.program = program,
                                       .named = named,
                                       .name = "reading disk.E01",
                                       .ins = ins,
                                       .in_count = 2,
                                       .argument = STR("Z"),
                                       .receive = hear,
                                       .context = heard};
    int code = worker_run_order(&order, e);

    close(ins[0]);
    close(ins[1]);
    return code;
}

static void a_worker_may_be_a_program_beside_this_one(void **state)
{
    static const struct {
        const char *program;
        const char *named;
        int code;
        const char *says;
    } cases[] = {
        {"worker_other", "tells first bytes", 0, ""},
        {"worker_other", "opens a file", ERR_TAMPER, "forbidden system call"},
        {"worker_other", "tells second bytes", ERR_NOTFOUND, "no job tells second bytes"},
        {"worker_other", "", ERR_IO, ""}, /* no code of this program is run there */
        {"worker_older", "tells first bytes", ERR_NEWER, "of another version (0.0.1)"},
        {"worker_absent", "tells first bytes", ERR_NOTFOUND, "worker_absent is not beside"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf heard = {0};
        struct err e = {0};

        assert_int_equal(run_other(cases[i].program, cases[i].named, &heard, &e), cases[i].code);
        assert_non_null(strstr(e.text, cases[i].says));
        assert_string_equal(buf_text(&heard), cases[i].code ? "" : "xyZ");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_reading_its_inputs_is_allowed),
        cmocka_unit_test(as_many_inputs_as_an_image_can_have_files_come_in_order),
        cmocka_unit_test(one_descriptor_may_be_several_inputs),
        cmocka_unit_test(too_many_inputs_are_refused_with_what_to_do),
        cmocka_unit_test(a_worker_may_be_a_program_beside_this_one),
    };

    worker_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
