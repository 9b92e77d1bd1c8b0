/* ewf_set.h: the files of one disk image in the format EWF-E01, as EnCase 1 to 7, FTK Imager,
 * SMART, linen and libewf write it (the format as in libyal's "EWF specification";
 * doc/format/image.md says what of it calm writes). Runs in a worker.
 *
 * What is damaged is told and left out; all else stays readable. Nothing of it is believed without
 * its checksum, where the format has one, and no size in it reaches an allocator unchecked. */
#pragma once
#include <stdbool.h>
#include "base/str.h"
#include "evidence/image_facts.h"
#include "evidence/media_files.h"

/* What is wrong is told in the order in which it is found. */
struct image_watcher {
    void (*problem)(void *context, const struct image_problem *problem);
    void *context;
};

enum { EWF_DESCRIPTOR_SIZE = 76, EWF_VALUES_MAX = 64 };

/* A run of chunks that one table lists. */
struct ewf_group {
    uint64_t first;     /* chunk of the disk */
    uint64_t count;     /* that are on the disk */
    uint64_t table_off; /* in the file, of what follows the head of the section; 0: a gap */
    uint64_t twin_off;  /* the same of the second table; 0: none */
    uint32_t *found;    /* owned: entries from data_from on, where no table is sound; else NULL */
    uint64_t data_from; /* the chunks lie from here */
    uint64_t data_to;
    uint32_t file;   /* of media_files */
    uint32_t listed; /* entries of the table */
    uint32_t why;    /* image_problem_kind of a gap, which is at data_from */
    bool has_sum;    /* the entries have a checksum */
    bool was_told;   /* that a table is damaged */
};

struct ewf_table {
    size_t group;      /* SIZE_MAX: none */
    uint32_t *entries; /* owned, as they stand in the file */
    uint32_t *twins;   /* where both tables are damaged: what the other one says; else NULL */
    uint64_t base;
    uint64_t twin_base;
    uint32_t wide_from; /* entries from here on use 32 bits for the place (EnCase 6.7.1) */
    uint64_t used;      /* when it was last needed */
};

struct ewf {
    const struct media_files *files; /* borrowed */
    struct image_facts facts;
    struct image_value *values; /* owned, with their text */
    size_t value_count;
    struct image_run *errors; /* owned */
    size_t error_count;
    struct ewf_group *groups; /* in the order of the disk */
    size_t group_count;
    size_t group_room;
    struct ewf_table tables[4];
    uint64_t clock;
    uint8_t *packed; /* a chunk as it stands in the file */
    struct libdeflate_decompressor *inflater;
    struct image_watcher watcher;
};

/* Finds out what is there. ERR_FORMAT: nothing says how large the disk is; ERR_LIMIT; ERR_IO. */
MUST_CHECK int ewf_set_open(struct ewf **out, const struct media_files *files,
                            const struct image_watcher *watcher, struct err *e);
void ewf_close(struct ewf *w); /* NULL is fine */
DEFINE_CLEANUP(struct ewf *, ewf_close)

uint64_t ewf_chunk_count(const struct ewf *w);
size_t ewf_chunk_bytes(const struct ewf *w, uint64_t chunk); /* the last may be shorter */
/* The bytes of a chunk, which is damaged where *is_good is false, and then zeros. ERR_IO. */
MUST_CHECK int ewf_chunk_read(struct ewf *w, uint64_t chunk, uint8_t *bytes, bool *is_good,
                              struct err *e);
/* How many chunks from this one on lie in no file: they are zeros. 0: it is somewhere. */
uint64_t ewf_chunks_missing(const struct ewf *w, uint64_t chunk);
/* Checks the tables of the groups that begin within these chunks, also those not needed to read.
 * ERR_IO. */
MUST_CHECK int ewf_check_tables(struct ewf *w, uint64_t from, uint64_t to, struct err *e);
