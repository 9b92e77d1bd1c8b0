/* utc.h: moments and spans: their one spelling in the journal, and as people say and read them. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* A moment: seconds since 1970-01-01T00:00:00Z, leap seconds not counted, and nanoseconds 0 to
 * 999,999,999. */
struct utc {
    int64_t sec;
    uint32_t ns;
};

enum {
    UTC_TEXT_SIZE = 30,
    UTC_PLAIN_SIZE = 32
}; /* UTC_TEXT_SIZE: YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ, no NUL */

struct utc utc_now(void);
/* Milliseconds of a clock that is never set (CLOCK_MONOTONIC): for spans and deadlines. */
int64_t monotonic_ms(void);
int utc_cmp(struct utc a, struct utc b);
int64_t utc_minus_ms(struct utc a, struct utc b); /* a − b in milliseconds, cut toward zero */
struct utc utc_plus_s(struct utc t, int64_t seconds);

/* The journal's spelling (doc/format/journal.md §2). utc_write writes UTC_TEXT_SIZE bytes, no NUL;
 * years outside 0000 to 9999 are a bug. utc_read is false on any other spelling and on days that do
 * not exist. */
void utc_write(char *out, struct utc t);
void utc_add(struct buf *b, struct utc t);
bool utc_read(struct utc *out, struct str text);

/* For people. The buffers hold UTC_PLAIN_SIZE bytes. */
const char *utc_plain(char *out, struct utc t); /* 2026-11-25 03:12:09 UTC */
const char *utc_local(char *out,
                      struct utc t); /* 2026-11-25 04:12:09 +0100, zone of this machine */
/* "2026-11-25 04:12 (03:12 UTC)", the zone of this machine first; one time where they are the same.
 */
void utc_add_both(struct buf *b, struct utc t, bool with_seconds);
const char *utc_local_short(char *out, struct utc t,
                            struct utc now); /* 04:12, or 24 Nov 04:12 on another day */

enum utc_precision { PRECISION_SECOND, PRECISION_MINUTE, PRECISION_HOUR, PRECISION_DAY };
extern const char *const utc_precision_names[];       /* "second" …, ends with NULL */
const char *utc_precision_name(enum utc_precision p); /* "second" … */

/* A time as people say it, relative to now, in this machine's zone unless one is stated: "now",
 * "14:30", "14:30:05", "yesterday 23:15", "2026-11-25", "2026-11-25 03:12", "2026-11-25T03:12:09Z",
 * behind a date the hour alone, too ("2026-11-25 03", "2026-11-25T03"),
 * "2026-11-25 03:12 +01:00", "10 min ago", "2 h ago", "3 days ago", "in 4 h". A bare clock time
 * means the latest such moment that is not in the future. ERR_USAGE with the forms named. */
MUST_CHECK int utc_parse(struct str text, struct utc now, struct utc *out,
                         enum utc_precision *precision, struct err *e);
/* The same, but UTC is meant where no zone is stated. */
MUST_CHECK int utc_parse_utc(struct str text, struct utc now, struct utc *out,
                             enum utc_precision *precision, struct err *e);
/* How long a time lasts that was read so: a day, a minute, of "03:12:09.5" a tenth of a second; a
 * moment, 1, where it is told by what lies between ("now", "2 h ago"). */
int64_t utc_lasts_ns(struct str text, enum utc_precision precision);
/* A span: "90 s", "5 min", "72 h", "3 days", "2h30m". In seconds. ERR_USAGE. */
MUST_CHECK int span_parse(struct str text, int64_t *out_s, struct err *e);
/* "1 h 04 min", "70 h 56 min", "3 days", "45 s"; of the absolute value. */
const char *span_text(char out[UTC_PLAIN_SIZE], int64_t seconds);
