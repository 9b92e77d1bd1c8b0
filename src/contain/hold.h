/* hold.h: what the actions on processes share: a process and all that it started, or all of a user,
 * stand still, by the freezer or, where the host has none, by signals. */
#pragma once
#include "contain/plan.h"
#include "contain/process.h"

struct hold_target {
    bool is_user; /* all processes of uid; else those that pid has started, and itself */
    pid_t pid;
    uint64_t start;
    uint32_t uid;
    bool may_be_held; /* by another change already */
};

/* Reads all processes and marks those. ERR_NOTFOUND: the process has ended; ERR_GATE: one of them
 * must not stand still: ours, one that ours descends from, a watchdog, the first process, a thread
 * of the kernel. */
MUST_CHECK int hold_find(const struct hold_target *t, const struct id *id, struct processes *l,
                         struct err *e);
/* "process PID NAME WHAT" of each marked one. */
void hold_tell(const struct processes *l, const char *what, struct buf *out);
MUST_CHECK int hold_save(const struct hold_target *t, const struct id *id, struct buf *before,
                         struct err *e);
/* Has the host been started anew since? Then all of them have ended. */
bool hold_is_past(struct str before);
MUST_CHECK int hold_apply(const struct hold_target *t, const struct id *id, struct str before,
                          struct err *e);
/* ERR_GATE: one of them runs. */
MUST_CHECK int hold_check(const struct hold_target *t, const struct id *id, struct str before,
                          struct buf *saw, struct err *e);
/* They run again, but for those that stood still before. */
MUST_CHECK int hold_undo(const struct hold_target *t, const struct id *id, struct str before,
                         struct err *e);
/* Holds them, ends each by a descriptor of it, and waits until it has ended. */
MUST_CHECK int hold_end(const struct hold_target *t, const struct id *id, struct str before,
                        struct err *e);
/* "process PID NAME ended" of each that hold_save told; ERR_GATE: one has not ended. */
MUST_CHECK int hold_check_ended(struct str before, struct buf *saw, struct err *e);
