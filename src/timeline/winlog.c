/* winlog.c: elements of Windows events as fields, whoever spelled them as text. */
#include "timeline/winlog.h"
#include <strings.h>
#include "timeline/binxml_fields.h"
#include "timeline/json_when.h"
#include "timeline/level.h"
#include "timeline/value_test.h"

#define SECURITY "Microsoft-Windows-Security-Auditing"
static const char event_data[] = "Event/EventData/Data";

void winlog_release(void *w)
{
    evtx_meanings_free(((struct winlog *)w)->meanings);
}

void winlog_begin(struct winlog *w, struct reader *r, struct event *e)
{
    if (!w->meanings)
        w->meanings = evtx_meanings_new(r->names);
    w->r = r;
    w->e = e;
    w->has_time = false;
    w->is_local = false;
    w->has_data = false;
    w->params = 0;
    w->name_len = 0;
}

/* "/Date(1795165201123)/", as ConvertTo-Json of Windows PowerShell has it. */
static struct str inner_date(struct str text)
{
    struct str inner = text;

    return str_take(&inner, "/Date(") && str_ends(inner, ")/") ? str_head(inner, inner.len - 2)
                                                               : text;
}

/* UTC, but of a machine's clock times: what states no zone is so, too. */
static void take_time(struct winlog *w, struct str text)
{
    if (w->has_time)
        return;
    text = inner_date(text);
    w->time_text = text;
    w->has_time =
        json_time(text, &w->time, NULL) || (w->is_local && local_time(text, w->order, &w->time));
    if (!w->has_time || w->is_local)
        return;
    if (!w->time.has_zone)
        w->time.zone_s = 0;
    w->time.has_zone = true;
}

static void put_level(struct winlog *w, uint16_t field, struct str text)
{
    static const char *const names[] = {"informational", "critical",      "error",
                                        "warning",       "informational", "debug"};
    uint64_t n;

    if (str_u64(text, &n) && n < COUNT_OF(names))
        event_puts(w->e, FIELD_LOG_LEVEL, names[n]);
    event_put(w->e, field, text);
}

static void put_param(struct winlog *w, struct str text)
{
    char name[48];
    int len = snprintf(name, sizeof(name), "winlog.event_data.param%u", ++w->params);

    event_put(w->e, field_number(w->r->names, (struct str){name, (size_t)len}), text);
}

static void put_target(struct winlog *w, struct binxml_target target, struct str text)
{
    switch (target.rule) {
    case BINXML_TIME:
        take_time(w, text);
        break;
    case BINXML_LEVEL:
        put_level(w, target.field, text);
        break;
    case BINXML_PARAM:
        put_param(w, text);
        break;
    case BINXML_PASS:
        break;
    default:
        event_put(w->e, target.field, text);
    }
}

void winlog_put_named(struct winlog *w, struct str name, struct str text)
{
    w->has_data = true;
    put_target(w, binxml_data_target(w->r->names, name), text);
}

/* Beside the host that a head names: both, where that is the address of who sent it. */
static void put_computer(struct winlog *w, struct str text)
{
    struct str host = event_value(w->e, FIELD_HOST_NAME);
    uint8_t bytes[16];

    if (host.len && host.len <= text.len && strncasecmp(text.p, host.p, host.len) == 0 &&
        (text.len == host.len || text.p[host.len] == '.'))
        return;
    event_put(w->e,
              host.len && !address_bytes(host, bytes)
                  ? field_number(w->r->names, STR("host.hostname"))
                  : FIELD_HOST_NAME,
              text);
}

void winlog_put(struct winlog *w, struct str path, struct str attribute, struct str text)
{
    bool is_data = str_is(path, event_data);

    if (is_data && str_is(attribute, "Name")) {
        w->name_len = text.len < sizeof(w->name) ? text.len : sizeof(w->name);
        memcpy(w->name, text.p, w->name_len);
        return;
    }
    if (str_is(path, "Event/System/Computer")) {
        put_computer(w, text);
        return;
    }
    if (!is_data || attribute.len || w->name_len == 0) {
        put_target(w, binxml_target(w->r->names, path, attribute), text);
        return;
    }
    winlog_put_named(w, (struct str){w->name, w->name_len}, text);
    w->name_len = 0;
}

/* Where the name of a member leads, so far. */
struct place {
    char path[WINLOG_PATH_SIZE];
    size_t len;
    struct str attribute;
    bool is_attribute; /* the next part is one */
};

static void add_part(struct place *p, struct str part)
{
    struct str head = text_head(part, sizeof(p->path) - p->len - 1);

    if (p->len)
        p->path[p->len++] = '/';
    if (head.len)
        memcpy(p->path + p->len, head.p, head.len);
    p->len += head.len;
}

static struct str path_of(const struct place *p)
{
    return (struct str){p->path, p->len};
}

/* Elements whose members are their attributes, where nothing marks these. */
static bool has_attributes_alone(struct str path)
{
    static const char *const paths[] = {"Event/System/Provider", "Event/System/TimeCreated",
                                        "Event/System/Correlation", "Event/System/Execution",
                                        "Event/System/Security"};

    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (str_is(path, paths[i]))
            return true;
    return false;
}

/* "#attributes" (evtx_dump), "Provider_attributes" (with --separate-json-attributes), "@Name"
 * (xmltodict), "#text", and "Value" of an EventID (Velociraptor). */
static void take_part(struct place *p, struct str part)
{
    static const char separate[] = "_attributes";

    if (p->is_attribute || has_attributes_alone(path_of(p))) {
        p->is_attribute = str_is(part, "#attributes");
        if (!p->is_attribute)
            p->attribute = str_starts(part, "@") ? str_from(part, 1) : part;
    } else if (str_is(part, "#attributes")) {
        p->is_attribute = true;
    } else if (str_starts(part, "@")) {
        p->attribute = str_from(part, 1);
    } else if (str_is(path_of(p), "Event/System/EventID") && str_is(part, "Qualifiers")) {
        p->attribute = part;
    } else if (str_ends(part, separate)) {
        add_part(p, str_head(part, part.len - strlen(separate)));
        p->is_attribute = true;
    } else if (!str_is(part, "#text") &&
               !(str_is(path_of(p), "Event/System/EventID") && str_is(part, "Value"))) {
        add_part(p, part);
    }
}

/* Members of the data have names of their own, with dots in them or not. */
static bool put_data(struct winlog *w, struct str name, struct str text)
{
    if (!str_take(&name, "EventData.") || str_is(name, "Data") || str_starts(name, "Data.") ||
        str_starts(name, "#attributes.") || str_starts(name, "@"))
        return false;
    if (str_ends(name, ".#text"))
        name.len -= strlen(".#text");
    winlog_put_named(w, name, text);
    return true;
}

void winlog_put_member(struct winlog *w, const struct json_value *v)
{
    struct place p = {.len = 0};
    struct str name = v->name;

    if (str_is(name, "Message")) {
        event_put(w->e, FIELD_MESSAGE, v->value);
        return;
    }
    (void)str_take(&name, "Event.");
    if (put_data(w, name, v->value))
        return;
    add_part(&p, STR("Event"));
    while (name.len)
        take_part(&p, str_cut(&name, '.'));
    winlog_put(w, path_of(&p), p.attribute, v->value);
}

/* {"EventData": {"Data": [{"@Name": …, "#text": …}, …]}}: what the event itself says. */
static void take_payload_member(void *context, const struct json_value *v)
{
    if (str_starts(v->name, "EventData") || str_starts(v->name, "UserData"))
        winlog_put_member(context, v);
}

static void put_payload(struct winlog *w, struct str text)
{
    struct json_flat f = {.take = take_payload_member, .context = w, .e = w->e};

    if (!json_flat(&f, &text))
        event_put(w->e, field_number(w->r->names, STR("evtxecmd.Payload")), text);
}

/* "CORP\eva": of some events who acted, of others on whom; its map says which, and the data, too.
 */
static void put_related(struct winlog *w, const char *field, struct str text)
{
    event_put(w->e, field_number(w->r->names, str_of(field)), text);
}

static void put_user(struct winlog *w, struct str text)
{
    struct str name = text;

    (void)str_cut(&name, '\\');
    put_related(w, "evtxecmd.UserName", text);
    if (!str_is(text, "-\\-"))
        put_related(w, "related.user", name.len ? name : text);
}

/* "EVIL (203.0.113.9)" */
static void put_host(struct winlog *w, struct str text)
{
    struct str address = text;
    uint8_t bytes[16];

    (void)str_cut(&address, '(');
    address = str_cut(&address, ')');
    put_related(w, "evtxecmd.RemoteHost", text);
    if (address_bytes(address, bytes))
        put_related(w, "related.ip", address);
}

static void put_named_level(struct winlog *w, struct str text)
{
    if (str_is(text, "LogAlways") || str_is(text, "Info"))
        text = STR("informational");
    else if (str_is(text, "Verbose"))
        text = STR("debug");
    (void)level_put(w->e, text);
}

bool winlog_put_column(struct winlog *w, struct str name, struct str text)
{
    static const struct {
        const char *column, *path, *attribute;
    } columns[] = {{"EventRecordId", "Event/System/EventRecordID", ""},
                   {"TimeCreated", "Event/System/TimeCreated", "SystemTime"},
                   {"EventId", "Event/System/EventID", ""},
                   {"Provider", "Event/System/Provider", "Name"},
                   {"Channel", "Event/System/Channel", ""},
                   {"ProcessId", "Event/System/Execution", "ProcessID"},
                   {"ThreadId", "Event/System/Execution", "ThreadID"},
                   {"Computer", "Event/System/Computer", ""},
                   {"UserId", "Event/System/Security", "UserID"},
                   {"Keywords", "Event/System/Keywords", ""},
                   {"MapDescription", "Event/RenderingInfo/Message", ""}};
    static const struct {
        const char *column;
        void (*put)(struct winlog *w, struct str text);
    } others[] = {{"Level", put_named_level},
                  {"UserName", put_user},
                  {"RemoteHost", put_host},
                  {"Payload", put_payload}};
    static const char *const kept[] = {"PayloadData1",   "PayloadData2", "PayloadData3",
                                       "PayloadData4",   "PayloadData5", "PayloadData6",
                                       "ExecutableInfo", "SourceFile",   "HiddenRecord"};

    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (str_is(name, columns[i].column)) {
            winlog_put(w, str_of(columns[i].path), str_of(columns[i].attribute), text);
            return true;
        }
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_is(name, others[i].column)) {
            if (text.len)
                others[i].put(w, text);
            return true;
        }
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (str_is(name, kept[i])) {
            char field[64];
            int len = snprintf(field, sizeof(field), "evtxecmd.%s", kept[i]);

            event_put(w->e, field_number(w->r->names, (struct str){field, (size_t)len}), text);
            return true;
        }
    return str_is(name, "RecordNumber") || str_is(name, "ChunkNumber") ||
           str_is(name, "ExtraDataOffset");
}

static void put_level_name(struct winlog *w, struct str text)
{
    if (event_value(w->e, FIELD_LOG_LEVEL).len == 0 && !level_put(w->e, text))
        event_put(w->e, field_number(w->r->names, STR("winlog.level_name")), text);
}

static void put_number_level(struct winlog *w, struct str text)
{
    winlog_put(w, STR("Event/System/Level"), STR(""), text);
}

bool winlog_is_property(struct str name)
{
    static const char *const names[] = {"ProviderName", "LevelDisplayName", "LogName",
                                        "MachineName"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

/* System.Diagnostics.Eventing.Reader.EventLogRecord, as tables and JSON have its properties. */
void winlog_put_property(struct winlog *w, struct str name, struct str text)
{
    static const struct {
        const char *property, *path, *attribute;
    } names[] = {{"Id", "Event/System/EventID", ""},
                 {"Qualifiers", "Event/System/EventID", "Qualifiers"},
                 {"Version", "Event/System/Version", ""},
                 {"Task", "Event/System/Task", ""},
                 {"Opcode", "Event/System/Opcode", ""},
                 {"Keywords", "Event/System/Keywords", ""},
                 {"RecordId", "Event/System/EventRecordID", ""},
                 {"ProviderName", "Event/System/Provider", "Name"},
                 {"ProviderId", "Event/System/Provider", "Guid"},
                 {"LogName", "Event/System/Channel", ""},
                 {"ProcessId", "Event/System/Execution", "ProcessID"},
                 {"ThreadId", "Event/System/Execution", "ThreadID"},
                 {"MachineName", "Event/System/Computer", ""},
                 {"UserId", "Event/System/Security", "UserID"},
                 {"UserId.Value", "Event/System/Security", "UserID"},
                 {"TimeCreated", "Event/System/TimeCreated", "SystemTime"},
                 {"ActivityId", "Event/System/Correlation", "ActivityID"},
                 {"RelatedActivityId", "Event/System/Correlation", "RelatedActivityID"},
                 {"Message", "Event/RenderingInfo/Message", ""},
                 {"Properties.Value", "Event/EventData/Data", ""}};
    char field[FIELD_NAME_SIZE];
    int len;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i].property)) {
            winlog_put(w, str_of(names[i].path), str_of(names[i].attribute), text);
            return;
        }
    if (str_is(name, "Level")) {
        put_number_level(w, text);
        return;
    }
    if (str_is(name, "LevelDisplayName")) {
        put_level_name(w, text);
        return;
    }
    len = snprintf(field, sizeof(field), "powershell." STR_FMT, STR_ARG(name));
    if (len > 0 && (size_t)len < sizeof(field))
        event_put(w->e, field_number(w->r->names, (struct str){field, (size_t)len}), text);
}

void winlog_mean(struct winlog *w)
{
    struct str text = event_value(w->e, FIELD_MESSAGE);

    if (!w->has_data && str_is(event_value(w->e, FIELD_EVENT_PROVIDER), SECURITY) &&
        (memchr(text.p, '\n', text.len) ? winlog_put_text(w, text) : winlog_put_flat_text(w, text)))
        event_puts(w->e, field_number(w->r->names, STR("winlog.data_of")), "message");
    evtx_understand(w->meanings, w->r, w->e);
}

bool winlog_end(struct winlog *w)
{
    if (!w->has_time || event_value(w->e, FIELD_EVENT_CODE).len == 0)
        return false;
    reader_time(w->r, w->e, &w->time);
    winlog_mean(w);
    return true;
}
