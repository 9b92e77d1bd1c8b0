/* package_lock.c: makes the key of a package, and wraps it for those who may open it. */
#include "base/mem.h"
#include "evidence/age_head.h"
#include "practice/package.h"
#include "practice/secret.h"
#include "sys/clock.h"
#include "sys/confine.h"

enum { PASSPHRASE_LEAST = 12 /* whoever has the package may guess for years */ };

void package_lock_release(struct package_lock *l)
{
    mem_wipe(l->file_key, sizeof(l->file_key));
    buf_release(&l->head);
    buf_release(&l->recipients);
    buf_wipe(&l->passphrase);
}

/* The key of somebody on the team, by their name. */
static int find_person(const struct view *v, struct str name, uint8_t out[AGE_KEY_SIZE],
                       struct err *e)
{
    const struct thing *t;
    struct key key;

    for (size_t at = 0; (t = view_next(v, "person", &at));) {
        if (!str_eq(view_title(t), name))
            continue;
        if (thing_value(t, "left").len || !hex_read(key.b, sizeof(key.b), thing_value(t, "key")))
            return err_set(e, ERR_NOTFOUND, STR_FMT " has no key in this case, or left",
                           STR_ARG(name));
        return age_recipient_of(out, &key, e);
    }
    return err_set(e, ERR_NOTFOUND,
                   "\"" STR_FMT "\" is neither a key of age (age1...) nor somebody on the team",
                   STR_ARG(str_head(name, 100)));
}

static int add_recipient(struct package_lock *l, const struct view *v, struct str who,
                         struct err *e)
{
    uint8_t key[AGE_KEY_SIZE];
    struct age_share share;
    int rc = 0;

    if (!age_recipient_read(key, who))
        rc = find_person(v, who, key, e);
    if (rc == 0)
        rc = age_wrap(&share, key, l->file_key, e);
    if (rc)
        return rc;
    age_head_add_share(&l->head, &share);
    if (l->recipients.len)
        buf_addc(&l->recipients, '\n');
    age_recipient_add(&l->recipients, key);
    return 0;
}

static int add_recipients(struct package_lock *l, const struct view *v, struct str rest,
                          struct err *e)
{
    for (size_t count = 0; rest.len; count++) {
        int rc = count == AGE_STANZA_LIMIT
                     ? err_set(e, ERR_LIMIT, "a package is for at most %d keys", AGE_STANZA_LIMIT)
                     : add_recipient(l, v, str_cut(&rest, '\n'), e);

        if (rc)
            return rc;
    }
    return 0;
}

static int add_passphrase(struct package_lock *l, bool is_made, enum age_stretch how, struct err *e)
{
    CLEANUP(buf_wipe) struct buf typed = {0};
    struct age_lock lock;
    int rc = 0;

    if (is_made)
        secret_make(&l->passphrase);
    else
        rc = secret_ask_twice(&typed, PASSPHRASE_LEAST, e);
    if (rc == 0)
        rc = age_lock(&lock, how, buf_str(is_made ? &l->passphrase : &typed), l->file_key, e);
    if (rc)
        return rc;
    age_head_add_lock(&l->head, &lock);
    buf_adds(&l->recipients,
             how == AGE_SCRYPT ? "a passphrase (scrypt)" : "a passphrase (Argon2id)");
    return 0;
}

int package_lock_make(struct package_lock *out, const struct view *v, const struct operation *op,
                      const struct input *in, struct err *e)
{
    bool is_made = input_has(op, in, "generate");
    bool has_passphrase = is_made || input_has(op, in, "passphrase");
    enum age_stretch how = input_has(op, in, "scrypt") ? AGE_SCRYPT : AGE_ARGON2ID;
    struct str recipients = input_value(op, in, "recipient");
    int rc;

    if (has_passphrase == (recipients.len > 0))
        return err_set(e, ERR_USAGE,
                       "say who can open it: --recipient age1..., once for each, or a passphrase "
                       "(--passphrase, --generate); one or the other");
    if (how == AGE_SCRYPT && !has_passphrase)
        return err_set(e, ERR_USAGE, "--scrypt goes with --passphrase or --generate");
    if (is_made && input_has(op, in, "passphrase"))
        return err_set(e, ERR_USAGE, "--generate makes the passphrase: leave --passphrase out");
    rc = confine_dumps(e);
    if (rc)
        return rc;
    random_bytes(out->file_key, sizeof(out->file_key));
    age_head_begin(&out->head);
    rc = has_passphrase ? add_passphrase(out, is_made, how, e)
                        : add_recipients(out, v, recipients, e);
    if (rc == 0)
        age_head_end(&out->head, out->file_key);
    return rc;
}
