/* scope.h: openings sealed under the key of their compartment (doc/format/case-folder.md).
 *
 * A record's openings are kept as items: one byte length and the name, four bytes length and a box.
 * A box is XChaCha20-Poly1305 (a random nonce of 24 bytes, then the ciphertext) over salt and
 * value, with case, record id and name as associated data, so that a box moved elsewhere does not
 * open. */
#pragma once
#include "journal/field.h"

enum { SCOPE_KEY_SIZE = 32 };

struct scopes; /* the scope keys that this session holds */
struct scopes *scopes_new(void);
void scopes_free(struct scopes *s); /* wipes the keys */
DEFINE_CLEANUP(struct scopes *, scopes_free)
/* A compartment has one key, and a further one each time somebody leaves it: the newest seals, any
 * opens. All of them, oldest first, are what is granted. Putting one that is held changes nothing.
 */
void scopes_put(struct scopes *s, struct str name, const uint8_t key[SCOPE_KEY_SIZE]);
const uint8_t *scopes_newest(const struct scopes *s, struct str name);     /* NULL when not held */
void scopes_all(const struct scopes *s, struct str name, struct buf *out); /* wipe it afterwards */

/* Appends one item. */
void opening_seal(struct buf *out, const uint8_t key[SCOPE_KEY_SIZE], const struct hash *case_id,
                  const struct id *id, struct str name, const struct salt *salt, struct str value);
/* Walks items; false at the end or where the bytes are damaged. */
struct sealed_opening {
    struct str name;
    struct str box;
};
bool sealed_next(struct str *rest, struct sealed_opening *out);
/* Appends the value to *value. ERR_TAMPER when the box does not open or does not give the
 * commitment; ERR_DENIED when the compartment's key is not held. */
MUST_CHECK int opening_unseal(const struct sealed_opening *o, const struct scopes *scopes,
                              struct str scope, const struct hash *case_id, const struct id *id,
                              const struct hash *commitment, struct salt *salt, struct buf *value,
                              struct err *e);
