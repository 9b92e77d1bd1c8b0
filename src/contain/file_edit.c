/* file_edit.c: changes a few lines of a file that others change too, and puts just those back. */
#include "contain/file_change.h"

static int read_now(const struct file_edit *edit, struct arena *a, struct file_state *out,
                    struct err *e)
{
    int rc = file_state_read(a, edit->before->path, out, e);

    if (rc == 0 && out->kind != FILE_STATE_FILE)
        rc = err_set(e, ERR_CONFLICT,
                     STR_FMT " is no longer a file: somebody else changed it since, and it was not "
                             "touched. Put back what it was, then try again",
                     STR_ARG(edit->before->path));
    return rc;
}

int file_edit_apply(const struct file_edit *edit, const struct id *id, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf bytes = {0};
    struct file_state now, to;
    int rc = read_now(edit, a, &now, e);

    if (rc == 0)
        rc = edit->turn(edit->context, false, now.bytes, &bytes, e);
    if (rc || str_eq(buf_str(&bytes), now.bytes))
        return rc;
    to = file_state_derive(&now, FILE_STATE_FILE, buf_str(&bytes));
    return file_change(&now, &to, id, e);
}

/* Is it as we found it, or as we left it, so that its times may go back too? */
static bool is_nobodys(const struct file_edit *edit, const struct file_state *now)
{
    struct file_state after = *edit->before;

    after.digest = edit->after;
    after.is_derived = true;
    return file_state_is_same(now, edit->before) || file_state_is_same(now, &after);
}

int file_edit_undo(const struct file_edit *edit, const struct id *id, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf bytes = {0};
    struct file_state now, to;
    int rc = read_now(edit, a, &now, e);

    if (rc == 0)
        rc = edit->turn(edit->context, true, now.bytes, &bytes, e);
    if (rc)
        return rc;
    to = file_state_derive(&now, FILE_STATE_FILE, buf_str(&bytes));
    if (is_nobodys(edit, &now) && hash_eq(&to.digest, &edit->before->digest)) {
        to = *edit->before;
        to.bytes = buf_str(&bytes);
        to.has_bytes = true;
    } else if (str_eq(buf_str(&bytes), now.bytes)) {
        return 0;
    }
    return file_change(&now, &to, id, e);
}

int file_edit_check(const struct file_edit *edit, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf bytes = {0};
    struct file_state now;
    int rc = read_now(edit, a, &now, e);

    if (rc == 0)
        rc = edit->turn(edit->context, false, now.bytes, &bytes, e);
    if (rc == 0 && !str_eq(buf_str(&bytes), now.bytes))
        rc = err_set(e, ERR_GATE, STR_FMT " is as it was before", STR_ARG(edit->before->path));
    return rc;
}
