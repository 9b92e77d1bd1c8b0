/* wazuh.c: Wazuh's alerts.json and archives.json, as its documentation has them ("Alert
 * management", "Event logging"): what its agents send on, and what its rules say of that. */
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/carried.h"
#include "timeline/json_event.h"
#include "timeline/winlog.h"

static const struct member members[] = {
    {"timestamp", MEMBER_IS_TIME, 0},
    {"id", "event.id", 0},
    {"full_log", "message", 0},
    {"agent.ip", "host.ip", 0},
    {"rule.id", "rule.id", 0},
    {"rule.description", "rule.name", 0},
    {"rule.level", "event.severity", 0},
    {"rule.mitre.id", "threat.technique.id", 0},
    {"rule.mitre.tactic", "threat.tactic.name", 0},
    {"rule.mitre.technique", "threat.technique.name", 0},
    {"predecoder.program_name", "process.name", 0},
    {"syscheck.path", "file.path", 0},
    {"syscheck.size_after", "file.size", 0},
    {"syscheck.uname_after", "file.owner", 0},
    {"syscheck.gname_after", "file.group", 0},
    {"syscheck.md5_after", "file.hash.md5", 0},
    {"syscheck.sha1_after", "file.hash.sha1", 0},
    {"syscheck.sha256_after", "file.hash.sha256", 0},
    {"syscheck.audit.user.name", "user.name", 0}, /* of who-data */
    {"syscheck.audit.process.name", "process.executable", 0},
    {"syscheck.audit.process.id", "process.pid", 0},
};
static const struct member_table table = {"wazuh.", members, COUNT_OF(members), false};
static const char windows[] = "data.win.";

struct state {
    struct winlog winlog; /* first: what is released */
    struct members members;
};

struct taking {
    struct winlog *winlog;
    bool is_windows;
};

/* Of data.win.system: the names of Windows with a small letter in front. */
static const struct {
    const char *member, *path, *attribute;
} elements[] = {{"providerName", "Event/System/Provider", "Name"},
                {"providerGuid", "Event/System/Provider", "Guid"},
                {"eventSourceName", "Event/System/Provider", "EventSourceName"},
                {"eventID", "Event/System/EventID", ""},
                {"version", "Event/System/Version", ""},
                {"level", "Event/System/Level", ""},
                {"task", "Event/System/Task", ""},
                {"opcode", "Event/System/Opcode", ""},
                {"keywords", "Event/System/Keywords", ""},
                {"systemTime", "Event/System/TimeCreated", "SystemTime"},
                {"eventRecordID", "Event/System/EventRecordID", ""},
                {"processID", "Event/System/Execution", "ProcessID"},
                {"threadID", "Event/System/Execution", "ThreadID"},
                {"channel", "Event/System/Channel", ""},
                {"computer", "Event/System/Computer", ""}};

static bool put_element(struct winlog *w, struct str name, struct str text)
{
    if (str_is(name, "message")) {
        if (str_take(&text, "\"") && str_ends(text, "\""))
            text.len--;
        event_put(w->e, FIELD_MESSAGE, text);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(elements); i++)
        if (str_is(name, elements[i].member)) {
            winlog_put(w, str_of(elements[i].path), str_of(elements[i].attribute), text);
            return true;
        }
    return false;
}

/* "targetUserName" is TargetUserName; "data" has no name. */
static void put_data(struct winlog *w, struct str name, struct str text)
{
    char own[WINLOG_NAME_SIZE];

    if (str_is(name, "data")) {
        winlog_put(w, STR("Event/EventData/Data"), STR(""), text);
        return;
    }
    name = str_head(name, sizeof(own));
    memcpy(own, name.p, name.len);
    if (own[0] >= 'a' && own[0] <= 'z')
        own[0] = (char)(own[0] - 'a' + 'A');
    winlog_put_named(w, (struct str){own, name.len}, text);
}

static bool take_windows(void *context, struct reader *r, struct event *e, uint16_t number,
                         const struct json_value *v)
{
    struct taking *t = context;
    struct str name = v->name;

    (void)r, (void)e, (void)number;
    if (!str_take(&name, windows))
        return false;
    t->is_windows = true;
    if (str_take(&name, "system."))
        return put_element(t->winlog, name, v->value);
    if (!str_take(&name, "eventdata.") || name.len == 0)
        return false;
    put_data(t->winlog, name, v->value);
    return true;
}

/* A document of the indexer has it within. */
static struct str inner_name(void *context, struct str name)
{
    (void)context;
    (void)str_take(&name, "_source.");
    return name;
}

static struct str value_of(const struct reader *r, const struct event *e, const char *name)
{
    uint16_t number = field_lookup(r->names, str_of(name));

    return number == FIELD_NONE ? STR("") : event_value(e, number);
}

/* "1763607609.12345": when, and where in the manager's file. */
static bool is_number_of_alert(struct str id)
{
    struct str place = id, seconds = str_cut(&place, '.');
    uint64_t n;

    return str_u64(seconds, &n) && str_u64(place, &n);
}

static bool is_one(const struct reader *r, const struct event *e)
{
    return value_of(r, e, "wazuh.manager.name").len && value_of(r, e, "wazuh.agent.id").len &&
           value_of(r, e, "wazuh.location").len && is_number_of_alert(value_of(r, e, "event.id"));
}

/* What the manager itself was sent by others' loggers has the host that the line names. */
static void put_host(struct reader *r, struct event *e)
{
    if (!str_is(value_of(r, e, "wazuh.agent.id"), "000"))
        event_put(e, FIELD_HOST_NAME, value_of(r, e, "wazuh.agent.name"));
}

static void put_file(struct reader *r, struct event *e)
{
    static const char *const actions[][3] = {{"added", "file-create", "registry-create"},
                                             {"modified", "file-change", "registry-change"},
                                             {"deleted", "file-delete", "registry-delete"}};
    struct str what = value_of(r, e, "wazuh.syscheck.event");
    struct str path = event_value(e, FIELD_FILE_PATH);
    bool is_registry = str_starts(path, "HKEY_");

    for (size_t i = 0; path.len && i < COUNT_OF(actions); i++)
        if (str_is(what, actions[i][0])) {
            event_puts(e, FIELD_EVENT_ACTION, actions[i][is_registry ? 2 : 1]);
            event_puts(e, FIELD_EVENT_CATEGORY, is_registry ? "registry" : "file");
            event_puts(e, FIELD_EVENT_OUTCOME, "success");
        }
    if (is_registry)
        event_rename(e, FIELD_FILE_PATH, field_number(r->names, STR("registry.path")));
}

/* What its decoder found, where the text has said nothing of it. */
static void put_decoded(struct reader *r, struct event *e)
{
    static const struct {
        const char *member;
        uint16_t field;
        bool is_address;
    } decoded[] = {{"wazuh.data.srcip", FIELD_SOURCE_IP, true},
                   {"wazuh.data.srcport", FIELD_SOURCE_PORT, false},
                   {"wazuh.data.dstip", FIELD_DESTINATION_IP, true},
                   {"wazuh.data.dstport", FIELD_DESTINATION_PORT, false},
                   {"wazuh.data.srcuser", FIELD_USER_NAME, false},
                   {"wazuh.data.dstuser", FIELD_USER_NAME, false}};
    uint8_t bytes[16];

    for (size_t i = 0; i < COUNT_OF(decoded); i++) {
        struct str value = value_of(r, e, decoded[i].member);

        if (value.len && event_value(e, decoded[i].field).len == 0 &&
            (!decoded[i].is_address || address_bytes(value, bytes)))
            event_put(e, decoded[i].field, value);
    }
}

static bool is_of_group(const struct reader *r, const struct event *e, const char *group)
{
    uint16_t number = field_lookup(r->names, STR("wazuh.rule.groups"));

    for (size_t i = 0; number != FIELD_NONE && i < e->count; i++)
        if (e->fields[i].name == number && str_is(e->fields[i].value, group))
            return true;
    return false;
}

/* What was done, where neither text nor event of Windows says it: a rule of logins, and who it was
 * or from where. */
static void put_verdict(struct reader *r, struct event *e)
{
    bool is_success = is_of_group(r, e, "authentication_success");
    bool is_failure = is_of_group(r, e, "authentication_failed");

    if (event_value(e, FIELD_EVENT_ACTION).len || value_of(r, e, "rule.id").len == 0)
        return;
    if (is_success == is_failure ||
        (event_value(e, FIELD_USER_NAME).len == 0 && event_value(e, FIELD_SOURCE_IP).len == 0)) {
        event_puts(e, FIELD_EVENT_ACTION, "alert");
        return;
    }
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, is_success ? "success" : "failure");
}

/* The event's own time goes before when the manager had it. */
static void put_windows(struct reader *r, struct event *e, struct winlog *w, struct str received)
{
    if (w->has_time) {
        reader_time(r, e, &w->time);
        event_put(e, field_number(r->names, STR("event.ingested")), received);
    }
    winlog_mean(w);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct taking t = {.winlog = &state->winlog};
    struct json_event j = {.members = &state->members,
                           .table = &table,
                           .own = take_windows,
                           .context = &t,
                           .inner = inner_name};
    struct stated s;

    winlog_begin(t.winlog, r, e);
    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s, NULL) ||
        !s.has_zone || !is_one(r, e))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting || r->folding)
        return LINE_EVENT;
    if (t.is_windows) {
        put_windows(r, e, t.winlog, j.time);
    } else {
        put_host(r, e);
        put_file(r, e);
        if (event_value(e, FIELD_EVENT_ACTION).len == 0)
            (void)carried_understand(r, e, event_value(e, FIELD_MESSAGE), NULL);
    }
    if (event_value(e, FIELD_HOST_NAME).len == 0)
        event_put(e, FIELD_HOST_NAME, value_of(r, e, "wazuh.agent.name"));
    put_decoded(r, e);
    put_verdict(r, e);
    if (event_value(e, FIELD_MESSAGE).len == 0)
        event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_wazuh = {.name = "wazuh",
                                    .version = 1,
                                    .is_splittable = true,
                                    .line = line_of,
                                    .takes_bytes = true,
                                    .state_size = sizeof(struct state),
                                    .release = winlog_release};
_Static_assert(offsetof(struct state, winlog) == 0, "what is released");
