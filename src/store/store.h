/* store.h: where a case lies: its lines, its sealed openings, its blobs. Small, so that other
 * engines fit.
 *
 * A store knows nothing of what records mean. It keeps: lines by seq; one sealed bytes-string a
 * record (the record's openings, sealed by the layer above); grants (scope keys sealed to people's
 * keys); blobs named by SHA-256. doc/format/case-folder.md says how they lie in the folder.
 *
 * Threads may share a store: one call runs at a time. store_watch, blob writers and visits of blobs
 * belong to one thread; a thread that waits long opens the folder again.
 * While another process uses the case, calls wait up to 5 seconds and then give ERR_CONFLICT. Any
 * call may give ERR_FORMAT: the case is damaged, and the sentence says what may be done. */
#pragma once
#include "base/hash.h"

struct store;

struct store_record {
    struct str line;     /* without LF */
    struct str openings; /* opaque; empty for none */
};

struct store_grant {
    struct str scope;
    struct key key;    /* whose */
    struct str sealed; /* opaque */
};

/* STORE_SALVAGE is STORE_READ of a case that may be damaged: it opens also where its lines cannot
 * be counted, and each call gives what it still can. */
enum store_mode { STORE_READ, STORE_WRITE, STORE_SALVAGE };

/* Makes the folder (0700; it must not exist or be empty) and an empty store in it. ERR_IO,
 * ERR_FULL, ERR_USAGE. */
MUST_CHECK int store_create(struct store **out, const char *folder, struct err *e);
/* Opens the case in a folder. STORE_READ works on read-only media. ERR_NOTFOUND, ERR_FORMAT (not a
 * case, or damaged: says what may be done), ERR_IO. ERR_NEWER: its format is newer than this
 * program; with STORE_WRITE it may still be open to STORE_READ. */
MUST_CHECK int store_open(struct store **out, const char *folder, enum store_mode mode,
                          struct err *e);
void store_close(struct store *s);
DEFINE_CLEANUP(struct store *, store_close)

const char *store_folder(const struct store *s);
enum store_mode store_mode(const struct store *s);
/* Whether its format is newer than this program, which then only reads it. */
bool store_is_newer(const struct store *s);

/* The number of records that are durable now; sees other processes' appends. */
MUST_CHECK int store_size(struct store *s, uint64_t *out, struct err *e);

/* Appends all records as seq expected_size, …; durable on return, or none is there. ERR_CONFLICT
 * when the journal has another size; ERR_LIMIT a line over LIMIT_LINE_SIZE or openings over 16 MiB;
 * ERR_FULL, ERR_IO. After a failed write to disk the store takes no more appends, grants and
 * redactions (ERR_IO); then, as after a power cut, all of the failed append or nothing of it may be
 * found when the case is opened again. */
MUST_CHECK int store_append(struct store *s, uint64_t expected_size,
                            const struct store_record *records, size_t count, struct err *e);

/* Calls back for records from, from+1, … before to (or the last one there is), in order, as they
 * were at one moment; slices are valid during the call. A callback's non-zero return stops the walk
 * and is returned; it may read the store, not redact. want_openings: false leaves openings empty
 * and is faster. ERR_FORMAT also where a record is missing between others. */
typedef int store_visit(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e);
MUST_CHECK int store_read(struct store *s, uint64_t from, uint64_t to, bool want_openings,
                          store_visit *visit, void *context, struct err *e);
/* One record's openings into *out (cleared first). ERR_NOTFOUND when it has none. */
MUST_CHECK int store_openings(struct store *s, uint64_t seq, struct buf *out, struct err *e);

/* Replaces a record's openings, so that no copy of the old bytes stays in the store's files (pages
 * and write-ahead log included). Empty ones destroy them. ERR_NOTFOUND no such record; ERR_CONFLICT
 * with the openings replaced but a copy left, because another process was reading: call again. */
MUST_CHECK int store_redact(struct store *s, uint64_t seq, struct str openings, struct err *e);

MUST_CHECK int store_grant_put(struct store *s, const struct store_grant *grant, struct err *e);
/* ERR_NOTFOUND when that key has no grant for the scope. */
MUST_CHECK int store_grant_get(struct store *s, struct str scope, const struct key *key,
                               struct buf *sealed, struct err *e);
typedef int store_grant_visit(void *context, const struct store_grant *grant, struct err *e);
MUST_CHECK int store_grants(struct store *s, store_grant_visit *visit, void *context,
                            struct err *e);

/* Waits until the size differs from known, at most timeout_ms (0 looks once). Returns 1 if it
 * differs, 0 if not. */
MUST_CHECK int store_watch(struct store *s, uint64_t known, int timeout_ms, struct err *e);

/* Blobs. Written whole, named by their SHA-256, never changed. */
struct blob_writer;
MUST_CHECK int blob_begin(struct blob_writer **out, struct store *s, struct err *e);
MUST_CHECK int blob_write(struct blob_writer *w, const void *bytes, size_t size, struct err *e);
/* As blob_write, with at most `most` bytes read from a descriptor, without copying them once more;
 * *got is less only at the end. name is for the error. After an error only blob_abort is left. */
MUST_CHECK int blob_write_fd(struct blob_writer *w, int fd, const char *name, uint64_t most,
                             uint64_t *got, struct err *e);
/* So many zeros, as if they had been written: a hole of a file. Where the medium can, runs of zeros
 * take no room there, however they came. */
MUST_CHECK int blob_write_zeros(struct blob_writer *w, uint64_t size, struct err *e);
/* Makes it durable. digests: sha256 always; md5 (16 bytes) too. The same content twice is fine;
 * ERR_TAMPER when what lies there under that name has been altered. The writer is gone afterwards,
 * whatever comes back. */
struct blob_digests {
    struct hash sha256;
    uint8_t md5[16];
    uint64_t size;
};
MUST_CHECK int blob_commit(struct blob_writer *w, struct blob_digests *out, struct err *e);
void blob_abort(struct blob_writer *w); /* NULL is fine */
DEFINE_CLEANUP(struct blob_writer *, blob_abort)
/* Opens a blob for reading after hashing it whole: ERR_TAMPER when its bytes are not what its name
 * says, ERR_NOTFOUND. *fd is the caller's. */
MUST_CHECK int blob_open(struct store *s, const struct hash *name, int *fd, uint64_t *size,
                         struct err *e);
/* Told while a blob is read: so many bytes more. False ends it. */
struct blob_watch {
    bool (*saw)(void *context, uint64_t bytes);
    void *context;
};
/* The same, watched; ERR_CANCEL where the watch (or NULL) ended it. Several threads may check at
 * once. */
MUST_CHECK int blob_check(struct store *s, const struct hash *name, const struct blob_watch *watch,
                          int *fd, uint64_t *size, struct err *e);
MUST_CHECK int blob_has(struct store *s, const struct hash *name, bool *out, struct err *e);
/* Removes the bytes for good, as far as the medium allows (redaction). ERR_NOTFOUND. */
MUST_CHECK int blob_destroy(struct store *s, const struct hash *name, struct err *e);
typedef int blob_visit(void *context, const struct hash *name, uint64_t size, struct err *e);
MUST_CHECK int blob_each(struct store *s, blob_visit *visit, void *context, struct err *e);
