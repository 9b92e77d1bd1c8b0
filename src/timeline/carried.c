/* carried.c: which format a line is of that another program's line carries. */
#include "timeline/carried.h"
#include <stdlib.h>
#include <strings.h>
#include "base/mem.h"
#include "base/utc.h"

enum {
    NS_OF_S = 1000000000,
    APART_MOST_S = 60,
    QUARTER_S = 15 * 60,
    ZONE_MOST_S = 14 * 3600, /* of the tz database */
};

/* The more particular before the more general, as in formats.def: each knows its lines by one of
 * them. Of text whose program is not known (dated) the level alone is taken, since the time is
 * that of the line that carries it. */
static const struct candidate {
    const struct format *format;
    bool is_json;               /* its state has names of members alone, which stay */
    void (*begin)(void *state); /* NULL: zeros */
} candidates[] = {
    {&format_suricata, true, NULL},
    {&format_zeek, true, NULL},
    {&format_cloudtrail, true, NULL},
    {&format_kubernetes, true, NULL},
    {&format_mysql_json, true, NULL},
    {&format_postgresql_json, true, NULL},
    {&format_json, true, json_begin_carried},
    {&format_postgresql, false, NULL},
    {&format_mysql, false, NULL},
    {&format_apache_error, false, NULL},
    {&format_nginx_error, false, NULL},
    {&format_vsftpd, false, NULL},
    {&format_exim, false, NULL},
    {&format_named, false, NULL},
    {&format_xferlog, false, NULL},
    {&format_fortigate, false, NULL},
    {&format_appliance, false, NULL},
    {&format_fast_alert, false, NULL},
    {&format_cef, false, NULL},
    {&format_leef, false, NULL},
    {&format_squid, false, NULL},
    {&format_access, false, NULL},
    {&format_syslog, false, NULL},
    {&format_dated_iso, false, NULL},
    {&format_dated_iso_bracket, false, NULL},
    {&format_dated_slashes, false, NULL},
    {&format_dated_slashes_bracket, false, NULL},
    {&format_dated_named, false, NULL},
    {&format_dated_named_bracket, false, NULL},
    {&format_dated_epoch, false, NULL},
    {&format_dated_epoch_bracket, false, NULL},
    {&format_dated_glog, false, NULL},
    {&format_dated_log4j, false, NULL},
    {&format_dated_pairs, false, NULL},
};

struct carried {
    void *states[COUNT_OF(candidates)]; /* NULL: it was not asked for yet */
    struct event_field of_carrier[EVENT_FIELDS_MAX];
};

void carried_free(struct carried *c)
{
    for (size_t i = 0; c && i < COUNT_OF(candidates); i++)
        free(c->states[i]);
    free(c);
}

static void *state_of(struct carried *c, size_t i)
{
    const struct candidate *a = &candidates[i];

    if (!c->states[i]) {
        c->states[i] = mem_alloc(a->format->state_size);
        if (a->begin)
            a->begin(c->states[i]);
    } else if (!a->is_json && a->format->state_size) {
        memset(c->states[i], 0, a->format->state_size);
    }
    return c->states[i];
}

/* Whether the format makes an event of it. What it says of years and hours is of no source: a year
 * that is not stated is the carrier's at first. */
static bool ask(struct reader *r, size_t i, struct str text, struct event *e, int year)
{
    const struct format *f = candidates[i].format;
    struct reader inner = *r;
    bool is_known;

    inner.format = f;
    inner.others = (struct others){0};
    inner.state = state_of(r->carried, i);
    inner.carried = NULL;
    inner.is_carried = true;
    inner.folds = NULL;
    inner.years = (struct years){.year = year};
    is_known = f->line(&inner, text, e) == LINE_EVENT && !(f->is_doubtful && f->is_doubtful(e));
    if (is_known && f->whole)
        f->whole(&inner, e);
    r->patterns = inner.patterns;
    r->audit = inner.audit;
    r->windows = inner.windows;
    return is_known;
}

/* What the format said of its own time and of the line as a whole. */
static bool is_of_carrier(const struct field_names *names, uint16_t field)
{
    static const uint16_t known[] = {FIELD_MESSAGE,
                                     FIELD_EVENT_TIMEZONE,
                                     FIELD_EVENT_STATED_TIME,
                                     FIELD_EVENT_STATED_WEEKDAY,
                                     FIELD_EVENT_OUT_OF_ORDER,
                                     FIELD_EVENT_DOUBLED_HOUR,
                                     FIELD_EVENT_DATASET,
                                     FIELD_EVENT_KIND};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (field == known[i])
            return true;
    return field == field_lookup(names, STR("event.time_member"));
}

static void leave_out(const struct field_names *names, struct event *e)
{
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++)
        if (!is_of_carrier(names, e->fields[i].name))
            e->fields[count++] = e->fields[i];
    e->count = count;
}

static bool has(const struct event *e, const struct event_field *f)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == f->name && str_eq(e->fields[i].value, f->value))
            return true;
    return false;
}

/* What the carrier says of itself counts; another host is the one that the line names (ECS has
 * host.hostname for that). */
static void yield_to(struct field_names *names, struct event *e, struct str host, bool has_level)
{
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++) {
        struct event_field own = e->fields[i];

        if (own.name == FIELD_LOG_LEVEL && has_level)
            continue;
        if (own.name == FIELD_HOST_NAME && host.len && !str_eq(own.value, host))
            own.name = field_number(names, STR("host.hostname"));
        e->fields[count++] = own;
    }
    e->count = count;
}

/* What stays of the event that it was. */
struct carrier {
    int64_t ns;
    uint8_t precision, meaning;
    uint16_t doubt;
    size_t count, left_out, scratch_len;
};

static struct carrier carrier_of(const struct event *e)
{
    return (struct carrier){.ns = e->ns,
                            .precision = e->precision,
                            .doubt = e->doubt,
                            .meaning = e->meaning,
                            .count = e->count,
                            .left_out = e->left_out,
                            .scratch_len = e->scratch_len};
}

static int64_t seconds_of(const struct carrier *c)
{
    return c->ns / NS_OF_S - (c->ns % NS_OF_S < 0);
}

/* Its seconds since 1970; a year that it does not state is the one by which it is nearest. */
static int64_t nearest(const struct carrier *inner, int64_t own_s)
{
    int64_t sec = seconds_of(inner), best = sec;
    struct stated own, s;

    if (!(inner->doubt & DOUBT_YEAR))
        return sec;
    stated_from_seconds(&own, own_s);
    stated_from_seconds(&s, sec);
    for (int by = -1; by <= 1; by++) {
        s.year = own.year + by;
        if (s.year > 0 && stated_is_date(&s) &&
            (by == -1 || llabs(stated_seconds(&s) - own_s) < llabs(best - own_s)))
            best = stated_seconds(&s);
    }
    return best;
}

/* A zone that was not stated may be any, and zones are apart by whole quarters of an hour. */
static bool is_other_time(int64_t apart_s, uint16_t doubt, int64_t most_s)
{
    int64_t past_quarter;

    apart_s = llabs(apart_s);
    past_quarter = apart_s % QUARTER_S;
    if (!(doubt & DOUBT_ZONE) || apart_s > ZONE_MOST_S + most_s)
        return apart_s > most_s;
    return past_quarter > most_s && past_quarter < QUARTER_S - most_s;
}

/* A time of its own that is not the carrier's. */
static void see_time(struct event *e, const struct carrier *inner, const struct carrier *own,
                     struct carried_signs *signs)
{
    char text[UTC_TEXT_SIZE];
    int64_t own_s = seconds_of(own), sec, ns = inner->ns - seconds_of(inner) * NS_OF_S;

    if (inner->doubt & (DOUBT_ORDER | DOUBT_RANGE) || inner->precision == TIME_NONE ||
        inner->precision == TIME_DAY || own->precision == TIME_NONE)
        return;
    sec = nearest(inner, own_s);
    signs->is_time = !is_other_time(sec - own_s, inner->doubt,
                                    inner->precision == TIME_MIN ? APART_MOST_S * 2 : APART_MOST_S);
    if (signs->is_time)
        return;
    utc_write(text, (struct utc){sec, (uint32_t)ns});
    event_put(e, FIELD_EVENT_STATED_TIME, event_keep(e, (struct str){text, sizeof(text)}));
}

/* "web1" is "web1.example.com". */
static bool is_same_host(struct str a, struct str b)
{
    size_t least = a.len < b.len ? a.len : b.len;

    return least && strncasecmp(a.p, b.p, least) == 0 && (a.len == least || a.p[least] == '.') &&
           (b.len == least || b.p[least] == '.');
}

static void give_back(struct event *e, const struct carrier *c)
{
    e->ns = c->ns;
    e->precision = c->precision;
    e->doubt = c->doubt;
    e->meaning = c->meaning;
}

bool carried_understand(struct reader *r, struct event *e, struct str text,
                        struct carried_signs *signs)
{
    const struct carrier before = carrier_of(e);
    struct str host = event_value(e, FIELD_HOST_NAME);
    struct carrier inner;
    struct carried_signs seen = {0};
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    struct event_field *kept;
    struct stated own;
    size_t i = 0;

    if (text.len == 0 || r->is_carried || r->counting || r->folding)
        return false;
    if (!r->carried)
        r->carried = mem_new(struct carried);
    kept = r->carried->of_carrier;
    memcpy(kept, e->fields, before.count * sizeof(kept[0]));
    stated_from_seconds(&own, seconds_of(&before));
    for (; i < COUNT_OF(candidates); i++) {
        e->doubt = 0;
        e->precision = TIME_NONE;
        e->count = 0;
        e->left_out = before.left_out;
        e->scratch_len = before.scratch_len;
        if (candidates[i].is_json == (text.p[0] == '{') &&
            !(has_level && candidates[i].format->is_last) && ask(r, i, text, e, own.year))
            break;
    }
    inner = carrier_of(e);
    give_back(e, &before);
    if (i == COUNT_OF(candidates)) {
        memcpy(e->fields, kept, before.count * sizeof(kept[0]));
        e->count = before.count;
        return false;
    }
    leave_out(r->names, e);
    seen.is_host = is_same_host(event_value(e, FIELD_HOST_NAME), host);
    yield_to(r->names, e, host, has_level);
    see_time(e, &inner, &before, &seen);
    if (signs)
        *signs = seen;
    event_puts(e, field_number(r->names, STR("event.carried_dataset")), candidates[i].format->name);
    for (size_t k = 0; k < before.count; k++)
        if (kept[k].name != FIELD_MESSAGE && !has(e, &kept[k]))
            event_put(e, kept[k].name, kept[k].value);
    event_put(e, FIELD_MESSAGE, text);
    return true;
}

void carried_end_event(struct reader *r, struct event *e)
{
    if (event_value(e, FIELD_EVENT_DATASET).len == 0) /* of a second format it has one */
        (void)carried_understand(r, e, event_value(e, FIELD_MESSAGE), NULL);
}
