/* note.h: a checkpoint as a C2SP signed note, and the signatures of witnesses on it (sections 7 and
 * 8). */
#pragma once
#include "verify/hash.h"

struct note {
    struct slice text;       /* three lines */
    struct slice signatures; /* lines behind the empty one */
    uint8_t name[HASH_LEN];  /* the case */
    uint64_t size;
    uint8_t root[HASH_LEN];
};

/* Returns 0, or -1 where the file is not spelled as section 7 says. Slices point into it. */
MUST_CHECK int note_parse(struct slice file, struct note *out);

/* Whether base64, the last part of a signature line that bears that name, holds a valid signature
 * of the key over a checkpoint's text. *seconds gets the time that a cosignature states, else 0. */
bool note_is_signed_by(struct hasher *h, const uint8_t key[KEY_LEN], struct slice name,
                       struct slice base64, struct slice text, uint64_t *seconds);
/* Whether any line of the note does. */
bool note_has_signature(struct hasher *h, const uint8_t key[KEY_LEN], const struct note *n,
                        uint64_t *seconds);
