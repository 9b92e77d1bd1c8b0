/* json_known.c: objects of JSON whose members show together whose they are. */
#include "timeline/json_known.h"
#include "base/mem.h"
#include "timeline/json_web.h"
#include "timeline/syslog_programs.h"

/* Members that every record of Microsoft 365's audit has (Office 365 Management Activity API
 * schema, "Common schema"). */
static const char *const audit_members[] = {"Operation", "OrganizationId", "RecordType",
                                            "UserType"};
/* Of Beats and Elastic Agent, and of Winlogbeat; a document of ECS says its version (ECS 8,
 * "Getting started"). */
static const char *const sure_members[] = {"ecs.version", "@metadata.beat"};
static const char *const ecs_members[] = {
    "agent.type",      "log.file.path",        "input.type",        "winlog.channel",
    "winlog.event_id", "winlog.provider_name", "agent.ephemeral_id"};
enum { AUDIT_ALL = (1 << COUNT_OF(audit_members)) - 1 };

static unsigned bit_of(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (name.p[0] == names[i][0] && str_is(name, names[i]))
            return 1U << i;
    return 0;
}

/* nginx' variables, under their own names (ngx_http_core_module, "Embedded Variables"). */
static void see_request(struct json_known *k, const struct json_value *v)
{
    if (str_is(v->name, "request"))
        k->request = v->value;
    else if (str_is(v->name, "request_method") || str_is(v->name, "method"))
        k->method = v->value;
    else if (str_is(v->name, "request_uri") || (k->target.len == 0 && str_is(v->name, "uri")))
        k->target = v->value;
}

void json_known_see(struct json_known *k, const struct json_value *v)
{
    if (v->name.len == 0)
        return;
    k->audit_seen |= bit_of(audit_members, COUNT_OF(audit_members), v->name);
    k->is_sure |= bit_of(sure_members, COUNT_OF(sure_members), v->name);
    k->ecs_seen |= bit_of(ecs_members, COUNT_OF(ecs_members), v->name);
    k->has_timestamp = k->has_timestamp || str_is(v->name, "@timestamp");
    if (v->is_text)
        see_request(k, v);
}

bool json_is_audit(const struct json_known *k)
{
    return k->audit_seen == AUDIT_ALL;
}

static void rename_member(struct reader *r, struct event *e, const char *name, uint16_t to)
{
    uint16_t from = field_lookup(r->names, str_of(name));

    if (from != FIELD_NONE && event_value(e, to).len == 0)
        event_rename(e, from, to);
}

/* "Succeeded", "PartiallySucceeded" or "Failed", of Exchange "True" or "False", of Entra "Success";
 * a login that failed may say that its record is a success. */
const char *json_audit_outcome(struct str operation, struct str status)
{
    if (str_is(operation, "UserLoginFailed") || str_is(status, "Failed") || str_is(status, "False"))
        return "failure";
    if (str_is(status, "Succeeded") || str_is(status, "Success") || str_is(status, "True"))
        return "success";
    return NULL;
}

static void put_audit(struct reader *r, struct event *e)
{
    uint16_t status = field_lookup(r->names, STR("json.ResultStatus"));
    struct str operation, said = status == FIELD_NONE ? STR("") : event_value(e, status);
    const char *outcome;

    rename_member(r, e, "json.Operation", FIELD_EVENT_ACTION);
    rename_member(r, e, "json.UserId", FIELD_USER_NAME);
    operation = event_value(e, FIELD_EVENT_ACTION);
    outcome = json_audit_outcome(operation, said);
    if (outcome)
        event_puts(e, FIELD_EVENT_OUTCOME, outcome);
    if (str_is(operation, "UserLoggedIn") || str_is(operation, "UserLoginFailed"))
        event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
}

/* The time that such documents have, and two more of their members, or one that no others have. */
static bool is_ecs(const struct json_known *k)
{
    return k->has_timestamp && (k->is_sure || (k->ecs_seen & (k->ecs_seen - 1)));
}

static uint16_t ecs_name(struct json_known_state *s, struct reader *r, uint16_t number)
{
    struct str name = field_name(r->names, number);
    uint16_t *kept = number < FIELD_NAMES_MAX ? &s->ecs_names[number] : NULL;
    uint16_t to = number;

    if (kept && *kept)
        return *kept;
    if (str_take(&name, "json.") && member_is_of_ecs(name) && !member_is_of_program(name))
        to = field_number(r->names, name);
    to = to == FIELD_NONE ? number : to;
    if (kept)
        *kept = to;
    return to;
}

/* An event of Windows has the fields and the meaning that it has in an event log. What Winlogbeat
 * says of its own counts. */
static void put_windows(struct json_known_state *s, struct reader *r, struct event *e)
{
    rename_member(r, e, "winlog.provider_name", FIELD_EVENT_PROVIDER);
    rename_member(r, e, "winlog.event_id", FIELD_EVENT_CODE);
    if (event_value(e, FIELD_EVENT_ACTION).len || r->is_carried)
        return;
    if (!s->meanings)
        s->meanings = evtx_meanings_new(r->names);
    evtx_understand(s->meanings, r, e);
}

static void put_ecs(const struct json_known *k, struct json_known_state *s, struct reader *r,
                    struct event *e)
{
    for (size_t i = 0; i < e->count; i++) {
        uint16_t to = ecs_name(s, r, e->fields[i].name);

        if (to != e->fields[i].name)
            event_rename(e, e->fields[i].name, to);
    }
    if (k->ecs_seen & bit_of(ecs_members, COUNT_OF(ecs_members), STR("winlog.provider_name")))
        put_windows(s, r, e);
}

/* "GET", as RFC 9110 has them. */
static bool is_method(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return s.len > 0 && s.len <= 16;
}

/* "GET /x HTTP/1.1" */
static bool is_request_line(struct str s)
{
    struct str rest = s, method = str_cut(&rest, ' ');
    const char *version = rest.len ? memrchr(rest.p, ' ', rest.len) : NULL;

    return is_method(method) && version &&
           str_starts(str_from(rest, (size_t)(version - rest.p) + 1), "HTTP/");
}

/* A request, how it was answered and whose it was, and nothing that a program says of it. */
static bool is_access(const struct json_known *k, const struct event *e)
{
    if (event_value(e, FIELD_HTTP_RESPONSE_STATUS).len == 0 ||
        event_value(e, FIELD_SOURCE_IP).len == 0 || event_value(e, FIELD_MESSAGE).len ||
        event_value(e, FIELD_LOG_LEVEL).len || event_value(e, FIELD_EVENT_ACTION).len)
        return false;
    return is_request_line(k->request) ||
           (k->request.len == 0 && is_method(k->method) && str_starts(k->target, "/"));
}

/* What becomes parts of the request. */
static void drop_member(struct reader *r, struct event *e, const char *name)
{
    uint16_t number = field_lookup(r->names, str_of(name));
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name != number)
            e->fields[count++] = e->fields[i];
    e->count = count;
}

static void put_access(const struct json_known *k, struct reader *r, struct event *e)
{
    static const struct {
        const char *name;
        uint16_t field;
    } renamed[] = {{"json.http_user_agent", FIELD_USER_AGENT},
                   {"json.http_referer", FIELD_HTTP_REQUEST_REFERRER},
                   {"json.body_bytes_sent", FIELD_HTTP_RESPONSE_BYTES}};
    struct str user;
    uint16_t number = field_lookup(r->names, STR("json.remote_user"));

    if (k->request.len) {
        drop_member(r, e, "json.request");
        access_put_request(e, k->request);
    } else {
        drop_member(r, e, "json.request_method");
        drop_member(r, e, "json.request_uri");
        drop_member(r, e, "http.request.method");
        drop_member(r, e, "url.original");
        access_put_target(e, k->method, k->target);
    }
    for (size_t i = 0; i < COUNT_OF(renamed); i++)
        rename_member(r, e, renamed[i].name, renamed[i].field);
    user = number == FIELD_NONE ? STR("") : event_value(e, number);
    if (!str_is(user, "-"))
        rename_member(r, e, "json.remote_user", FIELD_USER_NAME);
    access_put_answer(e, event_value(e, FIELD_HTTP_RESPONSE_STATUS));
}

void json_known_put(const struct json_known *k, struct json_known_state *s, struct reader *r,
                    struct event *e)
{
    if (json_is_audit(k))
        put_audit(r, e);
    else if (is_ecs(k))
        put_ecs(k, s, r, e);
    else if (is_access(k, e))
        put_access(k, r, e);
    else
        json_web_put(r, e);
}

void json_known_release(struct json_known_state *s)
{
    evtx_meanings_free(s->meanings);
}
