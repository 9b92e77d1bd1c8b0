/* json_sent.c: GELF ("GELF Payload Specification", 1.1) and lines of Loki, as logcli
 * (--output=jsonl) and Grafana's Explore write them. */
#include "timeline/json_sent.h"
#include "base/mem.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

/* Members of Splunk and Elasticsearch begin so, too. */
static bool is_marked(struct str name)
{
    static const char *const others[] = {"_raw",    "_time", "_index", "_id",
                                         "_source", "_type", "_score"};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_is(name, others[i]))
            return false;
    return name.len > 1 && name.p[0] == '_' && !memchr(name.p, '.', name.len);
}

struct str json_sent_name(const struct json_sent *s, struct str name)
{
    return s->has_version && is_marked(name) ? str_from(name, 1) : name;
}

void json_sent_see(struct json_sent *s, uint16_t number, const struct json_value *v)
{
    static const char *const beside[] = {"date", "id", "tsNs", "nanoTimestamp"};
    bool is_label = str_starts(v->name, "labels.") || str_starts(v->name, "fields.");
    bool is_line = v->is_text && str_is(v->name, "line");
    bool is_beside = number == MEMBER_TIME;

    if (v->is_text && str_is(v->name, "version"))
        s->has_version = str_is(v->value, "1.1") || str_is(v->value, "1.0");
    s->has_host = s->has_host || str_is(v->name, "host");
    s->has_text = s->has_text || str_is(v->name, "short_message");
    for (size_t i = 0; i < COUNT_OF(beside); i++)
        is_beside = is_beside || str_is(v->name, beside[i]);
    s->has_line = s->has_line || is_line;
    s->has_labels = s->has_labels || (is_label && v->is_text);
    s->has_other = s->has_other || !(is_label || is_line || is_beside);
}

static struct str value_of(const struct reader *r, const struct event *e, const char *name)
{
    uint16_t number = field_lookup(r->names, str_of(name));

    return number == FIELD_NONE ? STR("") : event_value(e, number);
}

static void rename_to(struct reader *r, struct event *e, const char *name, uint16_t to)
{
    if (value_of(r, e, name).len && event_value(e, to).len == 0)
        event_rename(e, field_lookup(r->names, str_of(name)), to);
}

/* Its numbers are those of syslog. */
static void put_level(struct reader *r, struct event *e)
{
    uint16_t number = field_lookup(r->names, STR("json.level"));
    uint64_t level;

    if (number == FIELD_NONE || event_value(e, FIELD_LOG_LEVEL).len ||
        !str_u64(event_value(e, number), &level) || level >= SYSLOG_LEVELS)
        return;
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == number)
            e->fields[i] = (struct event_field){.name = FIELD_LOG_LEVEL,
                                                .value = str_of(syslog_levels[level])};
    e->may_have[FIELD_LOG_LEVEL / 64] |= (uint64_t)1 << FIELD_LOG_LEVEL % 64;
}

/* What Graylog's input of syslog makes of a line's head: the program and its number together. */
static void put_program(struct reader *r, struct event *e)
{
    struct str name = value_of(r, e, "json.application_name");
    struct str pid = value_of(r, e, "json.process_id");
    uint64_t n;

    if (!str_u64(pid, &n) || !syslog_knows_program(name) || event_value(e, FIELD_PROCESS_NAME).len)
        return;
    rename_to(r, e, "json.application_name", FIELD_PROCESS_NAME);
    rename_to(r, e, "json.process_id", FIELD_PROCESS_PID);
}

/* Which host a line is of, where a label says it. */
static void put_host(struct reader *r, struct event *e)
{
    static const char *const names[] = {"json.labels.host",      "json.fields.host",
                                        "json.labels.hostname",  "json.fields.hostname",
                                        "json.labels.node_name", "json.fields.node_name"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        rename_to(r, e, names[i], FIELD_HOST_NAME);
}

bool json_sent_put(const struct json_sent *s, struct reader *r, struct event *e)
{
    if (s->has_version && s->has_host && s->has_text) {
        put_level(r, e);
        put_program(r, e);
        return false;
    }
    if (!s->has_line || !s->has_labels || s->has_other)
        return false;
    rename_to(r, e, "json.line", FIELD_MESSAGE);
    put_host(r, e);
    return true;
}
