/* backup.c: the backups of the organisation, known before they are needed. */
#include "practice/backup.h"

static const struct field fields[] = {
    FIELD_CALLED("name", "how it is called: nas-daily"),
    {.name = "covers",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "system",
     .help = "the systems that are in it"},
    {.name = "place", .type = FIELD_LINE, .help = "where it lies"},
    {.name = "hold", .type = FIELD_LINE, .help = "how to keep it from being overwritten"},
    {.name = "contact", .type = FIELD_LINE, .help = "who can do that, and their telephone"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
const struct kind backup_kind = {
    .name = "backup", .words = "backup", .change_words = "backup changed", KIND_FIELDS(fields)};

/* What is corrected is not what the source said. */
static int decide_backup(struct decision *d, struct err *e)
{
    int rc = decide_say(d, e);

    if (rc == 0 && strcmp(d->drafts[0].type, "backup-change/1") == 0 &&
        !input_has(d->op, d->input, "source"))
        draft_value(&d->drafts[0], "source", STR(""));
    return rc;
}

const struct operation preserve_backup = {
    .name = "preserve backup",
    .practice = "preserve",
    .help = "say which backup there is and how it is held, or correct it",
    .example =
        "calm preserve backup nas-daily --covers web1 --hold \"pause the job in its console\"",
    .more = "That it is held is another matter: calm preserve hold.",
    OP_FIELDS(fields),
    .kind = &backup_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("backup/1", "backup-change/1"),
    .decide = decide_backup};
const struct operation preserve_backups = {.name = "preserve backups",
                                           .practice = "preserve",
                                           .help = "list the backups and how each is held",
                                           .example = "calm preserve backups",
                                           .kind = &backup_kind,
                                           OP_LISTS};

static void add_part(const struct thing *t, const char *field, const char *before, struct buf *out)
{
    struct str value = thing_value(t, field);

    if (value.len)
        buf_addf(out, "%s" STR_FMT, before, STR_ARG(value));
}

void backup_say(const struct view *v, const struct thing *system, struct buf *out)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "backup", "covers", system, &at));) {
        buf_addf(out, "; backup " STR_FMT, STR_ARG(view_title(t)));
        add_part(t, "hold", ": ", out);
        add_part(t, "contact", ", ask ", out);
    }
}
