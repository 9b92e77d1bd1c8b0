/* age_key.h: keys of the program age (C2SP age.md, "The X25519 recipient type"): their spelling,
 * and how a file's key is wrapped for one, or for a passphrase.
 *
 * Nothing here is kept; what is secret is wiped by the caller. Safe from any thread. */
#pragma once
#include "base/hash.h"

enum {
    AGE_KEY_SIZE = 32,      /* an X25519 key, public or private */
    AGE_FILE_KEY_SIZE = 16, /* of a file */
    AGE_WRAPPED_SIZE = 32,  /* a file's key, encrypted and authenticated */
    AGE_SALT_SIZE = 16,
};

/* "age1…"; false where it is no such key. */
bool age_recipient_read(uint8_t out[AGE_KEY_SIZE], struct str text);
void age_recipient_add(struct buf *out, const uint8_t key[AGE_KEY_SIZE]);
/* "AGE-SECRET-KEY-1…" */
bool age_identity_read(uint8_t out[AGE_KEY_SIZE], struct str text);
/* The X25519 form of a key that signs. ERR_USAGE: it is unsound. */
MUST_CHECK int age_recipient_of(uint8_t out[AGE_KEY_SIZE], const struct key *key, struct err *e);

/* HKDF-SHA-256 (RFC 5869), 32 bytes. */
void age_derive(uint8_t out[32], struct str secret, struct str salt, const char *info);

/* A file's key, wrapped for a public key by one that is drawn for it. */
struct age_share {
    uint8_t share[AGE_KEY_SIZE];
    uint8_t body[AGE_WRAPPED_SIZE];
};
/* ERR_USAGE: a public key of low order, to which nothing can be wrapped. */
MUST_CHECK int age_wrap(struct age_share *out, const uint8_t recipient[AGE_KEY_SIZE],
                        const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e);
/* 1: it is for that private key. 0: it is not. ERR_FORMAT: a share of low order, which no age
 * makes. */
MUST_CHECK int age_unwrap(uint8_t file_key[AGE_FILE_KEY_SIZE], const uint8_t secret[AGE_KEY_SIZE],
                          const struct age_share *from, struct err *e);

/* A file's key, wrapped for a passphrase. */
enum age_stretch { AGE_SCRYPT, AGE_ARGON2ID };
struct age_lock {
    enum age_stretch how;
    uint8_t salt[AGE_SALT_SIZE];
    uint32_t work; /* scrypt: the logarithm of N to base 2; Argon2id: passes */
    uint32_t kib;  /* Argon2id: memory */
    uint8_t body[AGE_WRAPPED_SIZE];
};
enum {
    AGE_SCRYPT_WORK = 18,
    AGE_SCRYPT_WORK_LIMIT = 20,
    AGE_ARGON2ID_PASSES = 3,
    AGE_ARGON2ID_PASS_LIMIT = 16,
    AGE_ARGON2ID_KIB = 256 << 10,
    AGE_ARGON2ID_KIB_LIMIT = 1 << 20,
};
/* ERR_LIMIT: there is not the memory for it (256 MiB). */
MUST_CHECK int age_lock(struct age_lock *out, enum age_stretch how, struct str passphrase,
                        const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e);
/* 1: that is its passphrase. 0: it is not. ERR_LIMIT: it asks for more work or memory than the
 * limits above, or than there is. */
MUST_CHECK int age_unlock(uint8_t file_key[AGE_FILE_KEY_SIZE], const struct age_lock *from,
                          struct str passphrase, struct err *e);
