/* state_internal.h: what the files of the fold share: index.c and ahead.c take lines into the index
 * of records, fold.c lets records have their effect on things, state.c answers. */
#pragma once
#include "case/order.h"
#include "case/state.h"

/* A type of records, with what is asked of each record of it. */
struct type_entry {
    const struct kind *kind;
    bool is_change;
    bool gives_power; /* to people: a lead's fields */
};

/* Names that recur in every record, kept once. */
struct interned {
    char **names;
    size_t *sizes;
    size_t count;
    size_t room;
    size_t last; /* the one found last, which is asked for next, mostly */
};

/* Where a record's id stands: open addressing, at most half full. */
struct id_slot {
    uint32_t tag; /* of the id, salted: who writes records must not choose who collides */
    uint32_t seq; /* + 1; 0: free */
};

struct id_map {
    struct id_slot *slots;
    size_t slot_count;
    uint64_t salt[2];
};

/* The things of one kind, in the order of the fold. */
struct kind_things {
    struct thing **things;
    size_t count;
    size_t room;
};

/* A record that named a key of a compartment. */
struct named_key {
    uint16_t scope;
    uint16_t by;
    struct hash name;
};

struct state {
    const struct model *model;
    struct scopes *scopes;
    struct keyring *keyring;
    struct tree tree;
    struct hash head;
    struct hash case_id;
    struct record *records;
    size_t count;
    size_t room;
    struct id_map ids;
    struct interned types;
    struct type_entry *type_entries; /* beside types */
    size_t type_room;
    struct interned scope_names;
    struct key *keys;
    size_t key_count;
    size_t key_room;
    uint64_t tail_from; /* signatures of records from here on are checked as they are read */
    size_t refused_count;
    bool is_newer;
    uint64_t merge_seq; /* of the last merge/1 in its own place */
    bool has_merges;
    bool must_judge;     /* a revocation came */
    uint64_t *order;     /* seqs in the order of the fold; NULL: as they stand */
    size_t folded;       /* so many, in that order, have had their effect */
    struct arena *arena; /* things and their values */
    struct thing **things;
    size_t thing_count;
    size_t thing_room;
    struct kind_things *by_kind; /* beside model->kinds */
    struct named_key *named;     /* in the order of the fold */
    size_t named_count;
    size_t named_room;
};

/* index.c */
/* The record stays, and has no effect. why lives as long as the state. */
void record_refuse(struct state *s, struct record *r, const char *why);
/* The kind that a record would make or change if it was not refused. */
const struct kind *record_kind(const struct state *s, const struct record *r);
/* Makes room at once for a journal of that size, which only an append would prove wrong. */
void index_reserve(struct state *s, uint64_t size);
void index_release(struct state *s);
/* Takes the next line, of which that is the leaf hash: its chain, what must be signed, its place in
 * every index. */
MUST_CHECK int index_line(struct state *s, const struct entry *entry, const struct hash *leaf,
                          struct err *e);
/* An id that will be looked for soon: lets the processor fetch its place. */
void index_expect(const struct state *s, const struct id *id);
/* All lines of the store before size. */
MUST_CHECK int index_lines(struct state *s, struct store *store, uint64_t size, struct err *e);

/* ahead.c */
/* The same for many lines, with a second thread. */
MUST_CHECK int index_ahead(struct state *s, struct store *store, uint64_t size, struct err *e);
