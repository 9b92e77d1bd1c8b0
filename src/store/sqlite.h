/* sqlite.h: what the files of the SQLite engine share. doc/format/case-folder.md is the format. */
#pragma once
#include <sqlite3.h>
#include <sys/stat.h>
#include "store/engine.h"

/* How the database is open. The frozen ways are for folders in which SQLite cannot make its lock
 * files: nobody can write there, or (without permission) nobody is writing now. */
enum sqlite_way {
    WAY_SHARED,     /* with locks, other processes may read and write */
    WAY_FROZEN,     /* there is no log: the file alone */
    WAY_FROZEN_LOG, /* a log was left behind: it is read, with an index in memory */
};

/* What tells that a file was changed. */
struct sqlite_mark {
    struct timespec changed[2]; /* case.db, case.db-wal */
    off_t size[2];
};

enum sqlite_sql {
#define SQL(name, text) name,
#include "store/sqlite_sql.def"
#undef SQL
    SQL_COUNT
};

struct sqlite {
    sqlite3 *db;
    char *folder;
    enum store_mode mode;
    enum sqlite_way way;
    bool is_newer;                 /* of a format that we only read */
    struct sqlite_mark mark;       /* of the files when they were opened, if frozen */
    sqlite3_stmt *kept[SQL_COUNT]; /* prepared statements not in use, or NULL */
    bool is_lost;                  /* opening anew failed: to be tried again */
    bool is_broken;                /* a write to disk failed: no more of them */
    int log_frames;                /* pages in the write-ahead log after the last commit */
    sqlite3_int64 log_size;        /* of its file, at least: 0 before the first look */
    int checkpoint_at;             /* so many lead to the next checkpoint */
    int inotify;                   /* -1 until the first watch */
};

/* sqlite_open.c */
int sqlite_create(const char *folder, struct err *e);
bool sqlite_is_there(const char *folder);
int sqlite_open(void **state, const char *folder, enum store_mode mode, struct err *e);
void sqlite_close(void *state);
bool sqlite_is_newer(const void *state);
/* To be called before a look at the files: opens them anew when they were frozen and have changed.
 */
int sqlite_enter(struct sqlite *q, struct err *e);
/* To be called after it: ERR_CONFLICT when frozen files changed meanwhile. */
int sqlite_leave(struct sqlite *q, struct err *e);

/* sqlite_query.c */
/* The ERR_* and the sentence for an SQLite result; doing is "cannot … the case in". */
int sqlite_fail(struct sqlite *q, int rc, const char *doing, struct err *e);

/* One use of a kept statement. The same statement may be in use twice (a visit that reads). */
struct query {
    struct sqlite *q;
    enum sqlite_sql sql;
    sqlite3_stmt *stmt;
};
int query_begin(struct query *out, struct sqlite *q, enum sqlite_sql sql, struct err *e);
void query_end(struct query *query);
#define CLEANUP_QUERY CLEANUP(query_end)
void query_bind_u64(struct query *query, int at, uint64_t n);
void query_bind_text(struct query *query, int at, struct str text);
void query_bind_blob(struct query *query, int at, struct str bytes);
/* 1: a row is there; 0: no more; or ERR_*. */
int query_step(struct query *query, const char *doing, struct err *e);
/* Column at of the row, which must have that SQLite type and at most so many bytes: ERR_FORMAT. */
int query_column(struct query *query, int at, int type, size_t most, struct str *out,
                 struct err *e);
/* Runs a statement without parameters and rows. */
int query_run(struct sqlite *q, enum sqlite_sql sql, const char *doing, struct err *e);

/* sqlite_write.c */
int sqlite_append(void *state, uint64_t expected_size, const struct store_record *records,
                  size_t count, struct err *e);
int sqlite_redact(void *state, uint64_t seq, struct str openings, struct err *e);
int sqlite_grant_put(void *state, const struct store_grant *grant, struct err *e);
void sqlite_set_broken(struct sqlite *q);

/* sqlite_watch.c */
int sqlite_watch(void *state, uint64_t known, int timeout_ms, struct err *e);

/* sqlite.c */
int sqlite_size(void *state, uint64_t *out, struct err *e);
