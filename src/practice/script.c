/* script.c: what to say to managers, users, owners and providers, filled from the case, with lines
 * to write on for what it does not know. */
#include "practice/script.h"
#include "base/sink.h"
#include "practice/script_facts.h"
#include "practice/texts.h"
#include "sys/file.h"

enum { LINE_COLUMNS = 78, BLANK_INLINE = 14, BLANK_LEAST = 8, BLANK_ROW = 40 };

void script_add_value(struct buf *line, struct str value)
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
        p = script_placeholder(name);
        if (!p)
            return err_set(e, ERR_FORMAT,
                           "the script has a placeholder {" STR_FMT "} that is not known",
                           STR_ARG(str_head(name, 40)));
        value = script_value(s, p);
        if (value.len) {
            script_add_value(&line, value);
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

/* "11:00", "11:00:05": without a day. */
static bool is_clock(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += text.p[i] == ':';
        if (text.p[i] != ':' && (text.p[i] < '0' || text.p[i] > '9'))
            return false;
    }
    return count > 0;
}

int script_check_next(struct str text, struct utc now, struct err *e)
{
    enum { HALF_DAY_S = 12 * 3600 };
    char ago[UTC_PLAIN_SIZE], example[UTC_PLAIN_SIZE];
    enum utc_precision precision;
    struct err unread = {0};
    struct utc t;

    text = str_trim(text);
    if (utc_parse(text, now, &t, &precision, &unread) || t.sec > now.sec ||
        (is_clock(text) && now.sec - t.sec > HALF_DAY_S))
        return 0;
    return err_set(e, ERR_USAGE,
                   "\"" STR_FMT
                   "\" is over (%s ago): say when they hear from you next, with its day if that is "
                   "not today: %.16s",
                   STR_ARG(text), span_text(ago, now.sec - t.sec),
                   utc_local(example, utc_plus_s(now, 4 * 3600)));
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

    if (rc == 0)
        rc = script_check_next(input_value(op, in, "next-update"), v.now, e);
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
    TEXT("flood", "what floods, and what is to be stopped"),
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
