/* file_state.h: all that a file is, so that it can be put back: its bytes or where it leads, its
 * metadata, and what is known of the folder that it lies in (doc/format/containment.md section
 * 7.1). Nothing here follows a symbolic link. */
#pragma once
#include <time.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

enum { FILE_STATE_SIZE = 64 << 20, FILE_STATE_ATTRIBUTE_COUNT = 1000 };

enum file_state_kind { FILE_STATE_NONE, FILE_STATE_FILE, FILE_STATE_LINK };

struct file_attribute {
    struct str name;
    struct str value;
};

struct file_folder {
    struct timespec modified;
    uint32_t flags; /* FS_IOC_GETFLAGS */
    bool has_flags;
    struct hash names; /* of what else lies in it */
};

struct file_state {
    struct str path; /* absolute, with a NUL behind */
    struct file_folder folder;
    enum file_state_kind kind;
    bool is_derived; /* made from another by file_state_derive */
    uint32_t mode;
    uint32_t owner;
    uint32_t group;
    uint64_t links;
    struct timespec accessed;
    struct timespec modified;
    uint32_t flags; /* of a file, where its file system has some */
    bool has_flags;
    struct file_attribute *attributes; /* sorted by name */
    size_t attribute_count;
    struct hash digest; /* of a file's bytes */
    bool has_bytes;     /* false: only their digest is known */
    struct str bytes;
    struct str kept;   /* where a copy of the bytes lies, with a NUL behind; empty: none does */
    uint64_t size;     /* of a file's bytes */
    struct str target; /* of a link; with a NUL behind */
};

/* Reads it; nothing lies there: FILE_STATE_NONE. What *out holds lies in the arena. ERR_USAGE:
 * something else than a file or a link, or the way there leads through a symbolic link;
 * ERR_NOTFOUND: its folder is missing; ERR_LIMIT: larger than FILE_STATE_SIZE; ERR_CONFLICT:
 * somebody is writing it; ERR_IO. */
MUST_CHECK int file_state_read(struct arena *a, struct str path, struct file_state *out,
                               struct err *e);
/* The same without the bytes and their digest, for what may be large. */
MUST_CHECK int file_state_look(struct arena *a, struct str path, struct file_state *out,
                               struct err *e);
/* The same, of any size: the bytes go to the open file copy, and their digest is taken meanwhile.
 */
MUST_CHECK int file_state_copy(struct arena *a, struct str path, int copy, struct file_state *out,
                               struct err *e);
/* Of the name in a folder that is open already, of any size: their digest, and not the bytes. */
MUST_CHECK int file_state_read_at(struct arena *a, int folder, const char *name, struct str path,
                                  struct file_state *out, struct err *e);
/* Copies the bytes that are kept to an open file. ERR_TAMPER: they are not those of the digest. */
MUST_CHECK int file_state_give_back(const struct file_state *s, int to, struct err *e);
/* The folder that path lies in, without following a link on the way. *name is the rest. */
MUST_CHECK int file_state_open_folder(struct str path, int *out, const char **name, struct err *e);
MUST_CHECK int file_folder_read(int folder, const char *name, struct file_folder *out,
                                struct err *e);

void file_state_add(const struct file_state *s, struct buf *out);
/* Takes one off rest. ERR_FORMAT. */
MUST_CHECK int file_state_take(struct arena *a, struct str *rest, struct file_state *out,
                               struct err *e);

/* What nobody has read from a host: the same file with other bytes, a link, or nothing. Its times
 * are what they become; of a link nothing is known but where it leads. */
struct file_state file_state_derive(const struct file_state *from, enum file_state_kind kind,
                                    struct str content);
/* Are they the same, but for the time of the last reading, flags, links and what is not known of a
 * derived one? */
bool file_state_is_same(const struct file_state *a, const struct file_state *b);
