/* segment_room.h: how much of a timeline's directory is used up, told by what is in it alone
 * (doc/format/timeline.md section 3.2): not by how well it was packed, so that the same evidence
 * ends at the same place everywhere. */
#pragma once
#include "base/str.h"
#include "timeline/directory.h"

struct segment_room {
    uint64_t most;     /* bytes of the directory; the rest is for what is said of its end */
    uint64_t spent;    /* by sources that are closed */
    uint64_t most_now; /* of the source that is open */
    uint64_t kept;     /* by its line and its parts that are whole */
    uint64_t part;     /* by the part that goes on */
};
enum { ROOM_LEAST = 64 << 10 }; /* of a directory, beside what its end needs */

/* most: at least ROOM_LEAST; 0: DIRECTORY_MOST. */
void room_begin(struct segment_room *r, uint64_t most);
/* What the first source among others may use of that, less what a block comes to. */
uint32_t room_of_source(uint64_t most);
/* A source of that name and remark is opened. False: there is no room for it. One among others may
 * use half of what is left. */
MUST_CHECK bool room_source(struct segment_room *r, struct str name, struct str remark,
                            bool is_alone);
/* What a block's lines come to. False: they are no lines of columns. */
MUST_CHECK bool room_of_block(struct str columns, uint64_t *out);
/* False: the source has no room for so much. */
MUST_CHECK bool room_take(struct segment_room *r, uint64_t size);
void room_part_end(struct segment_room *r); /* what the part took is kept */
void room_part_drop(struct segment_room *r);
void room_source_end(struct segment_room *r, bool is_told);
/* What was kept back for what is said of a source that was cut; then room_source_end is told so. */
void room_open_notice(struct segment_room *r);
/* The same, for one source more that says what ended the whole. */
void room_open_rest(struct segment_room *r);
