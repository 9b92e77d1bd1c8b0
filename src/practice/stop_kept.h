/* stop_kept.h: a file that a plan takes away, as an item of evidence of its own: its bytes come
 * from calm-contain part by part, and are never held in memory. */
#pragma once
#include "contain/file_state.h"
#include "practice/contain_helper.h"
#include "practice/evidence.h"
#include "practice/stop_plan.h"

struct stop_kept {
    bool is_there; /* the plan takes a file away, and its bytes are in the case now */
    struct arena *arena;
    struct file_state state;
    struct blob_digests digests;
    struct buf title;
    struct buf remark; /* the metadata that an item has no field for */
};
void stop_kept_release(struct stop_kept *k);

/* Of a plan that was prepared; before: the state that the helper told. ERR_TAMPER: the bytes are
 * not those of the digest that it told; ERR_FULL, ERR_IO. */
MUST_CHECK int stop_kept_take(struct session *s, struct contain_helper *h, const struct plan *plan,
                              struct str before, struct stop_kept *out, struct err *e);
/* Drafts the item. */
struct id stop_kept_draft(struct decision *d, const struct stop_kept *k, const struct plan *plan,
                          struct str system_hex);

/* How many bytes the plan would take into the case, by the lines of its preview. */
uint64_t stop_kept_size(struct str preview);
/* ERR_FULL: they have no room where the case lies. Else *free is what is free there. */
MUST_CHECK int stop_kept_room(const char *case_folder, uint64_t size, uint64_t *free,
                              struct err *e);
