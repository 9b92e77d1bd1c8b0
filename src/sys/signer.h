/* signer.h: the process that holds private keys. Key id and bytes in, signature out; nothing else
 * ever leaves it.
 *
 * It is run anew from this program's own image (/proc/self/exe, no environment, no inherited
 * descriptors) when first needed, so nothing of the program's memory is in it. Its keys are in
 * locked memory, it cannot be traced or dumped, it may make only the calls that its socket and its
 * folder need (seccomp), and reaches no file outside that folder (Landlock, where the kernel has
 * it). It ends when its socket does. Keys lie in key_folder, never in a case: one file a key,
 * "<public key, hex>.key", 0600 (doc/format/keys.md). A key may be sealed with a passphrase
 * (Argon2id, secretbox), which is asked for by the caller and handed over in a message that the
 * caller wipes.
 *
 * Every function but signer_seal is an exchange with that process and safe from any thread. If the
 * process has ended they give ERR_IO and say so (ERR_TAMPER after a forbidden call); nothing is
 * started again by itself, because the passphrases are gone. */
#pragma once
#include "base/hash.h"
#include "sys/age_key.h"

struct signer;

/* In main, before anything else: turns this process into the signer if it was started as one (and
 * then never returns). */
void signer_main_if_asked(int argc, char **argv);

/* The folder is made where it is missing (0700), and closed to others where it is open to them.
 * ERR_DENIED where that cannot be, or system calls cannot be confined. */
MUST_CHECK int signer_start(struct signer **out, const char *key_folder, struct err *e);
void signer_stop(struct signer *s); /* NULL is fine */
DEFINE_CLEANUP(struct signer *, signer_stop)

/* Makes a key pair and stores it durably. label is for people (UTF-8, at most 200 bytes). */
MUST_CHECK int signer_create(struct signer *s, const char *label, struct key *out, struct err *e);
/* Makes a key pair that is not stored; the caller prints the seed and wipes it. The signer may sign
 * with it while it runs. */
MUST_CHECK int signer_create_recovery(struct signer *s, struct key *out, uint8_t seed[32],
                                      struct err *e);
/* Loads a key from its seed for this run only (the printed recovery key). */
MUST_CHECK int signer_load_seed(struct signer *s, const uint8_t seed[32], struct key *out,
                                struct err *e);
/* Keys in the folder, in the order of their making; *out is an array that the caller frees. A
 * damaged file is left out and told of when its key is used, or when there is no other. ERR_IO. */
struct signer_key {
    struct key key;
    char label[201];
    bool is_sealed; /* a passphrase is needed first */
};
MUST_CHECK int signer_list(struct signer *s, struct signer_key **out, size_t *count, struct err *e);
/* ERR_DENIED: not its passphrase. A key without one is fine. Takes 128 MiB for about a second. */
MUST_CHECK int signer_unlock(struct signer *s, const struct key *key, struct str passphrase,
                             struct err *e);
/* Of an unlocked key. An empty passphrase stores it plain. ERR_USAGE: a key that has no file. */
MUST_CHECK int signer_set_passphrase(struct signer *s, const struct key *key, struct str passphrase,
                                     struct err *e);

/* Signs count messages of at most 1 MiB with one key, in one exchange for each MiB. ERR_NOTFOUND no
 * such key; ERR_DENIED it is sealed. Threads may call at once. */
MUST_CHECK int signer_sign(struct signer *s, const struct key *key, const struct str *messages,
                           size_t count, struct sig *out, struct err *e);
/* Opens a box that was sealed to that key (X25519 of the Ed25519 key; libsodium's sealed box), at
 * most 4,096 bytes. */
MUST_CHECK int signer_unseal(struct signer *s, const struct key *key, struct str box,
                             struct buf *out, struct err *e);
/* The key of a file of age that is wrapped in one of these for that key, in its X25519 form.
 * ERR_DENIED: in none of them, or the key is sealed; ERR_FORMAT as age_unwrap. */
MUST_CHECK int signer_age_open(struct signer *s, const struct key *key,
                               const struct age_share *shares, size_t count,
                               uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e);
/* The same for a private key of age that a person brings in a file: it is used, and not kept. */
MUST_CHECK int signer_age_open_with(struct signer *s, const uint8_t secret[AGE_KEY_SIZE],
                                    const struct age_share *shares, size_t count,
                                    uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e);
/* Seals to a public key; needs no process. ERR_USAGE where the key is unsound. */
MUST_CHECK int signer_seal(const struct key *key, struct str bytes, struct buf *out, struct err *e);
