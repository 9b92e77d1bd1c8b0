/* programs_ssh.c: the sentences of OpenSSH's servers, of all its versions and of systems that
 * changed them. "error: " and "fatal: " in front are taken off before (syslog_words.c). */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define FROM "{source.ip:host} port {source.port:n}"

/* Before anyone was let in, a connection that ends is an attempt that failed: sshd says "[preauth]"
 * then, or names whom it was about to let in. "{end}" is "closed by" and the like. */
#define ENDED(end, action)                                                                         \
    {end " invalid user {user.name:most} " FROM, action, AUTH, NO},                                \
        {end " invalid user {user.name:most} " FROM " [preauth]", action, AUTH, NO},               \
        {end " authenticating user {user.name:most} " FROM, action, AUTH, NO},                     \
        {end " authenticating user {user.name:most} " FROM " [preauth]", action, AUTH, NO},        \
        {end " " FROM " [preauth]", action, AUTH, NO},                                             \
    {                                                                                              \
        end " {source.ip:host} [preauth]", action, AUTH, NO                                        \
    }

/* What a client said as it left: RFC 4253 section 11.1 numbers it, and 14 is "no more
 * authentication methods available"; JSch says "Auth fail". A version before 7.2 named no port. */
#define LEFT(from)                                                                                 \
    {"Received disconnect from " from "14: {event.reason:rest}", "disconnect", AUTH, NO},          \
        {"Received disconnect from " from "{event.code:n}: {event.reason:most} [preauth]",         \
         "disconnect", AUTH, NO},                                                                  \
        {"Received disconnect from " from "{event.code:n}: {_:any}Auth fail", "disconnect", AUTH,  \
         NO},                                                                                      \
    {                                                                                              \
        "Received disconnect from " from "{event.code:n}: {event.reason:rest}", "disconnect",      \
            NETWORK, "unknown"                                                                     \
    }

/* auth.c auth_log; ssh1 has words behind that a client chose. */
#define TRIED(who, action, outcome)                                                                \
    {who " for invalid user {user.name:most} from " FROM "{_:rest}", action, AUTH, outcome},       \
        {who " for illegal user {user.name:most} from " FROM "{_:rest}", action, AUTH, outcome},   \
        {who " for <invalid username> from " FROM "{_:rest}", action, AUTH, outcome},              \
        {who " for {user.name:most} from " FROM "{_:rest}", action, AUTH, outcome},                \
        {who " for invalid user {user.name:most} from {source.ip:host}", action, AUTH, outcome},   \
    {                                                                                              \
        who " for {user.name:most} from {source.ip:host}", action, AUTH, outcome                   \
    }

static const struct meaning sshd[] = {
    TRIED("Accepted {_}", "login", YES),
    TRIED("Failed {_}", "login", NO),
    /* krb5_kuserok: gss-serv-krb5.c; "Accepted" follows. */
    {"Authorized to {user.name}, krb5 principal {krb5.principal} ({_:any})", "login-authorized",
     AUTH, YES},
    TRIED("Postponed {_}", "login-postponed", "unknown"),
    TRIED("Partial {_}", "login-partial", "unknown"),
    {"Invalid user {user.name:most} from " FROM, "login-invalid-user", AUTH, NO},
    {"Invalid user {user.name:most} from {source.ip:host}", "login-invalid-user", AUTH, NO},
    {"Illegal user {user.name:most} from {source.ip:host}", "login-invalid-user", AUTH, NO},
    {"input_userauth_request: invalid user {user.name:any} [preauth]", "login-invalid-user", AUTH,
     NO},
    {"input_userauth_request: {_} user {user.name:rest}", "login-invalid-user", AUTH, NO},
    {"User {user.name:most} from {source.ip:host} not allowed because {event.reason:rest}",
     "login-not-allowed", AUTH, NO},
    {"User {user.name:most} not allowed because {event.reason:rest}", "login-not-allowed", AUTH,
     NO},
    {"Access denied for user {user.name:most} by PAM account configuration{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"User {user.name:most} password has expired ({event.reason:any})", "login-not-allowed", AUTH,
     NO},
    {"Login restricted for {user.name:any}: {event.reason:rest}", "login-not-allowed", AUTH, NO},
    {"Account {user.name:any} has expired", "login-not-allowed", AUTH, NO},
    {"ROOT LOGIN REFUSED FROM " FROM "{_:rest}", "login-not-allowed", AUTH, NO},
    {"ROOT LOGIN REFUSED FROM {source.ip:host}{_:rest}", "login-not-allowed", AUTH, NO},
    {"Authentication refused: bad ownership or modes for {_} {file.path:rest}", "login-not-allowed",
     AUTH, NO},
    {"Authentication tried for {user.name:any} with correct key but not from a permitted host "
     "(host={_:any}, ip={source.ip:ip}{_:rest}",
     "login-not-allowed", AUTH, NO},
    {"Certificate invalid: {event.reason:rest}", "login", AUTH, NO},
    /* auth-pam.c, with the words of PAM's library, which differ from system to system. */
    {"PAM: {event.reason:any} for illegal user {user.name:most} from {source.ip:host} via {_}",
     "login-invalid-user", AUTH, NO},
    {"PAM: {event.reason:any} for illegal user {user.name:most} from {source.ip:host}",
     "login-invalid-user", AUTH, NO},
    {"PAM: {event.reason:any} for {user.name:most} from {source.ip:host} via {_}", "login", AUTH,
     NO},
    {"PAM: {event.reason:any} for {user.name:most} from {source.ip:host}", "login", AUTH, NO},
    {"maximum authentication attempts exceeded for invalid user {user.name:most} from " FROM
     "{_:rest}",
     "login-too-many", AUTH, NO},
    {"maximum authentication attempts exceeded for {user.name:most} from " FROM "{_:rest}",
     "login-too-many", AUTH, NO},
    {"Disconnecting: Too many authentication failures for {user.name} [preauth]", "login-too-many",
     AUTH, NO},
    {"Disconnecting: Too many authentication failures for {user.name:rest}", "login-too-many", AUTH,
     NO},
    {"Disconnecting: Too many authentication failures{_:rest}", "login-too-many", AUTH, NO},
    {"Too many authentication failures for {user.name:rest}", "login-too-many", AUTH, NO},
    {"Disconnecting invalid user {user.name:most} " FROM ": {event.reason:rest}", "disconnect",
     AUTH, NO},
    {"Disconnecting authenticating user {user.name:most} " FROM ": {event.reason:rest}",
     "disconnect", AUTH, NO},
    {"Disconnecting user {user.name:most} " FROM ": {event.reason:rest}", "disconnect", NETWORK,
     "unknown"},
    {"Disconnecting " FROM ": {event.reason:rest}", "disconnect", NETWORK, NO},
    {"Disconnecting: {event.reason:rest}", "disconnect", NETWORK, NO},
    ENDED("Connection closed by", "connection-closed"),
    ENDED("Connection reset by", "connection-closed"),
    ENDED("Disconnected from", "disconnect"),
    {"Connection closed by user {user.name:most} " FROM, "connection-closed", NETWORK, "unknown"},
    {"Connection reset by user {user.name:most} " FROM, "connection-closed", NETWORK, "unknown"},
    {"Disconnected from user {user.name:most} " FROM, "logout", AUTH, YES},
    {"Connection closed by " FROM "{_:rest}", "connection-closed", NETWORK, "unknown"},
    {"Connection closed by {source.ip:host}", "connection-closed", NETWORK, "unknown"},
    {"Connection reset by " FROM "{_:rest}", "connection-closed", NETWORK, "unknown"},
    {"Connection reset by {source.ip:host}", "connection-closed", NETWORK, "unknown"},
    {"Disconnected from " FROM "{_:rest}", "disconnect", NETWORK, "unknown"},
    LEFT(FROM ":"),
    LEFT("{source.ip:host}: "),
    {"Closing connection to {source.ip:host}", "disconnect", NETWORK, "unknown"},
    {"Connection from " FROM " on {destination.ip:ip} port {destination.port:n}{_:rest}",
     "connection", NETWORK, "unknown"},
    {"Connection from " FROM "{_:rest}", "connection", NETWORK, "unknown"},
    {"Connection from {source.ip:host}", "connection", NETWORK, "unknown"},
    {"SSH: Server;Ltype: {_:any};Remote: {source.ip:ip}-{source.port:n};{_:rest}", "connection",
     NETWORK, "unknown"},
    {"Did not receive identification string from " FROM "{_:rest}", "connection", NETWORK, NO},
    {"Did not receive identification string from {source.ip:host}{_:rest}", "connection", NETWORK,
     NO},
    {"Bad protocol version identification {_:most} from " FROM "{_:rest}", "connection", NETWORK,
     NO},
    {"Bad protocol version identification {_:most} from {source.ip:host}", "connection", NETWORK,
     NO},
    {"Protocol major versions differ for " FROM ": {event.reason:rest}", "connection", NETWORK, NO},
    {"Protocol major versions differ for {source.ip:host}: {event.reason:rest}", "connection",
     NETWORK, NO},
    {"banner exchange: Connection from " FROM ": {event.reason:rest}", "connection", NETWORK, NO},
    {"kex_exchange_identification: {event.reason:rest}", "connection", NETWORK, NO},
    {"kex protocol error: {event.reason:rest}", "connection", NETWORK, NO},
    {"kex_protocol_error: {event.reason:rest}", "connection", NETWORK, NO},
    {"ssh_dispatch_run_fatal: Connection from invalid user {user.name:most} " FROM
     ": {event.reason:rest}",
     "connection-lost", AUTH, NO},
    {"ssh_dispatch_run_fatal: Connection from authenticating user {user.name:most} " FROM
     ": {event.reason:rest}",
     "connection-lost", AUTH, NO},
    {"ssh_dispatch_run_fatal: Connection from user {user.name:most} " FROM ": {event.reason:rest}",
     "connection-lost", NETWORK, NO},
    {"ssh_dispatch_run_fatal: Connection from " FROM ": {event.reason:rest}", "connection-lost",
     NETWORK, NO},
    {"Timeout before authentication for connection from {source.ip:host} to "
     "{destination.ip:ip}, pid = {process.pid:n}",
     "login-timeout", AUTH, NO},
    {"Timeout before authentication for " FROM "{_:rest}", "login-timeout", AUTH, NO},
    {"Timeout before authentication for {source.ip:host}", "login-timeout", AUTH, NO},
    {"drop connection #{_:n} from [{source.ip:ip}]:{source.port:n} on "
     "[{destination.ip:ip}]:{destination.port:n} {event.reason:rest}",
     "connection", NETWORK, NO},
    /* srclimit.c: a host alone, or a network as PerSourceNetBlockSize makes them. */
    {"srclimit_penalise: {_}: new {source.ip:ip}/32 {_} penalty of {_} seconds for penalty: "
     "{event.reason:rest}",
     "rate-limit", NETWORK, NO},
    {"srclimit_penalise: {_}: new {source.ip:ip}/128 {_} penalty of {_} seconds for penalty: "
     "{event.reason:rest}",
     "rate-limit", NETWORK, NO},
    {"srclimit_penalise: {_}: new {source.address} {_} penalty of {_} seconds for penalty: "
     "{event.reason:rest}",
     "rate-limit", NETWORK, NO},
    {"Unable to negotiate with " FROM ": {event.reason:rest}", "connection", NETWORK, NO},
    {"Unable to negotiate with {source.ip:host}: {event.reason:rest}", "connection", NETWORK, NO},
    {"Unable to negotiate a {event.reason:rest}", "connection", NETWORK, NO},
    {"no matching {event.reason:rest}", "connection", NETWORK, NO},
    {"Magic value check failed ({_}) on obfuscated handshake from " FROM, "connection", NETWORK,
     NO},
    {"Read error from remote host " FROM ": {event.reason:rest}", "connection-lost", NETWORK, NO},
    {"Read error from remote host {_:any} user {user.name:most} " FROM ": {event.reason:rest}",
     "connection-lost", NETWORK, NO},
    {"Read error from remote host {source.ip:host}: {event.reason:rest}", "connection-lost",
     NETWORK, NO},
    {"Read from socket failed: {event.reason:rest}", "connection-lost", NETWORK, NO},
    {"Write failed: {event.reason:rest}", "connection-lost", NETWORK, NO},
    {"Corrupted MAC on input.{_:rest}", "connection-lost", NETWORK, NO},
    {"Bad packet length {_:rest}", "connection-lost", NETWORK, NO},
    {"reverse mapping checking getaddrinfo for {source.address} [{source.ip:ip}] "
     "{event.reason:rest}",
     "name-mismatch", NETWORK, NO},
    {"reverse mapping checking getaddrinfo for {source.address} {event.reason:rest}",
     "name-mismatch", NETWORK, NO},
    {"Address {source.ip:ip} maps to {source.address}, {event.reason:rest}", "name-mismatch",
     NETWORK, NO},
    {"Nasty PTR record \"{source.address:any}\" is set up for {source.ip:ip}, ignoring",
     "name-mismatch", NETWORK, NO},
    {"Starting session: {_:any} for {user.name:most} from " FROM "{_:rest}", "session-open",
     "session", YES},
    {"Close session: user {user.name:most} from " FROM "{_:rest}", "session-close", "session", YES},
    {"subsystem request for {_:most} by user {user.name} failed, {event.reason:rest}",
     "session-subsystem", "session", NO},
    {"subsystem request for {_:most} by user {user.name}", "session-subsystem", "session",
     "unknown"},
    {"subsystem request for {_} by user {user.name:rest}", "session-subsystem", "session",
     "unknown"},
    {"subsystem request for {_:any} failed, {event.reason:rest}", "session-subsystem", "session",
     NO},
    {"subsystem request for {_:rest}", "session-subsystem", "session", "unknown"},
    {"Server listening on {destination.ip:ip} port {destination.port:n}.", "service-listening",
     "process", YES},
    {"Received signal {event.code:n}; terminating.", "service-stop", "process", YES},
    {"Received SIGHUP; restarting.", "service-restart", "process", "unknown"},
    {"Bind to port {destination.port:n} on {destination.ip:ip} failed: {event.reason:rest}",
     "service-listening", "process", NO},
};

/* sftp-server.c. What is asked for is logged before it is done, so its outcome is not known; what
 * came of it is "sent status", of levels above INFO alone where it went well. A client chooses the
 * names of files. */
#define FILE_ASKED(sentence, action)                                                               \
    {                                                                                              \
        sentence, action, "file", "unknown"                                                        \
    }
static const struct meaning sftp[] = {
    {"session opened for local user {user.name:most} from [{source.ip:host}]", "session-open",
     "session", YES},
    {"session closed for local user {user.name:most} from [{source.ip:host}]", "session-close",
     "session", YES},
    FILE_ASKED("open \"{file.path:most}\" flags {sftp.flags} mode {_}", "file-open"),
    {"close \"{file.path:most}\" bytes read {sftp.bytes_read:n} written {sftp.bytes_written:n}",
     "file-close", "file", YES},
    {"forced close \"{file.path:most}\" bytes read {sftp.bytes_read:n} written "
     "{sftp.bytes_written:n}",
     "file-close", "file", YES},
    FILE_ASKED("opendir \"{file.path:any}\"", "directory-list"),
    FILE_ASKED("remove name \"{file.path:any}\"", "file-delete"),
    FILE_ASKED("mkdir name \"{file.path:most}\" mode {_}", "directory-create"),
    FILE_ASKED("rmdir name \"{file.path:any}\"", "directory-delete"),
    FILE_ASKED("rename old \"{sftp.old_path:most}\" new \"{file.path:any}\"", "file-rename"),
    FILE_ASKED("posix-rename old \"{sftp.old_path:most}\" new \"{file.path:any}\"", "file-rename"),
    FILE_ASKED("symlink old \"{file.target_path:most}\" new \"{file.path:any}\"", "file-link"),
    FILE_ASKED("hardlink old \"{file.target_path:most}\" new \"{file.path:any}\"", "file-link"),
    FILE_ASKED("set \"{file.path:most}\" size {_:n}", "file-change"),
    FILE_ASKED("set \"{file.path:most}\" mode {file.mode:n}", "file-change"),
    FILE_ASKED("set \"{file.path:most}\" modtime {_}", "file-change"),
    FILE_ASKED("set \"{file.path:most}\" owner {file.uid:n} group {file.gid:n}", "file-change"),
    {"sent status Success", "sftp-status", "file", YES},
    {"sent status End of file", "sftp-status", "file", YES},
    {"sent status {event.reason:rest}", "sftp-status", "file", NO},
};

static const struct program programs[] = {
    {.name = "sshd|sshd-session|sshd-auth", .meanings = sshd, .count = COUNT_OF(sshd)},
    {.name = "sftp-server|internal-sftp", .meanings = sftp, .count = COUNT_OF(sftp)},
};

const struct program_list ssh_programs = {programs, COUNT_OF(programs)};
