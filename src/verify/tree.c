/* tree.c: the Merkle tree of RFC 6962 §2.1, grown line by line. */
#include "verify/tree.h"

#include <stdlib.h>
#include <string.h>

void tree_init(struct tree *t, const struct tree *parent, uint32_t fork)
{
    memset(t, 0, sizeof *t);
    t->parent = parent;
    t->fork = fork;
    t->size = fork;
}

void tree_release(struct tree *t)
{
    for (size_t l = 0; l < TREE_LEVELS; l++)
        free(t->level[l]);
}

void tree_reserve(struct tree *t, uint32_t size)
{
    for (size_t l = 0; l < TREE_LEVELS && size >> l > t->fork >> l; l++)
        mem_reserve(&t->level[l], &t->room[l], (size >> l) - (t->fork >> l), HASH_LEN);
}

/* Node i of level l, which covers lines i << l up to below (i + 1) << l, all of them there. */
static const uint8_t *tree_node(const struct tree *t, unsigned l, uint64_t i)
{
    while (t->parent != NULL && (i + 1) << l <= t->fork)
        t = t->parent;
    return t->level[l][i - (t->fork >> l)];
}

const uint8_t *tree_leaf(const struct tree *t, uint32_t n)
{
    return tree_node(t, 0, n);
}

static uint8_t *tree_push(struct tree *t, unsigned l, uint64_t i)
{
    size_t at = (size_t)(i - (t->fork >> l));

    mem_reserve(&t->level[l], &t->room[l], at + 1, HASH_LEN);
    return t->level[l][at];
}

void tree_append(struct tree *t, struct hasher *h, const uint8_t leaf[HASH_LEN])
{
    uint64_t i = t->size;

    memcpy(tree_push(t, 0, i), leaf, HASH_LEN);
    t->size++;
    for (unsigned l = 0; i & 1; l++) {
        uint8_t node[HASH_LEN];

        hash_node(h, tree_node(t, l, i - 1), tree_node(t, l, i), node);
        i >>= 1;
        memcpy(tree_push(t, l + 1, i), node, HASH_LEN);
    }
}

void tree_root(const struct tree *t, struct hasher *h, uint32_t n, uint8_t out[HASH_LEN])
{
    bool begun = false;

    for (unsigned l = 0; l < TREE_LEVELS && n >> l > 0; l++) {
        if ((n >> l & 1) == 0)
            continue;
        const uint8_t *node = tree_node(t, l, (n >> l) - 1);
        if (begun)
            hash_node(h, node, out, out);
        else
            memcpy(out, node, HASH_LEN);
        begun = true;
    }
}
