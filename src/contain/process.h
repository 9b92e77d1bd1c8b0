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

struct process_table {
    struct process *items; /* sorted by pid */
    size_t count;
    size_t room;
};

/* False: it is not there (any longer). */
bool process_read(pid_t pid, struct process *out);
MUST_CHECK int process_table_read(struct process_table *l, struct err *e);
void process_table_release(struct process_table *l);
#define CLEANUP_PROCESS_TABLE CLEANUP(process_table_release)
struct process *process_table_find(struct process_table *l, pid_t pid);

/* Marks a process and all that it started, also what has lost its parents but is in a session that
 * one of them began. False: there is no such process. */
bool process_mark_tree(struct process_table *l, pid_t pid, uint64_t start);
/* All of a user, whichever of its ids that is. */
void process_mark_user(struct process_table *l, uint32_t uid);

/* Is it this process, or one that it descends from? */
bool process_is_ours(struct process_table *l, pid_t pid);
/* A watchdog of a change: our own program, by that name, as our user. */
bool process_is_watchdog(const struct process *p);
/* A descriptor of that very process, or -1. */
int process_open(const struct process *p);
