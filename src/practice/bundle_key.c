/* bundle_key.c: the key pairs of compartments and people, to which bundles are sealed. */
#include "practice/bundle_key.h"
#include <sodium.h>
#include "evidence/bundle_read.h"

struct pair {
    uint8_t public[crypto_box_PUBLICKEYBYTES];
    uint8_t secret[crypto_box_SECRETKEYBYTES];
};

static void make_pair(struct pair *out, const struct hash *case_id, struct str scope,
                      const uint8_t *key)
{
    static const char domain[] = "calm bundle key/1\n";
    crypto_generichash_state state;
    uint8_t seed[crypto_box_SEEDBYTES];

    crypto_generichash_init(&state, key, SCOPE_KEY_SIZE, sizeof(seed));
    crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
    crypto_generichash_update(&state, case_id->b, sizeof(case_id->b));
    crypto_generichash_update(&state, (const uint8_t *)scope.p, scope.len);
    crypto_generichash_final(&state, seed, sizeof(seed));
    crypto_box_seed_keypair(out->public, out->secret, seed);
    mem_wipe(seed, sizeof(seed));
    mem_wipe(&state, sizeof(state));
}

int bundle_case_key(const struct state *s, struct str scope, uint8_t out[32], struct err *e)
{
    const uint8_t *key;
    struct pair pair;
    int rc = state_seal_key(s, scope, &key, e);

    if (rc)
        return rc;
    make_pair(&pair, state_case_id(s), scope, key);
    memcpy(out, pair.public, sizeof(pair.public));
    mem_wipe(&pair, sizeof(pair));
    return 0;
}

void bundle_recipient_text(struct buf *out, const uint8_t key[32], struct str whom)
{
    struct hash sum = hash_bytes(key, 32);

    buf_adds(out, "calm-recipient/1\nkey ");
    hex_add(out, key, 32);
    buf_adds(out, "\nfor ");
    buf_addstr(out, whom);
    buf_adds(out, "\ncheck ");
    hex_add(out, sum.b, 2);
    buf_addc(out, '\n');
}

static bool open_as_case(const struct state *s, const struct bundle_box *box, uint8_t out[32])
{
    const uint8_t *key;
    struct str scope;
    bool is_open = false;

    for (size_t at = 0; !is_open && (key = scopes_each(state_scopes(s), &scope, &at));) {
        struct pair pair;

        make_pair(&pair, state_case_id(s), scope, key);
        is_open =
            memcmp(pair.public, box->key, sizeof(box->key)) == 0 &&
            crypto_box_seal_open(out, box->box, sizeof(box->box), pair.public, pair.secret) == 0;
        mem_wipe(&pair, sizeof(pair));
    }
    return is_open;
}

/* A person's private key stays with the signer; only whether it is theirs is looked at here. */
static bool open_as_person(struct session *s, const struct bundle_box *box, uint8_t out[32])
{
    const struct key *key = session_key(s);
    uint8_t public[crypto_box_PUBLICKEYBYTES];
    CLEANUP(buf_wipe) struct buf plain = {0};

    if (crypto_sign_ed25519_pk_to_curve25519(public, key->b) != 0 ||
        memcmp(public, box->key, sizeof(public)) != 0 ||
        signer_unseal(session_signer(s), key, (struct str){(const char *)box->box, BUNDLE_BOX_SIZE},
                      &plain, NULL) != 0 ||
        plain.len != 32)
        return false;
    memcpy(out, plain.p, plain.len);
    return true;
}

int bundle_stream_key(struct session *s, int fd, const char *name, uint8_t out[32], struct err *e)
{
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    size_t count;
    int rc = bundle_boxes(fd, name, boxes, &count, e);

    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++)
        if (open_as_case(session_state(s), &boxes[i], out) || open_as_person(s, &boxes[i], out))
            return 0;
    return err_set(e, ERR_DENIED,
                   "%s is sealed to %zu key%s, and none of them is in your hands: it may belong to "
                   "another case, or to a compartment that is not open to you",
                   name, count, count == 1 ? "" : "s");
}
