/* preserve_read_record.h: one reading of a disk image, and how it goes on the record of the item's
 * chain of custody. Only the files of calm preserve read include it. */
#pragma once
#include "practice/disk_files.h"
#include "practice/disk_standing.h"
#include "practice/disk_unread.h"
#include "practice/disk_wish.h"
#include "practice/out_file.h"

struct reading {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct view view;
    struct disk_files files;
    struct disk_standing standing;
    struct disk_source source;
    struct disk_unread unread; /* has_unread: it was looked for */
    bool has_unread;
    struct buf unread_fact; /* in words; empty: all was read */
    struct disk_gap *gaps;  /* of the source */
    struct disk_wish wish;
    struct disk_count sums;
    struct decision items; /* of --keep */
    uint64_t kept;
};

/* What is done with an image: in words once it was, and where it was not. */
struct act {
    const char *begun, *done, *failed; /* begun: NULL where nothing is written */
    bool has_where;
    const char *to; /* the path that it goes to; NULL: none */
};

/* The access goes on record with what came of it: words of an act, and the outcome, or NULL; and
 * how the item stands to the record. A case that can only be read is looked at without a record,
 * which the answer says. */
MUST_CHECK int reading_record(struct reading *r, const struct act *act, const char *did,
                              const char *outcome, struct err *e);
/* Before the first byte is written: who is killed, or loses power, leaves this record, and files.
 * One file has its name only at the end; until then, and where it came to none, that of its part:
 * NULL where there are many. */
MUST_CHECK int reading_begin(struct reading *r, const struct act *act, const struct out_file *file,
                             struct err *e);
/* It came to its end, or failed (rc, *e), which goes on record, too. Returns that, or why it could
 * not be recorded. */
MUST_CHECK int reading_end(struct reading *r, const struct act *act, int rc, const char *outcome,
                           struct err *e);
/* Before anything is read that is to be written out: what must go on record can, and nothing goes
 * into the case's folder, or onto the disk that is read. */
MUST_CHECK int reading_may_write(const struct reading *r, const char *path, struct err *e);
/* "7 rows, 812 bytes, SHA-256 …" of the file there; one and many: "row", "rows". */
MUST_CHECK int reading_add_sum(struct buf *out, uint64_t count, const char *one, const char *many,
                               const char *path, struct err *e);
/* The answer to --body. */
MUST_CHECK int reading_body(struct reading *r, struct err *e);
void reading_where(struct buf *out, const struct reading *r); /* "partition 1, /etc" */
