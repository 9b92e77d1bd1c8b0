/* search.c: the program's side of a search: workers each look through a share of the blocks, and
 * what they find is put in one order here. */
#include "timeline/search.h"
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/mem.h"
#include "timeline/query.h"

enum {
    CPU_S = 3600,
    WALL_S = 3600,
    LANES_MAX = 64,
    QUEUE_MOST = 2 << 20, /* a row of any size besides */
    NO_FIELD_MOST = 2 * QUERY_SIZE_MOST,
    TIME_SIZE = 2 * sizeof(int64_t),
};
#define MEMORY_SIZE ((uint64_t)3 << 30)

struct lane {
    struct searching *searching;
    struct worker *worker; /* NULL: it has ended */
    struct buf argument;
    struct buf queue; /* size u32 and the bytes of each row */
    size_t taken;     /* of it */
    size_t whole;     /* bytes of rows that are whole; behind them lies the one that comes */
    size_t value_count[SEARCH_FIELDS_MOST], value_size; /* that it told */
};

struct searching {
    const struct search_order *order;
    const struct search_receiver *to;
    struct search_result *result;
    struct lane lanes[LANES_MAX];
    unsigned lane_count;
    uint64_t given; /* rows */
    size_t value_room;
    size_t *value_at; /* places in bytes, while it grows */
    struct buf times; /* first and last nanosecond of each time of the query */
    bool has_tags;    /* the query asks for them */
    bool has_sum;     /* of one worker at least, whose slots are those of all */
};

static int unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
}

bool search_field(struct str *fields, struct str *name, struct str *value)
{
    uint16_t name_size;
    uint32_t value_size;

    if (fields->len < sizeof(name_size) + sizeof(value_size))
        return false;
    memcpy(&name_size, fields->p, sizeof(name_size));
    memcpy(&value_size, fields->p + sizeof(name_size), sizeof(value_size));
    *fields = str_from(*fields, sizeof(name_size) + sizeof(value_size));
    if (fields->len < (size_t)name_size + value_size)
        return false;
    *name = str_head(*fields, name_size);
    *value = str_head(str_from(*fields, name_size), value_size);
    *fields = str_from(*fields, (size_t)name_size + value_size);
    return true;
}

struct str search_value_of(const struct search_event *event, const char *name)
{
    struct str rest = event->fields, n, value;

    while (search_field(&rest, &n, &value))
        if (str_is(n, name))
            return value;
    return STR("");
}

static bool read_row(struct str message, struct search_event *out)
{
    struct search_row row;
    struct str rest = str_from(message, sizeof(row)), state;

    if (message.len < sizeof(row))
        return false;
    memcpy(&row, message.p, sizeof(row));
    if (rest.len != (uint64_t)row.source_size + row.state_size + row.fields_size)
        return false;
    state = str_head(str_from(rest, row.source_size), row.state_size);
    *out = (struct search_event){.ns = row.ns,
                                 .file = row.file,
                                 .event = row.event,
                                 .at = row.at,
                                 .line = row.line,
                                 .source = str_head(rest, row.source_size)};
    out->precision = str_cut(&state, '\0');
    out->doubt = str_cut(&state, '\0');
    out->meaning = str_cut(&state, '\0');
    out->fields = str_from(rest, (size_t)row.source_size + row.state_size);
    return true;
}

static int take_sum(struct searching *s, struct str body, struct err *e)
{
    struct search_result *r = s->result;
    struct search_value sums[2];
    int64_t grid[2];
    size_t slots = s->order->slot_count * sizeof(uint64_t);

    if (body.len != sizeof(sums) + sizeof(grid) + slots)
        return unsound(e);
    memcpy(sums, body.p, sizeof(sums));
    memcpy(grid, body.p + sizeof(sums), sizeof(grid));
    if (grid[1] < 0 || (s->order->slot_ns && grid[1] != s->order->slot_ns))
        return unsound(e);
    if (s->has_sum && (grid[0] != r->first_slot_ns || grid[1] != r->slot_ns))
        return unsound(e);
    s->has_sum = true;
    r->first_slot_ns = grid[0];
    r->slot_ns = grid[1];
    search_value_add(&r->sum, &sums[0]);
    search_value_add(&r->beside, &sums[1]);
    for (uint32_t i = 0; i < s->order->slot_count; i++) {
        uint64_t n;

        memcpy(&n, body.p + sizeof(sums) + sizeof(grid) + i * sizeof(n), sizeof(n));
        r->slots[i] += n;
    }
    return 0;
}

/* What one worker keeps to, several together may pass. */
static int take_value(struct lane *l, struct str body, struct err *e)
{
    struct searching *s = l->searching;
    struct search_result *r = s->result;
    struct search_counted c;
    size_t room = s->value_room, head = sizeof(c.told) + sizeof(c.field);

    if (body.len <= head)
        return unsound(e);
    memcpy(&c.told, body.p, sizeof(c.told));
    memcpy(&c.field, body.p + sizeof(c.told), sizeof(c.field));
    if (c.field >= SEARCH_FIELDS_MOST)
        return unsound(e);
    l->value_count[c.field]++;
    l->value_size += body.len - head;
    if (l->value_count[c.field] > SEARCH_VALUES_MOST || l->value_size > SEARCH_VALUES_SIZE)
        return unsound(e);
    if (r->bytes.len + body.len - head > SEARCH_VALUES_SIZE)
        return search_too_large(e);
    c.value = (struct str){NULL, body.len - head};
    r->values = mem_grow(r->values, r->value_count, &s->value_room, sizeof(r->values[0]));
    s->value_at = mem_grow(s->value_at, r->value_count, &room, sizeof(s->value_at[0]));
    s->value_at[r->value_count] = r->bytes.len;
    r->values[r->value_count++] = c;
    buf_addstr(&r->bytes, str_from(body, head));
    return 0;
}

/* Pieces of a row are joined here. */
static int take_row(struct lane *l, struct str piece, bool is_last, struct err *e)
{
    uint32_t size = 0;

    if (l->queue.len == l->whole)
        buf_add(&l->queue, &size, sizeof(size));
    size = (uint32_t)(l->queue.len - l->whole - sizeof(size) + piece.len);
    if (size > SEARCH_ROW_MOST)
        return unsound(e);
    buf_addstr(&l->queue, piece);
    if (!is_last)
        return 0;
    memcpy(l->queue.p + l->whole, &size, sizeof(size));
    l->whole = l->queue.len;
    return 0;
}

static int take_no_field(struct searching *s, struct str body, struct err *e)
{
    if (body.len > NO_FIELD_MOST || s->result->no_fields.len > (size_t)16 * NO_FIELD_MOST)
        return unsound(e);
    buf_addstr(&s->result->no_fields, body);
    buf_addc(&s->result->no_fields, '\0');
    return 0;
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct lane *l = context;

    if (kind == SEARCH_SUM)
        return take_sum(l->searching, body, e);
    if (kind == SEARCH_VALUE)
        return take_value(l, body, e);
    if (kind == SEARCH_NO_FIELD)
        return take_no_field(l->searching, body, e);
    return kind == SEARCH_ROW || kind == SEARCH_PIECE ? take_row(l, body, kind == SEARCH_ROW, e)
                                                      : unsound(e);
}

static bool has_row(const struct lane *l)
{
    return l->taken < l->whole;
}

/* What was given is let go. */
static void clear_given(struct lane *l)
{
    if (has_row(l))
        return;
    if (l->whole)
        memmove(l->queue.p, l->queue.p + l->whole, l->queue.len - l->whole);
    l->queue.len -= l->whole;
    l->taken = l->whole = 0;
}

static struct str first_row(const struct lane *l)
{
    uint32_t size;

    memcpy(&size, l->queue.p + l->taken, sizeof(size));
    return (struct str){l->queue.p + l->taken + sizeof(size), size};
}

static bool is_before(const struct searching *s, const struct search_event *a,
                      const struct search_event *b)
{
    int is = a->ns != b->ns       ? (a->ns < b->ns ? -1 : 1)
             : a->file != b->file ? (a->file < b->file ? -1 : 1)
                                  : (a->event < b->event ? -1 : a->event > b->event);

    return s->order->is_backward ? is > 0 : is < 0;
}

static bool is_full(const struct searching *s)
{
    return s->order->kind == SEARCH_ROWS && s->order->most && s->given >= s->order->most;
}

/* The next in order, where every worker that goes on has told its next one. */
static int give_next(struct searching *s, bool *is_given, struct err *e)
{
    struct lane *first = NULL;
    struct search_event best = {0}, event;

    *is_given = false;
    for (unsigned i = 0; i < s->lane_count; i++) {
        struct lane *l = &s->lanes[i];

        if (!has_row(l)) {
            if (l->worker)
                return 0;
            continue;
        }
        if (!read_row(first_row(l), &event) || event.file >= s->order->file_count)
            return unsound(e);
        if (!first || is_before(s, &event, &best)) {
            first = l;
            best = event;
        }
    }
    if (!first)
        return 0;
    *is_given = true;
    s->given++;
    first->taken += sizeof(uint32_t) + first_row(first).len;
    return s->to && s->to->event ? s->to->event(s->to->context, &best, e) : 0;
}

static int give_all(struct searching *s, struct err *e)
{
    bool is_given = true;
    int rc = 0;

    while (rc == 0 && is_given && !is_full(s))
        rc = give_next(s, &is_given, e);
    for (unsigned i = 0; i < s->lane_count; i++)
        clear_given(&s->lanes[i]);
    return rc;
}

static unsigned choose(struct searching *s, struct pollfd *fds)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->lane_count; i++) {
        struct lane *l = &s->lanes[i];
        bool is_wanted = l->worker && (!has_row(l) || l->queue.len < QUEUE_MOST);

        fds[i] = (struct pollfd){.fd = is_wanted ? worker_fd(l->worker) : -1, .events = POLLIN};
        count += is_wanted;
    }
    return count;
}

static int take_sent(struct lane *l, struct err *e)
{
    int rc = worker_take(l->worker, e);

    if (rc == 0)
        worker_end(MOVE(l->worker));
    return rc < 0 ? rc : 0;
}

static int run_lanes(struct searching *s, struct err *e)
{
    struct pollfd fds[LANES_MAX];
    int rc = 0;

    while (rc == 0 && !is_full(s) && choose(s, fds)) {
        if (poll(fds, s->lane_count, -1) < 0)
            continue;
        for (unsigned i = 0; i < s->lane_count && rc == 0; i++)
            if (fds[i].revents)
                rc = take_sent(&s->lanes[i], e);
        if (rc == 0)
            rc = give_all(s, e);
    }
    return rc;
}

static int begin_lane(struct searching *s, unsigned i, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = MEMORY_SIZE};
    const struct search_order *o = s->order;
    struct lane *l = &s->lanes[i];
    int rc = 0;
    const struct search_task task = {.kind = o->kind,
                                     .share = i,
                                     .shares = s->lane_count,
                                     .slot_count = o->slot_count,
                                     .from_ns = o->from_ns,
                                     .to_ns = o->to_ns,
                                     .first_slot_ns = o->first_slot_ns,
                                     .slot_ns = o->slot_ns,
                                     .most = o->most,
                                     .only = o->has_only ? o->only : SEARCH_ALL,
                                     .is_backward = o->is_backward,
                                     .field_size = (uint32_t)o->field.len,
                                     .time_count = (uint32_t)(s->times.len / TIME_SIZE),
                                     .has_items = o->items != NULL,
                                     .query_size = (uint32_t)o->query.len};
    struct worker_order order = {.job = timeline_search_job,
                                 .name = "searching the timeline",
                                 .ins = o->files,
                                 .in_count = o->file_count,
                                 .limits = &limits,
                                 .receive = take_message,
                                 .context = l};

    l->searching = s;
    buf_add(&l->argument, &task, sizeof(task));
    buf_add(&l->argument, o->directories, o->file_count * sizeof(o->directories[0]));
    if (o->items)
        rc = search_about_add(&l->argument, o->items, o->file_count, s->has_tags, e);
    if (rc)
        return rc;
    buf_addstr(&l->argument, buf_str(&s->times));
    buf_addstr(&l->argument, o->field);
    buf_addstr(&l->argument, o->query);
    buf_addstr(&l->argument, o->beside);
    order.argument = buf_str(&l->argument);
    return worker_begin_order(&l->worker, &order, e);
}

static void searching_release(struct searching *s)
{
    for (unsigned i = 0; i < s->lane_count; i++) {
        worker_end(s->lanes[i].worker);
        buf_release(&s->lanes[i].argument);
        buf_release(&s->lanes[i].queue);
    }
    buf_release(&s->times);
    free(s->value_at);
    free(s);
}
DEFINE_CLEANUP(struct searching *, searching_release)

static int by_value(const void *a, const void *b)
{
    const struct search_counted *x = a, *y = b;

    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    return str_cmp(x->value, y->value);
}

static int by_count(const void *a, const void *b)
{
    const struct search_counted *x = a, *y = b;

    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    if (x->told.count != y->told.count)
        return x->told.count > y->told.count ? -1 : 1;
    if (x->told.first_ns != y->told.first_ns)
        return x->told.first_ns < y->told.first_ns ? -1 : 1;
    return str_cmp(x->value, y->value);
}

/* The same value may come from several workers. */
static void settle_values(struct searching *s)
{
    struct search_result *r = s->result;
    size_t kept = 0;

    for (size_t i = 0; i < r->value_count; i++)
        r->values[i].value.p = r->bytes.p + s->value_at[i];
    if (r->value_count)
        qsort(r->values, r->value_count, sizeof(r->values[0]), by_value);
    for (size_t i = 0; i < r->value_count; i++) {
        struct search_counted *last = kept ? &r->values[kept - 1] : NULL;
        const struct search_counted *c = &r->values[i];

        if (!last || last->field != c->field || !str_eq(last->value, c->value)) {
            r->values[kept++] = *c;
            continue;
        }
        search_value_add(&last->told, &c->told);
    }
    r->value_count = kept;
    if (kept)
        qsort(r->values, kept, sizeof(r->values[0]), by_count);
}

void search_result_release(struct search_result *r)
{
    free(r->values);
    buf_release(&r->bytes);
    buf_release(&r->no_fields);
    r->values = NULL;
}

static unsigned lanes_wanted(const struct search_order *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = o->workers ? o->workers : processors > 0 ? (unsigned)processors : 1;

    return count < LANES_MAX ? count : LANES_MAX;
}

/* Words as "yesterday" are understood here, where there are a clock and a zone. */
static int keep_time(void *context, struct str text, int64_t *first_ns, int64_t *last_ns,
                     struct err *e)
{
    struct searching *s = context;
    int rc = s->order->times->read(s->order->times->context, text, first_ns, last_ns, e);

    if (rc)
        return rc;
    buf_add(&s->times, first_ns, sizeof(*first_ns));
    buf_add(&s->times, last_ns, sizeof(*last_ns));
    return 0;
}

static int check_items(const struct search_order *order, const struct query *q, struct err *e)
{
    unsigned numbers[SEARCH_FILES_MOST];
    struct str asked;

    for (size_t i = 0; order->items && i < order->file_count; i++)
        numbers[i] = order->items[i].number;
    if (!order->items || query_knows_items(q, numbers, order->file_count, &asked))
        return 0;
    return err_set(e, ERR_USAGE,
                   "evidence:" STR_FMT ": no such item is in the timelines that are searched; calm "
                   "analyse sources lists what is",
                   STR_ARG(asked));
}

int timeline_search(const struct search_order *order, const struct search_receiver *to,
                    struct search_result *out, struct err *e)
{
    CLEANUP(query_freep) struct query *checked = NULL, *beside = NULL;
    CLEANUP(searching_releasep) struct searching *s = mem_new(struct searching);
    const struct query_times times = {.read = keep_time, .context = s};
    int rc;

    s->order = order;
    rc = query_read(&checked, order->query, order->times ? &times : NULL, e);
    if (rc)
        return rc;
    s->has_tags = query_has_tags(checked);
    if (order->beside.len) {
        rc = query_read(&beside, order->beside, NULL, e);
        if (rc)
            return rc;
        s->has_tags = s->has_tags || query_has_tags(beside);
    }
    *out = (struct search_result){0};
    if (order->file_count == 0)
        return 0;
    if (order->file_count > SEARCH_FILES_MOST)
        return err_set(e, ERR_LIMIT, "at most %d timelines are searched at once: name some of them",
                       SEARCH_FILES_MOST);
    rc = check_items(order, checked, e);
    if (rc)
        return rc;
    s->to = to;
    s->result = out;
    s->lane_count = lanes_wanted(order);
    for (unsigned i = 0; i < s->lane_count && rc == 0; i++)
        rc = begin_lane(s, i, e);
    if (rc == 0)
        rc = run_lanes(s, e);
    if (rc)
        return rc;
    settle_values(s);
    return 0;
}
