/* winlog_csv.c: event logs of Windows as tables: of EvtxECmd (--csv), of PowerShell (Get-WinEvent
 * and Export-Csv), and of the event viewer ("Save All Events As", CSV and text), whose head is in
 * the language of the system. */
#include "timeline/csv.h"
#include "timeline/winlog.h"
#include <stdio.h>

enum { COLUMNS_MOST = 48, NAME_MOST = 32 };

/* The columns of the event viewer, by their place; the text of the event has no name. */
enum viewer_column {
    VIEWER_LEVEL,
    VIEWER_TIME,
    VIEWER_SOURCE,
    VIEWER_ID,
    VIEWER_TASK,
    VIEWER_TEXT
};

struct state {
    struct winlog winlog;
    char names[COLUMNS_MOST][NAME_MOST];
    size_t count;
    bool is_properties; /* of Get-WinEvent */
    enum date_order order;
};

static bool is_of_evtxecmd(const struct csv_row *row)
{
    static const char *const names[] = {"EventRecordId", "TimeCreated", "EventId", "Provider",
                                        "Channel",       "Computer",    "UserName"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!csv_has(row, names[i]))
            return false;
    return row->count <= COLUMNS_MOST;
}

static bool is_of_powershell(const struct csv_row *row)
{
    bool found = false;

    for (size_t i = 0; i < row->count; i++)
        found = found || winlog_is_property(row->cells[i]);
    return found && row->count <= COLUMNS_MOST && csv_has(row, "TimeCreated") && csv_has(row, "Id");
}

/* "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord", as Windows PowerShell has it in front.
 */
static void pass_type(struct str *head)
{
    (void)str_take(head, READER_BYTE_ORDER_MARK);
    if (str_starts(*head, "#TYPE "))
        (void)str_cut(head, '\n');
}

static bool knows(struct str head)
{
    struct str cells[COLUMNS_MOST];
    struct csv_row row = {.cells = cells};

    pass_type(&head);
    row.count = csv_first(head, cells, COUNT_OF(cells));
    return is_of_evtxecmd(&row) || is_of_powershell(&row);
}

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;

    s->is_properties = is_of_powershell(row);
    if (!s->is_properties && !is_of_evtxecmd(row))
        return false;
    for (size_t i = 0; i < row->count; i++)
        (void)snprintf(s->names[i], sizeof(s->names[i]), STR_FMT, STR_ARG(row->cells[i]));
    s->count = row->count;
    return true;
}

static void begin_row(struct reader *r, struct event *e, bool is_local)
{
    struct state *s = r->state;

    winlog_begin(&s->winlog, r, e);
    s->winlog.is_local = is_local;
    s->winlog.order = s->order;
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    begin_row(r, e, s->is_properties);
    for (size_t i = 0; i < row->count && i < s->count; i++)
        if (s->is_properties)
            winlog_put_property(&s->winlog, str_of(s->names[i]), row->cells[i]);
        else
            (void)winlog_put_column(&s->winlog, str_of(s->names[i]), row->cells[i]);
    return winlog_end(&s->winlog);
}

/* What order the dates have: of all rows, before any is told. */
static bool see_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    (void)e;
    for (size_t i = 0; i < row->count && i < s->count; i++)
        if (strcmp(s->names[i], "TimeCreated") == 0)
            s->order = local_order(row->cells[i], s->order);
    return true;
}

static int pass_event(void *context, const struct event *event, struct err *e)
{
    (void)context, (void)event, (void)e;
    return 0;
}

static int read_twice(struct reader *r, const struct csv_way *first, const struct csv_way *way,
                      struct err *e)
{
    struct reader looking = *r;
    int rc;

    looking.take = pass_event;
    rc = csv_read(&looking, first, e);
    return rc ? rc : csv_read(r, way, e);
}

static int read_all(struct reader *r, struct err *e)
{
    static const struct csv_way first = {.head = take_head, .row = see_row, .has_comments = true};
    static const struct csv_way way = {.head = take_head, .row = take_row, .has_comments = true};

    return read_twice(r, &first, &way, e);
}

static bool is_number(struct str s)
{
    uint64_t n;

    return str_u64(s, &n);
}

/* A head of words, and rows with a time, the number of an event, and one cell more. */
static bool is_of_viewer(struct str head, char separator)
{
    struct str cells[VIEWER_TEXT + 2];
    bool is_all = head.len < READER_HEAD_SIZE;
    struct stated s;

    if (csv_take(&head, separator, is_all, cells, COUNT_OF(cells)) != VIEWER_TEXT)
        return false;
    for (size_t i = 0; i < VIEWER_TEXT; i++)
        if (cells[i].len == 0 || char_is_digit(cells[i].p[0]))
            return false;
    return csv_take(&head, separator, is_all, cells, COUNT_OF(cells)) == VIEWER_TEXT + 1 &&
           local_time(cells[VIEWER_TIME], ORDER_UNKNOWN, &s) && is_number(cells[VIEWER_ID]) &&
           cells[VIEWER_SOURCE].len;
}

static bool knows_viewer(struct str head)
{
    return is_of_viewer(head, ',');
}

static bool knows_viewer_text(struct str head)
{
    return is_of_viewer(head, '\t');
}

static bool take_viewer_head(struct reader *r, const struct csv_row *row)
{
    (void)r;
    return row->count == VIEWER_TEXT;
}

static bool see_viewer_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    (void)e;
    s->order = local_order(row->cells[VIEWER_TIME], s->order);
    return true;
}

/* The first column is the level, or of the security log the keywords ("Audit Failure"). */
static bool take_viewer_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    static const char *const properties[] = {[VIEWER_LEVEL] = "LevelDisplayName",
                                             [VIEWER_TIME] = "TimeCreated",
                                             [VIEWER_SOURCE] = "ProviderName",
                                             [VIEWER_ID] = "Id",
                                             [VIEWER_TASK] = "Task",
                                             [VIEWER_TEXT] = "Message"};
    struct state *s = r->state;

    begin_row(r, e, true);
    for (size_t i = 0; i < row->count && i < COUNT_OF(properties); i++)
        winlog_put_property(&s->winlog, str_of(properties[i]), row->cells[i]);
    return winlog_end(&s->winlog);
}

static int read_viewer_by(struct reader *r, char separator, struct err *e)
{
    const struct csv_way first = {.head = take_viewer_head,
                                  .row = see_viewer_row,
                                  .separator = separator,
                                  .has_unnamed = true};
    struct csv_way way = first;

    way.row = take_viewer_row;
    return read_twice(r, &first, &way, e);
}

static int read_viewer(struct reader *r, struct err *e)
{
    return read_viewer_by(r, ',', e);
}

static int read_viewer_text(struct reader *r, struct err *e)
{
    return read_viewer_by(r, '\t', e);
}

const struct format format_winlog_csv = {.name = "evtx",
                                         .version = 5,
                                         .knows = knows,
                                         .read = read_all,
                                         .state_size = sizeof(struct state),
                                         .release = winlog_release};
const struct format format_winlog_viewer = {.name = "evtx",
                                            .version = 5,
                                            .knows = knows_viewer,
                                            .read = read_viewer,
                                            .state_size = sizeof(struct state),
                                            .release = winlog_release};
const struct format format_winlog_viewer_text = {.name = "evtx",
                                                 .version = 5,
                                                 .knows = knows_viewer_text,
                                                 .read = read_viewer_text,
                                                 .state_size = sizeof(struct state),
                                                 .release = winlog_release};
_Static_assert(offsetof(struct state, winlog) == 0, "what is released");
