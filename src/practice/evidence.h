/* evidence.h: the register of evidence: items, holds, custody; and taking files into it. */
#pragma once
#include "practice/practice.h"
#include "store/store.h"

extern const struct kind evidence_kind; /* "evidence", e1 … */
extern const struct kind hold_kind; /* "hold", ho… : what was done so that nothing is overwritten */
extern const struct kind
    custody_kind; /* "custody": each hand-over, access, seal, storage, destruction of an item */

/* What is known of an item when it is taken; empty slices for what is not. */
struct evidence_facts {
    const char *sort; /* "file", "archive", "list", "snapshot", "recording", "report", "paper",
                         "image", "export" */
    struct str title;
    struct blob_digests digests; /* of the blob; size 0 and zeros where there is none (paper) */
    bool has_blob;
    struct str source_path;
    struct str source_host;
    struct utc modified; /* the source's modification time; {0} for unknown */
    uint32_t mode, uid, gid;
    struct str system_id; /* hex id of the system thing, or empty */
    struct str remark;    /* "changed while it was read", … */
};
/* Drafts the evidence record in a decision. Returns the draft, so that more can be said. */
struct draft *evidence_draft(struct decision *d, const struct evidence_facts *f);

/* A hash of the item by its name, "sha256" or "md5": of its bytes, or of a disk image that of its
 * source as it was read (of what it holds, where that alone is known). Empty: not known. */
struct str evidence_sum(const struct thing *item, const char *name);

/* The item may hold material that is unlawful to possess: its bytes and its blob must never be
 * shown, indexed, scanned, copied or exported. Ask before any use of an item's bytes. */
bool evidence_is_sealed(const struct thing *item);
/* Whether any item on the register with these bytes is sealed, so that they are not taken again,
 * or handed out, under another number. Looks at the whole register, also at what the viewer may not
 * see. */
bool evidence_bytes_are_sealed(const struct state *s, const struct hash *sha256);
/* Whether an item must not be read or leave: it is sealed, or its bytes, or those of a file of it,
 * are under another number. */
bool evidence_is_barred(const struct state *s, const struct thing *item);
/* Whether bytes of a, by any SHA-256 that is on record of it, are bytes of b: of the blob, of what
 * an image holds or was read from, or of a file of it. What lies beside an image does not count. */
bool evidence_shares_bytes(const struct thing *a, const struct thing *b);
/* Whether a file of that size may be one whose bytes are sealed, so that it must be hashed to know.
 * 0: a file that does not say. */
bool evidence_sealed_has_size(const struct state *s, uint64_t size);

/* calm holds bytes of it, or knows the files that do: not so of a paper, a device, and what is
 * destroyed, of which only the form can be handed out. */
bool evidence_has_bytes(const struct thing *item);

/* The next file of an item that lies outside of the case, in its place; start with *rest = the
 * value of its field files. False at the end, and at what is not as calm writes it: then *rest is
 * not empty. */
struct evidence_file {
    struct str name; /* in the item's place; or a whole path, where it lies in another folder */
    uint64_t size;
    bool has_sum; /* else the file was not read again after it was written */
    struct hash sum;
};
bool evidence_file_next(struct str *rest, struct evidence_file *out);
/* It says what the image is, and is no part of it: NAME.map, NAME.pieces, NAME.txt. */
bool evidence_file_is_beside(const struct evidence_file *file);
/* Where it lies: never outside of the item's place, but for a whole path. ERR_FORMAT. */
MUST_CHECK int evidence_file_path(const struct thing *item, const struct evidence_file *file,
                                  struct buf *out, struct err *e);
