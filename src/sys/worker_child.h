/* worker_child.h: what worker.c and the process that it starts agree on. */
#pragma once
#include "sys/worker.h"

enum {
    WORKER_IN_FD = 0,
    WORKER_OUT_FD = 1,
    WORKER_ERR_FD = 2,   /* where the runtime says why it aborts; read after the end */
    WORKER_START_FD = 3, /* struct worker_start and the argument, in memory; closed when read */
    WORKER_MORE_FD = 4,  /* the second input, if there is one, and from there on the others */
    WORKER_ARGUMENT_LIMIT = 1 << 20,
    WORKER_CODE_SIZE = 64,
    WORKER_VERSION_SIZE = 16,
    WORKER_MESSAGE_LIMIT = 1 << 20,
    WORKER_HEAD_SIZE = 8, /* kind and size, u32 each, in this machine's order */
};

#define WORKER_KIND_END UINT32_MAX              /* the last message: int32 code, sentence */
#define WORKER_KIND_UNCONFINED (UINT32_MAX - 1) /* the same, when the job was not even begun */
#define WORKER_KIND_MOST (UINT32_MAX - 16)      /* a job's own kinds end here */

extern const char worker_marker[]; /* the first word of a program that is started as a worker */

/* The job is code of this program, which is the same file in both processes but lies elsewhere in
 * memory: it is named by its distance from worker_main_if_asked. Its first bytes show that it is
 * indeed the same file, also where a loader opened it anew. */
struct worker_start {
    char version[WORKER_VERSION_SIZE]; /* first, so that one of another version can be told */
    char named[WORKER_NAME_SIZE]; /* the job of another program by its name; empty: of this one */
    int64_t job;
    uint8_t code[WORKER_CODE_SIZE];
    uint64_t memory; /* bytes of address space besides what the program takes by itself */
    int64_t parent;
    uint32_t cpu_s;
    uint32_t argument_size;
    uint32_t in_count;
};
