/* sqlite_query.c: prepared statements that are kept, and what SQLite's results mean to us. */
#include "store/sqlite.h"
#include <errno.h>
#include "base/mem.h"

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [name] = text,
#include "store/sqlite_sql.def"
#undef SQL
};

static int fail_damaged(const struct sqlite *q, struct err *e)
{
    return err_set(
        e, ERR_FORMAT,
        "case.db in %s is damaged (%s). Copy the folder as it is before anything else. "
        "journal/ holds the lines up to the last checkpoint, the last export the openings; "
        "\"sqlite3 case.db .recover\" on a copy may bring back the rest",
        q->folder, sqlite3_errmsg(q->db));
}

static int fail_busy(const struct sqlite *q, const char *doing, struct err *e)
{
    return err_set(
        e, ERR_CONFLICT,
        "%s the case in %s: another process was using it for 5 seconds. Nothing was changed; "
        "try again",
        doing, q->folder);
}

/* The files of the database know best why the last read or write of one failed; 0: it did not, or
 * they do not say. */
static int last_error(struct sqlite *q)
{
    static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
    int number = 0;

    for (size_t i = 0; !number && i < COUNT_OF(files); i++) {
        sqlite3_file *file = NULL;

        (void)sqlite3_file_control(q->db, "main", files[i], &file); /* it finds "main" */
        if (file && file->pMethods)
            (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
    }
    return number;
}

/* The errno behind a result, or 0. */
static int error_behind(struct sqlite *q, int rc)
{
    int number = 0;

    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_IOERR)
        number = last_error(q);
    if (number || !q->db || (rc & 0xff) == SQLITE_CORRUPT)
        return number;
    return sqlite3_system_errno(q->db);
}

static int fail_medium(const struct sqlite *q, int number, const char *doing, struct err *e)
{
    return err_set(e, ERR_IO,
                   "%s the case in %s: its medium cannot be read: %s. Copy the folder to another "
                   "medium before anything else (ddrescue goes on past bad places)",
                   doing, q->folder, strerror(number));
}

int sqlite_fail(struct sqlite *q, int rc, const char *doing, struct err *e)
{
    int number = error_behind(q, rc);

    /* SQLite calls a case corrupt also where the medium could not be read, which is another thing
     * to do about. */
    if ((rc & 0xff) == SQLITE_CORRUPT && (number == EIO || number == ENXIO))
        return fail_medium(q, number, doing, e);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(q, doing, e);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_TOOBIG:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return fail_damaged(q, e);
    case SQLITE_FULL:
        return err_set(e, ERR_FULL, "%s the case in %s: no space is left on its medium", doing,
                       q->folder);
    case SQLITE_READONLY:
        return err_set(e, ERR_IO, "%s the case in %s: it can only be read", doing, q->folder);
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        BUG("%s %s: %s", doing, q->folder, sqlite3_errstr(rc));
    default:
        return err_set(e, number == EDQUOT || number == ENOSPC ? ERR_FULL : ERR_IO,
                       "%s the case in %s: %s%s%s", doing, q->folder, sqlite3_errstr(rc),
                       number ? ": " : "", number ? strerror(number) : "");
    }
}

int query_begin(struct query *out, struct sqlite *q, enum sqlite_sql sql, struct err *e)
{
    sqlite3_stmt *stmt = MOVE(q->kept[sql]);

    if (!stmt) {
        int rc = sqlite3_prepare_v3(q->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

        if (rc != SQLITE_OK)
            return sqlite_fail(q, rc, "cannot use", e);
    }
    *out = (struct query){q, sql, stmt};
    return 0;
}

void query_end(struct query *query)
{
    struct sqlite *q = query->q;

    if (!query->stmt)
        return;
    sqlite3_reset(query->stmt); /* its result was given by the step before */
    if (q->kept[query->sql]) {
        sqlite3_finalize(query->stmt);
    } else {
        sqlite3_clear_bindings(query->stmt);
        q->kept[query->sql] = query->stmt;
    }
    *query = (struct query){0};
}

static void check_bound(int rc)
{
    if (rc != SQLITE_OK)
        BUG("cannot bind a parameter: %s", sqlite3_errstr(rc));
}

void query_bind_u64(struct query *query, int at, uint64_t n)
{
    check_bound(sqlite3_bind_int64(query->stmt, at, n > INT64_MAX ? INT64_MAX : (sqlite3_int64)n));
}

void query_bind_text(struct query *query, int at, struct str text)
{
    check_bound(sqlite3_bind_text64(query->stmt, at, text.p ? text.p : "", text.len, SQLITE_STATIC,
                                    SQLITE_UTF8));
}

void query_bind_blob(struct query *query, int at, struct str bytes)
{
    check_bound(
        sqlite3_bind_blob64(query->stmt, at, bytes.p ? bytes.p : "", bytes.len, SQLITE_STATIC));
}

int query_step(struct query *query, const char *doing, struct err *e)
{
    int rc = sqlite3_step(query->stmt);

    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : sqlite_fail(query->q, rc, doing, e);
}

int query_column(struct query *query, int at, int type, size_t most, struct str *out, struct err *e)
{
    const void *p;
    int size;

    if (sqlite3_column_type(query->stmt, at) != type)
        return fail_damaged(query->q, e);
    p = sqlite3_column_blob(query->stmt, at);
    size = sqlite3_column_bytes(query->stmt, at);
    if ((size_t)size > most)
        return fail_damaged(query->q, e);
    *out = (struct str){p ? p : "", (size_t)size};
    return 0;
}

int query_run(struct sqlite *q, enum sqlite_sql sql, const char *doing, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, sql, e);

    if (!code)
        code = query_step(&query, doing, e);
    return code < 0 ? code : 0;
}
