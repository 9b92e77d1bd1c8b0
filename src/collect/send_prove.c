/* send_prove.c: the key by which a sender shows that a bundle is its own (doc/format/bundle.md
 * section 4.1). */
#include <sodium.h>
#include "collect/send.h"

void sender_key_make(struct sender_key *out)
{
    struct key public;
    struct hash name;

    crypto_sign_keypair(public.b, out->secret);
    name = hash_bytes(public.b, sizeof(public.b));
    memcpy(out->collection.b, name.b, sizeof(out->collection.b));
}

void sender_proof(struct buf *out, const struct sender_key *key,
                  const uint8_t nonce[SENDER_NONCE_SIZE], const char *token)
{
    static const char front[] = "calm-send/2\n";
    const uint8_t *public = key->secret + crypto_sign_SEEDBYTES;
    CLEANUP_BUF struct buf text = {0};
    struct sig signature;

    buf_add(&text, front, sizeof(front) - 1);
    buf_add(&text, nonce, SENDER_NONCE_SIZE);
    buf_add(&text, key->collection.b, sizeof(key->collection.b));
    buf_adds(&text, token);
    (void)crypto_sign_detached(signature.b, NULL, (const uint8_t *)text.p, text.len, key->secret);
    hex_add(out, public, crypto_sign_PUBLICKEYBYTES);
    buf_addc(out, ' ');
    hex_add(out, signature.b, sizeof(signature.b));
    buf_addc(out, '\n');
}
