/* keyfile.h: one private key as a file, plain or sealed by a passphrase (doc/format/keys.md). Used
 * inside the signer only, but for its head. */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

#define KEYFILE_HEAD "calm-key/1\n" /* how it begins */

enum {
    KEYFILE_SIZE_LIMIT = 4096,
    KEYFILE_LABEL_SIZE = 200, /* bytes */
    KEYFILE_SEED_SIZE = 32,
    KEYFILE_SALT_SIZE = 16,
    KEYFILE_NONCE_SIZE = 24,
    KEYFILE_BOX_SIZE = 48,
};

struct keyfile {
    struct key key;
    struct utc made;
    char label[KEYFILE_LABEL_SIZE + 1];
    bool is_sealed;
    uint8_t seed[KEYFILE_SEED_SIZE]; /* where it is not sealed */
    uint64_t ops;                    /* of Argon2id; this and the rest where it is sealed */
    uint64_t memory_kib;
    uint8_t salt[KEYFILE_SALT_SIZE];
    uint8_t nonce[KEYFILE_NONCE_SIZE];
    uint8_t box[KEYFILE_BOX_SIZE];
};

bool keyfile_label_is_fit(struct str label);
/* Reads the file's bytes; checks form and, where it is plain, that the seed belongs to the key.
 * ERR_FORMAT, ERR_NEWER. */
MUST_CHECK int keyfile_read(struct str bytes, struct keyfile *out, struct err *e);
/* Whether these are the lines of such a file, each as it must be, and nothing more; the secret is
 * not looked into. *label is a slice of bytes. */
bool keyfile_has_form(struct str bytes, struct str *label);
void keyfile_write(struct buf *out, const struct keyfile *f);
/* Gives the seed of a sealed file; takes memory_kib of memory for about a second. ERR_DENIED: not
 * the passphrase. */
MUST_CHECK int keyfile_open(const struct keyfile *f, struct str passphrase,
                            uint8_t seed[KEYFILE_SEED_SIZE], struct err *e);
/* Replaces the secret of f by the seed, sealed; an empty passphrase leaves it plain. ERR_LIMIT:
 * there is not enough memory. */
MUST_CHECK int keyfile_seal(struct keyfile *f, const uint8_t seed[KEYFILE_SEED_SIZE],
                            struct str passphrase, struct err *e);
/* The public key of a seed. */
void keyfile_public(struct key *out, const uint8_t seed[KEYFILE_SEED_SIZE]);
