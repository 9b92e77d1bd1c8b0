/* json.c: JSON lines of programs that no other format knows: what has one of the usual names for a
 * time. */
#include "timeline/json_event.h"

static const struct member members[] = {
    {"@timestamp", MEMBER_IS_TIME},
    {"timestamp", MEMBER_IS_TIME},
    {"time", MEMBER_IS_TIME},
    {"ts", MEMBER_IS_TIME},
    {"datetime", MEMBER_IS_TIME},
    {"Timestamp", MEMBER_IS_TIME},
    {"eventTime", MEMBER_IS_TIME},
    {"event_time", MEMBER_IS_TIME},
    {"EventTime", MEMBER_IS_TIME},
    {"TimeCreated", MEMBER_IS_TIME},
    {"TimeGenerated", MEMBER_IS_TIME},
    {"_time", MEMBER_IS_TIME},
    {"asctime", MEMBER_IS_TIME},
    {"logged_at", MEMBER_IS_TIME},
    {"createdDateTime", MEMBER_IS_TIME},
    {"event_timestamp", MEMBER_IS_TIME},
    {"eventTimestamp", MEMBER_IS_TIME},
    {"msg", "message"},
    {"MESSAGE", "message"},
    {"level", "log.level"},
    {"severity", "log.level"},
    {"levelname", "log.level"},
    {"hostname", "host.name"},
    {"host", "host.name"},
    {"pid", "process.pid"},
    {"user", "user.name"},
    {"username", "user.name"},
    {"src_ip", "source.ip"},
    {"source_ip", "source.ip"},
    {"src_port", "source.port"},
    {"dst_ip", "destination.ip"},
    {"dest_ip", "destination.ip"},
    {"dst_port", "destination.port"},
    {"dest_port", "destination.port"},
    {"remote_addr", "source.ip"},
    {"remote_ip", "source.ip"},
    {"clientIp", "source.ip"},
    {"callerIpAddress", "source.ip"},
    {"user_agent", "user_agent.original"},
    {"status", "http.response.status_code"},
    {"method", "http.request.method"},
    {"uri", "url.original"},
    {"url", "url.original"},
};
static const struct member_table table = {"json.", members, COUNT_OF(members), true};

struct state {
    struct members members;
    bool has_times; /* a line had one: those without are of the same log */
};

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct json_event j = {.members = &state->members, .table = &table};
    struct stated s;

    if (!json_event(&j, r, line, e))
        return LINE_FOREIGN;
    if (json_time(j.time, &s)) {
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

const struct format format_json = {
    .name = "json", .version = 1, .line = line_of, .state_size = sizeof(struct state)};
