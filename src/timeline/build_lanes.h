/* build_lanes.h: workers side by side that make one timeline, as build.c and build_years.c share
 * them. */
#pragma once
#include "timeline/build.h"
#include "timeline/wire.h"

enum { LANE_PARTS = 4 };

/* One worker, and what it sent that has not been put yet. */
struct lane {
    struct building *building;
    struct worker *worker; /* NULL: none, or it has ended */
    struct buf argument;   /* may hold a key */
    struct buf queue;      /* kind and size, u32 each, and the bytes, of each message */
    size_t taken;          /* bytes of it */
    bool is_used;
    uint32_t parts[LANE_PARTS]; /* that it was given, in order, or its share; [0] is put first */
    unsigned part_count, ended; /* of them, and how many have come to their end */
    int tell;                   /* where it hears of further ones; -1: there are none */
    uint64_t read;              /* bytes of evidence */
    struct buf columns, packed; /* of the block that is being put together */
};

struct building {
    const struct build_order *order;
    struct segment_writer *store;
    struct build_looked looked;
    struct years_part *counted; /* each part, where they have lines */
    struct years *years;        /* with which each part begins */
    struct year_breaks breaks;  /* of all of them */
    struct year_hosts hosts;    /* likewise */
    struct folds folds;         /* likewise */
    struct rotation rotation;   /* of its sources, where they are several */
    bool has_looked;
    bool is_counting; /* years, before events are read */
    struct lane *lanes;
    unsigned lane_count;
    uint32_t begun; /* parts, or shares */
    uint32_t turn;  /* the part whose messages are put next, or the source of an archive */
    uint64_t read;  /* bytes of evidence, by those who have ended */
    uint64_t told;  /* of them, to who waits */
    bool is_over;   /* the timeline's directory has no room for more */
};

/* ERR_TAMPER. */
int build_unsound(struct err *e);
/* Tells who waits how many bytes of evidence were read. */
MUST_CHECK int build_progress(struct building *b, uint64_t done, struct err *e);
/* Of parts from one to another. */
struct build_task build_task_of(const struct building *b, enum build_kind kind, size_t from,
                                size_t to);
/* What a worker is given. folds and breaks: NULL, or of a part what is known. */
void build_argument(const struct build_order *o, const struct build_task *task,
                    const struct folds *folds, const struct year_breaks *breaks, struct buf *out);
struct worker_order build_worker_order(const struct build_order *o, const struct buf *argument,
                                       worker_receive *receive, void *context);

/* Parts of one source are given to a worker one after another (build_parts.c): the first with its
 * argument, each other one once the one before is at its end. Opens l->tell; *hear, for the worker,
 * is the caller's to close. */
MUST_CHECK int build_parts_begin(struct lane *l, int *hear, struct err *e);
void build_parts_close(struct lane *l);
/* The last message of a part has come. */
MUST_CHECK int build_parts_ended(struct lane *l, struct err *e);
/* All messages of l->parts[0] were put. */
MUST_CHECK int build_parts_put(struct lane *l, struct err *e);
/* The worker has ended: ERR_TAMPER where parts are left that it was given, or should have been. */
MUST_CHECK int build_parts_over(struct lane *l, struct err *e);

/* BUILD_RUNS, BUILD_HOSTS and BUILD_COUNTED: of the lane's part. */
MUST_CHECK int build_take_runs(struct lane *l, struct str body, struct err *e);
MUST_CHECK int build_take_hosts(struct lane *l, struct str body, struct err *e);
MUST_CHECK int build_take_counted(struct lane *l, struct str body, struct err *e);
/* The parts around each night are gone through in one go, for a night may lie in several. */
MUST_CHECK int build_find_folds(struct building *b, struct err *e);
