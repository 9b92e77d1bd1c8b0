/* mem.h: memory of calm-verify, which shares no code with the rest of the tree. */
#pragma once
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define CLEANUP(f) __attribute__((cleanup(f)))

/* A borrowed run of bytes, not ended by a zero byte. */
struct slice {
    const char *p;
    size_t len;
};

/* Zeroed memory for count items of size bytes each. A program that has no memory left cannot check
 * anything: it says so and ends with status 4. Never returns NULL. */
void *mem_get(size_t count, size_t size) __attribute__((returns_nonnull));

/* Makes room for at least count items in *items, of which *room are there; new ones are zero. */
void mem_reserve(void *items, size_t *room, size_t count, size_t size);

/* Frees what the pointer at pp points to: for CLEANUP(mem_drop). */
void mem_drop(void *pp);
