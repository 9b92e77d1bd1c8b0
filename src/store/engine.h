/* engine.h: what an engine for lines and an engine for blobs must do: one const struct each, and
 * store.c lists them.
 *
 * The meanings are those of store.h; store.c has checked arguments and limits before. An engine's
 * state is its own. To add one: fill a table, add it to the list in store.c and to the contract
 * suite in tests/unit/. */
#pragma once
#include "store/store.h"

/* The largest sealed openings of one record, and the largest sealed grant. */
enum { STORE_OPENINGS_SIZE = 16 << 20, STORE_SCOPE_SIZE = 256, STORE_GRANT_SIZE = 65536 };

struct store_engine {
    const char *name;
    /* Makes an empty store in a folder that is there; what is left of it after an error is the
     * caller's to remove. */
    int (*create)(const char *folder, struct err *e);
    bool (*is_there)(const char *folder); /* whether a case of this engine lies in the folder */
    int (*open)(void **state, const char *folder, enum store_mode mode, struct err *e);
    void (*close)(void *state);
    bool (*is_newer)(const void *state);
    int (*size)(void *state, uint64_t *out, struct err *e);
    int (*append)(void *state, uint64_t expected_size, const struct store_record *records,
                  size_t count, struct err *e);
    int (*read)(void *state, uint64_t from, uint64_t to, bool want_openings, store_visit *visit,
                void *context, struct err *e);
    int (*openings)(void *state, uint64_t seq, struct buf *out, struct err *e);
    int (*redact)(void *state, uint64_t seq, struct str openings, struct err *e);
    int (*grant_put)(void *state, const struct store_grant *grant, struct err *e);
    int (*grant_get)(void *state, struct str scope, const struct key *key, struct buf *sealed,
                     struct err *e);
    int (*grants)(void *state, store_grant_visit *visit, void *context, struct err *e);
    int (*watch)(void *state, uint64_t known, int timeout_ms, struct err *e);
};

struct blob_engine {
    const char *name;
    int (*create)(const char *folder, struct err *e);
    int (*open)(void **state, const char *folder, enum store_mode mode, struct err *e);
    void (*close)(void *state);
    /* A blob being written: begun, given bytes in order, then ended under its name or dropped.
     * put_end frees it whatever comes back. write may be called from another thread than the
     * rest, never by two at once. */
    int (*put_begin)(void **put, void *state, struct err *e);
    int (*put_write)(void *put, const void *bytes, size_t size, struct err *e);
    int (*put_end)(void *put, const struct hash *name, struct err *e);
    void (*put_drop)(void *put);
    int (*get)(void *state, const struct hash *name, const struct blob_watch *watch, int *fd,
               uint64_t *size, struct err *e); /* watch may be NULL */
    int (*has)(void *state, const struct hash *name, bool *out, struct err *e);
    int (*destroy)(void *state, const struct hash *name, struct err *e);
    int (*each)(void *state, blob_visit *visit, void *context, struct err *e);
};

extern const struct store_engine store_sqlite;
extern const struct blob_engine blob_folder;

/* For blob.c: the engine that a store's blobs lie in. */
struct store_blobs {
    const struct blob_engine *engine;
    void *state;
};
struct store_blobs store_blobs(struct store *s);
