/* rights.h: one walk through folders for files and folders with more rights than most, and for
 * folders whose link count says that they hold more folders than are listed. The snapshot tells of
 * the rights of programs; a collection also of all others, and of the counts.
 *
 * Internal to src/collect/. */
#pragma once
#include "collect/gather.h"

enum { RIGHTS_FILE_COUNT = 100000, RIGHTS_GAP_COUNT = 1000, RIGHTS_SUSPECT_COUNT = 1000 };

struct rights_root {
    const char *path; /* without leading slash */
    bool is_system;   /* everyone's right to write is unusual below it */
    bool is_program;  /* programs and libraries lie below it */
};

/* A file that is setuid, setgid, or has capabilities and can be run; or anything but a link that
 * everyone may write to, sticky folders left out: below roots of the system and of programs. */
struct rights_file {
    const struct rights_root *root;
    char *path; /* with a leading slash */
    struct stat st;
    bool has_capabilities;
};

/* What could not be looked at: a negative errno, -EREMOTE where asking may never be answered. */
struct rights_gap {
    const struct rights_root *root;
    char *path;
    int code;
};

struct rights {
    struct arena *arena; /* all paths */
    struct rights_file *files;
    size_t file_count;
    size_t file_room;
    struct rights_gap *gaps; /* the first RIGHTS_GAP_COUNT */
    size_t gap_count;
    size_t gap_room;
    char *suspects[RIGHTS_SUSPECT_COUNT];
    size_t suspect_count;
    bool is_stopped; /* a person ended it */
};

/* One folder's links against what is listed. */
struct rights_count {
    uint64_t links;
    uint64_t listed;
};

/* The roots of programs, ended by one without a path. */
extern const struct rights_root rights_programs[];

struct rights *rights_new(void);
void rights_free(struct rights *r); /* NULL is fine */
DEFINE_CLEANUP(struct rights *, rights_free)
/* Adds what lies below a root, which must outlive r, but not below those with a lower address in
 * the same array. False where there is more than most entries: the rest was not looked at. A root
 * that is not there, or is a link, holds nothing. */
bool rights_walk(struct rights *r, struct gather *g, const struct rights_root *first,
                 const struct rights_root *root, uint64_t most);
/* Counts one suspect anew: false where it is gone or agrees by now. */
bool rights_count_again(struct gather *g, const char *path, struct rights_count *out);
bool rights_is_world_writable(const struct stat *st);
