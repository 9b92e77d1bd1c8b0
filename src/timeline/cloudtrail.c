/* cloudtrail.c: AWS CloudTrail records, one a line, as its documentation has their contents, and as
 * `lookup-events` gives them. */
#include "timeline/cloudtrail.h"
#include "timeline/json_event.h"

static const struct member members[] = {
    {"eventTime", MEMBER_IS_TIME, 0},
    {"eventName", "event.action", 0},
    {"eventSource", "event.provider", 0},
    {"eventID", "event.id", 0},
    {"errorCode", "error.code", 0},
    {"errorMessage", "error.message", 0},
    {"userAgent", "user_agent.original", 0},
    {"awsRegion", "cloud.region", 0},
    {"recipientAccountId", "cloud.account.id", 0},
    {"sourceIPAddress", "source.address", 0},
    {"userIdentity.userName", "user.name", 0},
    {"userIdentity.principalId", "user.id", 0},
    {"tlsDetails.tlsVersion", "tls.version", 0},
};
static const struct member_table table = {"aws.cloudtrail.", members, COUNT_OF(members), false};

static const struct member outer_members[] = {{"EventTime", MEMBER_IS_TIME, 0}};
static const struct member_table outer_table = {"aws.cloudtrail.", outer_members,
                                                COUNT_OF(outer_members), false};

struct state {
    struct members members, outer;
};

/* A failed login has no error code. */
static const char *outcome_of(struct reader *r, const struct event *e)
{
    static const char login[] = "aws.cloudtrail.responseElements.ConsoleLogin";
    uint16_t number = field_lookup(r->names, str_of(login));

    if (event_value(e, FIELD_ERROR_CODE).len)
        return "failure";
    return number != FIELD_NONE && str_is(event_value(e, number), "Failure") ? "failure"
                                                                             : "success";
}

/* A service of AWS is named, all others have an address. */
static void tell_addresses(struct event *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct event_field f = e->fields[i];

        if (f.name != FIELD_SOURCE_ADDRESS)
            continue;
        e->count--;
        memmove(&e->fields[i], &e->fields[i + 1], (e->count - i) * sizeof(f));
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, f.value);
        return;
    }
}

static bool take_record(struct reader *r, struct str record, struct event *e)
{
    struct state *state = r->state;
    struct json_event j = {.members = &state->members, .table = &table};
    struct stated s;

    if (!json_event(&j, r, record, e) || !json_time(j.time, &s, NULL) ||
        event_value(e, FIELD_EVENT_ACTION).len == 0 ||
        event_value(e, FIELD_EVENT_PROVIDER).len == 0)
        return false;
    reader_time(r, e, &s);
    tell_addresses(e);
    event_puts(e, FIELD_EVENT_OUTCOME, outcome_of(r, e));
    event_put(e, FIELD_MESSAGE, record);
    return true;
}

/* The record is a text within what lookup-events gives. */
static bool take_outer(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct json_event j = {.members = &state->outer, .table = &outer_table};
    struct str record;

    if (!json_event(&j, r, line, e) || j.time.len == 0)
        return false;
    record = event_value(e, field_number(r->names, STR("aws.cloudtrail.CloudTrailEvent")));
    e->count = 0;
    return record.len && take_record(r, record, e);
}

bool cloudtrail_record(struct reader *r, struct str record, struct event *e)
{
    if (take_record(r, record, e))
        return true;
    e->count = 0;
    return take_outer(r, record, e);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    return cloudtrail_record(r, line, e) ? LINE_EVENT : LINE_FOREIGN;
}

const struct format format_cloudtrail = {.name = "cloudtrail",
                                         .version = 1,
                                         .is_splittable = true,
                                         .line = line_of,
                                         .takes_bytes = true,
                                         .state_size = CLOUDTRAIL_STATE_SIZE};
_Static_assert(CLOUDTRAIL_STATE_SIZE >= sizeof(struct state), "its state");
