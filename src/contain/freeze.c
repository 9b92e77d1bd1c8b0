/* freeze.c: a process and all that it started stand still, or are ended. */
#include <string.h>
#include "contain/action.h"
#include "contain/hold.h"

static struct hold_target target_of(const struct plan *p)
{
    return (struct hold_target){.pid = (pid_t)plan_value(p, "pid")->number,
                                .start = plan_value(p, "start")->number,
                                .may_be_held = p->action->cannot_undo};
}

static int tree_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    struct hold_target t = target_of(p);

    (void)host;
    return hold_find(&t, &p->id, &l, e);
}

static int tree_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                        struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    struct hold_target t = target_of(p);
    int rc = hold_find(&t, &p->id, &l, e);

    (void)host;
    if (rc == 0)
        hold_tell(&l, p->action->cannot_undo ? "ended" : "frozen", out);
    return rc;
}

static int tree_save(const struct plan *p, struct buf *before, struct err *e)
{
    struct hold_target t = target_of(p);

    return hold_save(&t, &p->id, before, e);
}

static int freeze_apply(const struct plan *p, struct str before, struct err *e)
{
    struct hold_target t = target_of(p);

    return hold_apply(&t, &p->id, before, e);
}

static int freeze_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    struct hold_target t = target_of(p);

    return hold_check(&t, &p->id, before, saw, e);
}

static int tree_undo(const struct plan *p, struct str before, struct err *e)
{
    struct hold_target t = target_of(p);

    return hold_undo(&t, &p->id, before, e);
}

static int end_apply(const struct plan *p, struct str before, struct err *e)
{
    struct hold_target t = target_of(p);

    return hold_end(&t, &p->id, before, e);
}

static int end_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    (void)p;
    return hold_check_ended(before, saw, e);
}

static const struct action_param params[] = {
    {.name = "pid",
     .type = ACTION_NUMBER,
     .is_required = true,
     .min = 2,
     .max = INT32_MAX,
     .help = "the number of a process"},
    {.name = "start",
     .type = ACTION_NUMBER,
     .is_required = true,
     .max = UINT64_MAX,
     .help = "when it started, in ticks since the start of the host: field 22 of /proc/PID/stat"},
    {0}};

const struct contain_action contain_freeze = {
    .name = "freeze",
    .help = "a process and all that it started stand still; their memory stays",
    .params = params,
    .judge = tree_judge,
    .preview = tree_preview,
    .save = tree_save,
    .apply = freeze_apply,
    .check = freeze_check,
    .undo = tree_undo};

const struct contain_action contain_end = {
    .name = "end",
    .help = "end a process and all that it started, after freezing them",
    .params = params,
    .cannot_undo = true,
    .judge = tree_judge,
    .preview = tree_preview,
    .save = tree_save,
    .apply = end_apply,
    .check = end_check,
    .undo = tree_undo};
