/* programs_ftp.c: the sentences of vsftpd, ProFTPD and Pure-FTPd. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define YES "success"
#define NO "failure"

/* logging.c, prelogin.c; behind "[pid n]" of its own log. */
#define FTP_CLIENT "Client \"{source.ip:ip}\""
static const struct meaning vsftpd[] = {
    {"CONNECT: " FTP_CLIENT "{_:rest}", "connection", "network", "unknown"},
    {"[{user.name:any}] OK LOGIN: " FTP_CLIENT "{_:rest}", "login", AUTH, YES},
    {"[{user.name:any}] FAIL LOGIN: " FTP_CLIENT "{_:rest}", "login", AUTH, NO},
    {"[{user.name:any}] OK UPLOAD: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-upload",
     "file", YES},
    {"[{user.name:any}] FAIL UPLOAD: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-upload",
     "file", NO},
    {"[{user.name:any}] OK DOWNLOAD: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-download",
     "file", YES},
    {"[{user.name:any}] FAIL DOWNLOAD: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-download",
     "file", NO},
    {"[{user.name:any}] OK DELETE: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-delete",
     "file", YES},
    {"[{user.name:any}] FAIL DELETE: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-delete",
     "file", NO},
    {"[{user.name:any}] OK MKDIR: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-mkdir", "file",
     YES},
    {"[{user.name:any}] OK RENAME: " FTP_CLIENT ", \"{file.path:any}\"{_:rest}", "ftp-rename",
     "file", YES},
    {"[{user.name:any}] FTP command: " FTP_CLIENT ", \"{process.command_line:rest}", "ftp-command",
     "network", "unknown"},
    {"[{user.name:any}] FTP response: " FTP_CLIENT ", \"{error.code:n} {event.reason:rest}",
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
    {"vsftpd", vsftpd, COUNT_OF(vsftpd)},
    {"proftpd", proftpd, COUNT_OF(proftpd)},
    {"pure-ftpd", pure_ftpd, COUNT_OF(pure_ftpd)},
};
const struct program_list ftp_programs = {programs, COUNT_OF(programs)};
