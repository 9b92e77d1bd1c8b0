/* note.h: checkpoints as C2SP signed notes, cosignatures, and roots and seeds in groups with check
 * digits (doc/format/journal.md §7, §8). */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

struct checkpoint {
    struct hash case_id;
    uint64_t size;
    struct hash root;
};

void checkpoint_text(struct buf *out, const struct checkpoint *c); /* the three signed lines */
/* The whole note with one signature line of ours. */
void checkpoint_note(struct buf *out, const struct checkpoint *c, const struct key *key,
                     const struct sig *sig);

struct note_signature {
    struct str name;
    uint8_t key_hash[4];
    uint64_t time_s; /* type 0x04 only */
    bool is_cosignature;
    struct sig sig;
    struct str line_base64;
};
/* Reads a note. *rest_signatures is then walked with note_signature_next. ERR_FORMAT. */
MUST_CHECK int checkpoint_read(struct checkpoint *out, struct str *signatures, struct str note,
                               struct err *e);
bool note_signature_next(struct str *rest, struct note_signature *out);
/* True if the signature is key's over that checkpoint, of type 0x01 or 0x04. */
bool note_signature_holds(const struct note_signature *n, const struct checkpoint *c,
                          const struct key *key);
void note_key_hash(uint8_t out[4], struct str name, uint8_t type, const struct key *key);

/* Eight groups, "1a2b3c4d-9f", parted by spaces. */
void groups_write(struct buf *out, const uint8_t bytes[32]);
/* ERR_USAGE, naming the first group that is wrong. Accepts groups parted by blanks and line ends, or by nothing, or 64
 * hex digits. */
MUST_CHECK int groups_read(uint8_t out[32], struct str text, struct err *e);
