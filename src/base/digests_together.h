/* digests_together.h: four digests of the same 64-byte blocks, their steps interleaved so that each
 * runs while the others wait for their own last step. Only digests.c includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOGETHER_BLOCK_SIZE = 64 };

/* The chaining values, as the standards number their words. */
struct together {
    uint32_t md5[4];
    uint32_t sha1[5];
    uint32_t sha256[8];
    uint32_t piece[8]; /* SHA-256 too, begun later */
};

bool together_is_there(void); /* this processor can */
void together_add(struct together *t, const uint8_t *p, size_t blocks);
