/* walk.h: the files and folders below some names of this machine, listed and opened without
 * changing them and without following a link out of them. */
#pragma once
#include <sys/stat.h>
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    WALK_ENTRY_COUNT = 400000, /* names of one walk, unless it is given another limit */
    WALK_ROOT_COUNT = 200,     /* names given; each keeps a descriptor open */
};

struct walk_entry {
    const char *path;    /* absolute, links of the folders above what was named resolved */
    const char *target;  /* of a symbolic link; NULL for anything else */
    const char *trouble; /* why it cannot be taken, a sentence part; NULL */
    struct stat st;      /* of the link itself; zeros where it could not be asked for */
    uint32_t root;
    bool is_named;   /* given by name, not found in a folder */
    bool is_passed;  /* its trouble is what it is, not that it could not be read: a socket, … */
    bool is_touched; /* reading where the link points to changed its access time, not that of st */
};

struct walk {
    struct arena *arena;
    struct walk_entry *entries;
    size_t count;
    size_t room;
    size_t limit; /* of entries */
    struct walk_root {
        int fd;          /* of a folder that was named, or -1 */
        size_t path_len; /* of what was named */
    } roots[WALK_ROOT_COUNT];
    size_t root_count;
    dev_t avoid_device; /* a folder that is never entered: the case's own */
    ino_t avoid_inode;
    const char *avoid_why; /* what is said then; NULL: nothing is avoided */
};

void walk_init(struct walk *t);
void walk_release(struct walk *t);
/* Makes a folder one that is never entered. A folder that is not there is none to avoid. */
void walk_avoid(struct walk *t, const char *folder, const char *why);

/* Adds what is there under a name: a file, a link, or a folder with all in it, each folder before
 * what it holds, by the bytes of the names. Other file systems mounted below are named, not
 * entered. What cannot be looked at has trouble. ERR_NOTFOUND when nothing has that name;
 * ERR_LIMIT; ERR_CANCEL when interrupt_came(). */
MUST_CHECK int walk_add(struct walk *t, const char *path, struct err *e);

/* Adds one name as it is given, whatever it is and whether it is there or not: only trouble tells.
 * A folder is not entered, and links of the folders above are followed. */
void walk_add_name(struct walk *t, const char *path);

/* Opens a regular file that was found for reading, without following links, without waiting, and
 * without changing its access time where the kernel allows that. *keeps_time tells. ERR_NOTFOUND,
 * ERR_IO; ERR_USAGE where something else lies there now. */
MUST_CHECK int walk_open(const struct walk *t, const struct walk_entry *entry, int *fd,
                         bool *keeps_time, struct err *e);
/* A descriptor (O_PATH) of what was found, whatever it is, which opens and reads nothing. ERR_IO …;
 * ERR_USAGE where another thing has that name now. */
MUST_CHECK int walk_look(const struct walk *t, const struct walk_entry *entry, int *fd,
                         struct err *e);
/* walk_add and walk_open of the one regular file that a person named. wanted ("a collection") is
 * for the sentence when something else lies there: ERR_USAGE. Errors as both. */
MUST_CHECK int walk_open_named(const char *path, const char *wanted, int *fd, bool *keeps_time,
                               struct stat *st, struct err *e);
