/* evidence_image.h: whether a disk image on the register, whose files lie outside of the case, is
 * still what was recorded (doc/format/image.md). */
#pragma once
#include "evidence/image_facts.h"
#include "practice/evidence.h"
#include "practice/evidence_check.h"

extern const struct item_bytes item_image;

/* A file that the image itself lies in, in order; the others lie beside it. */
struct image_part {
    int fd;
    struct str name; /* as recorded */
};

struct image_check {
    const struct thing *item;
    const struct blob_watch *watch;
    struct buf *found; /* lines, as item_bytes.check fills them */
    uint64_t untold;   /* places that found has no room for */
    struct image_part *parts;
    size_t count;
    size_t room;
    enum image_format format;
    int pieces_fd;           /* NAME.pieces; -1: it is not there */
    struct buf pieces_name;  /* of the file */
    bool has_pieces_sum;     /* the record has one of it, and it was compared */
    uint64_t file_size;      /* of a file on the register, of which no more is recorded than its
                              * bytes, and they were compared; 0: an image is */
    bool lacks_part;         /* a file that it lies in is not there, or cannot be opened */
    bool has_bad_part;       /* one that is there is not as recorded */
    bool has_gap;            /* what the files hold is not at its place in one behind another */
    int code;                /* the worst that was found; 0: all is as recorded */
    bool has_compared;       /* all that it holds, with a hash on record */
    bool holds_other;        /* and it is something else */
    bool lacks_map;          /* and only that said which of its zeros could not be read */
    uint64_t differing_size; /* MiB that differ from those beside the image */
};

/* Of a file on the register that begins as an E01 does: whether what it says of itself is so, and
 * what libewf reads. found tells; what it says, it said when it was taken, so its bytes are as they
 * were all the same. ERR_CANCEL. */
bool image_check_asks_second(struct str name); /* of a file: it is read twice more, by its name */
MUST_CHECK int image_check_file(const struct thing *item, int fd, uint64_t size,
                                const struct blob_watch *watch, struct buf *found, struct err *e);

/* A line of what was found, and what it counts as: ERR_TAMPER, ERR_NOTFOUND, ERR_IO, or 0. */
void image_found(struct image_check *c, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Reads all that the image holds, and compares it with the record, with the pieces beside it, and
 * with what libewf reads. ERR_CANCEL; all else is in c. */
MUST_CHECK int image_check_media(struct image_check *c, struct err *e);
