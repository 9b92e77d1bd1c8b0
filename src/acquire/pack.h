/* pack.h: the chunks of an E01: a zlib stream each (RFC 1950), or the bytes as they are with their
 * Adler-32 where that would not be smaller. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/compiler.h"

enum {
    CHUNK_SIZE = 32768,
    CHUNK_ROOM = CHUNK_SIZE + 4, /* the most that a packed chunk takes */
};

enum pack_level {
    PACK_FAST,  /* isa-l, level 1 */
    PACK_SMALL, /* libdeflate, level 6 */
};

struct packer; /* for one thread */
struct packer *packer_new(enum pack_level level);
void packer_free(struct packer *p); /* NULL is fine */
DEFINE_CLEANUP(struct packer *, packer_free)
/* Packs a chunk, which has CHUNK_SIZE bytes at most, into CHUNK_ROOM bytes at out. Returns their
 * number. The same bytes always give the same. */
size_t pack_chunk(struct packer *p, const void *bytes, size_t size, void *out, bool *is_packed);
/* What the packing library makes of some chunks of our own: it chooses its code by the processor,
 * and others may pack in another way, which is as good and not the same to the byte. */
enum { PACK_MARK_SIZE = 8 };
void pack_mark(enum pack_level level, uint8_t out[PACK_MARK_SIZE]);
uint32_t adler32_of(const void *bytes, size_t size); /* RFC 1950 */
bool is_all_zero(const void *bytes, size_t size);
