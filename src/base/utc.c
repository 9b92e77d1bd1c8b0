/* utc.c: moments and spans. */
#include "base/utc.h"
#include <time.h>

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

struct utc utc_now(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        BUG("no clock");
    return (struct utc){ts.tv_sec, (uint32_t)ts.tv_nsec};
}

int64_t monotonic_ms(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        BUG("no clock");
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int utc_cmp(struct utc a, struct utc b)
{
    if (a.sec != b.sec)
        return a.sec < b.sec ? -1 : 1;
    return a.ns < b.ns ? -1 : a.ns > b.ns;
}

int64_t utc_minus_ms(struct utc a, struct utc b)
{
    return (a.sec - b.sec) * 1000 + ((int64_t)a.ns - (int64_t)b.ns) / 1000000;
}

struct utc utc_plus_s(struct utc t, int64_t seconds)
{
    t.sec += seconds;
    return t;
}

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

/* Days since 1970-01-01 of a Gregorian date, by counting from March so that the leap day comes
 * last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static struct civil civil_of(int64_t sec)
{
    int64_t days = sec / DAY_S - (sec % DAY_S < 0);
    int64_t rest = sec - days * DAY_S;
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    unsigned month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);

    return (struct civil){yoe + era * 400 + (month <= 2),           month,
                          (unsigned)(doy - (153 * mp + 2) / 5 + 1), (unsigned)(rest / HOUR_S),
                          (unsigned)(rest % HOUR_S / MINUTE_S),     (unsigned)(rest % MINUTE_S)};
}

static unsigned days_in_month(int64_t year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool civil_is_valid(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 59;
}

static int64_t civil_sec(const struct civil *c)
{
    return days_of(c->year, c->month, c->day) * DAY_S + c->hour * HOUR_S + c->minute * MINUTE_S +
           c->second;
}

static void digits_write(char *out, uint64_t n, size_t width)
{
    while (width--) {
        out[width] = (char)('0' + n % 10);
        n /= 10;
    }
}

void utc_write(char *out, struct utc t)
{
    struct civil c = civil_of(t.sec);

    if (c.year < 0 || c.year > 9999 || t.ns > 999999999)
        BUG("a time out of range");
    memcpy(out, "0000-00-00T00:00:00.000000000Z", UTC_TEXT_SIZE);
    digits_write(out, (uint64_t)c.year, 4);
    digits_write(out + 5, c.month, 2);
    digits_write(out + 8, c.day, 2);
    digits_write(out + 11, c.hour, 2);
    digits_write(out + 14, c.minute, 2);
    digits_write(out + 17, c.second, 2);
    digits_write(out + 20, t.ns, 9);
}

void utc_add(struct buf *b, struct utc t)
{
    utc_write(buf_room(b, UTC_TEXT_SIZE), t);
    b->len += UTC_TEXT_SIZE;
}

static bool digits_read(struct str s, size_t off, size_t width, uint64_t *out)
{
    return str_u64(str_head(str_from(s, off), width), out);
}

bool utc_read(struct utc *out, struct str text)
{
    static const char form[] = "0000-00-00T00:00:00.000000000Z";
    uint64_t part[7];
    static const struct {
        unsigned char off, width;
    } parts[7] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 9}};
    struct civil c;

    if (text.len != UTC_TEXT_SIZE)
        return false;
    for (size_t i = 0; i < UTC_TEXT_SIZE; i++)
        if (form[i] != '0' && text.p[i] != form[i])
            return false;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!digits_read(text, parts[i].off, parts[i].width, &part[i]))
            return false;
    c = (struct civil){(int64_t)part[0],  (unsigned)part[1], (unsigned)part[2],
                       (unsigned)part[3], (unsigned)part[4], (unsigned)part[5]};
    if (!civil_is_valid(&c))
        return false;
    *out = (struct utc){civil_sec(&c), (uint32_t)part[6]};
    return true;
}

const char *utc_plain(char *out, struct utc t)
{
    char text[UTC_TEXT_SIZE];

    utc_write(text, t);
    snprintf(out, UTC_PLAIN_SIZE, "%.10s %.8s UTC", text, text + 11);
    return out;
}

static const char *local_format(char *out, const char *fmt, struct utc t)
{
    time_t sec = (time_t)t.sec;
    struct tm tm;

    if (!localtime_r(&sec, &tm))
        return utc_plain(out, t);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strftime(out, UTC_PLAIN_SIZE, fmt, &tm) == 0)
        return utc_plain(out, t);
#pragma GCC diagnostic pop
    return out;
}

const char *utc_local(char *out, struct utc t)
{
    return local_format(out, "%Y-%m-%d %H:%M:%S %z", t);
}

void utc_add_both(struct buf *b, struct utc t, bool with_seconds)
{
    enum { DAY_LEN = 10, MINUTE_LEN = 16, SECOND_LEN = 19 };
    int len = with_seconds ? SECOND_LEN : MINUTE_LEN;
    char local[UTC_PLAIN_SIZE];
    char utc[UTC_PLAIN_SIZE];
    int same = 0; /* what both begin with, and the second need not say again */

    utc_local(local, t);
    utc_plain(utc, t);
    if (strncmp(local, utc, MINUTE_LEN) == 0) {
        buf_addf(b, "%.*s UTC", len, utc);
        return;
    }
    if (strncmp(local, utc, DAY_LEN) == 0)
        same = DAY_LEN + 1;
    buf_addf(b, "%.*s (%.*s UTC)", len, local, len - same, utc + same);
}

static bool is_same_local_day(struct utc a, struct utc b)
{
    char day_a[UTC_PLAIN_SIZE];
    char day_b[UTC_PLAIN_SIZE];

    return strcmp(local_format(day_a, "%Y-%m-%d", a), local_format(day_b, "%Y-%m-%d", b)) == 0;
}

const char *utc_local_short(char *out, struct utc t, struct utc now)
{
    return local_format(out, is_same_local_day(t, now) ? "%H:%M" : "%e %b %H:%M", t);
}

const char *const utc_precision_names[] = {"second", "minute", "hour", "day", NULL};

const char *utc_precision_name(enum utc_precision p)
{
    return utc_precision_names[p];
}

/* Reads decimal digits off the front of *s. */
static bool take_char(struct str *s, char c)
{
    if (s->len == 0 || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_date(struct str *s, struct civil *c)
{
    struct str rest = *s;
    uint64_t y;
    uint64_t m;
    uint64_t d;

    if (!str_take_u64(&rest, 4, &y) || !take_char(&rest, '-') || !str_take_u64(&rest, 2, &m) ||
        !take_char(&rest, '-') || !str_take_u64(&rest, 2, &d))
        return false;
    c->year = (int64_t)y;
    c->month = (unsigned)m;
    c->day = (unsigned)d;
    *s = rest;
    return true;
}

/* ".5": at most nine digits. */
static bool take_fraction(struct str *s, uint32_t *ns)
{
    size_t len = s->len;
    uint64_t value;

    if (!str_take_u64(s, 9, &value))
        return false;
    for (len -= s->len; len < 9; len++)
        value *= 10;
    *ns = (uint32_t)value;
    return true;
}

static bool take_clock(struct str *s, struct civil *c, uint32_t *ns, enum utc_precision *precision)
{
    struct str rest = *s;
    uint64_t h;
    uint64_t m;
    uint64_t sec = 0;

    if (!str_take_u64(&rest, 2, &h) || !take_char(&rest, ':') || !str_take_u64(&rest, 2, &m))
        return false;
    *precision = PRECISION_MINUTE;
    if (take_char(&rest, ':')) {
        if (!str_take_u64(&rest, 2, &sec))
            return false;
        *precision = PRECISION_SECOND;
        if (take_char(&rest, '.') && !take_fraction(&rest, ns))
            return false;
    }
    c->hour = (unsigned)h;
    c->minute = (unsigned)m;
    c->second = (unsigned)sec;
    *s = rest;
    return true;
}

/* Behind a date: "12". */
static bool take_hour(struct str *s, struct civil *c, enum utc_precision *precision)
{
    uint64_t h;

    if (!str_take_u64(s, 2, &h))
        return false;
    c->hour = (unsigned)h;
    *precision = PRECISION_HOUR;
    return true;
}

/* "Z", "UTC", "+01:00", "+0100"; false when there is none or it is not understood. */
static bool take_zone(struct str *s, int64_t *offset_s)
{
    struct str rest = *s;
    uint64_t h;
    uint64_t m;
    int sign;

    if (str_starts(rest, "UTC"))
        rest = str_from(rest, 3);
    else if (take_char(&rest, 'Z'))
        ;
    else {
        sign = take_char(&rest, '+') ? 1 : take_char(&rest, '-') ? -1 : 0;
        if (!sign || !str_take_u64(&rest, 2, &h) ||
            (take_char(&rest, ':'), !str_take_u64(&rest, 2, &m)) || h > 14 || m > 59)
            return false;
        *offset_s = sign * (int64_t)(h * HOUR_S + m * MINUTE_S);
        *s = rest;
        return true;
    }
    *offset_s = 0;
    *s = rest;
    return true;
}

static void civil_local(struct civil *c, struct utc t)
{
    time_t sec = (time_t)t.sec;
    struct tm tm;

    if (!localtime_r(&sec, &tm)) {
        *c = civil_of(t.sec);
        return;
    }
    *c = (struct civil){tm.tm_year + 1900,    (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday,
                        (unsigned)tm.tm_hour, (unsigned)tm.tm_min,     (unsigned)tm.tm_sec};
}

static int64_t local_to_sec(const struct civil *c)
{
    struct tm tm = {.tm_year = (int)(c->year - 1900),
                    .tm_mon = (int)c->month - 1,
                    .tm_mday = (int)c->day,
                    .tm_hour = (int)c->hour,
                    .tm_min = (int)c->minute,
                    .tm_sec = (int)c->second,
                    .tm_isdst = -1};

    return (int64_t)mktime(&tm);
}

static void civil_utc(struct civil *c, struct utc t)
{
    *c = civil_of(t.sec);
}

/* The zone of times that state none. */
struct zone_of_people {
    void (*to_civil)(struct civil *c, struct utc t);
    int64_t (*to_sec)(const struct civil *c);
};
static const struct zone_of_people local_zone = {civil_local, local_to_sec};
static const struct zone_of_people utc_zone = {civil_utc, civil_sec};

/* A date, a clock time, or both, with or without a zone. */
static bool parse_absolute(struct str s, struct utc now, const struct zone_of_people *zone,
                           struct utc *out, enum utc_precision *precision)
{
    struct civil c;
    bool has_date;
    bool has_clock;
    bool is_apart; /* the date ends with a blank or T */
    bool is_yesterday = str_starts(s, "yesterday");
    size_t size;
    int64_t offset = 0;
    bool has_zone;

    zone->to_civil(&c, now);
    if (is_yesterday || str_starts(s, "today")) {
        s = str_from(s, is_yesterday ? 9 : 5);
        has_date = true;
    } else {
        has_date = take_date(&s, &c);
    }
    size = s.len;
    if (has_date && !take_char(&s, 'T'))
        s = str_trim(s);
    is_apart = s.len < size;
    c.hour = c.minute = c.second = 0;
    *precision = PRECISION_DAY;
    out->ns = 0;
    has_clock =
        take_clock(&s, &c, &out->ns, precision) || (is_apart && take_hour(&s, &c, precision));
    s = str_trim(s);
    has_zone = has_clock && take_zone(&s, &offset);
    if ((!has_date && !has_clock) || s.len || !civil_is_valid(&c))
        return false;
    out->sec = has_zone ? civil_sec(&c) - offset : zone->to_sec(&c);
    if (is_yesterday || (!has_date && out->sec > now.sec))
        out->sec -= DAY_S;
    return true;
}

static const struct {
    const char *name;
    int64_t seconds;
    enum utc_precision precision;
} span_units[] = {
    {"s", 1, PRECISION_SECOND},       {"sec", 1, PRECISION_SECOND},
    {"second", 1, PRECISION_SECOND},  {"seconds", 1, PRECISION_SECOND},
    {"m", 60, PRECISION_MINUTE},      {"min", 60, PRECISION_MINUTE},
    {"minute", 60, PRECISION_MINUTE}, {"minutes", 60, PRECISION_MINUTE},
    {"h", 3600, PRECISION_HOUR},      {"hour", 3600, PRECISION_HOUR},
    {"hours", 3600, PRECISION_HOUR},  {"d", 86400, PRECISION_DAY},
    {"day", 86400, PRECISION_DAY},    {"days", 86400, PRECISION_DAY},
    {"w", 604800, PRECISION_DAY},     {"week", 604800, PRECISION_DAY},
    {"weeks", 604800, PRECISION_DAY},
};

static bool take_span_part(struct str *s, int64_t *total, enum utc_precision *precision)
{
    struct str rest = *s;
    uint64_t n;
    size_t len = 0;

    if (!str_take_u64(&rest, 9, &n))
        return false;
    rest = str_trim(rest);
    while (len < rest.len && rest.p[len] >= 'a' && rest.p[len] <= 'z')
        len++;
    for (size_t i = 0; i < COUNT_OF(span_units); i++) {
        if (!str_is(str_head(rest, len), span_units[i].name))
            continue;
        *total += (int64_t)n * span_units[i].seconds;
        *precision = span_units[i].precision;
        *s = str_trim(str_from(rest, len));
        return true;
    }
    return false;
}

static bool take_span(struct str *s, int64_t *total, enum utc_precision *precision)
{
    *total = 0;
    if (!take_span_part(s, total, precision))
        return false;
    while (s->len && s->p[0] >= '0' && s->p[0] <= '9')
        if (!take_span_part(s, total, precision))
            return false;
    return true;
}

static bool parse_relative(struct str s, struct utc now, struct utc *out,
                           enum utc_precision *precision)
{
    bool ahead = str_starts(s, "in ");
    int64_t span;

    if (ahead)
        s = str_trim(str_from(s, 3));
    if (!take_span(&s, &span, precision) || (ahead ? s.len != 0 : !str_is(s, "ago")))
        return false;
    *out = utc_plus_s((struct utc){now.sec, 0}, ahead ? span : -span);
    return true;
}

static int parse(struct str text, struct utc now, const struct zone_of_people *zone,
                 struct utc *out, enum utc_precision *precision, struct err *e)
{
    struct str s = str_trim(text);
    struct utc t = now;
    enum utc_precision p = PRECISION_SECOND;

    if (!str_is(s, "now") && !parse_relative(s, now, &t, &p) &&
        !parse_absolute(s, now, zone, &t, &p))
        return err_set(e, ERR_USAGE,
                       "\"" STR_FMT
                       "\" is not a time that I understand. Write 14:30, yesterday 23:15, "
                       "2026-11-25 03:12, 2026-11-25T03:12:09Z or 10 min ago",
                       STR_ARG(str_head(text, 60)));
    *out = t;
    *precision = p;
    return 0;
}

int utc_parse(struct str text, struct utc now, struct utc *out, enum utc_precision *precision,
              struct err *e)
{
    return parse(text, now, &local_zone, out, precision, e);
}

int utc_parse_utc(struct str text, struct utc now, struct utc *out, enum utc_precision *precision,
                  struct err *e)
{
    return parse(text, now, &utc_zone, out, precision, e);
}

int64_t utc_lasts_ns(struct str text, enum utc_precision precision)
{
    static const int64_t seconds[] = {[PRECISION_SECOND] = 1,
                                      [PRECISION_MINUTE] = MINUTE_S,
                                      [PRECISION_HOUR] = HOUR_S,
                                      [PRECISION_DAY] = DAY_S};
    int64_t ns = seconds[precision] * 1000000000;

    text = str_trim(text);
    if (str_is(text, "now") || str_starts(text, "in ") || str_ends(text, "ago"))
        return 1;
    (void)str_cut(&text, '.');
    for (; text.len && text.p[0] >= '0' && text.p[0] <= '9'; text = str_from(text, 1))
        ns /= 10;
    return ns;
}

int span_parse(struct str text, int64_t *out_s, struct err *e)
{
    struct str s = str_trim(text);
    enum utc_precision precision;
    int64_t total;

    if (!take_span(&s, &total, &precision) || s.len)
        return err_set(e, ERR_USAGE,
                       "\"" STR_FMT "\" is not a span of time. Write 90 s, 5 min, 72 h or 3 days",
                       STR_ARG(str_head(text, 60)));
    *out_s = total;
    return 0;
}

const char *span_text(char out[UTC_PLAIN_SIZE], int64_t seconds)
{
    int64_t s = seconds < 0 ? -seconds : seconds;
    int64_t days = s / DAY_S;

    if (s < 120)
        snprintf(out, UTC_PLAIN_SIZE, "%lld s", (long long)s);
    else if (s < HOUR_S)
        snprintf(out, UTC_PLAIN_SIZE, "%lld min", (long long)(s / MINUTE_S));
    else if (s < 100 * HOUR_S)
        snprintf(out, UTC_PLAIN_SIZE, "%lld h %02lld min", (long long)(s / HOUR_S),
                 (long long)(s % HOUR_S / MINUTE_S));
    else
        snprintf(out, UTC_PLAIN_SIZE, "%lld days", (long long)days);
    return out;
}
