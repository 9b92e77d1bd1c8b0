/* image_wire.h: the messages from the worker that reads a disk image. Numbers are in this machine's
 * order. */
#pragma once
#include "evidence/image_read.h"
#include "evidence/media_files.h"
#include "sys/worker.h"

enum image_message {
    IMAGE_WIRE_FACTS = 1,     /* struct image_facts; first, and once */
    IMAGE_WIRE_VALUE,         /* name, NUL-filled to 8 bytes, text */
    IMAGE_WIRE_ERRORS,        /* struct image_run of each */
    IMAGE_WIRE_PROBLEM,       /* struct image_problem */
    IMAGE_WIRE_BYTES,         /* of the disk, in order */
    IMAGE_WIRE_ZEROS,         /* u64: so many of them are zeros */
    IMAGE_WIRE_LOST,          /* u64: so many cannot be read, and count as zeros */
    IMAGE_WIRE_PIECES,        /* SHA-256 of each piece, in order */
    IMAGE_WIRE_STRETCH,       /* nothing: all of a stretch was sent */
    IMAGE_WIRE_SECOND,        /* struct image_second; of the second opinion, last */
    IMAGE_WIRE_SECOND_DAMAGE, /* u64 first sector, u64 count: the same */
    IMAGE_WIRE_SECOND_DONE,   /* u64: bytes of the disk that it has read; the same */
};

enum image_task_kind { IMAGE_TASK_FACTS, IMAGE_TASK_BYTES, IMAGE_TASK_PIECES };

struct image_task {
    uint32_t kind;
    uint32_t format;
    uint64_t from; /* bytes of the disk */
    uint64_t to;   /* UINT64_MAX: to the end */
    /* 0: all of it. Else bytes of a stretch, and from one to the next: the worker sends this much,
     * passes over what is between, and goes on. */
    uint64_t stretch;
    uint64_t step;
    uint64_t is_laid; /* 1: the last file is seen as laid says */
    struct media_laid laid;
};

enum {
    IMAGE_WIRE_PART_SIZE = 64 << 10,
    IMAGE_WIRE_NAME_SIZE = 8,
    IMAGE_WIRE_RUNS_MAX = 8192,
};

/* Runs in the worker. The argument is a struct image_task. */
worker_job image_job;
/* Runs in calm-disk, under this name. The argument is the disk's size, u64. */
#define IMAGE_DISK_PROGRAM "calm-disk"
#define IMAGE_SECOND_NAME "libewf"
worker_job image_second_job;
