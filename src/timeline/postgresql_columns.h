/* postgresql_columns.h: what PostgreSQL says of each event where it writes a table or JSON lines
 * (log_destination = csvlog, jsonlog). */
#pragma once
#include "timeline/format.h"
#include "timeline/members.h"

enum {
    LOG_TIME,
    USER_NAME,
    DATABASE_NAME,
    PROCESS_ID,
    CONNECTION_FROM,
    SESSION_ID,
    SESSION_LINE_NUM,
    COMMAND_TAG,
    SESSION_START_TIME,
    VIRTUAL_TRANSACTION_ID,
    TRANSACTION_ID,
    ERROR_SEVERITY,
    SQL_STATE_CODE,
    MESSAGE,
    DETAIL,
    HINT,
    INTERNAL_QUERY,
    INTERNAL_QUERY_POS,
    CONTEXT,
    QUERY,
    QUERY_POS,
    LOCATION,
    APPLICATION_NAME,
    COLUMNS_9_0,
    BACKEND_TYPE = COLUMNS_9_0,
    COLUMNS_13,
    LEADER_PID = COLUMNS_13,
    QUERY_ID,
    COLUMNS_14,
    /* Of JSON alone, in place of CONNECTION_FROM. */
    REMOTE_HOST = COLUMNS_14,
    REMOTE_PORT,
    POSTGRESQL_NAMES,
};
/* By column: the name in JSON ("": it has none), and the field. */
extern const struct member postgresql_columns[POSTGRESQL_NAMES];

/* "2026-11-25 03:12:09.123 CET", "… +03": *zone is the name, where there is one. */
bool postgresql_time(struct str text, struct stated *s, struct str *zone);
/* 0 is what it writes of no transaction and of no query; 00000 is no error. */
bool postgresql_says_nothing(size_t column, struct str value);
