/* mysql_slow.c: the slow query log of MySQL and MariaDB: a few lines of "# " before each statement.
 */
#include "timeline/mysql.h"
#include <stdlib.h>

enum { NS_OF_S = 1000000000 };

struct state {
    bool has_begun;
    bool is_over; /* the statement before has its end, so that its next line may be none of it */
    bool has_time;
    struct stated time; /* of the record before */
    bool is_open;       /* "# Time" was read, and who asked is still to come */
    bool wants_time;    /* the record has none: the file begins with it */
};

/* "root[root] @ localhost [192.0.2.7]  Id:     8" */
static void put_user(struct reader *r, struct event *e, struct str rest)
{
    struct str user = str_cut(&rest, '[');
    const char *at;

    event_put(e, FIELD_USER_NAME, str_trim(user));
    at = memmem(rest.p, rest.len, "@ ", 2);
    if (!at)
        return;
    rest = str_from(rest, (size_t)(at - rest.p) + 2);
    event_put(e, FIELD_SOURCE_ADDRESS, str_trim(str_cut(&rest, '[')));
    event_put(e, FIELD_SOURCE_IP, str_cut(&rest, ']'));
    rest = str_trim(rest);
    if (str_take(&rest, "Id:"))
        event_put(e, field_number(r->names, STR("mysql.thread_id")), str_trim(rest));
}

static void put_count(struct reader *r, struct event *e, struct str key, struct str value)
{
    char name[64];
    int n = snprintf(name, sizeof(name), "mysql." STR_FMT, (int)key.len - 1, key.p);

    if (str_is(key, "Thread_id:"))
        event_put(e, field_number(r->names, STR("mysql.thread_id")), value);
    else if (str_is(key, "Schema:"))
        event_put(e, field_number(r->names, STR("mysql.database")), value);
    else if (n > 0 && (size_t)n < sizeof(name))
        event_put(e, field_number(r->names, (struct str){name, (size_t)n}), value);
}

/* "Query_time: 2.000162  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0", and of MariaDB
 * "Thread_id: 8  Schema:   QC_hit: No". */
static void put_counts(struct reader *r, struct event *e, struct str rest)
{
    struct str key = str_field(&rest);

    while (str_ends(key, ":") && key.len > 1) {
        struct str value = str_field(&rest);

        if (str_ends(value, ":")) {
            key = value;
            continue;
        }
        if (value.len == 0)
            return;
        put_count(r, e, key, value);
        key = str_field(&rest);
    }
}

static enum line_verdict begin(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;

    state->has_begun = true;
    state->is_over = false;
    state->wants_time = !state->has_time;
    if (state->has_time)
        reader_time(r, e, &state->time);
    event_puts(e, FIELD_EVENT_ACTION, "database-slow-query");
    event_puts(e, FIELD_EVENT_CATEGORY, "database");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

/* Who asked: of the record that "# Time" began, or of one more in the same second, whose time MySQL
 * before 5.7 and MariaDB leave out. */
static enum line_verdict take_user(struct reader *r, struct str line, struct str user,
                                   struct event *e)
{
    struct state *state = r->state;
    enum line_verdict verdict = LINE_CONTINUES;

    if (!state->is_open && state->has_begun && !state->is_over)
        return LINE_CONTINUES; /* text of the statement */
    if (!state->is_open)
        verdict = begin(r, line, e);
    state->is_open = false;
    put_user(r, e, user);
    return verdict;
}

/* "SET timestamp=1795168803;", "SET last_insert_id=2,timestamp=1795168803;": when the statement
 * that follows began. */
static bool take_begin(struct reader *r, struct str line, struct event *e)
{
    static const char name[] = "timestamp=";
    struct state *state = r->state;
    const char *at = str_starts(line, "SET ") ? memmem(line.p, line.len, name, 10) : NULL;
    struct str rest = str_from(line, at ? (size_t)(at - line.p) + 10 : line.len);
    struct stated s;

    if (!at || !when_epoch(&rest, &s) || !str_is(rest, ";"))
        return false;
    rest = str_from(line, (size_t)(at - line.p) + 10);
    event_put(e, field_number(r->names, STR("mysql.timestamp")), str_head(rest, rest.len - 1));
    if (state->wants_time)
        reader_time(r, e, &s);
    state->wants_time = false;
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str rest = line;

    if (str_take(&rest, "# Time: ")) {
        struct stated s;

        if (!mysql_time(&rest, &s))
            return LINE_FOREIGN;
        state->time = s;
        state->has_time = state->is_open = true;
        return begin(r, line, e);
    }
    if (str_take(&rest, "# User@Host: "))
        return take_user(r, line, rest, e);
    if ((!state->has_begun || state->is_over) && mysql_is_head(line))
        return LINE_COMMENT;
    if (!state->has_begun)
        return LINE_FOREIGN;
    if (str_take(&rest, "# ") && !state->is_over)
        put_counts(r, e, rest);
    state->is_over = !take_begin(r, line, e) && str_ends(line, ";") && !str_starts(line, "use ");
    return LINE_CONTINUES;
}

/* Whole seconds of a field; false: it is none. */
static bool seconds_of(struct reader *r, const struct event *e, const char *name, int64_t *out)
{
    struct str text = event_value(e, field_number(r->names, str_of(name)));
    uint64_t n;

    if (!str_u64(str_cut(&text, '.'), &n) || n > INT32_MAX * (uint64_t)4)
        return false;
    *out = (int64_t)n;
    return true;
}

/* "# Time" says when the statement ended, by a clock of no stated zone; "SET timestamp" when it
 * began, in UTC, and Query_time how long it took. Where these differ by an offset that zones have,
 * and hardly anything besides, that is the zone. */
static void end_event(struct reader *r, struct event *e)
{
    enum { STEP_S = 900, OFFSET_MOST_S = 14 * 3600, APART_MOST_S = 2 };
    int64_t began, took, diff, offset;

    if (e->precision == TIME_NONE || !(e->doubt & DOUBT_ZONE) ||
        !seconds_of(r, e, "mysql.timestamp", &began) ||
        !seconds_of(r, e, "mysql.Query_time", &took))
        return;
    diff = e->ns / NS_OF_S - (began + took);
    offset = (diff + (diff < 0 ? -STEP_S : STEP_S) / 2) / STEP_S * STEP_S;
    if (llabs(offset) > OFFSET_MOST_S || llabs(diff - offset) > APART_MOST_S)
        return;
    e->ns -= offset * NS_OF_S;
    e->doubt &= (uint8_t) ~(DOUBT_ZONE | DOUBT_YEAR | DOUBT_TWICE | DOUBT_GAP);
}

const struct format format_mysql_slow = {.name = "mysql-slow",
                                         .version = 4,
                                         .line = line_of,
                                         .whole = end_event,
                                         .state_size = sizeof(struct state)};
