/* exported_read.c: reads what exported.c wrote: the events are what they were, in all that they say
 * of themselves. */
#include "base/mem.h"
#include "timeline/csv.h"
#include "timeline/exported.h"
#include "timeline/json_flat.h"

enum { NS_OF_S = 1000000000 };

/* An event as its parts come. */
struct taking {
    struct reader *r;
    struct event *e;
    bool has_time, has_precision, has_no_message, is_bad;
};

static bool number_of(struct str name, const char *const *names, uint8_t count, uint8_t *out)
{
    for (uint8_t i = 0; i < count; i++)
        if (str_is(name, names[i])) {
            *out = i;
            return true;
        }
    return false;
}

static bool take_time(struct taking *t, struct str text)
{
    struct stated s;
    int64_t seconds;

    if (!when_iso(&text, &s) || text.len || !s.has_zone || !stated_is_date(&s) || s.second > 59)
        return false;
    seconds = stated_seconds(&s) - s.zone_s;
    t->has_time = true;
    return !__builtin_mul_overflow(seconds, (int64_t)NS_OF_S, &t->e->ns) &&
           !__builtin_add_overflow(t->e->ns, (int64_t)s.ns, &t->e->ns);
}

static bool take_precision(struct taking *t, struct str text)
{
    t->has_precision = true;
    return number_of(text, event_precision_names, TIME_COUNT_, &t->e->precision);
}

static bool take_doubt(struct taking *t, struct str text)
{
    static const char letters[] = EVENT_DOUBT_LETTERS;

    for (size_t i = 0; i < text.len; i++) {
        const char *found = memchr(letters, text.p[i], sizeof(letters) - 1);

        if (!found)
            return false;
        t->e->doubt |= (uint16_t)(1U << (found - letters));
    }
    return true;
}

static bool take_meaning(struct taking *t, struct str text)
{
    return number_of(text, event_meaning_names, MEANING_COUNT_, &t->e->meaning);
}

static bool take_made(struct taking *t, struct str text)
{
    t->has_no_message = true;
    return str_is(text, "message");
}

static bool pass_over(struct taking *t, struct str text)
{
    (void)t, (void)text;
    return true;
}

typedef bool take_part(struct taking *t, struct str text);
static const struct part {
    const char *name;
    take_part *take;
} parts[] = {{"@timestamp", take_time},       {"datetime", take_time},
             {"timestamp", pass_over},        {"timestamp_desc", pass_over},
             {"ecs.version", pass_over},      {EXPORTED_PRECISION, take_precision},
             {EXPORTED_DOUBT, take_doubt},    {EXPORTED_MEANING, take_meaning},
             {EXPORTED_NO_MESSAGE, take_made}};

static const struct part *part_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (str_is(name, parts[i].name))
            return &parts[i];
    return NULL;
}

static uint16_t field_of(struct taking *t, struct str name)
{
    (void)str_take(&name, EXPORTED_FIELD_PREFIX);
    return field_number(t->r->names, name);
}

static void take(struct taking *t, struct str name, struct str value)
{
    const struct part *p = part_of(name);
    uint16_t number;

    if (p) {
        t->is_bad = t->is_bad || !p->take(t, value);
        return;
    }
    number = field_of(t, name);
    if (number == FIELD_NONE && value.len)
        t->e->left_out++;
    else
        event_put_again(t->e, number, value);
}

static void drop_message(struct event *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name != FIELD_MESSAGE)
            e->fields[kept++] = e->fields[i];
    e->count = kept;
}

static bool end(struct taking *t)
{
    if (!t->has_time || !t->has_precision || t->is_bad)
        return false;
    if (t->has_no_message)
        drop_message(t->e);
    return true;
}

static void take_member(void *context, const struct json_value *v)
{
    take(context, v->name, v->value);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    static const char mark[] = "precision\"";
    struct taking t = {.r = r, .e = e};
    struct json_flat f = {.take = take_member, .context = &t, .e = e};

    if (line.p[0] != '{' || !memmem(line.p, line.len, mark, sizeof(mark) - 1) ||
        !json_flat(&f, &line) || str_trim(line).len || f.has_left_out || !end(&t))
        return LINE_FOREIGN;
    return LINE_EVENT;
}

const struct format format_timeline_json = {.name = "timeline",
                                            .version = 1,
                                            .is_splittable = true,
                                            .takes_bytes = true,
                                            .is_export = true,
                                            .line = line_of};

/* What a column is. */
struct column_kind {
    const struct part *part;
    uint16_t field;
    uint32_t several_in; /* the row in which its cell is a list */
};
struct state {
    size_t several; /* the column that names those with lists */
    bool has_several;
    uint32_t row;
    uint16_t column_of[FIELD_NAMES_MAX]; /* by field; + 1 */
    struct column_kind columns[CSV_COLUMNS_MOST];
};

static bool is_ours(const struct csv_row *head)
{
    return csv_has(head, EXPORTED_PRECISION) && csv_has(head, "datetime");
}

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;
    struct taking t = {.r = r};

    if (!is_ours(row))
        return false;
    for (size_t i = 0; i < row->count; i++) {
        struct str name = row->cells[i];
        struct column_kind *c = &s->columns[i];

        if (str_is(name, EXPORTED_SEVERAL)) {
            s->several = i;
            s->has_several = true;
        }
        *c = (struct column_kind){.part = part_of(name), .field = FIELD_NONE};
        if (!c->part && !str_is(name, EXPORTED_SEVERAL))
            c->field = field_of(&t, name);
        if (c->field != FIELD_NONE)
            s->column_of[c->field] = (uint16_t)(i + 1);
    }
    return true;
}

/* A list of a cell: of values for a field, or of the names of columns that hold lists. */
struct list {
    struct taking *t;
    uint16_t field; /* FIELD_NONE: of names */
    bool is_bad;
};

static void take_item(void *context, const struct json_value *v)
{
    struct list *l = context;
    struct state *s = l->t->r->state;
    uint16_t number = l->field == FIELD_NONE ? field_lookup(l->t->r->names, v->value) : FIELD_NONE;

    if (l->field != FIELD_NONE)
        event_put_again(l->t->e, l->field, v->value);
    else if (number == FIELD_NONE || !s->column_of[number])
        l->is_bad = true;
    else
        s->columns[s->column_of[number] - 1].several_in = s->row;
}

/* It is read as that of an object's one member. */
static bool read_list(struct list *l, struct str cell)
{
    struct event *e = l->t->e;
    struct json_flat f = {.take = take_item, .context = l, .e = e};
    struct str whole = {e->scratch + e->scratch_len, 0};

    if (cell.len == 0 || cell.p[0] != '[' || EVENT_SCRATCH_SIZE - e->scratch_len < cell.len + 8)
        return false;
    whole.len = event_keep(e, STR("{\"a\":")).len;
    whole.len += event_keep(e, cell).len;
    whole.len += event_keep(e, STR("}")).len;
    return json_flat(&f, &whole) && whole.len == 0 && !f.has_left_out && !l->is_bad;
}

static bool take_cell(struct taking *t, const struct column_kind *c, struct str cell)
{
    const struct state *s = t->r->state;

    if (cell.len == 0)
        return true;
    if (c->part)
        return c->part->take(t, cell);
    if (c->field == FIELD_NONE)
        t->e->left_out++;
    else if (c->several_in == s->row)
        return read_list(&(struct list){.t = t, .field = c->field}, cell);
    else
        event_put_again(t->e, c->field, cell);
    return true;
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;
    struct taking t = {.r = r, .e = e};
    bool is_good = true;

    s->row++;
    if (s->has_several && row->cells[s->several].len)
        is_good = read_list(&(struct list){.t = &t, .field = FIELD_NONE}, row->cells[s->several]);
    for (size_t i = 0; is_good && i < row->count; i++)
        if (!s->has_several || i != s->several)
            is_good = take_cell(&t, &s->columns[i], row->cells[i]);
    return is_good && end(&t);
}

static bool knows_csv(struct str head)
{
    struct str cells[16];
    const struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};

    return is_ours(&row);
}

static int read_csv(struct reader *r, struct err *e)
{
    static const struct csv_way way = {.head = take_head, .row = take_row};

    return csv_read(r, &way, e);
}

const struct format format_timeline_csv = {.name = "timeline",
                                           .version = 1,
                                           .is_export = true,
                                           .knows = knows_csv,
                                           .read = read_csv,
                                           .state_size = sizeof(struct state)};
