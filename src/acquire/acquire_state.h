/* acquire_state.h: how far an image is, as NAME.part has it (doc/format/image.md section 5). */
#pragma once
#include "acquire/acquire_history.h"
#include "acquire/ewf_write.h"
#include "acquire/traps.h"
#include "base/hash.h"
#include "base/utc.h"

/* What an image was begun with; it stays the same to its end. */
struct acquire_begin {
    char *source;   /* the path that was given */
    char *identity; /* one line, compared when it goes on */
    uint64_t size;  /* bytes of the source */
    uint32_t sector_size;
    bool is_live;
    bool is_small;
    bool is_removable;
    bool is_physical;
    enum target_format format;
    uint64_t segment_size;
    struct utc begun;
    uint8_t id[16];
    uint8_t mark[8]; /* pack_mark, of an E01 */
    uint32_t runs;   /* how often it was begun or gone on with: 1 */
    /* UTF-8, malloc()ed, never NULL. */
    char *writes; /* source_writes, when its last run began */
    char *damage; /* source_damage, of all runs until the state was written */
    /* For the header: */
    char *case_number, *number, *examiner, *notes, *description, *model, *serial, *system;
    struct acquire_history history; /* what each run after the first found */
};
void acquire_begin_release(struct acquire_begin *b);

/* done: bytes of the source that are in the image, durable. group: of an E01, the one that they end
 * in. rest: from where on NAME.rest and
 * NAME.map tell; has_rest false: there is none. */
struct acquire_state {
    struct acquire_begin begin;
    uint64_t
        number; /* of the state: each that is written has the next; 0: a version before made it */
    uint64_t done;
    struct ewf_open_group group;
    struct hash proof;                 /* SHA-256 of those of them behind the last whole MiB */
    bool has_proof;                    /* else a version before made it */
    size_t file_count;                 /* files that have bytes of it */
    uint64_t last_size;                /* bytes of the last of them that are of it */
    struct target_born first;          /* while no file has bytes of it: the one that was begun */
    bool has_announced;                /* else a version before made it */
    struct target_announced announced; /* while no file has bytes of it: what comes next */
    bool was_changed;                  /* the source, between two runs */
    bool has_lost;                     /* NAME.map says what an image as a source does not have */
    bool has_rest;
    bool has_sums; /* NAME.sums tells what the rest holds; else a version before made it */
    uint64_t rest;
    uint32_t retried, retried_there; /* retries that were made of what failed from there on, as a
                                        whole; where the source went away before */
    bool has_map;       /* says which NAME.map goes with it; else a version before made it */
    bool needs_map;     /* there is one; else all before done was read */
    struct hash map;    /* its SHA-256 */
    bool has_chain;     /* where there is a proof */
    struct hash chain;  /* of the pieces of whole MiB before done: SHA-256 of the one before and the
                           piece, from zeros on */
    bool is_sealed;     /* it stopped, and NAME.sums is as it was then */
    struct hash sealed; /* SHA-256 of that */
    /* Of the source: what was gone on with though nothing elsewhere could tell whether it was as it
     * had been. 0, 0: nothing was. */
    uint64_t unbound_from, unbound_until;
    uint32_t
        loose; /* from this run on nothing elsewhere vouched for what the state says; 0: none */
    struct traps traps; /* where the source went away */
    struct hash sum;    /* of the state, as its last line says; of one that was read */
};

/* Of what stays as it is however often it goes on: what it was begun with, and that and when each
 * of the first so many findings came. */
struct hash acquire_state_facts(const struct acquire_state *s, size_t found);

/* The lines that tell of the places at which the source went away. */
void acquire_state_traps(const struct traps *t, struct buf *out);
/* The text of a state with other such lines, and what was found more (NULL: nothing), and its sum
 * anew; false: it is none. */
bool acquire_state_with_traps(struct str text, const struct traps *t,
                              const struct acquire_finding *found, struct buf *out,
                              struct hash *sum);
/* Returns its sum. */
struct hash acquire_state_write(const struct acquire_state *s, const struct target_files *files,
                                struct buf *out);
/* files gets folders and sizes; its name and format must be set by the caller after, from what
 * *out says and the name of the part. ERR_FORMAT, ERR_NEWER, ERR_TAMPER: its sum is not right. */
MUST_CHECK int acquire_state_read(struct acquire_state *out, struct target_files *files,
                                  struct str text, struct err *e);
