/* binxml.c: goes through what templates say, and puts the values of a record where they belong. */
#include "timeline/binxml.h"
#include "timeline/binxml_parse.h"
#include "timeline/binxml_value.h"
#include "timeline/bytes.h"

enum {
    TOKEN_END = 0,
    TOKEN_TEMPLATE = 0x0C,
    TOKEN_HEADER = 0x0F,
    HEADER_SIZE = 4,
    VALUES_MOST = 1 << 16, /* of a record, with those of templates within */
    DEPTH_MOST = 16,
    WORK_MOST = 1 << 17,  /* steps for one record */
    PARSE_MOST = 4 << 20, /* bytes of templates and XML for one chunk */
    TEMPLATE_SLOTS = 256,
    FIELDS_KEPT = 40, /* of EVENT_FIELDS_MAX for what follows from the others */
};

struct value {
    uint8_t type;
    uint32_t at;
    uint32_t len;
};

/* A template as it is within the element of that path. */
struct binxml_template {
    struct binxml_template *next;
    size_t definition;
    struct str path;
    bool is_bad;
    struct binxml_program program;
};

struct binxml {
    struct binxml_source source;
    struct binxml_template *slots[TEMPLATE_SLOTS];
    struct event *e;
    struct value *values;
    size_t count, room;
    unsigned params; /* Data elements without a name so far */
    size_t work;
    bool is_cut;
    uint16_t more;
};

static bool run_fragment(struct binxml *x, size_t from, size_t to, struct str path, unsigned depth);
static bool run_instance(struct binxml *x, size_t *at, size_t to, struct str path, unsigned depth);

struct binxml *binxml_new(struct field_names *names)
{
    struct binxml *x = mem_new(struct binxml);

    x->source.names = names;
    event_init(&x->source.spare);
    x->more = field_number(names, STR("winlog.more"));
    return x;
}

static void forget_templates(struct binxml *x)
{
    for (size_t i = 0; i < TEMPLATE_SLOTS; i++) {
        struct binxml_template *t = x->slots[i];

        for (; t; t = t->next)
            binxml_program_release(&t->program);
        x->slots[i] = NULL;
    }
    arena_free(x->source.arena);
    x->source.arena = NULL;
}

void binxml_free(struct binxml *x)
{
    if (!x)
        return;
    forget_templates(x);
    event_release(&x->source.spare);
    free(x->values);
    free(x);
}

void binxml_chunk(struct binxml *x, struct str chunk)
{
    forget_templates(x);
    x->source.chunk = chunk;
    x->source.arena = arena_new();
    x->source.budget = PARSE_MOST;
}

static struct binxml_template *template_at(struct binxml *x, const struct binxml_instance *i,
                                           struct str path)
{
    struct binxml_template **slot = &x->slots[i->definition % TEMPLATE_SLOTS];
    struct binxml_template *t = *slot;
    size_t at = i->definition;

    while (t && (t->definition != i->definition || !str_eq(t->path, path)))
        t = t->next;
    if (t)
        return t;
    t = arena_new_in(x->source.arena, struct binxml_template);
    t->definition = i->definition;
    t->path = path;
    t->is_bad = !binxml_parse(&x->source, path, &at, i->definition_end, &t->program);
    t->next = *slot;
    *slot = t;
    return t;
}

static void put(struct binxml *x, uint16_t field, struct str text)
{
    if (x->e->count >= EVENT_FIELDS_MAX - FIELDS_KEPT) {
        x->is_cut |= text.len > 0;
        return;
    }
    event_put(x->e, field, text_head(text, EVENT_VALUE_SIZE));
    if (text.len > EVENT_VALUE_SIZE)
        event_put_cut(x->e, field_name(x->source.names, field), text.len);
    x->is_cut |= field == x->more;
}

static void put_level(struct binxml *x, uint16_t field, struct str text)
{
    static const char *const names[] = {"informational", "critical",      "error",
                                        "warning",       "informational", "debug"};
    uint64_t n;

    if (str_u64(text, &n) && n < COUNT_OF(names))
        event_puts(x->e, FIELD_LOG_LEVEL, names[n]);
    put(x, field, text);
}

/* As text it stands where there is no template. */
static void put_time(struct binxml *x, uint16_t field, struct str text)
{
    struct stated s;
    struct str rest = text;

    if (when_iso(&rest, &s) && rest.len == 0)
        when_set(x->e, &s, NULL, NULL);
    else
        put(x, field, text);
}

static void put_param(struct binxml *x, struct str text)
{
    char name[48];
    int len = snprintf(name, sizeof(name), "winlog.event_data.param%u", ++x->params);

    if (text.len == 0)
        return;
    put(x, field_number(x->source.names, (struct str){name, (size_t)len}), text);
}

static void put_text(struct binxml *x, struct binxml_target target, struct str text)
{
    switch (target.rule) {
    case BINXML_TIME:
        put_time(x, target.field, text);
        break;
    case BINXML_LEVEL:
        put_level(x, target.field, text);
        break;
    case BINXML_PARAM:
        put_param(x, text);
        break;
    default:
        put(x, target.field, text);
    }
}

static struct str added_since(const struct binxml *x, size_t before)
{
    return (struct str){x->e->scratch + before, x->e->scratch_len - before};
}

static bool put_one(struct binxml *x, struct binxml_target target, unsigned type, struct str bytes)
{
    size_t before = x->e->scratch_len;

    if (target.rule == BINXML_TIME && type == BINXML_FILETIME && bytes.len == 8) {
        event_time_filetime(x->e, le64(bytes, 0));
        return true;
    }
    if (bytes.len && !binxml_add_value(x->e, type, bytes))
        return false;
    put_text(x, target, added_since(x, before));
    return true;
}

static struct str value_bytes(const struct binxml *x, const struct value *v)
{
    return str_part(x->source.chunk, v->at, v->len);
}

static bool put_value(struct binxml *x, const struct binxml_op *op, struct binxml_target target,
                      const struct value *v, unsigned depth)
{
    struct str rest = value_bytes(x, v), item;
    unsigned type = v->type & ~(unsigned)BINXML_ARRAY;

    if (v->type == BINXML_XML)
        return run_fragment(x, v->at, v->at + v->len, op->path, depth + 1);
    if (v->type == BINXML_NULL || v->len == 0)
        return put_one(x, target, BINXML_STRING, STR(""));
    if (type == v->type)
        return put_one(x, target, type, rest);
    while (binxml_take_item(type, &rest, &item)) {
        if (++x->work > WORK_MOST || !put_one(x, target, type, item))
            return false;
    }
    return true;
}

/* A text of several pieces. XML that a value brings comes to stand apart. */
static bool add_pieces(struct binxml *x, const struct binxml_template *t,
                       const struct binxml_op *op, uint32_t first, uint32_t count, size_t base,
                       size_t values, unsigned depth)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct binxml_piece *p = &t->program.pieces[i];
        const struct value *v = p->number < values ? &x->values[base + p->number] : NULL;
        bool is_good = true;

        if (!p->is_value)
            (void)event_keep(x->e, p->text);
        else if (v && v->type == BINXML_XML)
            is_good = run_fragment(x, v->at, v->at + v->len, op->path, depth + 1);
        else if (v && v->type != BINXML_NULL && v->len)
            is_good = binxml_add_value(x->e, v->type, value_bytes(x, v));
        if (!is_good || ++x->work > WORK_MOST)
            return false;
    }
    return true;
}

static bool run_text(struct binxml *x, const struct binxml_template *t, const struct binxml_op *op,
                     size_t base, size_t values, unsigned depth)
{
    const struct binxml_piece *p = &t->program.pieces[op->first];
    struct binxml_target target = op->target;
    size_t before = x->e->scratch_len;

    if (op->kind == BINXML_OP_DATA) {
        if (!add_pieces(x, t, op, op->name_first, op->name_count, base, values, depth))
            return false;
        target = binxml_data_target(x->source.names, added_since(x, before));
        before = x->e->scratch_len;
    }
    if (op->count == 1 && p->is_value) {
        struct value v = {0}; /* a copy: values within may move the list */

        if (p->number < values)
            v = x->values[base + p->number];
        return put_value(x, op, target, &v, depth);
    }
    if (op->count == 1) {
        put_text(x, target, p->text);
        return true;
    }
    if (!add_pieces(x, t, op, op->first, op->count, base, values, depth))
        return false;
    put_text(x, target, added_since(x, before));
    return true;
}

static bool run_template(struct binxml *x, const struct binxml_template *t, size_t base,
                         size_t values, size_t to, unsigned depth)
{
    for (size_t i = 0; i < t->program.op_count; i++) {
        const struct binxml_op *op = &t->program.ops[i];
        size_t at = op->at;
        bool is_good = op->kind == BINXML_OP_INSTANCE
                           ? run_instance(x, &at, to, op->path, depth + 1)
                           : run_text(x, t, op, base, values, depth);

        if (!is_good || ++x->work > WORK_MOST)
            return false;
    }
    return !t->is_bad;
}

/* The values of an instance: how many, the size and type of each, and then they themselves. */
static bool take_values(struct binxml *x, size_t *at, size_t to, size_t *count)
{
    struct str chunk = x->source.chunk;
    size_t from = *at + 4, place;

    if (to - *at < 4)
        return false;
    *count = le32(chunk, *at);
    if (*count > (to - from) / 4 || x->count + *count > VALUES_MOST)
        return false;
    place = from + 4 * *count;
    for (size_t i = 0; i < *count; i++) {
        size_t len = le16(chunk, from + 4 * i);

        if (len > to - place)
            return false;
        x->values = mem_grow(x->values, x->count, &x->room, sizeof(x->values[0]));
        x->values[x->count++] =
            (struct value){(uint8_t)chunk.p[from + 4 * i + 2], (uint32_t)place, (uint32_t)len};
        place += len;
    }
    *at = place;
    return true;
}

static bool run_instance(struct binxml *x, size_t *at, size_t to, struct str path, unsigned depth)
{
    struct binxml_instance instance;
    size_t base = x->count, count = 0;
    bool is_good;

    if (depth > DEPTH_MOST || !binxml_instance_at(&x->source, *at, to, &instance))
        return false;
    *at = instance.values;
    is_good =
        take_values(x, at, to, &count) &&
        run_template(x, template_at(x, &instance, path), base, count, x->source.chunk.len, depth);
    x->count = base;
    return is_good;
}

/* XML that is no template's. */
static bool run_plain(struct binxml *x, size_t *at, size_t to, struct str path, unsigned depth)
{
    struct binxml_template t = {.definition = *at, .path = path};
    bool is_good;

    t.is_bad = !binxml_parse(&x->source, path, at, to, &t.program);
    is_good = run_template(x, &t, x->count, 0, to, depth);
    binxml_program_release(&t.program);
    return is_good;
}

/* Several fragments may stand behind one another; behind the end are bytes that mean nothing. */
static bool run_fragment(struct binxml *x, size_t from, size_t to, struct str path, unsigned depth)
{
    size_t at = from;
    bool is_good = depth <= DEPTH_MOST;

    while (is_good && at < to && ++x->work <= WORK_MOST) {
        unsigned token = (uint8_t)x->source.chunk.p[at];

        if (token == TOKEN_END)
            break;
        if (token == TOKEN_HEADER) {
            at += HEADER_SIZE;
        } else if (token == TOKEN_TEMPLATE) {
            is_good = run_instance(x, &at, to, path, depth);
        } else {
            is_good = run_plain(x, &at, to, path, depth);
        }
    }
    return is_good && x->work <= WORK_MOST;
}

bool binxml_record(struct binxml *x, size_t from, size_t to, struct event *e)
{
    bool is_good;

    if (to > x->source.chunk.len || from > to)
        BUG("a record from %zu to %zu", from, to);
    x->e = e;
    x->count = 0;
    x->params = 0;
    x->work = 0;
    x->is_cut = false;
    is_good = run_fragment(x, from, to, STR(""), 0);
    if (x->is_cut)
        event_puts(e, FIELD_EVENT_CUT, "fields: more than are kept under names of their own");
    return is_good;
}
