/* stop_answer.c: takes what a device said into evidence, beside the action that it answers. */
#include "practice/stop_answer.h"
#include <fcntl.h>
#include <string.h>
#include "base/file_kind.h"
#include "sys/file.h"

void stop_answer_release(struct stop_answer *a)
{
    intake_release(&a->file);
    buf_release(&a->path);
}

static int open_file(const char *path, int *out, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is a %s; an answer is a file", path,
                       file_kind(st.st_mode));
    *out = fd;
    fd = -1;
    return 0;
}

int stop_answer_take(struct session *s, const struct operation *op, const struct input *in,
                     struct stop_answer *out, struct err *e)
{
    CLEANUP_STOP_ANSWER struct stop_answer a = {0};
    CLEANUP_FD int fd = -1;
    bool is_sealed = false;
    int rc;

    if (!input_has(op, in, "answer"))
        return 0;
    buf_addstr(&a.path, input_value(op, in, "answer"));
    rc = open_file(buf_text(&a.path), &fd, e);
    if (rc == 0)
        rc = intake_is_sealed(session_state(s), fd, &is_sealed, e);
    if (rc == 0 && is_sealed)
        rc = err_set(e, ERR_DENIED, "the same bytes are sealed as unlawful to possess: %s",
                     buf_text(&a.path));
    if (rc == 0)
        rc = intake_fd(&a.file, s, fd, false, e);
    if (rc == 0 && a.file.trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", buf_text(&a.path), buf_text(&a.file.trouble));
    if (rc)
        return rc;
    a.is_given = true;
    *out = a;
    a = (struct stop_answer){0};
    return 0;
}

void stop_draft_like(const struct decision *d, struct draft *dr, const struct thing *action)
{
    const struct record *r = state_record(d->view->state, action->seq);

    if (dr->tlp < action->tlp)
        dr->tlp = action->tlp;
    if (!d->input->scope.len)
        dr->scope = str_of(arena_strdup(d->arena, state_scope(d->view->state, r)));
}

struct id stop_answer_draft(struct decision *d, const struct stop_answer *a,
                            const struct thing *action)
{
    const struct thing *system = action ? view_ref(d->view, action, "system") : NULL;
    struct evidence_facts facts = {.sort = "file", .title = STR("what was answered")};
    CLEANUP_BUF struct buf hex = {0};
    CLEANUP_BUF struct buf path = {0};
    struct draft *dr;

    intake_facts(&facts, &a->file);
    intake_path_text(&path, buf_text(&a->path));
    facts.source_path = (struct str){arena_dup(d->arena, path.p, path.len), path.len};
    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    facts.system_id = buf_str(&hex);
    if (action)
        facts.title = str_of(arena_printf(d->arena, "answer to a%u (%s)", action->number,
                                          strrchr(d->op->name, ' ') + 1));
    dr = evidence_draft(d, &facts);
    if (action)
        stop_draft_like(d, dr, action);
    return dr->id;
}
