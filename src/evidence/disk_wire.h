/* disk_wire.h: the messages from the worker that reads a disk. Numbers are in this machine's order.
 */
#pragma once
#include "base/limits.h"
#include "evidence/disk.h"
#include "sys/worker.h"

#define DISK_PROGRAM "calm-disk"
#define DISK_JOB "disk"

enum disk_message {
    DISK_WIRE_TABLE = 1, /* struct disk_table */
    DISK_WIRE_PARTITION, /* struct disk_partition_head, what */
    DISK_WIRE_FS,        /* struct disk_fs */
    DISK_WIRE_FILE,      /* struct disk_file_head, path, link, stream */
    DISK_WIRE_DATA,      /* bytes of the content */
    DISK_WIRE_HOLE,      /* u64: so many zeros of the content */
    DISK_WIRE_END,       /* struct disk_end_head, problem */
    DISK_WIRE_TROUBLE,   /* u32 bytes of the path, path, why */
    DISK_WIRE_DOUBT,     /* what speaks against the table of partitions, a sentence */
    DISK_WIRE_COUNT,     /* struct disk_count, last */
};

enum {
    DISK_TEXT_LIMIT = 512, /* of a description, a problem, a reason */
    DISK_CHUNK_SIZE = 256 << 10,
    DISK_DOUBT_COUNT = 16,
    /* Rows of a survey: a logical partition has its own, that of its table, those of what lies
       between. */
    DISK_ROW_COUNT = 4 * (LIMIT_DISK_PARTITION_COUNT + 4),
};

struct disk_partition_head {
    uint64_t first;
    uint64_t count;
    uint32_t number;
    uint32_t flags;
};
enum { DISK_IS_VOLUME = 1, DISK_IS_TABLE = 2 };

struct disk_wire_time {
    int64_t sec;
    uint32_t ns;
    uint32_t unused;
};

struct disk_file_head {
    uint64_t inode;
    uint64_t size;
    uint64_t name_time_size;
    struct disk_wire_time time[2 * DISK_TIME_COUNT]; /* of the inode, then of the name */
    struct disk_wire_time deleted;
    uint32_t uid, gid, mode, links;
    uint32_t attribute_type, attribute_id;
    uint32_t name_time_id;
    uint32_t name_type, type;
    uint32_t flags;
    uint32_t path_len, link_len, stream_len;
    uint32_t unused;
};
enum {
    DISK_HAS_META = 1,
    DISK_HAS_ATTRIBUTE = 2,
    DISK_HAS_NAME_TIME = 4,
    DISK_IS_DELETED = 8,
    DISK_IS_INODE_DELETED = 16,
    DISK_HAS_CONTENT = 32,
    DISK_IS_ENCRYPTED = 64,
    DISK_IS_COMPRESSED = 128,
    DISK_IS_FORGOTTEN = 256,
};

struct disk_end_head {
    uint64_t size;
    uint64_t lost;
    uint64_t unread;
    uint64_t foreign;
    uint32_t is_guess;
    uint32_t unused;
};

/* The argument of the job; the gaps follow, and the path. */
struct disk_task {
    uint64_t first;
    uint64_t inode;
    uint64_t most;
    uint32_t number;
    uint32_t attribute_type, attribute_id;
    uint32_t format; /* enum image_format */
    uint32_t flags;
    uint32_t gap_count;
    uint32_t unused;
};
enum {
    DISK_TASK_LISTS = 1, /* else it tells partitions and file systems */
    DISK_TASK_HAS_INODE = 2,
    DISK_TASK_HAS_ATTRIBUTE_ID = 4,
    DISK_TASK_WANTS_CONTENT = 8,
    DISK_TASK_WANTS_SLACK = 16,
    DISK_TASK_ONLY_DELETED = 32,
    DISK_TASK_CUTS = 64,
};

/* What the program's side knows of a disk that a worker reads. */
struct disk_reading {
    const struct disk_receiver *to;
    uint64_t most;         /* bytes of content that may come */
    uint64_t content_size; /* that came, holes counted */
    uint64_t file_size;    /* of the one that is open */
    uint64_t file_count;
    uint32_t row_count;
    uint32_t doubt_count;
    bool wants_content;
    bool is_open; /* a file with content was begun and not ended */
    bool has_count;
    struct disk_count count;
};
struct disk_reading disk_reading_of(const struct disk_wish *wish, const struct disk_receiver *to);
struct disk_task disk_task_of(const struct disk_wish *wish, enum image_format format);
/* Checks a message and tells the receiver. ERR_TAMPER: no sound worker sends it. */
MUST_CHECK int disk_take_message(struct disk_reading *r, uint32_t kind, struct str body,
                                 struct err *e);

/* Runs in the worker, of calm-disk alone. */
int disk_job(int in, struct str argument, struct worker_channel *channel, struct err *e);
