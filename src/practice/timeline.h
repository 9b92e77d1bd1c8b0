/* timeline.h: the timelines of a case's evidence: made, and asked. */
#pragma once
#include "practice/practice.h"
#include "timeline/search.h"

extern const struct kind timeline_kind; /* "timeline", tl1 …: what was read out of an item */
extern const struct operation analyse_timeline;  /* makes them */
extern const struct operation analyse_timelines; /* lists them */
extern const struct operation analyse_search;
extern const struct operation analyse_histogram;
extern const struct operation analyse_top;
extern const struct operation analyse_who;
extern const struct kind event_tag_kind; /* "event-tag", ev1 …: what an event means */
extern const struct operation analyse_event;
extern const struct operation analyse_tag;
extern const struct operation analyse_tags;
extern const struct operation analyse_export; /* for other programs */

/* One more where the same evidence becomes other events. */
enum { TIMELINE_VERSION = 1 };

/* The timelines that a person may see, the newest of each item. */
struct timelines {
    const struct thing **things; /* kind timeline; owned array */
    const struct thing **items;  /* the evidence of each */
    int *fds;
    struct hash *directories;
    struct search_item *told; /* what records say of each: clocks, and marks of its events */
    struct utc now;           /* the view's */
    struct query_times times;
    size_t count, room;
};
/* Opens all, or those of the items (ids in hex, lines). ERR_NOTFOUND: there is none, or its file is
 * not there. */
MUST_CHECK int timelines_open(struct timelines *t, const struct view *v, const char *case_folder,
                              struct str items, struct err *e);
void timelines_release(struct timelines *t);
/* A search through all of them, with all of what records say of them; times in its query are
 * spelled as those of --from and --to. It borrows t. */
struct search_order timelines_order(const struct timelines *t);
/* The same with the query, from and to of an operation's input. Errors: ERR_USAGE (to is before
 * from, so that nothing can be found); *out is set then, too. */
MUST_CHECK int timelines_asked(struct search_order *out, const struct timelines *t,
                               const struct operation *op, const struct input *in, struct err *e);

/* The newest timeline of an item; NULL: none. */
const struct thing *timeline_of(const struct view *v, const struct thing *item);
/* Makes anew those whose zones are not those that people named since. */
MUST_CHECK int timeline_follow_zones(struct session *s, const struct operation *op,
                                     const struct input *in, struct answer *a, struct err *e);
/* Its time as it is known now: what is said of clocks since counts. False: it has none. */
bool event_tag_time(const struct view *v, const struct thing *tag, struct utc *out);
struct event_mark {
    const struct thing *tag;
    bool has_time;
    struct utc at;
};
/* All of them in the order of their times, those without one last. The caller frees *out. */
size_t event_marks_in_order(const struct view *v, struct event_mark **out);
/* What is doubted of it, likewise: letters. */
void event_tag_doubt(struct buf *out, const struct view *v, const struct thing *tag);
/* What the letters of doubt stand for: "the year was not stated; …". */
void event_doubts_say(struct buf *out, struct str doubt);
/* Whether a mark is of the timeline that its item has now. */
bool event_tag_is_present(const struct view *v, const struct thing *tag);
/* The event that it is of, from 0. False: it is not spelled as one. */
bool event_call_read(struct str call, unsigned *item, uint64_t *event);
/* The path of its file. */
void timeline_path(const char *case_folder, const struct thing *timeline, struct buf *out);
