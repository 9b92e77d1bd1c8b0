/* files.h: files of a host: what is known of one, copies in the bundle, and which match a path.
 *
 * Internal to src/collect/. Special files are never opened, links never lead out of the root, and
 * network and user-space file systems are not entered. What could not be read goes to missing; only
 * the bundle's failures stop, by c->status. */
#pragma once
#include <sys/stat.h>
#include "collect/artifact.h"
#include "collect/collection.h"
#include "sys/file_facts.h"

enum {
    FILES_ENTRY_COUNT = 1000000,  /* lines of live/file */
    FILES_COPY_COUNT = 200000,    /* members under files/ */
    FILES_HOME_COUNT = 5000,      /* home folders */
    FILES_PATH_SIZE = 4090,       /* bytes of a path; with files/ as many as bundle.md §6 allows */
    FILES_MADE_UP_SIZE = 1 << 20, /* bytes of a file that says no size */
    FILES_STEP_SIZE = 256 << 10,  /* read at once */
    FILES_BAD_COUNT = 64,         /* unreadable blocks before the rest is given up */
    FILES_BLOCK_SIZE = 4096,      /* what is left out where a disk cannot read */
    FILES_LINK_COUNT = 40,        /* links followed in one path, as the kernel does */
};

/* Of what a descriptor (O_PATH) holds, with the target of a link. 0, or a negative errno. host
 * counts access times. */
int files_facts_read(struct file_facts *f, struct host *host, int fd, enum file_flags how);
/* Where a link leads that a descriptor (O_PATH) holds. */
int file_link(struct host *host, int fd, struct buf *out);
/* Puts the members of a line of live/file (doc/format/live.md). */
void file_facts_put(struct json *j, struct str path, const struct file_facts *f);

struct files_copied;

struct files {
    struct collection *c;
    struct file_facts facts;    /* of the file in hand */
    struct gather places;       /* host and mounts that are never asked; nothing else is filled */
    struct bundle_lines *lines; /* live/file; NULL: copies alone */
    struct files_copied *copied;
    char *step;    /* FILES_STEP_SIZE bytes */
    uint64_t left; /* lines of live/file that may still be written */
    uint64_t most; /* bytes of a copied file, unless a definition says other */
};
void files_init(struct files *f, struct collection *c);
void files_release(struct files *f);

/* Keeps the first failure of the bundle. */
void files_settle(struct files *f, int code);
/* Whether this was never asked of the same text. */
bool files_is_first(struct files *f, const char *text);
/* As collection_missing; number: a negative errno. Nothing for what went away meanwhile. */
void files_missing(struct files *f, const char *path, int code, const char *why);

struct file_copy {
    const char *member; /* lives as long as f; NULL: not copied */
    uint64_t from;
    uint64_t size;  /* of the file */
    uint64_t bytes; /* in the bundle under this name: 0 of a hard link */
    bool is_part;
    bool is_new;    /* it was not copied before */
    bool is_told;   /* the one before who wanted it was the same */
    const void *by; /* who wanted it last */
};
/* Copies what the descriptor holds. path without a leading slash. */
void files_copy(struct files *f, const char *path, int fd, enum artifact_keep keep, uint64_t limit,
                const void *by, struct file_copy *out);
/* One line of live/file. by: the definition that wanted it, or NULL. False where no more fit. */
bool files_list(struct files *f, const char *path, int fd, const char *by);

/* Gets each thing that matches: path without a leading slash, its descriptor (O_PATH), borrowed.
 * False ends it. */
typedef bool files_found(void *context, const char *path, int fd, const struct stat *st);
/* pattern: absolute, without %% (doc/format/artifacts.md §2). most: how many entries it may look
 * at. follows: what a matching link leads to is found too. */
void files_glob(struct files *f, const char *pattern, uint64_t most, bool follows,
                files_found *found, void *context);
/* Adds a path so that as a pattern it matches itself alone. */
void files_escape(struct buf *out, struct str path);

/* Home folders, absolute, each once: of /etc/passwd, /root, and all in /home. */
void files_homes(struct files *f, struct artifact_texts *out);
/* Calls each with the path for every home that %%users.homedir%% stands for, or once where it is
 * not in it. False, and nothing is called, where it has another variable. */
typedef void files_expanded(void *context, const char *pattern);
bool files_expand(const struct artifact_texts *homes, const char *path, files_expanded *each,
                  void *context);

/* Takes what the definitions say. */
void files_take_artifacts(struct files *f);
