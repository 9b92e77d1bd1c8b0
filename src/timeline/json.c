/* json.c: JSON lines of programs that no other format knows: what has one of the usual names for a
 * time. */
#include "timeline/json_event.h"

static const struct member members[] = {
    {"@timestamp", MEMBER_IS_TIME, 0},
    {"timestamp", MEMBER_IS_TIME, 0},
    {"time", MEMBER_IS_TIME, 0},
    {"ts", MEMBER_IS_TIME, 0},
    {"datetime", MEMBER_IS_TIME, 0},
    {"Timestamp", MEMBER_IS_TIME, 0},
    {"eventTime", MEMBER_IS_TIME, 0},
    {"event_time", MEMBER_IS_TIME, 0},
    {"EventTime", MEMBER_IS_TIME, 0},
    {"TimeCreated", MEMBER_IS_TIME, 0},
    {"TimeGenerated", MEMBER_IS_TIME, 0},
    {"_time", MEMBER_IS_TIME, 0},
    {"asctime", MEMBER_IS_TIME, 0},
    {"logged_at", MEMBER_IS_TIME, 0},
    {"createdDateTime", MEMBER_IS_TIME, 0},
    {"event_timestamp", MEMBER_IS_TIME, 0},
    {"eventTimestamp", MEMBER_IS_TIME, 0},
    {"msg", "message", 0},
    {"MESSAGE", "message", 0},
    {"level", "log.level", 0},
    {"severity", "log.level", 0},
    {"levelname", "log.level", 0},
    {"hostname", "host.name", 0},
    {"host", "host.name", 0},
    {"pid", "process.pid", 0},
    {"user", "user.name", 0},
    {"username", "user.name", 0},
    {"src_ip", "source.ip", 0},
    {"source_ip", "source.ip", 0},
    {"src_port", "source.port", 0},
    {"dst_ip", "destination.ip", 0},
    {"dest_ip", "destination.ip", 0},
    {"dst_port", "destination.port", 0},
    {"dest_port", "destination.port", 0},
    {"remote_addr", "source.ip", 0},
    {"remote_ip", "source.ip", 0},
    {"clientIp", "source.ip", 0},
    {"callerIpAddress", "source.ip", 0},
    {"user_agent", "user_agent.original", 0},
    {"status", "http.response.status_code", 0},
    {"method", "http.request.method", 0},
    {"uri", "url.original", 0},
    {"url", "url.original", 0},
};
static const struct member_table table = {"json.", members, COUNT_OF(members), true};

enum { CLOCK_MOST = 64 };

struct state {
    struct members members;
    bool has_times; /* a line had one: those without are of the same log */
};

/* "time", or a clock time there and its day in "date". */
static bool take_time(const struct json_event *j, struct event *e, struct stated *out)
{
    struct str joined;

    if (json_time(j->time, out))
        return true;
    if (j->time.len > CLOCK_MOST || j->date.len > CLOCK_MOST || j->date.len == 0)
        return false;
    if (j->time.len == 0)
        return json_time(j->date, out);
    joined = event_keep(e, j->date);
    joined.len += event_keep(e, STR(" ")).len;
    joined.len += event_keep(e, j->time).len;
    return json_time(joined, out);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct json_event j = {.members = &state->members, .table = &table};
    struct stated s;

    if (!json_event(&j, r, line, e))
        return LINE_FOREIGN;
    if (take_time(&j, e, &s)) {
        reader_time(r, e, &s);
        state->has_times = true;
    } else if (!state->has_times) {
        return LINE_FOREIGN;
    } else {
        j.has_all = j.has_all && j.time.len == 0;
    }
    json_message(&j, line, e);
    return LINE_EVENT;
}

const struct format format_json = {.name = "json",
                                   .version = 2,
                                   .line = line_of,
                                   .takes_bytes = true,
                                   .state_size = sizeof(struct state)};
