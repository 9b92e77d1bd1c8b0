/* binxml_parse.c: parses the tokens of binary XML. */
#include "timeline/binxml_parse.h"
#include "timeline/binxml_value.h"
#include "timeline/bytes.h"

enum {
    TOKEN_END,
    TOKEN_OPEN,
    TOKEN_CLOSE_OPEN,
    TOKEN_CLOSE_EMPTY,
    TOKEN_CLOSE,
    TOKEN_VALUE,
    TOKEN_ATTRIBUTE,
    TOKEN_CDATA,
    TOKEN_CHARACTER,
    TOKEN_ENTITY,
    TOKEN_PI_TARGET,
    TOKEN_PI_DATA,
    TOKEN_TEMPLATE,
    TOKEN_VALUE_OF,
    TOKEN_VALUE_OF_OPTIONAL,
    TOKEN_HEADER,
    MORE = 0x40,
    DEPTH_MOST = 48,
    PATH_MOST = 2048,
    NAME_HEAD = 8,
    INSTANCE_HEAD = 10,
    DEFINITION_HEAD = 24,
    OPS_MOST = 1 << 16,
};

/* Where something is read; is_bad is set when it would read past to. */
struct cursor {
    struct str chunk;
    size_t at, to;
    bool is_bad;
};

struct parser {
    struct binxml_source *s;
    struct binxml_program *p;
    struct cursor k;
    size_t path_len;
    char path[PATH_MOST];
};

void binxml_program_release(struct binxml_program *p)
{
    free(p->ops);
    free(p->pieces);
}

static bool has_room(struct cursor *k, size_t size)
{
    if (!k->is_bad && size <= k->to - k->at)
        return true;
    k->is_bad = true;
    return false;
}

static unsigned take8(struct cursor *k)
{
    return has_room(k, 1) ? (uint8_t)k->chunk.p[k->at++] : 0;
}

static unsigned take16(struct cursor *k)
{
    if (!has_room(k, 2))
        return 0;
    k->at += 2;
    return le16(k->chunk, k->at - 2);
}

static uint32_t take32(struct cursor *k)
{
    if (!has_room(k, 4))
        return 0;
    k->at += 4;
    return le32(k->chunk, k->at - 4);
}

static struct str take_bytes(struct cursor *k, size_t size)
{
    if (!has_room(k, size))
        return STR("");
    k->at += size;
    return (struct str){k->chunk.p + k->at - size, size};
}

static unsigned peek(const struct cursor *k)
{
    return k->at < k->to ? (uint8_t)k->chunk.p[k->at] : TOKEN_END;
}

/* The name at a place of the chunk, as UTF-16. */
static bool name_at(struct str chunk, size_t at, struct str *out)
{
    size_t len;

    if (at > chunk.len || chunk.len - at < NAME_HEAD)
        return false;
    len = 2 * (size_t)le16(chunk, at + 6);
    *out = str_part(chunk, at + NAME_HEAD, len);
    return len > 0 && out->len == len;
}

/* As Windows counts it over the UTF-16 units. */
static bool is_name_at(struct str chunk, size_t at)
{
    struct str name;
    uint32_t hash = 0;

    if (!name_at(chunk, at, &name))
        return false;
    for (size_t i = 0; i < name.len; i += 2)
        hash = hash * 65599 + le16(name, i);
    return (hash & 0xFFFF) == le16(chunk, at + 4);
}

static struct str text_of(struct binxml_source *s, struct str utf16)
{
    size_t before = s->spare.scratch_len;
    struct str text;

    binxml_add_utf16(&s->spare, utf16);
    text = (struct str){s->spare.scratch + before, s->spare.scratch_len - before};
    text.p = arena_dup(s->arena, text.p, text.len);
    s->spare.scratch_len = before;
    return text;
}

/* A name stands where it is used first; later uses say where. */
static struct str take_name(struct parser *c)
{
    struct cursor *k = &c->k;
    uint32_t off = take32(k);
    struct str name = {0};

    if (k->is_bad || !name_at(k->chunk, off, &name)) {
        k->is_bad = true;
        return STR("");
    }
    if (off == k->at)
        (void)take_bytes(k, NAME_HEAD + name.len + 2);
    return text_of(c->s, name);
}

static void add_piece(struct parser *c, struct binxml_piece piece)
{
    struct binxml_program *p = c->p;

    if (p->piece_count == OPS_MOST) {
        c->k.is_bad = true;
        return;
    }
    p->pieces = mem_grow(p->pieces, p->piece_count, &p->piece_room, sizeof(p->pieces[0]));
    p->pieces[p->piece_count++] = piece;
}

static void add_text(struct parser *c, struct str text)
{
    if (text.len)
        add_piece(c, (struct binxml_piece){.text = text});
}

static void add_character(struct parser *c)
{
    unsigned unit = take16(&c->k);
    char bytes[2] = {(char)(unit & 0xFF), (char)(unit >> 8)};

    add_text(c, text_of(c->s, (struct str){bytes, 2}));
}

static void add_entity(struct parser *c)
{
    static const struct {
        const char *name, *text;
    } entities[] = {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
    struct str name = take_name(c);

    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (str_is(name, entities[i].name)) {
            add_text(c, str_of(entities[i].text));
            return;
        }
    add_text(c, STR("&"));
    add_text(c, name);
    add_text(c, STR(";"));
}

static void add_value(struct parser *c)
{
    unsigned type = take8(&c->k);
    struct str text = take_bytes(&c->k, 2 * (size_t)take16(&c->k));

    if (type != BINXML_STRING)
        c->k.is_bad = true;
    else
        add_text(c, text_of(c->s, text));
}

/* A piece of text, in an element or attribute. False: the token is none. */
static bool take_piece(struct parser *c, unsigned token)
{
    struct cursor *k = &c->k;
    unsigned number;

    switch (token & ~(unsigned)MORE) {
    case TOKEN_VALUE:
        add_value(c);
        return true;
    case TOKEN_CDATA:
        add_text(c, text_of(c->s, take_bytes(k, 2 * (size_t)take16(k))));
        return true;
    case TOKEN_CHARACTER:
        add_character(c);
        return true;
    case TOKEN_ENTITY:
        add_entity(c);
        return true;
    case TOKEN_VALUE_OF:
    case TOKEN_VALUE_OF_OPTIONAL:
        number = take16(k);
        (void)take8(k); /* the type that is expected; the value says its own */
        add_piece(c, (struct binxml_piece){.is_value = true, .number = (uint16_t)number});
        return true;
    default:
        return false;
    }
}

static void add_op(struct parser *c, struct binxml_op op)
{
    struct binxml_program *p = c->p;

    if (p->op_count == OPS_MOST) {
        c->k.is_bad = true;
        return;
    }
    op.path = (struct str){arena_dup(c->s->arena, c->path, c->path_len), c->path_len};
    p->ops = mem_grow(p->ops, p->op_count, &p->op_room, sizeof(p->ops[0]));
    p->ops[p->op_count++] = op;
}

/* Pieces from first on belong to the field. */
static void add_text_op(struct parser *c, size_t first, struct binxml_target target)
{
    if (c->p->piece_count == first || target.rule == BINXML_PASS)
        return;
    add_op(c, (struct binxml_op){.kind = BINXML_OP_TEXT,
                                 .target = target,
                                 .first = (uint32_t)first,
                                 .count = (uint32_t)(c->p->piece_count - first)});
}

static struct str path_of(const struct parser *c)
{
    return (struct str){c->path, c->path_len};
}

/* Of the element itself. */
static void add_own_text(struct parser *c, size_t first)
{
    add_text_op(c, first, binxml_target(c->s->names, path_of(c), STR("")));
}

static bool is_data(const struct parser *c)
{
    return str_is(path_of(c), "Event/EventData/Data");
}

/* One attribute, behind its token. That which names a Data element is kept for its text: *name_from
 * is where its pieces begin. */
static void take_attribute(struct parser *c, size_t *name_from, size_t *name_to)
{
    struct str name = take_name(c);
    size_t first = c->p->piece_count;

    while (!c->k.is_bad) {
        size_t before = c->k.at;

        if (!take_piece(c, take8(&c->k))) {
            c->k.at = before;
            break;
        }
    }
    if (is_data(c) && str_is(name, "Name")) {
        *name_from = first;
        *name_to = c->p->piece_count;
    } else {
        add_text_op(c, first, binxml_target(c->s->names, path_of(c), name));
    }
}

static void enter(struct parser *c, struct str name)
{
    if (c->path_len + name.len + 1 > PATH_MOST) {
        c->k.is_bad = true;
        return;
    }
    if (c->path_len)
        c->path[c->path_len++] = '/';
    memcpy(c->path + c->path_len, name.p, name.len);
    c->path_len += name.len;
}

/* Before the size mostly stands a number of two bytes; of some that is left out, and where the
 * name lies tells. */
static struct str take_opening(struct parser *c)
{
    struct cursor *k = &c->k;
    size_t at = k->at;

    (void)take16(k);
    (void)take32(k);
    if (k->to - k->at >= 4 && !is_name_at(k->chunk, le32(k->chunk, k->at)) && k->to - at >= 8 &&
        is_name_at(k->chunk, le32(k->chunk, at + 4)))
        k->at = at + 4;
    return take_name(c);
}

static void take_content(struct parser *c, unsigned depth);

/* The end of a Data element: what it is called, and what it says. */
static void end_data(struct parser *c, size_t name_from, size_t name_to, size_t first)
{
    const struct binxml_piece *pieces = c->p->pieces;
    size_t count = c->p->piece_count;

    if (count == first)
        return;
    if (name_to - name_from == 1 && !pieces[name_from].is_value) {
        add_text_op(c, first, binxml_data_target(c->s->names, pieces[name_from].text));
        return;
    }
    add_op(c, (struct binxml_op){.kind = BINXML_OP_DATA,
                                 .first = (uint32_t)first,
                                 .count = (uint32_t)(count - first),
                                 .name_first = (uint32_t)name_from,
                                 .name_count = (uint32_t)(name_to - name_from)});
}

/* The elements in an element; its own text is what stands behind their pieces, which is why it is
 * gathered apart where there are both. */
static void take_children(struct parser *c, size_t name_from, size_t name_to, unsigned depth)
{
    size_t first = c->p->piece_count;

    for (;;) {
        unsigned token = take8(&c->k);

        if (c->k.is_bad || token == TOKEN_CLOSE)
            break;
        if (take_piece(c, token))
            continue;
        /* The text so far is one of its own. */
        add_own_text(c, first);
        c->k.at--;
        if (token == TOKEN_END) {
            c->k.is_bad = true;
            return;
        }
        take_content(c, depth + 1);
        first = c->p->piece_count;
    }
    if (name_to > name_from)
        end_data(c, name_from, name_to, first);
    else
        add_own_text(c, first);
}

/* An element, behind its token. */
static void take_element(struct parser *c, bool has_attributes, unsigned depth)
{
    size_t before = c->path_len, name_from = 0, name_to = 0;
    unsigned token;

    enter(c, take_opening(c));
    if (has_attributes)
        (void)take32(&c->k);
    token = take8(&c->k);
    while (!c->k.is_bad && (token & ~(unsigned)MORE) == TOKEN_ATTRIBUTE) {
        take_attribute(c, &name_from, &name_to);
        token = take8(&c->k);
    }
    if (token == TOKEN_CLOSE_OPEN)
        take_children(c, name_from, name_to, depth);
    else if (token != TOKEN_CLOSE_EMPTY)
        c->k.is_bad = true;
    c->path_len = before;
}

static void take_instance(struct parser *c)
{
    struct binxml_instance instance;
    size_t at = c->k.at - 1, end;
    uint32_t count;

    if (!binxml_instance_at(c->s, at, c->k.to, &instance)) {
        c->k.is_bad = true;
        return;
    }
    add_op(c, (struct binxml_op){.kind = BINXML_OP_INSTANCE, .at = (uint32_t)at});
    c->k.at = instance.values;
    count = take32(&c->k);
    end = c->k.at + 4 * (size_t)count;
    for (uint32_t i = 0; i < count && has_room(&c->k, 4); i++) {
        end += le16(c->k.chunk, c->k.at);
        c->k.at += 4;
    }
    if (c->k.is_bad || end > c->k.to)
        c->k.is_bad = true;
    else
        c->k.at = end;
}

/* One token of the content of an element, or of a fragment, that is no text. */
static void take_content(struct parser *c, unsigned depth)
{
    struct cursor *k = &c->k;
    unsigned token = take8(k);

    if (depth > DEPTH_MOST) {
        k->is_bad = true;
        return;
    }
    switch (token) {
    case TOKEN_OPEN:
    case TOKEN_OPEN | MORE:
        take_element(c, token & MORE, depth);
        break;
    case TOKEN_HEADER:
        (void)take_bytes(k, 3);
        break;
    case TOKEN_TEMPLATE:
        take_instance(c);
        break;
    case TOKEN_PI_TARGET:
        (void)take_name(c);
        break;
    case TOKEN_PI_DATA:
        (void)take_bytes(k, 2 * (size_t)take16(k));
        break;
    default:
        k->is_bad = true;
    }
}

bool binxml_parse(struct binxml_source *s, struct str path, size_t *at, size_t to,
                  struct binxml_program *p)
{
    struct parser c = {.s = s, .p = p, .k = {s->chunk, *at, to, to > s->chunk.len || *at > to}};
    size_t first = p->piece_count;

    if (c.k.is_bad || to - *at > s->budget || path.len > PATH_MOST)
        return false;
    s->budget -= to - *at;
    memcpy(c.path, path.p, path.len);
    c.path_len = path.len;
    while (!c.k.is_bad && peek(&c.k) != TOKEN_END && c.k.at < to) {
        unsigned token = take8(&c.k);

        if (take_piece(&c, token))
            continue;
        add_own_text(&c, first);
        c.k.at--;
        take_content(&c, 0);
        first = p->piece_count;
    }
    add_own_text(&c, first);
    *at = c.k.at;
    return !c.k.is_bad;
}

bool binxml_instance_at(const struct binxml_source *s, size_t at, size_t to,
                        struct binxml_instance *out)
{
    struct cursor k = {s->chunk, at, to, false};
    size_t definition, size;

    (void)take16(&k); /* the token, and one byte that is not known */
    (void)take32(&k);
    definition = take32(&k);
    if (k.is_bad || definition > s->chunk.len || s->chunk.len - definition < DEFINITION_HEAD)
        return false;
    size = le32(s->chunk, definition + 20);
    out->definition = definition + DEFINITION_HEAD;
    if (size > s->chunk.len - out->definition)
        return false;
    out->definition_end = out->definition + size;
    out->values = definition == at + INSTANCE_HEAD ? out->definition_end : k.at;
    return out->values <= to;
}
