/* year_runs.h: what years.c is made of: dates without a year, and runs of lines that have such. */
#pragma once
#include "timeline/years.h"

enum {
    DAY_S = 86400,
    HOUR_S = 3600,
    DAYS = 366,
    NEAR_DAYS = 31,
    BACK_DAYS = 100, /* from a line to the next, where the newest is the first */
    BACK_LEAST = 4,
    STRAY_SHARE = 4, /* one line of so many is too many to be astray from a few days */
    ON_SHARE = 10,   /* one line of so many may be later than the one before it there */
    HALF_DAYS = DAYS / 2 - NEAR_DAYS,
    RETURN_DAYS = 2,            /* behind a stray */
    PAUSE_DAYS = 7,             /* the same, behind weeks without such a pause */
    UNSET_DAYS = 7,             /* that a machine waits for the time */
    LATE_DAYS = 21,             /* that lines may come after others of the new year */
    TURNS_LINES = 10,           /* of a host that stand between those of others */
    DENSE_LINES = 3,            /* fewer are no order that others go astray from */
    LEAP_SHARE = 50,            /* one of so many lines of 29 February shows the year */
    OLDEST_YEAR = YEARS_OLDEST, /* what is stated to be older is of a clock that was not set */
    UNSET_YEAR = 2000,          /* so is its first day */
    FIRST_YEAR = 1678,          /* as stated_is_date has them */
    LAST_YEAR = 2261,
    CYCLE = 28,        /* years behind which all days of the week come again */
    CHANGES_MOST = 64, /* places that are told of */
    LEAP_MOST = 8,     /* years from one 29 February to the next, at most */
};

static inline struct year_date year_date_of(const struct stated *s)
{
    return (struct year_date){(uint32_t)s->month, (uint32_t)s->day, (uint32_t)s->hour,
                              (uint32_t)s->minute, (uint32_t)s->second};
}

struct stated year_date_stated(const struct year_date *d, int year);
/* A difference of days of the year, as from -183 to 183. */
static inline int year_shorter_way(int days)
{
    return days > DAYS / 2 ? days - DAYS : days < -DAYS / 2 ? days + DAYS : days;
}

/* Within a leap year. */
static inline int year_days_within(const struct year_date *from, const struct year_date *to)
{
    static const int before[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335};

    return before[to->month - 1] + (int)to->day - before[from->month - 1] - (int)from->day;
}

/* Days from one date to another, the shorter way round the year. */
static inline int year_days_between(const struct year_date *from, const struct year_date *to)
{
    return year_shorter_way(year_days_within(from, to));
}

/* Dates that go from later to earlier, by more than a month, are of two years. */
static inline bool year_is_turn(const struct year_date *from, const struct year_date *to)
{
    return year_days_within(from, to) < -NEAR_DAYS;
}

/* A line of the last days of December behind one of the first days of January. */
static inline bool year_is_late(const struct year_date *from, const struct year_date *to)
{
    return from->month == 1 && from->day <= 2 && to->month == 12 && to->day >= 30;
}

/* Of one year, and no more than a month away. */
static inline bool year_is_near(const struct year_date *from, const struct year_date *to)
{
    int days = year_days_between(from, to);

    if (year_is_turn(from, to) || (days < 0 && to->month > from->month))
        return false;
    return days >= -NEAR_DAYS && days <= NEAR_DAYS;
}

static inline bool year_is_same_day(const struct year_date *a, const struct year_date *b)
{
    return a->month == b->month && a->day == b->day;
}

/* Of one year, by days. */
static inline bool year_is_later(const struct year_date *a, const struct year_date *b)
{
    return a->month > b->month || (a->month == b->month && a->day > b->day);
}

static inline uint32_t year_second_of_day(const struct year_date *d)
{
    return (d->hour * 60 + d->minute) * 60 + d->second;
}

/* Of struct year_week; and one line there, with the day of the week that it states. */
int year_calendar(int year);
struct year_week year_week_of(const struct stated *s);
/* The time that is next to it of those that an event can have, from 1970. */
int64_t year_within(int64_t written_s);
/* Neither later by a month at most nor a little earlier, also over a new year. */
static inline bool year_is_apart(const struct year_date *from, const struct year_date *to)
{
    int days = year_days_between(from, to);

    return days < -RETURN_DAYS || days > NEAR_DAYS;
}

/* Whether there is such a date, and it is not after a source written then by more than a day. */
bool year_can_be(const struct stated *s, int64_t written_s);

static inline bool year_is_within(int64_t n, int64_t from, int64_t to)
{
    return n >= from && n <= to;
}

/* So many lines, or so large a share of all, show something; fewer may be of a clock that was
 * wrong. */
static inline bool year_is_shown(uint64_t lines, uint64_t of)
{
    return lines >= DENSE_LINES || lines * LEAP_SHARE > of;
}

/* Lines of another format beside those may be of another log, put behind it or before it, but where
 * the two take turns. */
static inline bool year_is_shown_beside(const struct year_run *r)
{
    return r->votes == 0 && r->besides >= DENSE_LINES;
}

/* Whether lines beside those show their year; 0: none do. */
static inline int64_t year_shown(const struct year_run *r)
{
    if (year_is_shown_beside(r))
        return r->beside_year;
    return r->votes && year_is_shown(r->votes, r->lines) ? r->year : 0;
}

/* What few lines state, as before a clock was set, where by all others the last line is of when the
 * source was written, as hardly by chance. */
static inline bool year_is_outweighed(const struct year_run *r, int64_t year, bool ends_with_file)
{
    return ends_with_file && year_shown(r) != year && r->votes * LEAP_SHARE <= r->lines &&
           !year_is_shown_beside(r);
}

/* Runs without what strays. to knows clocks and starts of lines, or learns such. */
void year_runs_reduce(struct year_runs *to, const struct year_runs *all);
/* Of a clock that was not set, as a machine has it that does not know its name yet. */
static inline bool year_begins_unset(const struct year_run *r)
{
    return r->first.month == 1 && r->first.day == 1 && r->highest - r->lowest <= UNSET_DAYS;
}
/* Goes through the runs as years_next goes through their lines: the date of the last one. */
void year_go_through(struct years *y, const struct year_runs *runs);
/* Whether the source was written when that was. */
bool year_is_of_end(const struct year_date *d, int64_t written_s);
/* Whether those are rotated logs one behind another, each a block: they lie side by side in one
 * year, and some end where such begin that stand before them. *newest gets the last one of time. */
bool year_runs_are_rotated(const struct year_runs *r, int64_t written_s, size_t *newest);
enum { BLOCKS_MOST = YEAR_BACKS_MOST * 2 };
/* The same where each ends where another one begins, which some stand before, over years: order
 * gets them from the newest on, as many as there are. */
bool year_runs_are_chained(const struct year_runs *r, int64_t written_s, size_t *order);
/* What stays of hosts show of lines that came late (year_delays.c). */
struct year_delays {
    const struct year_hosts *hosts; /* borrowed */
    uint32_t *stays;                /* those of a host behind one another, by place */
    uint32_t *starts;               /* of each host, and the end */
};
void year_delays_begin(struct year_delays *d, const struct year_hosts *h);
void year_delays_release(struct year_delays *d);
/* New years from the run before it to run i. */
int year_runs_turn_at(const struct year_runs *r, size_t i);
enum year_delay {
    YEAR_DELAY_NONE,
    YEAR_DELAY_MAYBE,
    YEAR_DELAY_SURE,
};
/* Whether run i is of lines that came late: those of no host go back, so that no year passed. b has
 * the years of those before it, as turns or as years. */
enum year_delay year_delay_of(const struct year_runs *r, size_t i, const struct year_breaks *b,
                              int64_t written_s);
/* Runs of lines that a host kept and delivered between those of others. Zero-initialise. */
struct year_kept {
    struct year_kept_run {
        uint64_t at;
        int64_t years; /* from that of the lines of the others before it */
    } * of;
    size_t count, room;
    uint64_t delays; /* how often such began */
};
void year_kept_release(struct year_kept *k);
/* They are taken from all runs, and put back where the years of the others have become known. */
void year_kept_take(struct year_kept *k, struct year_runs *all, int64_t written_s);
void year_kept_put(const struct year_kept *k, struct year_breaks *b);
/* What a part has, behind what stands before it. sweep: of hosts of the whole source. */
void year_runs_append(struct year_runs *to, const struct years_part *part,
                      const struct year_sweep *sweep);
/* Where lines go back and those before would be later than the source, in its year. */
void year_runs_mark_past(struct year_runs *all, int64_t written_s);
/* How often lines go back by 3 to 60 days; up to a month it may be that they came late. */
void year_runs_count_backs(const struct year_runs *all, struct year_breaks *b);
/* Whether they go back there, within a year, since they came late. */
bool year_is_delayed_at(const struct year_delays *d, uint64_t at, const struct year_breaks *b);
/* Runs of which the last line is told as later than the source. */
uint64_t year_runs_count_late(const struct year_runs *all, const struct year_breaks *b,
                              int64_t written_s);
/* The file was written when its lines were: what stands behind those of that time went astray. */
void year_runs_return(struct year_runs *r, int64_t written_s);
/* Of one day, or of two that are next to each other; a machine may wait for the time for days. */
bool year_run_is_short(const struct year_runs *r, const struct year_run *run);
/* Lines begin at that date once more. */
void year_start_meet(struct year_start *starts, const struct year_date *d);
/* Of a clock that was not set: it begins with the year, or comes back to one date. */
bool year_is_unset(const struct year_runs *r, const struct year_run *run);
/* The clock by which lines of that date may stand behind lines of the other one, which were written
 * some days before: NULL: it is none that was met some times. */
const struct year_clock *year_clock_of(const struct year_runs *r, const struct year_date *behind,
                                       const struct year_date *d);
/* A run went astray behind that date. */
void year_meet_clock(struct year_runs *r, const struct year_date *behind,
                     const struct year_run *run);
/* Whether the other clock, of the last run, shows that lines of that date go on behind run i. */
bool year_is_shown_by_clock(const struct year_runs *r, size_t i, const struct year_date *to);
