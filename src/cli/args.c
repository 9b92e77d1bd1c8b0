/* args.c: from the words of a command line to an operation and its input. */
#include "cli/args.h"
#include <unistd.h>
#include "base/limits.h"
#include "cli/suggest.h"
#include "journal/entry.h"
#include "sys/term.h"

/* The words not yet read. */
struct words {
    char **argv;
    int count;
    int at;
};

static const char *next_word(struct words *w)
{
    return w->at < w->count ? w->argv[w->at] : NULL;
}

void args_release(struct args *a)
{
    for (size_t i = 0; a->given && i < a->op->field_count + COMMON_COUNT; i++)
        buf_release(&a->given[i]);
    buf_release(&a->tlp);
    buf_release(&a->scope);
    arena_free(a->arena);
}

/* Whether another verb has this word: "calm note list" means to see something, not to note "list".
 */
static bool is_elsewhere(const struct model *m, const char *word)
{
    for (size_t i = 0; i < m->operation_count; i++) {
        const char *space = strchr(m->operations[i]->name, ' ');

        if (space && strcmp(space + 1, word) == 0)
            return true;
    }
    return strcmp(word, "help") == 0;
}

/* "problem raise", or the operation of one word, or what the verb usually means. */
static const struct operation *find_operation(const struct model *m, struct words *w)
{
    const char *first = next_word(w);
    const char *second = w->at + 1 < w->count ? w->argv[w->at + 1] : NULL;
    const struct practice *practice = practice_find(str_of(first));
    CLEANUP_BUF struct buf name = {0};
    const struct operation *op;

    if (second) {
        buf_addf(&name, "%s %s", first, str_starts(str_of(second), "--") ? second + 2 : second);
        op = operation_find(m, buf_str(&name));
        if (op) {
            w->at += 2;
            return op;
        }
    }
    op = operation_find(m, str_of(first));
    if (!op && second && practice && practice->usual && strcmp(second, "--help") != 0 &&
        !(w->at + 2 == w->count && is_elsewhere(m, second)))
        op = operation_find(m, str_of(practice->usual));
    if (op)
        w->at++;
    return op;
}

static bool begins_operation(const struct operation *op, const char *verb)
{
    return str_starts(str_of(op->name), verb) && op->name[strlen(verb)] == ' ';
}

static int unknown_command(const struct model *m, struct words *w, struct err *e)
{
    const char *first = next_word(w);
    const char *second = w->at + 1 < w->count ? w->argv[w->at + 1] : NULL;
    struct suggestion s = {.word = str_of(first)};

    if (practice_find(str_of(first)) && second) {
        s.word = str_of(second);
        for (size_t i = 0; i < m->operation_count; i++)
            if (begins_operation(m->operations[i], first))
                suggest_try(&s, m->operations[i]->name + strlen(first) + 1);
        if (practice_find(str_of(first))->usual && is_elsewhere(m, second))
            return err_set(e, ERR_USAGE,
                           "calm %s has no \"%.60s\", so nothing was written. To write down the "
                           "word itself: calm %s %.60s. To read what was written: calm log",
                           first, second, practice_find(str_of(first))->usual, second);
        if (s.best)
            return err_set(e, ERR_USAGE, "calm %s has no \"%.60s\". Did you mean: calm %s %s",
                           first, second, first, s.best);
        return err_set(e, ERR_USAGE, "calm %s has no \"%.60s\". What it has: calm %s --help", first,
                       second, first);
    }
    for (size_t i = 0; practices[i]; i++)
        suggest_try(&s, practices[i]->verb);
    for (size_t i = 0; i < m->operation_count; i++)
        if (!strchr(m->operations[i]->name, ' '))
            suggest_try(&s, m->operations[i]->name);
    if (s.best)
        return err_set(e, ERR_USAGE, "there is no command \"%.60s\". Did you mean: calm %s", first,
                       s.best);
    return err_set(e, ERR_USAGE, "there is no command \"%.60s\". All commands: calm help", first);
}

static const struct field *all_field(const struct operation *op, size_t i)
{
    return i < op->field_count ? &op->fields[i] : &common_fields[i - op->field_count];
}

static bool takes_common(const struct operation *op)
{
    return op->type == OP_CHANGE || op->type == OP_JOB;
}

static size_t all_count(const struct operation *op)
{
    return op->field_count + (takes_common(op) ? COMMON_COUNT : 0);
}

static void give(struct args *a, size_t i, struct str value)
{
    if (a->is_given[i] && (all_field(a->op, i)->flags & FIELD_MANY))
        buf_addc(&a->given[i], '\n');
    else
        buf_clear(&a->given[i]);
    buf_addstr(&a->given[i], value);
    a->is_given[i] = true;
}

static bool is_space(char c)
{
    return char_is_blank(c) || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Where values are lines, and blanks around them are nothing, such a name would become another
 * one, which may be there. */
static int give_word(struct args *a, size_t i, struct str value, struct err *e)
{
    const struct field *f = all_field(a->op, i);
    bool is_altered = value.len && (is_space(value.p[0]) || is_space(value.p[value.len - 1]) ||
                                    memchr(value.p, '\n', value.len));

    if (f->type == FIELD_PATH && is_altered)
        return err_set(e, ERR_USAGE,
                       "%s: a name with a line end in it, or a blank at an end, would be read as "
                       "another one. Name the folder it lies in, or a link to it with another "
                       "name; calm preserve image and preserve files take it behind --",
                       field_option(f));
    give(a, i, value);
    return 0;
}

static int unknown_option(const struct args *a, struct str name, struct err *e)
{
    struct suggestion s = {.word = name};

    for (size_t i = 0; i < all_count(a->op); i++)
        if (all_field(a->op, i)->type != FIELD_REST)
            suggest_try(&s, field_option(all_field(a->op, i)));
    suggest_try(&s, "json");
    suggest_try(&s, "help");
    if (s.best)
        return err_set(e, ERR_USAGE, "calm %s has no --" STR_FMT ". Did you mean: --%s",
                       a->op->name, STR_ARG(str_head(name, 40)), s.best);
    return err_set(e, ERR_USAGE, "calm %s has no --" STR_FMT ". What it has: calm %s --help",
                   a->op->name, STR_ARG(str_head(name, 40)), a->op->name);
}

/* The value behind an option: after =, or the next word. */
static int option_value(struct words *w, struct str inline_value, bool has_inline, const char *name,
                        struct str *out, struct err *e)
{
    if (has_inline) {
        *out = inline_value;
        return 0;
    }
    if (!next_word(w))
        return err_set(e, ERR_USAGE, "--%s wants a value", name);
    *out = str_of(w->argv[w->at++]);
    return 0;
}

static int read_general_option(struct args *a, struct words *w, struct str name, struct str value,
                               bool has_value, bool *taken, struct err *e)
{
    struct str text;
    int rc = 0;

    *taken = true;
    if (str_is(name, "help")) {
        a->wants_help = true;
    } else if (str_is(name, "json")) {
        a->wants_json = true;
    } else if (str_is(name, "case")) {
        rc = option_value(w, value, has_value, "case", &text, e);
        if (rc == 0)
            a->case_folder = arena_dup(a->arena, text.p, text.len);
    } else if (a->op && takes_common(a->op) && (str_is(name, "tlp") || str_is(name, "scope"))) {
        struct buf *to = str_is(name, "tlp") ? &a->tlp : &a->scope;

        rc = option_value(w, value, has_value, "tlp", &text, e);
        buf_clear(to);
        if (rc == 0)
            buf_addstr(to, text);
    } else {
        *taken = false;
    }
    return rc;
}

static int read_option(struct args *a, struct words *w, struct err *e)
{
    struct str rest = str_from(str_of(w->argv[w->at++]), 2);
    bool has_value = memchr(rest.p, '=', rest.len) != NULL;
    struct str name = str_cut(&rest, '=');
    struct str value;
    bool taken;
    int rc = read_general_option(a, w, name, rest, has_value, &taken, e);

    if (rc || taken)
        return rc;
    for (size_t i = 0; a->op && i < all_count(a->op); i++) {
        const struct field *f = all_field(a->op, i);

        if (f->type == FIELD_REST || !str_is(name, field_option(f)))
            continue;
        if (f->type == FIELD_FLAG) {
            give(a, i, STR("yes"));
            return 0;
        }
        rc = option_value(w, rest, has_value, field_option(f), &value, e);
        return rc ? rc : give_word(a, i, value, e);
    }
    return a->op ? unknown_option(a, name, e)
                 : err_set(e, ERR_USAGE, "there is no option --" STR_FMT,
                           STR_ARG(str_head(name, 40)));
}

/* A word without dashes goes to the next positional field; what is left over is joined to the last
 * one that takes text. */
static int read_word(struct args *a, const char *word, size_t *next, size_t *last, struct err *e)
{
    const struct operation *op = a->op;
    const struct field *f;

    while (*next < op->field_count &&
           (!(op->fields[*next].flags & FIELD_ARG) ||
            (a->is_given[*next] && !(op->fields[*next].flags & FIELD_MANY))))
        (*next)++;
    if (*next < op->field_count) {
        *last = *next;
        if (!(op->fields[*next].flags & FIELD_MANY))
            (*next)++;
        return give_word(a, *last, str_of(word), e);
    }
    f = *last < op->field_count ? &op->fields[*last] : NULL;
    if (!f || (f->type != FIELD_TEXT && f->type != FIELD_LINE))
        return err_set(e, ERR_USAGE,
                       "calm %s does not know what to do with \"%.60s\". An example: %s", op->name,
                       word, op->example);
    buf_addc(&a->given[*last], ' ');
    buf_adds(&a->given[*last], word);
    return 0;
}

static int read_rest(struct args *a, struct words *w, struct err *e)
{
    for (size_t i = 0; i < a->op->field_count; i++) {
        if (a->op->fields[i].type != FIELD_REST)
            continue;
        a->rest = w->argv + w->at;
        a->rest_count = (size_t)(w->count - w->at);
        a->is_given[i] = a->rest_count > 0;
        for (size_t k = 0; k < a->rest_count; k++)
            buf_addf(&a->given[i], "%s%s", k ? " " : "", a->rest[k]);
        w->at = w->count;
        return 0;
    }
    return err_set(e, ERR_USAGE, "calm %s takes nothing behind --", a->op->name);
}

static int read_words(struct args *a, struct words *w, struct err *e)
{
    size_t next = 0;
    size_t last = SIZE_MAX;
    int rc = 0;

    while (rc == 0 && next_word(w)) {
        const char *word = next_word(w);

        if (strcmp(word, "--") == 0) {
            w->at++;
            rc = read_rest(a, w, e);
        } else if (strncmp(word, "--", 2) == 0) {
            rc = read_option(a, w, e);
        } else {
            w->at++;
            rc = read_word(a, word, &next, &last, e);
        }
    }
    return rc;
}

static int read_leading_options(struct args *a, struct words *w, struct err *e)
{
    int rc = 0;

    while (rc == 0 && next_word(w) && strncmp(next_word(w), "--", 2) == 0 && next_word(w)[2])
        rc = read_option(a, w, e);
    return rc;
}

int args_read(struct args *a, const struct model *m, int argc, char **argv, struct err *e)
{
    struct words w = {argv, argc, 1};
    int rc;

    *a = (struct args){.arena = arena_new()};
    rc = read_leading_options(a, &w, e);
    if (rc || !next_word(&w))
        return rc;
    a->op = find_operation(m, &w);
    if (a->op) {
        a->given = arena_alloc(a->arena, (a->op->field_count + COMMON_COUNT) * sizeof(a->given[0]));
        a->is_given = arena_alloc(a->arena, a->op->field_count + COMMON_COUNT);
        return read_words(a, &w, e);
    }
    a->practice = practice_find(str_of(next_word(&w)));
    if (!a->practice || (w.at + 1 < w.count && strncmp(argv[w.at + 1], "--", 2) != 0))
        return unknown_command(m, &w, e);
    w.at++;
    rc = read_leading_options(a, &w, e);
    if (rc == 0 && next_word(&w)) {
        w.at--;
        rc = unknown_command(m, &w, e);
    }
    return rc;
}

/* How many things there are that a field may refer to; many, where any record may be meant. */
static size_t choice_count(const struct view *v, const struct field *f)
{
    return f->type == FIELD_REF && f->kind && v ? view_count(v, f->kind) : SIZE_MAX;
}

/* Asks on the terminal for a field; an empty answer leaves one that is not needed empty. */
static int ask(struct args *a, size_t i, struct err *e)
{
    const struct field *f = all_field(a->op, i);
    CLEANUP_FREE char *line = NULL;
    CLEANUP_BUF struct buf choices = {0};
    size_t room = 0;
    ssize_t got;

    if (f->type == FIELD_WORD) {
        buf_adds(&choices, ": ");
        field_choices(&choices, f);
    }
    fprintf(stderr, "%s (%s%s)? ", f->name, f->help, buf_text(&choices));
    got = getline(&line, &room, stdin);
    if (got > 1)
        give(a, i, str_trim((struct str){line, (size_t)got}));
    else if (f->flags & FIELD_REQUIRED)
        return err_set(e, ERR_USAGE, "calm %s wants %s: %s. An example: %s", a->op->name, f->name,
                       f->help, a->op->example);
    return 0;
}

static int want(struct args *a, const struct view *v, size_t i, bool may_ask, struct err *e)
{
    const struct field *f = all_field(a->op, i);

    if (a->is_given[i] || !(f->flags & (FIELD_REQUIRED | FIELD_ASK)))
        return 0;
    if ((f->flags & FIELD_REQUIRED) && choice_count(v, f) == 0)
        return err_set(e, ERR_NOTFOUND,
                       "there is no %s yet that calm %s could be about. What comes first: calm %s",
                       f->kind, a->op->name, a->op->practice);
    if (may_ask && f->type != FIELD_REST && choice_count(v, f))
        return ask(a, i, e);
    if (!(f->flags & FIELD_REQUIRED))
        return 0;
    return err_set(e, ERR_USAGE, "calm %s wants %s%s: %s. An example: %s", a->op->name,
                   f->flags & FIELD_ARG ? "" : "--", field_option(f), f->help, a->op->example);
}

static int read_ref(const struct view *v, const struct field *f, struct str written,
                    struct buf *kept, struct err *e)
{
    struct id id;
    int rc;

    if (!v)
        BUG("%s refers to a case where there is none", f->name);
    rc = view_resolve(v, f, str_trim(written), &id, e);
    if (rc == 0)
        hex_add(kept, id.b, sizeof(id.b));
    return rc;
}

/* A text that is given as - comes from standard input. */
static int read_piped(struct args *a, struct err *e)
{
    for (size_t i = 0; i < a->op->field_count; i++) {
        char part[4096];
        ssize_t got;

        if (!a->is_given[i] || a->op->fields[i].type != FIELD_TEXT ||
            !str_is(buf_str(&a->given[i]), "-"))
            continue;
        buf_clear(&a->given[i]);
        while ((got = read(STDIN_FILENO, part, sizeof(part))) > 0 &&
               a->given[i].len <= LIMIT_VALUE_SIZE)
            buf_add(&a->given[i], part, (size_t)got);
        if (got < 0)
            return err_errno(e, "cannot read standard input");
    }
    return 0;
}

/* One field's value, or several as lines. */
static int read_value(struct args *a, const struct view *v, const struct field *f,
                      struct str written, struct utc now, struct str *out, struct err *e)
{
    CLEANUP_BUF struct buf kept = {0};
    bool is_many = f->flags & FIELD_MANY;
    int rc = 0;

    do {
        struct str one = is_many ? str_cut(&written, '\n') : written;

        if (kept.len)
            buf_addc(&kept, '\n');
        rc = f->type == FIELD_REF ? read_ref(v, f, one, &kept, e)
                                  : field_read(f, one, now, &kept, e);
    } while (rc == 0 && is_many && written.len);
    if (rc == 0)
        *out = (struct str){arena_dup(a->arena, buf_text(&kept), kept.len), kept.len};
    return rc;
}

/* A time that was written by the minute is recorded as exact to the minute. */
static void note_precision(struct args *a, struct str written, struct utc now, struct input *in)
{
    size_t at = a->op->field_count + COMMON_PRECISION;
    enum utc_precision precision;
    struct utc t;

    if (!in->values[at].len && utc_parse(written, now, &t, &precision, NULL) == 0)
        in->values[at] = str_of(utc_precision_name(precision));
}

static int read_labels(struct args *a, struct input *in, struct err *e)
{
    if (a->tlp.len && !tlp_of(buf_str(&a->tlp), &in->tlp))
        return err_set(e, ERR_USAGE,
                       "--tlp is clear, green, amber, amber-strict or red; not \"%.40s\"",
                       buf_text(&a->tlp));
    in->has_tlp = a->tlp.len > 0;
    if (a->scope.len && !spell_is_name(buf_str(&a->scope)))
        return err_set(
            e, ERR_USAGE,
            "--scope is the short name of a compartment: letters a to z, digits and hyphens");
    in->scope = buf_str(&a->scope);
    return 0;
}

int args_input(struct args *a, const struct view *v, bool may_ask, struct input *in, struct err *e)
{
    struct utc now = utc_now();
    bool *is_fallback;
    int rc;

    *in = (struct input){.rest = a->rest, .rest_count = a->rest_count};
    in->values = arena_alloc(a->arena, (a->op->field_count + COMMON_COUNT) * sizeof(in->values[0]));
    in->is_fallback = is_fallback =
        arena_alloc(a->arena, (a->op->field_count + COMMON_COUNT) * sizeof(bool));
    rc = read_labels(a, in, e);
    if (rc == 0)
        rc = read_piped(a, e);
    for (size_t i = 0; rc == 0 && i < all_count(a->op); i++) {
        const struct field *f = all_field(a->op, i);

        rc = want(a, v, i, may_ask, e);
        if (rc)
            return rc;
        if (a->is_given[i])
            rc = read_value(a, v, f, buf_str(&a->given[i]), now, &in->values[i], e);
        else if ((is_fallback[i] = f->fallback != NULL))
            rc = read_value(a, v, f, str_of(f->fallback), now, &in->values[i], e);
    }
    if (rc == 0 && takes_common(a->op) && a->is_given[a->op->field_count + COMMON_OCCURRED])
        note_precision(a, buf_str(&a->given[a->op->field_count + COMMON_OCCURRED]), now, in);
    return rc;
}
