/* json_web.c: access logs of Caddy and Traefik, logins of Nextcloud, the audit of GitHub, and who
 * asked, where a member says so beside what was asked. */
#include "timeline/json_web.h"
#include "base/mem.h"
#include "timeline/json_own.h"
#include "timeline/syslog_programs.h"
#include "timeline/value_test.h"

/* Where a server has the parts of a request. Each but those from host on is there. */
struct layout {
    /* NULL of method and status: the fields of ECS, which usual names have become. */
    const char *client, *method, *target, *status;
    const char *host, *bytes, *user, *agent; /* NULL: none */
    const char *protocol;                    /* "HTTP/1.1" */
    const char *logger;                      /* what json.logger begins with; NULL: any */
};
static const struct layout layouts[] = {
    /* modules/caddyhttp/logging.go, marshalers.go */
    {"json.request.client_ip", "json.request.method", "json.request.uri", NULL, "json.request.host",
     "json.size", "json.user_id", "json.request.headers.User-Agent", "json.request.proto",
     "http.log.access"},
    {"json.request.remote_ip", "json.request.method", "json.request.uri", NULL, "json.request.host",
     "json.size", "json.user_id", "json.request.headers.User-Agent", "json.request.proto",
     "http.log.access"},
    /* pkg/middlewares/accesslog/logdata.go */
    {"json.ClientHost", "json.RequestMethod", "json.RequestPath", "json.DownstreamStatus",
     "json.RequestHost", "json.DownstreamContentSize", "json.ClientUsername",
     "json.request_User-Agent", "json.RequestProtocol", NULL},
    /* Envoy's access log, as Envoy Gateway and Istio set it up. */
    {"json.downstream_remote_address", NULL, "json.x-envoy-origin-path", "json.response_code",
     "json.:authority", "json.bytes_sent", NULL, "json.user-agent", "json.protocol", NULL},
    {"json.downstream_remote_address", NULL, "json.path", "json.response_code", "json.authority",
     "json.bytes_sent", NULL, "json.user_agent", "json.protocol", NULL},
};

static struct str value_of(const struct reader *r, const struct event *e, const char *name)
{
    uint16_t number = name ? field_lookup(r->names, str_of(name)) : FIELD_NONE;

    return number == FIELD_NONE ? STR("") : event_value(e, number);
}

static void rename_to(struct reader *r, struct event *e, const char *name, uint16_t to)
{
    struct str value = value_of(r, e, name);

    if (value.len && !str_is(value, "-") && event_value(e, to).len == 0)
        event_rename(e, field_lookup(r->names, str_of(name)), to);
}

static void drop(struct event *e, uint16_t number)
{
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name != number)
            e->fields[count++] = e->fields[i];
    e->count = count;
}

/* NULL: what a usual name became. */
static uint16_t number_of(const struct reader *r, const char *name, uint16_t usual)
{
    return name ? field_lookup(r->names, str_of(name)) : usual;
}

static bool is_address(struct str value)
{
    uint8_t bytes[16];

    return address_bytes(value, bytes);
}

static bool is_status(struct str value)
{
    uint64_t n;

    return (value.len == 3 && str_u64(value, &n) && n >= 100) ||
           str_is(value, "0"); /* none went out */
}

/* Caddy has 0 where no answer went out, which is no status of HTTP. */
static struct str status_of(const struct reader *r, const struct event *e, const struct layout *l)
{
    struct str status =
        l->status ? value_of(r, e, l->status) : event_value(e, FIELD_HTTP_RESPONSE_STATUS);

    return status.len ? status : value_of(r, e, "json.status");
}

static bool take_access(struct reader *r, struct event *e, const struct layout *l)
{
    struct str method, target, status, protocol;

    method = l->method ? value_of(r, e, l->method) : event_value(e, FIELD_HTTP_REQUEST_METHOD);
    target = value_of(r, e, l->target);
    status = status_of(r, e, l);
    if (method.len == 0 || target.len == 0 || !is_status(status) ||
        (l->logger && !str_starts(value_of(r, e, "json.logger"), l->logger)) ||
        !json_put_address(e, true, value_of(r, e, l->client)))
        return false;
    drop(e, number_of(r, l->client, FIELD_NONE));
    if (l->status)
        rename_to(r, e, l->status, FIELD_HTTP_RESPONSE_STATUS);
    drop(e, number_of(r, l->method, FIELD_HTTP_REQUEST_METHOD));
    drop(e, number_of(r, l->target, FIELD_NONE));
    access_put_target(e, method, target);
    protocol = value_of(r, e, l->protocol);
    if (str_take(&protocol, "HTTP/"))
        event_put(e, FIELD_HTTP_VERSION, protocol);
    rename_to(r, e, l->host, FIELD_URL_DOMAIN);
    rename_to(r, e, l->bytes, FIELD_HTTP_RESPONSE_BYTES);
    rename_to(r, e, l->user, FIELD_USER_NAME);
    rename_to(r, e, l->agent, FIELD_USER_AGENT);
    access_put_answer(e, status);
    return true;
}

/* "Login failed: 'eva' (Remote IP: '203.0.113.9')": core/lib of Nextcloud, whose name is what was
 * tried: the address at its end is that of the request. */
static void put_nextcloud(struct reader *r, struct event *e)
{
    struct str rest = event_value(e, FIELD_MESSAGE), name, address;
    const char *mark = NULL;

    if (!str_take(&rest, "Login failed: ") || value_of(r, e, "json.reqId").len == 0)
        return;
    for (size_t i = 0; i + 13 < rest.len; i++)
        if (memcmp(rest.p + i, " (Remote IP: ", 13) == 0)
            mark = rest.p + i;
    if (!mark || !str_ends(rest, ")"))
        return;
    name = str_head(rest, (size_t)(mark - rest.p));
    address = str_from(rest, name.len + 13);
    address.len--;
    if (str_take(&address, "'") && str_ends(address, "'"))
        address.len--;
    if (!str_eq(address, event_value(e, FIELD_SOURCE_IP)))
        return;
    if (name.len > 2 && name.p[0] == '\'' && str_ends(name, "'"))
        name = (struct str){name.p + 1, name.len - 2};
    if (event_value(e, FIELD_USER_NAME).len == 0)
        event_put(e, FIELD_USER_NAME, name);
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, "failure");
}

/* "repo.destroy" of an actor, as GitHub's audit log has it ("Audit log events"). */
static void put_action(struct reader *r, struct event *e)
{
    struct str action = value_of(r, e, "json.action"), verb = action, group = str_cut(&verb, '.');
    bool is_one = group.len && verb.len && event_value(e, FIELD_USER_NAME).len &&
                  value_of(r, e, "json._document_id").len;

    for (size_t i = 0; is_one && i < action.len; i++)
        is_one = (action.p[i] >= 'a' && action.p[i] <= 'z') || strchr("._", action.p[i]);
    if (is_one)
        rename_to(r, e, "json.action", FIELD_EVENT_ACTION);
}

/* An address beside who acted, or what was asked for; else it may be that of the machine. */
static void put_client(struct reader *r, struct event *e)
{
    static const char *const names[] = {"json.ip_address", "json.ipAddress"};

    if (event_value(e, FIELD_SOURCE_IP).len == 0 && is_address(value_of(r, e, "json.client_ip")))
        rename_to(r, e, "json.client_ip", FIELD_SOURCE_IP);
    if (event_value(e, FIELD_SOURCE_IP).len || (event_value(e, FIELD_USER_NAME).len == 0 &&
                                                event_value(e, FIELD_HTTP_REQUEST_METHOD).len == 0))
        return;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (is_address(value_of(r, e, names[i])))
            rename_to(r, e, names[i], FIELD_SOURCE_IP);
}

void json_web_put(struct reader *r, struct event *e)
{
    if (event_value(e, FIELD_EVENT_ACTION).len)
        return;
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        if (take_access(r, e, &layouts[i]))
            return;
    put_client(r, e);
    put_nextcloud(r, e);
    put_action(r, e);
}
