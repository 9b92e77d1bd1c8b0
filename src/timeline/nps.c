/* nps.c: logs of Windows' Network Policy Server (RADIUS; IN2511.log), in its database format and
 * its XML ("DTS compliant"), a record a line (Microsoft, "Interpret NPS database format log
 * files"). */
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/format.h"
#include "timeline/json_when.h"

enum value {
    COMPUTER,
    SERVICE,
    DATE,
    CLOCK,
    PACKET,
    USER,
    FULL_NAME,
    CALLING,
    NAS_NAME,
    NAS_IP,
    CLIENT_IP,
    CLIENT_NAME,
    POLICY,
    REASON,
    VALUE_COUNT
};
/* Where each stands in a row, and the element that it is. */
static const struct {
    size_t column;
    const char *element;
    const char *field; /* NULL: told otherwise */
} values[VALUE_COUNT] = {
    [COMPUTER] = {0, "Computer-Name", "host.name"},
    [SERVICE] = {1, "Event-Source", NULL},
    [DATE] = {2, NULL, NULL},
    [CLOCK] = {3, "Timestamp", NULL},
    [PACKET] = {4, "Packet-Type", "nps.packet_type"},
    [USER] = {5, "User-Name", NULL},
    [FULL_NAME] = {6, "Fully-Qualifed-User-Name", "nps.full_name"}, /* so it is spelled */
    [CALLING] = {8, "Calling-Station-Id", "nps.calling_station"},
    [NAS_NAME] = {11, "NAS-Identifier", "nps.nas_identifier"},
    [NAS_IP] = {12, "NAS-IP-Address", "nps.nas_ip"},
    [CLIENT_IP] = {15, "Client-IP-Address", "nps.client_ip"},
    [CLIENT_NAME] = {16, "Client-Friendly-Name", "nps.client_name"},
    [POLICY] = {24, "NP-Policy-Name", "rule.name"},
    [REASON] = {25, "Reason-Code", "event.code"},
};
enum { COLUMNS_MOST = 26 };

/* Text is in quotes, which are doubled within. */
static bool take_cell(struct str *rest, struct str *out)
{
    size_t i = 1;

    if (rest->len == 0 || rest->p[0] != '"') {
        *out = str_cut(rest, ',');
        return true;
    }
    while (i < rest->len && (rest->p[i] != '"' || (i + 1 < rest->len && rest->p[i + 1] == '"')))
        i += rest->p[i] == '"' ? 2 : 1;
    if (i >= rest->len || (i + 1 < rest->len && rest->p[i + 1] != ','))
        return false;
    *out = (struct str){rest->p + 1, i - 1};
    *rest = str_from(*rest, i + 2);
    return true;
}

/* "\"NPS01\",\"IAS\",11/20/2025,03:00:09,1,": the month stands first. */
static bool read_row(struct str line, struct str v[VALUE_COUNT])
{
    for (size_t column = 0; column < COLUMNS_MOST; column++) {
        struct str cell;

        if (!take_cell(&line, &cell))
            return false;
        for (size_t i = 0; i < VALUE_COUNT; i++)
            if (values[i].column == column)
                v[i] = cell;
    }
    return true;
}

static bool is_element(struct str name, size_t i)
{
    return values[i].element && (str_is(name, values[i].element) ||
                                 (i == FULL_NAME && str_is(name, "Fully-Qualified-User-Name")));
}

/* "<Event><Timestamp data_type=\"4\">11/20/2025 03:00:09.123</Timestamp>…" */
static bool read_xml(struct str line, struct str v[VALUE_COUNT])
{
    if (!str_take(&line, "<Event>"))
        return false;
    while (str_take(&line, "<") && !str_starts(line, "/")) {
        struct str tag = str_cut(&line, '>'), name = str_cut(&tag, ' ');
        struct str text = str_head(line, 0);
        const char *end = line.len ? memchr(line.p, '<', line.len) : NULL;

        if (!end || !str_starts(tag, "data_type="))
            return false;
        text.len = (size_t)(end - line.p);
        line = str_from(line, text.len);
        if (!str_take(&line, "</") || !str_eq(str_cut(&line, '>'), name))
            return false;
        for (size_t i = 0; i < VALUE_COUNT; i++)
            if (is_element(name, i))
                v[i] = text;
    }
    return str_take(&line, "/Event>") && str_trim(line).len == 0;
}

static bool take_time(const struct str v[VALUE_COUNT], struct stated *s)
{
    struct str clock = v[CLOCK], date = v[DATE];
    int ms;

    if (date.len == 0)
        date = str_cut(&clock, ' ');
    *s = (struct stated){.precision = TIME_S};
    if (!when_digits(&date, 2, &s->month) || !str_take(&date, "/") ||
        !when_digits(&date, 2, &s->day) || !str_take(&date, "/") ||
        !when_digits(&date, 4, &s->year) || date.len || !when_digits(&clock, 2, &s->hour) ||
        !str_take(&clock, ":") || !when_digits(&clock, 2, &s->minute) || !str_take(&clock, ":") ||
        !when_digits(&clock, 2, &s->second))
        return false;
    if (str_take(&clock, ".")) {
        if (!when_digits(&clock, 3, &ms))
            return false;
        s->ns = (uint32_t)ms * 1000000;
        s->precision = TIME_MS;
    }
    return clock.len == 0 && stated_is_date(s);
}

/* "EXAMPLE\\eva", "example.com/Users/eva" */
static void put_user(struct reader *r, struct event *e, struct str name)
{
    const char *slash = memrchr(name.p, '\\', name.len);

    if (!slash)
        slash = memrchr(name.p, '/', name.len);
    if (slash)
        event_put(e, field_number(r->names, STR("user.domain")),
                  str_head(name, (size_t)(slash - name.p)));
    event_put(e, FIELD_USER_NAME, slash ? str_from(name, (size_t)(slash - name.p) + 1) : name);
}

/* The kind of a packet and the reason of the answer agree (RFC 2865, section 3). */
static void put_meaning(struct event *e, struct str packet, struct str reason)
{
    bool is_accept = str_is(packet, "2"), is_reject = str_is(packet, "3");
    bool is_zero = str_is(reason, "0");

    if (str_is(packet, "4")) {
        event_puts(e, FIELD_EVENT_ACTION, "accounting");
        return;
    }
    event_puts(e, FIELD_EVENT_ACTION, is_accept || is_reject ? "login" : "authentication-request");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME,
               is_accept && is_zero                  ? "success"
               : is_reject && !is_zero && reason.len ? "failure"
                                                     : "unknown");
}

static void put_values(struct reader *r, struct event *e, const struct str v[VALUE_COUNT])
{
    uint8_t bytes[16];

    for (size_t i = 0; i < VALUE_COUNT; i++)
        if (values[i].field)
            event_put(e, field_number(r->names, str_of(values[i].field)), v[i]);
    put_user(r, e, v[USER].len ? v[USER] : v[FULL_NAME]);
    if (address_bytes(v[CALLING], bytes))
        event_put(e, FIELD_SOURCE_IP, v[CALLING]);
    put_meaning(e, v[PACKET], v[REASON]);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str v[VALUE_COUNT] = {0};
    struct stated s;
    uint64_t packet;

    if (line.len == 0 || !(line.p[0] == '"' ? read_row(line, v) : read_xml(line, v)) ||
        !(str_is(v[SERVICE], "IAS") || str_is(v[SERVICE], "RAS") || str_is(v[SERVICE], "NPS")) ||
        !str_u64(v[PACKET], &packet) || packet > 255 || !take_time(v, &s))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting || r->folding)
        return LINE_EVENT;
    put_values(r, e, v);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_nps = {
    .name = "nps", .version = 1, .is_splittable = true, .line = line_of};
