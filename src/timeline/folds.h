/* folds.h: which of the two hours lines are of that clocks showed twice, as their order shows it
 * (doc/format/timeline.md section 2, "The hour that happens twice"). */
#pragma once
#include "timeline/event.h"
#include "timeline/zone.h"

enum { FOLDS_MOST = 1024 };
/* One night. Places are bytes of the source, where lines begin. */
struct fold {
    uint64_t from;   /* of the first line of the first hour */
    uint64_t second; /* of the first one of the second hour */
    uint64_t edge;   /* before it a line of the last moments is a late one of the first hour */
    uint64_t to;     /* behind all of them */
    int64_t at;      /* the moment when clocks were put back */
    int64_t size;    /* by so many seconds */
};
/* In the order of their places. */
struct folds {
    struct fold *of;
    size_t count, room;
};
void folds_release(struct folds *f);
/* What is behind FOLDS_MOST is not kept. */
void folds_add(struct folds *f, const struct fold *fold);
/* Whether a fold of another process can be one. */
bool fold_is_sound(const struct fold *f);
/* An event with the doubt that its time happened twice: where it is known which, it gets that time
 * and says so. */
void folds_apply(const struct folds *f, struct event *e);

/* How lines are gone through, one after another. */
struct fold_search {
    struct folds *found;
    const struct zone *zone;
    struct zone_fold night; /* which lines are of */
    struct fold fold;       /* as far as it is known */
    bool is_open;           /* there is such a night */
    bool is_second;         /* its lines are of the second hour */
    bool is_edge;           /* and of nothing but the first moments of it */
    bool has_ended;         /* lines stood between that are from behind both hours */
    bool is_unclear;
    bool is_from_before; /* the line before it is of an earlier time */
    bool is_first;       /* there is no line before it */
    int64_t last;        /* seconds that the line before is into the hour */
    bool has_clock;      /* there was a line: */
    int64_t clock;       /* what its clock showed */
};
void fold_search_begin(struct fold_search *s, struct folds *found, const struct zone *zone);
void fold_search_line(struct fold_search *s, uint64_t place, int64_t clock);
/* Where the lines end at the end of the source, or else where they go on. */
void fold_search_end(struct fold_search *s, bool is_source_end);
