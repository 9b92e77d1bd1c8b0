/* collection_open.h: an archive of the case, opened and packed for the worker that reads it. */
#pragma once
#include "practice/collection.h"

struct collection_opened {
    struct pack pack;
    struct buf problem; /* why it is not whole */
    bool is_sealed;
    int fd;
};
#define COLLECTION_OPENED_NONE                                                                     \
    (struct collection_opened)                                                                     \
    {                                                                                              \
        .pack = {.fd = -1}, .fd = -1                                                               \
    }

/* out is COLLECTION_OPENED_NONE, and is to be released in any case. ERR_FORMAT: it is no collection
 * of a known kind; else as collection_read. */
MUST_CHECK int collection_open(struct session *s, const struct hash *blob, const char *name,
                               struct collection_opened *out, struct err *e);
void collection_opened_release(struct collection_opened *o);
