/* mysql_slow.c: the slow query log of MySQL and MariaDB: a few lines of "# " before each statement.
 */
#include "timeline/format.h"

struct state {
    bool has_begun;
};

/* "root[root] @ localhost [192.0.2.7]  Id:     8" */
static void put_user(struct event *e, struct str rest)
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
}

/* "Query_time: 2.000162  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0" */
static void put_counts(struct reader *r, struct event *e, struct str rest)
{
    while (rest.len) {
        struct str key = str_field(&rest), value = str_field(&rest);
        char name[64];
        int n;

        if (key.len < 2 || key.p[key.len - 1] != ':' || value.len == 0)
            return;
        n = snprintf(name, sizeof(name), "mysql." STR_FMT, (int)key.len - 1, key.p);
        if (n > 0 && (size_t)n < sizeof(name))
            event_put(e, field_number(r->names, (struct str){name, (size_t)n}), value);
    }
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str rest = line;
    struct stated s;

    if (str_take(&rest, "# Time: ")) {
        if (!when_iso(&rest, &s))
            return LINE_FOREIGN;
        state->has_begun = true;
        reader_time(r, e, &s);
        event_puts(e, FIELD_EVENT_ACTION, "database-slow-query");
        event_puts(e, FIELD_EVENT_CATEGORY, "database");
        event_put(e, FIELD_MESSAGE, line);
        return LINE_EVENT;
    }
    if (!state->has_begun)
        return LINE_FOREIGN;
    if (str_take(&rest, "# User@Host: "))
        put_user(e, rest);
    else if (str_starts(line, "# Query_time: "))
        put_counts(r, e, str_from(line, 2));
    return LINE_CONTINUES;
}

const struct format format_mysql_slow = {
    .name = "mysql-slow", .version = 1, .line = line_of, .state_size = sizeof(struct state)};
