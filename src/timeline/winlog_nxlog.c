/* winlog_nxlog.c: fields of NXLog's records of Windows events, as its JSON and its structured data
 * have them. */
#include "timeline/level.h"
#include "timeline/winlog.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_MOST = 20, KEYWORDS_SIZE = 24 };

static const struct {
    const char *name, *path, *attribute;
} elements[] = {{"EventID", "Event/System/EventID", ""},
                {"SourceName", "Event/System/Provider", "Name"},
                {"ProviderGuid", "Event/System/Provider", "Guid"},
                {"Version", "Event/System/Version", ""},
                {"Task", "Event/System/Task", ""},
                {"TaskValue", "Event/System/Task", ""},
                {"OpcodeValue", "Event/System/Opcode", ""},
                {"RecordNumber", "Event/System/EventRecordID", ""},
                {"RecordID", "Event/System/EventRecordID", ""},
                {"ProcessID", "Event/System/Execution", "ProcessID"},
                {"ExecutionProcessID", "Event/System/Execution", "ProcessID"},
                {"ThreadID", "Event/System/Execution", "ThreadID"},
                {"ExecutionThreadID", "Event/System/Execution", "ThreadID"},
                {"ActivityID", "Event/System/Correlation", "ActivityID"},
                {"RelatedActivityID", "Event/System/Correlation", "RelatedActivityID"},
                {"Channel", "Event/System/Channel", ""},
                {"Hostname", "Event/System/Computer", ""},
                {"UserID", "Event/System/Security", "UserID"},
                {"EventTime", "Event/System/TimeCreated", "SystemTime"},
                {"Message", "Event/RenderingInfo/Message", ""}};

/* What NXLog says itself, and none of the event's own values. */
static const char *const own[] = {
    "AccountName",       "AccountType",      "Category",         "Domain",
    "EventReceivedTime", "EventType",        "Opcode",           "Severity",
    "SeverityValue",     "SourceModuleName", "SourceModuleType", "MessageSourceAddress",
    "SyslogFacility",    "SyslogSeverity",   "NXLogHostname",    "Level",
    "LevelValue",        "UserData",         "EventXML"};

/* The bits as a signed number, as they stand in a log: "-9218868437227405312". */
static bool put_keywords(struct winlog *w, struct str text)
{
    char digits[NUMBER_MOST + 4], spelled[KEYWORDS_SIZE];
    char *end;
    int len;
    long long bits;

    if (text.len == 0 || text.len > NUMBER_MOST)
        return false;
    memcpy(digits, text.p, text.len);
    digits[text.len] = 0;
    bits = strtoll(digits, &end, 10);
    if (*end)
        return false;
    len = snprintf(spelled, sizeof(spelled), "0x%016" PRIx64, (uint64_t)bits);
    winlog_put(w, STR("Event/System/Keywords"), STR(""),
               event_keep(w->e, (struct str){spelled, (size_t)len}));
    return true;
}

static void put_own(struct winlog *w, struct str name, struct str text)
{
    char field[FIELD_NAME_SIZE];
    int len = snprintf(field, sizeof(field), "nxlog." STR_FMT, STR_ARG(name));

    if (len > 0 && (size_t)len < sizeof(field))
        event_put(w->e, field_number(w->r->names, (struct str){field, (size_t)len}), text);
}

static void put_severity(struct winlog *w, struct str text)
{
    if (event_value(w->e, FIELD_LOG_LEVEL).len == 0)
        (void)level_put(w->e, text);
}

void winlog_put_nxlog(struct winlog *w, struct str name, struct str text)
{
    for (size_t i = 0; i < COUNT_OF(elements); i++)
        if (str_is(name, elements[i].name)) {
            winlog_put(w, str_of(elements[i].path), str_of(elements[i].attribute), text);
            return;
        }
    if (str_is(name, "Keywords") && put_keywords(w, text))
        return;
    if (str_is(name, "Severity"))
        put_severity(w, text);
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (str_is(name, own[i])) {
            put_own(w, name, text);
            return;
        }
    winlog_put_named(w, name, text);
}

unsigned winlog_nxlog_sign(struct str name)
{
    static const char *const signs[] = {"EventID", "Channel", "SourceName", "EventTime"};

    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (name.p[0] == signs[i][0] && str_is(name, signs[i]))
            return 1U << i;
    return 0;
}
