/* image_facts.h: what is known of a disk image, and what can be wrong with it. These cross from the
 * worker to the program as they are. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum image_format { IMAGE_ANY, IMAGE_RAW, IMAGE_E01 };

enum image_problem_kind {
#define PROBLEM(name, words) IMAGE_##name,
#include "evidence/image_problems.def"
#undef PROBLEM
    IMAGE_PROBLEM_COUNT_,
};
const char *image_problem_words(uint32_t kind); /* a clause without a full stop */

#define IMAGE_NO_FILE UINT32_MAX
struct image_problem {
    uint32_t kind;
    uint32_t file;         /* of those given, from 0; IMAGE_NO_FILE: of none */
    uint64_t off;          /* byte of that file */
    uint64_t first_sector; /* of the disk, that cannot be read because of it */
    uint64_t sector_count; /* 0: no byte of the disk is lost, or nobody can say which */
};

struct image_run { /* sectors that could not be read when the image was taken */
    uint32_t first;
    uint32_t count;
};

struct image_value {
    char name[8]; /* as the format has it: "c" case number, "n" evidence number, "e" examiner … */
    char *text;   /* UTF-8 as far as the image has it; hostile */
};

enum { IMAGE_HAS_MD5 = 1, IMAGE_HAS_SHA1 = 2, IMAGE_HAS_ID = 4, IMAGE_IS_SMART = 8 };

struct image_facts {
    uint32_t format; /* IMAGE_RAW or IMAGE_E01 */
    uint32_t flags;  /* IMAGE_HAS_…, IMAGE_IS_… */
    uint64_t size;   /* bytes of the disk */
    uint64_t sector_count;
    uint32_t sector_size; /* bytes */
    uint32_t chunk_size;  /* bytes; 0: not in chunks */
    uint32_t file_count;  /* that are read; others were left out */
    uint32_t error_sectors;
    uint8_t media_type; /* as the format has it: 0 removable, 1 fixed, 3 optical, 16 memory */
    uint8_t media_flags;
    uint8_t compression;
    uint8_t unused[5];
    uint8_t md5[16]; /* that the image states */
    uint8_t sha1[20];
    uint8_t id[16]; /* of the set of files */
};
