/* evidence_check.h: whether the bytes of items are still what was taken, wherever they lie. */
#pragma once
#include "case/session.h"
#include "practice/progress.h"
#include "store/store.h"

enum item_state {
    ITEM_UNCHECKED, /* stopped before */
    ITEM_SAME,
    ITEM_ALTERED,
    ITEM_MISSING,
    ITEM_UNREADABLE,
};

/* A way in which items hold their bytes: one const struct each, listed in evidence_check.c. An
 * item whose bytes lie in no known way has none: a paper, a device. */
struct item_bytes {
    const char *name;
    bool (*is_so)(const struct thing *item);
    uint64_t (*size)(const struct thing *item); /* bytes of it */
    uint64_t (*work)(const struct thing *item); /* that will be read, for progress */
    /* Reads all of it again and compares with the register. Several threads call it at once, each
     * with another item; it records nothing and writes nothing. watch is told of what was read, in
     * steps of some MiB at most, by several threads at once. Lines in found tell what was compared
     * and where it differs; there may be none. ERR_TAMPER: altered; ERR_NOTFOUND: not there;
     * ERR_CANCEL: the watch ended it; any other: it cannot be read. The sentence says what it
     * means. */
    int (*check)(struct session *s, const struct thing *item, const struct blob_watch *watch,
                 struct buf *found, struct err *e);
};
const struct item_bytes *item_bytes_of(const struct thing *item); /* NULL: none */

struct item_result {
    const struct thing *item;
    const struct item_bytes *bytes;
    enum item_state state;
    bool is_begun;     /* where it is unchecked: it was being read when all was stopped */
    uint64_t read;     /* bytes of it that were, where it is missing or unreadable */
    const char *why;   /* a sentence where it is not the same; of the arena */
    const char *found; /* lines, or ""; of the arena */
};

struct evidence_check {
    struct session *session;
    struct arena *arena;
    struct item_result *items;
    size_t count;
    size_t room;
    uint64_t size; /* of all that were read, as the register states it; of what is missing or
                      unreadable what was read */
    uint64_t totals[ITEM_UNREADABLE + 1];
};
void evidence_check_init(struct evidence_check *c, struct session *s);
void evidence_check_release(struct evidence_check *c);
/* False, and nothing is added, where it holds no bytes. */
bool evidence_check_add(struct evidence_check *c, const struct thing *item);
/* Hashes them on all processors, and tells the answer how far it is. ERR_CANCEL when
 * interrupt_came(): what was checked until then stands. */
MUST_CHECK int evidence_check_run(struct evidence_check *c, struct answer *a, struct err *e);
