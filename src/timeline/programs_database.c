/* programs_database.c: the sentences of PostgreSQL, MySQL and MariaDB. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define DB "database"
#define YES "success"
#define NO "failure"

/* pgAudit: pgaudit.c, log_audit_event(): CSV, but a statement with line ends is one, too. */
#define PGAUDIT "AUDIT: {_:any},{_:n},{_:n},{_:any},{_:any},{_:any},{_:any},"

/* src/backend/libpq/auth.c, utils/init/postinit.c, tcop/postgres.c. */
static const struct meaning postgres[] = {
    {"{_} authentication failed for user \"{user.name:most}\"", "login", AUTH, NO},
    {"{_} authentication failed for user \"{user.name:any}\"{_:rest}", "login", AUTH, NO},
    {"role \"{user.name:any}\" does not exist", "login-invalid-user", AUTH, NO},
    {"role \"{user.name:any}\" is not permitted to log in", "login-not-allowed", AUTH, NO},
    {"database \"{postgresql.database:any}\" does not exist", "database-connect", DB, NO},
    {"no pg_hba.conf entry for host \"{source.ip:host}\", user \"{user.name:most}\", database "
     "\"{postgresql.database:any}\"{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"pg_hba.conf rejects connection for host \"{source.ip:host}\", user \"{user.name:most}\", "
     "database \"{postgresql.database:any}\"{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"no pg_hba.conf entry for replication connection from host \"{source.ip:host}\", user "
     "\"{user.name:any}\"{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"pg_hba.conf rejects replication connection for host \"{source.ip:host}\", user "
     "\"{user.name:any}\"{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"connection received: host={source.ip:host} port={source.port:n}", "connection", "network",
     "unknown"},
    {"connection received: host={source.ip:host}", "connection", "network", "unknown"},
    /* Since 14 said of each login before "authorized": the login is that one. */
    {"connection authenticated: identity=\"{user.name:any}\" method={_:rest}",
     "login-authenticated", AUTH, YES},
    {"connection authenticated: user=\"{user.name:any}\" method={_:rest}", "login-authenticated",
     AUTH, YES},
    {"connection authorized: user={user.name:most} database={postgresql.database}{_:rest}", "login",
     AUTH, YES},
    /* Who may, has a copy of all databases: pg_basebackup(1). */
    {"replication connection authorized: user={user.name:most} application_name={_:rest}", "login",
     AUTH, YES},
    {"replication connection authorized: user={user.name:most} SSL {_:rest}", "login", AUTH, YES},
    {"replication connection authorized: user={user.name:rest}", "login", AUTH, YES},
    {"disconnection: session time: {_} user={user.name:most} database={postgresql.database} "
     "host={source.ip:host} port={source.port:n}",
     "logout", "session", YES},
    {"disconnection: session time: {_} user={user.name:most} database={postgresql.database} "
     "host={source.address:rest}",
     "logout", "session", YES},
    {"duration: {_} ms  statement: {postgresql.statement:rest}", "database-query", DB, YES},
    /* Of one query the extended protocol makes three: it counts where it is executed. */
    {"duration: {_} ms  execute {_:any}: {postgresql.statement:rest}", "database-query", DB, YES},
    {"duration: {_} ms  parse {_:any}: {postgresql.statement:rest}", "database-prepare", DB, YES},
    {"duration: {_} ms  bind {_:any}: {postgresql.statement:rest}", "database-prepare", DB, YES},
    {"statement: {postgresql.statement:rest}", "database-query", DB, "unknown"},
    {"execute {_:any}: {postgresql.statement:rest}", "database-query", DB, "unknown"},
    {PGAUDIT "\"{postgresql.statement:most}\",<{_:any}>", "database-query", DB, "unknown"},
    {PGAUDIT "{postgresql.statement:most},<{_:any}>", "database-query", DB, "unknown"},
    {PGAUDIT "{postgresql.statement:rest}", "database-query", DB, "unknown"},
    /* postmaster/postmaster.c, LogChildExit() */
    {"{_:any} (PID {process.pid:n}) was terminated by signal {event.reason:rest}", "crash",
     "process", NO},
    {"{_:any} (PID {process.pid:n}) was terminated by exception {event.reason:rest}", "crash",
     "process", NO},
    {"{_:any}: No space left on device", "disk-fault", "host", NO},
    {"{_:any}: Input/output error", "disk-fault", "host", NO},
    {"{_:any}: Read-only file system", "disk-fault", "host", NO},
    {"syntax error at or near {event.reason:rest}", "database-query", DB, NO},
    {"permission denied for {event.reason:rest}", "access-denied", DB, NO},
    {"database system is ready to accept connections", "service-start", "process", YES},
    {"database system is shut down", "service-stop", "process", YES},
    {"received fast shutdown request", "service-stopping", "process", "unknown"},
    {"received smart shutdown request", "service-stopping", "process", "unknown"},
};

static const struct meaning mysql[] = {
    {"Access denied for user '{user.name:most}'@'{source.ip:host}' (using password: {_})", "login",
     AUTH, NO},
    {"Access denied for user '{user.name:most}'@'{source.ip:host}' to database "
     "'{mysql.database:any}'",
     "login", AUTH, NO},
    {"Access denied for user '{user.name:most}'@'{source.ip:host}'", "login", AUTH, NO},
    {"{user.name:most}@{source.ip:host} on {mysql.database:any} using {_:rest}", "login", AUTH,
     "unknown"},
    /* before 5.7 */
    {"{user.name:most}@{source.ip:host} on", "login", AUTH, "unknown"},
    {"{user.name:most}@{source.ip:host} on {mysql.database}", "login", AUTH, "unknown"},
    {"IP address '{source.ip:ip}' could not be resolved: {event.reason:rest}", NULL, "network",
     "unknown"},
    {"Aborted connection {_:n} to db: '{mysql.database:any}' user: '{user.name:most}' host: "
     "'{source.ip:host}' ({event.reason:any})",
     "connection-lost", "network", NO},
    {"Aborted connection {_:n} to db: '{mysql.database:any}' user: '{user.name:most}' host: "
     "'{source.ip:host}' ({event.reason:any}).",
     "connection-lost", "network", NO},
    {"{_:any}mysqld: ready for connections.{_:rest}", "service-start", "process", YES},
    {"{_:any}mysqld: Shutdown complete{_:rest}", "service-stop", "process", YES},
    /* MY-013172, ER_SERVER_SHUTDOWN_INFO; before, and MariaDB's */
    {"Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: {_:any}).",
     "service-stopping", "process", "unknown"},
    {"Received SHUTDOWN from user {user.name:most}. Shutting down mysqld (Version: {_:any}).",
     "service-stopping", "process", "unknown"},
    {"{_:any} (initiated by: {user.name:most}[{_:any}] @ {_:any}): Normal shutdown",
     "service-stopping", "process", "unknown"},
    {"{_:any}mysqld: Normal shutdown", "service-stopping", "process", "unknown"},
    {"mysqld got {event.reason:any} ;", "crash", "process", NO},
    {"mariadbd got {event.reason:any} ;", "crash", "process", NO},
    {"mysqld started", "service-starting", "process", "unknown"},
    {"mysqld ended", "service-stop", "process", "unknown"},
};

/* scripts/mysqld_safe.sh */
static const struct meaning mysqld_safe[] = {
    {"Starting {_} daemon with databases from {_:rest}", "service-starting", "process", "unknown"},
    {"Number of processes running now: {_:n}", "service-crash", "process", NO},
    {"{_} from pid file {_:any} ended", "service-stop", "process", "unknown"},
};

static const struct program programs[] = {
    {.name = "postgres|postgresql", .meanings = postgres, .count = COUNT_OF(postgres)},
    {.name = "mysqld|mysql|mariadbd|mariadb", .meanings = mysql, .count = COUNT_OF(mysql)},
    {.name = "mysqld_safe|mariadbd-safe", .meanings = mysqld_safe, .count = COUNT_OF(mysqld_safe)},
};
const struct program_list database_programs = {programs, COUNT_OF(programs)};
