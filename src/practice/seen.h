/* seen.h: how far this person last saw each case, kept outside of its folder, so that an older copy
 * put in its place is noticed (doc/format/case-folder.md §6). */
#pragma once
#include "practice/practice.h"

/* What was seen in one folder. */
struct seen_place {
    uint64_t size; /* records; 0: nothing yet */
    struct hash head;
    struct utc when;
    struct str folder;
};

struct seen {
    const struct surroundings *around;
    struct session *session; /* NULL: nothing is remembered in the end */
    struct store *store;
    struct hash case_id;
    struct buf text;         /* of the file; the places point into it */
    struct seen_place here;  /* in this folder */
    struct seen_place other; /* the most that was seen of this case in another one */
    uint64_t size;           /* records that this folder has now */
    bool is_apart;           /* it does not hold what was seen here */
};

/* Compares a case with what was remembered of it, and warns in lines of plain words, not escaped,
 * where it is older or parted from that. A state folder that cannot be read is as if nothing had
 * been seen. */
void seen_begin(struct seen *out, const struct surroundings *around, struct store *store,
                struct session *session, struct buf *warning);
/* Remembers how far the session is now, unless the case is apart; and releases. */
void seen_end(struct seen *s);
#define CLEANUP_SEEN CLEANUP(seen_end)

extern const struct kind seen_kind;
extern const struct operation seen_accept;
