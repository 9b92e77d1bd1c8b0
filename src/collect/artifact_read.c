/* artifact_read.c: reads artifact definitions from YAML, event by event, within bounds. */
#include <yaml.h>
#include "collect/artifact.h"

/* A document becomes a small tree first, so that the order of keys does not matter. */
struct node {
    enum { NODE_TEXT, NODE_LIST, NODE_MAP } kind;
    struct str text;
    struct node *first; /* of a list; of a map keys and values take turns */
    struct node *last;
    struct node *next;
    size_t count;
    size_t line;
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct err *e;
    size_t line; /* of the event taken last, from 1 */
};

static int refuse(const struct reader *r, size_t line, const char *why)
{
    (void)r;
    return err_set(r->e, ERR_FORMAT, "line %zu: %s", line, why);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
    if (!yaml_parser_parse(&r->parser, event))
        return err_set(r->e, ERR_FORMAT, "line %zu: it is not YAML (%s)",
                       r->parser.problem_mark.line + 1,
                       r->parser.problem ? r->parser.problem : "unreadable");
    r->line = event->start_mark.line + 1;
    return 0;
}

static bool is_marked(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    default:
        return event->type == YAML_ALIAS_EVENT;
    }
}

static int take_scalar(struct reader *r, const yaml_event_t *event, struct node *node)
{
    size_t len = event->data.scalar.length;
    const char *text = (const char *)event->data.scalar.value;

    if (len > ARTIFACT_VALUE_SIZE)
        return err_set(r->e, ERR_LIMIT, "line %zu: a text is over %d bytes", r->line,
                       ARTIFACT_VALUE_SIZE);
    if (memchr(text, '\0', len))
        return refuse(r, r->line, "a text holds a zero byte");
    node->text = (struct str){arena_dup(r->arena, text, len), len};
    return 0;
}

static int take_children(struct reader *r, struct node *node, unsigned depth);

/* end: the event was the end of the list or map around. */
static int take_node(struct reader *r, struct node **out, unsigned depth, bool *end)
{
    yaml_event_t event;
    struct node *node;
    int code = next_event(r, &event);

    if (code < 0)
        return code;
    node = arena_new_in(r->arena, struct node);
    node->line = r->line;
    *end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    if (is_marked(&event))
        code = refuse(r, r->line, "anchors, aliases and tags are not read");
    else if (event.type == YAML_SCALAR_EVENT)
        code = take_scalar(r, &event, node);
    else if (event.type == YAML_SEQUENCE_START_EVENT)
        node->kind = NODE_LIST;
    else if (event.type == YAML_MAPPING_START_EVENT)
        node->kind = NODE_MAP;
    else if (!*end)
        code = refuse(r, r->line, "a value is missing");
    yaml_event_delete(&event);
    if (code == 0 && node->kind != NODE_TEXT)
        code = take_children(r, node, depth + 1);
    if (code == 0)
        *out = node;
    return code;
}

static bool has_key(const struct node *map, struct str key)
{
    for (const struct node *n = map->first; n && n->next; n = n->next->next)
        if (n->kind == NODE_TEXT && str_eq(n->text, key))
            return true;
    return false;
}

static int add_child(struct reader *r, struct node *parent, struct node *child)
{
    bool is_key = parent->kind == NODE_MAP && parent->count % 2 == 0;

    if (is_key && child->kind != NODE_TEXT)
        return refuse(r, child->line, "a key is not a text");
    if (is_key && has_key(parent, child->text))
        return refuse(r, child->line, "a key repeats");
    if (++parent->count > 2 * ARTIFACT_LIST_COUNT)
        return err_set(r->e, ERR_LIMIT, "line %zu: more than %d items", child->line,
                       ARTIFACT_LIST_COUNT);
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    return 0;
}

static int take_children(struct reader *r, struct node *node, unsigned depth)
{
    if (depth > ARTIFACT_DEPTH)
        return err_set(r->e, ERR_LIMIT, "line %zu: more than %d levels", node->line,
                       ARTIFACT_DEPTH);
    for (;;) {
        struct node *child = NULL;
        bool end = false;
        int code = take_node(r, &child, depth, &end);

        if (code < 0 || end)
            return code;
        code = add_child(r, node, child);
        if (code < 0)
            return code;
    }
}

static const struct node *member(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (const struct node *n = map->first; n && n->next; n = n->next->next)
        if (str_is(n->text, key))
            return n->next;
    return NULL;
}

/* NULL where there is none, or it is no text. */
static const char *text_of(const struct node *map, const char *key)
{
    const struct node *n = member(map, key);

    return n && n->kind == NODE_TEXT ? n->text.p : NULL;
}

static int take_texts(struct reader *r, const struct node *map, const char *key,
                      struct artifact_texts *out)
{
    const struct node *list = member(map, key);

    if (!list)
        return 0;
    if (list->kind != NODE_LIST)
        return refuse(r, list->line, "a list is wanted here");
    if (list->count > ARTIFACT_LIST_COUNT)
        return err_set(r->e, ERR_LIMIT, "line %zu: more than %d items", list->line,
                       ARTIFACT_LIST_COUNT);
    out->list = arena_alloc(r->arena, (list->count + 1) * sizeof(*out->list));
    for (const struct node *n = list->first; n; n = n->next) {
        if (n->kind != NODE_TEXT)
            return refuse(r, n->line, "a text is wanted here");
        out->list[out->count++] = n->text.p;
    }
    return 0;
}

static int take_systems(struct reader *r, const struct node *map, bool *is_for_linux)
{
    struct artifact_texts systems = {0};
    int code = take_texts(r, map, "supported_os", &systems);

    *is_for_linux = systems.count == 0;
    for (size_t i = 0; i < systems.count; i++)
        *is_for_linux |= strcmp(systems.list[i], "Linux") == 0;
    return code;
}

static enum artifact_kind kind_of(const char *type)
{
    static const struct {
        const char *type;
        enum artifact_kind kind;
    } kinds[] = {{"FILE", ARTIFACT_FILE},
                 {"PATH", ARTIFACT_PATH},
                 {"DIRECTORY", ARTIFACT_PATH},
                 {"ARTIFACT_GROUP", ARTIFACT_GROUP}};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(type, kinds[i].type) == 0)
            return kinds[i].kind;
    return ARTIFACT_OTHER;
}

static int take_additions(struct reader *r, const struct node *attributes,
                          struct artifact_source *out)
{
    const struct node *keep = member(attributes, "keep");
    const struct node *limit = member(attributes, "limit");

    if (keep && str_is(keep->text, "tail"))
        out->keep = KEEP_TAIL;
    else if (keep && str_is(keep->text, "whole"))
        out->keep = KEEP_WHOLE;
    else if (keep && !str_is(keep->text, "head"))
        return refuse(r, keep->line, "keep is head, tail or whole");
    if (limit && (!str_u64(limit->text, &out->limit) || out->limit == 0))
        return refuse(r, limit->line, "limit is a number over 0");
    return 0;
}

static int take_source(struct reader *r, const struct node *node, struct artifact_source *out)
{
    const struct node *attributes = member(node, "attributes");
    int code;

    out->type = text_of(node, "type");
    if (!out->type || !out->type[0])
        return refuse(r, node->line, "a source has no type");
    if (attributes && attributes->kind != NODE_MAP)
        return refuse(r, attributes->line, "attributes is no mapping");
    out->kind = kind_of(out->type);
    out->command = text_of(attributes, "cmd");
    out->separator = text_of(attributes, "separator");
    code = take_systems(r, node, &out->is_for_linux);
    if (code == 0)
        code = take_texts(r, attributes, "paths", &out->paths);
    if (code == 0)
        code = take_texts(r, attributes, "names", &out->names);
    if (code == 0)
        code = take_additions(r, attributes, out);
    if (code < 0)
        return code;
    if ((out->kind == ARTIFACT_FILE || out->kind == ARTIFACT_PATH) && out->paths.count == 0)
        return refuse(r, node->line, "a source has no paths");
    if (out->kind == ARTIFACT_GROUP && out->names.count == 0)
        return refuse(r, node->line, "a group names nothing");
    return 0;
}

static int take_sources(struct reader *r, const struct node *map, struct artifact *out)
{
    const struct node *list = member(map, "sources");

    if (!list || list->kind != NODE_LIST || list->count == 0)
        return refuse(r, map->line, "a definition has no sources");
    if (list->count > ARTIFACT_LIST_COUNT)
        return err_set(r->e, ERR_LIMIT, "line %zu: more than %d sources", list->line,
                       ARTIFACT_LIST_COUNT);
    out->sources = arena_alloc(r->arena, list->count * sizeof(*out->sources));
    for (const struct node *n = list->first; n; n = n->next) {
        int code = take_source(r, n, &out->sources[out->source_count++]);

        if (code < 0)
            return code;
    }
    return 0;
}

static bool is_known(const struct artifact_set *s, size_t since, const char *name)
{
    for (size_t i = since; i < s->count; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return true;
    return false;
}

static int take_artifact(struct reader *r, struct artifact_set *s, size_t since,
                         const struct node *map, const char *origin)
{
    struct artifact a = {
        .origin = origin, .name = text_of(map, "name"), .doc = text_of(map, "doc")};
    int code;

    if (map->kind != NODE_MAP)
        return refuse(r, map->line, "a definition is no mapping");
    if (!a.name || !a.name[0])
        return refuse(r, map->line, "a definition has no name");
    if (is_known(s, since, a.name))
        return refuse(r, map->line, "two definitions have one name");
    code = take_systems(r, map, &a.is_for_linux);
    if (code == 0)
        code = take_texts(r, map, "aliases", &a.aliases);
    if (code == 0)
        code = take_sources(r, map, &a);
    if (code < 0)
        return code;
    if (s->count >= ARTIFACT_COUNT)
        return err_set(r->e, ERR_LIMIT, "line %zu: more than %d definitions", map->line,
                       ARTIFACT_COUNT);
    s->list = mem_grow(s->list, s->count, &s->room, sizeof(*s->list));
    s->list[s->count++] = a;
    return 0;
}

/* An empty document, as a comment before the first --- makes one, says nothing. */
static bool is_nothing(const struct node *node)
{
    return node->kind == NODE_TEXT && node->text.len == 0;
}

static int take_documents(struct reader *r, struct artifact_set *s, size_t since,
                          const char *origin)
{
    for (;;) {
        yaml_event_t event;
        yaml_event_type_t type;
        struct node *node = NULL;
        bool end;
        int code = next_event(r, &event);

        if (code < 0)
            return code;
        type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return 0;
        if (type != YAML_DOCUMENT_START_EVENT)
            continue;
        code = take_node(r, &node, 0, &end);
        if (code == 0 && !is_nothing(node))
            code = take_artifact(r, s, since, node, origin);
        if (code < 0)
            return code;
    }
}

static void begin(yaml_parser_t *parser, struct str text)
{
    if (!yaml_parser_initialize(parser))
        BUG("no memory is left to read YAML");
    yaml_parser_set_input_string(parser, (const unsigned char *)(text.len ? text.p : ""), text.len);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
}

/* Reads on until the end, a failure, or more levels than are taken. True on a failure. */
static bool fails(yaml_parser_t *parser)
{
    for (int level = 0; level <= ARTIFACT_DEPTH;) {
        yaml_event_t event;
        yaml_event_type_t type;

        if (!yaml_parser_parse(parser, &event))
            return true;
        type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return false;
        level += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        level -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
    }
    return false;
}

/* Where a mark, which counts characters, lies in the text. */
static size_t offset_of(struct str text, const yaml_mark_t *mark)
{
    size_t off = 0;

    for (size_t left = mark->index; left && off < text.len; left--)
        do
            off++;
        while (off < text.len && ((unsigned char)text.p[off] & 0xc0) == 0x80);
    return off;
}

/* YAML 1.2 ends a key of a flow mapping at a colon before a bracket: {paths:[a]}. libyaml, which
 * reads 1.1, refuses that; with a space behind the colon both agree. */
static void part_colons(struct buf *text)
{
    enum { COLON_COUNT = 100 };
    bool again = true;

    for (int i = 0; i < COLON_COUNT && again; i++) {
        yaml_parser_t parser;
        CLEANUP_BUF struct buf parted = {0};

        begin(&parser, buf_str(text));
        again =
            fails(&parser) && parser.problem && strcmp(parser.problem, "found unexpected ':'") == 0;
        if (again) {
            size_t off = offset_of(buf_str(text), &parser.problem_mark);

            buf_addstr(&parted, str_head(buf_str(text), off + 1));
            buf_addc(&parted, ' ');
            buf_addstr(&parted, str_from(buf_str(text), off + 1));
            buf_clear(text);
            buf_addstr(text, buf_str(&parted));
        }
        yaml_parser_delete(&parser);
    }
}

int artifact_read(struct artifact_set *s, struct str text, const char *origin, struct err *e)
{
    struct reader r = {.arena = s->arena, .e = e};
    CLEANUP_BUF struct buf parted = {0};
    size_t since = s->count;
    int code;

    if (text.len > ARTIFACT_TEXT_SIZE)
        return err_set(e, ERR_LIMIT, "it is over %d bytes", ARTIFACT_TEXT_SIZE);
    buf_addstr(&parted, text);
    part_colons(&parted);
    begin(&r.parser, buf_str(&parted));
    code = take_documents(&r, s, since, arena_strdup(s->arena, origin));
    yaml_parser_delete(&r.parser);
    if (code < 0)
        s->count = since;
    return code;
}

static bool has_alias(const struct artifact *a, const char *name)
{
    for (size_t i = 0; i < a->aliases.count; i++)
        if (strcmp(a->aliases.list[i], name) == 0)
            return true;
    return false;
}

struct artifact *artifact_find(const struct artifact_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return &s->list[i];
    for (size_t i = 0; i < s->count; i++)
        if (has_alias(&s->list[i], name))
            return &s->list[i];
    return NULL;
}

void artifact_set_release(struct artifact_set *s)
{
    free(s->list);
    *s = (struct artifact_set){0};
}
