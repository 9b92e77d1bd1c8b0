/* foreign.c: what the columns and members of plaso's and Timesketch's timelines become. */
#include "timeline/foreign.h"
#include <stdio.h>
#include "timeline/body.h"
#include "timeline/zone_word.h"

#define SHARED                                                                                     \
    {"datetime", NULL, FOREIGN_DATETIME}, {"timestamp", NULL, FOREIGN_MICROS},                     \
        {"timestamp_desc", NULL, FOREIGN_MEANING}, {"message", "message", 0},                      \
        {"hostname", "host.name", 0}, {"host", "host.name", 0}, {"username", "user.name", 0},      \
        {"user", "user.name", 0}, {"__container_type__", MEMBER_IS_NONE, 0},                       \
    {                                                                                              \
        "__type__", MEMBER_IS_NONE, 0                                                              \
    }

static const struct member l2t_members[] = {
    {"date", NULL, FOREIGN_DATE},     {"time", NULL, FOREIGN_CLOCK},
    {"timezone", NULL, FOREIGN_ZONE}, {"MACB", "plaso.macb", 0},
    {"type", NULL, FOREIGN_MEANING},  {"user", "user.name", 0},
    {"host", "host.name", 0},         {"short", MEMBER_IS_NONE, 0},
    {"desc", "message", 0},           {"version", MEMBER_IS_NONE, 0},
    {"notes", "plaso.tag", 0},        {"format", "plaso.parser", 0},
};
static const struct member plaso_members[] = {
    SHARED,
    {"date_time.is_local_time", NULL, FOREIGN_LOCAL},
    {"date_time.__class_name__", NULL, FOREIGN_CLASS},
    {"pid", "process.pid", 0},
    {"reporter", "process.name", 0},
};
static const struct member timesketch_members[] = {
    SHARED,
    {"src_ip", "source.ip", 0},
    {"source_ip", "source.ip", 0},
    {"dst_ip", "destination.ip", 0},
    {"dest_ip", "destination.ip", 0},
};
const struct member_table foreign_l2t = {"plaso.", l2t_members, COUNT_OF(l2t_members), true};
const struct member_table foreign_plaso = {"plaso.", plaso_members, COUNT_OF(plaso_members), true};
const struct member_table foreign_timesketch = {"timesketch.", timesketch_members,
                                                COUNT_OF(timesketch_members), true};

static bool is_file_value(struct str field, struct str value)
{
    return ((str_ends(field, ".parser") && str_starts(value, "filestat")) ||
            (str_ends(field, ".data_type") && str_starts(value, "fs:stat")) ||
            (str_is(field, "plaso.source") && str_is(value, "FILE")));
}

void foreign_put(struct foreign *f, struct member_found found, struct str value)
{
    if (value.len == 0)
        return;
    if (found.kind != FOREIGN_FIELD && f->said[found.kind].len == 0)
        f->said[found.kind] = value;
    if (found.kind != FOREIGN_FIELD || found.field == MEMBER_NONE || found.field == MEMBER_TIME)
        return;
    if (found.field == FIELD_NONE) {
        f->e->left_out++;
        return;
    }
    event_put(f->e, found.field, value);
    f->is_of_file = f->is_of_file || is_file_value(field_name(f->r->names, found.field), value);
}

void foreign_take(struct foreign *f, struct str name, struct str value)
{
    foreign_put(f, member_find(f->members, f->table, f->r->names, name), value);
}

static uint16_t own(struct foreign *f, const char *name)
{
    char whole[64];
    int len = snprintf(whole, sizeof(whole), "%s%s", f->table->prefix, name);

    return field_number(f->r->names, (struct str){whole, (size_t)len});
}

/* What plaso calls the times of its sources; bits as body_meaning has them. */
static const struct {
    const char *words;
    uint8_t times;
    uint8_t meaning;
} descriptions[] = {
    {"Content Modification Time", 1 << BODY_MODIFIED, 0},
    {"Last Access Time", 1 << BODY_ACCESSED, 0},
    {"Metadata Modification Time", 1 << BODY_CHANGED, 0},
    {"Creation Time", 1 << BODY_CREATED, 0},
    {"mtime", 1 << BODY_MODIFIED, 0},
    {"atime", 1 << BODY_ACCESSED, 0},
    {"ctime", 1 << BODY_CHANGED, 0},
    {"crtime", 1 << BODY_CREATED, 0},
    {"Content Deletion Time", 0, MEANING_DELETED},
    {"Start Time", 0, MEANING_STARTED},
    {"End Time", 0, MEANING_ENDED},
    {"Last Login Time", 0, MEANING_LAST_LOGIN},
};

/* "A; B" is one time with several meanings. Of what is no file, plaso calls the time at which a
 * line was logged that of a modification. */
static void put_meaning(struct foreign *f)
{
    struct str rest = f->said[FOREIGN_MEANING];
    unsigned times = 0;

    event_put(f->e, own(f, "timestamp_desc"), rest);
    while (rest.len) {
        struct str one = str_trim(str_cut(&rest, ';'));

        for (size_t i = 0; i < COUNT_OF(descriptions); i++) {
            if (!str_is(one, descriptions[i].words))
                continue;
            times |= descriptions[i].times;
            if (descriptions[i].meaning)
                f->e->meaning = descriptions[i].meaning;
        }
    }
    if (!f->is_of_file)
        times &= ~(1U << BODY_MODIFIED);
    if (times)
        f->e->meaning = body_meaning(times);
}

/* How exact plaso's ways to store a time are, and of those that are more exact than the
 * microseconds which it states besides, what they count (dfDateTime). */
struct class
{
    const char *name;
    uint8_t precision;
    uint32_t ns;     /* of one; 0: microseconds tell all */
    int64_t begin_s; /* of the count, since 1970 */
};

static const struct class *class_of(struct str name)
{
    static const struct class classes[] = {
        {"PosixTime", TIME_S, 0, 0},
        {"TimeElements", TIME_S, 0, 0},
        {"HFSTime", TIME_S, 0, 0},
        {"FATDateTime", TIME_2S, 0, 0},
        {"FATDateTimeTimestamp", TIME_2S, 0, 0},
        {"TimeElementsInMilliseconds", TIME_MS, 0, 0},
        {"PosixTimeInMilliseconds", TIME_MS, 0, 0},
        {"JavaTime", TIME_MS, 0, 0},
        {"Systemtime", TIME_MS, 0, 0},
        {"PosixTimeInNanoseconds", TIME_NS, 1, 0},
        {"APFSTime", TIME_NS, 1, 0},
        {"Filetime", TIME_100NS, 100, -11644473600},       /* 1601-01-01 */
        {"UUIDTime", TIME_100NS, 100, -12219292800},       /* 1582-10-15 */
        {"DotNetDateTime", TIME_100NS, 100, -62135596800}, /* 0001-01-01 */
    };
    static const struct class other = {"", TIME_US, 0, 0};

    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (str_is(name, classes[i].name))
            return &classes[i];
    return &other;
}

static bool read_count(struct str text, int64_t *out)
{
    bool is_negative = str_take(&text, "-");
    uint64_t n;

    if (!str_u64(text, &n) || n > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)n : (int64_t)n;
    return true;
}

/* The nanoseconds since 1970 of what was stored, which the microseconds are those of, rounded. */
static bool read_stored(struct str text, const struct class *c, int64_t us, int64_t *ns)
{
    int64_t count, per_s, seconds, rest;

    if (c->ns == 0 || !read_count(text, &count))
        return false;
    per_s = 1000000000 / c->ns;
    seconds = count / per_s;
    rest = count % per_s * c->ns;
    if (__builtin_mul_overflow(seconds + c->begin_s, (int64_t)1000000000, ns) ||
        __builtin_add_overflow(*ns, rest, ns))
        return false;
    return *ns / 1000 - us <= 1 && us - *ns / 1000 <= 1;
}

static bool read_micros(struct str text, int64_t *us)
{
    return read_count(text, us) && *us <= INT64_MAX / 1000 && *us >= INT64_MIN / 1000;
}

/* "CET" in July: it may be the zone of that name, which has summer time then. */
static bool is_other_zone(const struct reader *r, struct str name, const struct stated *s)
{
    const struct zone *named = s->has_zone && s->zone_s ? zone_named(r->zones, name) : NULL;
    uint16_t doubt = 0;

    return named && stated_is_date(s) && zone_offset(named, stated_seconds(s), &doubt) != s->zone_s;
}

/* "12/31/2026" and "03:12:09"; the zone by its name. */
static bool read_date_and_clock(const struct foreign *f, struct stated *s)
{
    struct str date = f->said[FOREIGN_DATE], clock = f->said[FOREIGN_CLOCK];
    struct str zone = f->said[FOREIGN_ZONE];

    *s = (struct stated){.precision = TIME_S};
    if (!when_digits(&date, 2, &s->month) || !str_take(&date, "/") ||
        !when_digits(&date, 2, &s->day) || !str_take(&date, "/") ||
        !when_digits(&date, 4, &s->year) || date.len)
        return false;
    if (!when_digits(&clock, 2, &s->hour) || !str_take(&clock, ":") ||
        !when_digits(&clock, 2, &s->minute) || !str_take(&clock, ":") ||
        !when_digits(&clock, 2, &s->second) || clock.len)
        return false;
    s->has_zone = str_is(zone, "Z");
    /* What holds at the time ("CEST"), or the zone's name, as before the middle of 2020. */
    if (!s->has_zone && !zone_word_find(zone, s))
        reader_zone(f->r, zone, s);
    else if (is_other_zone(f->r, zone, s))
        s->has_zone = false;
    return s->year != 0;
}

static bool is_true(struct str s)
{
    return str_is(s, "true") || str_is(s, "True");
}

/* The time in microseconds is put beside another only where they differ. */
static void put_micros(struct foreign *f, bool has_time)
{
    const struct class *class = class_of(f->said[FOREIGN_CLASS]);
    struct str text = f->said[FOREIGN_MICROS];
    int64_t us;

    if (text.len == 0)
        return;
    if (!read_micros(text, &us) || (has_time && f->e->ns / 1000 - (f->e->ns % 1000 < 0) != us)) {
        event_put(f->e, own(f, "timestamp"), text);
        return;
    }
    if (has_time)
        return;
    f->e->precision = class->precision;
    if (read_stored(event_value(f->e, own(f, "date_time.timestamp")), class, us, &f->e->ns))
        return;
    f->e->ns = us * 1000;
    if (class->ns)
        f->e->precision = TIME_US;
}

/* What is no time of a calendar stands as a field. */
static bool put_datetime(struct foreign *f)
{
    struct str text = f->said[FOREIGN_DATETIME], rest = text;
    struct stated s;

    if (text.len == 0)
        return false;
    if (when_iso(&rest, &s) && rest.len == 0 && stated_is_date(&s)) {
        reader_time(f->r, f->e, &s);
        return f->e->precision != TIME_NONE;
    }
    event_put(f->e, own(f, "datetime"), text);
    return false;
}

static bool put_date_and_clock(struct foreign *f)
{
    struct stated s;

    if (f->said[FOREIGN_DATE].len == 0)
        return false;
    if (read_date_and_clock(f, &s) && stated_is_date(&s)) {
        reader_time(f->r, f->e, &s);
        if (!s.has_zone || s.zone || s.zone_s)
            event_put(f->e, own(f, "timezone"), f->said[FOREIGN_ZONE]);
        return f->e->precision != TIME_NONE;
    }
    event_put(f->e, own(f, "date"), f->said[FOREIGN_DATE]);
    event_put(f->e, own(f, "time"), f->said[FOREIGN_CLOCK]);
    return false;
}

static void put_path(struct foreign *f)
{
    struct str path = event_value(f->e, own(f, "filename"));

    if (path.len == 0) {
        path = event_value(f->e, own(f, "display_name"));
        (void)str_cut(&path, ':');
    } else if (f->said[FOREIGN_DATE].len) {
        (void)str_cut(&path, ':'); /* l2tcsv has the kind of its source in front */
    }
    event_put(f->e, FIELD_FILE_PATH, path);
}

bool foreign_end(struct foreign *f)
{
    bool is_no_time = str_is(f->said[FOREIGN_MEANING], "Not a time");
    bool has_time = !is_no_time && (put_datetime(f) || put_date_and_clock(f));

    if (!is_no_time)
        put_micros(f, has_time);
    if (is_true(f->said[FOREIGN_LOCAL]))
        f->e->doubt |= DOUBT_ZONE;
    put_meaning(f);
    if (f->is_of_file)
        put_path(f);
    return f->said[FOREIGN_MEANING].len &&
           (f->said[FOREIGN_DATETIME].len || f->said[FOREIGN_DATE].len ||
            f->said[FOREIGN_MICROS].len);
}
