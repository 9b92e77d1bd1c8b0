/* archive.h: what lies in an archive, read inside a worker: tar, cpio, zip, 7-Zip, and these or a
 * single file compressed by gzip, bzip2, xz, lzma or zstd.
 *
 * The archive is hostile, and so is all that is told of it. Names are bytes as they stand in the
 * archive: they may hold "..", control characters, anything; they are shown through a sink and
 * never used as paths. Archives within archives are not opened: they are evidence as they are.
 * libarchive does not compare the check sum at the end of gzip data, so damage there can go
 * unnoticed. Of a zip it tells the entries that the central directory lists, and no others that may
 * lie between them, by the names that stand before their data; what the directory calls otherwise,
 * or lists several times, is told behind them (zip_directory.h). Zeros look like an empty tar
 * archive: more of them than tar(1) writes for one, and zeros with anything behind them, are one
 * compressed file, or no archive. */
#pragma once
#include "base/str.h"
#include "base/utc.h"

enum archived_type {
    ARCHIVED_FILE,
    ARCHIVED_FOLDER,
    ARCHIVED_SYMLINK,
    ARCHIVED_HARDLINK, /* the content is that of the entry that link names */
    ARCHIVED_CHARACTER_DEVICE,
    ARCHIVED_BLOCK_DEVICE,
    ARCHIVED_FIFO,
    ARCHIVED_SOCKET,
    ARCHIVED_OTHER,
    ARCHIVED_TYPE_COUNT_,
};

struct archived {
    struct str name; /* empty for the one content of a compressed file */
    struct str link; /* the target of a link, else empty */
    enum archived_type type;
    bool has_size;
    bool has_modified;
    bool is_sparse;    /* holes are delivered as zeros */
    bool is_encrypted; /* content or name; the content cannot be read */
    uint64_t size;     /* as the archive states it; believe what is delivered */
    uint32_t mode;     /* permission bits, 07777 */
    uint64_t uid;
    uint64_t gid;
    struct utc modified; /* zip may hold a clock time without a zone, which is taken as UTC */
    struct str warning;  /* what is odd with this entry, else empty */
};

/* Each entry gives entry, data in order without gaps, and end. After damage an entry has no end.
 * A non-zero return stops the reading and is returned. Any may be NULL. */
struct archived_receiver {
    int (*entry)(void *context, const struct archived *entry, struct err *e);
    int (*data)(void *context, struct str bytes, struct err *e);
    /* problem: why the content is not whole (encrypted, an unknown method), else empty. */
    int (*end)(void *context, uint64_t size, struct str problem, struct err *e);
    void *context;
};

struct archived_summary {
    uint64_t entry_count;
    uint64_t size;     /* bytes of content */
    char format[64];   /* "POSIX ustar format" */
    char filters[128]; /* "gzip", or several, outermost first; empty without compression */
};

/* Reads the archive behind a descriptor of a file or block device from its start (the descriptor is
 * borrowed; its offset may move). name is for messages. What was received before an error stands.
 * ERR_NOTFOUND: no archive of a known kind; ERR_FORMAT: damaged; ERR_LIMIT: base/limits.h;
 * ERR_TAMPER, ERR_IO, ERR_DENIED as worker_run. */
MUST_CHECK int archived_read(int fd, const char *name, const struct archived_receiver *receiver,
                             struct archived_summary *out, struct err *e);
