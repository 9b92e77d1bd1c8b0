/* appliance.c: reads messages of appliances by their rows in appliance_tables.c; in a file of their
 * own, or behind the head of a line of syslog. */
#include "timeline/appliance.h"
#include <stdio.h>
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/dated_when.h"
#include "timeline/json_when.h"
#include "timeline/level.h"
#include "timeline/quoted.h"
#include "timeline/syslog_head.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"
#include "timeline/transport.h"
#include "timeline/zone_word.h"

enum {
    PAIRS_MOST = 192,
    KEY_MOST = 40,
    NAME_MOST = 96,
    STAMP_MOST = 64,
    HEAD_WORDS_MOST = 2, /* between the time of a head and the message */
    COLUMNS_LEAST = 8,
    TYPE_COLUMN = 3, /* of PAN-OS: where the name of the row stands */
};

struct pair {
    struct str key, value;
};
struct record {
    const struct appliance *of;
    struct pair pairs[PAIRS_MOST];
    size_t count;
    bool is_odd; /* something else stood among the pairs, or a key twice */
};

static struct str value_of(const struct record *d, const char *key)
{
    for (size_t i = 0; key && i < d->count; i++)
        if (str_is(d->pairs[i].key, key))
            return d->pairs[i].value;
    return STR("");
}

static void add(struct record *d, struct str key, struct str value)
{
    if (d->count == PAIRS_MOST)
        return;
    for (size_t i = 0; i < d->count; i++)
        if (str_eq(d->pairs[i].key, key) && !str_eq(d->pairs[i].value, value))
            d->is_odd = true;
    d->pairs[d->count++] = (struct pair){key, value};
}

static bool is_key_char(char c)
{
    return char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
}

static size_t key_size(struct str s)
{
    size_t i = 0;

    while (i < s.len && i < KEY_MOST && is_key_char(s.p[i]))
        i++;
    return i;
}

static void read_pairs(struct record *d, struct str rest)
{
    while (rest.len) {
        size_t len = key_size(rest);
        struct str key = str_head(rest, len);

        if (len && len < rest.len && rest.p[len] == '=') {
            rest = str_from(rest, len + 1);
            add(d, key, quoted_take(&rest));
        } else {
            d->is_odd = str_cut(&rest, ' ').len > 0 || d->is_odd;
        }
    }
}

/* "SrcIP: ", "Prefilter Policy: ": its length without the colon; 0: none begins here. */
static size_t label_size(struct str s)
{
    size_t i = 0;

    while (i < s.len && i < KEY_MOST &&
           (is_key_char(s.p[i]) || (i && (s.p[i] == ' ' || s.p[i] == '/'))))
        i++;
    return i && i + 1 < s.len && s.p[i] == ':' && s.p[i + 1] == ' ' ? i : 0;
}

/* A value may have commas: it ends where one and the next label follow. */
static size_t labelled_size(struct str s)
{
    for (size_t i = 0; i + 2 < s.len; i++)
        if (s.p[i] == ',' && s.p[i + 1] == ' ' && label_size(str_from(s, i + 2)))
            return i;
    return s.len;
}

static void read_labels(struct record *d, struct str rest)
{
    size_t len = label_size(rest);

    while (len) {
        struct str key = str_head(rest, len);
        size_t size;

        rest = str_from(rest, len + 2);
        size = labelled_size(rest);
        add(d, key, str_head(rest, size));
        rest = str_from(rest, size + 2);
        len = label_size(rest);
    }
}

/* A cell in quotes may have commas, and doubled quotes, which stay. */
static struct str take_cell(struct str *rest)
{
    struct str at = *rest;
    size_t i = 1;

    if (at.len < 2 || at.p[0] != '"')
        return str_cut(rest, ',');
    while (i < at.len && !(at.p[i] == '"' && (i + 1 == at.len || at.p[i + 1] != '"')))
        i += at.p[i] == '"' ? 2 : 1;
    if (i >= at.len || (i + 1 < at.len && at.p[i + 1] != ','))
        return str_cut(rest, ',');
    *rest = str_from(at, i + 2);
    return (struct str){at.p + 1, i - 1};
}

/* Columns that nobody named are left out. */
static void read_columns(struct record *d, struct str rest)
{
    for (size_t i = 0; rest.len && i < d->of->column_count; i++) {
        struct str value = take_cell(&rest);

        if (d->of->columns[i][0])
            add(d, str_of(d->of->columns[i]), value);
    }
    while (rest.len) { /* behind them a time with its zone may stand */
        struct str cell = take_cell(&rest), at = cell;
        struct stated s;

        if (cell.len > 19 && cell.p[10] == 'T' && when_iso(&at, &s) && at.len == 0 && s.has_zone &&
            value_of(d, "high_res_timestamp").len == 0)
            add(d, STR("high_res_timestamp"), cell);
    }
}

/* "1,2026/11/25 03:12:09,0123,TRAFFIC,": the name of the row, or nothing. PAN-OS has no first cell
 * where a collector took it away. */
static struct str panos_type(struct str *message)
{
    struct str at = *message, first = str_cut(&at, ','), time, type;
    struct stated s;

    if (first.len > 1)
        at = *message;
    else if (first.len == 0 || !char_is_digit(first.p[0]))
        return STR("");
    *message = at;
    time = str_cut(&at, ',');
    if (!when_slashes(&time, CLOCK_DAY, &s) || time.len || str_cut(&at, ',').len == 0)
        return STR("");
    type = str_cut(&at, ',');
    return at.len ? type : STR("");
}

static bool begins_so(const struct appliance *a, struct str message)
{
    for (size_t i = 0; i < APPLIANCE_FRONTS && a->fronts[i]; i++)
        if (str_starts(message, a->fronts[i]))
            return true;
    return false;
}

static bool has_all(const struct record *d)
{
    for (size_t i = 0; i < APPLIANCE_NEEDS && d->of->needs[i]; i++)
        if (value_of(d, d->of->needs[i]).len == 0)
            return false;
    return true;
}

static bool read_row(struct record *d, const struct appliance *a, struct str message)
{
    d->of = a;
    d->count = 0;
    d->is_odd = false;
    if (a->layout == APPLIANCE_PAIRS)
        read_pairs(d, message);
    else if (a->layout == APPLIANCE_LABELS)
        read_labels(d, message);
    else
        read_columns(d, message);
    return has_all(d);
}

/* Which appliance's it is; false: none. */
static bool read_record(struct record *d, struct str message)
{
    struct str cells = message, type = STR("");

    if (message.len < 16)
        return false;
    if (char_is_digit(message.p[0])) {
        type = panos_type(&cells);
        if (type.len == 0)
            return false;
    }
    for (size_t i = 0; i < appliance_count; i++) {
        const struct appliance *a = &appliances[i];
        bool is_row = a->layout == APPLIANCE_COLUMNS;

        if (type.len ? is_row && str_is(type, a->fronts[0]) : !is_row && begins_so(a, message))
            if (read_row(d, a, is_row ? cells : message))
                return true;
    }
    return false;
}

static void put(struct reader *r, struct event *e, const char *field, struct str value)
{
    event_put(e, field_number(r->names, str_of(field)), value);
}

static void put_own(struct reader *r, struct event *e, const struct record *d, const struct pair *p)
{
    char name[NAME_MOST];
    int len = snprintf(name, sizeof(name), "%s." STR_FMT, d->of->name, STR_ARG(p->key));

    for (int i = 0; i < len; i++)
        if (name[i] == ' ')
            name[i] = '_';
    event_put(e, field_number(r->names, (struct str){name, (size_t)len}), p->value);
}

/* What stands where there is nothing to say. */
static bool is_none(struct str value)
{
    return value.len == 0 || str_is(value, "N/A") || str_is(value, "-") || str_is(value, "---");
}

static bool is_address(struct str value)
{
    uint8_t bytes[16];

    return address_bytes(value, bytes);
}

/* Where nothing is known SonicWall leaves its place between the colons empty. */
static bool put_end(struct reader *r, struct event *e, bool is_source, struct str value)
{
    struct str rest = value, ip = is_address(value) ? value : str_cut(&rest, ':'), part;
    uint64_t port;

    if (!is_address(ip))
        return false;
    event_put(e, is_source ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, ip);
    if (ip.len == value.len)
        return true;
    part = str_cut(&rest, ':');
    if (str_u64(part, &port) && port)
        event_put(e, is_source ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT, part);
    event_put(e, is_source ? FIELD_INGRESS_INTERFACE : FIELD_EGRESS_INTERFACE, str_cut(&rest, ':'));
    put(r, e, is_source ? "source.domain" : "destination.domain", rest);
    return true;
}

static void put_user(struct reader *r, struct event *e, const char *field, struct str value)
{
    const char *slash = memchr(value.p, '\\', value.len);
    struct str name = slash ? str_from(value, (size_t)(slash - value.p) + 1) : value;

    put(r, e, field, name.len ? name : value);
    if (slash && name.len)
        put(r, e, "user.domain", str_head(value, (size_t)(slash - value.p)));
}

/* The head of its line may have named it otherwise. */
static void put_host(struct reader *r, struct event *e, struct str value)
{
    struct str host = event_value(e, FIELD_HOST_NAME);

    if (host.len == 0)
        event_put(e, FIELD_HOST_NAME, value);
    else if (!str_eq(host, value))
        put(r, e, "observer.hostname", value);
}

static bool put_level(struct event *e, struct str value)
{
    static const char *const others[][2] = {
        {"low", "notice"}, {"medium", "warning"}, {"high", "error"}}; /* of PAN-OS */
    size_t before = e->count;
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_is(value, others[i][0]))
            value = str_of(others[i][1]);
    if (!level_put(e, value))
        return false;
    if (has_level)
        e->count = before;
    return true;
}

static bool put_known(struct reader *r, struct event *e, const struct appliance_key *k,
                      struct str value)
{
    uint64_t n = 0;

    switch (k->kind) {
    case AS_SOURCE:
    case AS_TARGET:
        return put_end(r, e, k->kind == AS_SOURCE, value);
    case AS_ADDRESS:
        if (!is_address(value))
            return false;
        break;
    case AS_NUMBER:
        if (!str_u64(value, &n))
            return false;
        if (n == 0)
            return true;
        break;
    case AS_TRANSPORT:
        value = str_cut(&value, '/');
        break;
    case AS_LEVEL:
        return put_level(e, value);
    case AS_PRIORITY:
        return str_u64(value, &n) && n < SYSLOG_LEVELS && put_level(e, str_of(syslog_levels[n]));
    case AS_USER:
        put_user(r, e, k->field, value);
        return true;
    case AS_HOST:
        put_host(r, e, value);
        return true;
    case AS_TEXT:
        break;
    }
    put(r, e, k->field, value);
    return true;
}

static void put_pair(struct reader *r, struct event *e, const struct record *d,
                     const struct pair *p)
{
    const struct appliance *a = d->of;

    if (is_none(p->value))
        return;
    for (size_t i = 0; i < a->key_count; i++)
        if (str_is(p->key, a->keys[i].key)) {
            if (!put_known(r, e, &a->keys[i], p->value))
                break;
            return;
        }
    put_own(r, e, d, p);
}

static bool is_so(struct str value, const char *wanted)
{
    if (wanted[0] == '*')
        return value.len > 0;
    if (wanted[0] == '~')
        return value.len && memmem(value.p, value.len, wanted + 1, strlen(wanted + 1));
    return str_is(value, wanted);
}

static void put_meaning(struct event *e, const struct record *d)
{
    for (size_t i = 0; i < d->of->meaning_count; i++) {
        const struct appliance_meaning *m = &d->of->meanings[i];
        bool fits = true;

        for (size_t k = 0; fits && k < APPLIANCE_SIGNS && m->when[k].key; k++)
            fits = is_so(value_of(d, m->when[k].key), m->when[k].value);
        if (!fits)
            continue;
        event_puts(e, FIELD_EVENT_ACTION, m->action);
        event_puts(e, FIELD_EVENT_CATEGORY, m->category);
        event_puts(e, FIELD_EVENT_OUTCOME, m->outcome);
        return;
    }
}

/* The zone in a member of its own: an offset, a name. */
static void add_zone(struct reader *r, struct event *e, struct str zone, struct stated *s)
{
    struct str at = zone;

    if (s->has_zone || zone.len == 0 || (when_zone(&at, s) && at.len == 0))
        return;
    s->has_zone = false;
    if (!zone_word_find(zone, s))
        reader_zone(r, zone, s);
    event_put(e, FIELD_EVENT_TIMEZONE, zone);
}

/* A time that states its zone, and is that of the clock to a minute, says which that one's is. */
static void add_zone_of(struct str cell, struct stated *s)
{
    struct stated with;
    int64_t apart;

    if (s->has_zone || cell.len == 0 || !when_iso(&cell, &with) || !stated_is_date(&with))
        return;
    apart = stated_seconds(&with) - stated_seconds(s);
    if (apart < -60 || apart > 60)
        return;
    s->has_zone = true;
    s->zone_s = with.zone_s;
}

/* What the message itself states of when it was; the text of it in *text. */
static bool own_time(struct reader *r, struct event *e, const struct record *d, struct stated *s,
                     struct str *text)
{
    struct str date = value_of(d, d->of->date), time = value_of(d, d->of->time), name = STR("");
    char spelled[STAMP_MOST];

    *text = time;
    if (date.len && time.len && date.len + time.len + 2 < sizeof(spelled)) {
        int len =
            snprintf(spelled, sizeof(spelled), STR_FMT " " STR_FMT, STR_ARG(date), STR_ARG(time));

        *text = event_keep(e, (struct str){spelled, (size_t)len});
    }
    if (!json_time(*text, s, &name) || !stated_is_date(s) || s->year == 0)
        return false;
    add_zone(r, e, name.len ? name : value_of(d, d->of->zone), s);
    add_zone_of(value_of(d, "high_res_timestamp"), s);
    return true;
}

/* False: neither time is known. */
static bool put_time(struct reader *r, struct event *e, const struct record *d,
                     const struct stated *head)
{
    struct stated own;
    struct str text;
    bool has_own = own_time(r, e, d, &own, &text);

    if (has_own && head)
        appliance_put_settled(r, e, &own, head, text);
    else if (has_own || head)
        reader_time(r, e, head ? head : &own);
    return has_own || head;
}

/* The same, where the head has given e its time. */
static void put_time_again(struct reader *r, struct event *e, const struct record *d)
{
    struct stated s;
    struct str text;

    if (own_time(r, e, d, &s, &text))
        appliance_put_time(r, e, &s, text);
}

static void put_record(struct reader *r, struct event *e, const struct record *d)
{
    struct str sentence = value_of(d, d->of->sentence);

    put(r, e, "observer.vendor", str_of(d->of->vendor));
    for (size_t i = 0; i < d->count; i++)
        put_pair(r, e, d, &d->pairs[i]);
    transport_spell(e);
    if (!sentence.len || !pattern_match(syslog_patterns(r), str_of(d->of->program), sentence, e))
        put_meaning(e, d);
    if (d->is_odd)
        put(r, e, "event.is_ambiguous", STR("yes"));
}

bool appliance_understand(struct reader *r, struct str message, struct event *e)
{
    struct record d;

    if (!read_record(&d, message))
        return false;
    put_time_again(r, e, &d);
    put_record(r, e, &d);
    return true;
}

/* "<134>" */
static void take_priority(struct str *line, struct event *e)
{
    struct str at = *line, digits;
    uint64_t n;

    if (!str_take(&at, "<"))
        return;
    digits = str_cut(&at, '>');
    if (digits.len == 0 || digits.len > 3 || !str_u64(digits, &n) || n >> 3 >= SYSLOG_FACILITIES)
        return;
    event_puts(e, FIELD_LOG_LEVEL, syslog_levels[n & 7]);
    event_puts(e, FIELD_FACILITY, syslog_facilities[n >> 3]);
    *line = at;
}

/* The time and host of a collector, and what stands behind them up to the message. */
static bool take_head(struct str *line, struct event *e, struct record *d, struct stated *s)
{
    struct str at = *line, behind;

    if (!when_bsd(&at, s) && !when_iso(&at, s))
        return false;
    (void)str_take(&at, ":");
    str_skip_blanks(&at);
    behind = at;
    if (!read_record(d, at))
        syslog_take_host(&at, e);
    for (unsigned i = 0; i <= HEAD_WORDS_MOST && at.len; i++) {
        str_skip_blanks(&at);
        if (read_record(d, at)) {
            *line = at;
            return appliance_is_behind_hosts(str_head(behind, (size_t)(at.p - behind.p)));
        }
        (void)str_cut(&at, ' ');
    }
    return false;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct record d;
    struct stated head;
    bool has_head = false;

    take_priority(&line, e);
    str_skip_blanks(&line);
    if (!read_record(&d, line)) {
        if (!take_head(&line, e, &d, &head))
            return LINE_FOREIGN;
        has_head = true;
    }
    if (!d.of->time || !put_time(r, e, &d, has_head ? &head : NULL))
        return LINE_FOREIGN; /* those without one are of system logs */
    if (r->counting || r->folding)
        return LINE_EVENT;
    put_record(r, e, &d);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_appliance = {
    .name = "appliance", .version = 1, .is_splittable = true, .line = line_of, .has_heads = true};
