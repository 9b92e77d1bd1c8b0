/* foreign.h: timelines that plaso and Timesketch made: their columns and members, and what those
 * say of time (doc/format/timeline.md section 2). */
#pragma once
#include "timeline/format.h"
#include "timeline/members.h"

/* What a value is; 0 is a field. */
enum foreign_kind {
    FOREIGN_FIELD,
    FOREIGN_DATETIME, /* a time, ISO 8601 */
    FOREIGN_MICROS,   /* microseconds since 1970 */
    FOREIGN_DATE,     /* 12/31/2026 */
    FOREIGN_CLOCK,    /* 03:12:09 */
    FOREIGN_ZONE,     /* of the two */
    FOREIGN_MEANING,  /* "Creation Time" */
    FOREIGN_LOCAL,    /* whether the zone was not stated where the time came from */
    FOREIGN_CLASS,    /* of plaso: how the time was stored, and so how exact it is */
    FOREIGN_COUNT_,
};

struct foreign {
    struct reader *r;
    struct event *e;
    struct members *members;
    const struct member_table *table;
    struct str said[FOREIGN_COUNT_]; /* the first value of each kind but fields */
    bool is_of_file;                 /* the time is one of a file's */
};
void foreign_take(struct foreign *f, struct str name, struct str value);
/* A value of a column that was looked up before. */
void foreign_put(struct foreign *f, struct member_found found, struct str value);
/* When all is taken: the time and the meaning. False: there is no time, nor a word why. */
bool foreign_end(struct foreign *f);

extern const struct member_table foreign_l2t, foreign_plaso, foreign_timesketch;
