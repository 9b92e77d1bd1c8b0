/* intake.h: takes bytes into the case as evidence: read once, hashed while they are read, kept
 * whole, and what changed meanwhile is said. */
#pragma once
#include <sys/stat.h>
#include "practice/evidence.h"
#include "sys/patience.h"

/* One file as it was taken. */
struct intake {
    struct stat before; /* when it was opened */
    struct blob_digests digests;
    struct buf trouble; /* why it could not be read, a sentence part; nothing was kept then */
    struct buf remark;  /* what is particular; may be empty */
    struct patience *patience; /* of its reads */
    bool hangs;                /* ERR_CANCEL: a read of it has not come back */
};
void intake_release(struct intake *i);

/* What is to be read of a file that was size bytes long when it was opened. A log that grows all
 * the time is taken as far as it reached then; files that the kernel makes up say 0 and are read to
 * their end, at most INTAKE_MADE_UP_SIZE. */
enum { INTAKE_MADE_UP_SIZE = 64 << 20 };
uint64_t intake_size(const struct stat *before);
/* Says how a file differs from what it was before got bytes of it were read. keeps_time: it was
 * opened so that reading leaves its access time alone. */
void intake_changes(struct buf *remark, const struct stat *before, const struct stat *after,
                    uint64_t got, bool keeps_time);

/* Takes the bytes behind a descriptor of a regular file, which is at its start (the offset moves).
 * Trouble in reading is no error: i->trouble says it. ERR_FULL, ERR_IO, ERR_TAMPER: the case could
 * not keep it; ERR_CANCEL: interrupt_came(). Nothing is kept on error. */
MUST_CHECK int intake_fd(struct intake *i, struct session *s, int fd, bool keeps_time,
                         struct err *e);
/* Takes bytes that were made here: a recording, a snapshot, a list. */
MUST_CHECK int intake_bytes(struct session *s, struct str bytes, struct blob_digests *out,
                            struct err *e);
/* Fills what is known of a file that was taken; the slices stay the caller's. */
void intake_facts(struct evidence_facts *f, const struct intake *i);
/* A path or name of any bytes as one line of text: control characters, backslashes and what is not
 * UTF-8 become \xHH. */
void intake_path_text(struct buf *out, const char *path);
/* The same bytes are on the register as unlawful to possess, and are not taken again. Reads the
 * whole file when the register holds such an item of its size, else nothing; the offset is put
 * back. */
MUST_CHECK int intake_is_sealed(const struct state *s, int fd, bool *out, struct err *e);
