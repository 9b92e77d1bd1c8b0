/* imager.h: the whole of making one image, as calm-image does it: open, copy, read back, tell. */
#pragma once
#include "acquire/reread.h"
#include "acquire/source_open.h"

enum { IMAGER_ALSO_MAX = 32 };
/* How imager_report.stated begins where the source states other hashes than were read. */
#define IMAGER_OTHER_HASHES "DIFFERENT:"

/* What was asked for. Strings are borrowed, NULL where not given. */
struct imager_order {
    const char *source; /* with part: another path of it, or NULL for the one of before */
    const char *folder;
    const char *also[IMAGER_ALSO_MAX]; /* folders to go on in where that one is full, in order */
    size_t also_count;
    const char *case_folder; /* is written to meanwhile: not on a source that is in use */
    const char *name;        /* NULL: of the host and the device */
    const char *part;        /* goes on with this one */
    enum target_format format;
    uint64_t segment_size; /* UINT64_MAX: the usual one */
    bool is_small;
    bool is_live; /* also in use, or, with part, changed meanwhile */
    bool is_gone; /* with part: the source, for good; it is looked for all the same */
    bool has_no_read_back;
    unsigned patience_s;
    struct acquire_options options;
    const char *case_number, *number, *examiner, *notes, *description;
};

/* Whoever watches. Called by the thread that called imager_run. */
struct imager_watch {
    /* The source is open: rights that only this needed can be given up. */
    int (*opened)(void *context, struct err *e);
    /* And the image can begin, or go on; nothing is written yet; non-zero ends it. */
    int (*facts)(void *context, const struct source_facts *facts, const char *name, struct err *e);
    void (*progress)(void *context, const struct acquire_control *control, uint64_t size);
    /* As target_files.full, once no folder of the order is left. It is called by another thread. */
    int (*full)(void *context, const char *folder, const char *why, char **other, struct err *e);
    void *context;
};

struct imager_report {
    struct source_facts facts;
    struct acquire_result result;
    struct read_back back; /* where it was read back */
    bool has_back;
    struct buf
        back_failed; /* why nobody can tell whether it is what was written; empty: it is told */
    struct utc begun;
    struct utc back_begun, back_ended; /* reading back; {0}: it was not */
    struct buf files;   /* a line for each: bytes, SHA-256 ("-": not read back), FOLDER/NAME */
    struct buf changed; /* when and how the source changed, a clause; empty: not */
    struct buf damage;  /* of a source that is an image: where its files are damaged */
    struct buf stated;  /* of a source that states hashes of itself: whether they are these */
    struct buf part;    /* path of what it goes on with; empty: there is nothing to go on with */
    struct buf bound;   /* acquisition_bound, where it can go on */
    struct buf unbound; /* acquisition_unbound */
    struct buf lost;    /* where it could not be read: the first runs, in words */
    struct buf left;    /* where it was left unread */
    bool is_live;       /* in one of its runs */
    struct buf history; /* of its runs after the first */
    struct buf retries; /* as imager_retries */
    struct buf text;    /* NAME.txt */
    struct buf name;
};
void imager_report_release(struct imager_report *r);

/* Until the image is there, or cannot go on now; report tells as far as it came. is_done: the image
 * is whole, and an error is about reading it back. Errors as acquisition_run and read_back;
 * ERR_TAMPER: what was read back is not what was written; ERR_IO: a read does not come back, and
 * the process must end without waiting for it. */
MUST_CHECK int imager_run(const struct imager_order *order, const struct imager_watch *watch,
                          struct acquire_control *control, struct imager_report *report,
                          struct err *e);
