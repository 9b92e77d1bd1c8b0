/* disk_standing.h: what is known of whether the bytes that are read of an item are those on record,
 * without hashing them all. */
#pragma once
#include "case/operation.h"
#include "practice/disk_files.h"

struct disk_standing {
    struct buf words;   /* clauses with "; " between them, as a record has them; empty: no item */
    struct buf flaws;   /* those of the words that say what is wrong with an E01's files */
    struct buf call;    /* e3 */
    bool is_in_doubt;   /* they may be others, or are */
    bool is_other;      /* they were compared, and are others */
    bool is_unrecorded; /* the case can only be read, so that this look is on no record */
};
void disk_standing_release(struct disk_standing *s);
/* Zero-initialised before. When the item was last compared with the record, whether its files were
 * written since by their times, and what is wrong with the files of an E01. */
void disk_standing_find(struct disk_standing *out, const struct view *v, const struct disk_files *f,
                        bool is_unrecorded);
/* All that it holds was hashed now. */
void disk_standing_compare(struct disk_standing *s, const struct disk_files *f, struct str sha256);
/* At the end of a screen, or as members of an object. */
void disk_standing_text(const struct disk_standing *s, struct answer *a);
void disk_standing_json(const struct disk_standing *s, struct json *j);
