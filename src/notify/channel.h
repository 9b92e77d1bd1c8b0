/* channel.h: the kinds of channels as one table (channels.def): what each needs, and how a letter
 * is spelled on it. Spelling touches neither files nor network. */
#pragma once
#include "notify/letter.h"
#include "notify/post.h"
#include "notify/settings.h"

struct channel_kind {
    const char *name;
    const char *help;               /* a few words */
    const struct setting *settings; /* besides kind, label, ca, wait; ends with a NULL name */
    const char *label;              /* the highest label that it may carry, where nothing is said */
    bool needs_address;
    bool is_paper; /* it is printed, not sent */
    /* What the values of an account must be besides; NULL. ERR_FORMAT with the setting named. */
    int (*judge)(const struct account *a, struct err *e);
    /* Is that an address of this kind? NULL: any line is. ERR_USAGE says what it must be. */
    int (*address)(struct str address, struct err *e);
    /* The whole transfer. sealed: what post_seal gave, for an account that protects; else empty. */
    int (*spell)(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e);
    /* What is to be sealed before: POST_SEAL_PGP or POST_SEAL_SMIME with its body; NULL: nothing
     * is. Leaves *out as it is where the account asks for none. */
    int (*inner)(const struct letter *l, const struct account *a, struct post *out, struct err *e);
    /* May the same id be sent again where nobody knows whether it arrived? */
    bool (*can_repeat)(const struct account *a);
    /* The protection by which a recipient needs a key: "pgp", "smime"; NULL for none. */
    const char *(*protection)(const struct account *a);
};

extern const struct channel_kind *const channel_kinds[]; /* ends with NULL */
const struct channel_kind *channel_kind_find(struct str name);

/* For kinds: a text of the account into the post, and "https://HOST[:PORT]/…" or ERR_FORMAT. */
void channel_put(struct post *p, enum post_text which, struct str text);
int channel_judge_https(const struct account *a, const char *setting, struct err *e);
/* "Authorization: Bearer TOKEN" where the account has one. */
void channel_put_token(struct post *p, const struct account *a);
bool channel_repeats_if_said(const struct account *a); /* repeatable = yes */
extern const char *const channel_yes[];                /* choices: yes, no */
