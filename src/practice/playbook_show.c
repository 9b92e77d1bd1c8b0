/* playbook_show.c: playbooks on the screen, and the two operations that need no case. */
#include "base/sink.h"
#include "practice/playbook.h"
#include "practice/texts.h"
#include "render/screen.h"

enum { STEP_INDENT = 4, NAME_COLUMNS = 7, NEXT_COUNT = 3 };

const char *playbook_command_of(struct str verb)
{
    static const struct {
        const char *verb, *command;
    } commands[] = {
        {"assess", "calm assess known \"WHAT\""},
        {"snapshot", "calm snapshot"},
        {"team", "calm team"},
        {"note", "calm note \"WHAT\""},
        {"analyse", "calm analyse"},
        {"notify", "calm notify"},
        {"stop", "calm stop done \"WHAT\""},
        {"problem", "calm problem raise \"WHAT\""},
        {"preserve", "calm preserve"},
        {"clean", "calm clean done \"WHAT\""},
        {"fix", "calm fix done \"WHAT\""},
        {"confirm", "calm confirm"},
        {"report", "calm report"},
        {"learn", "calm learn"},
    };

    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (str_is(verb, commands[i].verb) && practice_find(verb))
            return commands[i].command;
    return "calm note \"WHAT\"";
}

static const char *mark_of(const struct thing *record)
{
    if (!record)
        return "[ ]";
    return thing_says(record, "state", "done") ? "[x]" : "[-]";
}

static void show_title(const struct playbook *p, size_t step, const char *mark, struct screen *s)
{
    const struct playbook_step *st = &p->steps[step];
    CLEANUP_BUF struct buf title = {0};
    char number[32];

    snprintf(number, sizeof(number), "%2zu %s", step + 1, mark);
    if (st->texts[CACAO_VERB].len)
        buf_addf(&title, STR_FMT ": ", STR_ARG(st->texts[CACAO_VERB]));
    buf_addstr(&title, st->texts[CACAO_TITLE]);
    screen_item(s, 0, str_of(number), buf_str(&title));
}

static void show_pair(struct screen *s, const char *name, struct str value)
{
    if (str_trim(value).len)
        screen_pair(s, STEP_INDENT, NAME_COLUMNS, str_of(name), str_trim(value));
}

/* What a person is asked to do in words is no command: it only says so where it changes something.
 */
static const char *effect_words(const struct playbook_command *c)
{
    if (str_is(c->effect, "changes"))
        return "changes";
    if (str_is(c->platform, "by hand"))
        return "Do";
    return str_is(c->effect, "reads") ? "reads" : "unclear";
}

static void show_command(const struct playbook_command *c, struct screen *s)
{
    CLEANUP_BUF struct buf text = {0};

    if (!str_is(c->platform, "by hand"))
        buf_addstr(&text, c->platform);
    if (c->note.len) {
        buf_adds(&text, text.len ? ": " : "");
        buf_addstr(&text, c->note);
    }
    if (c->text.len) {
        buf_adds(&text, text.len ? "\n" : "");
        buf_addstr(&text, c->text);
    }
    show_pair(s, effect_words(c), buf_str(&text));
}

static void show_record(const struct thing *record, struct screen *s)
{
    CLEANUP_BUF struct buf text = {0};

    if (!record)
        return;
    buf_addstr(&text, thing_value(record, "state"));
    if (thing_value(record, "text").len) {
        buf_adds(&text, ": ");
        buf_addstr(&text, thing_value(record, "text"));
    }
    show_pair(s, "Record", buf_str(&text));
}

void playbook_show_step(const struct playbook *p, size_t step, const struct thing *record,
                        struct screen *s)
{
    const struct playbook_step *st = &p->steps[step];

    show_title(p, step, mark_of(record), s);
    show_pair(s, "Comes", st->texts[CACAO_COME]);
    show_pair(s, "When", st->texts[CACAO_WHEN]);
    show_pair(s, "Why", st->texts[CACAO_WHY]);
    show_pair(s, "What", st->texts[CACAO_TEXT]);
    for (size_t i = 0; i < st->command_count; i++)
        show_command(&st->commands[i], s);
    show_pair(s, "Check", st->texts[CACAO_CHECK]);
    show_pair(s, "Undo", st->texts[CACAO_UNDO]);
    show_pair(s, "Then", st->texts[CACAO_THEN]);
    show_record(record, s);
}

static void show_head(const struct playbook *p, const struct view *v, const struct thing *thing,
                      struct screen *s)
{
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf line = {0};
    char when[UTC_PLAIN_SIZE];
    struct utc since;

    buf_addf(&title, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(p->title));
    screen_heading(s, buf_str(&title));
    buf_adds(&line, p->is_shipped ? "shipped with calm" : "your own");
    buf_adds(&line, " · ");
    add_count(&line, p->step_count, "step", "steps");
    if (p->label.len)
        buf_addf(&line, " · " STR_FMT, STR_ARG(p->label));
    if (thing && playbook_is_in_use(thing) && thing_time(thing, "since", &since))
        buf_addf(&line, " · in use since %s", utc_local_short(when, since, v->now));
    screen_para(s, 0, buf_str(&line));
    if (p->text.len) {
        screen_blank(s);
        screen_para(s, 0, p->text);
    }
}

static void show_variables(const struct playbook *p, struct screen *s)
{
    if (p->variable_count)
        screen_blank(s);
    for (size_t i = 0; i < p->variable_count; i++) {
        CLEANUP_BUF struct buf value = {0};

        buf_addstr(&value, p->variables[i][1].len ? p->variables[i][1] : STR("(yours to say)"));
        if (p->variables[i][2].len)
            buf_addf(&value, "  (" STR_FMT ")", STR_ARG(p->variables[i][2]));
        screen_pair(s, 0, 20, p->variables[i][0], buf_str(&value));
    }
}

void playbook_show(const struct playbook *p, const struct view *v, const struct thing *thing,
                   struct screen *s)
{
    show_head(p, v, thing, s);
    for (size_t i = 0; i < p->remark_count; i++) {
        screen_blank(s);
        screen_para(s, 0, p->remarks[i]);
    }
    show_variables(p, s);
    for (size_t i = 0; i < p->step_count; i++) {
        screen_blank(s);
        playbook_show_step(p, i, playbook_record(v, thing, p->steps[i].texts[CACAO_ID]), s);
    }
}

static void commands_json(const struct playbook_step *st, struct json *j)
{
    json_name(j, "commands");
    json_array_begin(j);
    for (size_t i = 0; i < st->command_count; i++) {
        json_object_begin(j);
        json_put_str(j, "platform", st->commands[i].platform);
        json_put_str(j, "effect", st->commands[i].effect);
        json_put_str(j, "note", st->commands[i].note);
        json_put_str(j, "command", st->commands[i].text);
        json_object_end(j);
    }
    json_array_end(j);
}

static void step_json(const struct playbook *p, size_t step, const struct thing *record,
                      struct json *j)
{
    static const char *const names[] = {"id",    "verb", "title", "when", "why",
                                        "check", "undo", "text",  "come", "then"};
    const struct playbook_step *st = &p->steps[step];

    json_object_begin(j);
    json_put_u64(j, "number", step + 1);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_put_str(j, names[i], st->texts[i]);
    commands_json(st, j);
    json_put_str(j, "state", record ? thing_value(record, "state") : STR("open"));
    json_object_end(j);
}

void playbook_json(const struct playbook *p, const struct view *v, const struct thing *thing,
                   struct json *j)
{
    json_object_begin(j);
    json_put_str(j, "name", p->name);
    json_put_str(j, "id", p->id);
    json_put_str(j, "title", p->title);
    json_put_str(j, "description", p->text);
    json_put_str(j, "tlp", p->label);
    json_put_text(j, "source", p->is_shipped ? "shipped" : "own");
    json_put_hex(j, "sha256", p->sha256.b, sizeof(p->sha256.b));
    json_put_bool(j, "in-use", thing && playbook_is_in_use(thing));
    json_name(j, "remarks");
    json_array_begin(j);
    for (size_t i = 0; i < p->remark_count; i++)
        json_str(j, p->remarks[i]);
    json_array_end(j);
    json_name(j, "steps");
    json_array_begin(j);
    for (size_t i = 0; i < p->step_count; i++)
        step_json(p, i, playbook_record(v, thing, p->steps[i].texts[CACAO_ID]), j);
    json_array_end(j);
    json_object_end(j);
}

/* The case of this run, if there is one that can be read: what ships is shown in any event. */
struct glance {
    struct session *session;
    struct view view;
    const struct view *v; /* NULL without a case */
};

static void glance_begin(struct glance *g, const struct answer *a)
{
    struct session_options options = {
        .key_folder = a->around->key_folder, .model = a->around->model, .is_read_only = true};

    *g = (struct glance){0};
    if (!a->around->case_folder ||
        session_open(&g->session, a->around->case_folder, &options, NULL))
        return;
    if (session_view(g->session, &g->view, NULL) == 0)
        g->v = &g->view;
}

static void glance_end(struct glance *g)
{
    session_close(g->session);
}

static const struct thing *thing_of(const struct view *v, struct str name)
{
    const struct thing *t;

    for (size_t at = 0; v && (t = view_next(v, "playbook", &at));)
        if (str_eq(view_title(t), name))
            return t;
    return NULL;
}

static const struct thing *one_in_use(const struct view *v)
{
    size_t at = 0;

    return v ? view_next_with(v, "playbook", "state", "in-use", &at) : NULL;
}

static int show_job(struct session *none, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(glance_end) struct glance g;
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    struct screen s = {.out = &a->text, .columns = a->columns, .color = a->color};
    struct str name = input_value(op, in, "name");
    const struct thing *t;
    struct json j;
    int rc;

    (void)none;
    glance_begin(&g, a);
    t = name.len ? thing_of(g.v, name) : one_in_use(g.v);
    if (!name.len && !t)
        return err_set(e, ERR_USAGE,
                       "no playbook is in use; say which to show. What there is: calm playbook "
                       "list");
    rc = playbook_find(&p, g.v, name.len ? name : view_title(t), e);
    if (rc)
        return rc;
    json_begin(&j, &a->json);
    if (a->wants_json) {
        playbook_json(p, g.v, t, &j);
        return 0;
    }
    playbook_show(p, g.v, t, &s);
    if (!t || !playbook_is_in_use(t)) {
        CLEANUP_BUF struct buf next = {0};

        buf_addf(&next, "calm playbook use " STR_FMT, STR_ARG(p->name));
        screen_blank(&s);
        screen_next(&s, buf_str(&next), STR("says on record that the team follows it"));
    }
    return 0;
}

static const struct field show_fields[] = {
    {.name = "name", .type = FIELD_LINE, .flags = FIELD_ARG, .help = "which: ransomware"},
};
const struct operation playbook_show_one = {
    .name = "playbook show",
    .practice = "calm",
    .help = "the steps of a playbook, in order: why, what, how to check, how to undo",
    .example = "calm playbook show ransomware",
    .more = "Without a name: the one in use, with what was done so far. Needs no case. Commands "
            "are marked: \"reads\" leaves the system as it is, \"changes\" does not, \"unclear\" "
            "is said of commands whose playbook does not tell. calm runs none of them.",
    OP_FIELDS(show_fields),
    .type = OP_FREE,
    .faces = FACE_ALL,
    .job = show_job};

static const char *state_words(const struct thing *t)
{
    if (!t || thing_says(t, "state", "known"))
        return "";
    return playbook_is_in_use(t) ? "in use" : "left";
}

struct row {
    struct str name, title;
    const char *source;
    const char *state;
};

static void list_json(const struct row *rows, size_t count, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&j);
        json_put_str(&j, "name", rows[i].name);
        json_put_str(&j, "title", rows[i].title);
        json_put_text(&j, "source", rows[i].source);
        json_put_text(&j, "state", rows[i].state);
        json_object_end(&j);
    }
    json_array_end(&j);
}

static void list_text(const struct row *rows, size_t count, struct answer *a)
{
    static const struct screen_column columns[] = {{.heading = "name", .whole = true},
                                                   {.heading = "for"},
                                                   {.heading = "source"},
                                                   {.heading = "state"}};
    struct screen s = {.out = &a->text, .columns = a->columns, .color = a->color};
    struct str *cells = mem_array(count * COUNT_OF(columns), sizeof(cells[0]));

    for (size_t i = 0; i < count; i++) {
        cells[4 * i] = rows[i].name;
        cells[4 * i + 1] = rows[i].title;
        cells[4 * i + 2] = str_of(rows[i].source);
        cells[4 * i + 3] = str_of(rows[i].state);
    }
    screen_table(&s, 0, columns, COUNT_OF(columns), cells, count);
    free(cells);
    screen_blank(&s);
    screen_next(&s, STR("calm playbook show NAME"), STR("several may be used at once"));
}

enum { ROWS_MAX = 256 };

static int add_shipped(const struct view *v, struct arena *arena, struct row *rows, size_t *count,
                       struct err *e)
{
    struct str *titles;
    struct str name;
    struct str json;
    int rc = playbook_titles(arena, &titles, count, e);

    if (rc)
        return rc;
    if (*count > ROWS_MAX)
        BUG("%zu playbooks ship", *count);
    for (size_t i = 0; texts_playbook(i, &name, &json); i++)
        rows[i] = (struct row){name, titles[i], "shipped", state_words(thing_of(v, name))};
    return 0;
}

static int list_job(struct session *none, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(glance_end) struct glance g;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct row *rows = arena_alloc(arena, ROWS_MAX * sizeof(rows[0]));
    const struct thing *t;
    size_t count;
    int rc;

    (void)none;
    (void)op;
    (void)in;
    glance_begin(&g, a);
    rc = add_shipped(g.v, arena, rows, &count, e);
    if (rc)
        return rc;
    for (size_t at = 0;
         g.v && count < ROWS_MAX && (t = view_next_with(g.v, "playbook", "source", "own", &at));)
        rows[count++] = (struct row){view_title(t), thing_value(t, "title"), "own", state_words(t)};
    if (a->wants_json)
        list_json(rows, count, a);
    else
        list_text(rows, count, a);
    return 0;
}

const struct operation playbook_list = {.name = "playbook list",
                                        .practice = "calm",
                                        .help = "the playbooks that ship with calm, and your own",
                                        .example = "calm playbook list",
                                        .type = OP_FREE,
                                        .faces = FACE_ALL,
                                        .job = list_job};

/* The steps of one playbook that are still open: the first whole, the next ones by their titles. */
static size_t show_open_steps(const struct playbook *p, const struct view *v, const struct thing *t,
                              struct screen *s)
{
    size_t shown = 0;

    for (size_t i = 0; i < p->step_count && shown < NEXT_COUNT; i++) {
        const struct playbook_step *st = &p->steps[i];
        char command[64];

        if (playbook_record(v, t, st->texts[CACAO_ID]))
            continue;
        screen_blank(s);
        if (shown++) {
            show_title(p, i, "[ ]", s);
            continue;
        }
        playbook_show_step(p, i, NULL, s);
        snprintf(command, sizeof(command), "calm playbook done %zu \"WHAT YOU SAW\"", i + 1);
        screen_blank(s);
        screen_next(s, str_of(playbook_command_of(st->texts[CACAO_VERB])),
                    STR("records it where it belongs; the step itself:"));
        screen_printf(s, 7, "%s", command);
        screen_printf(s, 7, "calm playbook skip %zu \"WHY\"", i + 1);
    }
    return shown;
}

static void next_json(const struct playbook *p, const struct view *v, const struct thing *t,
                      struct json *j)
{
    size_t shown = 0;

    json_object_begin(j);
    json_put_str(j, "playbook", p->name);
    json_name(j, "steps");
    json_array_begin(j);
    for (size_t i = 0; i < p->step_count && shown < NEXT_COUNT; i++) {
        if (playbook_record(v, t, p->steps[i].texts[CACAO_ID]))
            continue;
        step_json(p, i, NULL, j);
        shown++;
    }
    json_array_end(j);
    json_object_end(j);
}

static int show_next(const struct view *v, const struct thing *t, struct answer *a, struct json *j,
                     struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    struct screen s = {.out = &a->text, .columns = a->columns, .color = a->color};
    CLEANUP_BUF struct buf title = {0};
    size_t done = 0;
    int rc = playbook_find(&p, v, view_title(t), e);

    if (rc)
        return rc;
    if (a->wants_json) {
        next_json(p, v, t, j);
        return 0;
    }
    for (size_t i = 0; i < p->step_count; i++)
        if (playbook_record(v, t, p->steps[i].texts[CACAO_ID]))
            done++;
    buf_addf(&title, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(p->title));
    screen_line(&s, SCREEN_BOLD, buf_str(&title));
    screen_printf(&s, 0, "%zu of %zu steps have a record.", done, p->step_count);
    if (!show_open_steps(p, v, t, &s))
        screen_para(&s, 0, STR("Every step has a record."));
    return 0;
}

static int query_next(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    const struct thing *t;
    size_t count = 0;
    struct json j;
    int rc = 0;

    (void)op;
    (void)in;
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t at = 0; rc == 0 && (t = view_next_with(v, "playbook", "state", "in-use", &at));
         count++) {
        if (count && !a->wants_json)
            buf_addc(&a->text, '\n');
        rc = show_next(v, t, a, &j, e);
    }
    if (a->wants_json)
        json_array_end(&j);
    else if (rc == 0 && count == 0)
        buf_adds(&a->text, "No playbook is in use.\nNext:  calm playbook list\n");
    return rc;
}

const struct operation playbook_next = {
    .name = "playbook next",
    .practice = "calm",
    .help = "the next steps of the playbooks in use, and what records each",
    .example = "calm playbook next",
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_next};

static int overview_job(struct session *none, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(glance_end) struct glance g;

    glance_begin(&g, a);
    if (one_in_use(g.v))
        return query_next(g.v, op, in, a, e);
    return list_job(none, op, in, a, e);
}

const struct operation playbook_overview = {
    .name = "playbook",
    .practice = "calm",
    .help = "step by step for a kind of incident: what is next, or which there are",
    .example = "calm playbook",
    .type = OP_FREE,
    .faces = FACE_ALL,
    .job = overview_job};
