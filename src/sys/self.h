/* self.h: where this program's own file is, and how to start it or its neighbours once more: also
 * when the dynamic loader was asked to run it (from a stick that brings its own libraries), where
 * /proc/self/exe is the loader. */
#pragma once
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

/* The path of this program's file. ERR_IO. */
MUST_CHECK int self_program(struct buf *path, struct err *e);
/* The path of another program that lies beside this one, or in the folder of that name below, as in
 * a build folder; it must be there and be one. does says what is missing without it: "it reads the
 * host". ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int self_neighbour(const char *name, const char *folder, const char *does,
                              struct buf *path, struct err *e);
/* The loader that was asked to run this program; empty where the kernel started it itself. ERR_IO.
 */
MUST_CHECK int self_loader(struct buf *path, struct err *e);
/* Another program that lies beside this one is started the same way: writes "LOADER
 * --library-path FOLDER" to argv and returns 3, or returns 0 where no loader was asked. The texts
 * live in loader and folder. */
enum { SELF_PREFIX_MAX = 3 };
MUST_CHECK int self_prefix(const char **argv, struct buf *loader, struct buf *folder,
                           struct err *e);
/* Starts this program once more as a process of another privilege, with nothing of this one's
 * memory: no environment, which could make the dynamic linker load a library, and no descriptor but
 * those given. posix_spawn, because a fork of a large process is slow and of a threaded one is
 * unsound. Its main knows by the first word what it is to be. Returns a number of errno. */
enum { SELF_WORDS_MAX = 2, SELF_NULL_FD = -1 /* /dev/null */ };
struct self_start {
    const char *name;      /* as other programs show it */
    const char *neighbour; /* NULL: this program; else one that lies beside it, by its name */
    const char *words[SELF_WORDS_MAX]; /* NULL: no more */
    const int *fds;                    /* become 0, 1, … in the new process; borrowed */
    size_t fd_count;
    bool blocks_interrupt; /* SIGINT waits until it is unblocked: the new process decides */
};
MUST_CHECK int self_start(const struct self_start *start, pid_t *pid);
/* The shared libraries that this program was given, and their loader, as paths. Not those that it
 * may load later. */
typedef int self_library(void *context, const char *path, bool is_loader, struct err *e);
MUST_CHECK int self_libraries(self_library *visit, void *context, struct err *e);
