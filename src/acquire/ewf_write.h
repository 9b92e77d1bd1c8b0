/* ewf_write.h: the structure of an E01 around packed chunks (doc/format/image.md section 2, after
 * libyal's documentation of the Expert Witness Compression Format). */
#pragma once
#include "acquire/fault_map.h"
#include "acquire/target_files.h"
#include "base/digests.h"
#include "base/utc.h"

enum {
    EWF_GROUP_CHUNKS = 8192,
    EWF_SEGMENT_SIZE_MIN = 2 << 20,
    EWF_SEGMENT_SIZE_USUAL = 2000 << 20,
};

struct ewf_facts {
    uint64_t size;         /* bytes of the media, whole sectors */
    uint32_t sector_size;  /* 512 to 32,768, a power of two */
    uint64_t segment_size; /* bytes, at least EWF_SEGMENT_SIZE_MIN; 0: one file */
    uint8_t id[16];        /* of the set */
    bool is_removable;
    bool is_physical; /* a whole device */
    bool is_small;    /* packed for size */
    struct utc begun;
    /* What stands in the header; UTF-8, may be empty. */
    struct str number, case_number, examiner, notes, description, model, serial, program, system;
};

/* Whether an E01 can hold size bytes, in segment files of that size (0: one). ERR_LIMIT, ERR_USAGE.
 */
MUST_CHECK int ewf_check_order(uint64_t size, uint64_t segment_size, struct err *e);

/* A group whose end is not written yet; count 0: there is none. */
struct ewf_open_group {
    uint64_t at;                        /* in the last file */
    uint32_t count;                     /* chunks of it */
    uint32_t entries[EWF_GROUP_CHUNKS]; /* of its table */
};

struct ewf_writer;
/* Begins an image in files that hold nothing, or goes on at the end of them, where chunks is what
 * they hold, in the group that is open there. files is borrowed. ERR_USAGE: sizes that cannot be;
 * ERR_LIMIT: more files than names; ERR_FORMAT: such a group cannot be; ERR_FULL, ERR_IO. */
MUST_CHECK int ewf_writer_new(struct ewf_writer **out, const struct ewf_facts *facts,
                              struct target_files *files, uint64_t chunks,
                              const struct ewf_open_group *open, struct err *e);
void ewf_writer_free(struct ewf_writer *w); /* NULL is fine */
DEFINE_CLEANUP(struct ewf_writer *, ewf_writer_free)
/* Adds the next chunk of the media, as pack_chunk made it. */
MUST_CHECK int ewf_add_chunk(struct ewf_writer *w, const void *packed, size_t size, bool is_packed,
                             struct err *e);
uint64_t ewf_chunks(const struct ewf_writer *w); /* that were added */
/* All that was added goes to the files, though it is not durable yet; *out gets what it takes to go
 * on in the group that is open. */
MUST_CHECK int ewf_hold(struct ewf_writer *w, struct ewf_open_group *out, struct err *e);
/* What has to be laid over the last file, in order, so that the open group can be read: the head of
 * the group and the tables behind it. Nothing is written. laid.count 0: no group is open. */
void ewf_show_group(const struct ewf_writer *w, struct target_view *out);
/* After the last chunk: hashes, unreadable sectors, end. Not durable yet. */
MUST_CHECK int ewf_end(struct ewf_writer *w, const struct digests_result *digests,
                       const struct fault_map *map, struct err *e);
