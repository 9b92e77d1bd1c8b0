/* dated_when.c: full dates with a clock time, in the spellings of many programs. */
#include "timeline/dated_when.h"
#include <stdio.h>
#include "timeline/level.h"
#include "timeline/zone_word.h"

enum { EPOCH_DIGITS = 10, CLOCK_WITHIN = 40 };

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80);
}

static size_t digits_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && char_is_digit(s.p[n]))
        n++;
    return n;
}

/* "2026-11-25 03:12:09.5.7" and "2026/11/25 03:12:09/x" are something else. */
static bool is_end(struct str at)
{
    char c = at.len ? at.p[0] : ' ';

    return !char_is_digit(c) && !is_letter(c) && c != '.' && c != '/' && c != '_';
}

static void take_zone(struct str *rest, struct dated *d)
{
    if (d->time.has_zone || when_zone(rest, &d->time))
        return;
    if (!zone_word_take(rest, &d->time, &d->zone))
        (void)zone_place_take(rest, &d->zone);
}

static bool give(struct str *rest, struct str at, const struct dated *d, struct dated *out)
{
    if (!is_end(at))
        return false;
    *out = *d;
    *rest = at;
    return true;
}

/* "03:12:09" right before i. */
static bool is_behind_clock(struct str line, size_t i)
{
    return i >= 7 && char_is_digit(line.p[i - 1]) && char_is_digit(line.p[i - 2]) &&
           line.p[i - 3] == ':' && char_is_digit(line.p[i - 4]) && char_is_digit(line.p[i - 5]) &&
           line.p[i - 6] == ':' && char_is_digit(line.p[i - 7]);
}

/* Where a comma behind the clock begins a column of a table; 0: nowhere. That of a fraction of a
 * second has 3, 6 or 9 digits behind it, and no further column; of ISO's layout what ends the line
 * is a column, too. */
static size_t column_at(struct str line)
{
    struct str front = str_head(line, CLOCK_WITHIN), behind;
    size_t i = 0, digits;

    while (i < front.len && !(front.p[i] == ',' && is_behind_clock(front, i)))
        i++;
    behind = str_from(line, i + 1);
    digits = i < front.len ? digits_of(behind) : 0;
    if (digits == 0)
        return 0;
    behind = str_from(behind, digits);
    if (behind.len ? behind.p[0] == ',' : line.p[4] == '-')
        return i;
    return digits == 3 || digits == 6 || digits == 9 ? 0 : i;
}

/* A time, which is all that stands before such a column. */
static bool take_before_column(struct str *rest, bool (*take)(struct str *rest, struct dated *out),
                               struct dated *out)
{
    size_t size = column_at(*rest);
    struct str front = str_head(*rest, size);

    if (size == 0)
        return take(rest, out);
    if (!take(&front, out) || front.len)
        return false;
    *rest = str_from(*rest, size);
    return true;
}

/* "25.11.2026", "5.11.2026": with dots the day is first wherever dates have dots and the year is
 * last (CLDR: de, fi, no, pl, ru, tr, uk and others). The size of it; 0: it is none. */
static size_t dots_date(struct str line, char *spelled)
{
    struct str at = line, day, month;
    int year;

    day = str_head(at, digits_of(at));
    at = str_from(at, day.len);
    if (day.len < 1 || day.len > 2 || !str_take(&at, "."))
        return 0;
    month = str_head(at, digits_of(at));
    at = str_from(at, month.len);
    if (month.len < 1 || month.len > 2 || !str_take(&at, ".") || digits_of(at) != 4)
        return 0;
    memcpy(spelled, at.p, 4);
    memcpy(spelled + 4, "-00-00", 6);
    memcpy(spelled + 7 - month.len, month.p, month.len);
    memcpy(spelled + 10 - day.len, day.p, day.len);
    (void)when_digits(&at, 4, &year);
    return year < 1970 ? 0 : line.len - at.len;
}

/* The date of one of these layouts as ISO 8601 has it. The size of it; 0: it is none. */
static size_t spell_date(struct str line, char *spelled)
{
    size_t digits = digits_of(line);

    if (line.len < 10 || (digits == 4 && (line.p[4] != '.' || line.p[7] != '.')))
        return 0;
    if (digits != 4 && digits != 8)
        return dots_date(line, spelled);
    memcpy(spelled, line.p, 4);
    spelled[4] = spelled[7] = '-';
    memcpy(spelled + 5, line.p + (digits == 8 ? 4 : 5), 2);
    memcpy(spelled + 8, line.p + (digits == 8 ? 6 : 8), 2);
    return digits == 8 ? 8 : 10;
}

/* "2026.11.25 03:12:09", "20261125-03:12:09", "20261125T03:12:09", "25.11.2026 03:12:09",
 * "25.11.2026, 03:12:09": the same with other signs, or none, between. */
static bool take_respelled(struct str *rest, struct dated *out)
{
    char spelled[STATED_TEXT_SIZE];
    struct str line = *rest, at;
    size_t date = spell_date(line, spelled), clock = date + 1, size;
    struct dated d = {.clock = out->clock};

    if (date == 0 || line.len <= date + 7)
        return false;
    if (line.p[date] == ',' && line.p[date + 1] == ' ' && line.p[date - 5] == '.')
        clock++;
    else if (!strchr("- Tt", line.p[date]))
        return false;
    size = str_head(str_from(line, clock), 30).len;
    spelled[10] = ' ';
    memcpy(spelled + 11, line.p + clock, size);
    at = (struct str){spelled, 11 + size};
    if (!when_iso_by(&at, d.clock, &d.time))
        return false;
    at = str_from(line, clock + size - at.len);
    return give(rest, at, &d, out);
}

static bool take_iso(struct str *rest, struct dated *out)
{
    struct dated d = {.clock = out->clock};
    struct str at = *rest;

    if (at.len > 8 && at.p[4] != '-')
        return take_respelled(rest, out);
    if (!when_iso_by(&at, d.clock, &d.time))
        return false;
    take_zone(&at, &d);
    return give(rest, at, &d, out);
}

bool dated_iso(struct str *rest, struct dated *out)
{
    return take_before_column(rest, take_iso, out);
}

/* "2026-11-25", "2026/11/25", or as above. */
static size_t spell_any_date(struct str line, char *spelled)
{
    if (line.len < 10 || digits_of(line) != 4 || line.p[4] != line.p[7] ||
        !memchr("-/", line.p[4], 2))
        return spell_date(line, spelled);
    memcpy(spelled, line.p, 10);
    spelled[4] = spelled[7] = '-';
    return 10;
}

/* "03:12", "3:12", behind which no seconds stand: as "T03:12:00". */
static bool spell_minute(struct str *rest, char *spelled)
{
    struct str at = *rest;
    size_t hour = digits_of(at);

    if (hour < 1 || hour > 2 || at.len < hour + 3 || at.p[hour] != ':' ||
        digits_of(str_from(at, hour + 1)) != 2)
        return false;
    memcpy(spelled, "T00:00:00", 9);
    memcpy(spelled + 3 - hour, at.p, hour);
    memcpy(spelled + 4, at.p + hour + 1, 2);
    *rest = str_from(at, hour + 3);
    return !str_starts(*rest, ":");
}

bool dated_minute(struct str *rest, struct dated *out)
{
    char spelled[STATED_TEXT_SIZE];
    struct str line = *rest, at, iso = {spelled, 19};
    size_t date = spell_any_date(line, spelled);
    struct dated d = {.clock = out->clock};
    bool is_written; /* as people do, with a blank */

    if (date == 0 || line.len <= date)
        return false;
    at = str_from(line, date);
    (void)(line.p[date - 5] == '.' && str_take(&at, ","));
    is_written = str_take(&at, " ");
    if (!is_written && !str_take(&at, "T"))
        return false;
    if (!spell_minute(&at, spelled + 10) || !when_iso(&iso, &d.time) || iso.len ||
        !stated_is_date(&d.time))
        return false;
    when_half(&at, d.clock, &d.time);
    d.time.precision = TIME_MIN;
    if (!(is_written && str_starts(at, "-"))) /* "03:00-04:15": until then, and no zone */
        take_zone(&at, &d);
    return give(rest, at, &d, out);
}

/* "25/", "5/", "25-" */
static bool take_part(struct str *rest, const char *sign, int *out)
{
    size_t digits = digits_of(*rest);

    return digits >= 1 && digits <= 2 && when_digits(rest, digits, out) && str_take(rest, sign);
}

/* Behind a date: "03:12:09", " 03:12:09", and " - 03:12:09" of game servers and Gin. */
static bool take_gap(struct str *at)
{
    if (!str_take(at, " "))
        return str_take(at, "T");
    (void)str_take(at, "- ");
    return true;
}

bool dated_numbers(struct str *rest, bool is_day_first, struct dated *out, bool *is_either)
{
    enum { MONTHS = 12, CLOCK_MOST = 30 };
    char spelled[STATED_TEXT_SIZE];
    struct str at = *rest, iso = {spelled, 0};
    int first, second, year, size, month, day;
    struct dated d = {.clock = out->clock};

    const char *sign = at.len > 2 && (at.p[1] == '-' || at.p[2] == '-') ? "-" : "/";

    if (!take_part(&at, sign, &first) || !take_part(&at, sign, &second) ||
        !when_digits(&at, 4, &year))
        return false;
    month = is_day_first ? second : first;
    day = is_day_first ? first : second;
    (void)str_take(&at, ",");
    if (year < 1970 || month > MONTHS || !take_gap(&at))
        return false;
    size = snprintf(spelled, sizeof(spelled), "%04d-%02d-%02dT" STR_FMT, year, month, day,
                    STR_ARG(str_head(at, CLOCK_MOST)));
    iso.len = (size_t)size;
    /* Clocks of twelve hours are usual where such dates are. */
    if (!when_iso_by(&iso, d.clock == CLOCK_BY_LINE ? CLOCK_TWELVE : d.clock, &d.time))
        return false;
    d.time.is_half_bare = false;
    at = str_from(at, (size_t)size - 11 - iso.len);
    take_zone(&at, &d);
    *is_either = day <= MONTHS && day != month;
    return give(rest, at, &d, out);
}

/* "2026/11/25 - 03:12:09": Gin. */
static bool take_spaced(struct str *rest, struct dated *d)
{
    enum { DATE = 10, GAP = 3, CLOCK_MOST = 20 };
    char spelled[DATE + 1 + CLOCK_MOST];
    struct str at = *rest, clock = str_from(at, DATE + GAP), whole = {spelled, 0};

    if (at.len <= DATE + GAP || memcmp(at.p + DATE, " - ", GAP) != 0)
        return false;
    clock = str_head(clock, CLOCK_MOST);
    memcpy(spelled, at.p, DATE);
    spelled[DATE] = ' ';
    memcpy(spelled + DATE + 1, clock.p, clock.len);
    whole.len = DATE + 1 + clock.len;
    if (!when_slashes(&whole, d->clock, &d->time))
        return false;
    *rest = str_from(at, DATE + GAP + clock.len - whole.len);
    return true;
}

static bool take_slashes(struct str *rest, struct dated *out)
{
    struct dated d = {.clock = out->clock};
    struct str at = *rest;

    if (!when_slashes(&at, d.clock, &d.time) && !take_spaced(&at, &d))
        return false;
    take_zone(&at, &d);
    return give(rest, at, &d, out);
}

bool dated_slashes(struct str *rest, struct dated *out)
{
    return take_before_column(rest, take_slashes, out);
}

/* A level in capitals, behind a number where there is one, and before the name of a class with a
 * colon. */
static bool has_level_and_class(struct str at, bool has_number)
{
    size_t letters = 0, name = 0;
    struct str behind;

    str_skip_blanks(&at);
    if (has_number) {
        at = str_from(at, digits_of(at));
        str_skip_blanks(&at);
    }
    while (letters < at.len && at.p[letters] >= 'A' && at.p[letters] <= 'Z')
        letters++;
    behind = str_from(at, letters);
    if (!level_is_plain(str_head(at, letters)) || behind.len == 0 || !char_is_blank(behind.p[0]))
        return false;
    str_skip_blanks(&behind);
    while (name < behind.len && !char_is_blank(behind.p[name]) && behind.p[name] != ':')
        name++;
    return name && name < behind.len && behind.p[name] == ':';
}

bool dated_log4j(struct str *rest, struct dated *out)
{
    static const char signs[] = "// ::";
    char spelled[] = "2000-00-00T00:00:00";
    struct str at = *rest, clock = {spelled, sizeof(spelled) - 1};
    struct dated d = {.has_short_year = true};
    bool is_bare = digits_of(at) == 6;
    size_t size = is_bare ? 13 : 17;

    if (at.len <= size || (is_bare && at.p[6] != ' '))
        return false;
    for (size_t i = 0, from = 0; i < 6; i++) {
        memcpy(spelled + 2 + 3 * i, at.p + from, 2);
        if (!is_bare && i < 5 && at.p[from + 2] != signs[i])
            return false;
        from += is_bare ? (i == 2 ? 3 : 2) : 3;
    }
    if (!when_iso(&clock, &d.time) || clock.len || !char_is_blank(at.p[size]) ||
        !has_level_and_class(str_from(at, size), is_bare))
        return false;
    return give(rest, str_from(at, size), &d, out);
}

bool dated_epoch(struct str *rest, struct dated *out)
{
    struct dated d = {0};
    struct str at = *rest;

    if (digits_of(at) != EPOCH_DIGITS || !when_epoch(&at, &d.time) || d.time.precision == TIME_S)
        return false;
    return give(rest, at, &d, out);
}

/* What was read of a date by names so far; year 0: it may stand behind the clock. */
struct parts {
    int year, month, day;
};

static bool take_separator(struct str *at, char c)
{
    if (at->len == 0 || at->p[0] != c)
        return false;
    *at = str_from(*at, 1);
    return true;
}

/* "Nov", "November" */
static bool take_month(struct str *at, int *month)
{
    static const char *const behind[] = {"uary", "ruary", "ch",     "il",   "",      "e",
                                         "y",    "ust",   "tember", "ober", "ember", "ember"};
    struct str rest = str_from(*at, 3);

    *month = when_month(*at);
    if (*month == 0)
        return false;
    if (rest.len && is_letter(rest.p[0]) &&
        (!str_take(&rest, behind[*month - 1]) || (rest.len && is_letter(rest.p[0]))))
        return false;
    *at = rest;
    return true;
}

static bool take_day(struct str *at, int *day)
{
    size_t digits;

    str_skip_blanks(at);
    digits = digits_of(*at);
    return (digits == 1 || digits == 2) && when_digits(at, digits, day);
}

static bool take_year(struct str *at, int *year)
{
    struct str rest = *at;

    if (digits_of(rest) != 4 || !when_digits(&rest, 4, year) || *year < 1970) {
        *year = 0;
        return false;
    }
    *at = rest;
    return true;
}

/* "Nov 25 ", "Nov 25 2026 ", "Nov 25, 2026 " */
static bool take_month_first(struct str *rest, struct parts *p)
{
    struct str at = *rest, behind;

    if (!take_month(&at, &p->month) || !take_separator(&at, ' ') || !take_day(&at, &p->day))
        return false;
    (void)take_separator(&at, ',');
    if (!take_separator(&at, ' '))
        return false;
    behind = at;
    if (take_year(&behind, &p->year)) {
        (void)take_separator(&behind, ',');
        at = take_separator(&behind, ' ') ? behind : at;
    }
    *rest = at;
    return true;
}

/* "25 Nov 2026 ", "25-Nov-2026 ", "25/Nov/2026:", "25 Nov " */
static bool take_day_first(struct str *rest, struct parts *p)
{
    struct str at = *rest, behind;
    char c;

    if (!take_day(&at, &p->day) || at.len == 0)
        return false;
    c = at.p[0];
    if ((c != ' ' && c != '-' && c != '/') || !take_separator(&at, c) ||
        !take_month(&at, &p->month) || !take_separator(&at, c))
        return false;
    behind = at;
    if (take_year(&behind, &p->year)) {
        (void)take_separator(&behind, ',');
        if (!take_separator(&behind, ' ') && (c != '/' || !take_separator(&behind, ':')))
            return false;
        at = behind;
    }
    *rest = at;
    return p->year != 0 || c == ' ';
}

/* "2026 Nov 25 ", "2026-Nov-25 " */
static bool take_year_first(struct str *rest, struct parts *p)
{
    struct str at = *rest;
    char c;

    if (!take_year(&at, &p->year) || at.len == 0)
        return false;
    c = at.p[0];
    if ((c != ' ' && c != '-' && c != '/') || !take_separator(&at, c) ||
        !take_month(&at, &p->month) || !take_separator(&at, c) || !take_day(&at, &p->day) ||
        !take_separator(&at, ' '))
        return false;
    *rest = at;
    return true;
}

/* "03:12:09.123", "3:12:09": the fraction is read by when_bsd behind the date. */
static bool take_clock(struct str *rest, const struct parts *p, struct stated *out)
{
    char spelled[STATED_TEXT_SIZE];
    struct str at = *rest, clock;
    size_t hour = digits_of(at), len = hour;
    int size;

    if (hour == 0 || hour > 2)
        return false;
    while (len < at.len && len < 18 && (char_is_digit(at.p[len]) || at.p[len] == ':'))
        len++;
    if (len + 1 < at.len && char_is_digit(at.p[len + 1]) && (at.p[len] == '.' || at.p[len] == ','))
        len += 1 + digits_of(str_from(at, len + 1));
    if (len > 20)
        return false;
    /* The year is filled in later where it is not known yet: 2000 has each day. */
    size = snprintf(spelled, sizeof(spelled), "%04d Jan 01 %s%.*s", 2000, hour == 1 ? "0" : "",
                    (int)len, at.p);
    clock = (struct str){spelled, (size_t)size};
    if (!when_bsd(&clock, out) || clock.len)
        return false;
    out->year = p->year;
    out->month = p->month;
    out->day = p->day;
    *rest = str_from(at, len);
    return true;
}

/* " AM", " PM" of a clock of twelve hours. */
static void take_half(struct str *at, enum when_clock clock, struct stated *s)
{
    size_t before = at->len;

    when_half(at, clock, s);
    if (at->len < before && str_starts(*at, "  ")) /* "AM  UTC", of one of its locales */
        *at = str_from(*at, 1);
}

static bool take_date(struct str *rest, struct parts *p)
{
    *p = (struct parts){0};
    if (take_month_first(rest, p))
        return true;
    *p = (struct parts){0};
    if (take_day_first(rest, p))
        return true;
    *p = (struct parts){0};
    return take_year_first(rest, p);
}

/* " +03 2026": date(1) where the zone has no letters. */
static void take_short_zone(struct str *rest, struct stated *s)
{
    struct str at = *rest;
    int hours, sign = str_starts(at, " -") ? -3600 : 3600;

    if ((!str_take(&at, " +") && !str_take(&at, " -")) || digits_of(at) != 2 ||
        !when_digits(&at, 2, &hours) || !str_starts(at, " ") || digits_of(str_from(at, 1)) != 4)
        return;
    s->has_zone = true;
    s->zone_s = hours * sign;
    *rest = at;
}

static bool take_named(struct str *rest, struct dated *out)
{
    struct dated d = {.clock = out->clock};
    struct str at = *rest;
    struct parts p;
    uint8_t weekday = when_weekday(&at);

    if (weekday)
        str_skip_blanks(&at);
    if (weekday && take_iso(&at, out)) {
        out->time.weekday = weekday;
        *rest = at;
        return true;
    }
    if (!take_date(&at, &p) || !take_clock(&at, &p, &d.time))
        return false;
    take_half(&at, d.clock, &d.time);
    if (d.time.year == 0)
        take_short_zone(&at, &d.time);
    take_zone(&at, &d);
    if (d.time.year == 0) {
        if (!take_separator(&at, ' ') || !take_year(&at, &d.time.year))
            return false;
        (void)zone_word_find(d.zone, &d.time); /* which may be of some years */
    }
    d.time.weekday = weekday;
    return give(rest, at, &d, out);
}

bool dated_bsd(struct str *rest, struct dated *out)
{
    struct dated d = {.clock = out->clock};
    struct str at = *rest;
    size_t letters = 0;

    if (when_month(at) == 0) {
        while (letters < at.len && at.p[letters] >= 'A' && at.p[letters] <= 'Z')
            letters++;
        if (letters < 3 || letters > 5)
            return false;
        d.zone = str_head(at, letters);
        at = str_from(at, letters);
        if (!str_take(&at, " "))
            return false;
    }
    if (when_month(at) == 0 || !when_bsd(&at, &d.time))
        return false;
    if (d.zone.len)
        (void)zone_word_find(d.zone, &d.time);
    return give(rest, at, &d, out);
}

bool dated_named(struct str *rest, struct dated *out)
{
    return take_before_column(rest, take_named, out);
}
