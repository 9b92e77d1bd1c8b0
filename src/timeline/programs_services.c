/* programs_services.c: the sentences of smaller services that write to syslog: proxies, mail of
 * other makers, panels of web hosts, what watches a host. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define NETWORK "network"
#define EMAIL "email"
#define YES "success"
#define NO "failure"
#define OPEN "unknown"

/* Dante's sockd: an address and a port have a point between them. */
#define DANTE_ERROR                                                                                \
    "info: block({_:n}): tcp/accept ]: {source.ip:ip}.{source.port:n} {_}: error after reading "
static const struct meaning dante[] = {
    {DANTE_ERROR "{_:any}for user \"{user.name:most}\"{event.reason:rest}", "login", AUTH, NO},
    {DANTE_ERROR "{_:any}access user \"{user.name:most}\"'s records {event.reason:rest}", "login",
     AUTH, NO},
    {DANTE_ERROR "{_:any}: {event.reason:rest}", "connection", NETWORK, NO},
    {"info: block({_:n}): tcp/accept ]: {source.ip:ip}.{source.port:n} {_}: {event.reason:rest}",
     "connection", NETWORK, NO},
    {"info: pass({_:n}): tcp/accept [: {source.ip:ip}.{source.port:n} {_:rest}", "connection",
     NETWORK, YES},
};

/* Froxlor's lib/Froxlor/FroxlorLogger.php. */
static const struct meaning froxlor[] = {
    {"[Login Action {source.ip:ip}] Unknown user '{user.name:most}' tried to login.", "login", AUTH,
     NO},
    {"[Login Action {source.ip:ip}] User '{user.name:most}' tried to login with wrong password.",
     "login", AUTH, NO},
    {"froxlor.WARNING: User tried to login with wrong password. "
     "{{\"source\":\"login\",\"action\":\"{_:any}\",\"user\":\"{source.ip:ip}\"}} []",
     "login", AUTH, NO},
    {"froxlor.WARNING: Unknown user tried to login. "
     "{{\"source\":\"login\",\"action\":\"{_:any}\",\"user\":\"{source.ip:ip}\"}} []",
     "login", AUTH, NO},
};

/* Monit's http/processor.c. */
#define DENIED(client)                                                                             \
    {"HttpRequest: access denied -- client " client ": unknown user '{user.name:most}'", "login",  \
     AUTH, NO},                                                                                    \
        {"HttpRequest: access denied -- client " client                                            \
         ": wrong password for user '{user.name:most}'",                                           \
         "login", AUTH, NO},                                                                       \
    {                                                                                              \
        "HttpRequest: access denied -- client " client ": {event.reason:rest}", "login", AUTH, NO  \
    }
static const struct meaning monit[] = {
    DENIED("[{source.ip:ip}]"),
    DENIED("{source.ip:ip}"),
    {"Warning: Client '{source.ip:ip}' supplied unknown user '{user.name:most}' accessing monit "
     "httpd",
     "login", AUTH, NO},
    {"Warning: Client '{source.ip:ip}' supplied wrong password for user '{user.name:most}' "
     "accessing monit httpd",
     "login", AUTH, NO},
};

/* src/nrpe.c */
static const struct meaning nrpe[] = {
    {"Host {source.ip:ip} is not allowed to talk to us!", "connection", NETWORK, NO},
    {"Connection from {source.ip:ip} port {source.port:n}", "connection", NETWORK, OPEN},
};

/* Perdition, a proxy of IMAP and POP3. */
#define PERDITION_AUTH                                                                             \
    "Auth: {source.ip:ip}:{source.port:n}->{destination.ip:ip}:{destination.port:n} {_:any}"       \
    "authentication_id=\"{user.name:most}\" server=\"{_:any}\" {_:any}status=\""
static const struct meaning perdition[] = {
    {PERDITION_AUTH "failed: {event.reason:any}\"", "login", AUTH, NO},
    {PERDITION_AUTH "failed\"", "login", AUTH, NO},
    {PERDITION_AUTH "ok\"", "login", AUTH, YES},
    {"Fatal Error reading authentication information from client {source.ip:ip}:{source.port:n}->"
     "{destination.ip:ip}:{destination.port:n}: {event.reason:rest}",
     "login", AUTH, NO},
};

/* libraries/classes/Logging.php */
static const struct meaning phpmyadmin[] = {
    {"user denied: {user.name:most} ({event.reason}) from {source.ip:ip}", "login", AUTH, NO},
    {"user authenticated: {user.name:most} from {source.ip:ip}", "login", AUTH, YES},
};

/* ucspi-tcp's rblsmtpd.c, and what multilog or splogger put in front of it. */
#define MAIL_REFUSED(sentence)                                                                     \
    {                                                                                              \
        sentence, "mail-rejected", EMAIL, NO                                                       \
    }
static const struct meaning qmail[] = {
    MAIL_REFUSED("{_} rblsmtpd: {source.ip:ip} pid {_:n} {event.reason:rest}"),
    MAIL_REFUSED("rblsmtpd: {source.ip:ip} pid {_:n} {event.reason:rest}"),
    MAIL_REFUSED("{source.ip:ip} pid {_:n}: {event.reason:rest}"),
    MAIL_REFUSED("{event.reason} blocked {source.ip:ip} {_:rest}"),
    MAIL_REFUSED("{_} qmail-smtpd: {_:n} badiprbl: ip {source.ip:ip} rbl: {event.reason:rest}"),
};

/* scanlogd.c */
static const struct meaning scanlogd[] = {
    {"{source.ip:ip} to {destination.ip:ip} ports {_:rest}", "port-scan", NETWORK, OPEN},
    {"{source.ip:ip}:{source.port:n} to {destination.ip:ip} ports {_:rest}", "port-scan", NETWORK,
     OPEN},
};

/* Screen sharing of macOS. */
static const struct meaning screensharing[] = {
    {"Authentication: FAILED :: User Name: {user.name:most} :: Viewer Address: {source.ip:ip} :: "
     "Type: {_:rest}",
     "login", AUTH, NO},
    {"Authentication: SUCCEEDED :: User Name: {user.name:most} :: Viewer Address: {source.ip:ip} "
     ":: Type: {_:rest}",
     "login", AUTH, YES},
};

static const struct meaning solid_pop3d[] = {
    {"authentication failed: no such user: {user.name:most} - {source.ip:host}", "login", AUTH, NO},
    {"authentication failed: can't map user name: {user.name:most} - {source.ip:host}", "login",
     AUTH, NO},
    {"authentication failed for user {user.name:most} - {source.ip:host}", "login", AUTH, NO},
    {"authentication failed for mapped user {user.name:most} - {source.ip:host}", "login", AUTH,
     NO},
    {"APOP authentication failed for user {user.name:most} - {source.ip:host}", "login", AUTH, NO},
    {"APOP authentication failed for mapped user {user.name:most} - {source.ip:host}", "login",
     AUTH, NO},
    {"can't find APOP secret for user {user.name:most} - {source.ip:host}", "login", AUTH, NO},
    {"{user.name} login not allowed - {source.ip:host}", "login", AUTH, NO},
    {"user {user.name:most} authenticated - {source.ip:host}", "login", AUTH, YES},
};

/* Suhosin's log.c. */
static const struct meaning suhosin[] = {
    {"ALERT - {event.reason:any} (attacker '{source.ip:ip}', file '{file.path:any}'{_:rest}",
     "web-attack", "web", NO},
};

static const struct meaning wu_ftpd[] = {
    {"failed login from {source.address} [{source.ip:ip}]", "login", AUTH, NO},
    {"FTP LOGIN FROM {source.address} [{source.ip:ip}], {user.name:rest}", "login", AUTH, YES},
    {"FTP LOGIN REFUSED {_:any} FROM {source.address} [{source.ip:ip}], {user.name:rest}", "login",
     AUTH, NO},
    {"repeated login failures from {source.ip:ip} ({source.address})", "login", AUTH, NO},
    {"repeated login failures from {source.address} [{source.ip:ip}]", "login", AUTH, NO},
};

/* Lemonldap::NG */
static const struct meaning lemonldap[] = {
    {"[warn] {user.name:most} was not found in LDAP directory ({source.ip:ip})", "login", AUTH, NO},
    {"[warn] Bad password for {user.name:most} ({source.ip:ip})", "login", AUTH, NO},
    {"Lemonldap::NG : {user.name:most} was not found in LDAP directory ({source.ip:ip})", "login",
     AUTH, NO},
    {"Lemonldap::NG : Bad password for {user.name:most} ({source.ip:ip})", "login", AUTH, NO},
};

#define TABLE(names, table)                                                                        \
    {                                                                                              \
        .name = (names), .meanings = (table), .count = COUNT_OF(table)                             \
    }
static const struct program programs[] = {
    TABLE("danted|sockd", dante),
    TABLE("Froxlor|froxlor", froxlor),
    TABLE("monit", monit),
    TABLE("nrpe", nrpe),
    TABLE(
        "perdition|perdition.imaps|perdition.imap4|perdition.imap4s|perdition.pop3|perdition.pop3s",
        perdition),
    TABLE("phpMyAdmin", phpmyadmin),
    TABLE("qmail|rblsmtpd|smtp", qmail),
    TABLE("scanlogd", scanlogd),
    TABLE("screensharingd", screensharing),
    TABLE("solid-pop3d", solid_pop3d),
    TABLE("suhosin", suhosin),
    TABLE("wu-ftpd|ftpd", wu_ftpd),
    TABLE("LLNG|lemonldap-ng", lemonldap),
};
const struct program_list service_programs = {programs, COUNT_OF(programs)};
