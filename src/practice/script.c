/* script.c: what to say to managers, users, owners and providers, filled from the case, with lines
 * to write on for what it does not know. */
#include "practice/script.h"
#include "base/sink.h"
#include "practice/calm.h"
#include "practice/notify.h"
#include "practice/texts.h"
#include "sys/clock.h"
#include "sys/file.h"

/* What the case knows. */
struct script {
    const struct view *view; /* cut to the reader's label */
    const struct operation *op;
    const struct input *in;
    struct arena *arena;
    const struct thing *system; /* NULL: none was named */
    enum tlp label;
};

static struct str keep(struct script *s, struct buf *b)
{
    struct str out;

    while (b->len && b->p[b->len - 1] == '\n')
        b->len--;
    out = (struct str){arena_dup(s->arena, buf_text(b), b->len), b->len};
    buf_clear(b);
    return out;
}

static struct str value_of(const struct thing *t, const char *field)
{
    return field_find(t->kind->fields, t->kind->field_count, str_of(field)) ? thing_value(t, field)
                                                                            : STR("");
}

static bool says(const struct thing *t, const char *field, const char *word)
{
    return str_is(value_of(t, field), word);
}

/* Things that are about the system which was named, or all where none was. */
static bool concerns(const struct script *s, const struct thing *t)
{
    return !s->system || view_refers(s->view, t, "system", s->system);
}

static struct str list_facts(struct script *s, const char *standing)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(s->view, "fact", "standing", standing, &at));)
        if (concerns(s, t))
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(view_title(t)));
    return keep(s, &b);
}

/* Without written facts the open problems are what is known. */
static struct str known(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    struct str facts = list_facts(s, "known");
    const struct thing *t;

    if (facts.len)
        return facts;
    for (size_t at = 0; (t = view_next(s->view, "problem", &at));)
        if (!says(t, "state", "closed") && concerns(s, t))
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(view_title(t)));
    return keep(s, &b);
}

static struct str unknown(struct script *s)
{
    return list_facts(s, "unknown");
}

static bool is_planned(const struct thing *action)
{
    return says(action, "state", "planned") || says(action, "state", "approved");
}

static bool is_made(const struct thing *action)
{
    return says(action, "state", "begun") || says(action, "state", "done");
}

static struct str list_actions(struct script *s, bool (*wanted)(const struct thing *),
                               const char *field)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "action", &at));)
        if (wanted(t) && concerns(s, t) && value_of(t, field).len)
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(value_of(t, field)));
    return keep(s, &b);
}

static struct str changes(struct script *s)
{
    return list_actions(s, is_planned, "text");
}

static struct str done(struct script *s)
{
    return list_actions(s, is_made, "text");
}

static struct str undo(struct script *s)
{
    return list_actions(s, is_planned, "undo");
}

/* What the changes made break; for owners, what the planned ones will. */
static struct str effect(struct script *s)
{
    return list_actions(s, s->system ? is_planned : is_made, "breaks");
}

static struct str case_name(struct script *s)
{
    const struct thing *t = calm_case(s->view);

    return t ? view_title(t) : STR("");
}

static struct str status(struct script *s)
{
    const char *words = calm_conclusion_words(s->view);

    return str_of(arena_printf(s->arena, "%s%s",
                               *words == 'n'   ? ""
                               : *words == 'i' ? "an "
                                               : "a ",
                               words));
}

static struct str label(struct script *s)
{
    return str_of(tlp_mark(s->label));
}

static struct str now_local(struct script *s)
{
    char text[UTC_PLAIN_SIZE];

    return str_of(arena_printf(s->arena, "%.16s", utc_local(text, s->view->now)));
}

static struct str now_utc(struct script *s)
{
    char text[UTC_PLAIN_SIZE];

    return str_of(arena_printf(s->arena, "%.5s", utc_plain(text, s->view->now) + 11));
}

static struct str speaker(struct script *s)
{
    return s->view->person ? view_title(s->view->person) : STR("");
}

static struct str role(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};

    roles_show(&b, s->view->roles);
    return keep(s, &b);
}

static struct str contact(struct script *s)
{
    return s->view->person ? value_of(s->view->person, "mobile") : STR("");
}

/* The earliest time since when a problem is known to be there. */
static struct str began(struct script *s)
{
    const struct thing *t;
    struct utc first = {0};
    struct utc since;
    char text[UTC_PLAIN_SIZE];
    bool is_known = false;

    for (size_t at = 0; (t = view_next(s->view, "problem", &at));) {
        if (!thing_time(t, "since", &since) || (is_known && utc_cmp(first, since) <= 0))
            continue;
        first = since;
        is_known = true;
    }
    return is_known ? str_of(arena_printf(s->arena, "%.16s", utc_local(text, first))) : STR("");
}

static void add_items(struct buf *b, struct str lines)
{
    while (lines.len) {
        buf_adds(b, "- ");
        buf_addstr(b, str_cut(&lines, '\n'));
        buf_addc(b, '\n');
    }
}

static struct str deadlines(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    CLEANUP_BUF struct buf lines = {0};
    struct str rest;

    if (deadline_lines(s->view, &lines) == 0)
        return STR("none is running");
    rest = buf_str(&lines);
    add_items(&b, rest);
    return keep(s, &b);
}

static struct str spokesperson(struct script *s)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "person", &at));)
        if ((roles_of(value_of(t, "role")) & ROLE_COMMUNICATIONS) && !value_of(t, "left").len)
            return view_title(t);
    return STR("");
}

static bool is_concerned(const struct thing *system)
{
    return says(system, "state", "affected") || says(system, "state", "suspected");
}

/* In the users' words: what the systems are for. */
static struct str systems(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "system", &at));) {
        struct str purpose = value_of(t, "purpose");

        if (is_concerned(t))
            buf_addf(&b, "%s" STR_FMT, b.len ? ", " : "",
                     STR_ARG(purpose.len ? purpose : view_title(t)));
    }
    return keep(s, &b);
}

static struct str system_name(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};

    if (!s->system)
        return STR("");
    buf_addstr(&b, view_title(s->system));
    if (value_of(s->system, "purpose").len)
        buf_addf(&b, " (" STR_FMT ")", STR_ARG(value_of(s->system, "purpose")));
    return keep(s, &b);
}

static struct str owner(struct script *s)
{
    return s->system ? value_of(s->system, "owner") : STR("");
}

static struct str saved(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; s->system && (t = view_next(s->view, "evidence", &at));)
        if (view_refers(s->view, t, "system", s->system))
            buf_addf(&b, "%se%u " STR_FMT, b.len ? ", " : "", t->number, STR_ARG(view_title(t)));
    return keep(s, &b);
}

static struct str identifiers(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "system", &at));) {
        struct str lines = value_of(t, "address");

        while (is_concerned(t) && lines.len) {
            buf_adds(&b, b.len ? ", " : "");
            buf_addstr(&b, str_cut(&lines, '\n'));
        }
    }
    return keep(s, &b);
}

/* What was asked for elsewhere, when backups and logs were put on hold. */
static struct str records(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "retention", &at));)
        add_items(&b, value_of(t, "requested"));
    return keep(s, &b);
}

static struct str clock_words(struct script *s)
{
    struct clock_reading now;

    (void)s;
    clock_read(&now);
    return strcmp(now.clock, "ntp") == 0 ? STR("set by NTP") : STR("not checked");
}

static struct str as_time(struct script *s, const char *field, bool is_utc)
{
    char text[UTC_PLAIN_SIZE];
    struct utc t;

    if (!utc_read(&t, input_value(s->op, s->in, field)))
        return STR("");
    return str_of(
        arena_printf(s->arena, "%.16s", is_utc ? utc_plain(text, t) : utc_local(text, t)));
}

static struct str from_local(struct script *s)
{
    return as_time(s, "from", false);
}

static struct str from_utc(struct script *s)
{
    return as_time(s, "from", true);
}

static struct str until_local(struct script *s)
{
    return as_time(s, "until", false);
}

static struct str until_utc(struct script *s)
{
    return as_time(s, "until", true);
}

/* Every placeholder: the option that overrides it, and what the case knows. NULL for none. */
static const struct placeholder {
    const char *name, *option;
    struct str (*find)(struct script *s);
} placeholders[] = {
    {"alternative", "alternative", NULL},
    {"began", "began", began},
    {"case", NULL, case_name},
    {"changes", "changes", changes},
    {"clock", "clock", clock_words},
    {"contact", "contact", contact},
    {"customer", "customer", NULL},
    {"deadlines", "deadlines", deadlines},
    {"decide_by", "decide-by", NULL},
    {"decision", "decision", NULL},
    {"default", "default", NULL},
    {"do", "do", NULL},
    {"done", "done", done},
    {"dont", "dont", NULL},
    {"effect", "effect", effect},
    {"from", NULL, from_local},
    {"from_utc", NULL, from_utc},
    {"identifiers", "identifiers", identifiers},
    {"known", "known", known},
    {"name", "name", speaker},
    {"needs", "needs", NULL},
    {"next_update", "next-update", NULL},
    {"notice_place", "notice-place", NULL},
    {"options", "options", NULL},
    {"organisation", "organisation", NULL},
    {"outage_from", "outage-from", NULL},
    {"outage_max", "outage-max", NULL},
    {"outage_until", "outage-until", NULL},
    {"owner", "owner", owner},
    {"provider", "provider", NULL},
    {"records", "records", records},
    {"role", "role", role},
    {"saved", "saved", saved},
    {"service", "service", NULL},
    {"spokesperson", "spokesperson", spokesperson},
    {"status", NULL, status},
    {"system", NULL, system_name},
    {"systems", "systems", systems},
    {"time", NULL, now_local},
    {"tlp", NULL, label},
    {"undo", "undo", undo},
    {"unknown", "unknown", unknown},
    {"until", NULL, until_local},
    {"until_utc", NULL, until_utc},
    {"utc", NULL, now_utc},
    {"workaround", "workaround", NULL},
};

enum { LINE_COLUMNS = 78, BLANK_INLINE = 14, BLANK_LEAST = 8, BLANK_ROW = 40 };

static const struct placeholder *find_placeholder(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(placeholders); i++)
        if (str_is(name, placeholders[i].name))
            return &placeholders[i];
    return NULL;
}

static struct str look_up(struct script *s, const struct placeholder *p)
{
    struct str given = p->option ? input_value(s->op, s->in, p->option) : STR("");

    if (given.len)
        return str_trim(given);
    return p->find ? str_trim(p->find(s)) : STR("");
}

/* Puts a value behind what the line holds already; further lines begin below its first. */
static void add_value(struct buf *line, struct str value)
{
    CLEANUP_BUF struct buf indent = {0};
    struct str before = buf_str(line);
    bool is_item = str_ends(before, "- ") && str_trim(str_head(before, before.len - 2)).len == 0;

    if (is_item && str_starts(value, "- "))
        value = str_from(value, 2);
    if (is_item)
        buf_addstr(&indent, before);
    else
        buf_addn(&indent, ' ', utf8_columns(before));
    while (value.len) {
        struct str first = str_cut(&value, '\n');

        if (is_item && str_starts(first, "- "))
            first = str_from(first, 2);
        buf_addstr(line, first);
        if (value.len)
            buf_addf(line, "\n%s", buf_text(&indent));
    }
}

/* To the end of the row where nothing follows. */
static size_t blank_columns(struct str before, struct str behind)
{
    size_t used = utf8_columns(before);

    if (behind.len || used + BLANK_LEAST > LINE_COLUMNS)
        return BLANK_INLINE;
    return LINE_COLUMNS - used > BLANK_ROW ? BLANK_ROW : LINE_COLUMNS - used;
}

static int fill_line(struct script *s, struct str text, struct buf *out, struct json *blank,
                     struct err *e)
{
    CLEANUP_BUF struct buf line = {0};

    while (text.len) {
        bool has_name = memchr(text.p, '{', text.len) != NULL;
        const struct placeholder *p;
        struct str name;
        struct str value;

        buf_addstr(&line, str_cut(&text, '{'));
        if (!has_name)
            break;
        name = str_cut(&text, '}');
        p = find_placeholder(name);
        if (!p)
            return err_set(e, ERR_FORMAT,
                           "the script has a placeholder {" STR_FMT "} that is not known",
                           STR_ARG(str_head(name, 40)));
        value = look_up(s, p);
        if (value.len) {
            add_value(&line, value);
            continue;
        }
        json_text(blank, p->name);
        buf_addn(&line, '_', blank_columns(buf_str(&line), text));
    }
    buf_addstr(out, buf_str(&line));
    return 0;
}

static size_t indent_of(struct str line)
{
    size_t n = 0;

    while (n < line.len && line.p[n] == ' ')
        n++;
    if (n + 1 < line.len && line.p[n] == '-' && line.p[n + 1] == ' ')
        n += 2;
    return n;
}

/* Breaks a line at its words; what follows stands under its first word. */
static void wrap_line(struct buf *out, struct str line)
{
    size_t indent = indent_of(line) < LINE_COLUMNS / 2 ? indent_of(line) : 4;

    while (utf8_columns(line) > LINE_COLUMNS) {
        struct str head = utf8_head_columns(line, LINE_COLUMNS);
        size_t at = head.len;

        while (at > indent && head.p[at - 1] != ' ')
            at--;
        if (at <= indent)
            at = head.len;
        sink_terminal(out, str_head(line, at), false);
        while (out->len && out->p[out->len - 1] == ' ')
            out->len--;
        buf_addc(out, '\n');
        line = str_from(line, at);
        if (line.len) {
            CLEANUP_BUF struct buf rest = {0};

            buf_addn(&rest, ' ', indent);
            buf_addstr(&rest, line);
            wrap_line(out, buf_str(&rest));
            return;
        }
    }
    sink_terminal(out, line, false);
}

static int fill(struct script *s, struct str text, struct buf *out, struct json *blank,
                struct err *e)
{
    while (text.len) {
        CLEANUP_BUF struct buf filled = {0};
        struct str rest;
        int rc = fill_line(s, str_cut(&text, '\n'), &filled, blank, e);

        if (rc)
            return rc;
        rest = buf_str(&filled);
        do {
            wrap_line(out, str_cut(&rest, '\n'));
            buf_addc(out, '\n');
        } while (rest.len);
    }
    return 0;
}

static int put_answer(struct script *s, struct buf *text, struct buf *blank, struct answer *a,
                      struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct json j;
    int rc = 0;

    buf_addstr(&path, input_value(s->op, s->in, "file"));
    if (path.len)
        rc = file_write(buf_text(&path), buf_str(text), 0600, e);
    if (rc)
        return rc;
    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_str(&j, "text", buf_str(text));
        json_name(&j, "blank");
        buf_addstr(&a->json, buf_str(blank));
        buf_addc(&a->json, '}');
        return 0;
    }
    buf_addstr(&a->text, buf_str(text));
    if (path.len) {
        buf_adds(&a->text, "\nIt is also in ");
        sink_terminal(&a->text, buf_str(&path), false);
        buf_addc(&a->text, '\n');
    }
    return 0;
}

static int script_job(struct session *session, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf blank = {0};
    struct script s = {.op = op, .in = in, .arena = arena};
    struct json names;
    struct view cut;
    struct view v;
    const char *file;
    int rc = session_view(session, &v, e);

    if (rc)
        return rc;
    s.label = in->has_tlp ? in->tlp : TLP_AMBER;
    cut = view_at_most(&v, s.label);
    s.view = &cut;
    s.system = input_thing(&cut, op, in, "system");
    file = arena_printf(arena, STR_FMT ".txt", STR_ARG(input_value(op, in, "who")));
    json_begin(&names, &blank);
    json_array_begin(&names);
    rc = fill(&s, texts_script(file), &text, &names, e);
    json_array_end(&names);
    return rc ? rc : put_answer(&s, &text, &blank, a, e);
}

#define TEXT(option, words)                                                                        \
    {                                                                                              \
        .name = option, .type = FIELD_TEXT, .help = words                                          \
    }
static const struct field script_fields[] = {
    {.name = "who",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("managers", "users", "owners", "provider"),
     .help = "for whom it is"},
    {.name = "system",
     .type = FIELD_REF,
     .kind = "system",
     .help = "which system, for its owner or its provider"},
    {.name = "file", .type = FIELD_PATH, .help = "write it to this file too"},
    {.name = "from", .type = FIELD_TIME, .help = "the time of interest begins, for a provider"},
    {.name = "until", .type = FIELD_TIME, .help = "the time of interest ends"},
    TEXT("decision", "the decision needed, as a question"),
    TEXT("decide-by", "when the decision or answer is needed"),
    TEXT("default", "what happens if nobody decides in time"),
    TEXT("options", "the choices and what each costs"),
    TEXT("next-update", "when they hear from us again"),
    TEXT("contact", "telephone to call back, not on an affected system"),
    TEXT("effect", "effect on the business or the reader"),
    TEXT("known", "what is known, if not the case's facts"),
    TEXT("unknown", "what is not known yet"),
    TEXT("done", "what has been done so far"),
    TEXT("began", "when it began or was noticed"),
    TEXT("deadlines", "legal deadlines that run"),
    TEXT("spokesperson", "who speaks to the outside"),
    TEXT("name", "who speaks"),
    TEXT("role", "in which role"),
    TEXT("systems", "the systems, in the users' words"),
    TEXT("do", "what users should do now"),
    TEXT("dont", "what users should not do now"),
    TEXT("workaround", "how to go on working"),
    TEXT("notice-place", "where notices hang"),
    TEXT("owner", "the owner of the system"),
    TEXT("changes", "the changes planned, one a line"),
    TEXT("undo", "how they are undone"),
    TEXT("saved", "what was saved before"),
    TEXT("outage-from", "when the outage begins"),
    TEXT("outage-until", "when it ends"),
    TEXT("outage-max", "how long at the longest"),
    TEXT("needs", "what we need from the reader"),
    TEXT("alternative", "what is done if the owner does not agree"),
    TEXT("provider", "the provider"),
    TEXT("organisation", "our organisation"),
    TEXT("customer", "our customer number there"),
    TEXT("service", "the service concerned"),
    TEXT("identifiers", "addresses, accounts, circuits concerned"),
    TEXT("records", "the records to keep"),
    TEXT("clock", "how our clock is set"),
};

const struct operation notify_script = {
    .name = "notify script",
    .practice = "notify",
    .help = "what to say to managers, users, owners or a provider, ready to print",
    .example = "calm notify script managers --decision \"stay off until noon?\" --decide-by 08:00 "
               "--next-update 07:00",
    .more = "What the case knows is filled in, as far as a reader of the label (--tlp, amber if "
            "not said) may see it; what it does not know is a line to write on, or an option "
            "here. It is read aloud or handed over on paper: write down what was said with calm "
            "note talk.",
    OP_FIELDS(script_fields),
    .type = OP_JOB,
    .faces = FACE_ALL,
    .job = script_job};
