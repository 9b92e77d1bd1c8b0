/* image.h: a disk image that a worker has as its inputs: raw, raw in parts, or E01. Only a worker
 * includes it; image_read.h is the program's side. */
#pragma once
#include "evidence/ewf_set.h"
#include "evidence/media.h"

struct image;
/* IMAGE_ANY: an E01 where the first file begins like one, else raw. What is known to be an E01 is
 * opened as IMAGE_E01, since one whose first bytes are damaged looks raw. files is borrowed, the
 * watcher copied. ERR_FORMAT: no E01, or a kind that is not read (Ex01, L01, encrypted); ERR_LIMIT,
 * ERR_IO. */
MUST_CHECK int image_open(struct image **out, const struct media_files *files,
                          enum image_format format, const struct image_watcher *watcher,
                          struct err *e);
void image_close(struct image *image); /* NULL is fine */
DEFINE_CLEANUP(struct image *, image_close)
/* The inputs of the worker that this runs in. laid: how the last one is seen, borrowed until
 * image_close; NULL: as it is. */
MUST_CHECK int image_of_worker(struct image **out, const struct worker_channel *channel,
                               enum image_format format, const struct media_laid *laid,
                               const struct image_watcher *watcher, struct err *e);

const struct media *image_media(const struct image *image);
const struct image_facts *image_facts(const struct image *image);
const struct image_value *image_values(const struct image *image, size_t *count);
const struct image_run *image_errors(const struct image *image, size_t *count);
/* How many bytes from off on are zeros because no file holds them. */
uint64_t image_missing(const struct image *image, uint64_t off);
/* Checks all that is not needed to read these bytes, and belongs to them. ERR_IO. */
MUST_CHECK int image_check(struct image *image, uint64_t from, uint64_t to, struct err *e);
