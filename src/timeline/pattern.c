/* pattern.c: finds the pattern that a sentence fits, and takes its places as fields. */
#include "timeline/pattern.h"
#include "base/mem.h"

enum { STEPS_MAX = 24, KNOWN_COUNT = 64, KNOWN_NAME_SIZE = 48 };

enum step_kind { STEP_LITERAL, STEP_WORD, STEP_DIGITS, STEP_ADDRESS, STEP_ANY, STEP_REST };

struct step {
    enum step_kind kind;
    struct str literal;
    uint16_t field; /* FIELD_NONE: passed over */
};

struct pattern {
    struct str action, category, outcome;
    size_t count;
    struct step steps[STEPS_MAX];
};

struct table {
    const struct program *program;
    struct pattern *patterns; /* NULL: not compiled yet */
};

/* A program's name that was looked for, which mostly is again: the table, or none. */
struct known {
    char name[KNOWN_NAME_SIZE];
    size_t len;
    struct table *table;
};

struct pattern_set {
    struct field_names *names;
    struct known known[KNOWN_COUNT];
    size_t count;
    struct table tables[];
};

static enum step_kind kind_of(struct str name)
{
    static const struct {
        const char *name;
        enum step_kind kind;
    } kinds[] = {{"", STEP_WORD},
                 {"n", STEP_DIGITS},
                 {"ip", STEP_ADDRESS},
                 {"any", STEP_ANY},
                 {"rest", STEP_REST}};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_is(name, kinds[i].name))
            return kinds[i].kind;
    BUG("a pattern has a place of the kind " STR_FMT, STR_ARG(name));
}

static void compile(struct pattern *p, const struct meaning *m, struct field_names *names)
{
    struct str rest = str_of(m->pattern);

    p->action = str_of(m->action);
    p->category = str_of(m->category);
    p->outcome = str_of(m->outcome);
    while (rest.len) {
        struct step *s = &p->steps[p->count++];
        struct str text = str_head(rest, 0);

        if (p->count == STEPS_MAX)
            BUG("a pattern is too long: %s", m->pattern);
        if (rest.p[0] == '{') {
            struct str name = str_from(rest, 1);
            struct str place = str_cut(&name, '}');
            struct str field = str_cut(&place, ':');

            *s = (struct step){.kind = kind_of(place), .field = FIELD_NONE};
            if (!str_is(field, "_"))
                s->field = field_number(names, field);
            rest = name;
            continue;
        }
        while (text.len < rest.len && rest.p[text.len] != '{')
            text.len++;
        *s = (struct step){.kind = STEP_LITERAL, .literal = text, .field = FIELD_NONE};
        rest = str_from(rest, text.len);
    }
}

struct pattern_set *pattern_set_new(const struct program_list *const *lists, size_t count,
                                    struct field_names *names)
{
    struct pattern_set *s;
    size_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += lists[i]->count;
    s = mem_alloc(sizeof(struct pattern_set) + all * sizeof(struct table));
    s->names = names;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            s->tables[s->count++].program = &lists[i]->programs[k];
    return s;
}

void pattern_set_free(struct pattern_set *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->tables[i].patterns);
    free(s);
}

static bool is_address_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':' || c == '%';
}

static bool is_of(enum step_kind kind, char c)
{
    return kind == STEP_DIGITS    ? c >= '0' && c <= '9'
           : kind == STEP_ADDRESS ? is_address_char(c)
                                  : c != ' ';
}

/* A colon or point behind an address is none of it; "2001:db8::" ends with two. */
static size_t without_mark(struct str text, size_t len)
{
    struct str address = str_head(text, len);
    bool has_colon =
        str_ends(address, ":") && (!str_ends(address, "::") || str_ends(address, ":::"));

    return len > 1 && (has_colon || str_ends(address, ".")) ? len - 1 : len;
}

/* The longest run of its characters that the literal behind follows; where none does, the run. */
static size_t run_length(const struct step *s, const struct step *behind, struct str text)
{
    size_t len = 0, end;

    while (len < text.len && is_of(s->kind, text.p[len]))
        len++;
    if (!behind || behind->kind != STEP_LITERAL)
        return s->kind == STEP_ADDRESS ? without_mark(text, len) : len;
    for (end = len; end > 0; end--) {
        struct str after = str_from(text, end);

        if (after.len >= behind->literal.len &&
            memcmp(after.p, behind->literal.p, behind->literal.len) == 0)
            return end;
    }
    return len;
}

/* As little as the literal behind it, or the end, can follow. */
static bool any_length(const struct step *behind, struct str text, size_t *len)
{
    const char *found;

    if (!behind || behind->kind != STEP_LITERAL) {
        *len = text.len;
        return true;
    }
    found = memmem(text.p, text.len, behind->literal.p, behind->literal.len);
    *len = found ? (size_t)(found - text.p) : 0;
    return found != NULL;
}

static bool take_step(const struct step *s, const struct step *behind, struct str *text,
                      struct str *value)
{
    size_t len;

    switch (s->kind) {
    case STEP_LITERAL:
        if (text->len < s->literal.len || text->p[0] != s->literal.p[0] ||
            memcmp(text->p, s->literal.p, s->literal.len) != 0)
            return false;
        len = s->literal.len;
        break;
    case STEP_REST:
        len = text->len;
        break;
    case STEP_ANY:
        if (!any_length(behind, *text, &len))
            return false;
        break;
    default:
        len = run_length(s, behind, *text);
        if (len == 0)
            return false;
    }
    *value = str_head(*text, len);
    *text = str_from(*text, len);
    return true;
}

static bool fits(const struct pattern *p, struct str text, struct str *values)
{
    for (size_t i = 0; i < p->count; i++)
        if (!take_step(&p->steps[i], i + 1 < p->count ? &p->steps[i + 1] : NULL, &text, &values[i]))
            return false;
    return text.len == 0;
}

static void fill(const struct pattern *p, const struct str *values, struct event *e)
{
    for (size_t i = 0; i < p->count; i++)
        event_put(e, p->steps[i].field, values[i]);
    event_put(e, FIELD_EVENT_ACTION, p->action);
    event_put(e, FIELD_EVENT_CATEGORY, p->category);
    event_put(e, FIELD_EVENT_OUTCOME, p->outcome);
}

/* "a|b" are two names. */
static bool is_named(const struct program *p, struct str name)
{
    struct str names = str_of(p->name);

    if (name.len == 0)
        return names.len == 0;
    while (names.len)
        if (str_eq(str_cut(&names, '|'), name))
            return true;
    return false;
}

static struct table *find_table(struct pattern_set *s, struct str program)
{
    for (size_t i = 0; i < s->count; i++)
        if (is_named(s->tables[i].program, program))
            return &s->tables[i];
    return NULL;
}

static struct table *table_of(struct pattern_set *s, struct str program)
{
    uint8_t first = program.len ? (uint8_t)program.p[0] : 0;
    uint8_t last = program.len ? (uint8_t)program.p[program.len - 1] : 0;
    struct known *k = &s->known[(first * 7U + last * 3U + program.len) % KNOWN_COUNT];

    if (program.len > KNOWN_NAME_SIZE)
        return find_table(s, program);
    if (!k->len || !str_eq((struct str){k->name, k->len - 1}, program)) {
        memcpy(k->name, program.p, program.len);
        k->len = program.len + 1;
        k->table = find_table(s, program);
    }
    return k->table;
}

bool pattern_match(struct pattern_set *s, struct str program, struct str sentence, struct event *e)
{
    struct table *t = table_of(s, program);
    struct str values[STEPS_MAX];

    if (!t)
        return false;
    if (!t->patterns) {
        t->patterns = mem_array(t->program->count, sizeof(t->patterns[0]));
        for (size_t i = 0; i < t->program->count; i++)
            compile(&t->patterns[i], &t->program->meanings[i], s->names);
    }
    for (size_t i = 0; i < t->program->count; i++)
        if (fits(&t->patterns[i], sentence, values)) {
            fill(&t->patterns[i], values, e);
            return true;
        }
    return false;
}
