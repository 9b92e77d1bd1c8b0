/* walk.h: what lies within evidence: archives and packed files, within each other
 * (doc/format/timeline.md section 2), and in a bundle that is sealed. Runs in a worker. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "timeline/when.h"

enum {
    WALK_DEPTH_MOST = 8,
    WALK_MEMBERS_MOST = 1000000, /* files, those in archives within too */
    WALK_NAMES_MOST = 64 << 20,  /* bytes of their names */
};
#define WALK_HELD_MOST ((uint64_t)768 << 20) /* bytes of one member, and of all that hold it */

/* A member, or the evidence itself. */
struct walked {
    struct str name; /* hostile; of the evidence itself as the caller gave it */
    struct written written;
    uint64_t size;      /* bytes that are there */
    bool is_plain;      /* the evidence itself, in no container */
    const char *remark; /* why there is not all of it, or NULL */
    /* Bytes of it: as reader_bytes_at. */
    int (*bytes)(void *context, uint64_t off, void *bytes, size_t size, size_t *got, struct err *e);
    void *context;
};
typedef int walk_take(void *context, const struct walked *member, struct err *e);
/* What is known against something: name, words. */
typedef int walk_remark(void *context, struct str name, const char *words, struct err *e);

struct walk {
    int in; /* the evidence; borrowed, read by offset */
    struct str name;
    struct written written;
    /* Of several walkers over the same evidence, each takes and remarks every so many-th thing
     * alone; all unpack alike, so that limits are the same. shares 0: all of it. */
    uint32_t share, shares;
    int64_t taken_s; /* when it was taken into evidence: nothing in it was written later */
    bool is_utc;     /* times without a zone are read as UTC: a link that shows another is told */
    const uint8_t *stream_key; /* 32 bytes, of a sealed bundle; NULL: there is none. Borrowed */
    walk_take *take;
    /* What all walkers need to see of each other's: whether a thing that begins so is, and it
     * itself. NULL: nothing. */
    bool (*is_for_all)(struct str head);
    walk_take *pass;
    walk_remark *remark; /* a file, or a container, of which nothing was read */
    walk_remark *about;  /* a container, of which something was */
    /* How far the evidence was read that is a container; NULL: nobody asks. */
    int (*read)(void *context, uint64_t off, struct err *e);
    void *context;
};
/* Calls take for the evidence if it is no container, else for each file in it. What is damaged is
 * told by remark, and the rest goes on, as it does behind a file that unpacks to more than its
 * share; what passes another limit ends the walk, which a remark on the evidence says, and all
 * before stands. Returns what take or remark returned, or ERR_IO. */
MUST_CHECK int walk_evidence(const struct walk *walk, struct err *e);
/* Whether it is one, by its first bytes; *has_many where it is an archive, not one packed file. */
MUST_CHECK int walk_is_container(int in, bool *out, bool *has_many, struct err *e);

/* Files that come out of something else, one by one; what they unpack to counts together. */
struct walking;
/* walk->in is not used. The walk is borrowed. */
struct walking *walking_new(const struct walk *walk);
void walking_free(struct walking *w); /* NULL is fine */
DEFINE_CLEANUP(struct walking *, walking_free)
/* One of them, in memory. remark: why there is not all of it, or NULL. Once a limit was passed,
 * containers are told by a remark alone. Returns what walk_evidence returns. */
MUST_CHECK int walk_file(struct walking *w, struct str name, int64_t written_s, struct str bytes,
                         const char *remark, struct err *e);
