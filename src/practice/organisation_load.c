/* organisation_load.c: brings an organisation file into a case: all of it, its people, or its
 * systems. */
#include "base/sink.h"
#include "practice/organisation_put.h"
#include "sys/file.h"
#include "sys/self.h"

/* A stick has the program in bin/ and the file beside that folder. */
static void add_stick(struct buf *path)
{
    CLEANUP_BUF struct buf self = {0};
    struct str folder;

    if (self_program(&self, NULL))
        return;
    folder = buf_str(&self);
    while (folder.len && folder.p[folder.len - 1] != '/')
        folder.len--;
    if (!str_ends(folder, "/bin/"))
        return;
    buf_addstr(path, str_head(folder, folder.len - 4));
    buf_adds(path, "organisation.json");
}

int organisation_find(const struct surroundings *around, struct buf *path, struct err *e)
{
    CLEANUP_BUF struct buf stick = {0};

    buf_clear(path);
    if (around->state_folder)
        buf_addf(path, "%s/organisation.json", around->state_folder);
    add_stick(&stick);
    if (path->len && file_is_there(buf_text(path)))
        return 0;
    if (stick.len && file_is_there(buf_text(&stick))) {
        buf_clear(path);
        buf_addstr(path, buf_str(&stick));
        return 0;
    }
    return err_set(e, ERR_NOTFOUND,
                   "there is no organisation file%s%s; name one, or prepare one with calm "
                   "ready STICK",
                   path->len ? " " : "", buf_text(path));
}

void organisation_source(const struct organisation *o, struct buf *out)
{
    const struct str *head = organisation_row(o, ROW_HEAD, 0);
    struct str date = str_head(str_trim(head[ORGANISATION_UPDATED]), 40);
    struct str by = str_head(str_trim(head[ORGANISATION_UPDATED_BY]), 100);

    if (date.len)
        buf_addf(out, "organisation file of " STR_FMT, STR_ARG(date));
    else
        buf_adds(out, "organisation file without a date");
    if (by.len)
        buf_addf(out, ", by " STR_FMT, STR_ARG(by));
    for (size_t i = 0; i < out->len; i++)
        if (out->p[i] == '\n' || out->p[i] == '\r')
            out->p[i] = ' ';
}

static size_t count_drafts(const struct decision *d, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < d->draft_count; i++)
        if (strcmp(d->drafts[i].type, type) == 0)
            count++;
    return count;
}

static void count_all(const struct decision *d, struct organisation_counts *out)
{
    *out = (struct organisation_counts){.people = count_drafts(d, "person/1"),
                                        .told = count_drafts(d, "contact/1"),
                                        .systems = count_drafts(d, "system/1"),
                                        .channels = count_drafts(d, "channel/1"),
                                        .backups = count_drafts(d, "backup/1"),
                                        .laws = count_drafts(d, "law/1")};
}

static void put_rows(struct putting *p, const struct organisation *o, enum organisation_row kind,
                     void (*put)(struct putting *p, const struct str *row))
{
    for (size_t i = 0; i < o->tables[kind].count; i++)
        put(p, organisation_row(o, kind, i));
}

/* Systems first: channels and backups refer to them. */
static void put_all(struct putting *p, const struct organisation *o)
{
    put_rows(p, o, ROW_SYSTEM, put_system);
    put_rows(p, o, ROW_PERSON, put_person);
    put_rows(p, o, ROW_CONTACT, put_contact);
    put_rows(p, o, ROW_BACKUP, put_backup);
    put_rows(p, o, ROW_LAW, put_law);
    for (size_t i = 0; i < o->tables[ROW_CHANNEL].count; i++)
        put_channel(p, o, i);
}

static void put_people(struct putting *p, const struct organisation *o)
{
    put_rows(p, o, ROW_PERSON, put_person);
}

static void put_systems(struct putting *p, const struct organisation *o)
{
    put_rows(p, o, ROW_SYSTEM, put_system);
}

typedef void put_part(struct putting *p, const struct organisation *o);

static int put_file(struct session *s, const struct organisation *o, put_part *part,
                    struct organisation_counts *counts, uint64_t *first, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf source = {0};
    struct putting p = {.d = &d};
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, NULL, NULL);
    organisation_source(o, &source);
    p.source = buf_text(&source);
    part(&p, o);
    if (d.draft_count)
        rc = session_append(s, &d, first, e);
    if (rc == 0)
        count_all(&d, counts);
    return rc;
}

int organisation_put(struct session *s, const struct organisation *o,
                     struct organisation_counts *counts, uint64_t *first, struct err *e)
{
    return put_file(s, o, put_all, counts, first, e);
}

void organisation_say(const struct organisation_counts *c, struct buf *out)
{
    const struct {
        size_t count;
        const char *one, *many;
    } parts[] = {{c->people, "person", "people"},
                 {c->told, "role to tell or to call", "roles to tell or to call"},
                 {c->systems, "system", "systems"},
                 {c->channels, "channel", "channels"},
                 {c->backups, "backup", "backups"},
                 {c->laws, "law", "laws"}};
    size_t left = 0;

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        left += parts[i].count > 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!parts[i].count)
            continue;
        add_count(out, parts[i].count, parts[i].one, parts[i].many);
        left--;
        buf_adds(out, left > 1 ? ", " : left == 1 ? " and " : "");
    }
}

static void say_json(const struct organisation_counts *c, struct answer *a)
{
    buf_addf(&a->json,
             "{\"people\":%zu,\"told\":%zu,\"systems\":%zu,\"channels\":%zu,\"backups\":%zu,"
             "\"laws\":%zu}",
             c->people, c->told, c->systems, c->channels, c->backups, c->laws);
}

static int load(struct session *s, const struct operation *op, const struct input *in,
                struct answer *a, put_part *part, const char *next, struct err *e)
{
    CLEANUP(organisation_freep) struct organisation *o = NULL;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf said = {0};
    CLEANUP_BUF struct buf source = {0};
    struct organisation_counts counts;
    uint64_t first = 0;
    int rc = 0;

    if (input_has(op, in, "file"))
        buf_addstr(&path, input_value(op, in, "file"));
    else
        rc = organisation_find(a->around, &path, e);
    if (rc == 0)
        rc = organisation_read_file(&o, buf_text(&path), e);
    if (rc == 0)
        rc = put_file(s, o, part, &counts, &first, e);
    if (rc)
        return rc;
    if (a->wants_json) {
        say_json(&counts, a);
        return 0;
    }
    organisation_say(&counts, &said);
    if (!said.len) {
        buf_adds(&a->text, "All of the file that belongs there is in the case already.\n");
        return 0;
    }
    organisation_source(o, &source);
    buf_addf(&a->text, "r%-4llu %s added, from the ", (unsigned long long)first, buf_text(&said));
    sink_terminal(&a->text, buf_str(&source), false);
    buf_addf(&a->text, ".\nNext:  %s\n", next);
    return 0;
}

static int load_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    return load(s, op, in, a, put_all, "calm", e);
}

static int team_load_job(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    return load(s, op, in, a, put_people, "calm notify", e);
}

static int assess_load_job(struct session *s, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    return load(s, op, in, a, put_systems, "calm assess mark NAME affected", e);
}

static const struct field load_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_ARG,
     .help = "the organisation file, if not the one of this machine"},
};
const struct operation organisation_load = {
    .name = "load",
    .practice = "calm",
    .help = "bring the whole organisation file into the case; opening one does it by itself",
    .example = "calm load /media/stick/organisation.json",
    .more = "People, who must be told and who can be called (insurer, police, CERT, suppliers), "
            "systems, channels with their trust, backups and how to hold them, laws that apply. "
            "Each says from which file it is. What is in the case already stays as it is. To "
            "correct: calm team change, calm assess mark, calm notify role, calm notify trust, "
            "calm notify law, calm preserve backup. Nobody gets to read anything by this.",
    OP_FIELDS(load_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("person/1", "contact/1", "system/1", "channel/1", "backup/1", "law/1"),
    .job = load_job};
const struct operation organisation_team_load = {
    .name = "team load",
    .practice = "team",
    .help = "add the people of the organisation file, and who must be told",
    .example = "calm team load /media/stick/organisation.json",
    .more = "Each person once; who is in the case already stays as they are. Nobody gets to read "
            "anything by this.",
    OP_FIELDS(load_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("person/1", "contact/1"),
    .job = team_load_job};
const struct operation organisation_assess_load = {
    .name = "assess load",
    .practice = "assess",
    .help = "put the systems of the organisation file on the list, their state unknown",
    .example = "calm assess load /media/stick/organisation.json",
    OP_FIELDS(load_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("system/1"),
    .job = assess_load_job};
