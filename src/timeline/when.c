/* when.c: reads clock times as logs spell them, and finds the moments they stand for. */
#include "timeline/when.h"
#include "timeline/years.h"
#include <stdio.h>

enum {
    NS_DIGITS = 9,
    NS_OF_S = 1000000000,
    HOUR_S = 3600,
    DAY_S = 86400,
    FIRST_YEAR = 1678, /* all of it is in the range of an event's time */
    LAST_YEAR = 2261,
    NO_YEAR = -1, /* year 0, as "0000-00-00" has it: stated, and none */
};
static const int64_t oldest_s = 631152000; /* 1990-01-01 */

bool when_digits(struct str *rest, size_t count, int *out)
{
    int n = 0;

    if (rest->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!char_is_digit(rest->p[i]))
            return false;
        n = n * 10 + (rest->p[i] - '0');
    }
    *out = n;
    *rest = str_from(*rest, count);
    return true;
}

static bool take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->p[0] != c)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

int when_month(struct str three)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (three.len < 3)
        return 0;
    for (int i = 0; i < 12; i++)
        if ((three.p[0] | 0x20) == names[3 * i] && (three.p[1] | 0x20) == names[3 * i + 1] &&
            (three.p[2] | 0x20) == names[3 * i + 2])
            return i + 1;
    return 0;
}

static uint8_t precision_of(size_t digits)
{
    return digits == 0   ? TIME_S
           : digits <= 3 ? TIME_MS
           : digits <= 6 ? TIME_US
           : digits == 7 ? TIME_100NS
                         : TIME_NS;
}

/* Digits past the ninth are of no use and taken, too. */
static void take_fraction(struct str *rest, struct stated *s)
{
    struct str at = *rest;
    size_t digits = 0;

    s->ns = 0;
    s->precision = TIME_S;
    if (!take_char(&at, '.') && !take_char(&at, ','))
        return;
    if (at.len == 0 || !char_is_digit(at.p[0]))
        return;
    for (; at.len && char_is_digit(at.p[0]); at = str_from(at, 1), digits++)
        if (digits < NS_DIGITS)
            s->ns = s->ns * 10 + (uint32_t)(at.p[0] - '0');
    for (size_t i = digits; i < NS_DIGITS; i++)
        s->ns *= 10;
    s->precision = precision_of(digits);
    *rest = at;
}

void stated_keep(struct stated *s, struct str text)
{
    text = str_head(text, sizeof(s->text));
    s->text_len = (uint8_t)text.len;
    memcpy(s->text, text.p, text.len);
}

/* What was read of *rest, up to at. */
static void give(struct str *rest, struct str at, struct stated *s, struct stated *out)
{
    if (!stated_is_date(s))
        stated_keep(s, str_head(*rest, rest->len - at.len));
    *out = *s;
    *rest = at;
}

/* "03:12:09", "3:12:09", and a fraction. */
static bool take_clock(struct str *rest, struct stated *s)
{
    struct str at = *rest;

    if (!when_digits(&at, at.len > 1 && at.p[1] == ':' ? 1 : 2, &s->hour) || !take_char(&at, ':') ||
        !when_digits(&at, 2, &s->minute) || !take_char(&at, ':') ||
        !when_digits(&at, 2, &s->second))
        return false;
    take_fraction(&at, s);
    *rest = at;
    return true;
}

/* " PM", "AM", " p.m." and what ends it: 'a' or 'p'; 0: it is none of them. */
static char half_of(struct str *rest)
{
    struct str at = *rest;
    char c;

    (void)str_take(&at, " ");
    if (at.len < 2 || ((c = at.p[0] | 0x20) != 'a' && c != 'p'))
        return 0;
    at = str_from(at, 1);
    (void)str_take(&at, ".");
    if (at.len == 0 || (at.p[0] | 0x20) != 'm')
        return 0;
    at = str_from(at, 1);
    (void)str_take(&at, ".");
    if (at.len && !memchr(" \t:],;|\")'", at.p[0], 10))
        return 0;
    *rest = at;
    return c;
}

static bool is_of_twelve(int hour)
{
    return hour >= 1 && hour <= 12;
}

/* Behind an hour that is none of twelve it is a word of the text. */
void when_half(struct str *rest, enum when_clock clock, struct stated *s)
{
    struct str at = *rest;

    s->half = half_of(&at);
    s->shown_hour = (uint8_t)s->hour;
    if (!s->half || !is_of_twelve(s->hour) || clock == CLOCK_DAY)
        return;
    s->hour = s->hour % 12 + (s->half == 'p' ? 12 : 0);
    *rest = at;
}

/* Behind a date with the year first, where clocks mostly have 24 hours: "PM: suspend entry" is what
 * the kernel says. */
static void take_bare_half(struct str *rest, enum when_clock clock, struct stated *s)
{
    struct str at = *rest;

    if (clock == CLOCK_BY_LINE && half_of(&at) && str_starts(at, ":"))
        clock = CLOCK_DAY;
    when_half(rest, clock, s);
    s->is_half_bare = s->half != 0;
}

bool stated_half_counts(const struct stated *s)
{
    return (s->half == 'p' && s->shown_hour >= 1 && s->shown_hour <= 11) ||
           (s->half == 'a' && s->shown_hour == 12);
}

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80) || c == '_';
}

bool when_zone(struct str *rest, struct stated *out)
{
    struct str at = *rest;
    int hours, minutes = 0;
    bool is_west, is_apart = str_take(&at, " "), has_colon;

    if (at.len && (at.p[0] == 'Z' || at.p[0] == 'z') && (at.len == 1 || !is_letter(at.p[1]))) {
        out->has_zone = true;
        out->zone_s = 0;
        *rest = str_from(at, 1);
        return true;
    }
    if (at.len == 0 || (at.p[0] != '+' && at.p[0] != '-'))
        return false;
    is_west = at.p[0] == '-';
    at = str_from(at, 1);
    if (!when_digits(&at, 2, &hours))
        return false;
    has_colon = at.len > 2 && at.p[0] == ':' && char_is_digit(at.p[1]);
    if (has_colon)
        at = str_from(at, 1);
    /* "… 03:12:09 -10 degrees" */
    if (!when_digits(&at, 2, &minutes) && is_apart)
        return false;
    if (minutes > 59 || hours > 25 || (at.len && char_is_digit(at.p[0])))
        return false;
    out->has_zone = true;
    out->is_zone_apart = is_apart && !has_colon;
    out->zone_s = (hours * 60 + minutes) * (is_west ? -60 : 60);
    *rest = at;
    return true;
}

/* "24:00:00" is the end of that day (ISO 8601). */
static void end_of_day(struct stated *s)
{
    struct stated next = *s;

    next.hour = 0;
    if (s->hour != 24 || s->minute || s->second || s->ns || !stated_is_date(&next) ||
        s->year >= LAST_YEAR)
        return;
    stated_from_seconds(s, stated_seconds(&next) + 86400);
}

bool when_iso(struct str *rest, struct stated *out)
{
    return when_iso_by(rest, CLOCK_BY_LINE, out);
}

bool when_iso_by(struct str *rest, enum when_clock clock, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;

    if (!when_digits(&at, 4, &s.year) || !take_char(&at, '-') || !when_digits(&at, 2, &s.month) ||
        !take_char(&at, '-') || !when_digits(&at, 2, &s.day) || at.len == 0 ||
        (at.p[0] != 'T' && at.p[0] != 't' && at.p[0] != ' '))
        return false;
    at = str_from(at, 1);
    if (at.len && at.p[0] == ' ' && at.p[-1] == ' ') /* as apt writes it */
        at = str_from(at, 1);
    if (!take_clock(&at, &s))
        return false;
    take_bare_half(&at, clock, &s);
    /* A space before an offset is part of it; "… 03:12:09 -" is none. */
    (void)when_zone(&at, &s);
    s.year = s.year ? s.year : NO_YEAR;
    end_of_day(&s);
    give(rest, at, &s, out);
    return true;
}

static bool take_day(struct str *rest, int *out)
{
    struct str at = *rest;

    if (at.len > 1 && at.p[0] == ' ' && char_is_digit(at.p[1])) /* "Nov  5" */
        at = str_from(at, 1);
    else if (when_digits(&at, 2, out)) {
        *rest = at;
        return true;
    }
    if (!when_digits(&at, 1, out))
        return false;
    *rest = at;
    return true;
}

static const char weekdays[] = "SunMonTueWedThuFriSat";

uint8_t when_weekday(struct str *rest)
{
    for (size_t i = 0; rest->len > 4 && i < sizeof(weekdays) - 1; i += 3)
        if (memcmp(rest->p, weekdays + i, 3) == 0 && (rest->p[3] == ' ' || rest->p[3] == ',')) {
            *rest = str_from(*rest, rest->p[3] == ',' && rest->p[4] == ' ' ? 5 : 4);
            return (uint8_t)(i / 3 + 1);
        }
    return 0;
}

static bool take_year(struct str *at, int *year)
{
    struct str rest = *at;

    if (!when_digits(&rest, 4, year) || *year < 1970 || (rest.len && char_is_digit(rest.p[0])) ||
        (rest.len && rest.p[0] == ':')) {
        *year = 0;
        return false;
    }
    *at = rest;
    return true;
}

static int two_digits(const char *p)
{
    return char_is_digit(p[0]) && char_is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* "Nov 24 03:12:09 " and a word, as nearly every line begins. False: it may be another layout. */
static bool take_usual_bsd(struct str *rest, struct stated *out)
{
    const char *p = rest->p;
    struct stated s = {.precision = TIME_S};

    if (rest->len < 17 || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' ||
        p[15] != ' ' || char_is_digit(p[16]))
        return false;
    s.month = when_month(*rest);
    s.day = p[4] == ' ' && char_is_digit(p[5]) ? p[5] - '0' : two_digits(p + 4);
    s.hour = two_digits(p + 7);
    s.minute = two_digits(p + 10);
    s.second = two_digits(p + 13);
    if (s.month == 0 || s.day < 0 || s.hour < 0 || s.minute < 0 || s.second < 0)
        return false;
    give(rest, str_from(*rest, 15), &s, out);
    return true;
}

bool when_bsd(struct str *rest, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;

    if (take_usual_bsd(rest, out))
        return true;
    s.weekday = when_weekday(&at);
    if (take_year(&at, &s.year) && !take_char(&at, ' '))
        return false;
    s.month = when_month(at);
    if (s.month == 0)
        return false;
    at = str_from(at, 3);
    if (!take_char(&at, ' ') || !take_day(&at, &s.day) || !take_char(&at, ' '))
        return false;
    if (s.year == 0 && take_year(&at, &s.year) && !take_char(&at, ' '))
        return false;
    if (!take_clock(&at, &s))
        return false;
    if (s.year == 0 && at.len > 4 && at.p[0] == ' ') {
        struct str behind = str_from(at, 1);

        if (take_year(&behind, &s.year))
            at = behind;
    }
    give(rest, at, &s, out);
    return true;
}

bool when_day_first(struct str *rest, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;
    bool is_short = at.len > 1 && !char_is_digit(at.p[1]);

    if (!when_digits(&at, is_short ? 1 : 2, &s.day) || !take_char(&at, ' '))
        return false;
    s.month = when_month(at);
    at = str_from(at, 3);
    if (s.month == 0 || !take_char(&at, ' ') || (take_year(&at, &s.year) && !take_char(&at, ' ')) ||
        !take_clock(&at, &s))
        return false;
    give(rest, at, &s, out);
    return true;
}

bool when_slashes(struct str *rest, enum when_clock clock, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;

    if (!when_digits(&at, 4, &s.year) || !take_char(&at, '/') || !when_digits(&at, 2, &s.month) ||
        !take_char(&at, '/') || !when_digits(&at, 2, &s.day) || !take_char(&at, ' ') ||
        !take_clock(&at, &s))
        return false;
    take_bare_half(&at, clock, &s);
    give(rest, at, &s, out);
    return true;
}

/* "Nov", or "11" as Proxmox has it, where the day is first, too. */
static bool take_clf_month(struct str *rest, int *month)
{
    *month = when_month(*rest);
    if (*month) {
        *rest = str_from(*rest, 3);
        return true;
    }
    return when_digits(rest, 2, month) && *month >= 1 && *month <= 12;
}

bool when_clf(struct str *rest, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;

    if (!when_digits(&at, 2, &s.day) || !take_char(&at, '/') || !take_clf_month(&at, &s.month))
        return false;
    if (!take_char(&at, '/') || !when_digits(&at, 4, &s.year) || !take_char(&at, ':') ||
        !take_clock(&at, &s))
        return false;
    if (!when_zone(&at, &s) && char_is_digit(rest->p[3]))
        return false;
    s.year = s.year ? s.year : NO_YEAR;
    give(rest, at, &s, out);
    return true;
}

void stated_from_seconds(struct stated *s, int64_t seconds)
{
    int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
    int64_t z, era, doe, yoe, doy, mp;
    int64_t left = seconds - days * DAY_S;

    /* Days to a date of the Gregorian calendar, with years that begin in March. */
    z = days + 719468;
    era = z / 146097;
    doe = z - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    s->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    s->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    s->year = (int)(yoe + era * 400 + (s->month <= 2));
    s->hour = (int)(left / 3600);
    s->minute = (int)(left / 60 % 60);
    s->second = (int)(left % 60);
}

bool when_epoch(struct str *rest, struct stated *out)
{
    struct stated s = {0};
    struct str at = *rest;
    int64_t seconds = 0;
    size_t digits = 0;

    for (; digits < at.len && char_is_digit(at.p[digits]) && digits < 12; digits++)
        seconds = seconds * 10 + (at.p[digits] - '0');
    if (digits < 9 || digits > 11)
        return false;
    at = str_from(at, digits);
    take_fraction(&at, &s);
    stated_from_seconds(&s, seconds);
    s.has_zone = true;
    give(rest, at, &s, out);
    return true;
}

static int month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

/* Without a year 29 February may be. */
bool stated_is_date(const struct stated *s)
{
    return s->month >= 1 && s->month <= 12 && s->day >= 1 &&
           s->day <= month_days(s->year ? s->year : 2000, s->month) && s->hour <= 23 &&
           s->minute <= 59 && s->second <= 60 && (s->year == 0 || s->year >= FIRST_YEAR) &&
           s->year <= LAST_YEAR;
}

int64_t stated_seconds(const struct stated *s)
{
    int64_t y = s->year - (s->month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (s->month + (s->month > 2 ? -3 : 9)) + 2) / 5 + s->day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return (era * 146097 + doe - 719468) * DAY_S + s->hour * 3600 + s->minute * 60 + s->second;
}

uint8_t stated_weekday(const struct stated *s)
{
    int64_t seconds = stated_seconds(s);
    int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);

    return (uint8_t)(((days + 4) % 7 + 7) % 7 + 1); /* 1970-01-01 was a Thursday */
}

static void set_range(struct event *e, const struct stated *s)
{
    char spelled[STATED_TEXT_SIZE];
    int len = snprintf(spelled, sizeof(spelled), "%04d-%02d-%02d %02d:%02d:%02d",
                       s->year < 0 ? 0 : s->year, s->month, s->day, s->hour, s->minute, s->second);
    struct str text =
        s->text_len ? (struct str){s->text, s->text_len} : (struct str){spelled, (size_t)len};

    e->precision = TIME_NONE;
    e->doubt |= DOUBT_RANGE;
    event_put(e, FIELD_EVENT_STATED_TIME, event_keep(e, text));
}

/* The tz database has zones from 12 hours behind UTC to 14 ahead of it since 1990. */
static bool is_of_zone(const struct stated *s)
{
    return s->zone || (s->zone_s >= -12 * HOUR_S && s->zone_s <= 14 * HOUR_S);
}

/* "+25:00" */
static void put_offset(struct event *e, int offset_s)
{
    char text[16];
    int minutes = offset_s < 0 ? -offset_s / 60 : offset_s / 60;
    int len = snprintf(text, sizeof(text), "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60,
                       minutes % 60);

    if (event_value(e, FIELD_EVENT_TIMEZONE).len == 0)
        event_put(e, FIELD_EVENT_TIMEZONE, event_keep(e, (struct str){text, (size_t)len}));
}

/* Seconds east of UTC at what its clock shows; zone is that of the source. */
static int64_t offset_of(struct event *e, const struct stated *s, int64_t clock,
                         const struct zone *zone)
{
    bool is_own = s->is_zone_likely && zone && zone_offset_at(zone, clock - s->zone_s) == s->zone_s;

    if (s->has_zone && s->zone)
        return zone_offset(s->zone, clock, &e->doubt);
    if (is_own || (s->has_zone && !s->is_zone_likely))
        return s->zone_s;
    e->doubt |= DOUBT_ZONE;
    return s->is_zone_likely && !zone ? s->zone_s : zone_offset(zone, clock, &e->doubt);
}

void when_set(struct event *e, const struct stated *s, const struct zone *zone, struct years *y)
{
    struct stated full = *s;
    int64_t seconds;

    if (full.year == 0 && y && stated_is_date(&full)) {
        bool is_stray;

        full.year = years_next(y, &full, e->at, &is_stray);
        e->doubt |= DOUBT_YEAR;
        if (is_stray)
            event_puts(e, FIELD_EVENT_OUT_OF_ORDER, "true");
    }
    if (full.year == 0 || !stated_is_date(&full)) {
        set_range(e, &full);
        return;
    }
    if (s->weekday && s->weekday != stated_weekday(&full))
        event_put(e, FIELD_EVENT_STATED_WEEKDAY, (struct str){weekdays + (s->weekday - 1) * 3, 3});
    e->precision = s->precision;
    if (full.second == 60) {
        full.second = 59;
        full.ns = NS_OF_S - 1;
        e->doubt |= DOUBT_LEAP;
    }
    seconds = stated_seconds(&full);
    if (full.has_zone && !is_of_zone(&full)) {
        put_offset(e, full.zone_s);
        full.has_zone = false;
    }
    seconds -= offset_of(e, &full, seconds, zone);
    e->ns = seconds * NS_OF_S + full.ns;
}

struct written written_of(int64_t stated_s, int64_t else_s, int64_t taken_s)
{
    if (stated_s >= oldest_s && stated_s - DAY_S <= taken_s)
        return (struct written){stated_s, INT64_MIN};
    return (struct written){else_s, stated_s};
}
