/* build_tell.c: inside a worker: notices of what is known against the times of a source's lines. */
#include <inttypes.h>
#include <stdarg.h>
#include "base/utc.h"
#include "timeline/build_job.h"
#include "timeline/delivery.h"
#include "timeline/json_author.h"

enum { STRAYS_MANY = 10 }; /* so often the order of lines is little to go by */

/* "2099-01-01 00:00:00 UTC", or what is said of a time of no such calendar. */
static const char *day_of(char out[UTC_PLAIN_SIZE], int64_t s)
{
    static const int64_t last_s = 253402300799; /* of the year 9999 */

    if (s < 0 || s > last_s)
        return s < 0 ? "before 1970" : "behind the year 9999";
    return utc_plain(out, (struct utc){s, 0});
}

static int tell(struct reader *r, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int tell(struct reader *r, struct err *e, const char *fmt, ...)
{
    CLEANUP_BUF struct buf words = {0};
    va_list args;

    va_start(args, fmt);
    buf_addv(&words, fmt, args);
    va_end(args);
    return reader_notice(r, 0, buf_text(&words), e);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Lines without a year have one that follows from another time than that which is stated. */
static int tell_disbelieved(struct reader *r, struct err *e)
{
    char stated[UTC_PLAIN_SIZE], instead[UTC_PLAIN_SIZE];

    return tell(r, e,
                "its time of modification, %s, cannot be, and is not believed: the years that its "
                "lines do not state follow from %s",
                day_of(stated, r->stated_s), day_of(instead, r->written_s));
}

/* Of an archive that has lost the times of its files. */
static int tell_end(struct reader *r, struct err *e)
{
    char end[UTC_PLAIN_SIZE];

    return tell(
        r, e,
        "the next newer log of its rotation, by its name, shows that its lines end before %s: "
        "their years follow from that, and not from when it was written",
        day_of(end, r->written_s));
}

/* Of journalctl's output, as it is printed long after. */
static int tell_stated_end(struct reader *r, struct err *e)
{
    char end[UTC_PLAIN_SIZE];

    return tell(r, e,
                "its head says that its lines end at %s: their years follow from that, and not "
                "from when it was written",
                day_of(end, r->years.breaks->end_s));
}

/* New years that were inferred from what is not out of order. */
static uint64_t turns_of(const struct year_breaks *b)
{
    uint64_t count = 0;

    for (size_t i = 1; i < b->count; i++)
        count += b->of[i].year != b->of[i - 1].year;
    return count;
}

/* Some lines without a year are of none that follows from their order. */
static int tell_strays(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->strays, turns = turns_of(r->years.breaks);
    char more[96] = "";

    if (count >= STRAYS_MANY && turns)
        snprintf(more, sizeof(more),
                 "; %" PRIu64 " that the other lines show may be too many, or too few", turns);
    return tell(
        r, e,
        "its dates leave the order of the lines around them by more than a month and come back "
        "%" PRIu64 " time%s, as where a clock was not set: no new year was inferred from that "
        "(event.out_of_order)%s",
        count, plural(count), more);
}

/* A machine that was off for most of a year. */
static int tell_past(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->past;

    return tell(r, e,
                "lines before those that go back would be later than when it was written, "
                "%" PRIu64 " time%s: they are told as of the year before",
                count, plural(count));
}

static int tell_late(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->late;

    return tell(r, e,
                "lines are told as later than when it was written, %" PRIu64
                " time%s: either a clock was ahead, or they are of an earlier year",
                count, plural(count));
}

/* By less than a month they are of one year, by more of two: it is a rule, and no knowledge. */
static int tell_backs(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->backs;

    return tell(r, e,
                "its lines go back by 3 to 60 days, %" PRIu64
                " time%s, and go on from there: up to a month they are told as of the same year, "
                "as where a clock was set back, and else as of the next; the other may be true",
                count, plural(count));
}

static int tell_between(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->between;

    return tell(r, e,
                "lines of another time of the year stand, %" PRIu64
                " time%s, between such as are within a month of one another, and last no longer "
                "than that: a year was taken to lie there; a clock may have been wrong instead",
                count, plural(count));
}

static int tell_delays(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->delays;

    return tell(r, e,
                "its lines go back %" PRIu64
                " time%s while those of the other hosts go on, as where a host delivers what it "
                "kept: no new year was inferred from that",
                count, plural(count));
}

static int tell_maybe_delays(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->maybe_delays;

    return tell(r, e,
                "its lines go back by more than a month, %" PRIu64
                " time%s, though those of most hosts do not: a new year was inferred from that, "
                "but a host may have delivered late what it kept",
                count, plural(count));
}

/* The order of all lines shows nothing of the years where another host's begin. */
static int tell_hosts(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->hosts;

    return tell(
        r, e,
        "another host begins where dates go back, or where the log before ended when the file "
        "was written, %" PRIu64 " time%s, as where logs of several hosts stand one behind "
        "another: the years of each follow from its own lines and from when the file was "
        "written",
        count, plural(count));
}

static int tell_changes(struct reader *r, struct err *e)
{
    uint64_t count = r->years.breaks->changes;

    return tell(
        r, e,
        "its host changes for good where dates go on, %" PRIu64
        " time%s: lines before that are told as of years before those behind it, but logs of "
        "several hosts one behind another look the same, and theirs would be later",
        count, plural(count));
}

/* What would follow from the order of the lines is no year of a log. */
static int tell_none(struct reader *r, struct err *e)
{

    return tell(
        r, e,
        "by the order of its lines they would be of years before %d, which cannot be, as "
        "where many logs stand one behind another: each is told as of the last year in which "
        "it can be",
        YEARS_OLDEST);
}

static int tell_blocks(struct reader *r, struct err *e)
{

    return tell(
        r, e,
        "its lines lie side by side in %" PRIu64 " blocks of which some end where such begin "
        "that stand before them, as of rotated logs put one behind another: their years follow "
        "from that, back from the newest",
        r->years.breaks->blocks);
}

static int tell_many_hosts(struct reader *r, struct err *e)
{

    return tell(
        r, e,
        "its lines are of more than %d hosts: years follow from the order of all lines, also "
        "where logs of several hosts stand one behind another",
        YEAR_HOSTS_MOST);
}

int job_tell_years(struct reader *r, struct err *e)
{
    const struct year_breaks *b = r->years.breaks;
    int rc = 0;

    if (r->has_inferred_years && r->stated_s != INT64_MIN)
        rc = tell_disbelieved(r, e);
    if (rc == 0 && b && b->is_none)
        return tell_none(r, e);
    if (rc == 0 && r->has_inferred_years && r->has_end)
        rc = tell_end(r, e);
    if (rc == 0 && b && r->has_inferred_years && b->end_s)
        rc = tell_stated_end(r, e);
    if (rc == 0 && b && b->strays)
        rc = tell_strays(r, e);
    if (rc == 0 && b && b->blocks)
        rc = tell_blocks(r, e);
    if (rc == 0 && b && b->past)
        rc = tell_past(r, e);
    if (rc == 0 && b && b->late)
        rc = tell_late(r, e);
    if (rc == 0 && b && b->backs)
        rc = tell_backs(r, e);
    if (rc == 0 && b && b->between)
        rc = tell_between(r, e);
    if (rc == 0 && b && b->delays)
        rc = tell_delays(r, e);
    if (rc == 0 && b && b->maybe_delays)
        rc = tell_maybe_delays(r, e);
    if (rc == 0 && b && b->hosts)
        rc = tell_hosts(r, e);
    if (rc == 0 && b && b->changes)
        rc = tell_changes(r, e);
    if (rc == 0 && b && b->has_many_hosts && b->count > 1)
        rc = tell_many_hosts(r, e);
    return rc;
}

static int tell_encoding(struct reader *r, struct err *e)
{
    return reader_notice(r, 0,
                         r->encoding == TEXT_UTF16LE_BY_LOOK
                             ? "no byte order mark states it: read as UTF-16, little endian"
                             : "no byte order mark states it: read as UTF-16, big endian",
                         e);
}

static int tell_like(struct reader *r, struct err *e)
{
    return tell(r, e,
                "some of its lines look like those of another format (%s), %" PRIu32
                " of those that were looked at: they are told as text",
                formats[r->manner.like - 1]->name, r->manner.like_lines);
}

static int tell_sparse(struct reader *r, struct err *e)
{
    return tell(r, e,
                "few of its lines state a time: those that do look like lines of one program, and "
                "what stands between them is told as text of the line before it");
}

/* What was pasted has lost the blanks of its first line, and what one line quotes looks the same.
 */
static int tell_pasted(struct reader *r, struct err *e)
{
    return tell(r, e,
                "all lines that state a time stand behind blanks but the first: each is told as a "
                "line of its own, as of a log that was pasted, and not as text that the first one "
                "quotes");
}

static int tell_deeper(struct reader *r, struct err *e)
{
    return tell(r, e,
                "lines that state a time of their own stand behind blanks, %" PRIu32
                " of those that were looked at: they are told as text of the line before them, "
                "which may quote them",
                r->manner.deeper);
}

static int tell_half(struct reader *r, struct err *e)
{
    static const char *const as[CLOCK_COUNT_] = {
        "they are taken for that, but where a colon stands behind them",
        "they are taken for that",
        "they are taken for words of the text",
    };

    return tell(r, e,
                "AM or PM stands behind its times, and it is not certain that they are part of "
                "these: %s (doubt h)",
                as[r->manner.clock]);
}

static int tell_offsets(struct reader *r, struct err *e)
{
    if (r->manner.offsets == OFFSETS_WORDS)
        return tell(r, e,
                    "signed numbers (as -0300) stand behind its times, and by these its lines are "
                    "out of order, without them not: they are taken for words of the text");
    return tell(r, e,
                "signed numbers (as -0300) stand behind its times, not the same in all lines, and "
                "nothing shows whether they are zones: they are taken for that (doubt z)");
}

static int tell_clock(struct reader *r, struct err *e)
{
    CLEANUP_BUF struct buf by = {0};

    for (size_t i = 0; i < MANNER_CLOCKS && r->manner.clocks_s[i]; i++) {
        int64_t late_s = r->manner.clocks_s[i], min = (late_s < 0 ? -late_s : late_s) / 60;

        buf_addf(&by, "%s%" PRId64 " days %" PRId64 " h %" PRId64 " min %s", i ? ", " : "",
                 min / 1440, min / 60 % 24, min % 60, late_s < 0 ? "ahead" : "behind");
    }
    return tell(
        r, e,
        "messages of its lines state another time than the log does, as of a clock that is "
        "wrong, or was set, by about: %s (by the lines that were tried). Of lines that are "
        "apart by that, to a quarter of an hour, the log's time counts, and theirs is "
        "event.stated_time; others may have come late: theirs counts where it is before the "
        "log's, by seven days at most, and both state their zone (event.ingested is the "
        "log's), and else the log's",
        buf_text(&by));
}

static int tell_delivery(struct reader *r, struct err *e)
{
    if (r->manner.delivery == DELIVERY_CLOCK)
        return tell_clock(r, e);
    if (r->manner.delivery == DELIVERY_SHOWN)
        return tell(r, e,
                    "messages of its lines were delivered late, each by another time: when each "
                    "says that it was counts, and event.ingested is when the log had it");
    return tell(r, e,
                "messages of its lines state another time than the log does, and nothing shows "
                "whether they came late or a clock is wrong: theirs counts where it is before the "
                "log's, by seven days at most, and both state their zone (event.ingested is the "
                "log's), and else the log's (event.stated_time is theirs)");
}

static int tell_left(struct reader *r, struct err *e)
{
    unsigned alike, objects;
    char words[320];

    if (!json_left_as_text(r, &alike, &objects))
        return 0;
    snprintf(
        words, sizeof(words),
        "of the %u objects at its beginning %u have a text that looks like another program's "
        "line; nothing beside it shows that it was sent on, so it was not read as one, and its "
        "words alone can be searched for",
        objects, alike);
    return reader_notice(r, 0, words, e);
}

int job_tell_manner(struct reader *r, struct err *e)
{
    int rc = text_is_by_look(r->encoding) ? tell_encoding(r, e) : 0;

    if (rc == 0 && r->manner.like)
        rc = tell_like(r, e);
    if (rc == 0)
        rc = tell_left(r, e);
    if (rc == 0 && r->manner.is_sparse)
        rc = tell_sparse(r, e);
    if (rc == 0 && r->manner.is_pasted)
        rc = tell_pasted(r, e);
    if (rc == 0 && r->manner.deeper)
        rc = tell_deeper(r, e);
    if (rc == 0 && r->manner.is_half_doubtful == HALF_SEEN)
        rc = tell_half(r, e);
    if (rc == 0 && r->manner.offsets)
        rc = tell_offsets(r, e);
    if (rc == 0 && r->manner.delivery)
        rc = tell_delivery(r, e);
    return rc;
}
