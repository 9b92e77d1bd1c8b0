/* manual.c: manual pages (mdoc) and shell completion from the table of operations. */
#include "case/gate.h"
#include "cli/help.h"

/* Text for mdoc: a dot or quote at the start of a line, and backslashes, mean something to it. */
static void add_roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_adds(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_adds(out, "\\e");
        else if (*text == '-')
            buf_adds(out, "\\-");
        else if (*text == '"')
            buf_adds(out, "\\(dq");
        else
            buf_addc(out, *text);
    }
}

/* A paragraph: mdoc wants each sentence on a line of its own. */
static void add_line(struct buf *out, const char *text)
{
    struct str rest = str_of(text);

    while (rest.len) {
        const char *end = memmem(rest.p, rest.len, ". ", 2);
        CLEANUP_BUF struct buf sentence = {0};

        buf_addstr(&sentence, str_head(rest, end ? (size_t)(end - rest.p) + 1 : rest.len));
        rest = str_from(rest, sentence.len + (end ? 1 : 0));
        add_roff(out, buf_text(&sentence));
        buf_addc(out, '\n');
    }
}

/* Help is written without a capital and a full stop; a manual has both. */
static void add_sentence(struct buf *out, const char *text)
{
    CLEANUP_BUF struct buf sentence = {0};

    buf_adds(&sentence, text);
    if (sentence.len && sentence.p[0] >= 'a' && sentence.p[0] <= 'z')
        sentence.p[0] = (char)(sentence.p[0] - 'a' + 'A');
    buf_addc(&sentence, '.');
    add_line(out, buf_text(&sentence));
}

static void add_title(struct buf *out, const char *name, const char *what)
{
    buf_addf(out, ".Dd $Mdocdate: November 25 2026 $\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd ", name,
             name);
    add_line(out, what);
}

static void add_field(struct buf *out, const struct field *f)
{
    CLEANUP_BUF struct buf choices = {0};

    if (f->type == FIELD_REST)
        buf_addf(out, ".It Fl Fl Ar %s ...\n", field_option(f));
    else if (f->flags & FIELD_ARG)
        buf_addf(out, ".It Ar %s\n", field_option(f));
    else if (f->type == FIELD_FLAG)
        buf_addf(out, ".It Fl Fl %s\n", field_option(f));
    else
        buf_addf(out, ".It Fl Fl %s Ar %s\n", field_option(f),
                 f->choices              ? "word"
                 : f->type == FIELD_TIME ? "time"
                                         : "value");
    buf_adds(&choices, f->help);
    if (f->choices) {
        buf_adds(&choices, ": ");
        field_choices(&choices, f);
    }
    add_sentence(out, buf_text(&choices));
    if (f->flags & FIELD_MANY)
        buf_adds(out, "May be given several times.\n");
    if (f->flags & FIELD_REQUIRED)
        buf_adds(out, "Needed.\n");
}

static void add_operation(struct buf *out, const struct operation *op)
{
    buf_addf(out, ".Ss calm %s\n", op->name);
    add_sentence(out, op->help);
    if (op->more)
        add_line(out, op->more);
    if (gate_help(op->gate))
        add_line(out, gate_help(op->gate));
    for (size_t i = 0; i < op->field_count; i++) {
        bool begins_group = field_begins_group(op->fields, i);

        if (begins_group)
            buf_addf(out, "%s.Pp\n%s:\n", i ? ".El\n" : "", op->fields[i].group);
        if (i == 0 || begins_group)
            buf_adds(out, ".Bl -tag -width Ds\n");
        add_field(out, &op->fields[i]);
    }
    if (op->field_count)
        buf_adds(out, ".El\n");
    buf_adds(out, ".Pp\nExample:\n.Pp\n.Dl ");
    add_line(out, op->example);
}

static void add_common(struct buf *out)
{
    buf_adds(out, ".Sh WITH EVERY RECORD\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < COMMON_COUNT; i++)
        add_field(out, &common_fields[i]);
    buf_adds(
        out,
        ".It Fl Fl tlp Ar label\nIts label (TLP 2.0): clear, green, amber, amber\\-strict or red.\n"
        ".It Fl Fl scope Ar name\nIts compartment, if not the whole team's.\n.El\n");
}

void help_manual_practice(const struct model *m, const struct practice *p, struct buf *out)
{
    CLEANUP_BUF struct buf name = {0};

    buf_addf(&name, "calm-%s", p->verb);
    add_title(out, buf_text(&name), p->help);
    buf_addf(out, ".Sh SYNOPSIS\n.Nm calm %s\n.Op Ar word\n.Op Ar options\n.Sh DESCRIPTION\n",
             p->verb);
    add_roff(out, p->title);
    buf_adds(
        out,
        ".\nAlone it shows what is done, what is missing and what comes next.\n.Sh OPERATIONS\n");
    for (size_t i = 0; i < m->operation_count; i++)
        if (strcmp(m->operations[i]->practice, p->verb) == 0)
            add_operation(out, m->operations[i]);
    add_common(out);
    buf_adds(out, ".Sh SEE ALSO\n.Xr calm 1\n");
}

void help_manual(const struct model *m, struct buf *out)
{
    (void)m;
    add_title(out, "calm", "security incident response: the record, the practices, the report");
    buf_adds(
        out,
        ".Sh SYNOPSIS\n.Nm\n.Nm\n.Ar verb\n.Op Ar word\n.Op Ar options\n.Sh DESCRIPTION\n"
        "Takes a small team from the first bad minute to a final report.\n"
        "Everything that happens is a record in a signed journal;\n.Xr calm-verify 1\nchecks it.\n"
        "Without a verb it shows where the case stands and the next step.\n.Bl -tag -width "
        "notify\n");
    for (size_t i = 1; practices[i]; i++) {
        buf_addf(out, ".It Xr calm-%s 1\n", practices[i]->verb);
        add_roff(out, practices[i]->help);
        buf_adds(out, ".\n");
    }
    buf_adds(out, ".El\n.Pp\nEverywhere:\n.Bl -tag -width Ds\n.It Fl Fl json\nThe answer as JSON.\n"
                  ".It Fl Fl case Ar folder\nThe case, if not the one that is open.\n.It Fl Fl "
                  "help\nHelp, with an example.\n.El\n"
                  ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev CALM_CASE\nThe folder of the case.\n"
                  ".It Ev CALM_KEYS\nThe folder of your private keys, if not below\n.Ev HOME "
                  ".\n.It Ev NO_COLOR\nNo colour.\n.El\n.Sh EXIT STATUS\n.Bl -tag -width Ds\n"
                  ".It 0\ndone\n.It 1\na failure of no other kind\n");
#define ERR(name, exit_status, http, meaning) buf_addf(out, ".It %d\n%s\n", exit_status, meaning);
#include "base/err_codes.def"
#undef ERR
    buf_adds(out, ".El\n.Sh SEE ALSO\n.Xr calm-verify 1\n");
}

static void add_kind_field(struct buf *out, const struct field *f)
{
    static const char *const kept_as[] = {
        [FIELD_LINE] = "a line of text",
        [FIELD_TEXT] = "text",
        [FIELD_WORD] = "a word",
        [FIELD_TIME] = "a time, spelled as in the journal",
        [FIELD_SPAN] = "a span, in decimal seconds",
        [FIELD_NUMBER] = "a decimal number",
        [FIELD_SIZE] = "a size, in bytes",
        [FIELD_FLAG] = "yes, where it is so",
        [FIELD_REF] = "the id of another record, in hex",
        [FIELD_PATH] = "a path",
        [FIELD_REST] = "a command line",
    };
    CLEANUP_BUF struct buf text = {0};

    buf_addf(out, ".It Li %s\n", f->name);
    buf_addf(&text, "%s: %s", f->help, kept_as[f->type]);
    if (f->choices) {
        buf_adds(&text, "; ");
        field_choices(&text, f);
    }
    if (f->flags & FIELD_MANY)
        buf_adds(&text, "; several stand on lines of their own");
    add_sentence(out, buf_text(&text));
}

static void add_kind(struct buf *out, const struct kind *k)
{
    CLEANUP_BUF struct buf words = {0};

    buf_addf(out, ".Ss %s/1%s%s%s\n", k->name, k->keeps_no_values ? "" : " and ",
             k->keeps_no_values ? "" : k->name, k->keeps_no_values ? "" : "-change/1");
    buf_addf(&words, "%s", k->words);
    add_sentence(out, buf_text(&words));
    if (k->prefix) {
        buf_addf(out, "Called %s1, %s2 and so on.\n", k->prefix, k->prefix);
    }
    buf_adds(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < k->field_count; i++)
        add_kind_field(out, &k->fields[i]);
    buf_adds(out, ".El\n");
}

void help_manual_records(const struct model *m, struct buf *out)
{
    buf_adds(
        out,
        ".Dd $Mdocdate: November 25 2026 $\n.Dt CALM-RECORDS 7\n.Os\n.Sh NAME\n.Nm calm-records\n"
        ".Nd the types of records in a journal of calm\n.Sh DESCRIPTION\n"
        "The journal's format is a page of its own; this one says what the records of a case "
        "hold.\n"
        "A record of the type KIND/1 makes a thing.\n"
        "One of the type KIND\\-change/1 refers to it and gives some of its fields anew; an empty "
        "value takes one back.\n"
        "Fields are values of openings.\nAny record may hold these as well:\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < COMMON_COUNT; i++)
        add_kind_field(out, &common_fields[i]);
    buf_adds(out, ".El\n.Sh TYPES\n");
    for (size_t i = 0; i < m->kind_count; i++)
        add_kind(out, m->kinds[i]);
    buf_adds(out, ".Sh SEE ALSO\n.Xr calm 1 ,\n.Xr calm-verify 1\n");
}

static void add_words(const struct model *m, const struct practice *p, struct buf *out)
{
    for (size_t i = 0; i < m->operation_count; i++) {
        const char *space = strchr(m->operations[i]->name, ' ');

        if (space && strcmp(m->operations[i]->practice, p->verb) == 0 &&
            str_starts(str_of(m->operations[i]->name), p->verb))
            buf_addf(out, "%s ", space + 1);
    }
}

static void add_options(const struct operation *op, struct buf *out)
{
    for (size_t i = 0; i < op->field_count; i++)
        if (!(op->fields[i].flags & FIELD_ARG) && op->fields[i].type != FIELD_REST)
            buf_addf(out, "--%s ", field_option(&op->fields[i]));
    if (op->type == OP_CHANGE || op->type == OP_JOB)
        for (size_t i = 0; i < COMMON_COUNT; i++)
            buf_addf(out, "--%s ", field_option(&common_fields[i]));
    buf_adds(out, "--json --help");
}

static void add_first_words(const struct model *m, struct buf *out)
{
    for (size_t i = 1; practices[i]; i++)
        buf_addf(out, "%s ", practices[i]->verb);
    for (size_t i = 0; i < m->operation_count; i++)
        if (!strchr(m->operations[i]->name, ' '))
            buf_addf(out, "%s ", m->operations[i]->name);
    buf_adds(out, "help");
}

void help_completion_bash(const struct model *m, struct buf *out)
{
    buf_adds(
        out,
        "# bash completion for calm\n_calm() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    add_first_words(m, out);
    buf_adds(out, "'\n    elif [ \"$COMP_CWORD\" -eq 2 ] && [ \"${cur#-}\" = \"$cur\" ]; then\n    "
                  "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 1; practices[i]; i++) {
        buf_addf(out, "        %s) words='", practices[i]->verb);
        add_words(m, practices[i], out);
        buf_adds(out, "' ;;\n");
    }
    buf_adds(out, "        help) words='");
    help_page_names(out);
    buf_adds(
        out,
        "' ;;\n        esac\n    else\n        case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
    for (size_t i = 0; i < m->operation_count; i++) {
        buf_addf(out, "        '%s'%s) words='", m->operations[i]->name,
                 strchr(m->operations[i]->name, ' ') ? "" : "' '*");
        add_options(m->operations[i], out);
        buf_adds(out, "' ;;\n");
    }
    buf_adds(out,
             "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
             "    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default\n}\ncomplete -F _calm calm\n");
}

void help_completion_zsh(const struct model *m, struct buf *out)
{
    buf_adds(out, "#compdef calm\nautoload -U +X bashcompinit && bashcompinit\n");
    help_completion_bash(m, out);
}
