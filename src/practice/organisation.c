/* organisation.c: the organisation file outside of the worker, and its people and systems in a
 * case. */
#include "practice/organisation.h"
#include "base/sink.h"
#include "sys/file.h"

struct organisation *organisation_new(void)
{
    struct organisation *o = mem_new(struct organisation);

    o->arena = arena_new();
    return o;
}

void organisation_free(struct organisation *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < ORGANISATION_ROW_COUNT; i++)
        free(o->tables[i].texts);
    arena_free(o->arena);
    free(o);
}

int organisation_take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct organisation *o = context;
    struct organisation_table *t = &o->tables[kind];
    size_t width = organisation_text_counts[kind];

    (void)e;
    for (size_t i = 0; i < width; i++) {
        t->texts = mem_grow(t->texts, t->count * width + i, &t->room, sizeof(t->texts[0]));
        t->texts[t->count * width + i] =
            (struct str){arena_dup(o->arena, texts[i].p, texts[i].len), texts[i].len};
    }
    t->count++;
    return 0;
}

const struct str *organisation_row(const struct organisation *o, enum organisation_row kind,
                                   size_t i)
{
    return o->tables[kind].texts + i * organisation_text_counts[kind];
}

int organisation_read(struct organisation **out, const char *name, int fd, struct err *e)
{
    CLEANUP(organisation_freep) struct organisation *o = organisation_new();
    struct import_reader reader = {.job = organisation_job,
                                   .text_counts = organisation_text_counts,
                                   .kind_count = ORGANISATION_ROW_COUNT,
                                   .row = organisation_take_row,
                                   .context = o};
    CLEANUP_BUF struct buf what = {0};
    int rc;

    buf_addf(&what, "reading the organisation file %s", name);
    rc = import_run(&reader, buf_text(&what), fd, STR(""), e);
    if (rc)
        return rc;
    if (o->tables[ROW_HEAD].count != 1)
        return err_set(e, ERR_TAMPER, "%s: the reader sent no such file", buf_text(&what));
    *out = MOVE(o);
    return 0;
}

int organisation_read_file(struct organisation **out, const char *path, struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_open(&fd, path, e);

    return rc ? rc : organisation_read(out, path, fd, e);
}

int organisation_read_text(struct organisation **out, const char *name, struct str text,
                           struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_memory(&fd, text, e);

    return rc ? rc : organisation_read(out, name, fd, e);
}

/* Texts of a foreign file as one line of a record. */
static struct str line_of(struct decision *d, struct str text)
{
    char *line = arena_dup(d->arena, text.p, text.len);

    for (size_t i = 0; i < text.len; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    return str_trim((struct str){line, text.len});
}

static void draft_line(struct decision *d, struct draft *dr, const char *name, struct str text)
{
    struct str line = line_of(d, text);

    if (line.len)
        draft_value(dr, name, line);
}

static const struct thing *find_named(const struct view *v, const char *kind, struct str name)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, kind, &at));)
        if (str_eq(view_title(t), name))
            return t;
    return NULL;
}

static bool is_drafted(const struct decision *d, const char *type, struct str name, struct id *id)
{
    for (size_t i = 0; i < d->draft_count; i++) {
        if (strcmp(d->drafts[i].type, type) != 0 || !str_eq(d->drafts[i].values[0].value, name))
            continue;
        *id = d->drafts[i].id;
        return true;
    }
    return false;
}

/* The roles that must be told (notify.c), by the ids that the file gives them. */
static const char *told_as(struct str id)
{
    static const struct {
        const char *id, *role;
    } roles[] = {
        {"cio", "cio"},
        {"security-head", "head-of-security"},
        {"security-local", "local-security-manager"},
        {"operations", "operations-manager"},
        {"technical-operations", "technical-operations"},
        {"management", "management"},
        {"counsel", "counsel"},
        {"data-protection", "data-protection"},
        {"personnel", "personnel"},
    };

    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_is(id, roles[i].id))
            return roles[i].role;
    return NULL;
}

static bool has_contact(const struct view *v, const char *role)
{
    size_t at = 0;

    return view_next_with(v, "contact", "role", role, &at) != NULL;
}

/* Somebody who holds several roles stands there several times, and is one person. */
static void draft_person(struct decision *d, const struct str *p)
{
    struct str name = line_of(d, p[PERSON_NAME]);
    const struct thing *t = find_named(d->view, "person", name);
    const char *role = told_as(p[PERSON_ID]);
    struct draft *dr;
    struct id id;

    if (!name.len)
        return;
    if (t) {
        id = t->id;
    } else if (!is_drafted(d, "person/1", name, &id)) {
        dr = decision_add(d, "person/1");
        draft_value(dr, "name", name);
        draft_line(d, dr, "position", p[PERSON_ROLE]);
        draft_line(d, dr, "mobile", p[PERSON_MOBILE]);
        id = dr->id;
    }
    if (!role || has_contact(d->view, role))
        return;
    dr = decision_add(d, "contact/1");
    draft_value(dr, "role", str_of(role));
    draft_value_ref(d, dr, "person", &id);
    draft_line(d, dr, "need", p[PERSON_DECIDES]);
}

static void draft_system(struct decision *d, const struct str *s)
{
    struct str name = line_of(d, s[SYSTEM_ID]);
    struct draft *dr;
    struct id id;

    if (!name.len || find_named(d->view, "system", name) || is_drafted(d, "system/1", name, &id))
        return;
    dr = decision_add(d, "system/1");
    draft_value(dr, "name", name);
    draft_value(dr, "state", STR("unknown"));
    draft_line(d, dr, "purpose", s[SYSTEM_PURPOSE].len ? s[SYSTEM_PURPOSE] : s[SYSTEM_NAME]);
    draft_line(d, dr, "owner", s[SYSTEM_OWNER]);
    draft_line(d, dr, "place", s[SYSTEM_PLACE]);
    if (s[SYSTEM_ADDRESSES].len)
        draft_value(dr, "address", s[SYSTEM_ADDRESSES]);
    if (s[SYSTEM_NORMAL].len)
        draft_value(dr, "normal", s[SYSTEM_NORMAL]);
}

static size_t count_drafts(const struct decision *d, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < d->draft_count; i++)
        if (strcmp(d->drafts[i].type, type) == 0)
            count++;
    return count;
}

/* The file that was named, else the one of this machine. */
static int find_file(const struct operation *op, const struct input *in, const struct answer *a,
                     struct buf *path, struct err *e)
{
    if (input_has(op, in, "file"))
        buf_addstr(path, input_value(op, in, "file"));
    else if (a->around->state_folder)
        buf_addf(path, "%s/organisation.json", a->around->state_folder);
    if (!path->len || !file_is_there(buf_text(path)))
        return err_set(e, ERR_NOTFOUND,
                       "there is no organisation file%s%s; name one, or prepare one with calm "
                       "ready STICK",
                       path->len ? " " : "", buf_text(path));
    return 0;
}

static int say_loaded(const struct decision *d, uint64_t first, const char *type, struct answer *a)
{
    size_t count = count_drafts(d, type);
    size_t contacts = count_drafts(d, "contact/1");
    bool is_person = strcmp(type, "person/1") == 0;

    if (a->wants_json) {
        buf_addf(&a->json, "{\"added\":%zu,\"told\":%zu}", count, contacts);
        return 0;
    }
    if (!d->draft_count) {
        buf_addf(&a->text, "All %s of the file are in the case already.\n",
                 is_person ? "people" : "systems");
        return 0;
    }
    buf_addf(&a->text, "r%-4llu ", (unsigned long long)first);
    add_count(&a->text, count, is_person ? "person" : "system", is_person ? "people" : "systems");
    buf_adds(&a->text, " added");
    if (contacts) {
        buf_adds(&a->text, ", and ");
        add_count(&a->text, contacts, "role that must be told", "roles that must be told");
    }
    buf_addf(&a->text, ".\nNext:  %s\n",
             is_person ? "calm notify" : "calm assess mark NAME affected");
    return 0;
}

static int load(struct session *s, const struct operation *op, const struct input *in,
                struct answer *a, const char *type, struct err *e)
{
    CLEANUP(organisation_freep) struct organisation *o = NULL;
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf path = {0};
    bool is_person = strcmp(type, "person/1") == 0;
    enum organisation_row kind = is_person ? ROW_PERSON : ROW_SYSTEM;
    uint64_t first = 0;
    struct view v;
    int rc = find_file(op, in, a, &path, e);

    if (rc == 0)
        rc = organisation_read_file(&o, buf_text(&path), e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    decision_begin(&d, &v, op, in);
    for (size_t i = 0; i < o->tables[kind].count; i++) {
        if (is_person)
            draft_person(&d, organisation_row(o, kind, i));
        else
            draft_system(&d, organisation_row(o, kind, i));
    }
    if (d.draft_count)
        rc = session_append(s, &d, &first, e);
    return rc ? rc : say_loaded(&d, first, type, a);
}

static int team_load_job(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    return load(s, op, in, a, "person/1", e);
}

static int assess_load_job(struct session *s, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    return load(s, op, in, a, "system/1", e);
}

static const struct field load_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_ARG,
     .help = "the organisation file, if not the one of this machine"},
};
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
