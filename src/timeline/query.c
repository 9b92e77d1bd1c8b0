/* query.c: reads a query. */
#include <stdio.h>
#include "timeline/query_read.h"

static const struct node *read_or(struct reading *r, struct str field);

const struct node *query_fail(struct reading *r, const char *what)
{
    if (r->rc == 0)
        r->rc = err_set(r->e, ERR_USAGE, "the query is not understood at character %zu: %s",
                        (size_t)(r->rest.p - r->q->text.p) + 1, what);
    return NULL;
}

struct node *query_node(struct reading *r, enum node_kind kind)
{
    struct query *q = r->q;
    struct node *n;

    if (q->count == QUERY_NODES_MOST) {
        (void)query_fail(r, "it has too many terms");
        return NULL;
    }
    n = arena_new_in(q->arena, struct node);
    n->kind = kind;
    q->nodes[q->count++] = n;
    return n;
}

static struct str behind_spaces(struct str s)
{
    while (s.len && (uint8_t)s.p[0] <= ' ')
        s = str_from(s, 1);
    return s;
}

void query_skip_spaces(struct reading *r)
{
    r->rest = behind_spaces(r->rest);
}

static bool is_word_end(char c)
{
    return (uint8_t)c <= ' ' || c == '(' || c == ')' || c == '"';
}

static struct str word_at(struct str s)
{
    struct str word = str_head(s, 0);

    while (word.len < s.len && !is_word_end(s.p[word.len])) {
        bool is_escaped =
            s.p[word.len] == '\\' && word.len + 1 < s.len && value_test_is_sign(s.p[word.len + 1]);

        word.len += is_escaped ? 2 : 1;
    }
    return word;
}

struct str query_peek_word(const struct reading *r)
{
    return word_at(r->rest);
}

static bool is_alike_word(struct str word, const char *small)
{
    return word.len == strlen(small) && find_alike(word, str_of(small)) == word.p;
}

/* As a word, or as the sign that other programs have for it. */
static bool is_operator(const struct reading *r, const char *name, const char *sign)
{
    struct str word = query_peek_word(r);

    return is_alike_word(word, name) || str_is(word, sign);
}

static bool take_operator(struct reading *r, const char *name, const char *sign)
{
    query_skip_spaces(r);
    if (!is_operator(r, name, sign))
        return false;
    r->rest = str_from(r->rest, query_peek_word(r).len);
    return true;
}

/* "-word" or "+word": a number in the brackets of a field may have such a sign of its own. */
static bool take_sign(struct reading *r, char sign, struct str field)
{
    char next = r->rest.len > 1 ? r->rest.p[1] : ' ';

    if (r->rest.len == 0 || r->rest.p[0] != sign || (uint8_t)next <= ' ' || next == sign ||
        next == '>' || (field.len && next >= '0' && next <= '9'))
        return false;
    r->rest = str_from(r->rest, 1);
    return true;
}

/* "not x", "!x", "-x". */
static bool take_not(struct reading *r, struct str field)
{
    if (take_operator(r, "not", "!") || take_sign(r, '-', field))
        return true;
    if (str_starts(r->rest, "!="))
        return false;
    return str_take(&r->rest, "!");
}

/* Behind the opening quote; \" and \\ stand for themselves. */
static bool take_quoted(struct reading *r, char quote, struct buf *out)
{
    r->rest = str_from(r->rest, 1);
    while (r->rest.len && r->rest.p[0] != quote) {
        if (r->rest.p[0] == '\\' && r->rest.len > 1 &&
            (r->rest.p[1] == quote || (r->rest.p[1] == '\\' && quote == '"')))
            r->rest = str_from(r->rest, 1);
        buf_addc(out, r->rest.p[0]);
        r->rest = str_from(r->rest, 1);
    }
    if (r->rest.len == 0)
        return false;
    r->rest = str_from(r->rest, 1);
    return true;
}

/* "/…/" to the end of a word is an expression; what else begins with a slash is text. */
static bool is_expression(struct str s)
{
    size_t i = 1;

    if (s.len == 0 || s.p[0] != '/')
        return false;
    while (i < s.len && s.p[i] != '/')
        i += s.p[i] == '\\' ? 2 : 1;
    /* ":/" begins the next value. */
    return i < s.len && i > 1 && s.p[i - 1] != ':' && (i + 1 == s.len || is_word_end(s.p[i + 1]));
}

/* Without a field a folder is text, "/tmp/"; but none has ".*" in its name. */
static bool is_bare_expression(struct str s)
{
    struct str text = str_from(s, 1);

    text = str_cut(&text, '/');
    for (size_t i = 0; i < text.len; i++)
        if (strchr("[](){}|+^$\\", text.p[i]) || str_starts(str_from(text, i), ".*"))
            return is_expression(s);
    return false;
}

static const struct node *read_expression(struct reading *r, struct node *n)
{
    CLEANUP_BUF struct buf text = {0};
    size_t at = (size_t)(r->rest.p - r->q->text.p) + 1;

    (void)take_quoted(r, '/', &text);
    r->rc = value_test_regex(&n->test, buf_str(&text), r->e);
    if (r->rc)
        r->rc = err_wrap(r->e, r->rc, "the query is not understood at character %zu", at);
    return r->rc ? NULL : n;
}

static void maybe_meant(struct reading *r, struct str word, const char *how)
{
    r->q->maybe = word;
    r->q->maybe_how = how;
}

static bool has_escaped_sign(struct str s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.p[i] == '\\' && (s.p[i + 1] == '*' || s.p[i + 1] == '?'))
            return true;
    return false;
}

static const struct node *join(struct reading *r, enum node_kind kind, const struct node *left,
                               const struct node *right)
{
    struct node *n = left && right ? query_node(r, kind) : NULL;

    if (n) {
        n->left = left;
        n->right = right;
    }
    return n;
}

static const struct node *or_apart(struct reading *r, const struct node *n, struct str text)
{
    struct node *other = query_node(r, NODE_TERM);

    if (other)
        value_test_apart(&other->test, text);
    return join(r, NODE_OR, n, other);
}

/* Without a field: what holds it; an address is found in its other spellings, too, in text in that
 * of RFC 5952, and not within another one. */
static const struct node *or_spelled(struct reading *r, struct node *n, struct str text)
{
    char usual[ADDRESS_TEXT_SIZE];
    struct str spelled = address_spelled(text, usual);
    const struct node *either;
    struct node *same;
    uint8_t bytes[16];

    if (!value_test_is_network(text))
        return n;
    if (address_bytes(text, bytes))
        value_test_apart(&n->test, text);
    same = query_node(r, NODE_TERM);
    if (same)
        value_test_quoted(&same->test, text);
    either = join(r, NODE_OR, n, same);
    return str_eq(spelled, text) ? either : or_apart(r, either, spelled);
}

static const struct node *read_quoted(struct reading *r, struct node *n)
{
    CLEANUP_BUF struct buf text = {0};
    struct str start = r->rest;

    if (!take_quoted(r, '"', &text)) {
        r->rest = start;
        return query_fail(r, "a quote is not closed");
    }
    if (has_escaped_sign(buf_str(&text)))
        maybe_meant(r, str_head(start, start.len - r->rest.len),
                    "was looked for with its backslash: within quotes * and ? are characters");
    if (text.len == 0) {
        r->rest = start;
        return query_fail(r, "an empty value is no field here: not NAME:* finds what has none");
    }
    if (query_is_text(n->field))
        value_test_text(&n->test, buf_str(&text), true);
    else if (n->field.len)
        value_test_quoted(&n->test, buf_str(&text));
    if (query_is_text(n->field) || n->field.len)
        return n;
    value_test_holds(&n->test, buf_str(&text));
    return or_spelled(r, n, buf_str(&text));
}

static const struct node *read_bare(struct reading *r, struct node *n, struct str word)
{
    value_test_bare(&n->test, word);
    r->rest = str_from(r->rest, word.len);
    return or_spelled(r, n, word);
}

static const struct node *read_word(struct reading *r, struct node *n)
{
    char first = r->rest.len ? r->rest.p[0] : 0;
    struct str word = query_peek_word(r);
    const char *refused;

    if (word.len == 0)
        return query_fail(r, "a value is missing");
    refused = query_refused(word, n->field.len > 0);
    if (refused)
        return query_fail(r, refused);
    if (n->field.len == 0)
        return read_bare(r, n, word);
    if (first == '>' || first == '<')
        return query_take_compared(r, &n->test)
                   ? n
                   : query_fail(r, "a number is missing; text with < or > in it is quoted");
    if (value_test_is_no_network(word))
        return query_fail(r, "a network has at most 32 bits, or 128 of IPv6");
    if (str_ends(n->field, ".ip") && value_test_is_no_address(word))
        return query_fail(r, "numbers of an address are 255 at most");
    refused = query_refused_of(n->field, word);
    if (refused)
        return query_fail(r, refused);
    if (query_is_text(n->field))
        value_test_text(&n->test, word, false);
    else
        value_test_word(&n->test, word);
    r->rest = str_from(r->rest, word.len);
    return n;
}

static const char wild[] = "names of fields have no * or ? in them: a word alone is sought in all "
                           "fields; a colon that is text has a backslash before it";

/* "_exists_:user.name", as Lucene has it. */
static const struct node *read_exists(struct reading *r, struct node *n)
{
    n->field = query_peek_word(r);
    if (memchr(n->field.p, '*', n->field.len))
        return query_fail(r, wild);
    n->test.kind = TEST_THERE;
    r->rest = str_from(r->rest, n->field.len);
    return n->field.len ? n : query_fail(r, "the name of a field is missing");
}

/* What was in quotes or brackets has no colon behind it; one may begin an address. */
static bool is_no_name(struct reading *r, struct str field)
{
    struct str behind = behind_spaces(r->rest);

    return field.len || !str_starts(behind, ":") || value_test_is_network(word_at(behind)) ||
           query_fail(
               r, "the name of a field has no quotes or brackets; a colon that is text is quoted");
}

static const struct node *read_text(struct reading *r, struct node *n, struct str field)
{
    const struct node *out = read_quoted(r, n);

    return out && is_no_name(r, field) ? out : NULL;
}

static const struct node *read_value(struct reading *r, struct str field)
{
    struct node *n;
    char first = r->rest.len ? r->rest.p[0] : 0;

    if (str_is(field, "time") || str_is(field, "@timestamp"))
        return query_read_time(r);
    n = query_node(r, NODE_TERM);
    if (!n)
        return NULL;
    if (str_is(field, "_exists_"))
        return read_exists(r, n);
    n->field = field;
    r->q->has_tags = r->q->has_tags || str_is(field, "tag");
    if (first == '"')
        return read_text(r, n, field);
    if (!field.len && first == '/' && is_expression(r->rest) && !is_bare_expression(r->rest))
        maybe_meant(r, query_peek_word(r),
                    "was looked for as text: an expression has a field before it, message:/.../");
    if (field.len ? is_expression(r->rest) : first == '/' && is_bare_expression(r->rest))
        return read_expression(r, n);
    if ((first == '[' || first == '{') && field.len)
        return query_take_range(r, &n->test)
                   ? n
                   : query_fail(
                         r, "a range is [FROM TO UNTIL] of numbers or times; of addresses it is a "
                            "network, as 10.0.0.0/29");
    return read_word(r, n);
}

static bool is_at_operator(const struct reading *r)
{
    return is_operator(r, "and", "&&") || is_operator(r, "or", "||");
}

/* "user.name:", "user.name : ", "user.name >= ". An address is none, and none begins its value. */
static bool take_field(struct reading *r, struct str *field)
{
    struct str name = str_head(r->rest, 0), rest;

    if (value_test_is_network(query_peek_word(r)))
        return false;
    while (name.len < r->rest.len && query_is_name(name.p[name.len]))
        name.len++;
    rest = behind_spaces(str_from(r->rest, name.len));
    if (name.len == 0 || (rest.p > name.p + name.len && value_test_is_network(word_at(rest))))
        return false;
    if (!str_take(&rest, ":") && !str_starts(rest, ">") && !str_starts(rest, "<"))
        return false;
    *field = name;
    r->rest = rest;
    return true;
}

/* "*:*" */
static bool take_all(struct reading *r)
{
    struct str rest = r->rest;

    if (!str_take(&rest, "*"))
        return false;
    rest = behind_spaces(rest);
    if (!str_take(&rest, ":"))
        return false;
    rest = behind_spaces(rest);
    if (!str_is(word_at(rest), "*"))
        return false;
    r->rest = str_from(rest, 1);
    return true;
}

static const struct node *read_brackets(struct reading *r, struct str field)
{
    const struct node *n;

    if (++r->depth > QUERY_DEPTH_MOST)
        return query_fail(r, "brackets are too deep");
    r->rest = str_from(r->rest, 1);
    n = read_or(r, field);
    query_skip_spaces(r);
    if (n && !str_take(&r->rest, ")"))
        return query_fail(r, "a bracket is not closed");
    r->depth--;
    return n && is_no_name(r, field) ? n : NULL;
}

/* Behind "user.name:". */
static const struct node *read_of_field(struct reading *r, struct str field)
{
    struct str start = r->rest;

    query_skip_spaces(r);
    if (str_starts(r->rest, "("))
        return read_brackets(r, field);
    if (r->rest.p != start.p && (is_at_operator(r) || is_operator(r, "not", "!"))) {
        r->rest = start;
        return query_fail(r, "a value is missing; a word of the language is quoted to be found");
    }
    return read_value(r, field);
}

static const struct node *read_term(struct reading *r, struct str field)
{
    query_skip_spaces(r);
    if (take_not(r, field)) {
        const struct node *of;
        struct node *n;

        if (++r->depth > QUERY_DEPTH_MOST)
            return query_fail(r, "it is too deep");
        of = read_term(r, field);
        r->depth--;
        n = of ? query_node(r, NODE_NOT) : NULL;
        if (n)
            n->left = of;
        return n;
    }
    query_skip_spaces(r);
    (void)take_sign(r, '+', field);
    if (r->rest.len && r->rest.p[0] == '(')
        return read_brackets(r, field);
    if (is_at_operator(r))
        return query_fail(r, "a value is missing; a word of the language is quoted to be found");
    if (field.len)
        return read_value(r, field);
    if (take_all(r))
        return query_node(r, NODE_ALL);
    if (query_is_list(r->rest))
        return query_fail(r,
                          "one of several values is field:(a or b); such words as text are quoted");
    if (query_wild_name(r->rest))
        return query_fail(r, wild);
    return take_field(r, &field) ? read_of_field(r, field) : read_value(r, field);
}

static bool is_at_end_of_and(struct reading *r)
{
    query_skip_spaces(r);
    return r->rest.len == 0 || r->rest.p[0] == ')' || is_operator(r, "or", "||");
}

static const struct node *read_and(struct reading *r, struct str field)
{
    const struct node *n = read_term(r, field);

    while (n && !is_at_end_of_and(r)) {
        (void)take_operator(r, "and", "&&");
        n = join(r, NODE_AND, n, read_term(r, field));
    }
    return n;
}

static const struct node *read_or(struct reading *r, struct str field)
{
    const struct node *n = read_and(r, field);

    while (n && take_operator(r, "or", "||"))
        n = join(r, NODE_OR, n, read_and(r, field));
    return n;
}

int query_read(struct query **out, struct str text, const struct query_times *times, struct err *e)
{
    CLEANUP(query_freep) struct query *q = mem_new(struct query);
    struct reading r = {.q = q, .times = times, .e = e};

    q->arena = arena_new();
    if (text.len > QUERY_SIZE_MOST)
        return err_set(e, ERR_LIMIT, "a query has at most %d bytes", QUERY_SIZE_MOST);
    q->text = (struct str){arena_dup(q->arena, text.p, text.len), text.len};
    r.rest = q->text;
    query_skip_spaces(&r);
    q->root = r.rest.len ? read_or(&r, STR("")) : query_node(&r, NODE_ALL);
    query_skip_spaces(&r);
    if (r.rc == 0 && r.rest.len)
        (void)query_fail(&r, "a closing bracket too many");
    if (r.rc)
        return r.rc;
    *out = MOVE(q);
    return 0;
}

bool query_next_field(const struct query *q, size_t *at, struct str *field)
{
    static const char *const parts[] = {"source",    "evidence", "tag",
                                        "precision", "doubt",    "meaning"};

    while (*at < q->count) {
        const struct node *n = q->nodes[(*at)++];
        bool is_part = n->kind != NODE_TERM || n->field.len == 0;

        for (size_t i = 0; i < COUNT_OF(parts); i++)
            is_part = is_part || str_is(n->field, parts[i]);
        if (!is_part) {
            *field = n->field;
            return true;
        }
    }
    return false;
}

static bool is_item(const struct value_test *t, unsigned number)
{
    char name[16];
    int len = snprintf(name, sizeof(name), "e%u", number);

    return value_test(t, (struct str){name, (size_t)len});
}

bool query_knows_items(const struct query *q, const unsigned *items, size_t count,
                       struct str *asked)
{
    for (size_t at = 0; at < q->count; at++) {
        const struct node *n = q->nodes[at];
        size_t i = 0;

        if (n->kind != NODE_TERM || !str_is(n->field, "evidence"))
            continue;
        while (i < count && !is_item(&n->test, items[i]))
            i++;
        if (i == count) {
            *asked = (struct str){n->test.text.p, n->test.text.len};
            return false;
        }
    }
    return true;
}

/* For events of an item: no, it depends on them, or yes. */
enum may { MAY_NOT, MAY_BE, MUST_BE };

static enum may may_be_of(const struct node *n, unsigned item)
{
    enum may left, right;

    switch (n->kind) {
    case NODE_ALL:
        return MUST_BE;
    case NODE_TERM:
        if (!str_is(n->field, "evidence"))
            return MAY_BE;
        return is_item(&n->test, item) ? MUST_BE : MAY_NOT;
    case NODE_TIME:
        return MAY_BE;
    case NODE_NOT:
        return MUST_BE - may_be_of(n->left, item);
    case NODE_AND:
    case NODE_OR:
        break;
    }
    left = may_be_of(n->left, item);
    right = may_be_of(n->right, item);
    return (left < right) == (n->kind == NODE_AND) ? left : right;
}

bool query_may_be_of(const struct query *q, unsigned item)
{
    return may_be_of(q->root, item) != MAY_NOT;
}

const char *query_maybe_meant(const struct query *q, struct str *word)
{
    *word = q->maybe;
    return q->maybe_how;
}

bool query_has_tags(const struct query *q)
{
    return q->has_tags;
}

void query_free(struct query *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->count; i++)
        value_test_release(&q->nodes[i]->test);
    arena_free(q->arena);
    free(q);
}
