/* salvage.h: the lines of a case as far as they can still be read and follow in the chain, and
 * their way into a new store (doc/format/case-folder.md §5). */
#pragma once
#include "store/store.h"

struct salvage {
    struct arena *arena;
    struct str *lines; /* 0, 1, … without a gap; some lie in the readable copy */
    uint64_t count;
    size_t room;
    struct hash head;     /* of the last line; zeros for none */
    uint64_t seen;        /* records that the old place said it has; at least count */
    uint64_t mended;      /* lines that only the readable copy still had */
    uint64_t values_lost; /* records whose values could not be read */
    bool is_damaged;      /* something of the old store could not be read, or did not fit */
};
void salvage_release(struct salvage *s);

/* Takes the longest chain of lines from a store (opened for reading; NULL for none), each record
 * that it cannot give from a readable copy of the journal (empty for none), which must stay as long
 * as *out. A last line that its signer did not sign is not taken. What follows the first break is
 * counted in seen alone. *out is zeros before. ERR_FORMAT where not even record 0 can be read. */
MUST_CHECK int salvage_read(struct salvage *out, struct store *from, struct str copy,
                            struct err *e);

/* The sealed values of one record into *out; ERR_NOTFOUND where there are none. */
typedef int salvage_values(void *context, uint64_t seq, struct buf *out);
/* Appends all lines to an empty store. A record whose values cannot be had is written without. */
MUST_CHECK int salvage_put(struct salvage *s, struct store *to, salvage_values *values,
                           void *context, struct err *e);
