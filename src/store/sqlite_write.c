/* sqlite_write.c: appends, grants and redactions: each is durable when it returns, or did not
 * happen. */
#include "store/sqlite.h"

enum {
    CHECKPOINT_FRAMES = 2048, /* 8 MiB of log: three syncs in about 1,000 appends */
    LOG_FRAME_SIZE = 24 + 4096,
    LOG_AHEAD_FRAMES = 16,              /* a session with fewer appends than that is a short one */
    VACUUM_IN_MEMORY_LIMIT = 128 << 20, /* a larger database is rewritten through a file */
};

/* SQLite would try again, and a sync that failed once may succeed the next time although the data
 * are gone: after the first failure nothing that this process writes can be trusted. */
void sqlite_set_broken(struct sqlite *q)
{
    q->is_broken = true;
}

static int check_whole(const struct sqlite *q, struct err *e)
{
    if (!q->is_broken)
        return 0;
    return err_set(
        e, ERR_IO,
        "nothing more is written to the case in %s, because writing to its medium failed "
        "before. What was acknowledged is there; go on with the case on another medium",
        q->folder);
}

/* Ends a transaction whose steps came to code. */
static int finish(struct sqlite *q, int code, const char *doing, struct err *e)
{
    if (!code)
        code = query_run(q, SQL_COMMIT, doing, e);
    if (!code)
        return 0;
    if (code == ERR_IO || code == ERR_FULL)
        sqlite_set_broken(q);
    if (!sqlite3_get_autocommit(q->db) && query_run(q, SQL_ROLLBACK, doing, NULL))
        sqlite_set_broken(q);
    return code;
}

/* Moves the log into the database when it has grown. The records are durable already, so a failure
 * is not the append's; but it is the medium's. */
static void checkpoint_if_due(struct sqlite *q)
{
    int rc;

    if (q->checkpoint_at == 0)
        q->checkpoint_at = CHECKPOINT_FRAMES;
    if (q->log_frames < q->checkpoint_at)
        return;
    rc = sqlite3_wal_checkpoint_v2(q->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* A reader may keep the log from beginning anew: not at every append then. */
    q->checkpoint_at = q->log_frames + CHECKPOINT_FRAMES;
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED)
        sqlite_set_broken(q);
}

static sqlite3_file *log_file(struct sqlite *q)
{
    sqlite3_file *file = NULL;

    (void)sqlite3_file_control(q->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file && file->pMethods ? file : NULL;
}

/* To sync a file that grows, the medium is written to twice: the bytes, and where they lie. So the
 * log is doubled ahead with zeros, which no reader takes for a frame. To be called in a
 * transaction, when no other process writes there. Where it fails the log grows as it would have.
 * Its size is kept, because asking for it makes the kernel note the time of the next write more
 * finely, which is one more block to sync. */
static void extend_log(struct sqlite *q)
{
    static const uint8_t zeros[1 << 16];
    sqlite3_int64 wanted = ((sqlite3_int64)q->log_frames + LOG_AHEAD_FRAMES) * LOG_FRAME_SIZE;
    sqlite3_file *file;

    if (q->log_frames < LOG_AHEAD_FRAMES)
        q->log_size = 0; /* the log began anew, and may have been cut */
    if (q->log_frames < LOG_AHEAD_FRAMES || q->log_size >= wanted)
        return;
    file = log_file(q);
    if (!file || file->pMethods->xFileSize(file, &q->log_size) != SQLITE_OK)
        return;
    for (sqlite3_int64 end = 2 * wanted; q->log_size < end;
         q->log_size += (sqlite3_int64)sizeof(zeros))
        if (file->pMethods->xWrite(file, zeros, sizeof(zeros), q->log_size) != SQLITE_OK)
            return;
}

static int check_size(struct sqlite *q, uint64_t expected, struct err *e)
{
    uint64_t size;
    int code = sqlite_size(q, &size, e);

    if (code || size == expected)
        return code;
    return err_set(
        e, ERR_CONFLICT,
        "the case in %s has %llu records, not %llu: someone else wrote meanwhile; look again",
        q->folder, (unsigned long long)size, (unsigned long long)expected);
}

static int insert_lines(struct sqlite *q, uint64_t first, const struct store_record *records,
                        size_t count, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_LINE_ADD, e);

    for (size_t i = 0; !code && i < count; i++) {
        query_bind_u64(&query, 1, first + i);
        query_bind_text(&query, 2, records[i].line);
        code = query_step(&query, "cannot append to", e);
        sqlite3_reset(query.stmt);
    }
    return code;
}

static int insert_openings(struct sqlite *q, uint64_t seq, struct str openings, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_OPENINGS_ADD, e);

    if (code)
        return code;
    query_bind_u64(&query, 1, seq);
    query_bind_blob(&query, 2, openings);
    return query_step(&query, "cannot append to", e);
}

int sqlite_append(void *state, uint64_t expected_size, const struct store_record *records,
                  size_t count, struct err *e)
{
    struct sqlite *q = state;
    int code = check_whole(q, e);

    if (code)
        return code;
    code = query_run(q, SQL_BEGIN, "cannot append to", e);
    if (!code)
        code = check_size(q, expected_size, e);
    if (!code)
        extend_log(q);
    if (!code)
        code = insert_lines(q, expected_size, records, count, e);
    for (size_t i = 0; !code && i < count; i++)
        if (records[i].openings.len)
            code = insert_openings(q, expected_size + i, records[i].openings, e);
    code = finish(q, code, "cannot append to", e);
    if (!code)
        checkpoint_if_due(q);
    return code;
}

int sqlite_grant_put(void *state, const struct store_grant *grant, struct err *e)
{
    struct sqlite *q = state;
    CLEANUP_QUERY struct query query = {0};
    int code = check_whole(q, e);

    if (!code)
        code = query_begin(&query, q, SQL_GRANT_PUT, e);
    if (code)
        return code;
    query_bind_text(&query, 1, grant->scope);
    query_bind_blob(&query, 2, (struct str){(const char *)grant->key.b, sizeof(grant->key.b)});
    query_bind_blob(&query, 3, grant->sealed);
    code = query_run(q, SQL_BEGIN, "cannot grant in", e);
    if (!code)
        code = query_step(&query, "cannot grant in", e);
    sqlite3_reset(query.stmt);
    return finish(q, code, "cannot grant in", e);
}

/* The size of a record's openings, -1 for none. */
static int openings_size(struct sqlite *q, uint64_t seq, int64_t *out, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_OPENINGS_GET, e);
    struct str sealed;

    if (code)
        return code;
    query_bind_u64(&query, 1, seq);
    code = query_step(&query, "cannot redact in", e);
    if (code == 0)
        *out = -1;
    if (code > 0) {
        code = query_column(&query, 0, SQLITE_BLOB, STORE_OPENINGS_SIZE, &sealed, e);
        if (!code)
            *out = (int64_t)sealed.len;
    }
    return code;
}

static int overwrite_openings(struct sqlite *q, uint64_t seq, struct str openings,
                              enum sqlite_sql sql, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, sql, e);

    if (code)
        return code;
    query_bind_u64(&query, 1, seq);
    query_bind_blob(&query, 2, openings);
    return query_step(&query, "cannot redact in", e);
}

/* Where a row stays or shrinks, SQLite overwrites it in its page and moves no other. Where it
 * grows, neighbours may move and leave copies of themselves behind, which secure_delete does not
 * see: the file has to be rewritten, now or before the next redaction ends. */
static int replace_openings(struct sqlite *q, uint64_t seq, struct str openings, struct err *e)
{
    int64_t before = -1;
    uint64_t size;
    int code = sqlite_size(q, &size, e);

    if (!code && seq >= size)
        return err_set(e, ERR_NOTFOUND, "there is no record %llu in the case in %s",
                       (unsigned long long)seq, q->folder);
    if (!code)
        code = openings_size(q, seq, &before, e);
    if (code || (before < 0 && !openings.len))
        return code;
    if (before < (int64_t)openings.len)
        code = query_run(q, SQL_VACUUM_SET, "cannot redact in", e);
    if (code)
        return code;
    return overwrite_openings(q, seq, openings, before < 0 ? SQL_OPENINGS_ADD : SQL_OPENINGS_SET,
                              e);
}

static int is_vacuum_due(struct sqlite *q, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_VACUUM_DUE, e);

    return code ? code : query_step(&query, "cannot redact in", e);
}

static int64_t database_size(struct sqlite *q)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;

    (void)sqlite3_file_control(q->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : INT64_MAX;
}

static int vacuum(struct sqlite *q, struct err *e)
{
    int code = is_vacuum_due(q, e);
    int rc;

    if (code <= 0)
        return code;
    if (database_size(q) > VACUUM_IN_MEMORY_LIMIT)
        sqlite3_exec(q->db, "PRAGMA temp_store=FILE", NULL, NULL, NULL);
    rc = sqlite3_exec(q->db, "VACUUM", NULL, NULL, NULL);
    sqlite3_exec(q->db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return sqlite_fail(q, rc, "cannot redact in", e);
    return query_run(q, SQL_VACUUM_UNSET, "cannot redact in", e);
}

/* Empties the log, for which no other process may be reading in it. */
static int empty_log(struct sqlite *q, struct err *e)
{
    int rc = sqlite3_wal_checkpoint_v2(q->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    if (rc == SQLITE_OK)
        return 0;
    if ((rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED)
        return sqlite_fail(q, rc, "cannot redact in", e);
    return err_set(
        e, ERR_CONFLICT,
        "the redaction in %s is in force, but another process is reading the case, and so "
        "the old bytes stay in the write-ahead log; redact again when it has ended",
        q->folder);
}

int sqlite_redact(void *state, uint64_t seq, struct str openings, struct err *e)
{
    struct sqlite *q = state;
    int code = check_whole(q, e);

    if (code)
        return code;
    code = query_run(q, SQL_BEGIN, "cannot redact in", e);
    if (!code)
        code = replace_openings(q, seq, openings, e);
    code = finish(q, code, "cannot redact in", e);
    if (!code)
        code = vacuum(q, e);
    if (!code)
        code = empty_log(q, e);
    if (code == ERR_IO || code == ERR_FULL)
        sqlite_set_broken(q);
    return code;
}
