/* quarantine.c: takes a file away; all that it was goes into the evidence. Its bytes are copied and
 * never held in memory, so that its size is bounded by the disks alone. */
#include <string.h>
#include <sys/statvfs.h>
#include "contain/action.h"
#include "contain/file_list.h"
#include "contain/file_state.h"
#include "contain/spell.h"

enum { SPARE_SIZE = 64 << 20 };

static int quarantine_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc;

    (void)host;
    rc = file_state_look(a, plan_value(p, "file")->text, &s, e);
    if (rc == 0 && s.kind == FILE_STATE_NONE)
        rc = err_set(e, ERR_NOTFOUND, STR_FMT " is not there", STR_ARG(s.path));
    return rc;
}

static int quarantine_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                              struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc = file_list_preview(plan_value(p, "file")->text, out, e);

    (void)host;
    if (rc == 0)
        rc = file_state_look(a, plan_value(p, "file")->text, &s, e);
    if (rc == 0 && s.kind == FILE_STATE_FILE) {
        buf_adds(out, "copy ");
        spell_add(out, s.path);
        buf_addc(out, ' ');
        buf_add_u64(out, s.size);
        buf_addc(out, '\n');
    }
    return rc;
}

/* A full disk would harm the host more than the file does. */
static int check_room(int copy, const struct file_state *s, struct err *e)
{
    struct statvfs at;

    if (fstatvfs(copy, &at) < 0)
        return err_errno(e, "cannot look at the ledger's disk");
    if (s->size + SPARE_SIZE <= (uint64_t)at.f_bavail * at.f_frsize)
        return 0;
    return err_set(e, ERR_FULL,
                   STR_FMT " has %llu bytes, and a copy of it, by which it comes back, has no room "
                           "on the disk of the ledger (/var/lib/calm-contain): nothing was "
                           "changed. Free some there",
                   STR_ARG(s->path), (unsigned long long)s->size);
}

static int quarantine_keep(const struct plan *p, int copy, const char *path, struct buf *before,
                           struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc = file_state_look(a, plan_value(p, "file")->text, &s, e);

    if (rc == 0)
        rc = check_room(copy, &s, e);
    if (rc == 0)
        rc = file_state_copy(a, plan_value(p, "file")->text, copy, &s, e);
    if (rc)
        return rc;
    if (s.kind == FILE_STATE_FILE)
        s.kept = (struct str){arena_strdup(a, path), strlen(path)};
    file_state_add(&s, before);
    return 0;
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
                                                  .keep = quarantine_keep,
                                                  .apply = file_list_apply,
                                                  .check = file_list_check,
                                                  .undo = file_list_undo};
