/* mysql_json.c: the error log of MySQL as JSON lines (log_sink_json), since 8.0. */
#include <stdio.h>
#include "timeline/json_event.h"
#include "timeline/level.h"
#include "timeline/syslog_words.h"

static const struct member members[] = {
    {"time", MEMBER_IS_TIME, 0},         {"msg", MEMBER_IS_NONE, 0},
    {"prio", MEMBER_IS_NONE, 0},         {"label", MEMBER_IS_NONE, 0},
    {"err_code", MEMBER_IS_NONE, 0},     {"thread", "mysql.thread_id", 0},
    {"subsystem", "mysql.subsystem", 0}, {"user", "user.name", 0},
};
static const struct member_table table = {"mysql.", members, COUNT_OF(members), false};

struct said {
    struct str message, priority, code;
};

static bool take_own(void *context, struct reader *r, struct event *e, uint16_t number,
                     const struct json_value *v)
{
    struct said *s = context;

    (void)r, (void)number;
    if (str_is(v->name, "msg"))
        s->message = v->value;
    else if (str_is(v->name, "prio"))
        s->priority = v->value;
    else if (str_is(v->name, "err_code"))
        s->code = v->value;
    else if (str_is(v->name, "host"))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, v->value);
    return str_is(v->name, "host");
}

/* As the log in text names it: "MY-010926". */
static void put_code(struct event *e, struct str code)
{
    char spelled[sizeof("MY-") + 24];
    uint64_t n;
    int len;

    if (!str_u64(code, &n))
        return;
    len = snprintf(spelled, sizeof(spelled), "MY-%06llu", (unsigned long long)n);
    event_put(e, FIELD_EVENT_CODE, event_keep(e, (struct str){spelled, (size_t)len}));
}

/* include/my_loglevel.h, by the names that the log in text has. */
static bool put_level(struct event *e, struct str priority)
{
    static const char *const labels[] = {"System", "Error", "Warning", "Note"};

    return priority.len == 1 && priority.p[0] >= '0' && priority.p[0] <= '3' &&
           level_put(e, str_of(labels[priority.p[0] - '0']));
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct said said = {0};
    struct json_event j = {.members = r->state, .table = &table, .own = take_own, .context = &said};
    struct stated s;

    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s, NULL) ||
        said.message.len == 0 || said.code.len == 0 || !put_level(e, said.priority))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    put_code(e, said.code);
    event_puts(e, FIELD_PROCESS_NAME, "mysqld");
    syslog_understand(r, e, said.message);
    event_puts(e, FIELD_EVENT_CATEGORY, "database");
    event_put(e, FIELD_MESSAGE, said.message);
    return LINE_EVENT;
}

const struct format format_mysql_json = {.name = "mysql",
                                         .version = 4,
                                         .is_splittable = true,
                                         .line = line_of,
                                         .takes_bytes = true,
                                         .state_size = sizeof(struct members)};
