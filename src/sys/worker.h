/* worker.h: the process in which hostile bytes are parsed.
 *
 * A worker is this program, started once more for one job: it has nothing of what this process had
 * in memory. Before it looks at a byte it has: no file system (Landlock denies all), no network, no
 * new processes, no signals to others, no ptrace, a seccomp list of a few calls (doc/privilege.md),
 * limits on CPU time, memory and output, no core dump, no inherited descriptor but its job's. It
 * gets its input as a descriptor and answers in messages over a pipe.
 *
 * What a job may call: read, pread, lseek on its input (its size: lseek to SEEK_END; glibc's fstat
 * is not allowed, SYS_fstat is), memory that is not executable, the clock, random bytes. So: no
 * stdio on the input, no mmap of it, no locale or iconv loading, no threads. Its time zone is UTC,
 * its characters are UTF-8. It sees no variable as this process set it: all that it is to know is
 * in its input and its argument.
 *
 * A worker may also be another program of ours that lies beside this one, with a table of jobs: for
 * parsers whose libraries this one is not to load.
 *
 * worker_run may be called from any thread of a program whose main begins with
 * worker_main_if_asked. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct worker_limits {
    unsigned cpu_s;       /* 0: 60 */
    unsigned wall_s;      /* 0: 600; the time that the receiver takes counts */
    uint64_t memory;      /* bytes of address space beyond what a started program takes; 0: 1 GiB */
    uint64_t output;      /* bytes of messages; 0: no limit */
    uint32_t message;     /* bytes of one; 0: 1 MiB, which none is larger than */
    bool hears_interrupt; /* ends where it has nothing to say and interrupt_asked(): ERR_CANCEL; one
                             that waits for its input in the kernel is left behind */
};

/* What runs in the worker. Sends with worker_send; a non-zero return and e travel back to the
 * caller of worker_run. in is the job's input, or the first of several. */
struct worker_channel;
typedef int worker_job(int in, struct str argument, struct worker_channel *channel, struct err *e);
/* The descriptors of a job's inputs, in the order that they were given in; all are read in the same
 * way. */
size_t worker_input_count(const struct worker_channel *channel);
int worker_input(const struct worker_channel *channel, size_t i);
/* A message of up to 1 MiB: a kind that the job's two halves agree on, and bytes. Blocks while the
 * other side is behind. Returns ERR_* if nobody listens. */
MUST_CHECK int worker_send(struct worker_channel *channel, uint32_t kind, struct str bytes,
                           struct err *e);

/* What the parent does with each message; they are as hostile as the input. Non-zero stops the
 * worker and is returned. */
typedef int worker_receive(void *context, uint32_t kind, struct str bytes, struct err *e);

/* Becomes the worker and does not return where worker_run started this program for that. Any
 * program that calls worker_run, tests too, does this before all else. */
void worker_main_if_asked(int argc, char **argv);
/* The same for a program that others start for the jobs of its table. */
struct worker_named {
    const char *name; /* at most WORKER_NAME_SIZE - 1 bytes */
    worker_job *job;
};
enum { WORKER_NAME_SIZE = 32 };
void worker_main_with_jobs(int argc, char **argv, const struct worker_named *jobs, size_t count);

/* Runs a job on an input descriptor (borrowed; its offset moves) and an argument of up to 1 MiB.
 * name is for messages ("reading shop.tar"), and every sentence but the receiver's own starts with
 * it. The job's own code and sentence, or: ERR_LIMIT when a limit ended it; ERR_TAMPER when the
 * sandbox stopped it at a forbidden call, or its messages were not as they must be; ERR_FORMAT when
 * it crashed; ERR_IO. Fails closed: where the kernel cannot confine, ERR_DENIED. limits and receive
 * may be NULL. */
MUST_CHECK int worker_run(worker_job *job, const char *name, int in, struct str argument,
                          const struct worker_limits *limits, worker_receive *receive,
                          void *context, struct err *e);

/* The same with all that can be said. */
struct worker_order {
    worker_job *job;     /* of this program; NULL: */
    const char *program; /* of another one beside this: "calm-disk", */
    const char *named;   /* by its name in the table there; ERR_NOTFOUND, ERR_NEWER */
    const char *name;
    const int *ins; /* borrowed; at least one, at most LIMIT_WORKER_INPUT_COUNT: ERR_LIMIT */
    size_t in_count;
    struct str argument;
    const struct worker_limits *limits;
    worker_receive *receive;
    void *context;
};
MUST_CHECK int worker_run_order(const struct worker_order *order, struct err *e);
/* Lets this program have so many files open at a time besides the usual ones, and give them to
 * workers: before they are opened. ERR_LIMIT. */
MUST_CHECK int worker_allow_inputs(size_t count, struct err *e);

/* The same for a worker beside others in one thread, which polls worker_fd of each. Its wall time
 * is for the caller to watch. name stays until worker_end. The thread that began it must not end
 * before it. */
struct worker;
MUST_CHECK int worker_begin_order(struct worker **out, const struct worker_order *order,
                                  struct err *e);
MUST_CHECK int worker_begin(struct worker **out, worker_job *job, const char *name, int in,
                            struct str argument, const struct worker_limits *limits,
                            worker_receive *receive, void *context, struct err *e);
int worker_fd(const struct worker *w); /* readable when worker_take has work */
/* Deals with what has come, or waits for it. 1: the job goes on. 0: it ended well. Else what
 * worker_run returns; then only worker_end is left to do. */
MUST_CHECK int worker_take(struct worker *w, struct err *e);
/* Waits until one of several has something to say, or has ended. ERR_CANCEL: interrupt_asked(), and
 * none has. */
struct pollfd;
MUST_CHECK int worker_wait(struct pollfd *fds, size_t count, struct err *e);
void worker_end(struct worker *w); /* stops it where it runs; NULL is fine */
DEFINE_CLEANUP(struct worker *, worker_end)
/* The same where ERR_CANCEL ended the work. One that cannot be ended, since its input does not
 * answer, is left behind (sys/patience.h), and *e says so. */
void worker_stop(struct worker *w, struct err *e);
