/* files_hash.h: the programs and libraries that run, each inode once. Internal to src/collect/. */
#pragma once
#include "collect/files.h"

enum { USED_COUNT = 100000, USED_RANGE_SIZE = 40 };

/* A file that is mapped to be executed. */
struct used {
    uint64_t device; /* as the kernel tells it in maps */
    uint64_t inode;
    char *path;
    uint64_t pid;                /* of one that maps it */
    char range[USED_RANGE_SIZE]; /* where it does */
    uint64_t processes;          /* how many map it */
    struct stat st;              /* of the mapped file itself; st_nlink 0: unknown */
    uint64_t size;               /* that was hashed */
    struct hash hash;
    int code; /* 0, or why it could not be hashed: a negative errno */
    bool is_program;
    bool is_deleted;
    bool is_sure; /* the very inode that is mapped was hashed */
};

struct used_list {
    struct used *list;
    size_t count;
    size_t room;
    size_t *slots; /* by device and inode: index + 1 */
    size_t slot_room;
    bool is_cut;
};
void used_list_release(struct used_list *l);
/* Reads the maps of all processes of c->processes. */
void used_list_read(struct used_list *l, struct files *f);
/* A descriptor (O_PATH) of the mapped file, or a negative errno; *is_sure as above. */
int used_open(struct files *f, const struct used *u, bool *is_sure);
