/* collection.h: a collection: the steps that read a live host into a bundle, in order of
 * volatility.
 *
 * Internal to src/collect/; collect_bundle is what callers use. A step starts no program, looks up
 * no name and writes nothing but the bundle. What cannot be read is said by collection_missing and
 * is no error; a step fails only as the bundle does. Memory is bounded: nothing is kept of a thing
 * once it is written, but what the next steps need. */
#pragma once
#include <time.h>
#include "collect/bundle.h"
#include "collect/collect.h"
#include "collect/gather.h"
#include "collect/guard.h"

enum collection_profile { PROFILE_TRIAGE = 1, PROFILE_FULL = 2 };

/* What the command line said; nothing is owned. */
struct collection_options {
    enum collection_profile profile;
    const char *root;            /* NULL: this host */
    uint64_t limit;              /* bytes a second that are read of files; 0: without limit */
    unsigned threads;            /* that hash; 0: one for each processor */
    const uint64_t *memory_pids; /* processes whose memory is wanted */
    size_t memory_pid_count;
    bool wants_physical;            /* the whole memory */
    const char *const *definitions; /* paths of ForensicArtifacts files or folders */
    size_t definition_count;
    const char *const *artifacts; /* names of those wanted; none: what the profile says */
    size_t artifact_count;
    const char *const *trees; /* whose metadata is wanted, besides the profile's */
    size_t tree_count;
    bool without_environment; /* of processes: secrets may be in it */
    const char *after;        /* only the steps behind this one; NULL: all */
    struct id continues;      /* with after: the collection that has the steps before */
    /* Is told what is read next, as the titles of steps.def say it. NULL is fine. */
    void (*reading)(void *context, const char *title);
    /* Is told in a sentence what was asked for by name and is not in the bundle. NULL is fine. */
    void (*unmet)(void *context, struct str words);
    bool (*is_stopped)(void *context); /* whether a person wants it to end now. NULL: never */
    void *context;
};

/* What was refused for want of rights, by step. */
enum { COLLECTION_REFUSAL_COUNT = 64 };
struct collection_refusal {
    const char *title; /* of the step */
    uint64_t count;
};

struct live_netns_list; /* the network namespaces, once they were asked for: live_netns.h */
struct collection_said; /* why something is missing, and how often that was said */

struct collection {
    struct host host;
    struct bundle *bundle;
    const struct collection_options *options;
    struct arena *arena; /* lives as long as the collection */
    const char *step;    /* which is running */
    bool is_root;
    struct utc started;
    struct process_list processes; /* as they were at the start; filled by the step "scan" */
    struct live_netns_list *networks;
    struct rights *rights; /* once the files with more of them were looked for */
    struct bundle_lines *missing;
    struct bundle_lines *observed;
    struct bundle_lines *artifacts;
    struct err *e;         /* the first failure of the bundle, for functions that return nothing */
    int status;            /* its code; steps stop when it is not 0 */
    uint64_t read;         /* bytes of files that were read, for the limit */
    struct timespec begun; /* CLOCK_MONOTONIC, for the limit */
    bool was_stopped;
    const char *unmet;            /* sentences of the step that is running, in lines; NULL: none */
    struct buf held;              /* the places that held it up, each ended by a NUL */
    bool held_up;                 /* something never came back: its thread is still there */
    const char *title;            /* of the step */
    struct collection_said *said; /* of the step that is running */
    size_t said_count;
    struct guard guard;
    uint64_t missing_count; /* lines of missing, and what they count besides */
    struct collection_refusal refused[COLLECTION_REFUSAL_COUNT];
    size_t refused_count;
};

/* One line of missing: what (any bytes), and why. number: a positive errno, or 0. The same step and
 * why is written at most 100 times, then counted. */
void collection_missing(struct collection *c, struct str what, int number, const char *why, ...)
    PRINTF_LIKE(4, 5);

/* A sentence for who asked for something by name that is not there; besides its line of missing. */
void collection_unmet(struct collection *c, const char *words, ...) PRINTF_LIKE(2, 3);

/* One line of observed (doc/format/bundle.md 1.3). The code is a row of observed.def, which says
 * weight, hint and the harmless cause. evidence names a member or gives the line that shows it. */
void collection_observe(struct collection *c, const char *code, struct str evidence,
                        const char *words, ...) PRINTF_LIKE(4, 5);

/* Puts a string member of any bytes: as UTF-8, and NAME_hex with the exact bytes where it is not.
 */
void collection_put_bytes(struct json *j, const char *name, struct str bytes);

/* Whether a person wants the collection to end. What takes long asks it for each thing, ends the
 * member that is open and returns; the bundle is then ended with what there is. */
bool collection_is_stopped(struct collection *c);

/* Whether the bundle takes a member of that size; where it is full, what is missing. */
bool collection_has_room(struct collection *c, struct str what, uint64_t size);

/* Waits so that no more than the limit is read, but not when a person wants it to end; to be told
 * of each piece of a file. */
void collection_pace(struct collection *c, size_t bytes);

bool collection_has_step(const char *name);
/* Runs the steps of the profile; c->status says how that ended. */
void collection_run(struct collection *c);

/* The steps, in order: steps.def. */
typedef void collection_step(struct collection *c);
#define STEP(name, function, profiles, title) collection_step function;
#include "collect/steps.def"
#undef STEP
