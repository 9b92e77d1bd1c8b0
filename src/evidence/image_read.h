/* image_read.h: reads disk images in workers: E01 (EnCase 1 to 7, FTK Imager, SMART, linen,
 * libewf), raw, and raw in parts.
 *
 * The files are hostile, and so is all that is told of them: text goes through a sink, numbers are
 * what the image says. What is damaged counts as zeros, is told with its place, and all else is
 * read. In an E01 each chunk has a checksum of 32 bits against accidents; whether the disk is what
 * it was when the image was taken, only the hashes of a record can say. */
#pragma once
#include "base/digests.h"
#include "evidence/image_facts.h"

struct media_laid; /* evidence/media_files.h */

struct image_input {
    const char *name; /* for messages: "reading web1-sda.E01" */
    const int *fds;   /* the files in order; borrowed, read from any place */
    size_t count;     /* at most LIMIT_WORKER_INPUT_COUNT: worker_allow_inputs before opening */
    enum image_format format;      /* IMAGE_ANY: by the first bytes; see image.h */
    const struct media_laid *laid; /* how the last file is seen; NULL: as it is. What is laid over
                                    * it is one more of fds, behind those that count tells of */
};

/* Any may be NULL. A non-zero return stops the reading and is returned. */
struct image_receiver {
    int (*facts)(void *context, const struct image_facts *facts, struct err *e); /* first */
    int (*value)(void *context, struct str name, struct str text, struct err *e);
    int (*errors)(void *context, const struct image_run *runs, size_t count, struct err *e);
    /* In the order of the disk only within one range; of image_pieces from all at once. */
    int (*problem)(void *context, const struct image_problem *problem, struct err *e);
    /* Which of the bytes that come next cannot be read, and come as zeros: all of them, however
     * many problems there are. */
    int (*lost)(void *context, uint64_t off, uint64_t size, struct err *e);
    /* Bytes of the disk, in order and without gaps. */
    int (*bytes)(void *context, uint64_t off, struct str bytes, struct err *e);
    int (*progress)(void *context, uint64_t done, struct err *e); /* bytes of the disk */
    void *context;
};

/* Tells facts, values, errors and what is wrong with the sections. ERR_FORMAT: no image that is
 * read here; ERR_LIMIT: base/limits.h; ERR_TAMPER, ERR_IO, ERR_DENIED as worker_run. */
MUST_CHECK int image_look(const struct image_input *input, const struct image_receiver *to,
                          struct err *e);
/* Reads bytes from to behind of the disk (UINT64_MAX: to its end), and checks all that belongs to
 * them. One worker unpacks while the receiver works. Errors as above. */
MUST_CHECK int image_read(const struct image_input *input, uint64_t from, uint64_t behind,
                          const struct image_receiver *to, struct err *e);
/* The same for the whole disk, with its three hashes, and those of its pieces (pieces may be NULL).
 * Several workers unpack an E01, and what they send comes to the receiver in order; no byte of it
 * is hashed in a worker. */
MUST_CHECK int image_hash(const struct image_input *input, const struct image_receiver *to,
                          struct digests_result *out, struct buf *pieces, struct err *e);
/* Checks the whole disk in several workers at once (0: one for each processor), which answer the
 * SHA-256 of each piece (doc/format/image.md section 4), 32 bytes each in order. The workers hash:
 * one that the image took over can lie, so a verdict on evidence is made from image_hash. */
MUST_CHECK int image_pieces(const struct image_input *input, unsigned workers,
                            const struct image_receiver *to, struct buf *pieces, struct err *e);

/* What libewf says of an E01, which it reads with nothing of our code, in calm-disk. size is that
 * of the disk as image_look tells it; where libewf finds another one it reads none of it:
 * ERR_FORMAT (UINT64_MAX: of any size). ERR_FORMAT: what it complains of, in its own words;
 * ERR_NOTFOUND: calm-disk is not installed; what the watch (or NULL) returned. Its answer stands
 * or falls with its worker. */
struct image_second {
    uint64_t size;         /* bytes of the disk */
    uint32_t flags;        /* IMAGE_HAS_MD5, IMAGE_HAS_SHA1 */
    uint32_t is_corrupted; /* it noticed damage of the files */
    uint8_t md5[16];       /* that the image states */
    uint8_t sha1[20];
    uint8_t unused[4];
    struct digests_result found;
};
/* Either may be NULL. A non-zero return stops it and is returned. */
struct image_second_watch {
    /* Sectors that it could not read. */
    int (*damage)(void *context, uint64_t first_sector, uint64_t count, struct err *e);
    int (*progress)(void *context, uint64_t done, struct err *e); /* bytes of the disk */
    void *context;
};
MUST_CHECK int image_ask_second(const struct image_input *input, uint64_t size,
                                const struct image_second_watch *watch, struct image_second *out,
                                struct err *e);
