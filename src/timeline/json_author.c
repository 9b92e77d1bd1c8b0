/* json_author.c: tells by what stands beside a text whether it may be a line of another program. */
#include "timeline/json_author.h"
#include "base/mem.h"
#include "timeline/cutter.h"

enum {
    LOOKED_AT = 4 * READER_HEAD_SIZE,
    OBJECTS_LEAST = 8,
    NEARLY_ALL_PERCENT = 95,
};

enum sign {
    SIGN_PLAIN,  /* it says nothing of who wrote the text */
    SIGN_LOGGER, /* as logback, log4j, zap, bunyan, Monolog, Serilog and Python's loggers have it */
    SIGN_SERVICE, /* of winston's manual, ECS' loggers and most programs for the web */
    SIGN_SHIPPER, /* of Filebeat, Fluent Bit and Fluentd, Vector, NXLog, Datadog, Docker's drivers
                   */
    SIGN_STREAM,  /* of a runtime, where it is one of two */
    SIGN_VERSION, /* of Logstash, and of loggers that write for it */
    SIGN_PLACE,   /* of a file, where it is that of a log */
    SIGN_RAW,
};
static const struct {
    const char *name;
    enum sign sign;
} signs[] = {
    {"logger", SIGN_LOGGER},
    {"logger_name", SIGN_LOGGER},
    {"loggerName", SIGN_LOGGER},
    {"log.logger", SIGN_LOGGER},
    {"name", SIGN_LOGGER},
    {"caller", SIGN_LOGGER},
    {"level_name", SIGN_LOGGER},
    {"levelname", SIGN_LOGGER},
    {"SourceContext", SIGN_LOGGER},
    {"Properties.SourceContext", SIGN_LOGGER},
    {"service", SIGN_SERVICE},
    {"service.name", SIGN_SERVICE},
    {"service_name", SIGN_SERVICE},
    {"serviceName", SIGN_SERVICE},
    {"app", SIGN_SERVICE},
    {"app_name", SIGN_SERVICE},
    {"appName", SIGN_SERVICE},
    {"appname", SIGN_SERVICE},
    {"application", SIGN_SERVICE},
    {"application_name", SIGN_SERVICE},
    {"component", SIGN_SERVICE},
    {"module", SIGN_SERVICE},
    {"source_type", SIGN_SHIPPER},
    {"container_id", SIGN_SHIPPER},
    {"container_name", SIGN_SHIPPER},
    {"logtag", SIGN_SHIPPER},
    {"_p", SIGN_SHIPPER},
    {"SourceModuleName", SIGN_SHIPPER},
    {"ddsource", SIGN_SHIPPER},
    {"stream", SIGN_STREAM},
    {"@version", SIGN_VERSION},
    {"path", SIGN_PLACE},
    {"file", SIGN_PLACE},
    {"filename", SIGN_PLACE},
    {"date", SIGN_PLAIN},
    {"version", SIGN_PLAIN},
    {"full_message", SIGN_PLAIN},
    {"facility", SIGN_PLAIN},
    {"offset", SIGN_PLAIN},
    {"tag", SIGN_PLAIN},
    {"tags", SIGN_PLAIN},
    {"type", SIGN_PLAIN},
    {"_index", SIGN_PLAIN}, /* of a hit of Elasticsearch */
    {"_id", SIGN_PLAIN},
    {"_score", SIGN_PLAIN},
    {"_type", SIGN_PLAIN},
    {"sort", SIGN_PLAIN},
    {"_raw", SIGN_RAW},
};

static bool has_word(struct str s, const char *word)
{
    return s.len && memmem(s.p, s.len, word, strlen(word));
}

/* "/var/log/auth.log", "C:\inetpub\logs\…"; a program for the web has other paths. */
static bool is_log_place(struct str s)
{
    bool is_whole = str_starts(s, "/") || (s.len > 2 && s.p[1] == ':' && s.p[2] == '\\');

    return is_whole && (has_word(s, "/log") || has_word(s, "\\log") || has_word(s, "\\Log") ||
                        str_ends(s, ".log"));
}

/* All that lies in objects of shippers. */
static bool is_in_shipper(struct str name)
{
    static const char *const objects[] = {"agent.",     "beat.",       "log.file.", "input.",
                                          "container.", "kubernetes.", "docker."};

    for (size_t i = 0; i < COUNT_OF(objects); i++)
        if (str_starts(name, objects[i]))
            return true;
    return false;
}

static void add_sign(struct json_author *a, enum sign sign, struct str value)
{
    bool is_stream = str_is(value, "stdout") || str_is(value, "stderr");
    bool is_place = sign == SIGN_PLACE && is_log_place(value);

    a->is_logger = a->is_logger || sign == SIGN_LOGGER;
    a->is_service = a->is_service || sign == SIGN_SERVICE;
    a->sends_on = a->sends_on || sign == SIGN_SHIPPER || (sign == SIGN_STREAM && is_stream);
    a->has_version = a->has_version || sign == SIGN_VERSION;
    a->has_place = a->has_place || is_place;
    a->is_raw = a->is_raw || sign == SIGN_RAW;
    a->has_more =
        a->has_more || (sign == SIGN_STREAM && !is_stream) || (sign == SIGN_PLACE && !is_place);
}

void json_author_see(struct json_author *a, uint16_t number, const struct json_value *v)
{
    if (v->name.len == 0 || a->is_logger || number == MEMBER_TIME ||
        (number == FIELD_MESSAGE && v->name.p[0] != '_'))
        return;
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (v->name.p[0] == signs[i].name[0] && str_is(v->name, signs[i].name)) {
            add_sign(a, signs[i].sign, v->value);
            return;
        }
    if (is_in_shipper(v->name))
        a->sends_on = true;
    else
        a->has_more = true;
}

enum json_text json_author_text(const struct json_author *a, const struct event *e)
{
    bool sends_on = a->sends_on || (a->has_version && a->has_place);

    if (a->is_raw)
        return TEXT_IS_OTHERS;
    if (a->is_logger || event_value(e, FIELD_PROCESS_NAME).len ||
        event_value(e, FIELD_USER_NAME).len)
        return TEXT_IS_OWN;
    if (a->is_service)
        return sends_on ? TEXT_IS_UNSURE : TEXT_IS_OWN;
    return sends_on || !a->has_more ? TEXT_IS_OTHERS : TEXT_IS_UNSURE;
}

void json_sender_add(struct json_sender *s, struct reader *r, struct event *e, bool may_carry)
{
    struct carried_signs agree;
    struct str as;

    s->objects++;
    if (!may_carry || !carried_understand(r, e, event_value(e, FIELD_MESSAGE), &agree))
        return;
    as = event_value(e, field_number(r->names, STR("event.carried_dataset")));
    s->alike += !str_is(as, "dated") && !str_is(as, "json");
    s->agreeing += agree.is_host || agree.is_time;
}

bool json_sender_says_so(const struct json_sender *s)
{
    return s->agreeing >= OBJECTS_LEAST && s->agreeing * 100 >= s->objects * NEARLY_ALL_PERCENT;
}

bool json_sender_is_left(const struct json_sender *s)
{
    return s->is_known && !s->agrees && s->alike >= OBJECTS_LEAST && s->alike * 2 > s->objects;
}

/* A fault of the medium is met again where the source is read. */
static void ask_head(struct reader *r, struct event *e)
{
    struct cutter cutter;
    struct line line;
    struct err err = {0};
    int rc;

    cutter_begin(&cutter, r, 0);
    rc = cutter_start(&cutter, 0, &err);
    while (rc == 0 && (rc = cutter_next(&cutter, &line, &err)) == 0 && line.at < LOOKED_AT) {
        if (line.zeros || line.is_between || line.text.len == 0 || line.whole > READER_LINE_MOST)
            continue;
        event_begin(e);
        (void)reader_ask(r, r->format, line.text, e);
    }
    cutter_release(&cutter);
}

void json_sender_look(struct reader *r, void *state)
{
    struct reader inner = *r;
    struct event e;

    inner.state = state;
    inner.is_plain = false;
    event_init(&e);
    ask_head(&inner, &e);
    event_release(&e);
    r->patterns = inner.patterns; /* what was made at the first use stays */
    r->carried = inner.carried;
    r->audit = inner.audit;
    r->windows = inner.windows;
}
