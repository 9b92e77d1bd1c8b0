/* unpack.h: the beginning of a value that lies packed in a source. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

enum unpack_kind { UNPACK_XZ, UNPACK_LZ4, UNPACK_ZSTD };

struct unpacker;
/* room is the most that is unpacked of one value. */
struct unpacker *unpacker_new(size_t room);
void unpacker_free(struct unpacker *u); /* NULL is fine */
DEFINE_CLEANUP(struct unpacker *, unpacker_free)
/* *out is borrowed until the next call; *whole is the size of all of it, where it says so, else
 * that of *out. LZ4 is as the journal has it: the size (64 bits), then one block. False: the bytes
 * are damaged before anything came of them, or are of another kind. */
bool unpack(struct unpacker *u, enum unpack_kind kind, struct str packed, struct str *out,
            uint64_t *whole);
