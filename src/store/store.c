/* store.c: makes and opens case folders, and hands each call to the engine that holds the case. */
#include "store/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "store/engine.h"
#include "sys/file.h"

/* The first is the one for new cases; a folder is opened by the first that finds its case there. */
static const struct store_engine *const engines[] = {&store_sqlite};
static const struct blob_engine *const default_blobs = &blob_folder;

struct store {
    const struct store_engine *engine;
    void *lines;
    struct store_blobs blobs;
    char *folder; /* absolute */
    enum store_mode mode;
    pthread_mutex_t lock; /* one call at a time; a visit may call in turn */
};

static struct store *store_lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    return s;
}

static void store_unlockp(struct store **s)
{
    pthread_mutex_unlock(&(*s)->lock);
}

/* Holds the store to the end of the function. */
#define LOCKED(s) CLEANUP(store_unlockp) UNUSED struct store *locked_ = store_lock(s)

static const char *const plain_folders[] = {"journal", "timeline"};

static bool folder_is_empty(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *entry;
    bool is_empty = true;

    if (!d)
        return false;
    while (errno = 0, (entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_empty = false;
    is_empty = is_empty && errno == 0; /* what cannot be read may hold something */
    closedir(d);
    return is_empty;
}

/* Names the first folder above that is not there, since that is what is misspelled, or missing. */
static int fail_missing(const char *path, struct err *e)
{
    CLEANUP_BUF struct buf above = {0};

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        buf_clear(&above);
        buf_add(&above, path, (size_t)(slash - path));
        if (access(buf_text(&above), F_OK) < 0)
            break;
    }
    return err_set(e, ERR_NOTFOUND,
                   "cannot make the case folder %s: there is no folder %s. Make it first, or name "
                   "another place",
                   path, buf_text(&above));
}

/* Makes the folder, or takes an empty one that is there; says which, so that it can be undone. */
static int folder_claim(const char *path, bool *is_new, struct err *e)
{
    if (mkdir(path, 0700) == 0) {
        *is_new = true;
        return 0;
    }
    if (errno == ENOENT && *path)
        return fail_missing(path, e);
    if (errno != EEXIST)
        return err_errno(e, "cannot make the case folder %s", path);
    if (!folder_is_empty(path))
        return err_set(e, ERR_USAGE, "%s is there already and is not an empty folder", path);
    if (chmod(path, 0700) < 0)
        return err_errno(e, "cannot close the case folder %s to others", path);
    *is_new = false;
    return 0;
}

static char *path_in(const char *folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static int folder_fill(const char *folder, struct err *e)
{
    CLEANUP_FREE char *parent = path_in(folder, "..");
    int code = 0;

    for (size_t i = 0; !code && i < COUNT_OF(plain_folders); i++) {
        CLEANUP_FREE char *path = path_in(folder, plain_folders[i]);

        code = folder_make(path, 0700, e);
    }
    if (!code)
        code = default_blobs->create(folder, e);
    if (!code)
        code = engines[0]->create(folder, e);
    if (!code)
        code = folder_sync(folder, e);
    return code ? code : folder_sync(parent, e);
}

/* The folder was empty or is ours, so all that lies in it was made just now. */
static void folder_undo(const char *folder, bool is_new)
{
    static const char *const files[] = {"case.db", "case.db-wal", "case.db-shm"};
    static const char *const folders[] = {"journal", "timeline", "evidence"};

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        CLEANUP_FREE char *path = path_in(folder, files[i]);

        (void)unlink(path);
    }
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        CLEANUP_FREE char *path = path_in(folder, folders[i]);

        (void)rmdir(path);
    }
    if (is_new)
        (void)rmdir(folder);
}

int store_create(struct store **out, const char *folder, struct err *e)
{
    bool is_new = false;
    int code = folder_claim(folder, &is_new, e);

    if (code)
        return code;
    code = folder_fill(folder, e);
    if (!code)
        code = store_open(out, folder, STORE_WRITE, e);
    if (code)
        folder_undo(folder, is_new);
    return code;
}

static int folder_resolve(char **out, const char *folder, struct err *e)
{
    struct stat st;

    *out = realpath(folder, NULL);
    if (!*out)
        return err_errno(e, "cannot open the case in %s", folder);
    if (stat(*out, &st) < 0)
        return err_errno(e, "cannot open the case in %s", folder);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_NOTFOUND, "%s is not a folder, so no case lies in it", folder);
    return 0;
}

static const struct store_engine *engine_of(const char *folder)
{
    for (size_t i = 0; i < COUNT_OF(engines); i++)
        if (engines[i]->is_there(folder))
            return engines[i];
    return NULL;
}

static struct store *store_new(void)
{
    struct store *s = mem_new(struct store);
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&s->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return s;
}

int store_open(struct store **out, const char *folder, enum store_mode mode, struct err *e)
{
    CLEANUP(store_closep) struct store *s = store_new();
    int code = folder_resolve(&s->folder, folder, e);

    if (code)
        return code;
    s->mode = mode;
    s->engine = engine_of(s->folder);
    if (!s->engine)
        return err_set(e, ERR_NOTFOUND, "there is no case in %s: it holds no case.db", folder);
    code = s->engine->open(&s->lines, s->folder, mode, e);
    if (code)
        return code;
    s->blobs.engine = default_blobs;
    code = s->blobs.engine->open(&s->blobs.state, s->folder, mode, e);
    if (code)
        return code;
    *out = MOVE(s);
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->lines)
        s->engine->close(s->lines);
    if (s->blobs.state)
        s->blobs.engine->close(s->blobs.state);
    pthread_mutex_destroy(&s->lock);
    free(s->folder);
    free(s);
}

const char *store_folder(const struct store *s)
{
    return s->folder;
}

enum store_mode store_mode(const struct store *s)
{
    return s->mode;
}

bool store_is_newer(const struct store *s)
{
    return s->engine->is_newer(s->lines);
}

struct store_blobs store_blobs(struct store *s)
{
    return s->blobs;
}

static int check_may_write(const struct store *s, struct err *e)
{
    if (s->mode == STORE_WRITE)
        return 0;
    return err_set(e, ERR_USAGE, "the case in %s was opened for reading only", s->folder);
}

static int check_record(uint64_t seq, const struct store_record *r, struct err *e)
{
    if (r->line.len == 0 || r->line.len > LIMIT_LINE_SIZE)
        return err_set(e, ERR_LIMIT, "record %llu has a line of %zu bytes; 1 to %d are possible",
                       (unsigned long long)seq, r->line.len, LIMIT_LINE_SIZE);
    if (r->openings.len > STORE_OPENINGS_SIZE)
        return err_set(e, ERR_LIMIT, "record %llu has openings of %zu bytes; at most %d fit",
                       (unsigned long long)seq, r->openings.len, STORE_OPENINGS_SIZE);
    return 0;
}

int store_size(struct store *s, uint64_t *out, struct err *e)
{
    LOCKED(s);
    return s->engine->size(s->lines, out, e);
}

int store_append(struct store *s, uint64_t expected_size, const struct store_record *records,
                 size_t count, struct err *e)
{
    LOCKED(s);
    int code = check_may_write(s, e);

    for (size_t i = 0; !code && i < count; i++)
        code = check_record(expected_size + i, &records[i], e);
    return code ? code : s->engine->append(s->lines, expected_size, records, count, e);
}

int store_read(struct store *s, uint64_t from, uint64_t to, bool want_openings, store_visit *visit,
               void *context, struct err *e)
{
    LOCKED(s);
    return s->engine->read(s->lines, from, to, want_openings, visit, context, e);
}

int store_openings(struct store *s, uint64_t seq, struct buf *out, struct err *e)
{
    LOCKED(s);
    return s->engine->openings(s->lines, seq, out, e);
}

int store_redact(struct store *s, uint64_t seq, struct str openings, struct err *e)
{
    LOCKED(s);
    int code = check_may_write(s, e);

    if (!code && openings.len > STORE_OPENINGS_SIZE)
        code = err_set(e, ERR_LIMIT, "openings of %zu bytes do not fit; at most %d do",
                       openings.len, STORE_OPENINGS_SIZE);
    return code ? code : s->engine->redact(s->lines, seq, openings, e);
}

int store_grant_put(struct store *s, const struct store_grant *grant, struct err *e)
{
    LOCKED(s);
    int code = check_may_write(s, e);

    if (!code && (grant->scope.len > STORE_SCOPE_SIZE || grant->sealed.len > STORE_GRANT_SIZE))
        code = err_set(e, ERR_LIMIT, "a grant of %zu bytes for a scope of %zu bytes does not fit",
                       grant->sealed.len, grant->scope.len);
    return code ? code : s->engine->grant_put(s->lines, grant, e);
}

int store_grant_get(struct store *s, struct str scope, const struct key *key, struct buf *sealed,
                    struct err *e)
{
    LOCKED(s);
    return s->engine->grant_get(s->lines, scope, key, sealed, e);
}

int store_grants(struct store *s, store_grant_visit *visit, void *context, struct err *e)
{
    LOCKED(s);
    return s->engine->grants(s->lines, visit, context, e);
}

int store_watch(struct store *s, uint64_t known, int timeout_ms, struct err *e)
{
    return s->engine->watch(s->lines, known, timeout_ms, e);
}
