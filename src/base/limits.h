/* limits.h: every limit on what comes from outside, in one place. */
#pragma once

enum {
    LIMIT_LINE_SIZE = 65536,            /* a journal line (doc/format/journal.md §2) */
    LIMIT_VALUE_SIZE = 65536,           /* the value of a field */
    LIMIT_OPENING_SIZE = 98304,         /* a line of an openings file */
    LIMIT_FIELD_COUNT = 64,             /* fields of one record that we write */
    LIMIT_REF_COUNT = 256,              /* refs of one record that we write */
    LIMIT_NAME_SIZE = 32,               /* a name of the journal */
    LIMIT_PERSON_NAME_SIZE = 200,       /* bytes, UTF-8 */
    LIMIT_MERGE_DEPTH = 16,             /* journal.md §10 */
    LIMIT_ARCHIVE_ENTRY_COUNT = 200000, /* files in one archive taken into evidence */
    LIMIT_ARCHIVE_PATH_SIZE = 4096,
    LIMIT_IMPORT_SIZE = 16 << 20, /* a foreign document: playbook, snapshot, organisation file */
    LIMIT_JSON_DEPTH = 32,
    LIMIT_WORKER_INPUT_COUNT = 16384, /* files of one disk image; E01 has names for 14,971 */
    LIMIT_IMAGE_CHUNK_SIZE = 128 << 20,
    LIMIT_IMAGE_TABLE_COUNT = 1 << 20, /* chunks in one table; 65,534 are usual at most */
    LIMIT_IMAGE_GROUP_COUNT = 1 << 20, /* tables; 262,144 for 64 TiB as calm writes it */
    LIMIT_IMAGE_SECTION_COUNT = 8 << 20,
    LIMIT_IMAGE_VALUES_SIZE = 8 << 20, /* the description of a case, unpacked */
    LIMIT_IMAGE_ERROR_COUNT = 1 << 20, /* runs of sectors that could not be read */
    LIMIT_IMAGE_PROBLEM_COUNT = 10000, /* that are told one by one */
    LIMIT_DISK_FILE_COUNT = 16 << 20,  /* rows of one listing of a file system */
    LIMIT_DISK_DEPTH = 1024,           /* folders within folders */
    LIMIT_DISK_PATH_SIZE = 32768,
    LIMIT_DISK_PARTITION_COUNT = 1024,
    LIMIT_PLAYBOOK_STEP_COUNT = 2000,
    LIMIT_PLAYBOOK_COMMAND_COUNT = 200, /* of one step */
};

#define LIMIT_ARCHIVE_EXPANSION 200 /* bytes out for each byte in, past the first 16 MiB */
#define LIMIT_ARCHIVE_TOTAL_SIZE ((uint64_t)64 << 30) /* bytes out of one archive */
#define LIMIT_IMAGE_SIZE ((uint64_t)1 << 50)          /* bytes of a disk */
#define LIMIT_MERGE_BUILD_COUNT(lines) (1000000 + 16 * (uint64_t)(lines)) /* journal.md §10 */
#define LIMIT_DISK_CONTENT_SIZE ((uint64_t)64 << 30) /* out of one disk, unless --most says more   \
                                                      */
