/* target_files.h: the files of an image: their names, the folders they lie in, and what becomes of
 * them where a folder is full (doc/format/image.md sections 1 and 5). */
#pragma once
#include <stdatomic.h>
#include "base/err.h"
#include "base/str.h"
#include "evidence/media_files.h"

enum target_format { TARGET_E01, TARGET_RAW, TARGET_SPLIT };
enum {
    TARGET_FILES_MAX = 14971, /* what names of E01 segments count to */
    TARGET_PAGE = 4096,
};

/* One file: its folder by number. */
struct target_file {
    unsigned folder;
    uint64_t size; /* bytes that were written, holes counted */
};

/* Which file it is, wherever it is named. */
struct target_born {
    uint64_t inode; /* 0: not known */
    uint64_t born_ns;
};

/* The first bytes of an image, made known before they are written: image.md section 5. */
enum {
    TARGET_PIECE = 512,
    TARGET_PIECES_MAX = 4096, /* more than a block of the source and all that stands before it */
    TARGET_PIECE_SUM = 16,
};
struct target_announced {
    uint64_t size;  /* bytes; 0: none were to be written yet */
    uint32_t count; /* of the pieces, at most TARGET_PIECES_MAX; what is behind them is not known */
    uint8_t sums[TARGET_PIECES_MAX][TARGET_PIECE_SUM]; /* half the SHA-256 of each */
};

/* What may lie in the files that a state does not tell of yet. */
struct target_ahead {
    bool is_known;    /* false: a version before wrote the state, which tells nothing of that */
    bool is_whole;    /* all of the source is in them */
    bool may_end;     /* so little is missing that the last file may have its end */
    uint64_t size;    /* bytes of a raw image */
    uint64_t segment; /* of a part of it; 0: all */
    struct target_born first;
    const struct target_announced *announced; /* NULL: a version before wrote the state */
};

/* Held open and locked, from each folder that has one. */
struct target_claim {
    int fd;
    bool is_first; /* of the folder that the state lies in */
};

/* Whoever keeps the state of the image. */
struct target_keeper {
    /* Makes durable in which folders the files lie, before and after one is moved. */
    int (*keep)(void *context, struct err *e);
    /* Makes durable what is about to be written to the first file, from its beginning on. Does
     * nothing where a state tells of that file. */
    int (*announce)(void *context, const void *bytes, size_t size, struct err *e);
    /* While a file is copied to another folder, bytes; a non-zero return ends that. */
    int (*copied)(void *context, uint64_t done, uint64_t size, struct err *e);
    void *context;
};

/* What another thread may look at. */
struct target_watch {
    _Atomic uint64_t since_ms; /* of the write in flight (CLOCK_MONOTONIC); 0: there is none */
    _Atomic bool moves;        /* a file is copied to another folder */
};

enum { TARGET_ID_SIZE = 16 };

/* How the last file is read though it goes on behind what is right of it, or lacks an end. */
struct target_view {
    struct media_laid laid;
    struct buf over; /* what is laid over it */
};
static inline UNUSED void target_view_release(struct target_view *v)
{
    buf_release(&v->over);
}

struct target_files {
    enum target_format format;
    uint8_t id[TARGET_ID_SIZE]; /* of the image: by it a folder is known to be its own */
    char *name;                 /* without the ending */
    char **folders;
    size_t folder_count;
    unsigned rest_folder; /* in which NAME.rest lies */
    struct target_claim *claims;
    size_t claim_count;
    size_t claim_room;
    struct target_file *files; /* that of number 1 first */
    size_t count;
    size_t room;
    int fd;           /* of the last; -1: none */
    int straight;     /* the same, past the page cache; -1: what it lies on does not allow that */
    uint64_t sent;    /* bytes of it that the kernel was told to write to the disk */
    uint64_t largest; /* bytes that a file may come to have; 0: not known */
    /* Asked where a folder is full: gives another folder, malloc()ed, or the same for "there is
     * room now". It is asked again where that one will not do: why says so, else it is "". Returns
     * non-zero where nobody knows one. NULL: nobody. */
    int (*full)(void *context, const char *folder, const char *why, char **other, struct err *e);
    void *context;
    bool has_first;                     /* an empty one is there, which is used */
    const struct target_keeper *keeper; /* borrowed; NULL: nobody keeps a state */
    struct target_watch *watch;         /* borrowed; NULL: nobody looks */
};

/* What may be released though it was never begun. */
#define TARGET_FILES_NONE ((struct target_files){.fd = -1, .straight = -1})

/* name must be no path: ERR_USAGE. */
MUST_CHECK int target_files_init(struct target_files *f, enum target_format format,
                                 const char *folder, const char *name, struct err *e);
void target_files_release(struct target_files *f);
/* The ending of a file, "E01", "EAA", "raw", "001"; false: there is none for that number. */
bool target_file_ending(enum target_format format, uint32_t number, char out[8]);
/* The number of a file by its name in a folder; 0: it is none of the image's. */
uint32_t target_file_number(const struct target_files *f, const char *name);
/* The whole path of a file, from number 1. */
void target_files_path(const struct target_files *f, uint32_t number, struct buf *out);

/* Makes the next file, which must not be there. The one before is durable when it returns. */
MUST_CHECK int target_files_next(struct target_files *f, struct err *e);
/* Before bytes from the beginning of a file are written that may be the first of the image. */
MUST_CHECK int target_files_announce(const struct target_files *f, const void *bytes, size_t size,
                                     struct err *e);
void target_announced_make(struct target_announced *a, const void *bytes, size_t size);
/* Writes to the last file; where its folder is full, goes on in another one. ERR_FULL, ERR_IO.
 * Where off, bytes and size are whole TARGET_PAGEs nothing of it stays in the page cache, so that
 * an image does not push out what a system under examination has in memory. */
MUST_CHECK int target_files_write(struct target_files *f, uint64_t off, const void *bytes,
                                  size_t size, struct err *e);
/* From the last file, which has so many bytes. ERR_IO. */
MUST_CHECK int target_files_read(const struct target_files *f, uint64_t off, void *bytes,
                                 size_t size, struct err *e);
/* The last file ends there: a hole at its end counts. */
MUST_CHECK int target_files_set_size(struct target_files *f, uint64_t size, struct err *e);
MUST_CHECK int target_files_sync(struct target_files *f, struct err *e); /* the last file, if any */
/* A folder that holds nothing under the image's name. ERR_USAGE: it does. */
MUST_CHECK int target_folder_is_free(const struct target_files *f, const char *folder,
                                     struct err *e);
/* Finds files that are there, in the folder of the state or another one that it names, and opens
 * the last one. Nothing is changed. ERR_NOTFOUND, ERR_FORMAT: shorter than the state says. */
MUST_CHECK int target_files_resume(struct target_files *f, struct err *e);
/* Locks what says that the folders are the image's, and compares that with the number of the state,
 * 0: it has none. ERR_CONFLICT: another program goes on with it, or from a later state. */
MUST_CHECK int target_claims_hold(struct target_files *f, uint64_t number, struct err *e);
/* A state of that number is written. */
MUST_CHECK int target_claims_number(struct target_files *f, uint64_t number, struct err *e);
struct target_born target_born(int fd);
/* Whether files under the image's names hold more than an interrupted run can have left. Nothing is
 * changed. ERR_CONFLICT: they do, so the state is old, or they are of another image. */
MUST_CHECK int target_files_check(const struct target_files *f, const struct target_ahead *ahead,
                                  struct err *e);
/* Once that is so: the last one is cut to its size, or the first one emptied; later ones, which no
 * state told of, and copies that were not to be kept are removed where that is safe. is_proven: all
 * that the state tells of is in the files, as it was read. *left gets clauses on what stays in
 * doubt. ERR_CONFLICT: nothing shows that the last one is this image's; nothing was changed. */
MUST_CHECK int target_files_settle(struct target_files *f, const struct target_ahead *ahead,
                                   bool is_proven, struct buf *left, struct err *e);
/* A file could not grow in its folder: move takes it to another one, or to the same, as somebody
 * named it. ERR_FULL: nobody knows one. */
MUST_CHECK int target_make_room(struct target_files *f, int error, const char *folder,
                                int (*move)(void *context, const char *folder, bool *asks,
                                            struct err *e),
                                void *context, struct err *e);
bool target_is_full(int error); /* what failed could be done in another folder */
/* NAME.rest, held open, goes on in another folder, or in the same. *asks as in target_move_last. */
MUST_CHECK int target_move_rest(struct target_files *f, const char *folder, int *rest, bool *asks,
                                struct err *e);
/* Opens NAME.rest where the state says, or in another of its folders. */
MUST_CHECK int target_open_rest(struct target_files *f, int *rest, struct err *e);
void target_rest_path(const struct target_files *f, struct buf *out);
/* Whether a file may have so many bytes there. ERR_LIMIT: the file system has none of that size. */
MUST_CHECK int target_folder_takes(const char *folder, uint64_t size, struct err *e);
/* Takes from its folders what it would go on with, and what says that they are its own. */
MUST_CHECK int target_files_end(const struct target_files *f, struct err *e);
unsigned target_files_add_folder(struct target_files *f, const char *folder);
