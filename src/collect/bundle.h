/* bundle.h: writes a bundle (doc/format/bundle.md): archive, chained frames, seal.
 *
 * Nothing is kept of a member but its hash; memory is bounded. One thread writes a bundle. Errors
 * are those of the output (ERR_IO, ERR_FULL, ERR_CANCEL) and ERR_LIMIT; after one only bundle_abort
 * is left, and what was written stands up to the last link. */
#pragma once
#include <sys/stat.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utc.h"
#include "sys/file_facts.h"

enum { BUNDLE_PIECE_SIZE = 1 << 20, BUNDLE_RECIPIENT_COUNT = 16 };

struct bundle_recipient {
    uint8_t key[32]; /* X25519 */
};
/* Reads the text of a recipient's file. ERR_FORMAT, ERR_NEWER. */
MUST_CHECK int bundle_recipient_read(struct str text, struct bundle_recipient *out, struct err *e);

struct bundle_output {
    int (*write)(void *context, const void *bytes, size_t size, struct err *e);
    void *context;
};

struct bundle;
/* No recipients: it is not sealed. */
MUST_CHECK int bundle_begin(struct bundle **out, const struct bundle_output *output,
                            const struct bundle_recipient *to, size_t to_count, struct err *e);

/* Whether it takes a member of that size and still has room for what ends it (doc/format/bundle.md
 * 6). What is always small need not ask. */
bool bundle_has_room(const struct bundle *b, uint64_t size);
/* Lowers what it has room for. */
void bundle_set_room(struct bundle *b, uint64_t members, uint64_t bytes);

/* A member that is a file of the host, or was made here. */
struct bundle_member {
    struct str path;   /* in the archive; leading slashes are left out; any bytes but NUL */
    struct str source; /* path on the host; empty for what was made */
    char type; /* '0' a file, '1' a hard link, '2' a symbolic link, '3' '4' a device, '5' a folder,
                  '6' a FIFO */
    struct str target;     /* of a link */
    uint64_t size;         /* of the content that follows */
    const struct stat *st; /* mode, owner, times, inode, device; NULL for what was made */
    struct utc created;    /* zero where unknown */
    uint64_t flags;        /* of the inode, FS_*_FL */
    bool has_flags;
    const struct file_attribute *attributes;
    size_t attribute_count;
};
MUST_CHECK int bundle_member_begin(struct bundle *b, const struct bundle_member *m, struct err *e);
MUST_CHECK int bundle_data(struct bundle *b, const void *bytes, size_t size, struct err *e);
/* What is missing of the size is filled with zeros; what would be too much was a bug. part: why it
 * is not whole ("shrank", "grew", "unreadable", "limit", "stopped"), or NULL. holes: bytes not
 * stored. */
MUST_CHECK int bundle_member_end(struct bundle *b, const char *part, uint64_t holes, struct err *e);
/* A whole member that was made here. */
MUST_CHECK int bundle_put(struct bundle *b, const char *path, struct str bytes, struct err *e);

/* Lines of JSON that become the members NAME-000.jsonl, NAME-001.jsonl …; several kinds may be open
 * at once, for a part is put into the bundle when it is full, and only between other members. */
struct bundle_lines;
MUST_CHECK struct bundle_lines *bundle_lines_new(struct bundle *b, const char *name);
/* The line's object is open; its members are to be put. */
struct json *bundle_line_begin(struct bundle_lines *l);
MUST_CHECK int bundle_line_end(struct bundle_lines *l, struct err *e);
MUST_CHECK int bundle_lines_add(struct bundle_lines *l, struct str line,
                                struct err *e); /* as it is, without LF */
/* Puts what there is as a part, though it is not full. */
MUST_CHECK int bundle_lines_flush(struct bundle_lines *l, struct err *e);
uint64_t bundle_lines_count(const struct bundle_lines *l);
/* Puts the last part, if there is any, and frees. */
MUST_CHECK int bundle_lines_end(struct bundle_lines *l, struct err *e);
void bundle_lines_abort(struct bundle_lines *l); /* NULL is fine */

/* What wrote into it never goes on: ends the member that is open (as bundle_member_end, part
 * "stopped") and all lines but those that are kept, which go on; where a line is open, without it.
 * Of the others nothing is freed, and nobody may use them again. */
MUST_CHECK int bundle_settle(struct bundle *b, struct bundle_lines *const *kept, size_t count,
                             struct err *e);

/* Ends the piece, so that all before is safe when the rest is cut. */
MUST_CHECK int bundle_flush(struct bundle *b, struct err *e);
struct bundle_counts {
    uint64_t members;
    uint64_t bytes;   /* of content */
    uint64_t written; /* to the output */
};
void bundle_count(const struct bundle *b, struct bundle_counts *out);
/* Writes the last of the manifest, then end.json with the given members (`"seconds":…`, without
 * braces) added, and the last link; frees. */
MUST_CHECK int bundle_end(struct bundle *b, struct str end_members, struct err *e);
void bundle_abort(struct bundle *b); /* NULL is fine */
DEFINE_CLEANUP(struct bundle *, bundle_abort)
