/* note_attach.c: a note with a file as evidence, in one step. */
#include "practice/note_attach.h"
#include <unistd.h>
#include "base/file_kind.h"
#include "practice/own_secret.h"
#include "practice/taking.h"
#include "sys/file.h"
#include "sys/interrupt.h"

static const struct field attach_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "the file: a photograph, a mail, a log"},
    FIELD_SAID("text", "what it shows, as a fact"),
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "system",
     .help = "which system it comes from"},
};

static int open_one(struct taking *t, const char *path, int *fd, bool *keeps_time, struct err *e)
{
    int rc = walk_add(&t->walk, path, e);
    const struct walk_entry *entry = t->walk.entries;
    bool is_sealed;

    if (rc)
        return rc;
    if (!S_ISREG(entry->st.st_mode))
        return err_set(e, ERR_USAGE, "%s is a %s; attach files. For a folder: calm preserve files",
                       path, file_kind(entry->st.st_mode));
    rc = walk_open(&t->walk, entry, fd, keeps_time, e);
    if (rc == 0)
        rc = intake_is_sealed(t->view.state, *fd, &is_sealed, e);
    if (rc == 0 && is_sealed)
        return err_set(e, ERR_DENIED,
                       "the same bytes are sealed as unlawful to possess: do not copy %s; see calm "
                       "help unlawful",
                       path);
    return rc;
}

static void draft_note(struct taking *t, const struct id *item)
{
    struct draft *dr = decision_add(&t->records, "note/1");
    struct id system;

    draft_value(dr, "text", input_value(t->op, t->in, "text"));
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        struct str value = t->in->values[t->op->field_count + i];

        if (value.len)
            draft_value(dr, common_fields[i].name, value);
    }
    draft_value_ref(&t->records, dr, "about", item);
    if (input_id(t->op, t->in, "system", &system))
        draft_ref(dr, &system);
}

static int attach(struct taking *t, const char *path, struct err *e)
{
    CLEANUP(intake_release) struct intake file = {0};
    struct evidence_facts facts = {.sort = "file"};
    CLEANUP_BUF struct buf secret = {0};
    CLEANUP_FD int fd = -1;
    bool keeps_time;
    struct id item;
    int rc = open_one(t, path, &fd, &keeps_time, e);

    if (rc == 0 && own_secret(fd, &secret))
        rc = err_set(e, ERR_USAGE, "%s is not attached: %s", path, buf_text(&secret));
    if (rc == 0)
        rc = intake_fd(&file, t->session, fd, keeps_time, e);
    if (rc == 0 && file.trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", path, buf_text(&file.trouble));
    if (rc)
        return rc;
    intake_facts(&facts, &file);
    item = taking_path_item(t, t->walk.entries, &facts)->id;
    draft_note(t, &item);
    t->taken = 1;
    t->size = file.digests.size;
    return taking_settle(t, true, e);
}

static int attach_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(taking_release) struct taking t = {0};
    CLEANUP(interrupt_end) struct interrupt signals;
    CLEANUP_BUF struct buf path = {0};
    int rc;

    interrupt_begin(&signals);
    rc = taking_init(&t, s, op, in, a, e);
    if (rc)
        return rc;
    t.system_id = input_value(op, in, "system");
    buf_addstr(&path, input_value(op, in, "file"));
    rc = attach(&t, buf_text(&path), e);
    if (rc == 0)
        taking_tell(&t);
    return rc;
}

const struct operation note_attach = {
    .name = "note attach",
    .practice = "note",
    .help = "a note with a file, which is taken into evidence",
    .example = "calm note attach rack.jpg \"red light on drive 3 of db1\" --system db1",
    OP_FIELDS(attach_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "note/1"),
    .job = attach_job};
