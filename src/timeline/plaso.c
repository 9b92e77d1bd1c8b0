/* plaso.c: timelines that plaso (log2timeline, psort) wrote and that were made for Timesketch: CSV
 * with 17 columns (l2tcsv) or any (dynamic), and JSON lines. */
#include "timeline/csv.h"
#include "timeline/foreign.h"
#include "timeline/json_flat.h"

static const char *const l2t_head[] = {
    "date",  "time", "timezone", "MACB",     "source", "sourcetype", "type",   "user", "host",
    "short", "desc", "version",  "filename", "inode",  "notes",      "format", "extra"};
static const char *const dynamic_head[] = {
    "datetime", "timestamp_desc", "source",       "source_long",
    "message",  "parser",         "display_name", "tag"};

/* The head begins so; plaso appends further columns that were asked for. */
static bool begins(const struct csv_row *head, const char *const *names, size_t count)
{
    if (head->count < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!str_is(head->cells[i], names[i]))
            return false;
    return true;
}

static const struct member_table *plaso_table(const struct csv_row *head)
{
    if (begins(head, l2t_head, COUNT_OF(l2t_head)))
        return &foreign_l2t;
    return begins(head, dynamic_head, COUNT_OF(dynamic_head)) ? &foreign_plaso : NULL;
}

static bool is_plaso(const struct csv_row *head)
{
    return plaso_table(head) != NULL;
}

static bool is_timesketch(const struct csv_row *head)
{
    return csv_has(head, "message") && csv_has(head, "timestamp_desc") &&
           (csv_has(head, "datetime") || csv_has(head, "timestamp"));
}

struct state {
    const struct member_table *table;
    struct members members;
    struct member_found columns[CSV_COLUMNS_MOST];
};

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;

    if (!is_plaso(row) && !is_timesketch(row))
        return false;
    s->table = is_plaso(row) ? plaso_table(row) : &foreign_timesketch;
    for (size_t i = 0; i < row->count; i++)
        s->columns[i] = member_find(&s->members, s->table, r->names, row->cells[i]);
    return true;
}

/* A dash is what plaso writes for nothing. */
static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;
    struct foreign f = {.r = r, .e = e, .members = &s->members, .table = s->table};

    for (size_t i = 0; s->table && i < row->count; i++)
        if (s->table == &foreign_timesketch || !str_is(row->cells[i], "-"))
            foreign_put(&f, s->columns[i], row->cells[i]);
    return s->table && foreign_end(&f);
}

static int read_csv(struct reader *r, struct err *e)
{
    static const struct csv_way way = {.is_bare = is_plaso, .head = take_head, .row = take_row};

    return csv_read(r, &way, e);
}

enum { HEAD_COLUMNS = 1024 };

static bool knows_plaso(struct str head)
{
    struct str cells[32];
    const struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};

    return is_plaso(&row);
}

static bool knows_timesketch(struct str head)
{
    struct str cells[HEAD_COLUMNS];
    const struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};

    return is_timesketch(&row);
}

struct taking {
    struct foreign f;
    bool has_message;
};

static void take_member(void *context, const struct json_value *v)
{
    struct taking *t = context;

    t->has_message = t->has_message || str_is(v->name, "message");
    foreign_take(&t->f, v->name, v->value);
}

static enum line_verdict take_line(struct reader *r, struct str line, struct event *e,
                                   const struct member_table *table)
{
    static const char words[] = "\"timestamp_desc\"", plaso[] = "\"__container_type__\"";
    struct state *s = r->state;
    struct taking t = {.f = {.r = r, .e = e, .members = &s->members, .table = table}};
    struct json_flat flat = {.take = take_member, .context = &t, .e = e};
    bool is_of_plaso;

    if (line.p[0] != '{' || !memmem(line.p, line.len, words, sizeof(words) - 1))
        return LINE_FOREIGN;
    is_of_plaso = memmem(line.p, line.len, plaso, sizeof(plaso) - 1) != NULL;
    if (is_of_plaso != (table == &foreign_plaso) || !json_flat(&flat, &line) ||
        str_trim(line).len || !t.has_message || !foreign_end(&t.f))
        return LINE_FOREIGN;
    e->left_out += flat.has_left_out;
    return LINE_EVENT;
}

static enum line_verdict plaso_line(struct reader *r, struct str line, struct event *e)
{
    return take_line(r, line, e, &foreign_plaso);
}

static enum line_verdict timesketch_line(struct reader *r, struct str line, struct event *e)
{
    return take_line(r, line, e, &foreign_timesketch);
}

const struct format format_plaso_csv = {.name = "plaso",
                                        .version = 2,
                                        .knows = knows_plaso,
                                        .read = read_csv,
                                        .state_size = sizeof(struct state)};
const struct format format_plaso_json = {.name = "plaso",
                                         .version = 2,
                                         .is_splittable = true,
                                         .takes_bytes = true,
                                         .line = plaso_line,
                                         .state_size = sizeof(struct state)};
const struct format format_timesketch_csv = {.name = "timesketch",
                                             .version = 1,
                                             .knows = knows_timesketch,
                                             .read = read_csv,
                                             .state_size = sizeof(struct state)};
const struct format format_timesketch_json = {.name = "timesketch",
                                              .version = 1,
                                              .is_splittable = true,
                                              .takes_bytes = true,
                                              .line = timesketch_line,
                                              .state_size = sizeof(struct state)};
