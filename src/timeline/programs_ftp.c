/* programs_ftp.c: the sentences of vsftpd, ProFTPD and Pure-FTPd. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define YES "success"
#define NO "failure"

/* logging.c, prelogin.c; behind "[pid n]" of its own log. A client chooses the name of the user, of
 * the file and the password of a guest; nothing else stands behind. */
#define FTP_CLIENT "Client \"{source.ip:ip}\""
#define FTP_FILE(verb, action, result, outcome)                                                    \
    {"[{user.name:most}] " result " " verb ": " FTP_CLIENT ", \"{file.path:any}\"", action,        \
     "file", outcome},                                                                             \
    {                                                                                              \
        "[{user.name:most}] " result " " verb ": " FTP_CLIENT                                      \
        ", \"{file.path:any}\", {_:any}Kbyte/sec",                                                 \
            action, "file", outcome                                                                \
    }
#define FTP_DID(verb, action) FTP_FILE(verb, action, "OK", YES), FTP_FILE(verb, action, "FAIL", NO)
#define FTP_LOGIN(result, outcome)                                                                 \
    {"[{user.name:most}] " result " LOGIN: " FTP_CLIENT, "login", AUTH, outcome},                  \
        {"[{user.name:most}] " result " LOGIN: " FTP_CLIENT ", anon password \"{_:any}\"",         \
         "login", AUTH, outcome},                                                                  \
    {                                                                                              \
        "[{user.name:most}] " result " LOGIN: " FTP_CLIENT ", \"{event.reason:any}\"", "login",    \
            AUTH, outcome                                                                          \
    }
static const struct meaning vsftpd[] = {
    {"CONNECT: " FTP_CLIENT "{_:rest}", "connection", "network", "unknown"},
    FTP_LOGIN("OK", YES),
    FTP_LOGIN("FAIL", NO),
    FTP_DID("UPLOAD", "ftp-upload"),
    FTP_DID("DOWNLOAD", "ftp-download"),
    FTP_DID("DELETE", "ftp-delete"),
    FTP_DID("MKDIR", "ftp-mkdir"),
    FTP_DID("RMDIR", "ftp-rmdir"),
    FTP_DID("RENAME", "ftp-rename"),
    FTP_DID("CHMOD", "ftp-chmod"),
    {"[{user.name:most}] FTP command: " FTP_CLIENT ", \"{process.command_line:any}\"",
     "ftp-command", "network", "unknown"},
    {"[{user.name:most}] FTP response: " FTP_CLIENT ", \"{error.code:n} {event.reason:any}\"",
     "ftp-response", "network", "unknown"},
    {"FTP response: " FTP_CLIENT ", \"{error.code:n} {event.reason:rest}", "ftp-response",
     "network", "unknown"},
    {"FTP command: " FTP_CLIENT ", \"{process.command_line:rest}", "ftp-command", "network",
     "unknown"},
};

/* mod_auth.c, main.c: "host (name[address]) - sentence", or with a colon behind the bracket. */
#define FTP_FROM "{_:any} ({source.address:any}[{source.ip:ip}])"
static const struct meaning proftpd[] = {
    {FTP_FROM " - USER {user.name:any} (Login failed): {event.reason:rest}", "login", AUTH, NO},
    {FTP_FROM ": USER {user.name:any} (Login failed): {event.reason:rest}", "login", AUTH, NO},
    {FTP_FROM " - USER {user.name:any}: no such user found from {_:rest}", "login-invalid-user",
     AUTH, NO},
    {FTP_FROM ": USER {user.name:any}: no such user found from {_:rest}", "login-invalid-user",
     AUTH, NO},
    {FTP_FROM " - USER {user.name:any}: Login successful.", "login", AUTH, YES},
    {FTP_FROM ": USER {user.name:any}: Login successful.", "login", AUTH, YES},
    {FTP_FROM " - SECURITY VIOLATION: {event.reason:rest}", "login-not-allowed", AUTH, NO},
    {FTP_FROM ": SECURITY VIOLATION: {event.reason:rest}", "login-not-allowed", AUTH, NO},
    {FTP_FROM " - Maximum login attempts {event.reason:rest}", "login-too-many", AUTH, NO},
    {FTP_FROM ": Maximum login attempts {event.reason:rest}", "login-too-many", AUTH, NO},
    {FTP_FROM " - FTP session opened.", "session-open", "session", "unknown"},
    {FTP_FROM ": FTP session opened.", "session-open", "session", "unknown"},
    {FTP_FROM " - FTP session closed.", "session-close", "session", "unknown"},
    {FTP_FROM ": FTP session closed.", "session-close", "session", "unknown"},
};

static const struct meaning pure_ftpd[] = {
    {"(?@{source.ip:ip}) [INFO] New connection from {_:rest}", "connection", "network", "unknown"},
    {"(?@{source.ip:ip}) [INFO] {user.name} is now logged in", "login", AUTH, YES},
    {"(?@{source.ip:ip}) [WARNING] Authentication failed for user [{user.name:any}]", "login", AUTH,
     NO},
    {"({user.name}@{source.ip:ip}) [NOTICE] {file.path:any} uploaded {_:rest}", "ftp-upload",
     "file", YES},
    {"({user.name}@{source.ip:ip}) [NOTICE] {file.path:any} downloaded {_:rest}", "ftp-download",
     "file", YES},
    {"({user.name}@{source.ip:ip}) [INFO] Logout.", "logout", "session", YES},
};

static const struct program programs[] = {
    {.name = "vsftpd", .meanings = vsftpd, .count = COUNT_OF(vsftpd), .tells_all = true},
    {.name = "proftpd", .meanings = proftpd, .count = COUNT_OF(proftpd)},
    {.name = "pure-ftpd", .meanings = pure_ftpd, .count = COUNT_OF(pure_ftpd)},
};
const struct program_list ftp_programs = {programs, COUNT_OF(programs)};
