/* noticed.h: what the steps share that say what they noticed (doc/format/observed.md).
 *
 * Internal to src/collect/. */
#pragma once
#include "collect/hidden.h"

/* A gather with the collection's host, for find_owners; give it back by noticed_gather_end. */
void noticed_gather_begin(struct gather *g, struct collection *c);
void noticed_gather_end(struct gather *g, struct collection *c);

/* The processes that run one program, those with the lowest path first. */
struct program {
    struct str path;
    size_t *processes; /* indexes; points into one array */
    size_t count;
};
struct programs {
    struct program *list; /* sorted by path */
    size_t count;
    size_t *indexes; /* of all */
};
void programs_find(struct programs *out, const struct process_list *p);
void programs_release(struct programs *p);
#define CLEANUP_PROGRAMS CLEANUP(programs_release)
/* "pids": at most TOLD_MOST of them, and "more_pids" */
void programs_put_pids(struct json *j, const struct program *p, const struct process_list *list);
/* "uid", "comm" and "program" of a process, after its "pid". */
void noticed_put_process(struct json *j, const struct process *p);
