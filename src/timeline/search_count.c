/* search_count.c: inside a worker: how many events were found, when, and with which values. */
#include "timeline/search_count.h"
#include "base/mem.h"
#include "timeline/query.h"
#include "timeline/timeless.h"
#include "timeline/value_test.h"

enum { VALUE_SLOTS = 2 * SEARCH_VALUES_MOST };

struct counted {
    char *bytes; /* owned; NULL: free */
    size_t len;
    struct search_value told;
};

void search_value_add(struct search_value *to, const struct search_value *more)
{
    bool has_none = to->count == to->timeless;

    if (more->count > more->timeless) {
        to->first_ns = has_none || more->first_ns < to->first_ns ? more->first_ns : to->first_ns;
        to->last_ns = has_none || more->last_ns > to->last_ns ? more->last_ns : to->last_ns;
    }
    to->count += more->count;
    to->timeless += more->timeless;
}

int search_too_large(struct err *e)
{
    return err_set(e, ERR_LIMIT,
                   "the different values of the field take more than %d MiB: ask for a shorter "
                   "time (--from, --to), or for some of the items (--evidence)",
                   SEARCH_VALUES_SIZE >> 20);
}

static void add_row(struct search_value *to, const struct search_counting *of, size_t row)
{
    const struct search_value one = {.count = 1,
                                     .timeless = rows_has(&of->timeless, row),
                                     .first_ns = of->times[row],
                                     .last_ns = of->times[row]};

    search_value_add(to, &one);
}

/* Rows that follow each other lie in one slot, mostly, so it is not found by division each time. */
static void count_rows(struct search_counts *c, const struct search_counting *of)
{
    const uint64_t width = (uint64_t)c->slot_ns;
    uint64_t slot = 0, begin = (uint64_t)c->first_slot_ns;

    for (size_t row = 0; row < block_rows(of->block); row++) {
        uint64_t ns = (uint64_t)of->times[row];

        if (!rows_has(of->rows, row)) {
            if (of->beside && rows_has(of->beside, row))
                add_row(&c->beside, of, row);
            continue;
        }
        add_row(&c->sum, of, row);
        if (of->task->slot_count == 0 || rows_has(&of->timeless, row))
            continue;
        if (ns - begin >= width) {
            slot = (ns - (uint64_t)c->first_slot_ns) / width;
            begin = (uint64_t)c->first_slot_ns + slot * width;
        }
        if (slot < of->task->slot_count)
            c->slots[slot]++;
    }
}

static uint64_t slot_of(struct str s)
{
    uint64_t h = 14695981039346656037U;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.p[i]) * 1099511628211U;
    return h ^ h >> 32;
}

static int add_value(struct search_counts *counts, size_t field, struct str value,
                     const struct search_value *more, struct err *e)
{
    struct counted_values *values = &counts->values[field];
    size_t at = slot_of(value) % VALUE_SLOTS;
    struct counted *c;

    if (!values->slots)
        values->slots = mem_array(VALUE_SLOTS, sizeof(values->slots[0]));
    while (values->slots[at].bytes &&
           !str_eq((struct str){values->slots[at].bytes, values->slots[at].len}, value))
        at = (at + 1) % VALUE_SLOTS;
    c = &values->slots[at];
    if (!c->bytes) {
        if (values->count == SEARCH_VALUES_MOST)
            return err_set(e, ERR_LIMIT,
                           "the field has more than %d different values: ask for a shorter time "
                           "(--from, --to), or for some of the items (--evidence)",
                           SEARCH_VALUES_MOST);
        counts->value_size += value.len;
        if (counts->value_size > SEARCH_VALUES_SIZE)
            return search_too_large(e);
        values->used = mem_grow(values->used, values->count, &values->room, sizeof(uint32_t));
        values->used[values->count++] = (uint32_t)at;
        c->bytes = mem_dup(value.p, value.len);
        c->len = value.len;
    }
    search_value_add(&c->told, more);
    return 0;
}

static uint32_t item_of(const struct values *v, uint32_t i)
{
    return v->items ? v->items[i] : i;
}

/* An address is counted under one spelling. */
static struct str spelled(const struct search_counting *of, struct str value,
                          char text[ADDRESS_TEXT_SIZE])
{
    bool is_address = str_ends(of->field, ".ip") || str_ends(of->field, ".address");

    return is_address ? address_spelled(value, text) : value;
}

/* A row may have a value twice: it is one event all the same. */
static bool is_first_of_row(const struct search_counting *of, const struct values *v, size_t row,
                            uint32_t i)
{
    char one[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];

    for (uint32_t k = v->first[row]; k < i; k++)
        if (str_eq(spelled(of, v->values[item_of(v, k)], one),
                   spelled(of, v->values[item_of(v, i)], other)))
            return false;
    return true;
}

/* Of each different value of the block, in which rows it is. */
static struct search_value *tell_values(const struct search_counting *of, const struct values *v)
{
    struct search_value *told = mem_array(v->count + 1, sizeof(told[0]));

    for (size_t row = 0; row < block_rows(of->block); row++)
        for (uint32_t i = v->first[row]; rows_has(of->rows, row) && i < v->first[row + 1]; i++)
            if (is_first_of_row(of, v, row, i))
                add_row(&told[item_of(v, i)], of, row);
    return told;
}

/* Each is looked up once. */
static int count_field(struct search_counts *c, const struct search_counting *of, struct err *e)
{
    const struct values *v;
    CLEANUP_FREE struct search_value *told = NULL;
    int rc = block_values(of->block, of->field, &v, e);

    if (rc || !v)
        return rc;
    told = tell_values(of, v);
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        char text[ADDRESS_TEXT_SIZE];

        if (told[i].count)
            rc = add_value(c, of->number, spelled(of, v->values[i], text), &told[i], e);
    }
    return rc;
}

/* The name of the source or of the item, which all rows share. */
static int count_whole(struct search_counts *c, const struct search_counting *of, struct str name,
                       struct err *e)
{
    struct search_value all = {0};

    for (size_t row = 0; row < block_rows(of->block); row++)
        if (rows_has(of->rows, row))
            add_row(&all, of, row);
    return all.count ? add_value(c, of->number, name, &all, e) : 0;
}

/* precision, doubt, meaning: their place in the state. */
static int count_states(struct search_counts *c, const struct search_counting *of, size_t part,
                        struct err *e)
{
    static const size_t doubt = 1;
    const struct values *v;
    CLEANUP_FREE struct search_value *told = NULL;
    int rc = block_states(of->block, &v, e);

    if (rc)
        return rc;
    told = tell_values(of, v);
    for (size_t i = 0; i < v->count; i++) {
        struct str state = v->values[i], rest;

        for (size_t k = 0; k < part; k++)
            (void)str_cut(&state, '\0');
        rest = str_cut(&state, '\0');
        while (rc == 0 && rest.len && told[i].count) {
            struct str one = part == doubt ? str_head(rest, 1) : str_cut(&rest, ',');

            rest = part == doubt ? str_from(rest, 1) : rest;
            rc = add_value(c, of->number, one, &told[i], e);
        }
    }
    return rc;
}

static int count_values(struct search_counts *c, const struct search_counting *of, struct err *e)
{
    static const char *const parts[] = {"precision", "doubt", "meaning"};

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (str_is(of->field, parts[i]))
            return count_states(c, of, i, e);
    if (str_is(of->field, "source"))
        return count_whole(c, of, of->source, e);
    if (str_is(of->field, "evidence"))
        return count_whole(c, of, of->item, e);
    return count_field(c, of, e);
}

int search_count(struct search_counts *c, struct search_counting *of, struct err *e)
{
    struct str rest = of->fields;
    int rc = block_timeless(of->block, &of->timeless, e);

    if (rc)
        return rc;
    count_rows(c, of);
    if (of->task->kind != SEARCH_VALUES || !rows_any(of->rows))
        return 0;
    for (of->number = 0; rc == 0 && rest.len && of->number < SEARCH_FIELDS_MOST; of->number++) {
        of->field = str_cut(&rest, '\0');
        rc = count_values(c, of, e);
    }
    return rc;
}

/* Most slots were never used, and are not looked at: so their memory is none. */
static int send_values(const struct counted_values *values, uint64_t field,
                       struct worker_channel *channel, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < values->count; i++) {
        const struct counted *c = &values->slots[values->used[i]];
        CLEANUP_BUF struct buf message = {0};

        buf_add(&message, &c->told, sizeof(c->told));
        buf_add(&message, &field, sizeof(field));
        buf_add(&message, c->bytes, c->len);
        rc = worker_send(channel, SEARCH_VALUE, buf_str(&message), e);
    }
    return rc;
}

static int send_sum(const struct search_counts *c, const struct search_task *task,
                    struct worker_channel *channel, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};

    buf_add(&message, &c->sum, sizeof(c->sum));
    buf_add(&message, &c->beside, sizeof(c->beside));
    buf_add(&message, &c->first_slot_ns, sizeof(c->first_slot_ns));
    buf_add(&message, &c->slot_ns, sizeof(c->slot_ns));
    buf_add(&message, c->slots, task->slot_count * sizeof(c->slots[0]));
    return worker_send(channel, SEARCH_SUM, buf_str(&message), e);
}

int search_counts_send(const struct search_counts *c, const struct search_task *task,
                       struct worker_channel *channel, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < SEARCH_FIELDS_MOST; i++)
        rc = send_values(&c->values[i], i, channel, e);
    return rc ? rc : send_sum(c, task, channel, e);
}

void search_counts_release(struct search_counts *c)
{
    for (size_t k = 0; k < SEARCH_FIELDS_MOST; k++) {
        struct counted_values *values = &c->values[k];

        for (size_t i = 0; i < values->count; i++)
            free(values->slots[values->used[i]].bytes);
        free(values->slots);
        free(values->used);
    }
}
