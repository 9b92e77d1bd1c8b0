/* power.c: a person's roles and the power of their key go together. */
#include "practice/power.h"

/* The proof that the holder agreed, as it stands in an earlier enrol/1 of that key. */
struct proof {
    const struct key *key;
    struct buf spelled;
};

static int take_proof(void *context, uint64_t seq, struct str line, struct str openings,
                      struct err *e)
{
    struct proof *p = context;
    struct public_value v;
    struct entry entry;
    struct key key;
    int rc = entry_read(&entry, line, e);

    (void)seq;
    (void)openings;
    if (rc || !public_find(&entry.statement, "key", &v) || !hex_read(&key, sizeof(key), v.string) ||
        !key_eq(&key, p->key) || !public_find(&entry.statement, "proof", &v))
        return rc;
    buf_clear(&p->spelled);
    buf_addstr(&p->spelled, v.text);
    return 0;
}

static int find_proof(const struct view *v, struct proof *p, struct err *e)
{
    const struct record *r;
    int rc = 0;

    for (uint64_t seq = 0; rc == 0 && (r = state_record(v->state, seq)); seq++)
        if (!r->refusal && strcmp(state_type(v->state, r), "enrol/1") == 0)
            rc = store_read(v->store, seq, seq + 1, false, take_proof, p, e);
    return rc;
}

static void draft_power(struct decision *d, const struct key *key, bool leads, struct str proof,
                        const struct thing *person)
{
    struct draft *dr = decision_add(d, "enrol/1");
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, key->b, sizeof(key->b));
    draft_public_text(d, dr, "key", buf_str(&hex));
    draft_public_text(d, dr, "power", leads ? STR("lead") : STR("member"));
    draft_public(dr, "proof", (struct str){arena_dup(d->arena, proof.p, proof.len), proof.len});
    draft_ref(dr, &person->id);
}

int decide_role(struct decision *d, struct err *e)
{
    struct str roles = input_value(d->op, d->input, "role");
    const struct thing *person = input_thing(d->view, d->op, d->input, "person");
    bool leads = roles_of(roles) & ROLES_LEADING;
    enum key_power wanted = leads ? POWER_LEAD : POWER_MEMBER;
    struct proof proof = {0};
    enum key_power power;
    struct key key;
    int rc = decide_change(d, e);

    if (rc || !roles.len || !hex_read(&key, sizeof(key), thing_value(person, "key")))
        return rc;
    power = keyring_power(state_keyring(d->view->state), &key);
    if (power == POWER_NONE || power == wanted)
        return 0;
    proof.key = &key;
    rc = find_proof(d->view, &proof, e);
    if (rc == 0 && proof.spelled.len)
        draft_power(d, &key, leads, buf_str(&proof.spelled), person);
    else if (rc == 0)
        buf_adds(&d->say, "      The key that opened the case keeps the power of a lead. To take "
                          "it away: calm team remove\n");
    buf_release(&proof.spelled);
    return rc;
}
