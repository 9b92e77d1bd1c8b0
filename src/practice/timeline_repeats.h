/* timeline_repeats.h: sources whose events are in a case twice: the same log in two items, or in
 * one, or a copy of it that was taken before it went on. */
#pragma once
#include "render/screen.h"
#include "practice/timeline.h"

/* What is known of the sources of all timelines. Zero-initialise. */
struct repeats {
    struct repeat_source *of;
    size_t count, room;
    struct arena *arena; /* of their names; NULL: they were not read yet */
};
void repeats_release(struct repeats *r);

/* Of an item's sources, those whose events others have as well. */
struct repeated {
    uint64_t count;
    struct buf items; /* ids in hex, lines: those that have them, the item itself maybe */
    struct buf files; /* the same: names of their timelines */
    struct lines {
        struct buf text; /* the first KNOWN_KEPT, lines: source, a colon, and where else */
        unsigned count;
    } said, recorded; /* recorded, as items: not of those that fewer may see than the item */
};
void repeated_release(struct repeated *r);
/* The file of the item's new timeline, which from then on is its. Others that cannot be read are
 * passed over: a search of them says so. */
MUST_CHECK int repeats_find(struct repeats *r, const struct view *v, const char *case_folder,
                            const struct thing *item, const char *path,
                            const struct hash *directory, struct repeated *out, struct err *e);
/* The same of all that are on record, for a listing of the sources of one item after another. */
void repeats_read(struct repeats *r, const struct view *v, const char *case_folder);
/* Where the sources of an item with a time begin, which follow in their order. */
size_t repeats_of(const struct repeats *r, const struct thing *item);
/* Where else its events are, or nothing. */
void repeats_words(const struct repeats *r, size_t place, struct buf *out);
/* Puts down, beside the file of the timeline, what others have of its events: for answers, which go
 * by what the one who asks may see. */
MUST_CHECK int repeats_put(const char *path, const struct repeated *found, struct err *e);
/* Says of which of those that were asked events may be found twice. */
void repeats_say(const struct timelines *t, const char *case_folder, struct str query,
                 struct answer *a);
