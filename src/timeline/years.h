/* years.h: of which years lines are whose dates state none, as the order of all lines of their
 * source shows it (doc/format/timeline.md section 2, "Years"). */
#pragma once
#include "timeline/when.h"
#include "timeline/year_hosts.h"

/* Of whose lines a source may be, each of those that the ones before decline. */
enum { FORMATS_OF_SOURCE = 4 };
enum { YEARS_OLDEST = 1990 }; /* before it no log that is read here was written */
/* month 0: there is none. Without gaps, as it goes between processes. */
struct year_date {
    uint32_t month, day, hour, minute, second;
};
/* Lines one behind another whose dates state their year. */
struct year_stated {
    int64_t first_year, last_year;
    uint64_t lines; /* 0: there are none */
    struct year_date first, last;
    /* Behind those of last_year, of years away, and so few that their clock may be wrong. */
    int64_t doubtful_year;
    uint64_t doubtful_lines; /* 0: there are none */
    struct year_date doubtful;
    uint32_t format; /* of which of the source's formats all of them are */
};
/* How many lines, and days of such, have their days of the week where a year has one of these: 0
 * to 6: 1 January is a Sunday and so on, and from 7 in a leap year. As many as fit, at most. */
enum { YEAR_CALENDARS = 14 };
struct year_week {
    uint32_t lines[YEAR_CALENDARS], days[YEAR_CALENDARS];
};
/* Lines one behind another of one year, each within a month of the one before it. */
struct year_run {
    uint64_t at;                          /* where the first of them begins */
    uint64_t lines;                       /* how many, */
    uint64_t leaps;                       /* and of 29 February */
    struct year_date first, before, last; /* before: the last one of another day than the last */
    uint32_t is_foreign;                  /* 1: of a clock that is known to be another */
    int64_t lowest, highest, end;         /* days from the first one: of all, and of the last */
    uint64_t ons;                         /* lines that are later than the one before them, */
    uint64_t day_backs;                   /* and that are of an earlier day than it */
    int64_t year;              /* that lines beside them show which state theirs; 0: none do, */
    uint64_t votes;            /* and how many lines do */
    int64_t beside_year;       /* that lines of another format before them have, */
    uint32_t besides;          /* and how often; */
    uint32_t format;           /* the last of them is one of that of the source's formats */
    uint64_t week_lines;       /* that state a day of the week, */
    uint32_t week_days;        /* on so many days */
    uint32_t begins;           /* what its first line does: enum year_begins, added up */
    uint32_t gap;              /* the most days from one line to the next, */
    struct year_date gap_from; /* and the date before them; 0: there are none */
    struct year_week week;
};
enum year_begins {
    YEAR_BEGINS_HOST = 1,     /* it is the first of one, whose date does not go on */
    YEAR_BEGINS_BACK = 2,     /* it goes back by days, and would else go on with the run before */
    YEAR_BEGINS_ON = 4,       /* it is the first of a host, whose date goes on */
    YEAR_BEGINS_PAST = 8,     /* those before would be later than the source, in its year */
    YEAR_BEGINS_DELAYED = 16, /* it is of lines that came late, as the other hosts show */
};
/* Of a host whose lines went astray. */
struct year_clock {
    int days;       /* that it is ahead of the others, the shorter way round the year */
    unsigned times; /* it was met */
    uint64_t lines; /* of it */
};
/* A date to which a clock comes back. */
struct year_start {
    struct year_date date;
    unsigned times;
};
/* Of a source, or of a part of it: all, or, where these are too many, without what stands to and
 * fro. */
enum {
    YEAR_RUNS_MOST = 1024,
    YEAR_RUNS_ALL = 8192,  /* of a part, */
    YEAR_RUNS_SUM = 65536, /* and of all parts */
    YEAR_BACKS_MOST = 64,
    YEAR_CLOCKS_MOST = 4,
    YEAR_STARTS_MOST = 16,
};
struct year_runs {
    struct year_run *of;
    size_t count, room;
    uint64_t strays;                 /* runs that were left out, */
    uint64_t stray_lines;            /* lines of those that are more than a month away, */
    bool has_january;                /* and whether one begins on 1 January, as clocks do */
    struct year_stated before, last; /* before the first run, and behind the last line of any */
    bool is_reduced;                 /* strays are left out */
    bool joins_backs;                /* no run begins with a line because that goes back, */
    size_t backs;                    /* or so many did, */
    bool has_many_backs;             /* and there are more */
    bool knows_clocks;               /* from the first run on */
    struct year_clock clocks[YEAR_CLOCKS_MOST];
    struct year_start starts[YEAR_STARTS_MOST];
    const struct year_delays *delays; /* borrowed; NULL: nothing is known of hosts */
};
void year_runs_release(struct year_runs *r);
/* A run behind those; where they would be more than most, strays are left out from there on. */
void year_runs_add(struct year_runs *r, const struct year_run *run, size_t most);
/* Lines behind those that state their year. */
void year_runs_add_stated(struct year_runs *r, const struct year_stated *s);
/* Whether what another process tells can be so, of so many bytes at most. */
bool year_run_is_sound(const struct year_run *r, uint64_t size);
bool year_stated_is_sound(const struct year_stated *s, uint64_t size);

/* Where runs begin that are no strays, and of which year they are. */
struct year_break {
    uint64_t at;
    int64_t year;
};
struct year_breaks {
    struct year_break of[YEAR_RUNS_MOST];
    size_t count;
    uint64_t strays;
    uint64_t blocks;  /* of rotated logs in another order than that of time; 0: none are known */
    uint64_t past;    /* how often lines are of a year before that since they would be later than
                         the source */
    uint64_t late;    /* and how often they are told as later than it */
    uint64_t backs;   /* how often lines go back by 3 to 60 days for good, which nothing explains */
    uint64_t delays;  /* how often lines of hosts came late, as the others' own lines go on */
    uint64_t between; /* how often lines of another season stand within what may be one pause */
    uint64_t maybe_delays; /* and how often they may have, and are told as of the next year */
    bool is_newest_first;
    uint64_t hosts;      /* how often another host begins whose years follow by themselves */
    bool has_many_hosts; /* of more than are known, so that none does */
    uint64_t changes;    /* how often the host changes where dates go on, and nothing shows whether
                            lines before it are of the year before */
    int64_t end_s; /* when the source says that its lines end, before it was written; 0: it does
                      not, and years follow from when it was */
    bool is_none;  /* what followed cannot be: each line is of the last year in which it can */
};
/* While lines are read. Zero-initialise. */
struct years {
    int year;                         /* of the line before that is no stray */
    struct year_date last;            /* and its date */
    struct year_date before;          /* of the line before, whatever it is, */
    bool is_stray;                    /* and whether that is one */
    int64_t written_s;                /* when the source was written last */
    const struct year_breaks *breaks; /* NULL: there are none */
    size_t next;                      /* of them: those before begin before the line */
};
/* The year of a line that begins there. */
int years_next(struct years *y, const struct stated *s, uint64_t at, bool *is_stray);

/* While the parts of a source are gone through, before it is read. Zero-initialise. */
struct years_part {
    struct year_runs runs;
    char day[7];         /* "Nov 25 ", as the last line wrote it; zeros: otherwise */
    uint32_t fold_hours; /* zone_fold_hours of that day */
    bool is_last;        /* the last line is the last one of the runs, too */
    bool has_clock;      /* it has times without a zone, */
    bool has_fold;       /* and such as may have happened twice, or nearly */
    int64_t end_s;       /* when the source says that its lines end; 0: it does not */
    bool is_headed;      /* and it says so before its first line without a year */
    uint32_t format;     /* of the line that is added: which of the source's formats */
};
void years_part_release(struct years_part *p);
/* Its host is seen, too. */
void years_part_add(struct years_part *p, const struct stated *s, uint64_t at,
                    struct year_hosts *hosts, struct str host);
/* A line that states its year. */
void years_part_add_stated(struct years_part *p, const struct stated *s);
/* A head that states when its lines begin counts as enough of them. */
void years_part_add_head(struct years_part *p, const struct stated *s);
/* Where is_last: one more line of the day of the last one. */
void years_part_same_day(struct years_part *p, int hour, int minute, int second);
/* begin[i] gets the years with which part i begins, for a source that was written last then. */
void years_place(const struct years_part *parts, size_t count, const struct year_hosts *hosts,
                 int64_t written_s, struct years *begin, struct year_breaks *breaks);
