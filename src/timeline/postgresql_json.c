/* postgresql_json.c: the log of PostgreSQL as JSON lines (log_destination = jsonlog), since 15. */
#include "timeline/json_event.h"
#include "timeline/level.h"
#include "timeline/postgresql_words.h"
#include "timeline/postgresql_columns.h"
#include "timeline/syslog_words.h"

static const struct member_table table = {"postgresql.", postgresql_columns, POSTGRESQL_NAMES,
                                          false};

struct said {
    struct str level, message;
    bool has_pid, has_backend;
};

static bool take_own(void *context, struct reader *r, struct event *e, uint16_t number,
                     const struct json_value *v)
{
    struct said *s = context;

    (void)r, (void)number;
    if (str_is(v->name, "error_severity"))
        s->level = v->value;
    else if (str_is(v->name, "message"))
        s->message = v->value;
    else if (str_is(v->name, "remote_host") && !str_is(v->value, "[local]"))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, v->value);
    s->has_pid = s->has_pid || str_is(v->name, "pid");
    s->has_backend = s->has_backend || str_is(v->name, "backend_type");
    for (size_t i = 0; i < POSTGRESQL_NAMES; i++)
        if (str_is(v->name, postgresql_columns[i].name))
            return postgresql_says_nothing(i, v->value);
    return false;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct said said = {0};
    struct json_event j = {.members = r->state, .table = &table, .own = take_own, .context = &said};
    struct stated s;
    struct str zone;

    if (!json_event(&j, r, line, e) || !j.time_is_text || !postgresql_time(j.time, &s, &zone) ||
        !said.has_pid || !said.has_backend || said.message.len == 0 ||
        !level_put(e, postgresql_level(said.level)))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, FIELD_EVENT_TIMEZONE, zone);
    event_puts(e, FIELD_PROCESS_NAME, "postgres");
    syslog_understand(r, e, said.message);
    event_put(e, FIELD_MESSAGE, said.message);
    return LINE_EVENT;
}

const struct format format_postgresql_json = {.name = "postgresql",
                                              .version = 6,
                                              .is_splittable = true,
                                              .line = line_of,
                                              .takes_bytes = true,
                                              .state_size = sizeof(struct members)};
