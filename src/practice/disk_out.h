/* disk_out.h: writes what is read from a disk into a new folder, with its manifest
 * (doc/format/evidence.md, section 7). Names on the disk never become paths as they are. */
#pragma once
#include "case/state.h"
#include "evidence/disk.h"
#include "practice/progress.h"
#include "store/store.h"

/* One file that was written. The slices are valid during the call. */
struct disk_taken {
    int fd;           /* open for reading and writing, at its start */
    struct str path;  /* on the disk, as text */
    struct str inode; /* as text */
    struct blob_digests digests;
    struct utc modified;
    uint32_t mode, uid, gid;
    bool is_deleted;
    struct str remark; /* what is known against it, else empty */
};

struct disk_out_sums {
    uint64_t files;     /* written */
    uint64_t size;      /* their bytes */
    uint64_t listed;    /* rows without content */
    uint64_t forgotten; /* of them deleted files whose length and place are lost */
    uint64_t left;      /* that have content, and were not written */
    uint64_t missed;    /* of these, all but deleted ones what is sealed, NTFS' own */
    uint64_t lost;      /* zeros that stand for what could not be read */
    uint64_t unread;    /* and for what was not read when the image was taken; in so many files: */
    uint64_t unread_in;
    uint64_t flawed;  /* files of which something is known against their content */
    uint64_t trouble; /* folders that could not be read */
};

struct disk_out_order {
    const char *folder;
    struct str image;    /* as people call it */
    struct str compared; /* how its bytes stand to the record; empty: no item */
    uint64_t unread;     /* bytes of the disk that its image lacks, and that in words */
    struct str unread_fact;
    const struct state *state; /* knows which bytes are sealed as unlawful */
    /* Called with each file; NULL: nobody. */
    int (*taken)(void *context, const struct disk_taken *t, struct err *e);
    void *context;
    struct progress *progress; /* told how far it is */
};

struct disk_out;
/* ERR_USAGE: the folder is not empty; ERR_IO, ERR_FULL, ERR_DENIED. The order stays the caller's.
 */
MUST_CHECK int disk_out_new(struct disk_out **out, const struct disk_out_order *order,
                            struct err *e);
void disk_out_free(struct disk_out *o); /* NULL is fine */
DEFINE_CLEANUP(struct disk_out *, disk_out_free)
/* What disk_list tells goes there. */
struct disk_receiver disk_out_receiver(struct disk_out *o);
/* The last line, and all of it durable. problem: why it ended early; NULL: it did not. */
MUST_CHECK int disk_out_end(struct disk_out *o, uint64_t damaged, const char *problem,
                            struct err *e);
const struct disk_out_sums *disk_out_sums(const struct disk_out *o);
/* The manifest, open for reading at its start; stays the writer's. After disk_out_end. */
MUST_CHECK int disk_out_manifest(struct disk_out *o, int *fd, struct err *e);
