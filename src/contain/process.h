/* process.h: the processes of this host as /proc/PID/stat and status tell of them (proc(5)). */
#pragma once
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

enum { PROCESS_NAME_SIZE = 64, PROCESS_COUNT = 4 << 20 };

struct process {
    pid_t pid;
    pid_t parent;
    pid_t session;
    uint64_t start;   /* in clock ticks since the start of the host: with pid, one process alone */
    char state;       /* R, S, D, T, Z … */
    bool is_kernel;   /* a thread of the kernel */
    uint32_t uids[4]; /* real, effective, saved, of the file system */
    char name[PROCESS_NAME_SIZE];
    unsigned generation; /* 0: not marked; else 1 and its children 2 … */
};

struct processes {
    struct process *items; /* sorted by pid */
    size_t count;
    size_t room;
};

/* False: it is not there (any longer). */
bool process_read(pid_t pid, struct process *out);
MUST_CHECK int processes_read(struct processes *l, struct err *e);
void processes_release(struct processes *l);
#define CLEANUP_PROCESSES CLEANUP(processes_release)
struct process *processes_find(struct processes *l, pid_t pid);

/* Marks a process and all that it started, also what has lost its parents but is in a session that
 * one of them began. False: there is no such process. */
bool process_mark_tree(struct processes *l, pid_t pid, uint64_t start);
/* All of a user, whichever of its ids that is. */
void process_mark_user(struct processes *l, uint32_t uid);

/* Is it this process, or one that it descends from? */
bool process_is_ours(struct processes *l, pid_t pid);
/* A watchdog of a change, or the keeper: our own program, by that name, as our user. */
bool process_is_watchdog(const struct process *p);
/* A descriptor of that very process, or -1. */
int process_open(const struct process *p);
