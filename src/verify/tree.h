/* tree.h: Merkle tree of a journal's lines, RFC 6962 §2.1, with every complete inner node kept, so
 * that the root of any of its sizes is a matter of a few hashes. */
#pragma once
#include "verify/hash.h"

#define TREE_LEVELS 32

/* A copy that shares its first `fork` lines with another journal refers to that one's tree. */
struct tree {
    const struct tree *parent;               /* NULL, or a tree that outlives this one */
    uint32_t fork;                           /* lines shared with it */
    uint32_t size;                           /* lines */
    uint8_t (*level[TREE_LEVELS])[HASH_LEN]; /* level l from node fork >> l on; 0 are the leaves */
    size_t room[TREE_LEVELS];
};

void tree_init(struct tree *t, const struct tree *parent, uint32_t fork);
void tree_release(struct tree *t);
/* Makes room for lines up to that size, so that no append has to. */
void tree_reserve(struct tree *t, uint32_t size);
void tree_append(struct tree *t, struct hasher *h, const uint8_t leaf[HASH_LEN]);

/* The leaf hash of line n < size. */
const uint8_t *tree_leaf(const struct tree *t, uint32_t n);
/* The root of the first n lines, 1 <= n <= size. */
void tree_root(const struct tree *t, struct hasher *h, uint32_t n, uint8_t out[HASH_LEN]);
