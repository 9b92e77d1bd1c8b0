/* taking.h: one intake from the names given to the records: what preserve_files.c, take_file.c and
 * taking.c share. */
#pragma once
#include "practice/inode_table.h"
#include "practice/intake.h"
#include "practice/intake_archive.h"
#include "practice/manifest.h"

struct taking {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct str title;     /* given, or empty */
    struct str system_id; /* hex, or empty */
    struct view view;
    struct walk walk;
    struct decision records;         /* drafted, not appended yet */
    struct buf items;                /* lines, or JSON objects, of the items on the register */
    struct buf left;                 /* of what was not taken */
    struct manifest *manifest;       /* NULL where none is wanted */
    struct intake_archive *archive;  /* the part being written; NULL: none */
    struct id parts[DRAFT_REFS_MAX]; /* records of the full parts */
    size_t part_count;
    struct inode_table inodes; /* taken files that have other names */
    struct file_facts facts;   /* of the entry in hand */
    size_t at;                 /* the entry that is next */
    int64_t appended_ms;
    int64_t shown_ms;
    uint64_t taken; /* files, with those in archives */
    uint64_t size;  /* their bytes */
    uint64_t left_count;
    uint64_t limited; /* archives whose list a limit ended */
    uint64_t missed;  /* of these, all that were named, and those of folders that would be taken */
    uint64_t item_count;
    uint64_t disk_count;             /* files that are disks in a form of their own */
    const struct virtual_disk *disk; /* the first of them; NULL: there is none */
    const char *disk_path;
    char host[256];
    bool puts_in_archive;
    bool is_stopped;
};

int taking_init(struct taking *t, struct session *s, const struct operation *op,
                const struct input *in, struct answer *a, struct err *e);
void taking_release(struct taking *t);

/* Drafts an item's record; strings are copied. The decision may be appended at the next
 * taking_settle. */
struct draft *taking_item(struct taking *t, const struct evidence_facts *facts);
/* The item of a path, titled by it, or by what was given. */
struct draft *taking_path_item(struct taking *t, const struct walk_entry *entry,
                               const struct evidence_facts *facts);
/* Appends what was drafted when it is much, or old, or wanted now; the answer gets its lines. */
MUST_CHECK int taking_settle(struct taking *t, bool now, struct err *e);
/* One thing that was not taken, for the answer. */
void taking_leave(struct taking *t, const struct walk_entry *entry, struct str why);
/* Tells a person who waits how far it is. */
void taking_progress(struct taking *t);
/* What was taken and what was not. */
void taking_tell(struct taking *t);
