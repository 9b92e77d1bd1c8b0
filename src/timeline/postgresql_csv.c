/* postgresql_csv.c: the log of PostgreSQL as a table without a head (log_destination = csvlog), of
 * the versions 9.0 to 17: 23 columns, a 24th since 13, 26 since 14. */
#include "timeline/csv.h"
#include "timeline/level.h"
#include "timeline/syslog_words.h"
#include "timeline/zone_word.h"

enum {
    LOG_TIME,
    USER_NAME,
    DATABASE_NAME,
    PROCESS_ID,
    CONNECTION_FROM,
    SESSION_ID,
    SESSION_LINE_NUM,
    COMMAND_TAG,
    SESSION_START_TIME,
    VIRTUAL_TRANSACTION_ID,
    TRANSACTION_ID,
    ERROR_SEVERITY,
    SQL_STATE_CODE,
    MESSAGE,
    DETAIL,
    HINT,
    INTERNAL_QUERY,
    INTERNAL_QUERY_POS,
    CONTEXT,
    QUERY,
    QUERY_POS,
    LOCATION,
    APPLICATION_NAME,
    COLUMNS_9_0,
    BACKEND_TYPE = COLUMNS_9_0,
    COLUMNS_13,
    LEADER_PID = COLUMNS_13,
    QUERY_ID,
    COLUMNS_14,
};

/* NULL: it is taken apart. */
static const char *const fields[COLUMNS_14] = {
    [USER_NAME] = "user.name",
    [DATABASE_NAME] = "postgresql.database",
    [PROCESS_ID] = "process.pid",
    [SESSION_ID] = "postgresql.session_id",
    [SESSION_LINE_NUM] = "postgresql.session_line",
    [COMMAND_TAG] = "postgresql.command",
    [SESSION_START_TIME] = "postgresql.session_start",
    [VIRTUAL_TRANSACTION_ID] = "postgresql.virtual_transaction_id",
    [SQL_STATE_CODE] = "error.code",
    [DETAIL] = "postgresql.detail",
    [HINT] = "postgresql.hint",
    [INTERNAL_QUERY] = "postgresql.internal_query",
    [INTERNAL_QUERY_POS] = "postgresql.internal_query_position",
    [CONTEXT] = "postgresql.context",
    [QUERY] = "postgresql.statement",
    [QUERY_POS] = "postgresql.query_position",
    [LOCATION] = "postgresql.location",
    [APPLICATION_NAME] = "postgresql.application",
    [BACKEND_TYPE] = "postgresql.backend_type",
    [LEADER_PID] = "postgresql.leader_pid",
    [QUERY_ID] = "postgresql.query_id",
};

struct state {
    bool has_fields;
    uint16_t fields[COLUMNS_14];
};

static bool is_count(size_t columns)
{
    return columns == COLUMNS_9_0 || columns == COLUMNS_13 || columns == COLUMNS_14;
}

/* "2026-11-25 03:12:09.123 CET", "… +03" */
static bool read_time(struct str text, struct stated *s, struct str *zone)
{
    *zone = STR("");
    if (!when_iso(&text, s))
        return false;
    if (!s->has_zone && !zone_printed_take(&text, s, zone))
        *zone = str_trim(text);
    text = str_trim(text);
    return text.len <= 6 && (text.len == 0 || s->precision == TIME_MS);
}

/* "192.0.2.7:51234", "[local]", "db.example.org:5432" */
static void put_connection(struct event *e, struct str from)
{
    struct str host = from, port = STR("");

    for (size_t i = from.len; i-- > 0;)
        if (from.p[i] == ':') {
            host = str_head(from, i);
            port = str_from(from, i + 1);
            break;
        }
    if (str_is(host, "[local]"))
        return;
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, host);
    event_put(e, FIELD_SOURCE_PORT, port);
}

static void find_fields(struct reader *r, struct state *s)
{
    for (size_t i = 0; i < COLUMNS_14; i++)
        s->fields[i] = fields[i] ? field_number(r->names, str_of(fields[i])) : FIELD_NONE;
    s->has_fields = true;
}

static bool is_a_row(const struct csv_row *row, struct stated *s, struct str *zone)
{
    const struct str *cells = row->cells;
    uint64_t n;

    return is_count(row->count) && read_time(cells[LOG_TIME], s, zone) &&
           str_u64(cells[PROCESS_ID], &n) && cells[SQL_STATE_CODE].len == 5 &&
           str_u64(cells[SESSION_LINE_NUM], &n);
}

/* 0 is what it writes of no transaction and of no query; 00000 is no error. */
static bool says_nothing(size_t column, struct str cell)
{
    return ((column == TRANSACTION_ID || column == QUERY_ID) && str_is(cell, "0")) ||
           (column == SQL_STATE_CODE && str_is(cell, "00000"));
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *state = r->state;
    struct stated s;
    struct str zone;

    if (!is_a_row(row, &s, &zone) || !level_put(e, row->cells[ERROR_SEVERITY]))
        return false;
    if (!state->has_fields)
        find_fields(r, state);
    reader_time(r, e, &s);
    event_put(e, FIELD_EVENT_TIMEZONE, zone);
    for (size_t i = 0; i < row->count; i++)
        if (!says_nothing(i, row->cells[i]))
            event_put(e, state->fields[i], row->cells[i]);
    if (!says_nothing(TRANSACTION_ID, row->cells[TRANSACTION_ID]))
        event_put(e, field_number(r->names, STR("postgresql.transaction_id")),
                  row->cells[TRANSACTION_ID]);
    put_connection(e, row->cells[CONNECTION_FROM]);
    event_puts(e, FIELD_PROCESS_NAME, "postgres");
    syslog_understand(r, e, row->cells[MESSAGE]);
    event_put(e, FIELD_MESSAGE, row->cells[MESSAGE]);
    return true;
}

/* The first record; one that is longer than these bytes has enough columns to be told by. */
static bool knows(struct str head)
{
    struct str cells[COLUMNS_14 + 1];
    struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};
    struct stated s;
    struct str zone;

    if (!is_count(row.count) && row.count > MESSAGE && head.len == READER_HEAD_SIZE)
        row.count = COLUMNS_9_0;
    return is_a_row(&row, &s, &zone);
}

static int read_all(struct reader *r, struct err *e)
{
    static const struct csv_way way = {.row = take_row};

    return csv_read(r, &way, e);
}

const struct format format_postgresql_csv = {.name = "postgresql",
                                             .version = 4,
                                             .knows = knows,
                                             .read = read_all,
                                             .state_size = sizeof(struct state)};
