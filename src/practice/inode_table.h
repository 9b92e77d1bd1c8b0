/* inode_table.h: files that were taken and have several names, so that each is taken once. */
#pragma once
#include "base/mem.h"
#include "store/store.h"
#include "sys/walk.h"

struct inode_seen {
    struct stat st;   /* as it was when it was taken */
    const char *path; /* of the name that it was taken under */
    struct blob_digests digests;
    bool has_digests;
    bool is_in_archive;
    unsigned part;    /* of the archive */
    const char *sort; /* of the item */
};

/* Zero-initialise. */
struct inode_table {
    struct inode_seen *list;
    size_t count;
    size_t room;
    size_t *slots; /* by device and inode: index + 1 */
    size_t slot_room;
};
void inode_table_release(struct inode_table *t);
/* The same file, where nothing of it changed since; else NULL. */
const struct inode_seen *inode_table_find(const struct inode_table *t, const struct stat *st);
/* One that is there already is replaced. */
void inode_table_put(struct inode_table *t, const struct inode_seen *seen);
