/* state.h: the state of a case: nothing but a fold over its journal.
 *
 * Held in memory: an index entry of about 100 bytes a record, and the things with the values of
 * their fields. Reading it is safe from many threads while nobody catches up. What a person may see
 * of it goes through view.h. */
#pragma once
#include "case/label.h"
#include "case/model.h"
#include "case/scope.h"
#include "journal/keys.h"
#include "journal/tree.h"
#include "store/store.h"

/* Said of any record, beside the fields of its kind. */
enum common_field {
    COMMON_OCCURRED,
    COMMON_PRECISION,
    COMMON_CLOCK,
    COMMON_BY,
    COMMON_OVERRIDE,
    COMMON_COUNT
};
extern const struct field common_fields[COMMON_COUNT];

struct thing {
    struct id id; /* of the record that made it */
    const struct kind *kind;
    uint32_t number;      /* 3: it is called p3 where its kind has a prefix */
    uint64_t seq;         /* the record that made it */
    uint64_t changed_seq; /* the last that changed it, or seq */
    struct str *values;   /* kind->field_count, then COMMON_COUNT; empty where nothing was said */
    enum tlp tlp;         /* the strictest of its records */
    uint64_t within_seq;  /* its last change in a compartment that is not its own; 0: none */
    bool is_within_several;
    uint16_t scope;
    bool
        is_readable; /* its values could be opened: the scope key is held and nothing is redacted */
};

struct record {
    struct id id;
    struct utc time; /* the signer's clock */
    int64_t logged_sec;
    const struct kind *kind; /* what it makes or changes; NULL for none or a type not known here */
    struct thing *thing;     /* the same; NULL for none */
    struct order_merge *merge; /* of a merge/1 */
    const char *refusal; /* why it has no effect, a clause; NULL: it has. kind, thing and merge
                            are then NULL (ARCHITECTURE.md, "What is refused") */
    uint16_t type;       /* index for state_type */
    uint16_t scope;      /* index for state_scope */
    uint16_t key;        /* index for state_key */
    uint8_t tlp;
    uint8_t trust; /* enum key_trust, judged by all revocations that there are */
    uint8_t power; /* enum key_power of its key at its place */
    bool is_change;
    bool is_merged;   /* stands where a merge brought it */
    bool is_redacted; /* a redact/1 destroyed some of its values */
    bool is_missing;  /* some of its values are not there, for that or for no known reason */
    bool is_damaged;  /* some of its values are not what was signed; they are left out */
    bool has_effect;  /* on things, or on which key seals: its line is read again with its values */
    bool is_of_fold;  /* refused for what it says of things, which is judged again after a merge */
};

struct state;
/* The scopes stay the caller's; the fold settles keys that were made here as records name them. */
struct state *state_new(const struct model *model, struct scopes *scopes);
void state_free(struct state *s);
DEFINE_CLEANUP(struct state *, state_free)

/* Folds all records that the store has more. Checks the chain; of signatures those of records that
 * give power, and at the first time of the last 32. A signed record that breaks a rule is refused
 * and has no effect. Returns the number of new records. ERR_TAMPER (says at which record),
 * ERR_FORMAT, ERR_NEWER, ERR_IO. */
MUST_CHECK int state_catch_up(struct state *s, struct store *store, struct err *e);

/* The same for records that this process has just appended as seq first, …, which need not be read
 * again. Another thread may have caught up with some or all of them meanwhile. */
MUST_CHECK int state_take(struct state *s, struct store *store, uint64_t first,
                          const struct store_record *records, size_t count, struct err *e);

const struct model *state_model(const struct state *s);
uint64_t state_size(const struct state *s);
size_t state_refused_count(const struct state *s);
/* A record of a type that checking depends on, by a lead, is of a later version: what it says about
 * powers is not known here, so nothing may be written. */
bool state_is_newer(const struct state *s);
struct hash state_head(const struct state *s); /* leaf hash of the last line; zeros when empty */
struct hash state_root(const struct state *s);
const struct hash *state_case_id(const struct state *s);
const struct keyring *state_keyring(const struct state *s);
const struct scopes *state_scopes(const struct state *s);
/* The key that seals what is written in a compartment: the one that its newest record with a
 * `scope-key` in clear names, or one that was made here a moment ago. ERR_DENIED: none is held;
 * ERR_TAMPER: keys are held, but not that one. */
MUST_CHECK int state_seal_key(const struct state *s, struct str scope, const uint8_t **key,
                              struct err *e);
/* The name of the key that the newest record with a `scope-key` names; zeros where there is none.
 */
struct hash state_seal_name(const struct state *s, struct str scope);
/* Some record names a key of that compartment. */
bool state_has_scope(const struct state *s, struct str scope);
/* A record names this key, or it was made here a moment ago. */
bool state_knows_scope_key(const struct state *s, struct str scope, const uint8_t *key);
const struct record *state_record(const struct state *s, uint64_t seq);
const char *state_type(const struct state *s, const struct record *r); /* "note/1" */
const char *state_scope(const struct state *s, const struct record *r);
const struct key *state_key(const struct state *s, const struct record *r);
bool state_find_id(const struct state *s, const struct id *id, uint64_t *seq);
const uint64_t *
state_order(const struct state *s); /* seqs in the order of the fold; NULL: as they stand */

/* Things in the order of the fold, of all kinds; NULL past the end. */
const struct thing *state_thing(const struct state *s, size_t index);
/* The same of one kind; NULL past the end, and for a kind that nobody knows. */
const struct thing *state_thing_of(const struct state *s, const char *kind, size_t index);
const struct thing *state_thing_by_id(const struct state *s, const struct id *id);

/* The value of a field of a thing, by name; empty when nothing was said. Asking for a field that
 * its kind lacks is a bug. */
struct str thing_value(const struct thing *t, const char *field);
/* The same, empty also where its kind lacks the field. */
struct str thing_value_if(const struct thing *t, const char *field);
struct str thing_common(const struct thing *t, enum common_field f);
bool thing_is(const struct thing *t, const char *kind);
bool thing_says(const struct thing *t, const char *field, const char *value);
bool thing_time(const struct thing *t, const char *field, struct utc *out);
const struct thing *thing_ref(const struct state *s, const struct thing *t, const char *field);
/* When it happened as far as was said, else when it was recorded. */
struct utc thing_when(const struct state *s, const struct thing *t);

/* One record's value straight from the store (kinds that keep none in memory). ERR_NOTFOUND when it
 * has no such field or it was destroyed; ERR_DENIED when its scope key is not held. */
MUST_CHECK int state_fetch(const struct state *s, struct store *store, uint64_t seq,
                           const char *field, struct buf *value, struct err *e);
