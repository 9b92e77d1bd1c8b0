/* disk_show.h: what lies on a disk, as screens and as JSON. */
#pragma once
#include "case/operation.h"
#include "evidence/disk.h"
#include "practice/disk_standing.h"

/* All of a survey, kept. */
struct disk_survey {
    struct arena *arena;
    struct disk_table table;
    struct buf doubts; /* that it is damaged, or not all: lines */
    struct disk_survey_row {
        struct disk_partition partition;
        const struct disk_fs *fs; /* what lies in it; NULL: it is no volume */
    } * rows;
    size_t count;
    size_t room;
    const struct disk_fs *whole; /* what takes the whole disk: it has no table, or one beside it */
    struct disk_count sums;
};
void disk_survey_init(struct disk_survey *s);
void disk_survey_release(struct disk_survey *s);
struct disk_receiver disk_survey_receiver(struct disk_survey *s);
/* The next file system that can be read; *at begins as 0; NULL at the end. */
const struct disk_fs *disk_survey_next(const struct disk_survey *s, size_t *at);
void disk_survey_show(const struct disk_survey *s, struct str image,
                      const struct disk_standing *standing, struct answer *a);

/* Of a deleted file of which is_forgotten. */
#define DISK_FORGOTTEN                                                                             \
    "its file system forgot how long it was and where it lay, as ext2, ext3 and ext4 do under "    \
    "Linux; its bytes may still lie in the image"
/* Of count such files, in a sentence, and what may find them; nothing where there are none. */
void disk_forgotten_text(struct buf *out, uint64_t count);

/* A listing, told while it is read. */
struct disk_listing {
    struct answer *a;
    struct json json;
    uint64_t deleted;
    uint64_t forgotten; /* of them */
    uint64_t rows;
    uint64_t trouble;
    struct buf folders; /* that could not be read, lines */
};
void disk_listing_begin(struct disk_listing *l, struct answer *a);
void disk_listing_release(struct disk_listing *l);
struct disk_receiver disk_listing_receiver(struct disk_listing *l);
void disk_listing_end(struct disk_listing *l, const struct disk_count *sums,
                      const struct disk_standing *standing);
