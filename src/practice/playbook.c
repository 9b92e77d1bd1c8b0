/* playbook.c: reads playbooks, shipped and one's own, through one path: the worker. */
#include "practice/playbook.h"
#include "base/limits.h"
#include "practice/evidence.h"
#include "practice/texts.h"
#include "sys/file.h"

static const struct field playbook_fields[] = {
    FIELD_CALLED("name", "how it is called: ransomware"),
    {.name = "title", .type = FIELD_LINE, .help = "the name that it gives itself"},
    {.name = "document", .type = FIELD_LINE, .help = "its id: playbook--…"},
    {.name = "sha256", .type = FIELD_LINE, .help = "SHA-256 of the document"},
    {.name = "source",
     .type = FIELD_WORD,
     .choices = WORDS("shipped", "own"),
     .help = "whether it ships with calm or is one's own"},
    {.name = "evidence",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "the document, where it is one's own"},
    {.name = "steps", .type = FIELD_NUMBER, .help = "how many steps it has"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("known", "in-use", "left"),
     .help = "whether the team follows it"},
    {.name = "since", .type = FIELD_TIME, .help = "since when the team follows it"},
    {.name = "text", .type = FIELD_LINE, .help = "why it was left"},
};
const struct kind playbook_kind = {.name = "playbook",
                                   .words = "playbook",
                                   .change_words = "playbook",
                                   KIND_FIELDS(playbook_fields)};

static const struct field step_fields[] = {
    FIELD_CALLED("title", "what the step says"),
    {.name = "playbook", .type = FIELD_REF, .kind = "playbook", .help = "of which playbook"},
    {.name = "step", .type = FIELD_LINE, .help = "its id in the document"},
    {.name = "number", .type = FIELD_NUMBER, .help = "its number as shown"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("done", "skipped", "not-applicable"),
     .help = "what became of it"},
    {.name = "text", .type = FIELD_TEXT, .help = "what was done and seen, or why not"},
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},
};
const struct kind playbook_step_kind = {.name = "step",
                                        .prefix = "st",
                                        .words = "step of a playbook",
                                        .change_words = "step of a playbook",
                                        KIND_FIELDS(step_fields)};

struct playbook *playbook_new(struct str name)
{
    struct playbook *p = mem_new(struct playbook);

    p->arena = arena_new();
    p->name = (struct str){arena_dup(p->arena, name.p, name.len), name.len};
    return p;
}

void playbook_free(struct playbook *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->step_count; i++)
        free(p->steps[i].commands);
    free(p->steps);
    free(p->variables);
    free(p->remarks);
    arena_free(p->arena);
    free(p);
}

static struct str keep(struct playbook *p, struct str text)
{
    return (struct str){arena_dup(p->arena, text.p, text.len), text.len};
}

static void take_head(struct playbook *p, const struct str *texts)
{
    p->id = keep(p, texts[0]);
    p->title = keep(p, texts[1]);
    p->text = keep(p, texts[2]);
    p->modified = keep(p, texts[3]);
    p->label = keep(p, texts[4]);
}

static void take_remark(struct playbook *p, struct str text)
{
    p->remarks = mem_grow(p->remarks, p->remark_count, &p->remark_room, sizeof(p->remarks[0]));
    p->remarks[p->remark_count++] = keep(p, text);
}

static void take_variable(struct playbook *p, const struct str *texts)
{
    p->variables =
        mem_grow(p->variables, p->variable_count, &p->variable_room, sizeof(p->variables[0]));
    for (size_t i = 0; i < 3; i++)
        p->variables[p->variable_count][i] = keep(p, texts[i]);
    p->variable_count++;
}

static int take_step(struct playbook *p, const struct str *texts, struct err *e)
{
    struct playbook_step *s;

    if (p->step_count >= LIMIT_PLAYBOOK_STEP_COUNT)
        return err_set(e, ERR_LIMIT, "the reader sent more than %d steps",
                       (int)LIMIT_PLAYBOOK_STEP_COUNT);
    p->steps = mem_grow(p->steps, p->step_count, &p->step_room, sizeof(p->steps[0]));
    s = &p->steps[p->step_count++];
    *s = (struct playbook_step){0};
    for (size_t i = 0; i < COUNT_OF(s->texts); i++)
        s->texts[i] = keep(p, texts[i]);
    return 0;
}

static int take_command(struct playbook *p, const struct str *texts, struct err *e)
{
    struct playbook_step *s = p->step_count ? &p->steps[p->step_count - 1] : NULL;

    if (!s || s->command_count >= LIMIT_PLAYBOOK_COMMAND_COUNT)
        return err_set(e, ERR_TAMPER, "the reader sent a command that belongs to no step");
    s->commands = mem_grow(s->commands, s->command_count, &s->command_room, sizeof(s->commands[0]));
    s->commands[s->command_count++] = (struct playbook_command){
        keep(p, texts[0]), keep(p, texts[1]), keep(p, texts[2]), keep(p, texts[3])};
    return 0;
}

int playbook_take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct playbook *p = context;

    switch (kind) {
    case CACAO_HEAD:
        take_head(p, texts);
        return 0;
    case CACAO_REMARK:
        take_remark(p, texts[0]);
        return 0;
    case CACAO_VARIABLE:
        take_variable(p, texts);
        return 0;
    case CACAO_STEP:
        return take_step(p, texts, e);
    case CACAO_COMMAND:
        return take_command(p, texts, e);
    default:
        return err_set(e, ERR_TAMPER, "the reader sent a row of a kind that is not known");
    }
}

int playbook_read(struct playbook **out, const char *name, int fd, struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *p = playbook_new(str_of(name));
    struct import_reader reader = {.job = cacao_job,
                                   .text_counts = cacao_text_counts,
                                   .kind_count = CACAO_ROW_COUNT,
                                   .row = playbook_take_row,
                                   .context = p};
    CLEANUP_BUF struct buf what = {0};
    int rc;

    buf_addf(&what, "reading the playbook %s", name);
    rc = import_run(&reader, buf_text(&what), fd, STR(""), e);
    if (rc)
        return rc;
    if (!p->id.len || !p->step_count)
        return err_set(e, ERR_TAMPER, "%s: the reader sent no playbook", buf_text(&what));
    *out = MOVE(p);
    return 0;
}

static bool shipped_bytes(struct str name, struct str *json)
{
    struct str found;

    for (size_t i = 0; texts_playbook(i, &found, json); i++)
        if (str_eq(found, name))
            return true;
    return false;
}

int playbook_shipped(struct playbook **out, struct str name, struct err *e)
{
    CLEANUP_BUF struct buf called = {0};
    CLEANUP_FD int fd = -1;
    struct str json;
    int rc;

    buf_addstr(&called, name);
    if (!shipped_bytes(name, &json))
        return err_set(e, ERR_NOTFOUND, "no playbook \"%.60s\" ships with calm", buf_text(&called));
    rc = import_memory(&fd, json, e);
    if (rc == 0)
        rc = playbook_read(out, buf_text(&called), fd, e);
    if (rc)
        return rc;
    (*out)->is_shipped = true;
    (*out)->sha256 = hash_bytes(json.p, json.len);
    return 0;
}

struct titles {
    struct arena *arena;
    struct str *at;
    size_t count;
    size_t room;
};

static int take_title(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct titles *t = context;

    if (kind != CACAO_HEAD || t->count == t->room)
        return err_set(e, ERR_TAMPER, "the reader sent a row that was not asked for");
    t->at[t->count++] = (struct str){arena_dup(t->arena, texts[1].p, texts[1].len), texts[1].len};
    return 0;
}

/* One document of them all, so that one worker reads it. */
static size_t join_shipped(struct buf *out)
{
    struct str name;
    struct str json;
    size_t count = 0;

    for (; texts_playbook(count, &name, &json); count++) {
        buf_addc(out, count ? ',' : '[');
        buf_addstr(out, json);
    }
    buf_addc(out, ']');
    return count;
}

int playbook_titles(struct arena *arena, struct str **out, size_t *count, struct err *e)
{
    CLEANUP_BUF struct buf all = {0};
    CLEANUP_FD int fd = -1;
    struct titles t = {.arena = arena, .room = join_shipped(&all)};
    struct import_reader reader = {.job = cacao_heads_job,
                                   .text_counts = cacao_text_counts,
                                   .kind_count = CACAO_ROW_COUNT,
                                   .row = take_title,
                                   .context = &t};
    int rc = import_memory(&fd, buf_str(&all), e);

    t.at = arena_alloc(arena, t.room * sizeof(t.at[0]));
    if (rc == 0)
        rc = import_run(&reader, "reading the playbooks", fd, STR(""), e);
    if (rc)
        return rc;
    if (t.count != t.room)
        return err_set(e, ERR_TAMPER, "the reader of the playbooks left some out");
    *out = t.at;
    *count = t.count;
    return 0;
}

static const struct thing *find_thing(const struct view *v, struct str name)
{
    const struct thing *t;
    const struct thing *found = NULL;

    for (size_t at = 0; v && (t = view_next(v, "playbook", &at));)
        if (str_eq(view_title(t), name))
            found = t;
    return found;
}

static int read_own(struct playbook **out, const struct view *v, const struct thing *t,
                    struct err *e)
{
    CLEANUP_BUF struct buf called = {0};
    CLEANUP_FD int fd = -1;
    struct hash name;
    uint64_t size;
    int rc;

    buf_addstr(&called, view_title(t));
    if (!hex_read(name.b, sizeof(name.b), thing_value(t, "sha256")))
        return err_set(e, ERR_FORMAT, "the record of the playbook %.60s names no document",
                       buf_text(&called));
    if (evidence_bytes_are_sealed(v->state, &name))
        return err_set(e, ERR_DENIED, "the document of %.60s is sealed", buf_text(&called));
    rc = blob_open(v->store, &name, &fd, &size, e);
    if (rc == 0)
        rc = playbook_read(out, buf_text(&called), fd, e);
    if (rc == 0)
        (*out)->sha256 = name;
    return rc;
}

/* A newer calm may ship other steps than the team began with. */
static int read_shipped(struct playbook **out, struct str name, const struct thing *t,
                        struct err *e)
{
    int rc = playbook_shipped(out, name, e);
    struct hash began;

    if (rc == 0 && t && hex_read(began.b, sizeof(began.b), thing_value(t, "sha256")) &&
        !hash_eq(&began, &(*out)->sha256))
        take_remark(*out, STR("This is not the text that the team began with: another version of "
                              "calm ships another one. Steps keep their records by their ids."));
    return rc;
}

static int unknown_playbook(const struct view *v, struct str name, struct err *e)
{
    CLEANUP_BUF struct buf all = {0};
    const struct thing *t;
    struct str shipped;
    struct str json;

    for (size_t i = 0; texts_playbook(i, &shipped, &json); i++)
        buf_addf(&all, "%s" STR_FMT, i ? ", " : "", STR_ARG(shipped));
    for (size_t at = 0; v && (t = view_next_with(v, "playbook", "source", "own", &at));)
        buf_addf(&all, ", " STR_FMT, STR_ARG(view_title(t)));
    return err_set(e, ERR_NOTFOUND, "there is no playbook \"" STR_FMT "\"; there is: %s",
                   STR_ARG(str_head(name, 60)), buf_text(&all));
}

int playbook_find(struct playbook **out, const struct view *v, struct str name, struct err *e)
{
    const struct thing *t = find_thing(v, name);
    struct str json;

    if (t && thing_says(t, "source", "own"))
        return read_own(out, v, t, e);
    if (shipped_bytes(name, &json))
        return read_shipped(out, name, t, e);
    return unknown_playbook(v, name, e);
}

const struct thing *playbook_record(const struct view *v, const struct thing *playbook,
                                    struct str step_id)
{
    const struct thing *last = NULL;
    const struct thing *t;

    for (size_t at = 0; playbook && (t = view_next_of(v, "step", "playbook", playbook, &at));)
        if (str_eq(thing_value(t, "step"), step_id))
            last = t;
    return last;
}

bool playbook_is_in_use(const struct thing *playbook)
{
    return thing_says(playbook, "state", "in-use");
}
