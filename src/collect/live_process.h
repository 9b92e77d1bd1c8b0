/* live_process.h: what the parts that read one process share. */
#pragma once
#include "collect/live.h"

/* A process being read, and the lines that are written of it. */
struct live_process {
    struct collection *c;
    struct bundle_lines *processes;
    struct bundle_lines *maps;
    struct bundle_lines *opens;
    struct buf *buf;
    struct utc booted;
    int folder; /* /proc/PID */
    uint64_t pid;
    bool is_kernel;
    bool is_held;            /* as in struct process */
    uint64_t ended;          /* processes that ended while they were read */
    uint64_t no_environment; /* those whose environment is refused … */
    uint64_t no_program;
    uint64_t no_maps;
    uint64_t no_opens;
};

/* Reads a file of the process into p->buf. 0, a negative errno, or -EFBIG: the first part. */
int live_process_read(struct live_process *p, const char *name, size_t most);
/* Puts what stat and status tell; a negative errno when it ended. */
int live_put_stat(struct live_process *p, struct json *j);
void live_put_status(struct live_process *p, struct json *j);
void live_put_limits(struct live_process *p, struct json *j);
/* Puts a path, and under deleted_name that it was deleted, when the kernel says so behind it. */
void live_put_path(struct json *j, const char *name, const char *deleted_name, struct str path);
void live_process_maps(struct live_process *p);
void live_process_opens(struct live_process *p);
