/* postgresql_csv.c: the log of PostgreSQL as a table without a head (log_destination = csvlog), of
 * the versions 9.0 to 17: 23 columns, a 24th since 13, 26 since 14. */
#include "timeline/csv.h"
#include "timeline/level.h"
#include "timeline/postgresql_words.h"
#include "timeline/postgresql_columns.h"
#include "timeline/syslog_words.h"
#include "timeline/zone_word.h"

#define TIME MEMBER_IS_TIME
#define APART MEMBER_IS_NONE
const struct member postgresql_columns[POSTGRESQL_NAMES] = {
    [LOG_TIME] = {"timestamp", TIME, 0},
    [USER_NAME] = {"user", "user.name", 0},
    [DATABASE_NAME] = {"dbname", "postgresql.database", 0},
    [PROCESS_ID] = {"pid", "process.pid", 0},
    [CONNECTION_FROM] = {"", APART, 0},
    [SESSION_ID] = {"session_id", "postgresql.session_id", 0},
    [SESSION_LINE_NUM] = {"line_num", "postgresql.session_line", 0},
    [COMMAND_TAG] = {"ps", "postgresql.command", 0},
    [SESSION_START_TIME] = {"session_start", "postgresql.session_start", 0},
    [VIRTUAL_TRANSACTION_ID] = {"vxid", "postgresql.virtual_transaction_id", 0},
    [TRANSACTION_ID] = {"txid", "postgresql.transaction_id", 0},
    [ERROR_SEVERITY] = {"error_severity", APART, 0},
    [SQL_STATE_CODE] = {"state_code", "error.code", 0},
    [MESSAGE] = {"message", APART, 0},
    [DETAIL] = {"detail", "postgresql.detail", 0},
    [HINT] = {"hint", "postgresql.hint", 0},
    [INTERNAL_QUERY] = {"internal_query", "postgresql.internal_query", 0},
    [INTERNAL_QUERY_POS] = {"internal_position", "postgresql.internal_query_position", 0},
    [CONTEXT] = {"context", "postgresql.context", 0},
    [QUERY] = {"statement", "postgresql.statement", 0},
    [QUERY_POS] = {"cursor_position", "postgresql.query_position", 0},
    [LOCATION] = {"", "postgresql.location", 0},
    [APPLICATION_NAME] = {"application_name", "postgresql.application", 0},
    [BACKEND_TYPE] = {"backend_type", "postgresql.backend_type", 0},
    [LEADER_PID] = {"leader_pid", "postgresql.leader_pid", 0},
    [QUERY_ID] = {"query_id", "postgresql.query_id", 0},
    [REMOTE_HOST] = {"remote_host", APART, 0},
    [REMOTE_PORT] = {"remote_port", "source.port", 0},
};

struct state {
    bool has_fields;
    uint16_t fields[COLUMNS_14];
};

static bool is_count(size_t columns)
{
    return columns == COLUMNS_9_0 || columns == COLUMNS_13 || columns == COLUMNS_14;
}

bool postgresql_time(struct str text, struct stated *s, struct str *zone)
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
        s->fields[i] = postgresql_columns[i].field[0] == '@'
                           ? FIELD_NONE
                           : field_number(r->names, str_of(postgresql_columns[i].field));
    s->has_fields = true;
}

static bool is_a_row(const struct csv_row *row, struct stated *s, struct str *zone)
{
    const struct str *cells = row->cells;
    uint64_t n;

    return is_count(row->count) && postgresql_time(cells[LOG_TIME], s, zone) &&
           str_u64(cells[PROCESS_ID], &n) && cells[SQL_STATE_CODE].len == 5 &&
           str_u64(cells[SESSION_LINE_NUM], &n);
}

bool postgresql_says_nothing(size_t column, struct str value)
{
    return ((column == TRANSACTION_ID || column == QUERY_ID) && str_is(value, "0")) ||
           (column == SQL_STATE_CODE && str_is(value, "00000"));
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *state = r->state;
    struct stated s;
    struct str zone;

    if (!is_a_row(row, &s, &zone) || !level_put(e, postgresql_level(row->cells[ERROR_SEVERITY])))
        return false;
    if (!state->has_fields)
        find_fields(r, state);
    reader_time(r, e, &s);
    event_put(e, FIELD_EVENT_TIMEZONE, zone);
    for (size_t i = 0; i < row->count; i++)
        if (!postgresql_says_nothing(i, row->cells[i]))
            event_put(e, state->fields[i], row->cells[i]);
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
                                             .version = 5,
                                             .knows = knows,
                                             .read = read_all,
                                             .state_size = sizeof(struct state)};
