/* programs_web.c: the sentences of Apache's and nginx' error logs, and HAProxy's. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define WEB "web"
#define NO "failure"

/* Since 2.4 a number stands before a message; meanings are those of both. */
#define BOTH(sentence, action, category)                                                           \
    {sentence, action, category, NO},                                                              \
    {                                                                                              \
        "AH{_:n}: " sentence, action, category, NO                                                 \
    }
static const struct meaning apache[] = {
    /* A name may look like the rest of another of these, and the number says which one it is. */
    {"AH01617: user {user.name:most}: authentication failure for \"{url.original:any}\": "
     "Password Mismatch",
     "login", AUTH, NO},
    {"AH01618: user {user.name:most} not found: {url.original:rest}", "login-invalid-user", AUTH,
     NO},
    {"AH01631: user {user.name:most}: authorization failure for \"{url.original:any}\": "
     "{event.reason:rest}",
     "access-denied", AUTH, NO},
    {"AH01790: user `{user.name:most}' in realm `{_:any}' not found: {url.original:rest}",
     "login-invalid-user", AUTH, NO},
    {"user {user.name:most} not found: {url.original:rest}", "login-invalid-user", AUTH, NO},
    {"user {user.name:any} not found", "login-invalid-user", AUTH, NO},
    {"user {user.name:most}: authentication failure for \"{url.original:any}\": Password Mismatch",
     "login", AUTH, NO},
    {"user {user.name:most}: authorization failure for \"{url.original:any}\": "
     "{event.reason:rest}",
     "access-denied", AUTH, NO},
    BOTH("user {user.name:most}: password mismatch: {url.original:rest}", "login", AUTH),
    BOTH("Digest: user {user.name:most}: password mismatch: {url.original:rest}", "login", AUTH),
    BOTH("Digest: user `{user.name:most}' in realm `{_:any}' not found: {url.original:rest}",
         "login-invalid-user", AUTH),
    BOTH("Authorization of user {user.name:any} to access {url.original:any} failed, reason: "
         "{event.reason:rest}",
         "access-denied", AUTH),
    BOTH("client used wrong authentication scheme: {url.original:rest}", "login", AUTH),
    BOTH("client denied by server configuration: {file.path:rest}", "access-denied", WEB),
    BOTH("File does not exist: {file.path:rest}", "file-not-found", WEB),
    BOTH("script '{file.path:any}' not found or unable to stat{_:rest}", "file-not-found", WEB),
    BOTH("script not found or unable to stat: {file.path:rest}", "file-not-found", WEB),
    BOTH("Digest: invalid nonce {_} received - {event.reason:rest}", "login", AUTH),
    BOTH("invalid nonce {_} received - {event.reason:rest}", "login", AUTH),
    BOTH("Digest: realm mismatch - {event.reason:rest}", "login", AUTH),
    BOTH("realm mismatch - {event.reason:rest}", "login", AUTH),
    BOTH("Digest: unknown algorithm {_:any} received: {url.original:rest}", "login", AUTH),
    BOTH("unknown algorithm {_:any} received: {url.original:rest}", "login", AUTH),
    BOTH("Digest: invalid qop {_:any} received: {url.original:rest}", "login", AUTH),
    BOTH("invalid qop {_:any} received: {url.original:rest}", "login", AUTH),
    BOTH("stderr from {file.path:any}: {event.reason:rest}", "script-error", WEB),
    BOTH("Hostname {url.domain} provided via SNI{event.reason:rest}", "tls-handshake", "network"),
    BOTH("No hostname was provided via SNI{event.reason:rest}", "tls-handshake", "network"),
    BOTH("Directory index forbidden by {_:any}: {file.path:rest}", "access-denied", WEB),
    BOTH("Cannot serve directory {file.path:any}: {event.reason:rest}", "access-denied", WEB),
    BOTH("Invalid URI in request {_:rest}", "bad-request", WEB),
    BOTH("invalid URI path ({_:rest}", "bad-request", WEB),
    BOTH("Invalid method in request {_:rest}", "bad-request", WEB),
    BOTH("request failed: {event.reason:rest}", "bad-request", WEB),
    /* What bash says where a script of CGI hands on a request that CVE-2014-6271 was tried by. */
    BOTH("/bin/bash: warning: {_}: ignoring function definition attempt", "web-attack", WEB),
    BOTH("/bin/bash: error importing function definition for `{_:any}'", "web-attack", WEB),
    /* Applications that log through PHP: Baikal, BookStack, ZoneMinder. */
    BOTH("Got error 'PHP message: user {user.name:most} authentication failure for Baikal'",
         "login", AUTH),
    BOTH("Failed login for {user.name:rest}", "login", AUTH),
    BOTH("WAR [Login denied for user \"{user.name:most}\"]", "login", AUTH),
    BOTH("ERR [Login denied for user \"{user.name:most}\"]", "login", AUTH),
    BOTH("ERR [Could not retrieve user {user.name:most} details]", "login", AUTH),
    BOTH("Got error '{event.reason:any}'{_:rest}", "script-error", WEB),
    BOTH("ModSecurity: Access denied with code {http.response.status_code:n} {event.reason:rest}",
         "access-denied", WEB),
    /* mod_authnz_ldap: what LDAP was asked, and what it said. */
    BOTH("auth_ldap authenticate: user {user.name:most} authentication failed; URI "
         "{url.original:any} [{event.reason:any}][{error.message:any}]",
         "login", AUTH),
    {"[{_:n}] auth_ldap authenticate: user {user.name:most} authentication failed; URI "
     "{url.original:any} [{event.reason:any}][{error.message:any}]",
     "login", AUTH, NO},
    /* server/mpm_unix.c; server/mpm. */
    BOTH("child pid {process.pid:n} exit signal {event.reason:any} ({_:n}){_:rest}", "crash",
         "process"),
    {"Apache/{_:any} configured -- resuming normal operations", "service-start", "process",
     "success"},
    {"AH{_:n}: Apache/{_:any} configured -- resuming normal operations", "service-start", "process",
     "success"},
    {"AH00163: {_:any} configured -- resuming normal operations", "service-start", "process",
     "success"},
    {"caught SIGTERM, shutting down", "service-stop", "process", "success"},
    {"AH{_:n}: caught SIGTERM, shutting down", "service-stop", "process", "success"},
    {"AH{_:n}: caught SIGWINCH, shutting down gracefully", "service-stop", "process", "success"},
};

static const struct meaning nginx[] = {
    {"user \"{user.name:any}\" was not found in {_:rest}", "login-invalid-user", AUTH, NO},
    {"user \"{user.name:any}\": password mismatch", "login", AUTH, NO},
    {"PAM: user '{user.name:any}' - not authenticated: {event.reason:rest}", "login", AUTH, NO},
    {"no user/password was provided for basic authentication", "login", AUTH, NO},
    {"access forbidden by rule", "access-denied", WEB, NO},
    {"directory index of \"{file.path:any}\" is forbidden", "access-denied", WEB, NO},
    {"open() \"{file.path:any}\" failed (2: No such file or directory)", "file-not-found", WEB, NO},
    {"open() \"{file.path:any}\" failed ({event.reason:any})", "file-open", WEB, NO},
    {"connect() failed ({event.reason:any}) while connecting to upstream", "upstream-failed", WEB,
     NO},
    {"upstream timed out ({event.reason:any}) {_:rest}", "upstream-failed", WEB, NO},
    {"limiting requests, excess: {_:any} by zone {_:rest}", "rate-limit", WEB, NO},
    {"delaying request, excess: {_:any} by zone {_:rest}", "rate-limit", WEB, NO},
    {"limiting connections by zone {_:rest}", "rate-limit", WEB, NO},
    /* ngx_mail_handler.c, ngx_mail_auth_http_module.c, ngx_mail_proxy_module.c */
    {"client {source.ip:ip}:{source.port:n} connected to {destination.ip:ip}:{destination.port:n}",
     "connection", "network", "unknown"},
    {"client login failed: \"{event.reason:any}\" while in {_:rest}", "login", AUTH, NO},
    {"client logged in", "login", AUTH, "success"},
    {"\"{file.path:any}\" is not found ({event.reason:any})", "file-not-found", WEB, NO},
    {"ModSecurity: Access denied with code {http.response.status_code:n} {event.reason:rest}",
     "access-denied", WEB, NO},
    {"FastCGI sent in stderr: \"PHP message: Failed login for {user.name:most}\" while {_:rest}",
     "login", AUTH, NO},
    {"FastCGI sent in stderr: \"{event.reason:any}\" while {_:rest}", "script-error", WEB, NO},
    /* ngx_process.c, ngx_connection.c. */
    {"{_:any} process {process.pid:n} exited on signal {event.code:n}{_:rest}", "crash", "process",
     NO},
    {"signal {event.code:n} ({event.reason}) received from {_:n}, exiting", "service-stopping",
     "process", "unknown"},
    {"signal {event.code:n} ({event.reason}) received from {_:n}, shutting down",
     "service-stopping", "process", "unknown"},
    {"signal {event.code:n} ({event.reason}) received, exiting", "service-stopping", "process",
     "unknown"},
    {"signal {event.code:n} ({event.reason}) received, shutting down", "service-stopping",
     "process", "unknown"},
    {"bind() to {_:any} failed ({event.reason:any})", "listen", "network", NO},
    {"still could not bind()", "service-start", "process", NO},
    {"SSL_read() failed {event.reason:rest}", "tls-read", "network", NO},
    {"SSL_do_handshake() failed {event.reason:rest}", "tls-handshake", "network", NO},
};

/* HAProxy: doc/configuration.txt section 8.2, "option httplog" (1.4 to 3.0), "option tcplog" and a
 * connection's error; src/{server,check,proxy}.c. What a client asked for stands last, and is the
 * only part that is its own. The outcome of a request follows from its status (syslog_words.c). */
#define PROXIED                                                                                    \
    "{source.ip:ip}:{source.port:n} [{_}] {haproxy.frontend_name} "                                \
    "{haproxy.backend_name}/{haproxy.server_name} "
static const struct meaning haproxy[] = {
    {PROXIED "{haproxy.timers} {http.response.status_code:n} {http.response.body.bytes:n} {_} {_} "
             "{haproxy.termination_state} {_} {_} {_:any}\"{http.request.method} "
             "{url.original} HTTP/{http.version:any}\"",
     "access", WEB, NULL},
    {PROXIED "{haproxy.timers} {http.response.status_code:n} {http.response.body.bytes:n} {_} {_} "
             "{haproxy.termination_state} {_} {_} {_:any}\"{url.original:any}\"",
     "access", WEB, NULL},
    {PROXIED "{haproxy.timers} {haproxy.bytes_read:n} {haproxy.termination_state} {_} {_}",
     "connection", "network", "unknown"},
    {"{source.ip:ip}:{source.port:n} [{_}] {haproxy.frontend_name}: {event.reason:rest}",
     "connection", "network", NO},
    {"Connect from {source.ip:ip}:{source.port:n} to {destination.ip:ip}:{destination.port:n} "
     "({haproxy.frontend_name}/{_})",
     "connection", "network", "unknown"},
    {"Server {haproxy.backend_name}/{haproxy.server_name} is DOWN, reason: {event.reason:rest}",
     "upstream-failed", WEB, NO},
    {"Server {haproxy.backend_name}/{haproxy.server_name} is UP, reason: {event.reason:rest}",
     "upstream-restored", WEB, "success"},
    {"backend {haproxy.backend_name} has no server available!", "upstream-failed", WEB, NO},
    {"Proxy {haproxy.frontend_name} started.", "service-start", "process", "success"},
};

static const struct program programs[] = {
    {.name = "apache2|httpd|apache",
     .meanings = apache,
     .count = COUNT_OF(apache),
     .tells_all = true},
    {.name = "nginx", .meanings = nginx, .count = COUNT_OF(nginx)},
    {.name = "haproxy", .meanings = haproxy, .count = COUNT_OF(haproxy)},
};
const struct program_list web_programs = {programs, COUNT_OF(programs)};
