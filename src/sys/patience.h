/* patience.h: reads what may never answer (a server that is gone, a dying disk), so that whoever
 * asks for an end is not made to wait for it.
 *
 * Nothing takes a process back that waits in the kernel for such a medium, not even SIGKILL. So
 * what waits there is left behind, and ends when the medium lets it: a thread here, a worker in
 * sys/worker.h, and at its end the program itself, by patience_run. */
#pragma once
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

enum { PATIENCE_MS = 3000 }; /* that a read has to come back in, after somebody asked for an end */

/* As pread, or as read where off is -1. What is in memory is read here, all else in a thread of its
 * own, which *p keeps from one read to the next: NULL before the first. errno ECANCELED:
 * interrupt_asked(), and the read did not come back in time. The thread is left behind then, *p is
 * NULL, and size bytes of memory are its own until it ends. One thread at a time uses a *p. */
struct patience;
ssize_t patience_read(struct patience **p, int fd, void *to, size_t size, off_t off);
void patience_free(struct patience *p); /* NULL is fine */
DEFINE_CLEANUP(struct patience *, patience_free)
/* ERR_CANCEL: that a read has not come back; of a descriptor of this program, or of a path. */
int patience_over(int fd, struct err *e);
int patience_over_path(const char *path, struct err *e);

/* Takes the status of a child that ends, or was killed. False: it has not ended within so many
 * milliseconds, and nobody need wait for it. */
bool patience_reap(pid_t pid, int wait_ms, int *status);
/* Whether a thread of a process waits in the kernel for a medium; adds the processor time that it
 * used, in ticks. */
bool patience_is_waited_for(pid_t pid, pid_t thread, uint64_t *ticks);
/* Which descriptor of its own a thread of a process waits for in the kernel; -1: none, or this one
 * may not know. */
int patience_fd_of(pid_t pid, pid_t thread);
/* Adds the path behind a descriptor of a process. False: nobody can say. */
bool patience_path_of(pid_t pid, int fd, struct buf *out);

/* Runs work in a process of its own, with the same terminal, and returns what it returned: at once,
 * also where that process cannot end because a thread of it is left behind. Signals that ask this
 * one to end are handed on. Where nothing of it moves for a while after such a signal, it is killed
 * and left, which is told on standard error: the status of ERR_CANCEL. Before the first thread. */
int patience_run(int (*work)(void *context), void *context);
