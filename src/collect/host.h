/* host.h: reads files of a host, live or copied, without changing it and without leaving its root.
 *
 * Paths are relative to the root, without a leading slash. Symbolic links are followed inside the
 * root (openat2, RESOLVE_IN_ROOT). The functions return 0 or a negative errno value, because a
 * failure is not an error of the snapshot but one more thing to say in it. */
#pragma once
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/str.h"

/* A regular file that is held in memory. */
struct host_file {
    struct str path; /* without a leading slash */
    struct str bytes;
};

struct host {
    int root;              /* descriptor of the root folder */
    bool is_live;          /* the root is this running host's own */
    bool is_quiet;         /* no access time changes, not even of links */
    bool without_openat2;  /* the kernel does not have it (before 5.6) */
    uint64_t atime_misses; /* files whose access time reading may have changed */
    /* Where this is not NULL these files, sorted by path, are all that there is, and no call of the
     * system is made: host_read, host_line, host_u64, host_names and host_stat (of which
     * only the sort and the size say something) work on them, and what would give a descriptor or a
     * link gives -ENOENT. */
    const struct host_file *memory;
    size_t memory_count;
    struct host_slow *slow; /* of a live host: what may never answer; copies of the host share it */
};

MUST_CHECK int host_init(struct host *h, const char *root, struct err *e);
/* The files are the caller's and stay. */
void host_init_memory(struct host *h, const struct host_file *files, size_t count);
void host_release(struct host *h);

/* File systems that ask a server or another process before they answer (nfs, fuse …) are not looked
 * into on a live host: host_open and what opens by it give -EREMOTE, also where a link leads there.
 */
bool host_is_slow_type(struct str type);
bool host_has_slow(const struct host *h);
bool host_is_slow(const struct host *h, struct str path); /* the path's own text, without links */
/* From now on what lies there is taken for slow, too; without a leading slash. */
void host_slow_add(struct host *h, struct str path);
/* Of a descriptor that may be O_PATH; asks nobody. */
bool host_fd_is_slow(const struct host *h, int fd);
/* What the link of a process (exe, fd/3 …) in its open folder in /proc holds; a mount may be the
 * process's own. */
bool host_held_is_slow(struct host *h, int folder, const char *link, uint64_t pid);

/* A descriptor, or a negative errno. O_CLOEXEC, O_NONBLOCK and O_NOCTTY are added, and O_NOATIME
 * outside proc and sys. */
int host_open(struct host *h, const char *path, int flags);
/* As host_open, for one name in an open folder; final links are not followed. */
int host_open_in(struct host *h, int folder, const char *name, int flags);

/* Adds what the file holds, at most most bytes; -EFBIG when there is more (the first part is then
 * there). Only regular files are read: -EINVAL. */
int host_read(struct host *h, const char *path, struct buf *out, size_t most);
int host_read_in(int folder, const char *name, struct buf *out, size_t most);
int host_read_fd(int fd, struct buf *out, size_t most);
/* The first line of a small file, trimmed; empty when it cannot be read. */
struct str host_line(struct host *h, const char *path, struct buf *buf);
/* As host_line, as a decimal number; false when there is none. */
bool host_u64(struct host *h, const char *path, uint64_t *out);

int host_link(struct host *h, const char *path, struct buf *out); /* where a link points */
int host_link_in(int folder, const char *name, struct buf *out);
int host_stat(struct host *h, const char *path, struct stat *out); /* of the link itself */

/* The names in a folder, sorted by byte, without . and .., into one buffer, each ended by a NUL.
 * -EFBIG past most names. */
struct names {
    struct buf text;
    char **list; /* points into text */
    size_t count;
};
int host_names(struct host *h, const char *path, struct names *out, size_t most);
int host_names_fd(int fd, struct names *out, size_t most); /* takes the descriptor over */
void names_release(struct names *n);
void names_index(struct names *n); /* fills list, sorted, from text and count */

/* Of host.c and host_slow.c, for each other. */
void host_slow_read(struct host *h);
void host_slow_release(struct host *h);
int host_open_beneath(struct host *h, const char *path, int flags); /* whatever lies there */
/* The path without links, none of which led into what is slow; the last one stays with O_NOFOLLOW.
 */
int host_resolve(struct host *h, const char *path, int flags, struct buf *out);

/* What the functions above do where files are held in memory. */
int host_memory_read(const struct host *h, const char *path, struct buf *out, size_t most);
int host_memory_stat(const struct host *h, const char *path, struct stat *out);
int host_memory_names(const struct host *h, const char *path, struct names *out, size_t most);
#define CLEANUP_NAMES CLEANUP(names_release)

/* The kernel makes up what lies there as it is read. */
bool host_is_made_up(int fd);
void collect_fd_close(int *fd);
#define CLEANUP_HOST_FD CLEANUP(collect_fd_close)
