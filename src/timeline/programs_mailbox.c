/* programs_mailbox.c: the sentences of servers of mailboxes: Courier, Cyrus, the University of
 * Washington's and Dovecot's own log, which share names of programs, and SOGo's. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define MAIL "email"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

/* Courier: imap/imaplogin.c, pop3login.c, proxy.c; a port stands behind since 0.60. A name may be
 * anything, and stands before the address. */
#define COURIER(sentence, action, category, outcome)                                               \
    {sentence ", user={user.name:most}, ip=[{source.ip:ip}], port=[{source.port:n}]{_:rest}",      \
     action, category, outcome},                                                                   \
        {sentence ", user={user.name:most}, ip=[{source.ip:ip}]{_:rest}", action, category,        \
         outcome},                                                                                 \
        {sentence ", method={_}, ip=[{source.ip:ip}], port=[{source.port:n}]{_:rest}", action,     \
         category, outcome},                                                                       \
        {sentence ", method={_}, ip=[{source.ip:ip}]{_:rest}", action, category, outcome},         \
    {                                                                                              \
        sentence ", ip=[{source.ip:ip}]{_:rest}", action, category, outcome                        \
    }

/* Cyrus: imap/{imapd,pop3d}.c, timsieved/parser.c: a client is "host [address]", of old without the
 * blank; who it said it was stands behind "plaintext". */
#define CYRUS_FROM "{_:any}[{source.ip:ip}] "

/* UW: src/imapd/imapd.c, ipop3d.c, osdep/unix/env_unix.c. */
#define UW_WHO "user={user.name:most} auth={_:any} host={_:any}[{source.ip:ip}]{_:rest}"

static const struct meaning mailboxes[] = {
    COURIER("LOGIN FAILED", "login", AUTH, NO),
    COURIER("LOGIN", "login", AUTH, YES),
    COURIER("LOGOUT", "logout", "session", YES),
    COURIER("DISCONNECTED", "disconnect", "session", MAYBE),
    COURIER("TIMEOUT", "disconnect", "session", MAYBE),
    COURIER("Connection", "connection", NETWORK, MAYBE),
    {"badlogin: " CYRUS_FROM "plaintext {user.name:most} SASL({_:any}: {event.reason:rest}",
     "login", AUTH, NO},
    {"badlogin: " CYRUS_FROM "plaintext {user.name:most} {event.reason:rest}", "login", AUTH, NO},
    {"badlogin: " CYRUS_FROM "{_} [{event.reason:any}]", "login", AUTH, NO},
    {"badlogin: " CYRUS_FROM "{_} {event.reason:rest}", "login", AUTH, NO},
    {"badlogin: " CYRUS_FROM "{event.reason:rest}", "login", AUTH, NO},
    {"login: " CYRUS_FROM "{user.name} {_} {_:rest}", "login", AUTH, YES},
    {"login: " CYRUS_FROM "{user.name} {_}", "login", AUTH, YES},
    {"Login failed " UW_WHO, "login", AUTH, NO},
    {"Login excessive login failures " UW_WHO, "login-too-many", AUTH, NO},
    {"Login disabled " UW_WHO, "login-not-allowed", AUTH, NO},
    {"Failed {_:any} override of user={user.name:most} host={_:any}[{source.ip:ip}]{_:rest}",
     "login", AUTH, NO},
    {"Login user={user.name:most} host={_:any}[{source.ip:ip}]{_:rest}", "login", AUTH, YES},
    {"Logout user={user.name:most} host={_:any}[{source.ip:ip}]{_:rest}", "logout", "session", YES},
    /* Dovecot's sessions, whose tag names who it is. */
    {"Disconnected: {event.reason:rest}", "disconnect", "session", YES},
    {"Logged out {event.reason:rest}", "disconnect", "session", YES},
};

/* SOGo: UI/MainUI/SOGoRootPage.m. Behind proxies there are several addresses, the client's first.
 */
#define SOGO(sentence, outcome)                                                                    \
    {"SOGoRootPage " sentence                                                                      \
     " from '{source.ip:ip}' for user '{user.name:most}' {event.reason:rest}",                     \
     "login", AUTH, outcome},                                                                      \
    {                                                                                              \
        "SOGoRootPage " sentence                                                                   \
        " from '{source.ip:ip}, {_:any}' for user '{user.name:most}' {event.reason:rest}",         \
            "login", AUTH, outcome                                                                 \
    }
static const struct meaning sogod[] = {
    SOGO("successful login", YES), SOGO("Login", NO), /* "might not have worked" */
};

/* Courier's courier/module.esmtp/courieresmtpd.c and submit.C. What a client sent as its command
 * stands last. */
static const struct meaning courieresmtpd[] = {
    {"started,ip=[{source.ip:ip}]{_:rest}", "connection", NETWORK, MAYBE},
    {"error,relay={source.ip:ip},port={source.port:n},msg=\"535 {event.reason:any}\"{_:rest}",
     "login", AUTH, NO},
    {"error,relay={source.ip:ip},msg=\"535 {event.reason:any}\"{_:rest}", "login", AUTH, NO},
    {"error,relay={source.ip:ip},{_:any}from=<{email.from.address:any}>,"
     "to=<{email.to.address:any}>: {error.code:n} {event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"error,relay={source.ip:ip},{_:any}from=<{email.from.address:any}>: {error.code:n} "
     "{event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"error,relay={source.ip:ip},{_:any}msg=\"{error.code:n} {event.reason:any}\"{_:rest}",
     "protocol-error", NETWORK, NO},
    {"error,relay={source.ip:ip}{_:rest}", "protocol-error", NETWORK, NO},
};

static const struct program programs[] = {
    {.name = "imapd|imapd-ssl|pop3d|pop3d-ssl|imaplogin|pop3login|courierimapd|courierpop3d|"
             "courierpop3login|courierimaplogin|cyrus|imap|imaps|pop3|pop3s|ipop3d|ipop2d|"
             "timsieved|sieve|managesieve|submission",
     .meanings = mailboxes,
     .count = COUNT_OF(mailboxes)},
    {.name = "sogod", .meanings = sogod, .count = COUNT_OF(sogod)},
    {.name = "courieresmtpd", .meanings = courieresmtpd, .count = COUNT_OF(courieresmtpd)},
};
const struct program_list mailbox_programs = {programs, COUNT_OF(programs)};
