/* acquisition.h: one disk image, from its beginning or from where it was left, to its end
 * (doc/format/image.md). */
#pragma once
#include <stdatomic.h>
#include "acquire/fault_map.h"
#include "acquire/acquire_state.h"
#include "acquire/source.h"
#include "base/digests.h"

enum acquire_phase {
    ACQUIRE_REREADING, /* what the image holds already, for the hashes */
    ACQUIRE_COPYING,
    ACQUIRE_RESCUING,     /* a failing source: all that it still gives */
    ACQUIRE_FINISHING,    /* from NAME.rest */
    ACQUIRE_DONE,         /* the image is whole */
    ACQUIRE_READING_BACK, /* and compared with what was read */
    ACQUIRE_MOVING,       /* only shown: the last file goes to another folder */
    ACQUIRE_WAITING,      /* only shown: a write to the target takes long */
    ACQUIRE_OPENING,      /* the source; nothing is read into the image yet */
    ACQUIRE_COMPARING,    /* what it holds with what was read of it before */
    ACQUIRE_SILENT,       /* only shown: a read of the source has not come back for a while */
};

/* What another thread may look at, and tell it, while an image is made. */
struct acquire_control {
    _Atomic uint64_t done; /* bytes of the source that came, or were found unreadable */
    _Atomic uint64_t bad;  /* bytes that could not be read so far */
    struct source_watch source;
    struct target_watch target;
    _Atomic uint64_t move_done; /* bytes of the file that is moved */
    _Atomic uint64_t move_size;
    _Atomic int phase;  /* enum acquire_phase */
    _Atomic int pass;   /* enum rescue_pass, while rescuing */
    _Atomic bool waits; /* for a person who makes room */
    _Atomic bool stops; /* set: it ends with ERR_CANCEL, soon */
};

bool acquire_is_whole(const struct acquire_control *c); /* all of the image is written */

/* The phase as a person is told it, with what holds it up. */
int acquire_phase_shown(const struct acquire_control *c);
/* It in words, borrowed for good. */
const char *acquire_phase_words(const struct acquire_control *c, int phase);
/* How long the read of the source lasts that has not come back; 0: there is none. */
uint64_t acquire_silent_ms(const struct acquire_control *c);

struct acquire_options {
    unsigned retries;    /* of each unreadable sector */
    unsigned slow_ms;    /* a MiB that takes longer is a hard place; 0: none is */
    uint64_t limit;      /* bytes of the source a second; 0: none */
    unsigned packers;    /* threads; 0: as many as processors */
    unsigned buffers;    /* MiB of them; 0: as many as are of use */
    unsigned commit_ms;  /* between two states on disk, at least */
    bool accepts_end;    /* what a source lacks at its end is left unread */
    bool accepts_change; /* between two runs; it is marked */
    unsigned compare_ms; /* at most, of a source with what was read of it before; 0: the usual */
    bool reads_in_order; /* hard places at once, instead of last */
    bool leaves_places;  /* at which the source went away: they are left unread */
    const char *check;   /* the check code of NAME.part that was written down; NULL: none */
    const char *bound;   /* as acquisition_bound told it when it stopped, or "0"; NULL: not known */
    bool has_no_hashes;  /* for a source whose beginning is not there to be hashed */
    /* Reads what the image holds up to a byte, in order, for its hashes, the last file as it is
     * viewed; nothing is written. Returns non-zero where take does. */
    int (*reread)(const struct target_files *files, const struct target_view *view, uint64_t until,
                  int (*take)(void *context, const void *bytes, size_t size, struct err *e),
                  void *context, struct err *e);
};

struct acquire_result {
    struct digests_result exact;  /* of the source's bytes, unreadable ones as zeros */
    struct digests_result stored; /* of what the image holds, with padding */
    uint64_t stored_size;
    uint64_t bad;  /* bytes that could not be read */
    uint64_t left; /* and that were not asked for by themselves */
    struct utc ended;
};

struct acquisition;
/* A new image in a folder; begin is taken over. Nothing may be there under its name: ERR_USAGE. The
 * source and control are borrowed. */
MUST_CHECK int acquisition_new(struct acquisition **out, struct acquire_begin *begin,
                               const char *folder, const char *name, struct source *source,
                               const struct acquire_options *options,
                               struct acquire_control *control, struct err *e);
/* Goes on with one; part is the path of NAME.part. The source must be the same: identity is
 * compared (ERR_CONFLICT), and acquisition_run compares some of its bytes (ERR_CONFLICT); NULL: it
 * is gone for good (source_gone), which needs accepts_end. What was written before must be what was
 * read: acquisition_run compares it with NAME.pieces (ERR_TAMPER). */
MUST_CHECK int acquisition_resume(struct acquisition **out, const char *part, const char *identity,
                                  struct source *source, const struct acquire_options *options,
                                  struct acquire_control *control, struct err *e);
/* What an image was begun with, and the folders and files of its state; the first folder is where
 * part lies. The caller releases both. */
MUST_CHECK int acquisition_look(const char *part, struct acquire_state *out,
                                struct target_files *files, struct err *e);
/* Whether nobody goes on with the image of these files at this moment. ERR_CONFLICT: a program
 * does, or waits for a read that does not come back. */
MUST_CHECK int acquisition_is_free(const struct target_files *files, struct err *e);
/* The bytes that its largest file may have; of an E01 in one file those of the source. */
uint64_t acquire_largest(uint64_t segment_size, uint64_t size);
/* Whether an image can begin there: a folder that can be written to, and nothing under the name.
 * Nothing is made. ERR_USAGE, ERR_NOTFOUND, ERR_DENIED. */
MUST_CHECK int acquisition_may_begin(const char *folder, const char *name,
                                     enum target_format format, struct err *e);
/* Once it goes on: the name that the source has now; it is looked for under it from then on. */
void acquisition_note_source(struct acquisition *m, const char *path);
/* Once it goes on: what the source is like in this run stays with the image. writes: as
 * source_writes; uses: who uses it, "" for nobody. */
void acquisition_note_run(struct acquisition *m, bool is_live, const char *uses,
                          const char *writes);
/* A read of the source is left behind, which may come back or not: where it was is kept with the
 * state on disk, and read last when it goes on. No state is written any more. out gets a clause, or
 * nothing. */
void acquisition_leave_read(struct acquisition *m, struct buf *out);
/* How many retries were made of what could not be read; where nothing failed, those asked for. */
unsigned acquisition_retries(const struct acquisition *m);
void acquisition_free(struct acquisition *m); /* NULL is fine */
DEFINE_CLEANUP(struct acquisition *, acquisition_free)
/* Runs to the end. Otherwise what was read is kept, and acquisition_resume goes on: ERR_CANCEL:
 * control said so; ERR_NOTFOUND: the source is gone or ended; ERR_FULL; ERR_IO; ERR_LIMIT. */
MUST_CHECK int acquisition_run(struct acquisition *m, struct acquire_result *out, struct err *e);

/* After acquisition_run, and all that is to be done with the image: removes what it would go on
 * with.
 */
MUST_CHECK int acquisition_finish(struct acquisition *m, struct err *e);

/* Whether it goes on with an image whose state, of an older version, has nothing to compare with
 * what was written before. */
bool acquisition_is_unproven(const struct acquisition *m);
/* Whether it goes on on another kind of processor, or with another library, which packs in another
 * way: the image is as good, and not the same to the byte. */
bool acquisition_packs_otherwise(const struct acquisition *m);

/* What binds the state that it would go on with, and all that this tells of, to be kept elsewhere:
 * SHA-256 of NAME.part without its last line, bytes of the source before which all is there, their
 * digest; nothing where this run wrote no state. None is written after it. */
void acquisition_bound(struct acquisition *m, struct buf *out);
/* The first of it, for people who write it down. */
void acquisition_check_code(struct str bound, struct buf *out);
/* A clause, what was gone on with though nothing elsewhere told that it was as it had been; nothing
 * where all of it was compared with that. */
void acquisition_unbound(const struct acquisition *m, struct buf *out);
/* What source_damage says, of this run and of those before. */
void acquisition_damage(const struct acquisition *m, struct buf *out);
/* Whether a source was changed between two runs; how, a clause, or "" where another run saw it. */
bool acquisition_was_changed(const struct acquisition *m, const char **how);
struct target_files *acquisition_files(struct acquisition *m);
const struct acquire_begin *acquisition_begin(const struct acquisition *m);
/* A source of which not one byte came has no image that could be ended. */
bool acquisition_has_bytes(const struct acquisition *m);
const struct fault_map *acquisition_map(const struct acquisition *m); /* when it does not run */
/* Bytes and SHA-256 of NAME.map or NAME.pieces of an image that is whole, as it was written: what
 * is there may have been changed since. */
void acquisition_beside(const struct acquisition *m, const char *ending, uint64_t *size,
                        struct hash *sum);
/* The path of NAME.ending in the image's first folder. */
void acquisition_path(const struct acquisition *m, const char *ending, struct buf *out);
