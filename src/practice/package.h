/* package.h: evidence for somebody outside (doc/format/package.md): what package_*.c share. */
#pragma once
#include "practice/out_file.h"
#include "practice/practice.h"
#include "sys/age_key.h"

extern const struct operation preserve_export; /* calm preserve export FILE e1 e4 */
extern const struct operation preserve_open;   /* calm preserve open FILE --to FOLDER */

/* package_lock.c: who may open a package that is made. */
struct package_lock {
    uint8_t file_key[AGE_FILE_KEY_SIZE];
    struct buf head;       /* of the file */
    struct buf recipients; /* lines for the record */
    struct buf passphrase; /* that was made for the person; else empty */
};
void package_lock_release(struct package_lock *l); /* wipes */
/* As the operation's fields recipient, passphrase, generate and scrypt say; asks for a passphrase.
 * ERR_USAGE, ERR_NOTFOUND, ERR_DENIED, ERR_LIMIT. */
MUST_CHECK int package_lock_make(struct package_lock *out, const struct view *v,
                                 const struct operation *op, const struct input *in, struct err *e);

/* package_items.c: which items are handed out. */
struct package_items {
    struct id *ids;
    size_t count;
    size_t left_out; /* with --all: that may be unlawful to possess */
};
void package_items_release(struct package_items *items);
/* As the fields evidence and all say, in the order of the register. ERR_USAGE, ERR_NOTFOUND;
 * ERR_DENIED: one may hold material that is unlawful to possess. */
MUST_CHECK int package_items_choose(struct package_items *out, const struct view *v,
                                    const struct operation *op, const struct input *in,
                                    struct err *e);

/* package_fill.c: what goes into the archive. */
struct package_member {
    struct str name;
    struct hash sum;
    uint64_t size;
    bool is_program;
    struct str text;  /* its bytes; or */
    int fd;           /* where they lie in memory; or -1 and */
    const char *path; /* a file; or NULL: the blob of that SHA-256 */
};
struct package {
    struct arena *arena;
    struct package_member *members; /* SHA256SUMS is the first */
    size_t count;
    size_t room;
    uint64_t size; /* of all members' bytes */
};
void package_release(struct package *p);
/* Puts together what is written, from a view whose journal is sealed by a checkpoint. ERR_NOTFOUND:
 * bytes of an item are not where they should be; ERR_LIMIT, ERR_IO. */
MUST_CHECK int package_fill(struct package *p, const struct view *v, const struct operation *op,
                            const struct input *in, const struct package_items *items,
                            struct err *e);

/* package_write.c: encrypts the archive into a file that was begun. */
struct package_written {
    struct hash sum;
    uint64_t size;
};
/* tell, which may be NULL, is called now and then with the bytes of members that are written.
 * ERR_TAMPER: an item's bytes are not those on record; ERR_CANCEL: interrupt_came(); ERR_FULL,
 * ERR_IO. */
MUST_CHECK int package_write(const struct package *p, struct store *store,
                             const struct package_lock *lock, const struct out_file *to,
                             void (*tell)(void *context, uint64_t done), void *context,
                             struct package_written *out, struct err *e);
