/* query_match.c: finds the rows of a block that a query is true of. */
#include "timeline/query_tree.h"

/* Of values that lie one after another a text is found in all of them at once: in which it is. */
static void find_in_all(const struct values *v, const struct value_test *t, uint8_t *is_true)
{
    struct str rest = v->bytes, text = value_test_needs(t);
    const char *found;
    size_t i = 0;

    while ((found = find_alike(rest, text))) {
        while (i + 1 < v->count && v->values[i + 1].p <= found)
            i++;
        if (found + text.len <= v->values[i].p + v->values[i].len) {
            is_true[i] = 1;
            found = v->values[i].p + v->values[i].len;
        } else {
            found++;
        }
        rest = str_from(v->bytes, (size_t)(found - v->bytes.p));
    }
}

/* Of those that have the text, whether they pass. */
static void test_found(const struct values *v, const struct value_test *t, uint8_t *is_true)
{
    CLEANUP_FREE struct str *found = mem_array(v->count + 1, sizeof(found[0]));
    CLEANUP_FREE uint8_t *passes = mem_alloc(v->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < v->count; i++)
        if (is_true[i])
            found[count++] = v->values[i];
    value_test_all(t, found, count, passes);
    for (size_t i = 0, at = 0; i < v->count; i++)
        if (is_true[i])
            is_true[i] = passes[at++];
}

static void test_all(const struct values *v, const struct value_test *t, uint8_t *is_true)
{
    if (!value_test_needs(t).len) {
        value_test_all(t, v->values, v->count, is_true);
        return;
    }
    find_in_all(v, t, is_true);
    if (t->kind != TEST_HOLDS)
        test_found(v, t, is_true);
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
        return !is_letters && value_test(t, part);
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
            return match_part(&n->test, part, i == doubt);
    }
    return false;
}

static bool is_state(struct str field)
{
    return str_is(field, "precision") || str_is(field, "doubt") || str_is(field, "meaning");
}

static int match_states(const struct node *n, struct block *b, const struct query_about *about,
                        struct rows *out, struct err *e)
{
    const struct values *v;
    int rc = block_states(b, &v, e);

    if (about->skew_ns && str_is(n->field, "doubt") && value_test(&n->test, STR("s")))
        fill(out, block_rows(b));
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
    struct str bytes;
    const struct values *v;
    int rc = block_bytes(b, field, &bytes, e);

    if (rc || !value_test_may_be_in(&n->test, bytes))
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

static void match_whole(const struct node *n, struct str value, struct block *b, struct rows *out)
{
    if (value_test(&n->test, value))
        fill(out, block_rows(b));
}

/* Marks are ordered: those of the block lie side by side. */
static void match_marks(const struct node *n, struct block *b, const struct query_about *about,
                        struct rows *out)
{
    size_t low = 0, high = about->mark_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (about->marks[middle].event < about->first_event)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < about->mark_count; low++) {
        uint64_t row = about->marks[low].event - about->first_event;

        if (row >= block_rows(b))
            return;
        if (value_test(&n->test, about->marks[low].tag))
            rows_set(out, (size_t)row);
    }
}

static int match_time(const struct node *n, struct block *b, const struct query_about *about,
                      struct rows *out, struct err *e)
{
    const int64_t *times = about->times;
    int rc = times ? 0 : block_times(b, &times, e);

    for (size_t row = 0; rc == 0 && row < block_rows(b); row++)
        if (times[row] >= n->first_ns && times[row] <= n->last_ns)
            rows_set(out, row);
    return rc;
}

static int match_term(const struct node *n, struct block *b, const struct query_about *about,
                      struct rows *out, struct err *e)
{
    if (n->field.len == 0)
        return match_any(n, b, out, e);
    if (is_state(n->field))
        return match_states(n, b, about, out, e);
    if (str_is(n->field, "source"))
        match_whole(n, about->source, b, out);
    else if (str_is(n->field, "evidence"))
        match_whole(n, about->item, b, out);
    else if (str_is(n->field, "tag"))
        match_marks(n, b, about, out);
    if (str_is(n->field, "source") || str_is(n->field, "evidence") || str_is(n->field, "tag"))
        return 0;
    return match_field(n, b, n->field, out, e);
}

static int match(const struct node *n, struct block *b, const struct query_about *about,
                 struct rows *out, struct err *e)
{
    struct rows other;
    int rc;

    memset(out, 0, sizeof(*out));
    switch (n->kind) {
    case NODE_ALL:
        fill(out, block_rows(b));
        return 0;
    case NODE_TERM:
        return match_term(n, b, about, out, e);
    case NODE_TIME:
        return match_time(n, b, about, out, e);
    case NODE_NOT:
        rc = match(n->left, b, about, &other, e);
        fill(out, block_rows(b));
        for (size_t i = 0; i < COUNT_OF(out->bits); i++)
            out->bits[i] &= ~other.bits[i];
        return rc;
    case NODE_AND:
    case NODE_OR:
        rc = match(n->left, b, about, out, e);
        if (rc == 0 && n->kind == NODE_AND && !rows_any(out))
            return 0;
        if (rc == 0)
            rc = match(n->right, b, about, &other, e);
        for (size_t i = 0; rc == 0 && i < COUNT_OF(out->bits); i++)
            out->bits[i] =
                n->kind == NODE_AND ? out->bits[i] & other.bits[i] : out->bits[i] | other.bits[i];
        return rc;
    }
    return 0;
}

int query_match(const struct query *q, struct block *b, const struct query_about *about,
                struct rows *out, struct err *e)
{
    return match(q->root, b, about, out, e);
}
