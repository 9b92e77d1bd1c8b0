/* acquisition_internal.h: an image while it is made: what acquisition.c, acquisition_rest.c and
 * acquisition_out.c share. */
#pragma once
#include <pthread.h>
#include "acquire/ewf_write.h"
#include "acquire/acquisition.h"
#include "acquire/pump.h"
#include "acquire/rescue.h"

/* Of NAME.rest, MiB by MiB from its beginning, what is in NAME.sums. */
struct rest_sums {
    int fd;             /* -1: there are none */
    uint8_t *is_second; /* a bit for each: which of its two lines the map on disk goes with */
    uint8_t *bytes;     /* one of them */
    uint64_t *touched;  /* those that were written to since the last commit, also twice */
    size_t count;
    size_t room;
};

/* Of the digest of NAME.part, and of all before a byte of the source: as the state on disk says it,
 * or as it is known elsewhere. */
struct acquire_marks { /* what a later state of the same image says, too */
    uint32_t runs;
    bool was_changed, is_live;
    uint64_t unbound_from, unbound_until;
    uint32_t loose;
    size_t found;
    struct hash facts; /* acquire_state_facts */
};
struct acquire_kept {
    bool is_written; /* in this run */
    struct hash sum;
    uint64_t done;
    bool has_digest;
    struct hash digest;
    struct acquire_marks marks;
};
struct acquire_known {
    bool has_sum;
    struct hash sum;
    uint64_t size; /* 0: nothing more is known */
    struct hash digest;
    bool has_marks; /* else a version before put it on record */
    struct acquire_marks marks;
};

struct acquisition {
    struct acquire_options options;
    struct acquire_control *control;
    struct source *source;
    struct acquire_state state;
    struct target_files files;
    struct fault_map map;
    struct digests *digests;
    struct buf pieces;
    struct digests_result exact; /* where the image held all of the source when it went on */
    bool has_exact;
    int pieces_fd;
    uint64_t pieces_checked; /* lines of NAME.pieces that what was reread is compared with */
    uint64_t reread_at;
    /* Of the source, what was written behind the last whole MiB: of the thread that writes, or of
     * who rereads before there is one. */
    struct buf head;
    /* What binds NAME.pieces, by who has head. */
    struct hash chain; /* of so many pieces */
    uint64_t chain_pieces;
    struct digest *pieces_sum; /* of NAME.pieces as it was written, by who flushes pieces */
    uint64_t pieces_size;
    uint64_t map_size; /* of the map that state.map is of */
    bool is_checked;   /* what was there before is what was read: new pieces are believed */
    struct acquire_known known;
    bool compares_known;     /* with what is reread */
    struct hash known_chain; /* of its whole MiB */
    struct buf known_head;   /* what is behind them */
    struct acquire_kept kept;
    bool is_frozen; /* no state is written any more */
    pthread_mutex_t kept_lock;
    bool map_waits; /* NAME.map.next is the one that the state on disk names */
    struct target_keeper keeper;
    int rest_fd;
    struct rest_sums sums;
    struct pump *pump;
    struct ewf_writer *ewf; /* NULL: raw, in one or more files */
    uint64_t at;            /* where it reads next, bytes of the source */
    uint64_t stored_size;   /* of the image's media, with padding */
    /* Where a rescue is; of the thread that rescues. */
    enum rescue_pass rescue_pass;
    unsigned rescue_try;
    uint64_t rescue_at;
    void *block;          /* RESCUE_BLOCK, aligned, for rescuing */
    int64_t committed_ms; /* by the thread that writes, or when none does */
    uint64_t committed;   /* bytes of the source that the state on disk tells of */
    size_t committed_files;
    uint64_t punched;    /* bytes of the rest that gave their room back */
    int64_t limit_ms;    /* since when the limit counts */
    uint64_t limit_size; /* bytes since then */
    bool is_resumed;
    bool failed_at_opening;   /* no read of the source came back since */
    bool compares;            /* the source with what the image has of it */
    bool is_weak;             /* source_identity_is_weak */
    bool is_touched;          /* by its identity it was changed since the image was begun */
    struct same_places *same; /* NULL: none were taken */
    char *damage_before;      /* of the source, as earlier runs found it; NULL: this is the first */
    struct buf how_changed;   /* of the source, since the image was begun; "": not in this run */
    bool packs_otherwise;     /* than the program that began the image */
    bool is_rescued;          /* NAME.rest has all that could be read */
    pthread_mutex_t lock;     /* of map and at, which are written to disk by another thread */
    /* Of the state and who writes: taken where a thread other than the writing one, or that one
     * with nothing to write, writes the state. */
    pthread_mutex_t keeping;
};

#define ACQUIRE_PROGRAM "calm " CALM_VERSION

/* acquisition_out.c: what goes into the image. */
MUST_CHECK int acquire_out_begin(struct acquisition *m, struct err *e);
MUST_CHECK int acquire_out_pump(struct acquisition *m,
                                struct err *e); /* starts the threads, from m->at */
MUST_CHECK int acquire_out_end(struct acquisition *m, struct acquire_result *out, struct err *e);
/* Makes the last file durable and writes the state, with the map where it tells something. */
MUST_CHECK int acquire_commit(struct acquisition *m, struct err *e);
/* The same with all that came: nothing of it has to be read again. */
MUST_CHECK int acquire_keep(struct acquisition *m, struct err *e);
void acquire_keep_room(const struct acquisition *m); /* for the state, in a folder that fills up */
bool acquire_give_room(const struct acquisition *m); /* false: there was none */
/* NAME.ending as a whole; the folder may be full. */
MUST_CHECK int acquire_write_beside(const struct acquisition *m, const char *ending,
                                    const struct buf *text, struct err *e);
/* The first bytes of the image are announced before they are written, by who writes; context is the
 * acquisition. Does nothing once a state tells of its first file. */
MUST_CHECK int acquire_announce(void *context, const void *bytes, size_t size, struct err *e);
/* The state as it is now, with folders and all that it tells of; context is the acquisition. */
MUST_CHECK int acquire_place(void *context, struct err *e);

/* acquisition_place.c: the folder and name that the path of a part has, which tell where the other
 * files are. ERR_USAGE: it is none. */
MUST_CHECK int acquire_split_part(const char *part, struct buf *folder, struct buf *name,
                                  struct err *e);

/* A clause that stays with the image, as what its runs found does; plain as acquire_history_add. */
void acquire_note(struct acquisition *m, const char *clause, const char *plain);

/* acquisition_map.c: NAME.map. Writes the next one, if one is needed, which the state names from
 * now on; once that is written, the next one takes the place of the one before. */
MUST_CHECK int acquire_map_prepare(struct acquisition *m, bool is_finished, struct err *e);
MUST_CHECK int acquire_map_place(struct acquisition *m, struct err *e);
/* That of the state. ERR_NOTFOUND, ERR_TAMPER: it is not there, or another. */
MUST_CHECK int acquire_map_read(struct acquisition *m, struct err *e);

/* acquisition_check.c: whether files beside the state are of a later one, or of another image. Both
 * come before anything is changed. ERR_CONFLICT. */
MUST_CHECK int acquire_check_beside(const struct acquisition *m, struct err *e);
struct target_ahead acquire_ahead(const struct acquisition *m); /* borrows its state */
MUST_CHECK int acquire_check_files(const struct acquisition *m, struct err *e);

/* acquisition_bind.c: what NAME.part binds. */
void acquire_bind_piece(struct acquisition *m, const void *piece); /* that comes next, 32 bytes */
MUST_CHECK int acquire_bind_part(struct acquisition *m, struct err *e); /* writes it */
/* Compares the state with what is known elsewhere, and marks what is known by itself alone: it goes
 * on. ERR_TAMPER, ERR_USAGE. */
MUST_CHECK int acquire_known_begin(struct acquisition *m, struct err *e);
void acquire_mark_unbound(struct acquire_state *s, uint64_t from, uint64_t until);
/* Of what was there before, in order: bytes, before they count as reread; that a piece came; the
 * end. ERR_TAMPER: it is not what is known. */
void acquire_known_reread(struct acquisition *m, const void *bytes, size_t size);
void acquire_known_piece(struct acquisition *m);
MUST_CHECK int acquire_known_check(struct acquisition *m, struct err *e);

/* acquisition_proof.c: NAME.pieces, by which what was written is known again. */
MUST_CHECK int acquire_pieces_open(struct acquisition *m, const char *path, int flags,
                                   struct err *e);
/* Those of an image that goes on. ERR_NOTFOUND, ERR_CONFLICT. */
MUST_CHECK int acquire_pieces_open_again(struct acquisition *m, const char *part,
                                         const char *pieces, struct err *e);
MUST_CHECK int acquire_pieces_begin(struct acquisition *m, struct err *e);
/* What is there was found to be of this image, as far as the state tells of it: the rest goes. */
MUST_CHECK int acquire_pieces_settle(struct acquisition *m, struct err *e);
MUST_CHECK int acquire_pieces_flush(struct acquisition *m, struct err *e);
/* All before done is hashed, and its pieces are durable. */
MUST_CHECK int acquire_pieces_keep(struct acquisition *m, struct err *e);
/* A block was written; then, that the image holds the source until done. */
void acquire_proof_pass(struct acquisition *m, const struct pump_block *b);
void acquire_proof_reach(struct acquisition *m);
/* Bytes of what was written before, in order; then the end of them. ERR_TAMPER: they are not what
 * was read from the source. */
MUST_CHECK int acquire_proof_reread(struct acquisition *m, const void *bytes, size_t size,
                                    struct err *e);
MUST_CHECK int acquire_proof_check(struct acquisition *m, struct err *e);

/* acquisition_trap.c: where the source went away. It ended with rc: the place is kept with the next
 * state, and told behind why. */
void acquire_trap_note(struct acquisition *m, int rc, struct err *e);
/* Reads a sector of what was read before, so that what is read next is known as the place where it
 * goes. Where none comes, the next read tells. */
void acquire_trap_ask(struct acquisition *m);
/* Bytes that are neither read nor given up, outside of such places. */
uint64_t acquire_trap_elsewhere(const struct acquisition *m);
/* Notes that a part of a place is not asked for another time. */
void acquire_trap_left(struct acquisition *m, uint64_t off, uint64_t size);

/* acquisition_rest.c: a failing source. */
/* From m->at on the source is read in the order of ease; what comes lies in NAME.rest. */
MUST_CHECK int acquire_rest_begin(struct acquisition *m, struct err *e);
MUST_CHECK int acquire_rest_open(struct acquisition *m,
                                 struct err *e); /* of an image that goes on */
MUST_CHECK int acquire_rest_run(struct acquisition *m, struct err *e);
bool acquire_rest_has_room(const struct acquisition *m);
/* Zeros stand for what the map does not have as read; *has_any: not for all of it. */
MUST_CHECK int acquire_rest_read(const struct acquisition *m, uint64_t off, void *bytes,
                                 size_t size, bool *has_any, struct err *e);
void acquire_rest_give_back(struct acquisition *m); /* the room of what is in the image, durable */
/* One block of a hard place, read to its sectors now, into bytes. */
MUST_CHECK int acquire_rest_block(struct acquisition *m, uint64_t off, size_t size, uint8_t *bytes,
                                  struct err *e);

/* acquisition_sums.c: NAME.sums, by which the rest is known again. */
MUST_CHECK int acquire_sums_begin(struct acquisition *m, struct err *e);
MUST_CHECK int acquire_sums_open(struct acquisition *m, struct err *e);
void acquire_sums_release(struct rest_sums *s);
/* Bytes of the source that go into the rest. */
void acquire_sums_touch(struct acquisition *m, uint64_t off, size_t size);
/* Before the map that goes with them is written, and after it was. */
MUST_CHECK int acquire_sums_write(struct acquisition *m, struct err *e);
void acquire_sums_settle(struct acquisition *m);
/* It stops, and the state on disk is the last: no line of before can stand for one of now. */
MUST_CHECK int acquire_sums_seal(struct acquisition *m, struct err *e);
/* Of an image that goes on: what is not what was read counts as untried, and is noted. */
MUST_CHECK int acquire_sums_check(struct acquisition *m, struct err *e);

/* acquisition_same.c: whether the source is the one that was read before: by what is known of it
 * (identity; NULL where it is gone for good), and its size; ERR_CONFLICT. */
MUST_CHECK int acquire_same_identity(struct acquisition *m, const char *identity, struct err *e);
/* And by its bytes. */
enum { SAME_PLACE_SIZE = 4096 };
/* Bytes that the image holds, in order: some places of them are kept. */
void acquire_same_pass(struct acquisition *m, uint64_t off, const void *bytes, size_t size);
/* Reads them from the source, and compares. ERR_CONFLICT: it is another source, or was changed and
 * may not be; ERR_NOTFOUND, ERR_CANCEL. */
MUST_CHECK int acquire_same_check(struct acquisition *m, struct err *e);
void acquire_same_free(struct same_places *s); /* NULL is fine */
/* Whether a source that was changed meanwhile is gone on with, and marked. */
bool acquire_may_change(const struct acquisition *m);
/* Marks it, for good; how is a clause. */
void acquire_changed(struct acquisition *m, const char *how);

/* Before each read: stops, limit. */
MUST_CHECK int acquire_go_on(struct acquisition *m, size_t size, struct err *e);
