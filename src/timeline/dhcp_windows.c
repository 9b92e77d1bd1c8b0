/* dhcp_windows.c: the audit log of Windows' DHCP server (DhcpSrvLog-Thu.log, DhcpV6SrvLog-Thu.log):
 * rows of commas behind a head that says what their numbers mean (Microsoft, "DHCP audit logging").
 */
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/format.h"

enum { CELLS_MOST = 12, CELLS_LEAST = 7, MAC_DIGITS = 12 };

/* Its number and its words agree. */
static const struct {
    uint64_t id;
    const char *begins, *action, *outcome;
} rows[] = {
    {0, "Started", "logging-start", "success"},
    {1, "Stopped", "logging-stop", "success"},
    {2, "Paused", "logging-stop", "success"},
    {10, "Assign", "dhcp-lease", "success"},
    {11, "Renew", "dhcp-lease", "success"},
    {12, "Release", "dhcp-release", "success"},
    {14, "Scope Full", "dhcp-request", "failure"},
    {15, "NACK", "dhcp-request", "failure"},
    {16, "Deleted", "dhcp-expire", "success"},
    {17, "Expired", "dhcp-expire", "success"},
    {18, "Expired", "dhcp-expire", "success"},
    {20, "BOOTP", "dhcp-lease", "success"},
    {30, "DNS Update Request", "dns-update", "unknown"},
    {31, "DNS Update Failed", "dns-update", "failure"},
    {32, "DNS Update Successful", "dns-update", "success"},
};

/* "11/20/25,03:00:09": the month stands first in whichever language. */
static bool take_time(struct str date, struct str clock, struct stated *s)
{
    int year;

    *s = (struct stated){.precision = TIME_S, .is_of_century = true};
    if (!when_digits(&date, 2, &s->month) || !str_take(&date, "/") ||
        !when_digits(&date, 2, &s->day) || !str_take(&date, "/") || !when_digits(&date, 2, &year) ||
        date.len || !when_digits(&clock, 2, &s->hour) || !str_take(&clock, ":") ||
        !when_digits(&clock, 2, &s->minute) || !str_take(&clock, ":") ||
        !when_digits(&clock, 2, &s->second) || clock.len)
        return false;
    s->year = 2000 + year;
    return stated_is_date(s);
}

/* What stands in front of the rows. */
static bool is_of_head(struct str line)
{
    static const char *const begins[] = {"\t\tMicrosoft DHCP", "Event ID  Meaning",
                                         "QResult: ", "ID,Date,Time,Description,"};
    struct str at = line;

    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (str_starts(line, begins[i]))
            return true;
    while (at.len && (char_is_digit(at.p[0]) || at.p[0] == '+'))
        at = str_from(at, 1);
    return at.len < line.len && line.len - at.len <= 6 && str_starts(at, "\t");
}

static void put_meaning(struct event *e, uint64_t id, struct str words)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].id == id && str_starts(words, rows[i].begins)) {
            event_puts(e, FIELD_EVENT_ACTION, rows[i].action);
            event_puts(e, FIELD_EVENT_CATEGORY, id <= 2 ? "host" : "network");
            event_puts(e, FIELD_EVENT_OUTCOME, rows[i].outcome);
        }
}

static void put(struct reader *r, struct event *e, const char *field, struct str value)
{
    event_put(e, field_number(r->names, str_of(field)), value);
}

/* "00155D010000"; of IPv6 an error stands in its place. */
static bool is_mac(struct str s)
{
    size_t digits = 0;

    while (digits < s.len && (char_is_digit(s.p[digits]) ||
                              ((s.p[digits] | 0x20) >= 'a' && (s.p[digits] | 0x20) <= 'f')))
        digits++;
    return digits == MAC_DIGITS && s.len == MAC_DIGITS;
}

static void put_client(struct reader *r, struct event *e, const struct str *cells)
{
    uint8_t bytes[16];

    if (address_bytes(cells[4], bytes))
        put(r, e, "client.ip", cells[4]);
    put(r, e, "client.address", cells[5]);
    if (!is_mac(cells[6]))
        return;
    put(r, e, "client.mac", cells[6]);
    event_put(e, FIELD_USER_NAME, cells[7]);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str cells[CELLS_MOST] = {0}, rest = line;
    struct stated s;
    size_t count = 0;
    uint64_t id;

    if (is_of_head(line))
        return LINE_COMMENT;
    while (count < CELLS_MOST && rest.len)
        cells[count++] = str_cut(&rest, ',');
    if (count < CELLS_LEAST || cells[0].len > 5 || !str_u64(cells[0], &id) ||
        !take_time(cells[1], cells[2], &s) || cells[3].len == 0)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting || r->folding)
        return LINE_EVENT;
    event_put(e, FIELD_EVENT_CODE, cells[0]);
    put_meaning(e, id, cells[3]);
    put_client(r, e, cells);
    event_put(e, FIELD_EVENT_REASON, cells[3]);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

/* Another program's rows may begin so; its numbers do not mean the same. */
static bool is_sure(const struct event *e)
{
    return event_value(e, FIELD_EVENT_ACTION).len > 0;
}

const struct format format_dhcp_windows = {.name = "dhcp-windows",
                                           .version = 1,
                                           .is_splittable = true,
                                           .line = line_of,
                                           .is_sure = is_sure};
