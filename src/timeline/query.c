/* query.c: reads a query, and finds the rows of a block that it is true of. */
#include "timeline/query.h"
#include <math.h>
#include "base/mem.h"
#include "timeline/value_test.h"

enum node_kind { NODE_ALL, NODE_AND, NODE_OR, NODE_NOT, NODE_TERM };

struct node {
    enum node_kind kind;
    const struct node *left, *right;
    struct str field; /* empty: any */
    struct value_test test;
};

struct query {
    struct arena *arena;
    struct str text;
    struct node *nodes[QUERY_NODES_MOST]; /* to be released */
    size_t count;
    const struct node *root;
};

/* What is left of the text. */
struct reading {
    struct query *q;
    struct str rest;
    unsigned depth;
    struct err *e;
    int rc;
};

static const struct node *read_or(struct reading *r, struct str field);

static const struct node *fail(struct reading *r, const char *what)
{
    if (r->rc == 0)
        r->rc = err_set(r->e, ERR_USAGE, "the query is not understood at character %zu: %s",
                        (size_t)(r->rest.p - r->q->text.p) + 1, what);
    return NULL;
}

static struct node *node_new(struct reading *r, enum node_kind kind)
{
    struct query *q = r->q;
    struct node *n;

    if (q->count == QUERY_NODES_MOST) {
        (void)fail(r, "it has too many terms");
        return NULL;
    }
    n = arena_new_in(q->arena, struct node);
    n->kind = kind;
    q->nodes[q->count++] = n;
    return n;
}

static void skip_spaces(struct reading *r)
{
    while (r->rest.len && (uint8_t)r->rest.p[0] <= ' ')
        r->rest = str_from(r->rest, 1);
}

static bool is_word_end(char c)
{
    return (uint8_t)c <= ' ' || c == '(' || c == ')' || c == '"';
}

static struct str peek_word(const struct reading *r)
{
    struct str word = str_head(r->rest, 0);

    while (word.len < r->rest.len && !is_word_end(r->rest.p[word.len]))
        word.len++;
    return word;
}

static bool is_alike_word(struct str word, const char *small)
{
    return word.len == strlen(small) && find_alike(word, str_of(small)) == word.p;
}

static bool take_operator(struct reading *r, const char *name)
{
    struct str word;

    skip_spaces(r);
    word = peek_word(r);
    if (!is_alike_word(word, name))
        return false;
    r->rest = str_from(r->rest, word.len);
    return true;
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

static bool take_double(struct str text, double *out)
{
    char copy[64], *end;

    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out);
}

/* ">=500" */
static bool take_compared(struct value_test *t, struct str word)
{
    bool is_more = str_starts(word, ">"), is_equal = word.len > 1 && word.p[1] == '=';
    double n;

    if (!take_double(str_from(word, is_equal ? 2 : 1), &n))
        return false;
    t->kind = TEST_NUMBER;
    t->low = is_more ? n : -INFINITY;
    t->high = is_more ? INFINITY : n;
    t->is_open = !is_equal;
    return true;
}

/* "[1 TO 99]", with * for no bound. */
static bool take_range(struct reading *r, struct value_test *t)
{
    const char *end = memchr(r->rest.p, ']', r->rest.len);
    struct str range = str_head(str_from(r->rest, 1), end ? (size_t)(end - r->rest.p) - 1 : 0);
    struct str low = str_field(&range), to = str_field(&range), high = str_field(&range);

    t->kind = TEST_NUMBER;
    t->low = -INFINITY;
    t->high = INFINITY;
    if (!end || str_trim(range).len || !is_alike_word(to, "to") ||
        !(str_is(low, "*") || take_double(low, &t->low)) ||
        !(str_is(high, "*") || take_double(high, &t->high)))
        return false;
    r->rest = str_from(r->rest, (size_t)(end - r->rest.p) + 1);
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

static const struct node *read_quoted(struct reading *r, struct node *n)
{
    CLEANUP_BUF struct buf text = {0};
    struct str start = r->rest;

    if (!take_quoted(r, '"', &text)) {
        r->rest = start;
        return fail(r, "a quote is not closed");
    }
    if (n->field.len)
        value_test_word(&n->test, buf_str(&text), true);
    else
        value_test_holds(&n->test, buf_str(&text));
    return n;
}

static const struct node *read_value(struct reading *r, struct str field)
{
    struct node *n = node_new(r, NODE_TERM);
    char first = r->rest.len ? r->rest.p[0] : 0;
    struct str word;

    if (!n)
        return NULL;
    n->field = field;
    if (first == '"')
        return read_quoted(r, n);
    if (field.len && is_expression(r->rest))
        return read_expression(r, n);
    if (first == '[' && field.len)
        return take_range(r, &n->test) ? n : fail(r, "a range is [FROM TO UNTIL]");
    word = peek_word(r);
    if (word.len == 0)
        return fail(r, "a value is missing");
    if (field.len && (first == '>' || first == '<')) {
        if (!take_compared(&n->test, word))
            return fail(r, "a number is missing");
    } else if (field.len || memchr(word.p, '*', word.len)) {
        value_test_word(&n->test, word, false);
    } else {
        value_test_holds(&n->test, word);
    }
    r->rest = str_from(r->rest, word.len);
    return n;
}

static bool is_field_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
}

/* "user.name:" */
static bool take_field(struct reading *r, struct str *field)
{
    size_t len = 0;

    while (len < r->rest.len && is_field_char(r->rest.p[len]))
        len++;
    if (len == 0 || len == r->rest.len || r->rest.p[len] != ':')
        return false;
    *field = str_head(r->rest, len);
    r->rest = str_from(r->rest, len + 1);
    return true;
}

static const struct node *read_brackets(struct reading *r, struct str field)
{
    const struct node *n;

    if (++r->depth > QUERY_DEPTH_MOST)
        return fail(r, "brackets are too deep");
    r->rest = str_from(r->rest, 1);
    n = read_or(r, field);
    skip_spaces(r);
    if (n && !str_take(&r->rest, ")"))
        return fail(r, "a bracket is not closed");
    r->depth--;
    return n;
}

static const struct node *read_term(struct reading *r, struct str field)
{
    if (take_operator(r, "not")) {
        const struct node *of;
        struct node *n;

        if (++r->depth > QUERY_DEPTH_MOST)
            return fail(r, "it is too deep");
        of = read_term(r, field);
        r->depth--;
        n = of ? node_new(r, NODE_NOT) : NULL;
        if (n)
            n->left = of;
        return n;
    }
    skip_spaces(r);
    if (r->rest.len && r->rest.p[0] == '(')
        return read_brackets(r, field);
    if (is_alike_word(peek_word(r), "and") || is_alike_word(peek_word(r), "or"))
        return fail(r, "a value is missing; a word of the language is quoted to be found");
    if (field.len == 0 && take_field(r, &field) && str_starts(r->rest, "("))
        return read_brackets(r, field);
    return read_value(r, field);
}

static const struct node *join(struct reading *r, enum node_kind kind, const struct node *left,
                               const struct node *right)
{
    struct node *n = left && right ? node_new(r, kind) : NULL;

    if (n) {
        n->left = left;
        n->right = right;
    }
    return n;
}

static bool is_at_end_of_and(struct reading *r)
{
    skip_spaces(r);
    return r->rest.len == 0 || r->rest.p[0] == ')' || is_alike_word(peek_word(r), "or");
}

static const struct node *read_and(struct reading *r, struct str field)
{
    const struct node *n = read_term(r, field);

    while (n && !is_at_end_of_and(r)) {
        (void)take_operator(r, "and");
        n = join(r, NODE_AND, n, read_term(r, field));
    }
    return n;
}

static const struct node *read_or(struct reading *r, struct str field)
{
    const struct node *n = read_and(r, field);

    while (n && take_operator(r, "or"))
        n = join(r, NODE_OR, n, read_and(r, field));
    return n;
}

int query_read(struct query **out, struct str text, struct err *e)
{
    CLEANUP(query_freep) struct query *q = mem_new(struct query);
    struct reading r = {.q = q, .e = e};

    q->arena = arena_new();
    if (text.len > QUERY_SIZE_MOST)
        return err_set(e, ERR_LIMIT, "a query has at most %d bytes", QUERY_SIZE_MOST);
    q->text = (struct str){arena_dup(q->arena, text.p, text.len), text.len};
    r.rest = q->text;
    skip_spaces(&r);
    q->root = r.rest.len ? read_or(&r, STR("")) : node_new(&r, NODE_ALL);
    skip_spaces(&r);
    if (r.rc == 0 && r.rest.len)
        (void)fail(&r, "a closing bracket too many");
    if (r.rc)
        return r.rc;
    *out = MOVE(q);
    return 0;
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

/* Of values that lie one after another a text is found in all of them at once. */
static void find_in_all(const struct values *v, const struct value_test *t, uint8_t *is_true)
{
    struct str rest = v->bytes, text = value_test_needs(t);
    const char *found;
    size_t i = 0;

    while ((found = find_alike(rest, text))) {
        while (i + 1 < v->count && v->values[i + 1].p <= found)
            i++;
        if (found + text.len <= v->values[i].p + v->values[i].len) {
            is_true[i] = t->kind == TEST_HOLDS || value_test(t, v->values[i]);
            found = v->values[i].p + v->values[i].len;
        } else {
            found++;
        }
        rest = str_from(v->bytes, (size_t)(found - v->bytes.p));
    }
}

static void test_all(const struct values *v, const struct value_test *t, uint8_t *is_true)
{
    if (value_test_needs(t).len) {
        find_in_all(v, t, is_true);
        return;
    }
    for (size_t i = 0; i < v->count; i++)
        is_true[i] = value_test(t, v->values[i]);
}

/* Adds the rows of which one value is so. */
static void add_rows(const struct values *v, const struct value_test *t, size_t rows,
                     struct rows *out)
{
    CLEANUP_FREE uint8_t *is_true = mem_alloc(v->count + 1);

    test_all(v, t, is_true);
    if (!memchr(is_true, 1, v->count))
        return;
    for (size_t row = 0; row < rows; row++)
        for (uint32_t i = v->first[row]; i < v->first[row + 1]; i++)
            if (is_true[v->items ? v->items[i] : i])
                rows_set(out, row);
}

static void fill(struct rows *out, size_t rows)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < rows / 64; i++)
        out->bits[i] = UINT64_MAX;
    if (rows % 64)
        out->bits[rows / 64] = ((uint64_t)1 << rows % 64) - 1;
}

/* Of several meanings each is a value, and of doubts each letter. */
static bool match_part(const struct value_test *t, struct str part, bool is_letters)
{
    if (part.len == 0)
        return value_test(t, part);
    while (part.len) {
        struct str one = is_letters ? str_head(part, 1) : str_cut(&part, ',');

        if (value_test(t, one))
            return true;
        part = is_letters ? str_from(part, 1) : part;
    }
    return false;
}

/* Parts of every event that are no fields: "state" holds three of them. */
static bool match_state(const struct node *n, struct str state)
{
    static const char *const parts[] = {"precision", "doubt", "meaning"};
    static const size_t doubt = 1;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct str part = str_cut(&state, '\0');

        if (str_is(n->field, parts[i]))
            return (i != doubt || part.len) && match_part(&n->test, part, i == doubt);
    }
    return false;
}

static bool is_state(struct str field)
{
    return str_is(field, "precision") || str_is(field, "doubt") || str_is(field, "meaning");
}

static int match_states(const struct node *n, struct block *b, struct rows *out, struct err *e)
{
    const struct values *v;
    int rc = block_states(b, &v, e);

    for (size_t row = 0; rc == 0 && row < block_rows(b); row++)
        for (uint32_t i = v->first[row]; i < v->first[row + 1]; i++)
            if (match_state(n, v->values[v->items ? v->items[i] : i]))
                rows_set(out, row);
    return rc;
}

/* Values are not taken apart where what they must have is nowhere among their bytes. */
static int match_field(const struct node *n, struct block *b, struct str field, struct rows *out,
                       struct err *e)
{
    struct str needed = value_test_needs(&n->test), bytes;
    const struct values *v;
    int rc = block_bytes(b, field, &bytes, e);

    if (rc || (needed.len && !find_alike(bytes, needed)))
        return rc;
    rc = block_values(b, field, &v, e);
    if (rc == 0 && v)
        add_rows(v, &n->test, block_rows(b), out);
    return rc;
}

static int match_any(const struct node *n, struct block *b, struct rows *out, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < block_field_count(b); i++)
        rc = match_field(n, b, block_field(b, i), out, e);
    return rc;
}

static int match_term(const struct node *n, struct block *b, struct str source, struct rows *out,
                      struct err *e)
{
    if (n->field.len == 0)
        return match_any(n, b, out, e);
    if (str_is(n->field, "source")) {
        if (value_test(&n->test, source))
            fill(out, block_rows(b));
        return 0;
    }
    if (is_state(n->field))
        return match_states(n, b, out, e);
    return match_field(n, b, n->field, out, e);
}

static int match(const struct node *n, struct block *b, struct str source, struct rows *out,
                 struct err *e)
{
    struct rows other;
    int rc;

    memset(out, 0, sizeof(*out));
    switch (n->kind) {
    case NODE_ALL:
        fill(out, block_rows(b));
        return 0;
    case NODE_TERM:
        return match_term(n, b, source, out, e);
    case NODE_NOT:
        rc = match(n->left, b, source, &other, e);
        fill(out, block_rows(b));
        for (size_t i = 0; i < COUNT_OF(out->bits); i++)
            out->bits[i] &= ~other.bits[i];
        return rc;
    case NODE_AND:
    case NODE_OR:
        rc = match(n->left, b, source, out, e);
        if (rc == 0)
            rc = match(n->right, b, source, &other, e);
        for (size_t i = 0; rc == 0 && i < COUNT_OF(out->bits); i++)
            out->bits[i] =
                n->kind == NODE_AND ? out->bits[i] & other.bits[i] : out->bits[i] | other.bits[i];
        return rc;
    }
    return 0;
}

int query_match(const struct query *q, struct block *b, struct str source, struct rows *out,
                struct err *e)
{
    return match(q->root, b, source, out, e);
}
