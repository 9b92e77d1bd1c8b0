/* sqlite.c: the engine that keeps lines, openings and grants in case.db: its table and its reads.
 */
#include "store/sqlite.h"
#include "base/limits.h"

int sqlite_size(void *state, uint64_t *out, struct err *e)
{
    struct sqlite *q = state;
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, q, SQL_SIZE, e);
    sqlite3_int64 last;

    if (!code)
        code = query_step(&query, "cannot read", e);
    if (code < 0)
        return code;
    if (sqlite3_column_type(query.stmt, 0) == SQLITE_NULL) {
        *out = 0;
        return 0;
    }
    last = sqlite3_column_int64(query.stmt, 0);
    if (last < 0 || last == INT64_MAX)
        return sqlite_fail(q, SQLITE_CORRUPT, "cannot read", e);
    *out = (uint64_t)last + 1;
    return 0;
}

static int size_now(void *state, uint64_t *out, struct err *e)
{
    int code = sqlite_enter(state, e);

    if (!code)
        code = sqlite_size(state, out, e);
    return code ? code : sqlite_leave(state, e);
}

static int fail_gap(struct sqlite *q, uint64_t seq, struct err *e)
{
    return err_set(
        e, ERR_FORMAT,
        "record %llu is missing from case.db in %s though later ones are there: the file "
        "is damaged or was altered. journal/ holds the lines up to the last checkpoint",
        (unsigned long long)seq, q->folder);
}

struct walk {
    struct sqlite *q;
    uint64_t next;
    bool want_openings;
    store_visit *visit;
    void *context;
};

static int walk_row(struct walk *w, struct query *query, struct err *e)
{
    struct str openings = {"", 0};
    struct str line;
    sqlite3_int64 seq = sqlite3_column_int64(query->stmt, 0);
    int code = query_column(query, 1, SQLITE_TEXT, LIMIT_LINE_SIZE, &line, e);

    if (!code && w->want_openings && sqlite3_column_type(query->stmt, 2) != SQLITE_NULL)
        code = query_column(query, 2, SQLITE_BLOB, STORE_OPENINGS_SIZE, &openings, e);
    if (code)
        return code;
    if ((uint64_t)seq != w->next)
        return fail_gap(w->q, w->next, e);
    w->next++;
    return w->visit(w->context, (uint64_t)seq, line, openings, e);
}

static int walk_rows(struct walk *w, uint64_t to, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = query_begin(&query, w->q, w->want_openings ? SQL_RECORDS : SQL_LINES, e);

    if (code)
        return code;
    query_bind_u64(&query, 1, w->next);
    query_bind_u64(&query, 2, to);
    while ((code = query_step(&query, "cannot read", e)) > 0) {
        code = walk_row(w, &query, e);
        if (code)
            return code;
    }
    return code;
}

static int read_lines(void *state, uint64_t from, uint64_t to, bool want_openings,
                      store_visit *visit, void *context, struct err *e)
{
    struct walk w = {state, from, want_openings, visit, context};
    uint64_t size = 0;
    int code = sqlite_enter(w.q, e);

    if (!code)
        code = sqlite_size(w.q, &size, e);
    if (!code)
        code = walk_rows(&w, to, e);
    if (!code && w.next < to && w.next < size)
        code = fail_gap(w.q, w.next, e);
    return code ? code : sqlite_leave(w.q, e);
}

static int read_openings(void *state, uint64_t seq, struct buf *out, struct err *e)
{
    struct sqlite *q = state;
    CLEANUP_QUERY struct query query = {0};
    struct str sealed = {"", 0};
    int code = sqlite_enter(q, e);

    if (!code)
        code = query_begin(&query, q, SQL_OPENINGS_GET, e);
    if (code)
        return code;
    query_bind_u64(&query, 1, seq);
    code = query_step(&query, "cannot read", e);
    if (code > 0)
        code = query_column(&query, 0, SQLITE_BLOB, STORE_OPENINGS_SIZE, &sealed, e);
    if (!code)
        code = sqlite_leave(q, e);
    if (code)
        return code;
    if (!sealed.len)
        return err_set(e, ERR_NOTFOUND, "record %llu of the case in %s has no openings",
                       (unsigned long long)seq, q->folder);
    buf_clear(out);
    buf_addstr(out, sealed);
    return 0;
}

static int grant_get(void *state, struct str scope, const struct key *key, struct buf *sealed,
                     struct err *e)
{
    struct sqlite *q = state;
    CLEANUP_QUERY struct query query = {0};
    struct str found;
    int code = sqlite_enter(q, e);

    if (!code)
        code = query_begin(&query, q, SQL_GRANT_GET, e);
    if (code)
        return code;
    query_bind_text(&query, 1, scope);
    query_bind_blob(&query, 2, (struct str){(const char *)key->b, sizeof(key->b)});
    code = query_step(&query, "cannot read", e);
    if (code == 0)
        return err_set(e, ERR_NOTFOUND, "that key has no grant for the scope " STR_FMT,
                       STR_ARG(scope));
    if (code > 0)
        code = query_column(&query, 0, SQLITE_BLOB, STORE_GRANT_SIZE, &found, e);
    if (code)
        return code;
    buf_clear(sealed);
    buf_addstr(sealed, found);
    return 0;
}

static int grant_row(struct query *query, store_grant_visit *visit, void *context, struct err *e)
{
    struct store_grant grant;
    struct str key;
    int code = query_column(query, 0, SQLITE_TEXT, STORE_SCOPE_SIZE, &grant.scope, e);

    if (!code)
        code = query_column(query, 1, SQLITE_BLOB, sizeof(grant.key.b), &key, e);
    if (!code)
        code = query_column(query, 2, SQLITE_BLOB, STORE_GRANT_SIZE, &grant.sealed, e);
    if (code)
        return code;
    if (key.len != sizeof(grant.key.b))
        return sqlite_fail(query->q, SQLITE_CORRUPT, "cannot read", e);
    memcpy(grant.key.b, key.p, sizeof(grant.key.b));
    return visit(context, &grant, e);
}

static int grants(void *state, store_grant_visit *visit, void *context, struct err *e)
{
    CLEANUP_QUERY struct query query = {0};
    int code = sqlite_enter(state, e);

    if (!code)
        code = query_begin(&query, state, SQL_GRANTS, e);
    if (code)
        return code;
    while ((code = query_step(&query, "cannot read", e)) > 0) {
        code = grant_row(&query, visit, context, e);
        if (code)
            return code;
    }
    return code;
}

const struct store_engine store_sqlite = {
    .name = "sqlite",
    .create = sqlite_create,
    .is_there = sqlite_is_there,
    .open = sqlite_open,
    .close = sqlite_close,
    .is_newer = sqlite_is_newer,
    .size = size_now,
    .append = sqlite_append,
    .read = read_lines,
    .openings = read_openings,
    .redact = sqlite_redact,
    .grant_put = sqlite_grant_put,
    .grant_get = grant_get,
    .grants = grants,
    .watch = sqlite_watch,
};
