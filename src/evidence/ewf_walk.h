/* ewf_walk.h: what stands in one file of an E01, section by section. For ewf_*.c alone. */
#pragma once
#include "evidence/ewf_set.h"

/* What a volume, disk or data section says. */
struct ewf_volume {
    bool is_there;
    bool is_sound; /* it matches its checksum */
    bool is_smart; /* in the short form of the first specification */
    uint8_t media_type;
    uint8_t media_flags;
    uint8_t compression;
    uint8_t id[16];
    uint32_t chunk_count;
    uint32_t chunk_sectors;
    uint32_t sector_size;
    uint64_t sector_count;
    uint32_t file;
};

/* One file, walked. */
struct ewf_part {
    uint32_t file;   /* of media_files */
    uint32_t number; /* as its head says; 0: the head is damaged */
    struct ewf_volume volume;
    struct ewf_volume data;
    struct ewf_group *groups; /* owned; gaps are among them, with why set */
    size_t group_count;
    size_t group_room;
    struct image_value *values; /* owned */
    size_t value_count;
    bool are_from_header2;
    struct image_run *errors; /* owned */
    size_t error_count;
    uint32_t hash_flags; /* IMAGE_HAS_… */
    uint8_t md5[16];
    uint8_t sha1[20];
    bool has_next;
    bool has_done;
};

struct ewf_section {
    char type[17];
    uint32_t file;
    uint64_t off;  /* of its head */
    uint64_t from; /* of what is in it */
    uint64_t to;
};

/* Reads the head of a file. True: it is one, with a number. */
MUST_CHECK int ewf_walk_head(const struct media_files *files, uint32_t file, uint32_t *number,
                             struct err *e);
/* Walks the sections of part->file. *section_count goes on over all files. ERR_LIMIT, ERR_IO. */
MUST_CHECK int ewf_walk(struct ewf *w, struct ewf_part *part, uint64_t *section_count,
                        struct err *e);
void ewf_part_release(struct ewf_part *part);

/* The contents of sections. What is damaged is told. ERR_IO. */
MUST_CHECK int ewf_take_volume(struct ewf *w, const struct ewf_section *s, struct ewf_volume *out,
                               struct err *e);
MUST_CHECK int ewf_take_hash(struct ewf *w, const struct ewf_section *s, struct ewf_part *part,
                             struct err *e);
MUST_CHECK int ewf_take_errors(struct ewf *w, const struct ewf_section *s, struct ewf_part *part,
                               struct err *e);
MUST_CHECK int ewf_take_values(struct ewf *w, const struct ewf_section *s, struct ewf_part *part,
                               struct err *e);
/* The chunks that follow each other from gap->data_from on, which no table lists. Without any count
 * is 0. The facts are known. ERR_IO. */
MUST_CHECK int ewf_find_chunks(struct ewf *w, const struct ewf_group *gap, struct ewf_group *out,
                               struct err *e);
/* The head of a table. False in *is_sound: it is damaged, or says more than there is room for. */
struct ewf_table_head {
    uint32_t count;
    uint32_t first_place; /* as the first entry has it, without the highest bit */
    uint64_t base;
};
enum { EWF_TABLE_HEAD_SIZE = 24 };
MUST_CHECK int ewf_take_table_head(const struct ewf *w, const struct ewf_section *s,
                                   struct ewf_table_head *out, bool *is_sound, struct err *e);

bool ewf_volume_is_plausible(const struct ewf_volume *v);
bool ewf_is_of_set(const struct ewf_volume *set, const struct ewf_volume *other);
struct ewf_group *ewf_add_group(struct ewf_part *part, const struct ewf_group *group);
void ewf_tell(const struct ewf *w, enum image_problem_kind kind, uint32_t file, uint64_t off);
void ewf_tell_chunks(const struct ewf *w, enum image_problem_kind kind, uint32_t file, uint64_t off,
                     uint64_t first, uint64_t count);
/* Undoes the change of a single bit, if one explains why the bytes do not match their checksum,
 * which is the last four of them. For what has no second copy and much depends on. */
bool ewf_mend(char *bytes, size_t size);
uint32_t ewf_sum(struct str bytes); /* Adler-32 (RFC 1950) from 1 */
