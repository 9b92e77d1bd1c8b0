/* regroup.h: lines of several events that stand among one another, brought together by the name of
 * their event, within a window of stated size. */
#pragma once
#include "base/str.h"

enum {
    REGROUP_EVENTS_MOST = 64,    /* that are open at a time */
    REGROUP_SIZE_MOST = 1 << 20, /* bytes of their lines */
    REGROUP_SECONDS = 5,         /* of the log's own time, from the first line of an event */
    REGROUP_NAME_SIZE = 48,
};

/* A line in the window. */
struct regrouped {
    uint64_t at, number; /* its byte and number in the source */
    uint64_t whole;      /* bytes of the line, where not all of them are here */
    size_t off, len;     /* in the text of its group */
};
/* An event that is complete: its lines in their order, each with a newline behind it. */
struct line_group {
    char name[REGROUP_NAME_SIZE];
    size_t name_len; /* 0: one line that names none */
    int64_t ns;      /* of its first line */
    struct buf text;
    struct regrouped *lines;
    size_t count, room;
};

struct regroup;
struct regroup *regroup_new(void);
void regroup_free(struct regroup *g); /* NULL is fine */
DEFINE_CLEANUP(struct regroup *, regroup_free)
/* Takes a copy of a line; name is that of its event, of up to REGROUP_NAME_SIZE bytes, empty where
 * it names none, and ns its time then. After each, regroup_take is called until it gives none. */
void regroup_add(struct regroup *g, const struct regrouped *line, struct str text, struct str name,
                 int64_t ns);
/* The first event, in the order of first lines, where the window has to close it; is_end: whatever
 * there is. NULL: none. It is borrowed until the next call. */
const struct line_group *regroup_take(struct regroup *g, bool is_end);
