/* collection_record.h: puts a collection that was read on record: its item, its state, its list.
 * Internal to the operations that take collections in. */
#pragma once
#include "practice/collection.h"

struct collection_taken {
    struct session *session;
    const struct operation *op;
    const struct input *input;
    struct str system;           /* as it was given; empty: the one that its host is */
    const char *how;             /* "collected", "imported", "received" */
    const struct id *item;       /* of the file, where it is on the register already; else NULL */
    struct evidence_facts facts; /* of the file; without title, sort and system */
    struct collection_reading reading;
    bool makes_system;
    bool has_state;
    bool is_ahead; /* the host's clock, of the one here */
    struct buf unread;
    struct buf doubt; /* whether it is of this system; empty for none */
    struct id before; /* the part that it goes on behind, where reading.parts is over 1 */
    uint32_t before_number;
    uint32_t copy_number; /* co1 is another copy of it; 0 for none */
};
void collection_taken_release(struct collection_taken *t);

/* Reads a collection that lies in the case's blobs, and puts it on record; the answer tells what
 * was found. ERR_FORMAT: it is none, and nothing was put on record. */
MUST_CHECK int collection_take(struct collection_taken *t, const char *name, struct answer *a,
                               struct err *e);
/* Where that said why it cannot be read: puts the file on the register as it is. */
MUST_CHECK int collection_take_plain(struct collection_taken *t, const struct err *why,
                                     struct answer *a, struct err *e);
