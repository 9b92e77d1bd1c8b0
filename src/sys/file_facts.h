/* file_facts.h: all that a file system tells of one file but its content: times with that of its
 * birth, flags, extended attributes and access control lists. */
#pragma once
#include <sys/stat.h>
#include "base/json.h"
#include "base/str.h"

enum {
    FACTS_XATTR_SIZE = 64 << 10, /* bytes of a file's extended attributes */
    FACTS_XATTR_COUNT = 256,     /* and how many */
};

struct file_attribute {
    const char *name;
    struct str value;
};

struct file_facts {
    struct statx x;
    struct stat st;    /* the same */
    struct buf target; /* of a link; not filled here */
    struct buf texts;  /* names and values of the attributes */
    struct file_attribute attributes[FACTS_XATTR_COUNT];
    size_t attribute_count;
    bool is_cut;    /* more attributes than the limits allow */
    uint64_t flags; /* as FS_IOC_GETFLAGS tells them */
    bool has_flags; /* all of them, not only immutable and append-only */
};
void file_facts_release(struct file_facts *f);
/* All flags can only be asked of a file that is opened. */
enum file_flags { FILE_FLAGS_TOLD, FILE_FLAGS_ALL };
/* Of what a descriptor (also O_PATH) holds; a link is itself. 0, or a negative errno. */
int file_facts_read(struct file_facts *f, int fd, enum file_flags how);
/* Puts members for attributes, with what they mean, and for flags: doc/format/live.md, "Files". */
void file_facts_put_more(struct json *j, const struct file_facts *f);
/* The value of system.posix_acl_access or _default in the words of acl(5), numbers for names,
 * divided by commas. False: it is none. */
bool file_acl_text(struct buf *out, struct str value);

/* What one O_PATH descriptor holds, opened to be read: the very same inode, or a negative errno.
 * misses: counts where the access time may change; or NULL. */
int file_reopen(int fd, int flags, uint64_t *misses);
