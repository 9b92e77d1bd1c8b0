/* process.h: the processes of a host, and which of them holds which socket. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/mem.h"
#include "base/str.h"
#include "base/utc.h"

struct host;

struct process {
    uint64_t pid;
    uint64_t parent;
    uint64_t uid;
    uint64_t gid;
    uint64_t login_uid; /* UINT64_MAX where none is set */
    uint64_t threads;
    uint64_t memory;      /* resident bytes */
    uint64_t start_ticks; /* since boot, in clock ticks */
    uint64_t network;     /* number of its network namespace; 0 where unknown */
    struct str name;
    struct str args; /* each ended by a NUL, cut at PROCESS_ARGS_SIZE */
    struct str program;
    struct str folder;
    struct str cgroup;
    const char *package; /* see struct path_owner */
    char state;
    bool is_kernel;
    bool is_self;
    bool is_deleted; /* its program's file is no longer there */
    bool is_args_cut;
    bool has_program; /* the link to the program could be read */
    bool has_sockets; /* its descriptors could be read */
    bool is_held;     /* it held up who read its arguments: nothing of its memory is asked for */
};

enum { PROCESS_ARGS_SIZE = 4096, PROCESS_COUNT = 500000, SOCKET_COUNT = 2000000 };

struct socket_owner {
    uint64_t inode;
    size_t process; /* index */
};

struct process_list {
    int code;             /* 0, or why /proc could not be listed, a negative errno */
    struct arena *arena;  /* the texts; borrowed */
    struct process *list; /* by pid */
    size_t count;
    size_t room;
    struct socket_owner *sockets; /* by inode, then process */
    size_t socket_count;
    size_t socket_room;
    uint64_t vanished;       /* ended while they were read */
    uint64_t no_program;     /* program and folder refused */
    uint64_t no_sockets;     /* descriptors refused */
    uint64_t other_networks; /* processes in another network namespace */
    uint64_t no_network;     /* whose network namespace was refused */
    bool is_cut;             /* more than PROCESS_COUNT or SOCKET_COUNT */
    struct process *reading; /* what is read now; NULL: none */
    uint64_t left_at;        /* the number of the one at which the scan was left; 0: at none */
};

/* Where the scan before was left, behind that. */
void process_scan(struct process_list *p, struct host *host, struct arena *arena);
/* The scan never came back and is never gone on with by its thread: keeps what there is, and what
 * was being read as one that is held. False where it was at no process. */
bool process_scan_leave(struct process_list *p);
void process_list_release(struct process_list *p);
/* The owners of a socket: the first, and how many there are. */
const struct socket_owner *process_socket(const struct process_list *p, uint64_t inode,
                                          size_t *count);
