/* field.h: commitments to values, and the openings that lie beside the journal
 * (doc/format/journal.md §5). */
#pragma once
#include "base/hash.h"

struct salt {
    uint8_t b[32];
};

struct hash field_commitment(const struct hash *case_id, const struct id *id, struct str name,
                             const struct salt *salt, struct str value);

/* One line of an openings file, without LF. */
struct opening {
    struct id id;
    struct str name;
    struct salt salt;
    struct str value; /* decoded */
};
void opening_write(struct buf *out, const struct opening *o);
/* Decodes into *value_bytes, which the caller releases and out->value points into. ERR_FORMAT. */
MUST_CHECK int opening_read(struct opening *out, struct buf *value_bytes, struct str line,
                            struct err *e);
