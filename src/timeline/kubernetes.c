/* kubernetes.c: the audit log of Kubernetes' API server, as JSON lines (audit.k8s.io/v1, Event). */
#include "timeline/json_event.h"

static const struct member members[] = {
    {"requestReceivedTimestamp", MEMBER_IS_TIME, 0},
    {"verb", "event.action", 0},
    {"auditID", "event.id", 0},
    {"requestURI", "url.original", 0},
    {"userAgent", "user_agent.original", 0},
    {"user.username", "user.name", 0},
    {"user.uid", "user.id", 0},
    {"user.groups", "group.name", 0},
    {"impersonatedUser.username", "user.effective.name", 0},
    {"responseStatus.code", "http.response.status_code", 0},
    {"responseStatus.message", "error.message", 0},
    {"responseStatus.reason", "event.reason", 0},
    {"kind", MEMBER_IS_NONE, 0},
    {"apiVersion", MEMBER_IS_NONE, 0},
};
static const struct member_table table = {"kubernetes.audit.", members, COUNT_OF(members), false};

struct said {
    bool is_event, is_audit, has_ended_badly;
};

static bool take_own(void *context, struct reader *r, struct event *e, uint16_t number,
                     const struct json_value *v)
{
    struct said *s = context;

    (void)r, (void)number;
    s->is_event = s->is_event || (str_is(v->name, "kind") && str_is(v->value, "Event"));
    s->is_audit =
        s->is_audit || (str_is(v->name, "apiVersion") && str_starts(v->value, "audit.k8s.io/"));
    s->has_ended_badly =
        s->has_ended_badly || (str_is(v->name, "stage") && str_is(v->value, "Panic"));
    if (!str_is(v->name, "sourceIPs"))
        return false;
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, v->value);
    return true;
}

/* What was received and not answered yet has no code. */
static const char *outcome_of(const struct said *s, const struct event *e)
{
    struct str code = event_value(e, FIELD_HTTP_RESPONSE_STATUS);

    if (code.len == 0 && !s->has_ended_badly)
        return "unknown";
    return s->has_ended_badly || code.p[0] >= '4' ? "failure" : "success";
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct said said = {0};
    struct json_event j = {.members = r->state, .table = &table, .own = take_own, .context = &said};
    struct stated s;

    if (!json_event(&j, r, line, e) || !said.is_event || !said.is_audit || !j.time_is_text ||
        !json_time(j.time, &s, NULL))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_OUTCOME, outcome_of(&said, e));
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_kubernetes = {.name = "kubernetes",
                                         .version = 1,
                                         .is_splittable = true,
                                         .line = line_of,
                                         .takes_bytes = true,
                                         .state_size = sizeof(struct members)};
