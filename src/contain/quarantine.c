/* quarantine.c: takes a file away; all that it was goes into the evidence. */
#include "contain/action.h"
#include "contain/file_change.h"
#include "contain/file_list.h"

static int quarantine_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc;

    (void)host;
    rc = file_state_read(a, plan_value(p, "file")->text, &s, e);
    if (rc == 0 && s.kind == FILE_STATE_NONE)
        rc = err_set(e, ERR_NOTFOUND, STR_FMT " is not there", STR_ARG(s.path));
    return rc;
}

static int quarantine_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                              struct err *e)
{
    (void)host;
    return file_list_preview(plan_value(p, "file")->text, out, e);
}

static int quarantine_save(const struct plan *p, struct buf *before, struct err *e)
{
    return file_list_save(plan_value(p, "file")->text, before, e);
}

static const struct action_param params[] = {{.name = "file",
                                              .type = ACTION_PATH,
                                              .is_required = true,
                                              .help = "the absolute path of a file or a link"},
                                             {0}};

const struct contain_action contain_quarantine = {.name = "quarantine",
                                                  .help = "take a file away, into the evidence",
                                                  .params = params,
                                                  .judge = quarantine_judge,
                                                  .preview = quarantine_preview,
                                                  .save = quarantine_save,
                                                  .apply = file_list_apply,
                                                  .check = file_list_check,
                                                  .undo = file_list_undo};
