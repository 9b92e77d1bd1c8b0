/* when.h: clock times as logs spell them, and the moments they stand for (doc/format/timeline.md
 * sections 1 and 2). */
#pragma once
#include "timeline/event.h"
#include "timeline/zone.h"

enum { STATED_TEXT_SIZE = 48 };
/* What a text states. */
struct stated {
    int year;  /* 0: not stated; below: stated, and none that a calendar has */
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour;
    int minute;
    int second; /* 60: a leap second */
    uint32_t ns;
    uint8_t precision;
    bool is_of_century; /* its year was stated in two digits, and is of this one */
    bool has_zone;
    bool is_zone_likely; /* by a name of several meanings: the one that RFC 822 or the tz database
                            has since 1990; doubtful, but where the source's own zone has it */
    uint8_t weekday;     /* 1: Sunday, to 7; 0: not stated */
    char half;           /* 'a', 'p': AM or PM stands behind its clock; 0: neither */
    bool is_zone_apart;  /* by a number of four digits behind a blank, which may be a word */
    bool is_half_bare;   /* behind a date with the year first, where it may be a word */
    uint8_t shown_hour;  /* where it does: as the clock has it */
    int zone_s;          /* east of UTC */
    const struct zone *zone; /* whose rules count in its place; NULL: none */
    uint8_t text_len;
    char text[STATED_TEXT_SIZE]; /* of what is no date: as it is written; else only numbers are
                                    known */
};
/* How AM and PM behind clocks are read. */
enum when_clock {
    CLOCK_BY_LINE, /* as the line looks: a colon behind them makes them words of its text */
    CLOCK_TWELVE,  /* its hours are twelve, whatever stands behind them */
    CLOCK_DAY,     /* its hours are 24: they are words */
    CLOCK_COUNT_,
};
/* Of what is no date: its text is another one than was read. */
void stated_keep(struct stated *s, struct str text);

/* Each takes a time off the front of *rest, or leaves it as it is. A time that no calendar has (30
 * February) is taken, too: stated_is_date tells. */
/* "2026-11-25T03:12:09.123456+01:00": with T, t or a space (or two); an hour of one or two digits;
 * a fraction of 1 to 9 digits behind a point or comma; AM or PM; Z, +01, +0100, +01:00, or nothing;
 * RFC 3339, RFC 5424, ISO 8601. */
bool when_iso(struct str *rest, struct stated *out);
bool when_iso_by(struct str *rest, enum when_clock clock, struct stated *out);
/* "Nov 25 03:12:09", "Nov  5 …", also with a fraction, with the year before ("2026 Nov 25 …") or
 * behind the day ("Nov 25 2026 03:12:09") or behind the time, and "Mon " in front; months of
 * other languages are not among them. RFC 3164. */
bool when_bsd(struct str *rest, struct stated *out);
/* "25 Nov 03:12:09", "25 Nov 2026 03:12:09". */
bool when_day_first(struct str *rest, struct stated *out);
/* "2026/11/25 03:12:09.123": without a zone. nginx, Go. */
bool when_slashes(struct str *rest, enum when_clock clock, struct stated *out);
/* "25/Nov/2026:03:12:09 +0100". Common Log Format; "25/11/2026:03:12:09 +0100" with an offset
 * alone.
 */
bool when_clf(struct str *rest, struct stated *out);
/* "1764040329", "1764040329.123": seconds since 1970, with 9 to 11 digits before the point. */
bool when_epoch(struct str *rest, struct stated *out);
/* The name of a month, three letters. 0: none. */
int when_month(struct str three);
bool when_digits(struct str *rest, size_t count, int *out); /* exactly so many */
/* "Mon ", "Mon, " and so on: its number as above; 0: none. Short or not, what follows has 1 byte.
 */
uint8_t when_weekday(struct str *rest);
/* As when_iso has it; behind a space only with minutes. */
bool when_zone(struct str *rest, struct stated *out);
/* Takes " PM" off, which makes the hour one of 24, where it is one of twelve. */
void when_half(struct str *rest, enum when_clock clock, struct stated *s);
/* Whether the hour is another one by a clock of twelve hours than by one of 24. */
bool stated_half_counts(const struct stated *s);

bool stated_is_date(const struct stated *s);
/* As above, of a date. */
uint8_t stated_weekday(const struct stated *s);
/* Seconds since 1970 of the date and time as if it were UTC. */
int64_t stated_seconds(const struct stated *s);

/* The other way; what is before 0000 has no date. */
void stated_from_seconds(struct stated *s, int64_t seconds);

struct years;
/* Puts the moment into e: ns, precision, doubt. y may be NULL where the year is stated. */
void when_set(struct event *e, const struct stated *s, const struct zone *zone, struct years *y);

/* When a source was written last. */
struct written {
    int64_t s;
    int64_t stated_s; /* what was stated and cannot be; INT64_MIN: nothing */
};
/* What is stated, where it can be: not later than a day after it was taken, and not before 1990,
 * before which no log that is read here was written (0 and 1980 are what programs state that know
 * no time); else what is known of that which it lies in. */
struct written written_of(int64_t stated_s, int64_t else_s, int64_t taken_s);
