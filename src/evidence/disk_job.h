/* disk_job.h: the parts of the worker that reads a disk with libtsk; linked into calm-disk alone.
 */
#pragma once
#include <tsk/libtsk.h>
#include "evidence/disk_wire.h"
#include "evidence/media.h"

enum { DISK_DAMAGE_COUNT = 4096 };

/* Whom messages of disk_wire.h are told to. */
struct disk_teller {
    int (*send)(void *context, uint32_t kind, struct str message, struct err *e);
    void *context;
};

/* libtsk's handle of the disk, which reads through our media. */
struct disk_image {
    TSK_IMG_INFO info; /* first: libtsk hands this back */
    const struct media *media;
    struct disk_teller teller;
    uint64_t read_size; /* bytes that were read of it */
    /* Where damage was met, ascending; what libtsk read there may hold zeros. */
    struct disk_damage {
        uint64_t off, end;
    } damage[DISK_DAMAGE_COUNT];
    size_t damage_count;
    uint64_t damaged;            /* bytes */
    const struct disk_gap *gaps; /* ascending, apart; what is read there is zeros */
    size_t gap_count;
    struct err failure; /* the file behind the media cannot be read */
};
/* The caller frees it: disk_image_free. */
MUST_CHECK int disk_image_new(struct disk_image **out, const struct media *media, struct err *e);
void disk_image_free(struct disk_image *image); /* NULL is fine */
DEFINE_CLEANUP(struct disk_image *, disk_image_free)
static inline int disk_send(const struct disk_image *image, uint32_t kind, struct str message,
                            struct err *e)
{
    return image->teller.send(image->teller.context, kind, message, e);
}
/* How many bytes of that range lie where damage was met. */
uint64_t disk_image_damaged(const struct disk_image *image, uint64_t off, uint64_t size);
/* And how many in gaps. */
uint64_t disk_image_unread(const struct disk_image *image, uint64_t off, uint64_t size);
/* What libtsk says went wrong last, cut to a sentence part; and forgets it. */
struct str disk_tsk_words(char out[DISK_TEXT_LIMIT]);
/* Reads where the whole range lies on the disk; false where it does not, or cannot be read. */
bool disk_image_read(struct disk_image *image, uint64_t off, void *bytes, size_t size);

/* Partitions: tells the table and its rows, and the file system in each volume; or that of the
 * whole disk. */
MUST_CHECK int disk_tell_all(struct disk_image *image, struct err *e);
/* Where partitions of a DOS table begin, in sectors of the disk, by which Linux numbers them. */
struct disk_dos {
    uint64_t primary[4];                          /* 1 to 4; 0: none */
    uint64_t logical[LIMIT_DISK_PARTITION_COUNT]; /* from 5 on */
    uint32_t logical_count;
};
/* Of a disk without such a table there are none. ERR_LIMIT: its extended partitions name more than
 * LIMIT_DISK_PARTITION_COUNT. */
MUST_CHECK int disk_chain_read(struct disk_image *image, struct disk_dos *out, struct err *e);
/* Tells of each whose chain of tables is not whole (DISK_WIRE_DOUBT). */
MUST_CHECK int disk_chain_tell(struct disk_image *image, struct err *e);
/* Tells of each table of a GPT that is not sound, and where the two differ (DISK_WIRE_DOUBT). A
 * block is what the GPT counts in. */
MUST_CHECK int disk_gpt_tell(struct disk_image *image, uint32_t block_size, struct err *e);
/* Whether the table is a second one at the end of a disk, which nothing else belongs to, and the
 * disk is in use without partitions since: what is known begins at its first sector. */
bool disk_gpt_is_left_over(struct disk_image *image, const TSK_VS_INFO *vs);
/* Says so, and where its partitions began (DISK_WIRE_DOUBT). */
MUST_CHECK int disk_gpt_tell_left_over(struct disk_image *image, const TSK_VS_INFO *vs,
                                       struct err *e);
/* Where the partition of that number begins, and how many sectors it has. ERR_NOTFOUND names those
 * there are. */
MUST_CHECK int disk_find_partition(struct disk_image *image, uint32_t number, uint64_t *first,
                                   uint64_t *count, struct err *e);

/* The file system that begins at a sector, of so many at most: fills fs, and *out where libtsk
 * reads it (else NULL). The caller closes it: tsk_fs_close. */
void disk_open_fs(struct disk_image *image, uint64_t first, uint64_t count, struct disk_fs *fs,
                  TSK_FS_INFO **out);
/* Whether a file system that is read, or what is known by certain bytes, begins at sector 0 and
 * takes the whole disk; fills fs. */
bool disk_know_start(struct disk_image *image, struct disk_fs *fs);
/* What begins there and is not for libtsk: kind and advice; false: nothing that is known. The first
 * are told by bytes that no file system has there, the others only where libtsk read nothing. */
bool disk_know(struct disk_image *image, uint64_t off, bool only_certain, struct disk_fs *fs);
/* What libtsk refused begins as a file system does, or has lost its beginning, of which a copy lies
 * in the bytes that it may have: kind and advice. */
bool disk_know_refused(struct disk_image *image, uint64_t off, uint64_t size, struct disk_fs *fs);
/* Label, times and the like, from the superblock. */
void disk_add_facts(struct disk_image *image, uint64_t off, struct disk_fs *fs);

/* One listing. */
struct disk_walk {
    struct disk_image *image;
    TSK_FS_INFO *fs;
    struct disk_task task;
    struct buf path;        /* of the folder that is read: names with NUL between them */
    struct disk_seen *seen; /* folders that were entered */
    uint64_t content_left;
    uint64_t file_count;
};
/* Tells what the task asks for. path: with slashes. */
MUST_CHECK int disk_walk_run(struct disk_walk *w, struct str path, struct err *e);
void disk_walk_release(struct disk_walk *w);

/* Tells the rows of one file, with their content where it is wanted. file->name may be NULL; name
 * is its path. */
MUST_CHECK int disk_tell_file(struct disk_walk *w, TSK_FS_FILE *file, struct str path,
                              struct err *e);
/* Tells the content of an attribute and its end. */
MUST_CHECK int disk_tell_content(struct disk_walk *w, TSK_FS_FILE *file, const TSK_FS_ATTR *attr,
                                 struct err *e);

/* Whether an ext4 file says by extents where it lies. */
bool disk_has_extents(const TSK_FS_FILE *file);
/* Each extent in order: a gap of so many blocks, then count blocks from block on, which are zeros
 * where block is 0. */
typedef int disk_extent_fn(void *context, uint64_t gap, uint64_t block, uint64_t count,
                           struct err *e);
/* ERR_FORMAT: the tree is damaged; what was told stands. */
MUST_CHECK int disk_extents(TSK_FS_INFO *fs, const TSK_FS_FILE *file, disk_extent_fn *tell,
                            void *context, struct err *e);

/* Puts the times that the inode of ext states in place of those that libtsk took it for. */
void disk_ext_times(TSK_FS_INFO *fs, uint64_t inode, TSK_FS_META *m);
