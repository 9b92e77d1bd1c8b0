/* json.c: JSON lines of programs that no other format knows: what has one of the usual names for a
 * time, or else a member that states one in full. */
#include <stdio.h>
#include <strings.h>
#include "base/mem.h"
#include "timeline/app.h"
#include "timeline/json_author.h"
#include "timeline/json_known.h"
#include "timeline/json_own.h"
#include "timeline/json_people.h"
#include "timeline/json_sent.h"
#include "timeline/json_times.h"
#include "timeline/level.h"
#include "timeline/syslog_head.h"
#include "timeline/syslog_words.h"
#include "timeline/value_test.h"

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
    {"calendarTime", MEMBER_IS_TIME, 0}, /* osqueryd's results */
    {"unixTime", MEMBER_IS_TIME, 0},
    {"createdDateTime", MEMBER_IS_TIME, 0},
    {"event_timestamp", MEMBER_IS_TIME, 0},
    {"eventTimestamp", MEMBER_IS_TIME, 0},
    {"timereported", MEMBER_IS_TIME, 0}, /* rsyslog's jsonmesg */
    {"ISODATE", MEMBER_IS_TIME, 0},      /* syslog-ng's format-json */
    {"DATE", MEMBER_IS_TIME, 0},
    {"program", "process.name", 0}, /* of rsyslog, syslog-ng and Fluentd */
    {"programname", "process.name", 0},
    {"PROGRAM", "process.name", 0},
    {"SYSLOG_IDENTIFIER", "process.name", 0},
    {"ident", "process.name", 0},
    {"procid", "process.pid", 0},
    {"PID", "process.pid", 0},
    {"HOST", "host.name", 0},
    {"_raw", "message", 0}, /* Splunk's */
    {"log", "message", 0},  /* Fluent Bit's */
    {"msg", "message", 0},
    {"short_message", "message", 0}, /* of GELF */
    {"MESSAGE", "message", 0},
    {"level", "log.level", 0},
    {"severity", "log.level", 0},
    {"levelname", "log.level", 0},
    {"hostname", "host.name", 0},
    {"host", "host.name", 0},
    {"hostIdentifier", "host.name", 0},
    {"pid", "process.pid", 0},
    {"user", "user.name", 0},
    {"username", "user.name", 0},
    {"actor", "user.name", 0},
    {"src_ip", "source.ip", 0},
    {"actor_ip", "source.ip", 0},
    {"source_ip", "source.ip", 0},
    {"src_port", "source.port", 0},
    {"dst_ip", "destination.ip", 0},
    {"dest_ip", "destination.ip", 0},
    {"dst_port", "destination.port", 0},
    {"dest_port", "destination.port", 0},
    {"remote_addr", "source.ip", 0},
    {"remote_ip", "source.ip", 0},
    {"remoteAddr", "source.ip", 0}, /* Nextcloud's */
    {"clientIp", "source.ip", 0},
    {"callerIpAddress", "source.ip", 0},
    {"ClientIP", "source.ip", 0}, /* Office 365 Management Activity API schema */
    {"ClientIPAddress", "source.ip", 0},
    {"ActorIpAddress", "source.ip", 0},
    {"user_agent", "user_agent.original", 0},
    {"userAgent", "user_agent.original", 0},
    {"status", "http.response.status_code", 0},
    {"method", "http.request.method", 0},
    {"uri", "url.original", 0},
    {"url", "url.original", 0},
    {"tags", "tags", 0}, /* of ECS, whose field is called so */
};
static const struct member_table table = {"json.", members, COUNT_OF(members), true};

enum {
    CLOCK_MOST = 64,
    OTHER_NAME_SIZE = 64,
    FULL_TIME_LEAST = 19,
    TRIED_MOST = 64, /* so many values of usual names are looked at for a time */
};

/* A member that states a time, and has none of the usual names. */
struct other {
    char name[OTHER_NAME_SIZE];
    size_t name_len; /* 0: none */
    bool is_named;   /* its name speaks of a time */
    bool is_twice;   /* the object has several of the name: nobody can tell which counts */
    struct stated time;
};

struct state {
    struct members members;
    bool has_times;     /* a line had one: those without are of the same log */
    struct other other; /* of the first line, where that has no usual name: the source's time */
    struct json_known_state known;
    struct json_sender sender;
};

/* The first value that states a time. */
struct found {
    bool is_found;
    struct str text, zone; /* zone: as read_time has it */
    struct stated time;
};

/* {"seconds": …, "nanos": …} under a usual name, as far as it was seen. */
struct parts {
    char outer[OTHER_NAME_SIZE];
    size_t outer_len; /* 0: none is open */
    struct str seconds, nanos;
};

/* An object on its way to an event. */
struct line {
    struct state *state;
    struct other other;
    struct found plain, inner; /* of a usual name, and of one that is an object */
    struct str stated;         /* by the first usual name, where that is no time */
    struct str tag;            /* "sshd[55]:", of rsyslog */
    struct str clock;          /* of a usual name in front of plain: a clock time without its day */
    struct parts parts;
    struct json_times times;
    struct json_people people;
    struct json_author author;
    struct json_known known;
    struct json_sent sent;
    unsigned tried;
    bool is_mongod;
    bool is_splunk; /* of a search of Splunk, as it exports JSON: {"preview":…,"result":{…}} */
    bool is_hit;    /* of a search of Elasticsearch, which has the document within */
};

/* "CreationTime", "timeStamp", "t.$date" */
static bool speaks_of_time(struct str name)
{
    static const char *const words[] = {"time", "stamp", "date"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (size_t at = 0; at + strlen(words[i]) <= name.len; at++)
            if (strncasecmp(name.p + at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/* *zone: the name of its zone, where it has no offset. */
static bool read_time(struct reader *r, struct str text, struct stated *out, struct str *zone)
{
    if (!json_time(text, out, zone))
        return false;
    if (!out->has_zone)
        reader_zone(r, *zone, out);
    else
        *zone = STR("");
    return true;
}

/* A full date and time as text; numbers only where a program's documents say what they count. */
static bool states_time(struct reader *r, const struct json_value *v, struct stated *out)
{
    /* JsonLayout of log4j 2, since 2.11 and before */
    static const char *const numbers[] = {"instant.epochSecond", "timeMillis"};
    struct str zone;

    if (v->is_text)
        return v->value.len >= FULL_TIME_LEAST && v->value.len <= CLOCK_MOST &&
               (memchr(v->value.p, ':', v->value.len) || str_starts(v->value, "/Date(")) &&
               read_time(r, v->value, out, &zone) && out->year != 0 && stated_is_date(out);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (str_is(v->name, numbers[i]))
            return json_time(v->value, out, NULL);
    return false;
}

/* Of the object itself, or of one in it. */
static bool is_near(struct str name)
{
    const char *dot = memchr(name.p, '.', name.len);

    return name.len && name.len <= OTHER_NAME_SIZE &&
           (!dot || !memchr(dot + 1, '.', (size_t)(name.p + name.len - dot - 1)));
}

static struct str other_name(const struct other *o)
{
    return (struct str){o->name, o->name_len};
}

/* The first whose name speaks of a time, else the first; later lines have the same. */
static void see_time(struct line *l, struct reader *r, const struct json_value *v)
{
    const struct other *wanted = &l->state->other;
    struct other *o = &l->other;
    struct stated s;
    bool is_named;

    if (l->state->has_times && wanted->name_len == 0)
        return;
    if (wanted->name_len && !str_eq(other_name(wanted), v->name))
        return;
    if (!is_near(v->name) || !states_time(r, v, &s))
        return;
    if (str_eq(other_name(o), v->name)) {
        o->is_twice = true;
        return;
    }
    is_named = !v->is_text || speaks_of_time(v->name);
    if (o->name_len && (o->is_named || !is_named))
        return;
    *o = (struct other){.name_len = v->name.len, .is_named = is_named, .time = s};
    memcpy(o->name, v->name.p, v->name.len);
}

static struct str join(struct event *e, struct str a, const char *between, struct str b)
{
    struct str joined = event_keep(e, a);

    joined.len += event_keep(e, str_of(between)).len;
    joined.len += event_keep(e, b).len;
    return joined;
}

static bool read_found(struct reader *r, struct str text, struct found *out)
{
    out->text = text;
    out->is_found = read_time(r, text, &out->time, &out->zone);
    return out->is_found;
}

static void keep_stated(struct line *l, struct str text)
{
    if (l->stated.len == 0)
        l->stated = text;
}

/* Reads a value of a usual name into *out where that has none yet. */
static bool find_time(struct line *l, struct reader *r, struct str text, struct found *out)
{
    if (out->is_found || l->tried == TRIED_MOST)
        return out->is_found;
    l->tried++;
    if (!read_found(r, text, out))
        keep_stated(l, text);
    return out->is_found;
}

/* "03:12:09" */
static bool is_clock(struct event *e, struct str text)
{
    size_t used = e->scratch_len;
    struct stated s;
    bool is_time;

    if (text.len == 0 || text.len > CLOCK_MOST || !char_is_digit(text.p[0]))
        return false;
    is_time = json_time(join(e, STR("2000-01-01"), " ", text), &s, NULL);
    e->scratch_len = used;
    return is_time;
}

/* "1795168801.000000005" of the object that ends. Nanoseconds are left out where they are 0. */
static void end_parts(struct line *l, struct reader *r, struct event *e)
{
    struct parts p = l->parts;
    char spelled[16];
    uint64_t nanos = 0;

    l->parts.outer_len = 0;
    if (p.outer_len == 0 || p.seconds.len == 0 || p.seconds.len > 20 || l->inner.is_found)
        return;
    if (p.nanos.len == 0) {
        (void)find_time(l, r, p.seconds, &l->inner);
    } else if (str_u64(p.nanos, &nanos) && nanos <= 999999999) {
        int len = snprintf(spelled, sizeof(spelled), "%09u", (unsigned)nanos);

        (void)find_time(l, r, join(e, p.seconds, ".", (struct str){spelled, (size_t)len}),
                        &l->inner);
    } else {
        keep_stated(l, p.seconds);
    }
}

static void see_plain(struct line *l, struct reader *r, struct event *e, const struct json_value *v)
{
    bool is_new = !l->plain.is_found && l->tried < TRIED_MOST;

    if (!find_time(l, r, v->value, &l->plain) && is_new && l->clock.len == 0 &&
        is_clock(e, v->value))
        l->clock = v->value;
}

/* Seconds and nanoseconds of different members are of different times. */
static void see_part(struct line *l, struct reader *r, struct event *e, struct str outer,
                     bool is_nanos, struct str value)
{
    struct parts *p = &l->parts;
    struct str *part = is_nanos ? &p->nanos : &p->seconds;

    if (outer.len > OTHER_NAME_SIZE)
        return;
    if (!str_eq((struct str){p->outer, p->outer_len}, outer) || part->len) {
        end_parts(l, r, e);
        *p = (struct parts){.outer_len = outer.len};
        memcpy(p->outer, outer.p, outer.len);
    }
    *part = value;
}

/* A usual name of a time that is an object: of MongoDB ("timestamp": {"$date": …}, MongoDB Extended
 * JSON), of protobuf's Timestamp ({"seconds": …, "nanos": …}). */
static void see_inner(struct line *l, struct reader *r, struct event *e, const struct json_value *v)
{
    enum inner { WHOLE, SECONDS, NANOS };
    static const struct {
        const char *end;
        enum inner kind;
    } ends[] = {{".$date", WHOLE}, {".$date.$numberLong", WHOLE}, {".seconds", SECONDS},
                {".nanos", NANOS}, {"._seconds", SECONDS},        {"._nanoseconds", NANOS}};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct str outer = v->name;

        if (!str_ends(outer, ends[i].end))
            continue;
        outer.len -= strlen(ends[i].end);
        if (member_field(&l->state->members, &table, r->names, outer) != MEMBER_TIME)
            continue;
        if (ends[i].kind == WHOLE) {
            end_parts(l, r, e);
            (void)find_time(l, r, v->value, &l->inner);
        } else {
            see_part(l, r, e, outer, ends[i].kind == NANOS, v->value);
        }
    }
}

/* A hit has its index first, then the document ("_source"), or what was asked for of it
 * ("fields"). */
static struct str inner_name(void *context, struct str name)
{
    struct line *l = context;

    l->is_hit = l->is_hit || str_is(name, "_index");
    if (l->is_hit && !str_take(&name, "_source."))
        (void)str_take(&name, "fields.");
    l->is_splunk = l->is_splunk || str_is(name, "preview");
    if (l->is_splunk)
        (void)str_take(&name, "result.");
    return json_sent_name(&l->sent, name);
}

static bool take_own(void *context, struct reader *r, struct event *e, uint16_t number,
                     const struct json_value *v)
{
    struct line *l = context;

    see_time(l, r, v);
    if (number == MEMBER_TIME) {
        json_times_see(&l->times, v->name, v->value);
        see_plain(l, r, e, v);
    } else if (memchr(v->name.p, '.', v->name.len))
        see_inner(l, r, e, v);
    json_known_see(&l->known, v);
    json_author_see(&l->author, number, v);
    json_sent_see(&l->sent, number, v);
    if (str_is(v->name, "syslog-tag") || str_is(v->name, "syslogtag"))
        l->tag = v->value;
    l->is_mongod = l->is_mongod || (e->count == 0 && str_is(v->name, "t.$date"));
    if (l->is_mongod && json_take_mongod(r, e, v))
        return true;
    switch (number) {
    case FIELD_LOG_LEVEL:
        json_put_level(r, e, v);
        return true;
    case FIELD_SOURCE_IP:
    case FIELD_DESTINATION_IP:
        json_put_end(r, e, number == FIELD_SOURCE_IP, v);
        return true;
    case FIELD_USER_NAME:
        return json_people_take(&l->people, r, e, v);
    case FIELD_HTTP_RESPONSE_STATUS:
        return json_status_take(r, e, v);
    default:
        if (!l->is_hit || number < FIELD_KNOWN_COUNT_ || number >= MEMBER_NONE ||
            member_is_of_program(v->name) || !member_is_of_ecs(v->name))
            return false;
        event_put(e, field_number(r->names, v->name), v->value);
        return true;
    }
}

/* Of a usual name, or a clock time there and its day in "date"; else of an object; else "date". */
static const struct found *choose_time(struct line *l, struct reader *r, struct event *e,
                                       struct str date, struct found *room)
{
    *room = (struct found){0};
    end_parts(l, r, e);
    if (date.len > CLOCK_MOST)
        date.len = 0;
    if (l->clock.len && date.len && read_found(r, join(e, date, " ", l->clock), room))
        return room;
    if (l->plain.is_found)
        return &l->plain;
    if (l->inner.is_found)
        return &l->inner;
    *room = (struct found){0};
    return date.len && read_found(r, date, room) && room->time.precision != TIME_DAY ? room : NULL;
}

/* Told with its name, which is no usual one. */
static bool take_other(struct line *l, struct reader *r, struct event *e)
{
    struct other *o = &l->other;

    if (o->name_len == 0 || o->is_twice)
        return false;
    if (l->state->other.name_len == 0)
        l->state->other = *o;
    if (json_is_audit(&l->known) && str_is(other_name(o), "CreationTime"))
        o->time.has_zone = true;
    reader_time(r, e, &o->time);
    event_put(e, field_number(r->names, STR("event.time_member")), event_keep(e, other_name(o)));
    return true;
}

static void release(void *state)
{
    json_known_release(&((struct state *)state)->known);
}

/* Looks at the source once, where it is read and an object alone does not tell. */
static bool sender_agrees(struct reader *r)
{
    struct state *state = r->state;
    struct state *looking;

    if (!state->sender.is_known && r->bytes && !r->counting && !r->folding && !r->is_carried) {
        looking = mem_new(struct state);
        looking->sender.is_looking = true;
        json_sender_look(r, looking);
        state->sender.agrees = json_sender_says_so(&looking->sender);
        state->sender.is_known = true;
        state->sender.alike = looking->sender.alike;
        state->sender.objects = looking->sender.objects;
        release(looking);
        free(looking);
    }
    return state->sender.agrees;
}

/* What a program that syslog knows says, where its name or its tag stands beside it. */
static void put_sentence(const struct line *l, struct reader *r, struct event *e)
{
    struct str tag = l->tag;
    enum json_text text =
        json_sent_put(&l->sent, r, e) ? TEXT_IS_OTHERS : json_author_text(&l->author, e);

    if (l->state->sender.is_looking) {
        json_sender_add(&l->state->sender, r, e, text != TEXT_IS_OWN);
        return;
    }
    if (tag.len && event_value(e, FIELD_PROCESS_NAME).len == 0)
        (void)syslog_take_tag(&tag, e);
    if (syslog_knows_program(event_value(e, FIELD_PROCESS_NAME)))
        syslog_understand(r, e, event_value(e, FIELD_MESSAGE));
    else if (!((text == TEXT_IS_OTHERS || (text == TEXT_IS_UNSURE && sender_agrees(r))) &&
               carried_understand(r, e, event_value(e, FIELD_MESSAGE), NULL)) &&
             l->is_splunk)
        syslog_understand_line(r, e, event_value(e, FIELD_MESSAGE));
    else if (event_value(e, FIELD_EVENT_ACTION).len == 0 &&
             event_value(e, FIELD_SOURCE_IP).len == 0)
        (void)app_understand(r, e, event_value(e, FIELD_MESSAGE));
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct line l = {.state = state};
    struct json_event j = {.members = &state->members,
                           .table = &table,
                           .own = take_own,
                           .context = &l,
                           .inner = inner_name};
    const struct found *found;
    struct found room;
    struct str told = STR(""); /* what became the time, or is told in its place */

    if (!json_event(&j, r, line, e))
        return LINE_FOREIGN;
    found = choose_time(&l, r, e, j.date, &room);
    if (found) {
        reader_time(r, e, &found->time);
        event_put(e, FIELD_EVENT_TIMEZONE, found->zone);
        state->has_times = true;
        told = found == &room && l.clock.len ? l.clock : found->text;
        json_times_tell(&l.times, r, e, &found->time, told);
    } else if (!take_other(&l, r, e)) {
        if (!state->has_times)
            return LINE_FOREIGN;
        if (l.stated.len)
            reader_no_time(e, l.stated);
        told = l.stated;
    }
    j.has_all = j.has_all && (j.time.len == 0 || told.p == j.time.p);
    put_sentence(&l, r, e);
    json_known_put(&l.known, &state->known, r, e);
    json_message(&j, line, e);
    return LINE_EVENT;
}

bool json_left_as_text(const struct reader *r, unsigned *alike, unsigned *objects)
{
    const struct json_sender *s;

    if (r->format != &format_json)
        return false;
    s = &((const struct state *)r->state)->sender;
    if (!json_sender_is_left(s))
        return false;
    *alike = s->alike;
    *objects = s->objects;
    return true;
}

void json_begin_carried(void *state)
{
    ((struct state *)state)->has_times = true;
}

const struct format format_json = {.name = "json",
                                   .version = 10,
                                   .line = line_of,
                                   .takes_bytes = true,
                                   .state_size = sizeof(struct state),
                                   .reads_alone = true,
                                   .release = release};
