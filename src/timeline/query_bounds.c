/* query_bounds.c: reads numbers, times and ranges of a query. */
#include <math.h>
#include "timeline/query_read.h"

static bool take_number(struct str text, long double *out)
{
    char copy[64], *end;

    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    *out = strtold(copy, &end);
    return *end == '\0' && isfinite(*out);
}

/* ">=500", ">= 500" */
bool query_take_compared(struct reading *r, struct value_test *t)
{
    struct str start = r->rest, word;
    bool is_more = start.p[0] == '>', is_equal;
    long double n;

    r->rest = str_from(r->rest, 1);
    is_equal = str_take(&r->rest, "=");
    query_skip_spaces(r);
    word = query_peek_word(r);
    if (!take_number(word, &n)) {
        r->rest = start;
        return false;
    }
    r->rest = str_from(r->rest, word.len);
    t->kind = TEST_NUMBER;
    t->low = is_more ? n : -INFINITY;
    t->high = is_more ? INFINITY : n;
    t->is_above = t->is_below = !is_equal;
    return true;
}

/* A bound, which may stand in quotes. */
static struct str bound_of(struct str text)
{
    text = str_trim(text);
    return text.len > 1 && text.p[0] == '"' && text.p[text.len - 1] == '"'
               ? str_from(str_head(text, text.len - 1), 1)
               : text;
}

/* A range between brackets, and which bounds are not meant: "{1 TO 99]" is without 1. */
struct range {
    struct str low, high;
    bool is_above, is_below;
    size_t size; /* with its brackets */
};

static bool find_range(struct str text, struct range *out)
{
    size_t end = 0;
    struct str within;
    const char *to;

    if (text.len == 0 || (text.p[0] != '[' && text.p[0] != '{'))
        return false;
    while (end < text.len && text.p[end] != ']' && text.p[end] != '}')
        end++;
    if (end == text.len)
        return false;
    within = str_from(str_head(text, end), 1);
    to = find_alike(within, STR(" to "));
    if (!to)
        return false;
    *out = (struct range){.low = bound_of(str_head(within, (size_t)(to - within.p))),
                          .high = bound_of(str_from(within, (size_t)(to - within.p) + 4)),
                          .is_above = text.p[0] == '{',
                          .is_below = text.p[end] == '}',
                          .size = end + 1};
    return true;
}

/* "[1 TO 99]", with * for no bound. */
bool query_take_range(struct reading *r, struct value_test *t)
{
    struct range range;

    t->kind = TEST_NUMBER;
    t->low = -INFINITY;
    t->high = INFINITY;
    if (!find_range(r->rest, &range) ||
        !(str_is(range.low, "*") || take_number(range.low, &t->low)) ||
        !(str_is(range.high, "*") || take_number(range.high, &t->high)))
        return false;
    t->is_above = range.is_above;
    t->is_below = range.is_below;
    r->rest = str_from(r->rest, range.size);
    return true;
}

static bool read_moment(struct reading *r, struct str text, int64_t *first_ns, int64_t *last_ns)
{
    size_t at = (size_t)(text.p - r->q->text.p) + 1;

    if (r->rc)
        return false;
    if (!r->times)
        return query_fail(r, "times are not asked for here") != NULL;
    r->rc = r->times->read(r->times->context, str_trim(text), first_ns, last_ns, r->e);
    if (r->rc)
        r->rc = err_wrap(r->e, r->rc, "the query is not understood at character %zu", at);
    return r->rc == 0;
}

/* "[2026-11-01 TO 2026-11-02 14:30]", with * for no bound: to the end of that minute. */
static const struct node *read_time_range(struct reading *r, struct node *n)
{
    int64_t first, last;
    struct range range;

    if (!find_range(r->rest, &range))
        return query_fail(r, "a range of times is [FROM TO UNTIL]");
    if (!str_is(range.low, "*")) {
        if (!read_moment(r, range.low, &first, &last))
            return NULL;
        n->first_ns = range.is_above ? last + 1 : first;
    }
    if (!str_is(range.high, "*")) {
        if (!read_moment(r, range.high, &first, &last))
            return NULL;
        n->last_ns = range.is_below ? first - 1 : last;
    }
    if (n->first_ns > n->last_ns)
        return query_fail(r, "no time lies in this range: it ends before it begins");
    r->rest = str_from(r->rest, range.size);
    return n;
}

/* A time as it is written: a word, or several in quotes. */
static bool take_moment(struct reading *r, struct str *text)
{
    const char *end;

    if (r->rest.len == 0 || r->rest.p[0] != '"') {
        *text = query_peek_word(r);
        r->rest = str_from(r->rest, text->len);
        return text->len > 0;
    }
    end = memchr(r->rest.p + 1, '"', r->rest.len - 1);
    if (!end)
        return false;
    *text = str_from(str_head(r->rest, (size_t)(end - r->rest.p)), 1);
    r->rest = str_from(r->rest, text->len + 2);
    return true;
}

/* "time:>=2026-11-01": a date is all of its day, so what is not before it begins there, and what is
 * not after it ends with it. */
const struct node *query_read_time(struct reading *r)
{
    struct node *n = query_node(r, NODE_TIME);
    bool is_more, is_less, is_equal;
    int64_t first, last;
    struct str text;

    if (!n)
        return NULL;
    n->first_ns = INT64_MIN;
    n->last_ns = INT64_MAX;
    if (r->rest.len && (r->rest.p[0] == '[' || r->rest.p[0] == '{'))
        return read_time_range(r, n);
    is_more = str_take(&r->rest, ">");
    is_less = !is_more && str_take(&r->rest, "<");
    is_equal = (is_more || is_less) && str_take(&r->rest, "=");
    query_skip_spaces(r);
    if (!take_moment(r, &text))
        return query_fail(r, "a time is missing");
    if (!read_moment(r, text, &first, &last))
        return NULL;
    if (is_more)
        n->first_ns = is_equal ? first : last + 1;
    else if (is_less)
        n->last_ns = is_equal ? last : first - 1;
    else {
        n->first_ns = first;
        n->last_ns = last;
    }
    return n;
}
