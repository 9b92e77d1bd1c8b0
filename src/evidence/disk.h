/* disk.h: what lies on a disk: its partitions, file systems and files, deleted ones too, read with
 * libtsk inside a worker of calm-disk.
 *
 * The disk is hostile, and so is all that is told of it. Names are bytes as they stand on the disk:
 * they may hold "/", "..", control characters, anything but NUL; they are shown through a sink and
 * never used as paths. A path is names with a NUL between them, so that a name which holds a slash
 * stays one name. Nothing says that a deleted file's content is still its own: what is known
 * against it is told. */
#pragma once
#include "base/str.h"
#include "base/utc.h"
#include "evidence/image_facts.h"

enum disk_type {
    DISK_UNKNOWN,
    DISK_FILE,
    DISK_FOLDER,
    DISK_LINK,
    DISK_FIFO,
    DISK_SOCKET,
    DISK_CHARACTER_DEVICE,
    DISK_BLOCK_DEVICE,
    DISK_SHADOW,         /* an access control list of Solaris */
    DISK_WHITEOUT,       /* hides a name of a lower layer, BSD */
    DISK_VIRTUAL,        /* an area of the file system that libtsk shows as a file: $MBR, $FAT1 */
    DISK_VIRTUAL_FOLDER, /* $OrphanFiles: deleted files that no name leads to */
    DISK_TYPE_COUNT_,
};
const char *disk_type_name(enum disk_type t); /* "file", "folder" … */

enum { DISK_KIND_SIZE = 24, DISK_LABEL_SIZE = 192, DISK_ADVICE_SIZE = 320 };

struct disk_table {
    uint64_t media_size;
    uint32_t sector_size;      /* bytes; all numbers of sectors are in these */
    char kind[DISK_KIND_SIZE]; /* "GPT", "DOS", "BSD", "Mac", "Sun"; empty: none */
    uint32_t is_backup;        /* 1: the first one cannot be used: this is the copy at the end */
};

struct disk_partition {
    uint64_t first;  /* sector */
    uint64_t count;  /* of sectors */
    uint32_t number; /* as Linux counts: 3 is sda3; 0 for what is no partition */
    bool is_volume;  /* else a gap, or part of a table */
    bool is_table;
    struct str what; /* as the table says: a kind of partition, a name */
};

struct disk_fs {
    uint64_t first;            /* sector where it begins */
    uint32_t number;           /* of its partition; 0: none */
    uint32_t is_readable;      /* 1: libtsk reads its files */
    char kind[DISK_KIND_SIZE]; /* "ext4", "ntfs", "LUKS"; empty: not known */
    char label[DISK_LABEL_SIZE];
    uint64_t block_size;
    uint64_t block_count;
    uint64_t inode_count;
    struct utc made, mounted, written; /* {0}: not said */
    char mounted_on[DISK_LABEL_SIZE];
    char advice[DISK_ADVICE_SIZE]; /* what to do where it is not read; else empty */
};

enum { DISK_MODIFIED, DISK_ACCESSED, DISK_CHANGED, DISK_BORN, DISK_TIME_COUNT };

/* One row of a listing: a name, and on NTFS one for each stream of it. */
struct disk_file {
    struct str path;   /* names with NUL between them; never empty */
    struct str link;   /* the target of a symbolic link, else empty */
    struct str stream; /* the name of an NTFS stream, else empty */
    uint64_t inode;
    uint64_t size;                         /* as the file system states it */
    struct utc time[DISK_TIME_COUNT];      /* {0}: none */
    struct utc name_time[DISK_TIME_COUNT]; /* NTFS: those beside the name, $FILE_NAME */
    struct utc deleted;                    /* ext: when the inode was freed; {0}: not said */
    uint64_t name_time_size;               /* bytes of that attribute */
    uint32_t name_time_id;                 /* its number */
    uint32_t uid, gid;
    uint32_t mode; /* permission bits, 07777 */
    uint32_t links;
    uint32_t attribute_type, attribute_id; /* NTFS: 128-3; both 0 elsewhere */
    enum disk_type name_type;              /* as the folder says */
    enum disk_type type;                   /* as the inode says */
    bool has_meta;         /* there is an inode; else nothing is known but name and number */
    bool has_attribute;    /* attribute_type and _id stand for something */
    bool has_name_time;    /* with the first row of a name */
    bool is_deleted;       /* the name is */
    bool is_inode_deleted; /* the inode is free */
    bool is_reallocated;   /* the name is deleted, the inode another file's now */
    bool is_forgotten;     /* ext: deleted, and of length and place nothing is left: size is 0 */
    bool has_content;      /* its bytes follow, if bytes were asked for */
    bool is_encrypted;     /* NTFS: its bytes are as stored */
    bool is_compressed;
};

struct disk_end {
    uint64_t size;      /* bytes told, holes counted */
    uint64_t lost;      /* of them zeros that stand for what could not be read */
    uint64_t unread;    /* and, apart from these, for what was not read when the image was taken */
    uint64_t foreign;   /* of a deleted file: lie in blocks that another file uses now */
    bool is_guess;      /* FAT: only the first block of a deleted file is known for certain */
    struct str problem; /* why it is not all, or not at all; else empty */
};

/* Any may be NULL. A non-zero return stops the reading and is returned. */
struct disk_receiver {
    int (*table)(void *context, const struct disk_table *t, struct err *e);
    /* Behind the table: that it is damaged, or says less than there was. A sentence. */
    int (*doubt)(void *context, struct str words, struct err *e);
    int (*partition)(void *context, const struct disk_partition *p, struct err *e);
    /* Of the partition that was told last; before the first one, of the whole disk. */
    int (*fs)(void *context, const struct disk_fs *fs, struct err *e);
    int (*file)(void *context, const struct disk_file *f, struct err *e);
    /* The content of the last file, in order, without gaps; then its end. A hole is zeros. */
    int (*data)(void *context, struct str bytes, struct err *e);
    int (*hole)(void *context, uint64_t size, struct err *e);
    int (*end)(void *context, const struct disk_end *end, struct err *e);
    /* A folder that could not be read, or only in part. */
    int (*trouble)(void *context, struct str path, struct str why, struct err *e);
    void *context;
};

/* Bytes of the disk that its image lacks, and has zeros for. */
struct disk_gap {
    uint64_t off, size;
};
enum { DISK_GAP_COUNT = 60000 }; /* that a source may have */

/* Where the bytes lie: descriptors of the image's files in order, borrowed. */
struct disk_source {
    const int *fds;
    size_t fd_count;
    const char *name; /* for messages: "reading web1-sda.E01" */
    enum image_format format;
    const struct disk_gap *gaps; /* ascending, apart; a survey does not look at them */
    size_t gap_count;
};

struct disk_wish {
    uint64_t first;  /* the sector where the file system begins; or */
    uint32_t number; /* its partition; 0: first counts */
    struct str path; /* "/etc/passwd", names divided by slashes; empty: all of it */
    uint64_t inode;  /* where has_inode: this one instead */
    uint32_t attribute_type, attribute_id; /* of it; type 0: all */
    uint64_t most;                         /* bytes of content in all, holes counted */
    bool has_inode;
    bool has_attribute_id;
    bool wants_content;
    bool wants_slack; /* the rest of the last block, too */
    bool only_deleted;
    bool cuts; /* of a file that states more than most the beginning is read, else nothing */
};

struct disk_count {
    uint64_t files;   /* rows told */
    uint64_t damaged; /* bytes of the image that are damaged and were met; zeros stand there */
};

/* Tells partitions and file systems. ERR_FORMAT, ERR_LIMIT, ERR_TAMPER, ERR_IO, ERR_DENIED as
 * worker_run; ERR_NOTFOUND: calm-disk is not there. What was told before an error stands. */
MUST_CHECK int disk_survey(const struct disk_source *source, const struct disk_receiver *to,
                           struct disk_count *out, struct err *e);
/* Tells one file system, and then its files. ERR_NOTFOUND: no such partition, path or inode;
 * ERR_FORMAT: it cannot be read, with what to do; the rest as above. */
MUST_CHECK int disk_list(const struct disk_source *source, const struct disk_wish *wish,
                         const struct disk_receiver *to, struct disk_count *out, struct err *e);

/* A path as one text with slashes, beginning with one. A slash within a name is kept. */
void disk_path_text(struct buf *out, struct str path);
/* Whether that text tells the path exactly: it is UTF-8 and no name holds a slash. */
bool disk_path_is_plain(struct str path);
