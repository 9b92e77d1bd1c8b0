/* hash.c: SHA-256 by libcrypto, with one context kept so that short inputs stay cheap. */
#include "verify/hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hasher {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

struct hasher *hasher_new(void)
{
    struct hasher *h = mem_get(1, sizeof *h);

    h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->ctx = EVP_MD_CTX_new();
    if (h->md == NULL || h->ctx == NULL || EVP_DigestInit_ex(h->ctx, h->md, NULL) != 1) {
        hasher_free(h);
        return NULL;
    }
    return h;
}

void hasher_free(struct hasher *h)
{
    if (h == NULL)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    free(h);
}

static _Noreturn void hash_failed(void)
{
    fputs("calm-verify: the SHA-256 of this system's libcrypto does not work\n", stderr);
    _exit(4);
}

void hash_parts(struct hasher *h, const struct slice *parts, size_t count, uint8_t out[HASH_LEN])
{
    int ok = EVP_DigestInit_ex(h->ctx, NULL, NULL);

    for (size_t i = 0; i < count; i++)
        ok &= EVP_DigestUpdate(h->ctx, parts[i].p, parts[i].len);
    ok &= EVP_DigestFinal_ex(h->ctx, out, NULL);
    if (ok != 1)
        hash_failed();
}

void hash_leaf(struct hasher *h, struct slice line, uint8_t out[HASH_LEN])
{
    const struct slice parts[] = {{"\0", 1}, line};

    hash_parts(h, parts, 2, out);
}

void hash_node(struct hasher *h, const uint8_t left[HASH_LEN], const uint8_t right[HASH_LEN],
               uint8_t out[HASH_LEN])
{
    uint8_t both[1 + 2 * HASH_LEN] = {1};
    const struct slice part = bytes_of(both, sizeof both);

    memcpy(both + 1, left, HASH_LEN);
    memcpy(both + 1 + HASH_LEN, right, HASH_LEN);
    hash_parts(h, &part, 1, out);
}
