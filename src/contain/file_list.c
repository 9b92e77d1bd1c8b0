/* file_list.c: takes files away and puts them back. */
#include "contain/file_list.h"
#include "contain/file_change.h"
#include "contain/spell.h"

int file_list_preview(struct str path, struct buf *out, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc = file_state_look(a, path, &s, e);

    if (rc || s.kind == FILE_STATE_NONE)
        return rc;
    if (s.kind == FILE_STATE_FILE && s.links > 1) {
        buf_adds(out, "warn links ");
        buf_add_u64(out, s.links);
        buf_addc(out, ' ');
        spell_add(out, path);
        buf_addc(out, '\n');
    }
    buf_adds(out, "file ");
    spell_add(out, path);
    buf_adds(out, " gone\n");
    return 0;
}

int file_list_save(struct str path, struct buf *before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct file_state s;
    int rc = file_state_read(a, path, &s, e);

    if (rc == 0 && s.kind != FILE_STATE_NONE)
        file_state_add(&s, before);
    return rc;
}

static struct file_state gone(const struct file_state *s)
{
    return file_state_derive(s, FILE_STATE_NONE, (struct str){0});
}

int file_list_apply(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();

    while (before.len) {
        struct file_state s, none;
        int rc = file_state_take(a, &before, &s, e);

        none = gone(&s);
        if (rc == 0)
            rc = file_change(&s, &none, &p->id, e);
        if (rc)
            return rc;
    }
    return 0;
}

int file_list_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();

    (void)p;
    while (before.len) {
        struct file_state s, now;
        int rc = file_state_take(a, &before, &s, e);

        if (rc == 0)
            rc = file_state_look(a, s.path, &now, e);
        if (rc)
            return rc;
        if (now.kind != FILE_STATE_NONE)
            return err_set(e, ERR_GATE, STR_FMT " is there", STR_ARG(s.path));
        buf_adds(saw, "file ");
        spell_add(saw, s.path);
        buf_adds(saw, " gone\n");
    }
    return 0;
}

int file_list_undo(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    int first = 0;

    while (before.len) {
        struct file_state s, none;
        int rc = file_state_take(a, &before, &s, first ? NULL : e);

        if (rc)
            return first ? first : rc;
        none = gone(&s);
        rc = file_change(&none, &s, &p->id, first ? NULL : e);
        first = first ? first : rc;
    }
    return first;
}
