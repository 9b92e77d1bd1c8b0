/* recover.c: the printed recovery key puts a new lead in place when all keys are lost. */
#include "case/session_internal.h"

/* The compartment keys that were granted to the recovery key. */
struct taking {
    struct session *s;
    const struct key *recovery;
};

static int take_grant(void *context, const struct store_grant *grant, struct err *e)
{
    const struct taking *t = context;
    CLEANUP(buf_wipe) struct buf keys = {0};
    int rc;

    if (!key_eq(&grant->key, t->recovery))
        return 0;
    rc = signer_unseal(t->s->signer, t->recovery, grant->sealed, &keys, e);
    for (size_t k = 0; rc == 0 && k + SCOPE_KEY_SIZE <= keys.len; k += SCOPE_KEY_SIZE)
        scopes_put(t->s->scopes, grant->scope, (const uint8_t *)keys.p + k);
    return rc;
}

/* The proof that enrol/1 wants: by the new key, over the case. */
static int write_proof(struct session *s, const struct key *key, struct buf *spelled, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct str bytes;
    struct sig proof;
    int rc;

    buf_adds(&message, "cj/1 enrol\n");
    hex_add(&message, state_case_id(s->state)->b, sizeof(struct hash));
    bytes = buf_str(&message);
    rc = signer_sign(s->signer, key, &bytes, 1, &proof, e);
    if (rc == 0)
        spell_hex(spelled, proof.b, sizeof(proof.b));
    return rc;
}

/* Signed by the recovery key, which may do this and nothing else. */
static int append_enrol(struct session *s, const struct key *key, const struct key *recovery,
                        struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf hex = {0};
    CLEANUP_BUF struct buf proof = {0};
    struct draft *dr;
    uint64_t first;
    int rc = write_proof(s, key, &proof, e);

    if (rc == 0)
        rc = session_draft(s, &d, NULL, NULL, e);
    if (rc)
        return rc;
    dr = decision_add(&d, "enrol/1");
    spell_hex(&hex, key->b, sizeof(key->b));
    draft_public(dr, "key", buf_str(&hex));
    draft_public(dr, "power", STR("\"lead\""));
    draft_public(dr, "proof", buf_str(&proof));
    s->key = *recovery;
    rc = session_append(s, &d, &first, e);
    s->key = *key;
    return rc;
}

int session_recover(struct session *s, const uint8_t seed[32], const char *person, struct err *e)
{
    const struct key *wanted = keyring_recovery(state_keyring(s->state));
    struct taking taking = {.s = s};
    struct key recovery;
    struct key key;
    int rc = signer_load_seed(s->signer, seed, &recovery, e);

    if (rc)
        return rc;
    if (!wanted || !key_eq(wanted, &recovery))
        return err_set(e, ERR_DENIED, "that is not the recovery key of this case");
    taking.recovery = &recovery;
    rc = store_grants(s->store, take_grant, &taking, e);
    if (rc == 0)
        rc = session_own_key(s, person, &key, e);
    if (rc == 0 && keyring_power(state_keyring(s->state), &key) == POWER_LEAD)
        return err_set(e, ERR_USAGE, "you are a lead of this case already");
    if (rc == 0)
        rc = append_enrol(s, &key, &recovery, e);
    if (rc == 0)
        rc = session_scope_grant(s, STR("team"), &key, e);
    return rc ? rc : session_append_lead(s, person, false, e);
}
