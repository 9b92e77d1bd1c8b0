/* emergency_file.h: what an emergency did, as a file that is kept until it is on record in a case
 * (doc/format/containment.md section 10). */
#pragma once
#include "base/hash.h"
#include "base/utc.h"
#include "practice/practice.h"

struct emergency_done {
    struct buf host;
    struct buf person;
    struct buf reason;
    struct buf result;
    struct buf plan;   /* to the letter */
    struct buf before; /* the state before */
    struct utc moment; /* when it was in effect, or that was not known */
    bool is_sure;      /* it is in effect; else it may be */
};
void emergency_done_release(struct emergency_done *d);
#define CLEANUP_EMERGENCY_DONE CLEANUP(emergency_done_release)

/* Writes it into the first folder that takes it: below state_folder (may be NULL), on this host's
 * disk, in its memory. *path is where. ERR_IO: none does. */
MUST_CHECK int emergency_file_write(const struct emergency_done *d, const char *state_folder,
                                    struct buf *path, struct err *e);
/* Reads one, which may come from elsewhere and be hostile: in a worker. ERR_FORMAT, and those of
 * worker_run. On error *out holds nothing. */
MUST_CHECK int emergency_file_read(struct emergency_done *out, const char *path, struct err *e);
/* Adds a line for each that is kept where emergency_file_write puts them. */
void emergency_file_list(const char *state_folder, struct buf *paths);

/* Puts all of it on record, in one go. more: words about how it came here, or empty. */
MUST_CHECK int emergency_record(struct session *s, const struct operation *op,
                                const struct input *in, const struct emergency_done *d,
                                struct str more, struct id *action, struct err *e);
/* What every emergency's action has: that it began, and why. */
void emergency_draft(struct decision *d, struct draft *dr, struct str reason);
/* The machine that was cut off; it is put on the list if it lacks there. */
struct id emergency_system(struct decision *d, struct str host);
/* The action whose plan has these bytes; NULL: none. */
const struct thing *emergency_find(const struct view *v, struct str plan);
