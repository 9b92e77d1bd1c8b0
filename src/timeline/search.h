/* search.h: asks the timelines of a case: workers read them, side by side. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "timeline/search_about.h"
#include "timeline/search_wire.h"

/* An event that was found. All text is hostile. */
struct search_event {
    int64_t ns;
    uint32_t file;  /* of the order's */
    uint64_t event; /* of that file, from 0 */
    uint64_t at, line;
    struct str source;
    struct str precision, doubt, meaning;
    struct str fields; /* as search_field takes them */
};
/* Takes the next field off *fields; false: there is none. */
bool search_field(struct str *fields, struct str *name, struct str *value);
/* Its first value of that name; empty where it has none. */
struct str search_value_of(const struct search_event *event, const char *name);

struct search_order {
    const int *files;                /* timelines; borrowed */
    const struct hash *directories;  /* of each, as segment_result has it */
    size_t file_count;               /* at most SEARCH_FILES_MOST */
    const struct search_item *items; /* what records say of each; NULL: nothing, borrowed */
    struct str query;
    const struct query_times *times; /* how it spells times; NULL: it has none */
    int64_t from_ns, to_ns;          /* both within; INT64_MIN and INT64_MAX: all */
    enum search_kind kind;
    uint64_t most; /* rows; 0: all */
    bool has_only; /* the one event of that number, from 0, in its one file */
    uint64_t only;
    bool is_backward;    /* the latest first */
    uint32_t slot_count; /* of a histogram: at most SEARCH_SLOTS_MOST, each slot_ns wide */
    int64_t first_slot_ns;
    int64_t slot_ns;   /* 0: as fine as so many hold all events, and the result says from when on */
    struct str field;  /* of SEARCH_VALUES; several have a NUL between them */
    struct str beside; /* another query, without times: of which events it is true, and query is
                          not, is counted, too; empty: there is none */
    unsigned workers;  /* 0: as many as there are processors */
};
struct search_receiver {
    /* In the order of time. Non-zero stops the search and is returned. */
    int (*event)(void *context, const struct search_event *event, struct err *e);
    void *context;
};
struct search_counted {
    uint64_t field;   /* of those of the order, from 0 */
    struct str value; /* hostile */
    struct search_value told;
};
struct search_result {
    struct search_value sum;        /* of SEARCH_COUNT and SEARCH_VALUES */
    struct search_value beside;     /* likewise */
    int64_t first_slot_ns, slot_ns; /* slot_ns 0: there were no events to look through */
    uint64_t slots[SEARCH_SLOTS_MOST];
    struct search_counted *values; /* by field; most frequent first; then the earliest */
    size_t value_count;
    struct buf bytes;     /* of them */
    struct buf no_fields; /* that the query names and no event has: name NUL alike NUL, hostile */
};
void search_result_release(struct search_result *r);
/* ERR_USAGE: the query; ERR_FORMAT: a damaged timeline; ERR_LIMIT, ERR_TAMPER as worker_run. */
MUST_CHECK int timeline_search(const struct search_order *order, const struct search_receiver *to,
                               struct search_result *out, struct err *e);
