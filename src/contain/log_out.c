/* log_out.c: ends all processes of a user. */
#include "contain/account.h"
#include "contain/action.h"
#include "contain/hold.h"

static int find_target(const struct plan *p, struct hold_target *out, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct account account;
    int rc = account_find(a, plan_value(p, "user")->text, &account, e);

    if (rc)
        return rc;
    if (account.uid == 0)
        return err_set(e, ERR_GATE,
                       "all of this host runs as user 0, so that it cannot be logged out");
    *out = (struct hold_target){.is_user = true, .uid = account.uid, .may_be_held = true};
    return 0;
}

static int log_out_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    struct hold_target t;
    int rc = find_target(p, &t, e);

    (void)host;
    return rc ? rc : hold_find(&t, &p->id, &l, e);
}

static int log_out_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                           struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    struct hold_target t;
    int rc = find_target(p, &t, e);

    (void)host;
    if (rc == 0)
        rc = hold_find(&t, &p->id, &l, e);
    if (rc == 0)
        hold_tell(&l, "ended", out);
    return rc;
}

static int log_out_save(const struct plan *p, struct buf *before, struct err *e)
{
    struct hold_target t;
    int rc = find_target(p, &t, e);

    return rc ? rc : hold_save(&t, &p->id, before, e);
}

static int log_out_apply(const struct plan *p, struct str before, struct err *e)
{
    struct hold_target t;
    int rc = find_target(p, &t, e);

    return rc ? rc : hold_end(&t, &p->id, before, e);
}

static int log_out_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    (void)p;
    return hold_check_ended(before, saw, e);
}

static int log_out_undo(const struct plan *p, struct str before, struct err *e)
{
    struct hold_target t;
    int rc = find_target(p, &t, e);

    return rc ? rc : hold_undo(&t, &p->id, before, e);
}

static const struct action_param params[] = {
    {.name = "user", .type = ACTION_NAME, .is_required = true, .help = "the name of an account"},
    {0}};

const struct contain_action contain_log_out = {.name = "log-out",
                                               .help = "end all processes of a user",
                                               .params = params,
                                               .cannot_undo = true,
                                               .judge = log_out_judge,
                                               .preview = log_out_preview,
                                               .save = log_out_save,
                                               .apply = log_out_apply,
                                               .check = log_out_check,
                                               .undo = log_out_undo};
