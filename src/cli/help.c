/* help.c: help texts from the table of operations, and the pages that ship with the program. */
#include "cli/help.h"
#include "case/gate.h"
#include "base/sink.h"
#include "practice/texts.h"
#include "render/wrap.h"

enum { HELP_COLUMNS = 80 };

/* Adds words wrapped to the width, each line behind an indent. */
static void add_wrapped(struct buf *out, const char *text, size_t indent)
{
    struct str rest = str_of(text);
    size_t column = 0;

    while (rest.len) {
        struct str word = str_cut(&rest, ' ');

        if (column && column + 1 + word.len > HELP_COLUMNS - indent) {
            buf_addc(out, '\n');
            column = 0;
        }
        if (column == 0)
            buf_addn(out, ' ', indent);
        else
            buf_addc(out, ' ');
        buf_addstr(out, word);
        column += (column ? 1 : 0) + word.len;
    }
    buf_addc(out, '\n');
}

/* "  NAME      help", the help wrapped into its own column. */
static void add_item(struct buf *out, const char *name, const char *text, size_t column)
{
    CLEANUP_BUF struct buf wrapped = {0};
    size_t len = utf8_columns(str_of(name));

    buf_addf(out, "  %s", name);
    if (len + 3 > column) {
        buf_addc(out, '\n');
        add_wrapped(out, text, column);
        return;
    }
    add_wrapped(&wrapped, text, column);
    buf_addn(out, ' ', column - 2 - len);
    buf_addstr(out, str_from(buf_str(&wrapped), column));
}

void help_overview(const struct model *m, struct buf *out)
{
    buf_adds(out, "calm: from the first bad minute to a report that stands up\n\n"
                  "  calm                  where we stand, and the next step\n"
                  "  calm open             begin: opens a record; it asks nothing\n"
                  "  calm stop --emergency WHY\n"
                  "                        it cannot wait: cuts this host off at once\n"
                  "  calm VERB             how that practice stands, and what it can do\n"
                  "  calm VERB WORD --help every detail, with an example\n"
                  "  calm help PAGE        evidence, experts, unlawful, or a verb\n\n");
    for (size_t i = 1; practices[i]; i++)
        add_item(out, practices[i]->verb, practices[i]->help, 16);
    buf_adds(out, "\nAlso:\n");
    for (size_t i = 0; i < m->operation_count; i++) {
        const struct operation *op = m->operations[i];

        if (!strchr(op->name, ' ') && strcmp(op->name, "status") != 0)
            add_item(out, op->name, op->help, 16);
    }
    buf_adds(out,
             "\nEverywhere: --json for programs, --case FOLDER for another case. Any time may be\n"
             "written as 14:30, \"yesterday 23:15\" or \"10 min ago\".\n");
}

/* Words that are to be replaced stand in capitals, as in the texts. */
static void add_capitals(struct buf *out, const char *word)
{
    for (; *word; word++)
        buf_addc(out, *word >= 'a' && *word <= 'z' ? (char)(*word - 'a' + 'A') : *word);
}

static void add_rest(struct buf *out, const struct field *f)
{
    buf_adds(out, "-- ");
    add_capitals(out, field_option(f));
    buf_adds(out, "…");
}

static void add_field(struct buf *out, const struct field *f)
{
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf text = {0};

    if (f->type == FIELD_REST)
        add_rest(&name, f);
    else if (f->flags & FIELD_ARG)
        add_capitals(&name, field_option(f));
    else
        buf_addf(&name, "--%s", field_option(f));
    buf_adds(&text, f->help);
    if (f->choices) {
        buf_adds(&text, ": ");
        field_choices(&text, f);
    }
    if (f->flags & FIELD_MANY)
        buf_adds(&text, "; may be given several times");
    if (f->flags & FIELD_REQUIRED)
        buf_adds(&text, " (needed)");
    add_item(out, buf_text(&name), buf_text(&text), 24);
}

static void add_synopsis(struct buf *out, const struct operation *op)
{
    const struct field *behind = NULL; /* all of what stands there is its, so it stands last */

    buf_addf(out, "calm %s", op->name);
    for (size_t i = 0; i < op->field_count; i++) {
        const struct field *f = &op->fields[i];
        bool is_needed = f->flags & FIELD_REQUIRED;

        if (f->type == FIELD_REST)
            behind = f;
        else if (f->flags & FIELD_ARG) {
            buf_adds(out, is_needed ? " " : " [");
            add_capitals(out, field_option(f));
            buf_adds(out, is_needed ? "" : "]");
        } else if (is_needed)
            buf_addf(out, " --%s …", field_option(f));
    }
    buf_adds(out, " [options]");
    if (behind) {
        buf_adds(out, " [");
        add_rest(out, behind);
        buf_addc(out, ']');
    }
    buf_addc(out, '\n');
}

void help_operation(const struct operation *op, struct buf *out)
{
    add_synopsis(out, op);
    buf_addf(out, "\n%s%s\n", op->help, str_ends(str_of(op->help), "?") ? "" : ".");
    if (op->more) {
        buf_addc(out, '\n');
        add_wrapped(out, op->more, 0);
    }
    if (gate_help(op->gate)) {
        buf_addc(out, '\n');
        add_wrapped(out, gate_help(op->gate), 0);
    }
    if (op->field_count)
        buf_addc(out, '\n');
    for (size_t i = 0; i < op->field_count; i++) {
        if (field_begins_group(op->fields, i))
            buf_addf(out, "\n%s:\n", op->fields[i].group);
        add_field(out, &op->fields[i]);
    }
    if (op->records) {
        buf_adds(out, "\nWith every record:\n");
        for (size_t i = 0; i < COMMON_COUNT; i++)
            if (i != COMMON_OVERRIDE || op->gate)
                add_field(out, &common_fields[i]);
        add_item(out, "--tlp", "its label: clear, green, amber (usual), amber-strict or red", 24);
        add_item(out, "--scope", "its compartment, if not the whole team's", 24);
    }
    if (op->roles) {
        CLEANUP_BUF struct buf roles = {0};

        roles_show(&roles, op->roles);
        buf_addf(out, "\nFor: %s.\n", buf_text(&roles));
    }
    buf_addf(out, "\nExample:\n  %s\n", op->example);
}

static void add_command(struct buf *out, const struct operation *op)
{
    CLEANUP_BUF struct buf name = {0};

    buf_addf(&name, "calm %s", op->name);
    add_item(out, buf_text(&name), op->help, 30);
}

void help_practice(const struct model *m, const struct practice *p, struct buf *out)
{
    buf_addf(out, "calm %s: %s\n%s.\n\n", p->verb, p->title, p->help);
    for (size_t i = 0; i < m->operation_count; i++)
        if (strcmp(m->operations[i]->practice, p->verb) == 0)
            add_command(out, m->operations[i]);
    buf_addf(out, "\nMore: calm help %s, and --help behind each.\n", p->verb);
}

/* "Also: role, duty … (all: calm team --help)": those of the practice from a place of the table on.
 */
static void add_names(struct buf *out, const struct model *m, const struct practice *p, size_t from)
{
    CLEANUP_BUF struct buf names = {0};
    CLEANUP_BUF struct buf verb = {0};

    buf_addf(&verb, "%s ", p->verb);
    for (; from < m->operation_count; from++) {
        struct str name = str_of(m->operations[from]->name);

        if (strcmp(m->operations[from]->practice, p->verb) != 0)
            continue;
        if (str_starts(name, buf_text(&verb)))
            name = str_from(name, verb.len);
        buf_addf(&names, "%s" STR_FMT, names.len ? ", " : "", STR_ARG(name));
    }
    if (names.len)
        buf_addf(&names, " (all: calm %s --help)", p->verb);
    wrap_add(out, buf_str(&names), HELP_COLUMNS, STR("  Also: "), STR("        "));
}

static size_t line_count(const struct buf *text)
{
    size_t count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += text->p[i] == '\n';
    return count;
}

void help_commands(const struct model *m, const struct practice *p, size_t lines, struct buf *out)
{
    for (size_t i = 0; i < m->operation_count; i++) {
        CLEANUP_BUF struct buf command = {0};
        CLEANUP_BUF struct buf rest = {0};

        if (strcmp(m->operations[i]->practice, p->verb) != 0)
            continue;
        add_command(&command, m->operations[i]);
        add_names(&rest, m, p, i + 1);
        if (line_count(&command) + line_count(&rest) > lines) {
            add_names(out, m, p, i);
            return;
        }
        buf_addstr(out, buf_str(&command));
        lines -= line_count(&command);
    }
}

bool help_page(const char *name, struct buf *out)
{
    CLEANUP_BUF struct buf file = {0};
    struct str text;

    buf_addf(&file, "%s.txt", name);
    text = texts_help(buf_text(&file));
    if (!text.len)
        return false;
    buf_addstr(out, text);
    return true;
}

void help_page_names(struct buf *out)
{
    struct str name;

    for (size_t i = 0; texts_help_name(i, &name); i++)
        buf_addf(out, "%s" STR_FMT, i ? " " : "", STR_ARG(name));
}

static void table_field(struct json *j, const struct field *f)
{
    static const char *const types[] = {"line", "text", "word", "time", "span", "number",
                                        "size", "flag", "ref",  "path", "rest"};

    json_object_begin(j);
    json_put_text(j, "name", f->name);
    json_put_text(j, "option", field_option(f));
    json_put_text(j, "type", types[f->type]);
    json_put_text(j, "help", f->help);
    json_put_bool(j, "required", f->flags & FIELD_REQUIRED);
    json_put_bool(j, "positional", f->flags & FIELD_ARG);
    json_put_bool(j, "many", f->flags & FIELD_MANY);
    json_put_text(j, "kind", f->kind);
    json_name(j, "choices");
    json_array_begin(j);
    for (size_t i = 0; f->choices && f->choices[i]; i++)
        json_text(j, f->choices[i]);
    json_array_end(j);
    json_object_end(j);
}

static void table_operation(struct json *j, const struct operation *op)
{
    static const char *const types[] = {"query", "change", "job", "free"};
    CLEANUP_BUF struct buf roles = {0};

    roles_show(&roles, op->roles ? op->roles : ROLES_ALL);
    json_object_begin(j);
    json_put_text(j, "name", op->name);
    json_put_text(j, "practice", op->practice);
    json_put_text(j, "help", op->help);
    json_put_text(j, "example", op->example);
    json_put_text(j, "type", types[op->type]);
    json_put_str(j, "roles", buf_str(&roles));
    json_put_bool(j, "gated", op->gate != GATE_NONE);
    json_name(j, "records");
    json_array_begin(j);
    for (size_t i = 0; op->records && op->records[i]; i++)
        json_text(j, op->records[i]);
    json_array_end(j);
    json_name(j, "fields");
    json_array_begin(j);
    for (size_t i = 0; i < op->field_count; i++)
        table_field(j, &op->fields[i]);
    json_array_end(j);
    json_object_end(j);
}

void help_table(const struct model *m, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_array_begin(&j);
    for (size_t i = 0; i < m->operation_count; i++)
        table_operation(&j, m->operations[i]);
    json_array_end(&j);
    buf_addc(out, '\n');
}
