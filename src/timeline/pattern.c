/* pattern.c: finds the pattern that a sentence fits, and takes its places as fields. */
#include "timeline/pattern.h"
#include "base/mem.h"

enum { BYTES = 256, STEPS_MAX = 40, KNOWN_COUNT = 64, KNOWN_NAME_SIZE = 48, TRIES_MOST = 32 };

enum step_kind {
    STEP_LITERAL,
    STEP_WORD,
    STEP_DIGITS,
    STEP_ADDRESS,
    STEP_HOST,
    STEP_UNIT,
    STEP_NAME,
    STEP_PAD,
    STEP_ANY,
    STEP_MOST,
    STEP_REST
};

struct step {
    enum step_kind kind;
    struct str literal;
    uint16_t field; /* FIELD_NONE: passed over */
};

struct pattern {
    struct str action, category, outcome;
    size_t count;
    size_t most;          /* the step that takes the most; count: none does */
    uint64_t front, mask; /* what its first bytes must be, where it begins with a literal */
    struct step steps[STEPS_MAX];
};

struct table {
    const struct program *program;
    struct pattern *patterns;   /* NULL: not compiled yet */
    uint16_t *order;            /* for each byte that a sentence may begin with, those to try */
    uint32_t begins[BYTES + 1]; /* where those of a byte begin in order */
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
    } kinds[] = {{"", STEP_WORD},     {"n", STEP_DIGITS},  {"ip", STEP_ADDRESS},
                 {"name", STEP_NAME}, {"host", STEP_HOST}, {"unit", STEP_UNIT},
                 {"pad", STEP_PAD},   {"any", STEP_ANY},   {"most", STEP_MOST},
                 {"rest", STEP_REST}};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_is(name, kinds[i].name))
            return kinds[i].kind;
    BUG("a pattern has a place of the kind " STR_FMT, STR_ARG(name));
}

/* A place in braces, off the front of *rest. */
static struct step compile_place(struct str *rest, struct field_names *names)
{
    struct str place, field;

    *rest = str_from(*rest, 1);
    place = str_cut(rest, '}');
    field = str_cut(&place, ':');
    return (struct step){.kind = kind_of(place),
                         .field = str_is(field, "_") ? FIELD_NONE : field_number(names, field)};
}

static bool is_brace(struct str s)
{
    return str_starts(s, "{{") || str_starts(s, "}}");
}

static struct step compile_literal(struct str *rest)
{
    bool is_doubled = is_brace(*rest);
    size_t len = is_doubled;
    struct str text;

    while (!is_doubled && len < rest->len && rest->p[len] != '{' && !is_brace(str_from(*rest, len)))
        len++;
    text = str_head(*rest, len);
    *rest = str_from(*rest, len + is_doubled);
    return (struct step){.kind = STEP_LITERAL, .literal = text, .field = FIELD_NONE};
}

static void set_front(struct pattern *p, struct str literal)
{
    size_t len = literal.len < sizeof(p->front) ? literal.len : sizeof(p->front);

    memcpy(&p->front, literal.p, len);
    memset(&p->mask, 0xFF, len);
}

/* The first bytes, and zeros behind its end, which are in no literal. */
static uint64_t front_of(struct str sentence)
{
    uint64_t front = 0;

    memcpy(&front, sentence.p, sentence.len < sizeof(front) ? sentence.len : sizeof(front));
    return front;
}

static void compile(struct pattern *p, const struct meaning *m, struct field_names *names)
{
    struct str rest = str_of(m->pattern);
    size_t mosts = 0;

    p->action = str_of(m->action);
    p->category = str_of(m->category);
    p->outcome = str_of(m->outcome);
    while (rest.len) {
        if (p->count == STEPS_MAX)
            BUG("a pattern is too long: %s", m->pattern);
        p->steps[p->count] = rest.p[0] == '{' && !is_brace(rest) ? compile_place(&rest, names)
                                                                 : compile_literal(&rest);
        if (p->steps[p->count].kind == STEP_MOST) {
            p->most = p->count;
            mosts++;
        }
        p->count++;
    }
    if (p->count && p->steps[0].kind == STEP_LITERAL)
        set_front(p, p->steps[0].literal);
    if (mosts == 0)
        p->most = p->count;
    else if (mosts > 1 || p->most + 1 == p->count || p->steps[p->most + 1].kind != STEP_LITERAL)
        BUG("a pattern has one place that takes most, and a text behind it: %s", m->pattern);
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
    for (size_t i = 0; i < s->count; i++) {
        free(s->tables[i].patterns);
        free(s->tables[i].order);
    }
    free(s);
}

static bool is_address_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':' || c == '%';
}

/* Such characters are in words, too. */
static bool has_address_mark(struct str s)
{
    return memchr(s.p, '.', s.len) || memchr(s.p, ':', s.len);
}

static bool is_of(enum step_kind kind, char c)
{
    return kind == STEP_DIGITS    ? c >= '0' && c <= '9'
           : kind == STEP_ADDRESS ? is_address_char(c)
           : kind == STEP_NAME
               ? c == '_' || char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
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

/* Of IPv4 what stands behind a colon is a port. */
static size_t without_port(struct str text, size_t len)
{
    const char *colon = memchr(text.p, ':', len), *point = memchr(text.p, '.', len);

    return colon && point && point < colon ? (size_t)(colon - text.p) : len;
}

/* The longest run of its characters that the literal behind follows; where none does, the run. */
static size_t run_length(const struct step *s, const struct step *behind, struct str text)
{
    size_t len = 0, end;

    while (len < text.len && is_of(s->kind, text.p[len]))
        len++;
    if (s->kind == STEP_ADDRESS)
        len = without_port(text, len);
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

static bool is_unit(struct str name)
{
    static const char *const kinds[] = {".service", ".socket", ".mount", ".automount",
                                        ".timer",   ".target", ".path",  ".slice",
                                        ".scope",   ".swap",   ".device"};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_ends(name, kinds[i]))
            return true;
    return false;
}

/* As little as the literal behind it, or the end, can follow; a literal that ends the pattern ends
 * the sentence, too. */
static bool any_length(const struct step *behind, bool is_last, struct str text, size_t *len)
{
    const char *found;

    if (!behind || behind->kind != STEP_LITERAL) {
        *len = text.len;
        return true;
    }
    if (is_last && text.len >= behind->literal.len) {
        *len = text.len - behind->literal.len;
        return str_eq(str_from(text, *len), behind->literal);
    }
    found = memmem(text.p, text.len, behind->literal.p, behind->literal.len);
    *len = found ? (size_t)(found - text.p) : 0;
    return found != NULL;
}

/* behind: the step that follows; NULL: none does. is_last: nothing follows that. */
static bool take_step(const struct step *s, const struct step *behind, bool is_last,
                      struct str *text, struct str *value)
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
    case STEP_PAD:
        for (len = 0; len < text->len && text->p[len] == ' ';)
            len++;
        break;
    case STEP_ANY:
        if (!any_length(behind, is_last, *text, &len))
            return false;
        break;
    default:
        len = run_length(s, behind, *text);
        if (len == 0 || (s->kind == STEP_ADDRESS && !has_address_mark(str_head(*text, len))) ||
            (s->kind == STEP_UNIT && !is_unit(str_head(*text, len))))
            return false;
    }
    *value = str_head(*text, len);
    *text = str_from(*text, len);
    return true;
}

static bool fits_steps(const struct pattern *p, size_t from, size_t to, struct str *text,
                       struct str *values)
{
    for (size_t i = from; i < to; i++)
        if (!take_step(&p->steps[i], i + 1 < p->count ? &p->steps[i + 1] : NULL, i + 2 == p->count,
                       text, &values[i]))
            return false;
    return true;
}

/* What is behind the place that takes most, where that ends at end. */
static bool fits_behind(const struct pattern *p, struct str text, size_t end, struct str *values)
{
    values[p->most] = str_head(text, end);
    text = str_from(text, end);
    return fits_steps(p, p->most + 1, p->count, &text, values) && text.len == 0;
}

static bool is_end(const struct pattern *p, struct str text, size_t at)
{
    struct str literal = p->steps[p->most + 1].literal;

    return text.p[at] == literal.p[0] && text.len - at >= literal.len &&
           memcmp(text.p + at, literal.p, literal.len) == 0;
}

static bool fits_last(const struct pattern *p, struct str text, struct str *values)
{
    char first = p->steps[p->most + 1].literal.p[0];
    unsigned tries = 0;
    const char *found;

    for (size_t at = text.len; tries < TRIES_MOST && (found = memrchr(text.p, first, at));) {
        at = (size_t)(found - text.p);
        if (!is_end(p, text, at))
            continue;
        tries++;
        if (fits_behind(p, text, at, values))
            return true;
    }
    return false;
}

static bool fits_first(const struct pattern *p, struct str text, struct str *values)
{
    unsigned tries = 0;

    for (size_t at = 0; at < text.len && tries < TRIES_MOST; at++) {
        if (!is_end(p, text, at))
            continue;
        tries++;
        if (fits_behind(p, text, at, values))
            return true;
    }
    return false;
}

/* *rest is what is left where a place takes most. */
static bool fits(const struct pattern *p, struct str text, struct str *values, struct str *rest)
{
    if (!fits_steps(p, 0, p->most, &text, values))
        return false;
    *rest = text;
    return p->most == p->count ? text.len == 0 : fits_last(p, text, values);
}

static size_t count_of(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.p[i] == c;
    return n;
}

/* Reasons are mostly the rest of a sentence: without what parts them from what stands before, and
 * the bracket that closes one which was opened there. */
static struct str reason_of(struct str s)
{
    static const char *const marks[] = {",", ":", ";", "- "};
    size_t before, closed;

    do {
        before = s.len;
        s = str_trim(s);
        for (size_t i = 0; i < COUNT_OF(marks); i++)
            (void)str_take(&s, marks[i]);
    } while (s.len < before);
    closed = count_of(s, ')');
    for (size_t open = count_of(s, '('); closed > open && s.p[s.len - 1] == ')'; closed--)
        s.len--;
    return s;
}

/* What becomes of a place's value as a field. */
static struct str value_of(const struct step *s, struct str value)
{
    return s->field == FIELD_EVENT_REASON ? reason_of(value) : value;
}

static void put_value(const struct step *s, struct str value, struct event *e)
{
    bool is_source = s->field == FIELD_SOURCE_IP;

    value = value_of(s, value);
    if (is_source && (s->kind == STEP_HOST || s->kind == STEP_ADDRESS))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, value);
    else
        event_put(e, s->field, value);
}

/* The values of the other way in which the sentence fits. */
static void fill_other(const struct pattern *p, struct str text, const struct str *values,
                       struct field_names *names, struct event *e)
{
    struct str others[STEPS_MAX];

    if (p->most == p->count || !fits_first(p, text, others) ||
        others[p->most].len == values[p->most].len)
        return;
    for (size_t i = p->most; i < p->count; i++)
        if (p->steps[i].kind != STEP_REST && !str_eq(values[i], others[i]))
            put_value(&p->steps[i], others[i], e);
    event_puts(e, field_number(names, STR("event.is_ambiguous")), "yes");
}

static void fill(const struct pattern *p, const struct str *values, struct event *e)
{
    for (size_t i = 0; i < p->count; i++)
        put_value(&p->steps[i], values[i], e);
    event_put(e, FIELD_EVENT_ACTION, p->action);
    event_put(e, FIELD_EVENT_CATEGORY, p->category);
    event_put(e, FIELD_EVENT_OUTCOME, p->outcome);
}

static bool has_value(const struct event *e, uint16_t name, struct str value)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == name && str_eq(e->fields[i].value, value))
            return true;
    return false;
}

/* What another sentence that fits says otherwise. */
static void fill_also(const struct pattern *p, const struct str *values, struct field_names *names,
                      struct event *e)
{
    size_t before = e->count;

    for (size_t i = 0; i < p->count; i++)
        if (!has_value(e, p->steps[i].field, value_of(&p->steps[i], values[i])))
            put_value(&p->steps[i], values[i], e);
    if (!has_value(e, FIELD_EVENT_ACTION, p->action))
        event_put(e, FIELD_EVENT_ACTION, p->action);
    if (!has_value(e, FIELD_EVENT_OUTCOME, p->outcome))
        event_put(e, FIELD_EVENT_OUTCOME, p->outcome);
    if (e->count > before &&
        event_value(e, field_number(names, STR("event.is_ambiguous"))).len == 0)
        event_puts(e, field_number(names, STR("event.is_ambiguous")), "yes");
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

static bool begins_with(const struct pattern *p, unsigned byte)
{
    return p->steps[0].kind != STEP_LITERAL || (uint8_t)p->steps[0].literal.p[0] == byte;
}

static void compile_table(struct table *t, struct field_names *names)
{
    size_t count = t->program->count;
    uint32_t all = 0;

    t->patterns = mem_array(count, sizeof(t->patterns[0]));
    t->order = mem_array(count * BYTES, sizeof(t->order[0]));
    for (size_t i = 0; i < count; i++)
        compile(&t->patterns[i], &t->program->meanings[i], names);
    for (unsigned byte = 0; byte < BYTES; byte++) {
        t->begins[byte] = all;
        for (size_t i = 0; i < count; i++)
            if (begins_with(&t->patterns[i], byte))
                t->order[all++] = (uint16_t)i;
    }
    t->begins[BYTES] = all;
}

bool pattern_match(struct pattern_set *s, struct str program, struct str sentence, struct event *e)
{
    struct table *t = table_of(s, program);
    struct str values[STEPS_MAX], rest;
    bool is_filled = false;
    uint64_t front;
    uint8_t first;

    if (!t || sentence.len == 0)
        return false;
    if (!t->patterns)
        compile_table(t, s->names);
    first = (uint8_t)sentence.p[0];
    front = front_of(sentence);
    for (uint32_t i = t->begins[first]; i < t->begins[first + 1]; i++) {
        const struct pattern *p = &t->patterns[t->order[i]];

        if ((front & p->mask) != p->front || !fits(p, sentence, values, &rest))
            continue;
        if (is_filled) {
            fill_also(p, values, s->names, e);
            continue;
        }
        fill(p, values, e);
        fill_other(p, rest, values, s->names, e);
        if (!t->program->tells_all)
            return true;
        is_filled = true;
    }
    return is_filled;
}
