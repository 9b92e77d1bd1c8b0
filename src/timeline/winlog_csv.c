/* winlog_csv.c: event logs of Windows as the table that EvtxECmd makes of them (--csv). */
#include "timeline/csv.h"
#include "timeline/winlog.h"

enum { COLUMNS_MOST = 40, NAME_MOST = 24 };

struct state {
    struct winlog winlog;
    char names[COLUMNS_MOST][NAME_MOST];
    size_t count;
};

static bool is_head(const struct csv_row *row)
{
    static const char *const names[] = {"EventRecordId", "TimeCreated", "EventId", "Provider",
                                        "Channel",       "Computer",    "UserName"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!csv_has(row, names[i]))
            return false;
    return row->count <= COLUMNS_MOST;
}

static bool knows(struct str head)
{
    struct str cells[COLUMNS_MOST];
    struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};

    return is_head(&row);
}

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;

    if (!is_head(row))
        return false;
    for (size_t i = 0; i < row->count; i++)
        (void)snprintf(s->names[i], sizeof(s->names[i]), STR_FMT, STR_ARG(row->cells[i]));
    s->count = row->count;
    return true;
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    winlog_begin(&s->winlog, r, e);
    for (size_t i = 0; i < row->count && i < s->count; i++)
        (void)winlog_put_column(&s->winlog, str_of(s->names[i]), row->cells[i]);
    return winlog_end(&s->winlog);
}

static int read_all(struct reader *r, struct err *e)
{
    static const struct csv_way way = {.head = take_head, .row = take_row};

    return csv_read(r, &way, e);
}

const struct format format_winlog_csv = {.name = "evtx",
                                         .version = 3,
                                         .knows = knows,
                                         .read = read_all,
                                         .state_size = sizeof(struct state),
                                         .release = winlog_release};
_Static_assert(offsetof(struct state, winlog) == 0, "what is released");
