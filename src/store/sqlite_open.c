/* sqlite_open.c: makes case.db, and opens it so that a hostile, damaged or read-only one does no
 * harm. */
#include "store/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

enum {
    BUSY_MS = 5000,
    VALUE_LIMIT = 32 << 20,
};

#define DATABASE "case.db"
#define APPLICATION_ID 0x63616c6d /* "calm" */
#define FORMAT 1

/* How each table is made. A newer format that still lets us read keeps the columns as the first. */
static const struct table {
    const char *columns;
    const char *end;
} schema[] = {
    {"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL", ") STRICT, WITHOUT ROWID"},
    {"CREATE TABLE lines(seq INTEGER PRIMARY KEY, line TEXT NOT NULL", ") STRICT"},
    {"CREATE TABLE openings(seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL", ") STRICT"},
    {"CREATE TABLE grants(scope TEXT NOT NULL, key BLOB NOT NULL, sealed BLOB NOT NULL",
     ", PRIMARY KEY(scope, key)) STRICT, WITHOUT ROWID"},
};

static void add_path(struct buf *out, const char *folder, const char *suffix)
{
    buf_addf(out, "%s/" DATABASE "%s", folder, suffix);
}

bool sqlite_is_there(const char *folder)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    add_path(&path, folder, "");
    return lstat(buf_text(&path), &st) == 0 || errno != ENOENT;
}

/* The size of case.db or its log and when it was changed; zeros where there is none. */
static void mark_one(struct sqlite_mark *mark, size_t i, const char *folder, const char *suffix)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    add_path(&path, folder, suffix);
    if (stat(buf_text(&path), &st) < 0)
        return;
    mark->changed[i] = st.st_mtim;
    mark->size[i] = st.st_size;
}

static struct sqlite_mark mark_take(const char *folder)
{
    struct sqlite_mark mark;

    memset(&mark, 0, sizeof(mark));
    mark_one(&mark, 0, folder, "");
    mark_one(&mark, 1, folder, "-wal");
    return mark;
}

static bool mark_eq(const struct sqlite_mark *a, const struct sqlite_mark *b)
{
    for (size_t i = 0; i < COUNT_OF(a->size); i++)
        if (a->size[i] != b->size[i] || a->changed[i].tv_sec != b->changed[i].tv_sec ||
            a->changed[i].tv_nsec != b->changed[i].tv_nsec)
            return false;
    return true;
}

/* The name of the database as SQLite's URI: a folder may have ? # % in its name. */
static void add_uri(struct buf *out, const char *folder, const char *parameters)
{
    CLEANUP_BUF struct buf path = {0};

    add_path(&path, folder, "");
    buf_adds(out, "file:");
    for (const char *p = buf_text(&path); *p; p++) {
        if (strchr("?#%", *p)) {
            buf_addc(out, '%');
            hex_add(out, p, 1);
        } else {
            buf_addc(out, *p);
        }
    }
    buf_adds(out, parameters);
}

static int exec(struct sqlite *q, const char *sql)
{
    return sqlite3_exec(q->db, sql, NULL, NULL, NULL);
}

/* A database from elsewhere may neither run code nor make us allocate without measure. */
static int harden(struct sqlite *q)
{
    sqlite3_extended_result_codes(q->db, 1);
    sqlite3_busy_timeout(q->db, BUSY_MS);
    sqlite3_wal_autocheckpoint(q->db, 0); /* its failures would go unseen */
    sqlite3_db_config(q->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(q->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(q->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(q->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(q->db, SQLITE_LIMIT_LENGTH, VALUE_LIMIT);
    if (q->way == WAY_FROZEN_LOG)
        exec(q, "PRAGMA locking_mode=EXCLUSIVE"); /* the log's index is then kept in memory */
    return exec(q, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL; "
                   "PRAGMA secure_delete=ON; PRAGMA journal_size_limit=16777216");
}

/* Opens the database one way; returns SQLite's result of the first look into the file. */
static int connect_as(struct sqlite *q, enum sqlite_way way)
{
    static const struct {
        const char *parameters;
        int flags;
    } ways[] = {
        [WAY_SHARED] = {"", SQLITE_OPEN_READWRITE},
        [WAY_FROZEN] = {"?mode=ro&immutable=1", SQLITE_OPEN_READONLY},
        [WAY_FROZEN_LOG] = {"?mode=ro&vfs=unix-none", SQLITE_OPEN_READONLY},
    };
    CLEANUP_BUF struct buf uri = {0};
    int rc;

    sqlite3_close(q->db);
    q->db = NULL;
    q->way = way;
    add_uri(&uri, q->folder, ways[way].parameters);
    rc = sqlite3_open_v2(
        buf_text(&uri), &q->db,
        ways[way].flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    return rc == SQLITE_OK ? harden(q) : rc;
}

/* Also on a full disk, where the log's index, which readers share, has no room. */
static bool needs_frozen(int rc)
{
    return (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY ||
           rc == SQLITE_IOERR_SHMSIZE || rc == SQLITE_IOERR_SHMOPEN;
}

static int connect_reader(struct sqlite *q)
{
    int rc = connect_as(q, WAY_SHARED);

    if (needs_frozen(rc)) {
        q->mark = mark_take(q->folder);
        rc = connect_as(q, q->mark.size[1] ? WAY_FROZEN_LOG : WAY_FROZEN);
    }
    return rc == SQLITE_OK ? exec(q, "PRAGMA query_only=ON") : rc;
}

static int on_commit(void *context, sqlite3 *db, const char *name, int frames)
{
    struct sqlite *q = context;

    (void)db;
    (void)name;
    if (frames < q->log_frames)
        q->checkpoint_at = 0; /* the log began anew */
    q->log_frames = frames;
    return SQLITE_OK;
}

/* Frames that a program left in the log when it was cut off may stand in the page cache alone: a
 * sync of ours would not report that their own had failed. Writing them into the database and
 * beginning the log anew leaves nothing to depend on. Where others have the case open the log is
 * theirs, and in order. */
static int settle_log(struct sqlite *q)
{
    struct sqlite_mark mark = mark_take(q->folder);
    int rc = SQLITE_OK;

    if (mark.size[1]) {
        sqlite3_busy_timeout(q->db, 0);
        rc = sqlite3_wal_checkpoint_v2(q->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        sqlite3_busy_timeout(q->db, BUSY_MS);
    }
    return (rc & 0xff) == SQLITE_BUSY ? SQLITE_OK : rc;
}

/* The database may have been put into another mode by hand, for a read-only medium. */
static int use_log(struct sqlite *q, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(q->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);
    bool is_on = false;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);

        is_on = mode && strcmp(mode, "wal") == 0;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return sqlite_fail(q, rc, "cannot write to", e);
    if (!is_on)
        return err_set(
            e, ERR_IO,
            "cannot write to the case in %s: the file system cannot share memory between "
            "processes, as a write-ahead log needs; move the case to a local disk",
            q->folder);
    return 0;
}

static int start_writer(struct sqlite *q, struct err *e)
{
    int code;
    int rc;

    if (sqlite3_db_readonly(q->db, "main") == 1)
        return sqlite_fail(q, SQLITE_READONLY, "cannot write to", e);
    code = use_log(q, e);
    if (code)
        return code;
    sqlite3_wal_hook(q->db, on_commit, q);
    rc = settle_log(q);
    return rc == SQLITE_OK ? 0 : sqlite_fail(q, rc, "cannot write to", e);
}

static int check_application(struct sqlite *q, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_APPLICATION, e);
    int id;

    if (!code)
        code = query_step(&query, "cannot open", e);
    if (code < 0)
        return code;
    id = sqlite3_column_int(query.stmt, 0);
    if (id == APPLICATION_ID)
        return 0;
    if (id == 0)
        return err_set(e, ERR_FORMAT,
                       "%s/" DATABASE
                       " is not a case: either it is another program's, or the making of "
                       "the case was cut off before it held anything",
                       q->folder);
    return err_set(e, ERR_FORMAT, "%s/" DATABASE " is not a case but another program's database",
                   q->folder);
}

/* A number that meta says of the file; *out stays where it says nothing. */
static int read_number(struct sqlite *q, const char *name, uint64_t *out, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    struct str text;
    int code = query_begin(&query, q, SQL_META_GET, e);

    if (code)
        return code;
    query_bind_text(&query, 1, str_of(name));
    code = query_step(&query, "cannot open", e);
    if (code <= 0)
        return code;
    code = query_column(&query, 0, SQLITE_TEXT, 20, &text, e);
    if (!code && !str_u64(text, out))
        code = sqlite_fail(q, SQLITE_FORMAT, "cannot open", e);
    return code;
}

/* Whether the format is one that we only read, or none for us. */
static int check_format(struct sqlite *q, struct err *e)
{
    uint64_t format = 0;
    uint64_t reader = 1;
    int code = read_number(q, "format", &format, e);

    if (!code)
        code = read_number(q, "reader", &reader, e);
    if (code)
        return code;
    if (reader == 0 || reader > format)
        return sqlite_fail(q, SQLITE_FORMAT, "cannot open", e);
    if (reader > FORMAT)
        return err_set(e, ERR_NEWER,
                       "the case in %s was written by a newer calm, in the format %llu, which only "
                       "programs that know the format %llu can read; this one knows %d",
                       q->folder, (unsigned long long)format, (unsigned long long)reader, FORMAT);
    q->is_newer = format > FORMAT;
    if (q->is_newer && q->mode == STORE_WRITE)
        return err_set(e, ERR_NEWER,
                       "the case in %s was written by a newer calm (format %llu; this one knows "
                       "%d): reading only",
                       q->folder, (unsigned long long)format, FORMAT);
    return 0;
}

static bool is_table(struct str sql, const struct table *t, bool is_newer)
{
    struct str end = str_from(sql, strlen(t->columns));

    if (!str_starts(sql, t->columns))
        return false;
    return str_is(end, t->end) || (is_newer && (str_starts(end, ",") || str_starts(end, ")")));
}

static bool is_ours(struct str sql, bool is_newer, unsigned *found)
{
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        if (is_table(sql, &schema[i], is_newer)) {
            *found |= 1u << i;
            return true;
        }
    return false;
}

static int fail_schema(const struct sqlite *q, struct err *e)
{
    if (q->is_newer)
        return err_set(e, ERR_NEWER,
                       "the case in %s was written by a newer calm, which keeps what this one "
                       "reads in another way: open it with the newer one",
                       q->folder);
    return err_set(e, ERR_FORMAT, "%s/" DATABASE " lacks a table of a case, or has it altered",
                   q->folder);
}

/* Our tables must be spelled as we spell them, and nothing may hang on them. A further table is
 * harmless: someone may have run ANALYZE. In a newer format more may hang on them, which is off and
 * not looked at. */
static int check_schema(struct sqlite *q, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_SCHEMA, e);
    unsigned found = 0;
    struct str type;
    struct str sql;

    if (code)
        return code;
    while ((code = query_step(&query, "cannot open", e)) > 0) {
        code = query_column(&query, 0, SQLITE_TEXT, 16, &type, e);
        if (!code)
            code = query_column(&query, 1, SQLITE_TEXT, 65536, &sql, e);
        if (code)
            return code;
        if (!is_ours(sql, q->is_newer, &found) && !q->is_newer && !str_is(type, "table"))
            return err_set(e, ERR_FORMAT,
                           "%s/" DATABASE " holds a %.*s that does not belong in a case", q->folder,
                           (int)type.len, type.p);
    }
    if (!code && found != (1u << COUNT_OF(schema)) - 1)
        return fail_schema(q, e);
    return code;
}

static int check(struct sqlite *q, struct err *e)
{
    uint64_t size;
    int code = check_application(q, e);

    if (!code)
        code = check_format(q, e);
    if (!code)
        code = check_schema(q, e);
    return code || q->mode == STORE_SALVAGE ? code : sqlite_size(q, &size, e);
}

static int connect_and_check(struct sqlite *q, struct err *e)
{
    int rc = q->mode != STORE_WRITE ? connect_reader(q) : connect_as(q, WAY_SHARED);
    int code;

    if (rc != SQLITE_OK)
        return sqlite_fail(q, rc, q->mode != STORE_WRITE ? "cannot open" : "cannot write to", e);
    code = check(q, e);
    return !code && q->mode == STORE_WRITE ? start_writer(q, e) : code;
}

int sqlite_open(void **state, const char *folder, enum store_mode mode, struct err *e)
{
    struct sqlite *q = mem_new(struct sqlite);
    int code;

    q->folder = mem_strdup(folder);
    q->mode = mode;
    q->inotify = -1;
    code = connect_and_check(q, e);
    if (code) {
        sqlite_close(q);
        return code;
    }
    *state = q;
    return 0;
}

/* A reader leaves the files as they were: a log with bytes in it stays for a writer to settle; only
 * what SQLite made for this connection goes. A broken store writes nothing more. */
static void disconnect(struct sqlite *q)
{
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(MOVE(q->kept[i]));
    if (q->db && (q->is_broken || (q->mode != STORE_WRITE && mark_take(q->folder).size[1])))
        sqlite3_db_config(q->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_close(q->db) != SQLITE_OK)
        BUG("the case in %s is closed while it is being read", q->folder);
    q->db = NULL;
}

void sqlite_close(void *state)
{
    struct sqlite *q = state;

    disconnect(q);
    fd_close(q->inotify);
    free(q->folder);
    free(q);
}

bool sqlite_is_newer(const void *state)
{
    return ((const struct sqlite *)state)->is_newer;
}

static bool is_in_use(struct sqlite *q)
{
    for (sqlite3_stmt *s = sqlite3_next_stmt(q->db, NULL); s; s = sqlite3_next_stmt(q->db, s))
        if (sqlite3_stmt_busy(s))
            return true;
    return false;
}

static bool has_changed(const struct sqlite *q)
{
    struct sqlite_mark now;

    if (q->way == WAY_SHARED)
        return false;
    now = mark_take(q->folder);
    return !mark_eq(&now, &q->mark);
}

int sqlite_enter(struct sqlite *q, struct err *e)
{
    int code;

    if (!q->is_lost && (!has_changed(q) || is_in_use(q)))
        return 0;
    disconnect(q);
    code = connect_and_check(q, e);
    q->is_lost = code != 0;
    return code;
}

int sqlite_leave(struct sqlite *q, struct err *e)
{
    if (!has_changed(q))
        return 0;
    return err_set(e, ERR_CONFLICT, "the case in %s was changed while it was read; look again",
                   q->folder);
}

static int fill(struct sqlite *q)
{
    int rc = exec(q, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; BEGIN; "
                     "PRAGMA application_id=1667329133");

    for (size_t i = 0; rc == SQLITE_OK && i < COUNT_OF(schema); i++) {
        CLEANUP_BUF struct buf sql = {0};

        buf_addf(&sql, "%s%s", schema[i].columns, schema[i].end);
        rc = exec(q, buf_text(&sql));
    }
    if (rc == SQLITE_OK)
        rc = exec(q, "INSERT INTO meta(name, value) VALUES('format', '1'); COMMIT");
    return rc;
}

int sqlite_create(const char *folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FREE char *copy = mem_strdup(folder);
    struct sqlite q = {.folder = copy, .mode = STORE_WRITE, .inotify = -1};
    int code = 0;
    int rc;
    int fd;

    add_path(&path, folder, "");
    fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, "cannot make %s", buf_text(&path));
    fd_close(fd);
    rc = connect_as(&q, WAY_SHARED);
    if (rc == SQLITE_OK)
        rc = fill(&q);
    if (rc != SQLITE_OK)
        code = sqlite_fail(&q, rc, "cannot make", e);
    sqlite3_close(q.db);
    return code;
}
