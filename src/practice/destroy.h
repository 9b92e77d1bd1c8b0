/* destroy.h: the bytes of an item of evidence, where the value that names them is redacted. */
#pragma once
#include "practice/practice.h"

struct destroy {
    bool is_item; /* what is redacted is the SHA-256 of an item */
    struct id item;
    struct hash sum;
    uint32_t shared_by; /* another item that has the same bytes, which stay; 0: none */
};
/* What a redaction of these names, as public has them, of a record means for the bytes. */
void destroy_find(struct destroy *out, const struct view *v, uint64_t target, struct str names);
/* The act in the item's chain, and that it is no more; with the redaction's own record. */
void destroy_draft(struct decision *d, const struct destroy *x, uint64_t request);
/* Destroys them in the case, and the files of the timelines that were read out of them. ERR_IO. */
MUST_CHECK int destroy_bytes(struct session *s, const struct destroy *x, const struct view *v,
                             const char *case_folder, struct err *e);
void destroy_say(const struct destroy *x, const struct view *v, struct buf *out);
