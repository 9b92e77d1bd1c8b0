/* iis.c: the log of IIS in its own layout ("IIS Log File Format"): fifteen values, a comma behind
 * each: "192.0.2.7, -, 11/20/2026, 10:00:01, W3SVC1, WEB1, 10.0.0.5, 4502, 163, 3223, 200, 0, GET,
 * /x.asp, -,". */
#include "timeline/format.h"
#include "timeline/value_test.h"

enum column {
    CLIENT,
    USER,
    DATE,
    CLOCK,
    SERVICE,
    COMPUTER,
    SERVER,
    TIME_TAKEN,
    BYTES_IN,
    BYTES_OUT,
    STATUS,
    WINDOWS_STATUS,
    METHOD,
    TARGET,
    PARAMETERS,
    COLUMNS,
};

/* What a client asked for may have commas in it: the last columns are looked for from the end. */
static bool take_columns(struct str line, struct str *columns)
{
    if (!str_ends(line, ","))
        return false;
    line.len--;
    for (size_t i = 0; i < TARGET; i++) {
        const char *end = memmem(line.p, line.len, ", ", 2);

        if (!end)
            return false;
        columns[i] = str_head(line, (size_t)(end - line.p));
        line = str_from(line, columns[i].len + 2);
    }
    columns[TARGET] = line;
    columns[PARAMETERS] = STR("");
    for (size_t i = line.len; i-- > 1;)
        if (line.p[i - 1] == ',' && line.p[i] == ' ') {
            columns[TARGET] = str_head(line, i - 1);
            columns[PARAMETERS] = str_from(line, i + 1);
            return true;
        }
    return false;
}

/* "11/20/2026", or "3/20/01" of old, and "7:55:20": the month first, whatever the machine's
 * language, and the clock that of its zone. */
static bool take_time(const struct str *columns, struct stated *s)
{
    struct str date = columns[DATE], clock = columns[CLOCK];
    struct str month = str_cut(&date, '/'), day = str_cut(&date, '/');
    struct str hour = str_cut(&clock, ':'), minute = str_cut(&clock, ':');
    uint64_t n[6];

    if (!str_u64(month, &n[0]) || !str_u64(day, &n[1]) || !str_u64(date, &n[2]) ||
        !str_u64(hour, &n[3]) || !str_u64(minute, &n[4]) || !str_u64(clock, &n[5]) ||
        minute.len != 2 || clock.len != 2 || (date.len != 2 && date.len != 4))
        return false;
    for (size_t i = 0; i < 6; i++)
        if (n[i] > 9999)
            return false;
    *s = (struct stated){.year = (int)n[2] + (date.len == 4 ? 0
                                              : n[2] < 70   ? 2000
                                                            : 1900),
                         .month = (int)n[0],
                         .day = (int)n[1],
                         .hour = (int)n[3],
                         .minute = (int)n[4],
                         .second = (int)n[5],
                         .precision = TIME_S,
                         .is_of_century = date.len == 2};
    return stated_is_date(s);
}

static bool is_a_row(const struct str *columns, struct stated *s)
{
    uint64_t n;
    uint8_t address[16];

    for (size_t i = TIME_TAKEN; i <= WINDOWS_STATUS; i++)
        if (!str_u64(columns[i], &n))
            return false;
    return address_bytes(columns[CLIENT], address) && columns[SERVICE].len > 0 &&
           columns[METHOD].len > 0 && take_time(columns, s);
}

static void put(struct reader *r, struct event *e, const char *field, struct str value)
{
    if (!str_is(value, "-"))
        event_put(e, field_number(r->names, str_of(field)), value);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str columns[COLUMNS];
    struct stated s;
    uint64_t status;

    if (!take_columns(line, columns) || !is_a_row(columns, &s))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, FIELD_SOURCE_IP, columns[CLIENT]);
    put(r, e, "user.name", columns[USER]);
    put(r, e, "service.name", columns[SERVICE]);
    put(r, e, "host.name", columns[COMPUTER]);
    put(r, e, "destination.ip", columns[SERVER]);
    put(r, e, "iis.time_taken_ms", columns[TIME_TAKEN]);
    put(r, e, "http.request.bytes", columns[BYTES_IN]);
    put(r, e, "http.response.bytes", columns[BYTES_OUT]);
    put(r, e, "iis.windows_status", columns[WINDOWS_STATUS]);
    put(r, e, "http.request.method", columns[METHOD]);
    put(r, e, "url.path", columns[TARGET]);
    put(r, e, "url.query", columns[PARAMETERS]);
    put(r, e, "http.response.status_code", columns[STATUS]);
    event_puts(e, FIELD_EVENT_ACTION,
               str_starts(columns[SERVICE], "W3SVC") ? "http-request" : "ftp-command");
    event_puts(e, FIELD_EVENT_CATEGORY, "web");
    if (str_u64(columns[STATUS], &status) && status)
        event_puts(e, FIELD_EVENT_OUTCOME, status >= 400 ? "failure" : "success");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_iis = {
    .name = "iis", .version = 1, .is_splittable = true, .line = line_of};
