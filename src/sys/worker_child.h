/* worker_child.h: what worker.c and the process it forks agree on. */
#pragma once
#include "sys/worker.h"

enum {
    WORKER_IN_FD = 0,
    WORKER_OUT_FD = 1,
    WORKER_ERR_FD = 2, /* where the runtime says why it aborts; read after the end */
    WORKER_MESSAGE_LIMIT = 1 << 20,
    WORKER_HEAD_SIZE = 8, /* kind and size, u32 each, in this machine's order */
};

#define WORKER_KIND_END UINT32_MAX              /* the last message: int32 code, sentence */
#define WORKER_KIND_UNCONFINED (UINT32_MAX - 1) /* the same, when the job was not even begun */
#define WORKER_KIND_MOST (UINT32_MAX - 16)      /* a job's own kinds end here */

struct worker_start {
    worker_job *job;
    struct str argument;
    int in;
    int out;
    int err;
    pid_t parent;
    unsigned cpu_s;
    uint64_t address_space; /* bytes in all */
};

/* Confines this process, which was just forked, runs the job and ends. */
NORETURN void worker_child(const struct worker_start *start);
