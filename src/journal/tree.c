/* tree.c: the Merkle tree of RFC 6962, grown leaf by leaf, and its proofs. */
#include "journal/tree.h"

void tree_init(struct tree *t)
{
    t->size = 0;
}

void tree_append(struct tree *t, const struct hash *leaf)
{
    struct hash node = *leaf;
    unsigned level = 0;

    for (; t->size >> level & 1; level++)
        node = hash_node(&t->edge[level], &node);
    t->edge[level] = node;
    t->size++;
}

struct hash tree_root(const struct tree *t)
{
    struct hash root;
    unsigned level;

    if (t->size == 0)
        return hash_bytes("", 0);
    level = (unsigned)__builtin_ctzll(t->size);
    root = t->edge[level];
    while (++level < 64)
        if (t->size >> level & 1)
            root = hash_node(&t->edge[level], &root);
    return root;
}

struct hash tree_root_of(const struct hash *leaves, uint64_t count)
{
    struct tree t;

    tree_init(&t);
    for (uint64_t i = 0; i < count; i++)
        tree_append(&t, &leaves[i]);
    return tree_root(&t);
}

/* RFC 9162 §2.1.3.2. */
bool tree_inclusion_holds(uint64_t index, uint64_t size, const struct hash *leaf,
                          const struct hash *proof, size_t proof_count, const struct hash *root)
{
    uint64_t node = index;
    uint64_t last = size - 1;
    struct hash r = *leaf;

    if (index >= size)
        return false;
    for (size_t i = 0; i < proof_count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) || node == last) {
            r = hash_node(&proof[i], &r);
            for (; !(node & 1) && node; last >>= 1)
                node >>= 1;
        } else {
            r = hash_node(&r, &proof[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_eq(&r, root);
}

/* RFC 9162 §2.1.4.2, from its second step on; proof holds at least one hash. */
static bool walk_consistency(uint64_t node, uint64_t last, const struct hash *proof, size_t count,
                             struct hash *old_root, struct hash *new_root)
{
    for (; node & 1; last >>= 1)
        node >>= 1;
    *old_root = *new_root = proof[0];
    for (size_t i = 1; i < count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) || node == last) {
            *old_root = hash_node(&proof[i], old_root);
            *new_root = hash_node(&proof[i], new_root);
            for (; !(node & 1) && node; last >>= 1)
                node >>= 1;
        } else {
            *new_root = hash_node(new_root, &proof[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0;
}

bool tree_consistency_holds(uint64_t size1, uint64_t size2, const struct hash *root1,
                            const struct hash *root2, const struct hash *proof, size_t proof_count)
{
    bool is_full = size1 && (size1 & (size1 - 1)) == 0;
    struct hash whole[65];
    struct hash old_root;
    struct hash new_root;

    if (size1 == 0 || size1 > size2 || proof_count > 64)
        return false;
    if (size1 == size2)
        return proof_count == 0 && hash_eq(root1, root2);
    if (proof_count == 0)
        return false;
    /* A full old tree is a node of the new one; its root is known and left out of the proof. */
    whole[0] = *root1;
    memcpy(whole + is_full, proof, proof_count * sizeof(*proof));
    return walk_consistency(size1 - 1, size2 - 1, whole, proof_count + is_full, &old_root,
                            &new_root) &&
           hash_eq(&old_root, root1) && hash_eq(&new_root, root2);
}
