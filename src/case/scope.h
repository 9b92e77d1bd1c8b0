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
/* A compartment has one key, and a further one each time somebody leaves it: any opens, and the one
 * that the journal names last seals (state_seal_key). A grant proves nothing of who made its keys,
 * for anybody can seal to a public key. Putting one that is held changes nothing. */
void scopes_put(struct scopes *s, struct str name, const uint8_t key[SCOPE_KEY_SIZE]);
bool scopes_holds(const struct scopes *s, struct str name); /* at least one key */
/* A key drawn here, which seals until a record names it; and then no key is one of those. */
void scopes_make(struct scopes *s, struct str name);
const uint8_t *scopes_made(const struct scopes *s, struct str name); /* NULL for none */
void scopes_settle(struct scopes *s, struct str name);
/* What the journal says of a key in clear: hash("calm scope key" ‖ LF ‖ case ‖ u8(length of name) ‖
 * name ‖ key). */
struct hash scope_key_name(const struct hash *case_id, struct str name,
                           const uint8_t key[SCOPE_KEY_SIZE]);
/* Keys of that compartment, oldest first; *at begins as 0; NULL at the end. */
const uint8_t *scopes_next(const struct scopes *s, struct str name, size_t *at);
/* The same over all compartments; *name is of the one whose key is returned. */
const uint8_t *scopes_each(const struct scopes *s, struct str *name, size_t *at);

/* Appends one item. */
void opening_seal(struct buf *out, const uint8_t key[SCOPE_KEY_SIZE], const struct hash *case_id,
                  const struct id *id, struct str name, const struct salt *salt, struct str value);
/* Walks items; false at the end or where the bytes are damaged. */
struct sealed_opening {
    struct str name;
    struct str box;
};
bool sealed_next(struct str *rest, struct sealed_opening *out);
bool sealed_find(struct str openings, struct str name, struct sealed_opening *out);
/* Appends the value to *value. ERR_TAMPER when the box does not open or does not give the
 * commitment; ERR_DENIED when the compartment's key is not held. */
MUST_CHECK int opening_unseal(const struct sealed_opening *o, const struct scopes *scopes,
                              struct str scope, const struct hash *case_id, const struct id *id,
                              const struct hash *commitment, struct salt *salt, struct buf *value,
                              struct err *e);
