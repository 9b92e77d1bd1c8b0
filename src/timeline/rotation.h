/* rotation.h: logs that were rotated: auth.log, auth.log.1, auth.log.2.gz are one log, of which the
 * lines of an older one end where a newer one begins (doc/format/timeline.md section 2). */
#pragma once
#include "base/str.h"

enum { ROTATION_SLACK_S = 29 * 86400 }; /* a year is meant, so lines that came late do no harm */

struct rotation_name {
    struct str log; /* the path without what rotation added */
    uint64_t age;   /* 0: the one that is written to */
    bool is_dated;  /* age is of a date, and no number */
};
/* "/var/log/auth.log.2.gz", "/var/log/messages-20261101". */
struct rotation_name rotation_name_of(struct str path);
/* Whether the names say that both are of one log, and a is the newer one. */
bool rotation_is_newer(const struct rotation_name *a, const struct rotation_name *b);

/* When the lines of a source ended at the latest. */
struct rotation_end {
    struct str source;
    int64_t end_s;
};
/* NULL: none is known. */
const int64_t *rotation_end_of(const struct rotation_end *ends, size_t count, struct str source);

/* Lines of a source that are not out of order. */
struct rotation_span {
    int64_t first_s, last_s; /* last_s: of those whose year was inferred */
    bool has_first, has_last;
};
/* Sources of one item of evidence. Zero-initialise. */
struct rotation {
    struct rotation_source *of;
    size_t count, room;
    struct buf names;
    bool is_passed;            /* the source that was added last has no part in this */
    struct rotation_end *ends; /* in the order of their names */
    size_t end_count;
};
void rotation_release(struct rotation *r);
/* is_of_lines: else it has no part in this. */
void rotation_add(struct rotation *r, struct str source, bool is_of_lines);
/* Of the source that was added last, once for each of its parts. */
void rotation_see(struct rotation *r, const struct rotation_span *span);
/* Fills r->ends with the sources whose years are too late, by their names and those of the newer
 * ones: a year that is too late is taken back in all that are older, too. */
void rotation_find_ends(struct rotation *r);
