/* json_when.c: times as members of JSON spell them: any layout that has one meaning, and numbers.
 */
#include "timeline/json_when.h"
#include <stdio.h>
#include "base/mem.h"
#include "timeline/dated_when.h"
#include "timeline/zone_word.h"

enum { SPELLED_SIZE = 64 };

/* 10 digits are seconds, 13 milliseconds and so on: other readings are out of all range. */
static bool whole_number(struct str text, struct stated *out)
{
    static const struct {
        size_t digits;
        uint8_t precision;
    } kinds[] = {{13, TIME_MS}, {16, TIME_US}, {19, TIME_NS}};
    char spelled[24];
    struct str seconds = {spelled, 0};
    uint64_t n;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (text.len != kinds[i].digits || !str_u64(text, &n))
            continue;
        memcpy(spelled, text.p, 10);
        spelled[10] = '.';
        memcpy(spelled + 11, text.p + 10, text.len - 10);
        seconds.len = text.len + 1;
        if (!when_epoch(&seconds, out))
            return false;
        out->precision = kinds[i].precision;
        if (!stated_is_date(out))
            stated_keep(out, text);
        return true;
    }
    return false;
}

static bool number(struct str text, struct stated *out)
{
    struct str rest = text;

    if (when_epoch(&rest, out) && rest.len == 0)
        return true;
    return whole_number(text, out);
}

/* "1.795168801e9", of programs that have no other numbers (RFC 8259 section 6): the same in digits.
 */
static bool number_with_exponent(struct str text, struct stated *out)
{
    char spelled[SPELLED_SIZE];
    struct str digits = {spelled, 0}, exponent = text;
    struct str mantissa = str_cut(&exponent, memchr(text.p, 'E', text.len) ? 'E' : 'e');
    struct str fraction = mantissa;
    struct str whole = str_cut(&fraction, '.');
    uint64_t power, n;

    (void)str_take(&exponent, "+");
    if (whole.len != 1 || text.len > SPELLED_SIZE / 2 || !str_u64(exponent, &power) || power > 18 ||
        (fraction.len && !str_u64(fraction, &n)))
        return false;
    spelled[digits.len++] = whole.p[0];
    for (size_t i = 0; i < fraction.len || i < power; i++) {
        if (i == power)
            spelled[digits.len++] = '.';
        spelled[digits.len++] = i < fraction.len ? fraction.p[i] : '0';
    }
    return number(digits, out);
}

/* Letters of names of zones and of the tags of RFC 9557. */
static bool is_of_suffix(char c)
{
    return char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || memchr("/_-+=!.", c, 7);
}

/* "[Europe/Berlin]", "[!u-ca=hebrew]" behind a time (RFC 9557 section 4.1): *zone is the first
 * name. */
static bool take_suffixes(struct str rest, struct str *zone)
{
    while (str_take(&rest, "[")) {
        struct str whole = rest, tag = str_cut(&rest, ']');

        if (tag.len == whole.len)
            return false;
        (void)str_take(&tag, "!");
        for (size_t i = 0; i < tag.len; i++)
            if (!is_of_suffix(tag.p[i]))
                return false;
        if (zone->len == 0 && !memchr(tag.p, '=', tag.len))
            *zone = tag;
    }
    return rest.len == 0;
}

/* ISO 8601, what may be left out of it filled up: "2026-11-20T10:00Z", as java.time writes a full
 * minute; "2026-11-20"; "20261120T100001Z", "20261120100001Z". */
static bool whole_iso(struct str text, struct stated *out, struct str *zone)
{
    char spelled[SPELLED_SIZE];
    bool is_basic = text.len >= 15 && text.p[4] != '-', is_day = text.len == 10;
    bool is_minute = text.len >= 16 && text.p[13] == ':' && (text.len == 16 || text.p[16] != ':');
    struct str rest = {spelled, 0}, clock = str_from(text, 8);
    int size;

    if (text.len > SPELLED_SIZE - 12)
        return false;
    if (is_basic && !str_take(&clock, "T") && clock.len <= 6)
        return false; /* a number */
    if (is_basic)
        size = snprintf(spelled, sizeof(spelled), "%.4s-%.2s-%.2sT%.2s:%.2s:" STR_FMT, text.p,
                        text.p + 4, text.p + 6, clock.p, clock.p + 2, STR_ARG(str_from(clock, 4)));
    else
        size = snprintf(spelled, sizeof(spelled), STR_FMT "%s" STR_FMT,
                        STR_ARG(is_minute ? str_head(text, 16) : text),
                        is_minute ? ":00"
                        : is_day  ? "T00:00:00"
                                  : "",
                        STR_ARG(is_minute ? str_from(text, 16) : STR("")));
    rest.len = (size_t)size;
    if (!when_iso(&rest, out) || !take_suffixes(str_from(text, text.len - rest.len), zone))
        return false;
    if (is_minute || is_day)
        out->precision = is_day ? TIME_DAY : TIME_MIN;
    if (!stated_is_date(out))
        stated_keep(out, text);
    return true;
}

/* " UTC", " CET", " (CET)" behind an offset, as Go and RFC 5322 have it: says nothing more. */
static bool is_said_again(struct str rest)
{
    struct stated s = {0};

    if (!str_take(&rest, " "))
        return false;
    if (str_starts(rest, "(") && str_ends(rest, ")"))
        rest = str_head(str_from(rest, 1), rest.len - 2);
    return zone_word_find(rest, &s);
}

/* " UTC" behind all else, as osquery has it; a name of several meanings says nothing here. */
static bool is_zone(struct str *rest, struct stated *out)
{
    struct str word;

    return !out->has_zone && zone_word_take(rest, out, &word) && rest->len == 0 && out->has_zone;
}

/* Layouts of logs: "Fri, 20 Nov 2026 10:00:01 GMT" (RFC 5322, 9110), "20/Nov/2026:10:00:01 +0100",
 * "2026-11-20 10:00:01 CET". */
static bool whole_other(struct str text, struct stated *out, struct str *zone)
{
    static bool (*const dated[])(struct str *, struct dated *) = {dated_iso, dated_slashes,
                                                                  dated_named};
    static bool (*const ways[])(struct str *, struct stated *) = {when_clf, when_bsd};
    struct dated d = {0};

    for (size_t i = 0; i < COUNT_OF(dated); i++) {
        struct str rest = text;

        if (dated[i](&rest, &d) && (rest.len == 0 || (d.time.has_zone && is_said_again(rest)))) {
            *out = d.time;
            *zone = d.zone;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct str rest = text;

        if (ways[i](&rest, out) && (rest.len == 0 || is_zone(&rest, out)))
            return true;
    }
    return false;
}

/* "/Date(1763604729123)/", as ASP.NET and PowerShell before 6 have it: milliseconds; an offset
 * behind them ("+0100") is that of the place, and says nothing of the moment. */
static bool whole_microsoft(struct str text, struct stated *out)
{
    enum { DIGITS_MOST = 14, OFFSET = 5, MS_OF_S = 1000, NS_OF_MS = 1000000 };
    struct str at = text, number;
    uint64_t ms;

    if (!str_take(&at, "/Date(") || !str_ends(at, ")/"))
        return false;
    at = str_head(at, at.len - 2);
    number = at;
    number.len -= at.len > OFFSET && memchr("+-", at.p[at.len - OFFSET], 2) ? OFFSET : 0;
    at = str_from(at, number.len);
    (void)(at.len && str_take(&at, at.p[0] == '-' ? "-" : "+"));
    if (number.len > DIGITS_MOST || !str_u64(number, &ms) || ms == 0 ||
        (at.len && !str_u64(at, &(uint64_t){0})))
        return false;
    *out = (struct stated){0};
    stated_from_seconds(out, (int64_t)(ms / MS_OF_S));
    out->ns = (uint32_t)(ms % MS_OF_S) * NS_OF_MS;
    out->precision = TIME_MS;
    out->has_zone = true;
    return true;
}

bool json_time(struct str text, struct stated *out, struct str *zone)
{
    struct str name = STR(""), rest = text;
    struct stated s;

    if (text.len == 0 || text.len > SPELLED_SIZE)
        return false;
    if (!(when_iso(&rest, &s) && rest.len == 0) && !number(text, &s) &&
        !whole_iso(text, &s, &name) && !number_with_exponent(text, &s) &&
        !whole_other(text, &s, &name) && !whole_microsoft(text, &s))
        return false;
    *out = s;
    if (zone)
        *zone = name;
    return true;
}
