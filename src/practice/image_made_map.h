/* image_made_map.h: the map of a finished image (doc/format/image.md section 3), as far as it tells
 * whether the summary beside it and the image itself say the same. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "evidence/image_facts.h"

struct made_run { /* bytes that could not be read */
    uint64_t off, size;
    bool is_left; /* or were left unread */
};

enum { MADE_MAP_SIZE_MAX = 1 << 28 }; /* bytes of one that is read */

/* Zero-initialised it is empty. */
struct made_map {
    struct made_run *runs;
    size_t count;
    size_t room;
    uint64_t bad;  /* bytes of those that could not be read */
    uint64_t left; /* and of those that were left unread */
};
void made_map_release(struct made_map *m);
void made_map_add(struct made_map *m, const struct made_run *run); /* behind those before */
/* Of a source of so many bytes; its lines are taken in the one form that calm-image writes.
 * ERR_FORMAT: it is no map of a finished image; ERR_IO, ERR_NOTFOUND. */
MUST_CHECK int made_map_read(struct made_map *out, const char *path, uint64_t least, uint64_t most,
                             struct err *e);
/* The same of bytes that were read; path is for the sentence. ERR_FORMAT. */
MUST_CHECK int made_map_parse(struct made_map *out, struct str text, const char *path,
                              uint64_t least, uint64_t most, struct err *e);
/* Its first runs in sectors, as a summary has them once it was read: "missing", "left-sectors". */
void made_map_words(const struct made_map *m, bool is_left, uint64_t sector_size, struct buf *out);
/* Whether an E01 with such sectors lists just these, whose list knows one reason only. */
bool made_map_is_listed(const struct made_map *m, uint64_t sector_size,
                        const struct image_run *listed, size_t count);
