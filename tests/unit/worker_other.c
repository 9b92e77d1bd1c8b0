/* worker_other.c: a program that test_sys_worker_inputs starts as its worker, beside it. */
#include <stdint.h>
#include <unistd.h>
#include "sys/worker.h"

static int tells_first_bytes(int in, struct str argument, struct worker_channel *c, struct err *e)
{
    size_t count = worker_input_count(c);
    CLEANUP_BUF struct buf bytes = {0};

    (void)in;
    for (size_t i = 0; i < count; i++) {
        char byte;

        if (pread(worker_input(c, i), &byte, 1, 0) != 1)
            return err_set(e, ERR_IO, "input %zu cannot be read", i);
        buf_addc(&bytes, byte);
    }
    buf_addstr(&bytes, argument);
    return worker_send(c, 1, buf_str(&bytes), e);
}

static int opens_a_file(int in, struct str argument, struct worker_channel *c, struct err *e)
{
    FILE *f = fopen("/etc/passwd", "r");

    (void)in, (void)argument, (void)c, (void)e;
    return f ? fclose(f) : ERR_IO;
}

int main(int argc, char **argv)
{
    static const struct worker_named jobs[] = {
        {"opens a file", opens_a_file},
        {"tells first bytes", tells_first_bytes},
    };

    worker_main_with_jobs(argc, argv, jobs, sizeof(jobs) / sizeof(jobs[0]));
    return 1;
}
