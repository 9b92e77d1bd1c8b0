/* image_record.h: a disk image on record: before it begins, and when it ended, however it did. */
#pragma once
#include "case/operation.h"
#include "practice/image_helper.h"
#include "practice/progress.h"

extern const struct kind
    acquisition_kind; /* "acquisition", im1 …: an image from its beginning to its end */

/* One image, under way; or one that calm-image made alone, which is put on record. */
struct imaging {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct image_helper helper; /* what it says of source and result */
    struct progress progress;
    struct id id;      /* of its record */
    unsigned number;   /* im1 */
    unsigned item;     /* e1, once it is whole */
    struct buf source; /* paths, whole */
    struct buf place;
    struct buf resume; /* NAME.part in it */
    struct buf title;
    struct buf options; /* as they are told */
    struct buf program; /* what made it */
    uint64_t bad;
    int phase;
    bool goes_on;
    bool is_made; /* taken by its summary: all that is said of it is what that says */
};
void imaging_release(struct imaging *g);

/* Before a byte is written. Sets id, number and resume. */
MUST_CHECK int image_record_begin(struct imaging *g, struct err *e);
/* ended: how it did, and why. Sets item where the image is whole. */
MUST_CHECK int image_record_end(struct imaging *g, int ended, const struct err *why, struct err *e);
/* One that is whole already, both at once: id names the acquisition that it ends, or is zeros. */
MUST_CHECK int image_record_made(struct imaging *g, struct err *e);
/* What it can go on with after it ended so; "" where nothing is left. */
const char *image_left(const struct imaging *g);
