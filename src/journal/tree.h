/* tree.h: the Merkle tree of RFC 6962 §2.1 over leaf hashes. */
#pragma once
#include "base/hash.h"

/* The right edge of a growing tree: enough to append a leaf and to give the root. 64 levels reach
 * any size. */
struct tree {
    uint64_t size;
    struct hash edge[64]; /* edge[k] is the root of a full subtree of 2^k leaves where bit k of size
                             is set */
};

void tree_init(struct tree *t);
void tree_append(struct tree *t, const struct hash *leaf);
struct hash tree_root(const struct tree *t); /* of an empty tree: hash of nothing */
struct hash tree_root_of(const struct hash *leaves, uint64_t count);

/* Proofs (RFC 6962 §2.1.1, §2.1.2; RFC 9162 §2.1.3.2, §2.1.4.2). True only for a proof of exactly
 * that. */
bool tree_inclusion_holds(uint64_t index, uint64_t size, const struct hash *leaf,
                          const struct hash *proof, size_t proof_count, const struct hash *root);
bool tree_consistency_holds(uint64_t size1, uint64_t size2, const struct hash *root1,
                            const struct hash *root2, const struct hash *proof, size_t proof_count);
