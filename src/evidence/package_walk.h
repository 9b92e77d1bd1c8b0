/* package_walk.h: takes a package apart (doc/format/package.md). It starts no worker itself:
 * package_read.h is what callers use. */
#pragma once
#include "evidence/bundle_walk.h"
#include "evidence/package_read.h"

enum { PACKAGE_SUMS_LIMIT = 32 << 20 };
#define PACKAGE_SIZE_LIMIT ((uint64_t)64 << 40)

/* Reads the header, whose bytes are added to *bytes. ERR_FORMAT, ERR_LIMIT, ERR_NEWER; what the
 * source returned. */
MUST_CHECK int package_walk_head(const struct bundle_source *s, struct buf *bytes,
                                 struct age_head *out, struct err *e);
/* The members of the archive, as plain bytes. state is CUT, ALTERED or UNSOUND where they end
 * before their end. Returns what a receiver or the source returned; else 0. */
MUST_CHECK int package_walk_members(const struct bundle_source *plain,
                                    const struct package_receiver *to, struct package_summary *out,
                                    struct err *e);
/* Both. ERR_TAMPER: the header does not fit the key. */
MUST_CHECK int package_walk(const struct bundle_source *s,
                            const uint8_t file_key[AGE_FILE_KEY_SIZE],
                            const struct package_receiver *to, struct package_summary *out,
                            struct err *e);
