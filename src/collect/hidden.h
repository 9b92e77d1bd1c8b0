/* hidden.h: what the steps share that compare independent views of one thing, and those that say
 * what they noticed (doc/format/observed.md).
 *
 * Internal to src/collect/. A difference is told only when a second look, some time later, shows it
 * again: what merely ended or began meanwhile is not hidden. */
#pragma once
#include "collect/collection.h"
#include "collect/live.h"

enum { HIDDEN_PID_MOST = 4 << 20, HIDDEN_PAUSE_MS = 100 };

/* The evidence of one observation: an object whose members are to be put, then told. */
struct evidence {
    struct buf text;
    struct json json;
};
struct json *evidence_begin(struct evidence *v);
/* The evidence as one JSON object; lives until evidence_release. */
struct str evidence_end(struct evidence *v);
void evidence_release(struct evidence *v);
#define CLEANUP_EVIDENCE CLEANUP(evidence_release)

/* Counts what is told under one code: after TOLD_MOST of them the rest is only counted. */
enum { TOLD_MOST = 20 };
struct told {
    const char *code;
    uint64_t count;
};
/* Whether one more may be told; counts it. */
bool told_one(struct told *t);
/* Says how many were not told, where there were any. what: "processes". */
void told_rest(struct collection *c, const struct told *t, const char *what);

/* Waits before the second look; a recorded tree does not change and is not waited for. */
void hidden_pause(struct collection *c);

/* The views of processes, as bits of one byte for each process number. */
enum view {
    VIEW_LISTED = 1,  /* a name in the listing of /proc */
    VIEW_FOLDER = 2,  /* /proc/PID opens by its name */
    VIEW_SESSION = 4, /* getsid answers */
    VIEW_CGROUP = 8,  /* in a cgroup.procs or cgroup.threads */
    VIEW_PARENT = 16, /* a listed process says it is its parent, or traces it */
    VIEW_THREAD = 32, /* a thread says it is its leader */
};
struct views {
    uint8_t *seen; /* by number, pid_most + 1 of them */
    uint64_t pid_most;
    bool with_session; /* getsid and /proc speak of the same numbers */
};
/* Marks what the view shows. proc: descriptor of /proc. */
void view_listed(struct views *v, struct collection *c);
void view_cgroups(struct views *v, struct collection *c);
bool view_folder(int proc, uint64_t pid);
bool view_session(uint64_t pid);
/* The number after "Tgid:" or "PPid:" in /proc/PID/status; false where it cannot be read. */
bool view_status(int proc, uint64_t pid, const char *name, uint64_t *out);
