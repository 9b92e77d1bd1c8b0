/* session.h: one person at one case: the store, the state, their key, what they may see, and the
 * doing of operations. */
#pragma once
#include "case/operation.h"
#include "sys/signer.h"

/* Asks a person for a secret; term_read_secret has this shape. */
typedef int ask_secret(const char *question, struct buf *out, struct err *e);

struct session_options {
    ask_secret *ask;        /* for the passphrase of a sealed key; NULL: a sealed key is not used */
    const char *key_folder; /* where the signer finds keys */
    const struct model *model;
    bool is_read_only;
};

/* Makes a new case in a folder, with this person as its lead. The recovery seed is for printing;
 * the caller wipes it. */
struct session_new {
    const char *name;          /* of the case */
    const char *person;        /* of the lead */
    uint8_t recovery_seed[32]; /* out */
};
MUST_CHECK int session_create(struct session **out, const char *folder, struct session_new *n,
                              const struct session_options *o, struct err *e);
/* Opens a case as the person whose key is here and enrolled; as nobody (who sees nothing but that
 * records exist) where none is. A case that cannot be written to is open for reading only. */
MUST_CHECK int session_open(struct session **out, const char *folder,
                            const struct session_options *o, struct err *e);
void session_close(struct session *s);
DEFINE_CLEANUP(struct session *, session_close)

struct store *session_store(struct session *s);
struct state *session_state(struct session *s);
struct signer *session_signer(struct session *s);
const struct key *session_key(const struct session *s); /* zeros for nobody */
struct scopes *session_scopes(struct session *s);
const struct model *session_model(const struct session *s);
bool session_is_read_only(const struct session *s);
/* 0, or why nothing can be written to this case: ERR_IO, ERR_FULL (its medium), ERR_NEWER (it was
 * written by a newer calm), ERR_DENIED (it was opened so). */
MUST_CHECK int session_may_write(const struct session *s, struct err *e);
bool session_is_newer(const struct session *s); /* a newer calm wrote it: it is only read */
/* The view of this session's person, after catching up with what others wrote. */
MUST_CHECK int session_view(struct session *s, struct view *out, struct err *e);

/* Does an operation: may this person, does a gate hold it, decide, append, tell. On a change,
 * answer gets what was recorded and what comes next. */
MUST_CHECK int session_perform(struct session *s, const struct operation *op,
                               const struct input *in, struct answer *a, struct err *e);

/* For jobs: appends records that were drafted with decision_add, against the state as it is now. On
 * success *first is the seq of the first. */
MUST_CHECK int session_append(struct session *s, struct decision *d, uint64_t *first,
                              struct err *e);
/* For jobs: catches up, and begins a decision on the state as it is then. Release it with
 * decision_release also on error; it must not be moved. */
MUST_CHECK int session_draft(struct session *s, struct decision *d, const struct operation *op,
                             const struct input *in, struct err *e);
/* The same on a view that was taken before. */
void decision_begin(struct decision *d, const struct view *v, const struct operation *op,
                    const struct input *in);
void decision_release(struct decision *d);
/* Tells what was recorded, from the record first on, and what the decision says, as on a change. */
void session_tell(struct session *s, const struct decision *d, uint64_t first, struct answer *a);

/* Makes a compartment's key: it seals from now on, and stands when a record of that compartment
 * names it (draft_scope_key). And grants those that the journal knows to another person's key. */
MUST_CHECK int session_scope_new(struct session *s, struct str scope, struct err *e);
MUST_CHECK int session_scope_grant(struct session *s, struct str scope, const struct key *to,
                                   struct err *e);

/* Signs a checkpoint over the present size and writes the skeleton and the note to the case's
 * journal folder. Its record is appended. */
MUST_CHECK int session_checkpoint(struct session *s, struct err *e);

/* Another copy of this case, as it was read from an export. */
struct merge_copy {
    struct str *lines;
    struct str *openings; /* sealed; empty for none */
    uint64_t count;
};
struct merge_result {
    uint64_t fork; /* records that both copies begin with */
    uint64_t added;
    uint64_t known;   /* records of the copy that were here already, from an earlier merge */
    uint64_t refused; /* values that did not fit what was signed, and were left out */
    bool was_ahead;   /* the copy only went on from here: no merge was needed */
};
/* Brings the records that the copy has more into this one (doc/format/journal.md §10). The copy's
 * signatures were checked before. ERR_USAGE: another case; ERR_CONFLICT never. */
MUST_CHECK int session_merge(struct session *s, const struct merge_copy *copy,
                             struct merge_result *out, struct err *e);

/* Puts this person's key in the lead's place with the printed recovery key: enrols it, and lets it
 * read. ERR_DENIED: the seed is not this case's recovery key. */
MUST_CHECK int session_recover(struct session *s, const uint8_t seed[32], const char *person,
                               struct err *e);
/* The key that this person signs with in a case that they are new to: the first there is, else a
 * new one. */
MUST_CHECK int session_own_key(struct session *s, const char *label, struct key *out,
                               struct err *e);
