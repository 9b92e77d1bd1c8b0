/* hash_tree.h: the SHA-256 of all files of a walk, on all processors. */
#pragma once
#include <stdatomic.h>
#include "base/hash.h"
#include "sys/walk.h"

struct hashed {
    struct hash sha256;
    uint64_t size;       /* bytes that were hashed */
    const char *trouble; /* why there is no hash, a sentence part; NULL: there is one */
    bool is_changed;     /* while it was read */
    bool is_file;        /* the others have neither hash nor trouble of reading */
};

/* What is shown to who waits; the threads count. */
struct hash_progress {
    atomic_uint_fast64_t files;
    atomic_uint_fast64_t bytes;
    uint64_t files_all;
    uint64_t bytes_all; /* as the file systems state them */
};

struct hash_tree {
    const struct walk *walk;
    struct hashed *found; /* one for each entry of the walk */
    struct arena *arena;  /* of trouble */
    struct hash_progress progress;
    void (*tick)(void *context); /* a few times a second, or NULL */
    void *context;
};

/* The walk is borrowed, and stays until the release. */
void hash_tree_init(struct hash_tree *t, const struct walk *walk);
void hash_tree_release(struct hash_tree *t);
/* Reads each file as far as it reached when it was opened, at most HASH_MADE_UP_SIZE where it
 * states no size. Access times stay as walk_open has it. What cannot be read has trouble.
 * ERR_CANCEL when interrupt_came(). */
enum { HASH_MADE_UP_SIZE = 64 << 20 };
MUST_CHECK int hash_tree_run(struct hash_tree *t, struct err *e);
