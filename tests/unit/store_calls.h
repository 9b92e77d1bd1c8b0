/* store_calls.h: the system calls that src/store makes, of which a chosen one fails. A test that
 * includes this is linked so that these are called instead (--wrap, in tests/unit/meson.build). */
#pragma once
#include <stdarg.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    int error;                        /* what the call fails with; 0: none fails */
    long at;                          /* the how manyth call it is, from 1 */
    const char *only;                 /* calls of another name are not counted; NULL: all are */
    long count;                       /* calls so far; threads count too */
    const char *fails;                /* the name of the one that failed, or NULL */
    void (*meanwhile)(void *context); /* is called instead of failing, before the call is made */
    void *context;
} calls;

static bool call_fails(const char *name)
{
    if (!calls.error || (calls.only && strcmp(calls.only, name) != 0))
        return false;
    if (__atomic_add_fetch(&calls.count, 1, __ATOMIC_SEQ_CST) != calls.at)
        return false;
    calls.fails = name;
    errno = calls.error;
    if (!calls.meanwhile)
        return true;
    calls.error = 0;
    calls.meanwhile(calls.context);
    return false;
}

/* A call of fixed arguments. Those that end in 64 are what the plain names mean: Meson builds with
 * _FILE_OFFSET_BITS=64. */
#define CALL(type, name, parameters, arguments, failed)                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return call_fails(#name) ? (failed) : __real_##name arguments;                             \
    }

CALL(int, fsync, (int fd), (fd), -1)
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
CALL(int, chmod, (const char *path, mode_t mode), (path, mode), -1)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
CALL(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), -1)
CALL(int, renameat, (int from, const char *old, int to, const char *name), (from, old, to, name),
     -1)
CALL(int, unlinkat, (int at, const char *path, int flags), (at, path, flags), -1)
CALL(int, stat64, (const char *path, struct stat *st), (path, st), -1)
CALL(int, lstat64, (const char *path, struct stat *st), (path, st), -1)
CALL(int, fstat64, (int fd, struct stat *st), (fd, st), -1)
CALL(int, fstatat64, (int at, const char *path, struct stat *st, int flags), (at, path, st, flags),
     -1)
CALL(int, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags), -1)
CALL(off_t, lseek64, (int fd, off_t off, int from), (fd, off, from), -1)
CALL(int, dup, (int fd), (fd), -1)
CALL(DIR *, fdopendir, (int fd), (fd), NULL)
CALL(DIR *, opendir, (const char *path), (path), NULL)
CALL(struct dirent *, readdir64, (DIR * d), (d), NULL)
CALL(char *, realpath, (const char *path, char *out), (path, out), NULL)
CALL(ssize_t, read, (int fd, void *p, size_t size), (fd, p, size), -1)
CALL(ssize_t, write, (int fd, const void *p, size_t size), (fd, p, size), -1)
CALL(int, poll, (struct pollfd * p, nfds_t count, int ms), (p, count, ms), -1)
CALL(int, inotify_init1, (int flags), (flags), -1)
CALL(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask), -1)
CALL(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *context),
     (thread, attr, run, context), EAGAIN)

/* The two that take a mode only when they make a file. */
#define CALL_OPEN(name, parameters, arguments)                                                     \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        va_list ap;                                                                                \
                                                                                                   \
        va_start(ap, flags);                                                                       \
        if (flags & O_CREAT)                                                                       \
            mode = va_arg(ap, mode_t);                                                             \
        va_end(ap);                                                                                \
        return call_fails(#name) ? -1 : __real_##name arguments;                                   \
    }

CALL_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
CALL_OPEN(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
