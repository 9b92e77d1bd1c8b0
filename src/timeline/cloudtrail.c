/* cloudtrail.c: AWS CloudTrail records, one a line, as its documentation has their contents, and as
 * `lookup-events` gives them. */
#include "timeline/cloudtrail.h"
#include "base/mem.h"
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
    {"requestParameters.userName", "user.target.name", 0},
    {"tlsDetails.tlsVersion", "tls.version", 0},
};
static const struct member_table table = {"aws.cloudtrail.", members, COUNT_OF(members), false};

static const struct member outer_members[] = {{"EventTime", MEMBER_IS_TIME, 0}};
static const struct member_table outer_table = {"aws.cloudtrail.", outer_members,
                                                COUNT_OF(outer_members), false};

struct state {
    struct members members, outer;
};

static struct str value_of(struct reader *r, const struct event *e, const char *name)
{
    uint16_t number = field_lookup(r->names, str_of(name));

    return number == FIELD_NONE ? STR("") : event_value(e, number);
}

/* {"responseElements": {"SwitchRole": "Failure"}}, and of service events serviceEventDetails: what
 * came of it, under the event's own name. */
static struct str result_of(struct reader *r, const struct event *e)
{
    static const char *const places[] = {"aws.cloudtrail.responseElements.",
                                         "aws.cloudtrail.serviceEventDetails."};
    struct str action = event_value(e, FIELD_EVENT_ACTION), value;
    char name[128];

    for (size_t i = 0; i < COUNT_OF(places) && action.len < 64; i++) {
        (void)snprintf(name, sizeof(name), "%s%.*s", places[i], (int)action.len, action.p);
        value = value_of(r, e, name);
        if (str_is(value, "Success") || str_is(value, "Failure"))
            return value;
    }
    return STR("");
}

/* "Record contents": errorCode and errorMessage are of a request that failed; a sign-in that did
 * has a message alone, or neither. A request without is one that was carried out; of a step of a
 * sign-in that says nothing nobody knows. */
static const char *outcome_of(struct reader *r, const struct event *e)
{
    struct str result = result_of(r, e);

    if (event_value(e, FIELD_ERROR_CODE).len || event_value(e, FIELD_ERROR_MESSAGE).len ||
        str_is(result, "Failure"))
        return "failure";
    return result.len == 0 && str_is(event_value(e, FIELD_EVENT_PROVIDER), "signin.amazonaws.com")
               ? "unknown"
               : "success";
}

/* "CloudTrail userIdentity element": who took on a role, or is federated, is the end of the ARN,
 * the session's name; the role, or whose rights these are, is the issuer. Of the root of an account
 * its type may say all; of a sign-in to the Identity Center what stands beside. */
static void tell_who(struct reader *r, struct event *e)
{
    struct str type = value_of(r, e, "aws.cloudtrail.userIdentity.type");
    struct str arn = value_of(r, e, "aws.cloudtrail.userIdentity.arn");
    struct str role =
        value_of(r, e, "aws.cloudtrail.userIdentity.sessionContext.sessionIssuer.userName");

    if (event_value(e, FIELD_USER_NAME).len)
        return;
    if (str_is(type, "Root")) {
        event_puts(e, FIELD_USER_NAME, "root");
        return;
    }
    if (!str_is(type, "AssumedRole") && !str_is(type, "FederatedUser")) {
        event_put(e, FIELD_USER_NAME,
                  value_of(r, e, "aws.cloudtrail.additionalEventData.UserName"));
        return;
    }
    (void)str_cut(&arn, '/');
    if (role.len && str_is(type, "AssumedRole"))
        (void)str_cut(&arn, '/');
    event_put(e, FIELD_USER_NAME, arn.len ? arn : role);
    if (arn.len)
        event_put(e, FIELD_USER_EFFECTIVE_NAME, role);
}

/* A request that names nobody is for who asks, unless the answer names another (CreateAccessKey).
 */
static void tell_target(struct reader *r, struct event *e)
{
    struct str owner = value_of(r, e, "aws.cloudtrail.responseElements.accessKey.userName");

    if (event_value(e, FIELD_USER_TARGET_NAME).len == 0)
        event_put(e, FIELD_USER_TARGET_NAME, owner);
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
    tell_who(r, e);
    tell_target(r, e);
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
                                         .version = 2,
                                         .is_splittable = true,
                                         .line = line_of,
                                         .takes_bytes = true,
                                         .state_size = CLOUDTRAIL_STATE_SIZE};
_Static_assert(CLOUDTRAIL_STATE_SIZE >= sizeof(struct state), "its state");
