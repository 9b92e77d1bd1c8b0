/* programs_mail.c: the sentences of Postfix, Dovecot and Exim. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define MAIL "email"
#define YES "success"
#define NO "failure"
#define CLIENT "{source.address:any}[{source.ip:ip}]"

#define MAIL_ENDS "from=<{email.from.address:any}> to=<{email.to.address:any}>{_:rest}"

/* tls/tls_server.c, smtpd/smtpd.c. */
#define TLS_AT(sentence, action, outcome)                                                          \
    {sentence CLIENT ":{source.port:n}: {event.reason:rest}", action, "network", outcome},         \
        {sentence CLIENT ": {event.reason:rest}", action, "network", outcome},                     \
    {                                                                                              \
        sentence CLIENT, action, "network", outcome                                                \
    }
/* What log_whatsup of smtpd_check.c, and cleanup_milter.c, say was done with a mail: a milter's
 * answer may lack a code, and a table's action has none. */
#define DONE_WITH(what, action, outcome)                                                           \
    {"{email.local_id}: " what ": {_} from " CLIENT ": {event.reason:any}; " MAIL_ENDS, action,    \
     MAIL, outcome},                                                                               \
        {"{email.local_id}: " what ": {_} from " CLIENT ":{source.port:n}: {event.reason:rest}",   \
         action, MAIL, outcome},                                                                   \
    {                                                                                              \
        "{email.local_id}: " what ": {_} from " CLIENT ": {event.reason:rest}", action, MAIL,      \
            outcome                                                                                \
    }

/* smtpd/smtpd.c, smtpd_check.c, smtpd_sasl_glue.c. "unknown" stands for a host without a name. */
static const struct meaning smtpd[] = {
    {"warning: " CLIENT ": SASL {_} authentication failed: {event.reason:any}, "
     "sasl_username=(unavailable)",
     "login", AUTH, NO},
    {"warning: " CLIENT ": SASL {_} authentication failed: {event.reason:any}, "
     "sasl_username={user.name:rest}",
     "login", AUTH, NO},
    {"warning: " CLIENT ": SASL {_} authentication failed:{event.reason:rest}", "login", AUTH, NO},
    {"warning: " CLIENT ":{source.port:n}: SASL {_} authentication failed:{event.reason:rest}",
     "login", AUTH, NO},
    {"{email.local_id}: client=" CLIENT ", sasl_method={_:any}, sasl_username=(unavailable)",
     "login", AUTH, YES},
    {"{email.local_id}: client=" CLIENT ", sasl_method={_:any}, sasl_username={user.name:rest}",
     "login", AUTH, YES},
    /* Who has gone by then has no address. */
    {"{email.local_id}: client={_}[unknown], sasl_method={_:any}, sasl_username={user.name:rest}",
     "login", AUTH, YES},
    {"{email.local_id}: client=" CLIENT "{_:rest}", "mail-receive", MAIL, "unknown"},
    {"{email.local_id}: reject: {_} from " CLIENT ": {error.code:n} {event.reason:any}; "
     "from=<{email.from.address:any}> to=<{email.to.address:any}>{_:rest}",
     "mail-reject", MAIL, NO},
    {"{email.local_id}: reject: {_} from " CLIENT ":{source.port:n}: {error.code:n} "
     "{event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"{email.local_id}: reject: {_} from " CLIENT ": {error.code:n} {event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"{email.local_id}: milter-reject: {_} from " CLIENT
     ": {error.code:n} {event.reason:any}; " MAIL_ENDS,
     "mail-reject", MAIL, NO},
    {"{email.local_id}: milter-reject: {_} from " CLIENT ": {error.code:n} {event.reason:rest}",
     "mail-reject", MAIL, NO},
    DONE_WITH("milter-reject", "mail-reject", NO),
    DONE_WITH("discard", "mail-discard", NO),
    DONE_WITH("hold", "mail-hold", "unknown"),
    DONE_WITH("reject_warning", "mail-warning", "unknown"),
    {"{_} TLS connection established from " CLIENT ": {event.reason:rest}", "tls-connection",
     "network", YES},
    TLS_AT("SSL_accept error from ", "tls-connection", NO),
    {"{email.local_id}: lost connection after {_} from " CLIENT, "connection-lost", "network", NO},
    {"improper command pipelining after {_} from " CLIENT "{_:rest}", "protocol-error", "network",
     NO},
    {"warning: non-SMTP command from " CLIENT ": {event.reason:rest}", "protocol-error", "network",
     NO},
    {"too many errors after {_} from " CLIENT "{_:rest}", "protocol-error", "network", NO},
    {"lost connection after {_} from " CLIENT "{_:rest}", "connection-lost", "network", NO},
    {"lost connection after {_} ({_:any}) from " CLIENT "{_:rest}", "connection-lost", "network",
     NO},
    {"timeout after {_} from " CLIENT "{_:rest}", "connection-lost", "network", NO},
    {"connect from " CLIENT "{_:rest}", "connection", "network", "unknown"},
    /* How often each command went well (/ and was given). Each failure was told by itself, a login
     * only with the first mail that one is to get. */
    {"disconnect from " CLIENT "{_:any} auth=0/{_:n} {_:rest}", "login-failures", AUTH, NO},
    {"disconnect from " CLIENT "{_:any} auth={_} {_:any}rcpt=0/{_:rest}", "login", AUTH, YES},
    {"disconnect from " CLIENT "{_:any} auth={_} {_:any}rcpt={_:rest}", "disconnect", "network",
     "unknown"},
    {"disconnect from " CLIENT "{_:any} auth={_} {_:rest}", "login", AUTH, YES},
    {"disconnect from " CLIENT "{_:rest}", "disconnect", "network", "unknown"},
    {"warning: hostname {source.address} does not resolve to address {source.ip:ip}{_:rest}",
     "name-mismatch", "network", NO},
    {"warning: Message delivery request rate limit exceeded: {_:n} from " CLIENT "{_:rest}",
     "rate-limit", "network", NO},
    {"warning: Connection rate limit exceeded: {_:n} from " CLIENT "{_:rest}", "rate-limit",
     "network", NO},
    {"warning: Connection concurrency limit exceeded: {_:n} from " CLIENT "{_:rest}", "rate-limit",
     "network", NO},
};

static const struct meaning postscreen[] = {
    {"{email.local_id}: reject: {_} from [{source.ip:ip}]:{source.port:n}: {error.code:n} "
     "{event.reason:any}; from=<{email.from.address:any}>, to=<{email.to.address:any}>{_:rest}",
     "mail-reject", MAIL, NO},
    {"{email.local_id}: reject: {_} from [{source.ip:ip}]:{source.port:n}: {error.code:n} "
     "{event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"CONNECT from [{source.ip:ip}]:{source.port:n} to [{destination.ip:ip}]:{destination.port:n}",
     "connection", "network", "unknown"},
    {"PREGREET {_:n} after {_} from [{source.ip:ip}]:{source.port:n}{_:rest}", "protocol-error",
     "network", NO},
    {"HANGUP after {_} from [{source.ip:ip}]:{source.port:n}{_:rest}", "connection-lost", "network",
     NO},
    {"COMMAND {_} LIMIT from [{source.ip:ip}]:{source.port:n}{_:rest}", "protocol-error", "network",
     NO},
    {"DNSBL rank {_:n} for [{source.ip:ip}]:{source.port:n}", "listed", "network", NO},
    {"BLACKLISTED [{source.ip:ip}]:{source.port:n}", "connection", "network", NO},
    {"DENYLISTED [{source.ip:ip}]:{source.port:n}", "connection", "network", NO},
    {"PASS NEW [{source.ip:ip}]:{source.port:n}", "connection", "network", YES},
    {"PASS OLD [{source.ip:ip}]:{source.port:n}", "connection", "network", YES},
    {"DISCONNECT [{source.ip:ip}]:{source.port:n}", "disconnect", "network", "unknown"},
};

/* Of Dovecot's deliveries: lib-lda/mail-deliver.c, lib-sieve/sieve-actions.c. */
#define DOVECOT_STORED(who)                                                                        \
    {who "sieve: msgid={_:any}: stored mail into mailbox {_:rest}", "mail-deliver", MAIL, YES},    \
    {                                                                                              \
        who "msgid={_:any}: saved mail to {_:rest}", "mail-deliver", MAIL, YES                     \
    }

/* smtp, lmtp, local, virtual, pipe, error: what became of a mail for one who is to get it. */
#define RELAY "relay={destination.address}[{destination.ip:ip}]:{destination.port:n},{_:any} "
#define SERVER "{destination.address}[{destination.ip:ip}]:{destination.port:n}: "
static const struct meaning delivery[] = {
    DOVECOT_STORED(""),
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} " RELAY "status=sent "
     "({event.reason:any})",
     "mail-deliver", MAIL, YES},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} " RELAY "status=bounced "
     "({event.reason:any})",
     "mail-deliver", MAIL, NO},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} " RELAY "status=deferred "
     "({event.reason:rest}",
     "mail-defer", MAIL, NO},
    /* smtp_connect.c, smtp_proto.c; tls/tls_client.c */
    {"connect to " SERVER "{event.reason:rest}", "connection", "network", NO},
    {"SSL_connect error to " SERVER "{event.reason:rest}", "tls-connection", "network", NO},
    {"{_} TLS connection established to " SERVER "{event.reason:rest}", "tls-connection", "network",
     YES},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} status=sent ({event.reason:any})",
     "mail-deliver", MAIL, YES},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} status=bounced ({event.reason:any})",
     "mail-deliver", MAIL, NO},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} status=deferred ({event.reason:rest}",
     "mail-defer", MAIL, NO},
    {"{email.local_id}: to=<{email.to.address:any}>,{_:any} status=expired{event.reason:rest}",
     "mail-deliver", MAIL, NO},
};

static const struct meaning queue[] = {
    {"{email.local_id}: from=<{email.from.address:any}>, size={_:n}, nrcpt={_:n} (queue active)",
     "mail-queue", MAIL, "unknown"},
    {"{email.local_id}: from=<{email.from.address:any}>, status=expired, returned to sender",
     "mail-return", MAIL, NO},
    {"{email.local_id}: removed", "mail-remove", MAIL, "unknown"},
};

/* cleanup_message.c, cleanup_act_log: what a header or a line of the body holds is its sender's. */
#define FILTERED(what, class, action, outcome)                                                     \
    {                                                                                              \
        "{email.local_id}: " what                                                                  \
        ": " class " {_:most} from " CLIENT                                                        \
                   "; from=<{email.from.address:any}> to=<{email.to.address:any}>{_:any}: "        \
                   "{event.reason:rest}",                                                          \
            action, MAIL, outcome                                                                  \
    }
#define FILTERED_ALL(what, action, outcome)                                                        \
    FILTERED(what, "header", action, outcome), FILTERED(what, "mime-header", action, outcome),     \
        FILTERED(what, "nested-header", action, outcome), FILTERED(what, "body", action, outcome)
static const struct meaning cleanup[] = {
    DONE_WITH("milter-reject", "mail-reject", NO),
    DONE_WITH("milter-discard", "mail-discard", NO),
    DONE_WITH("milter-hold", "mail-hold", "unknown"),
    FILTERED_ALL("reject", "mail-reject", NO),
    FILTERED_ALL("discard", "mail-discard", NO),
    FILTERED_ALL("hold", "mail-hold", "unknown"),
    FILTERED_ALL("warning", "mail-warning", "unknown"),
    {"{email.local_id}: message-id=<{email.message_id:any}>", "mail-receive", MAIL, "unknown"},
};

static const struct meaning pickup[] = {
    {"{email.local_id}: uid={user.id:n} from=<{email.from.address:any}>", "mail-submit", MAIL,
     "unknown"},
};

/* login-common/client-common.c, auth/auth-worker-client.c, auth-request.c. In syslog its processes
 * stand behind its name; in a log of its own they are the programs. */
#define LOGIN_AT "rip={source.ip:ip}{_:rest}"
#define LOGIN_BOTH "rip={source.ip:ip}, lip={destination.ip:ip}{_:rest}"
/* What stands there is set (login_log_format_elements), lip too. Since 2.4 it says "Logged in", and
 * behind the reason in words one more that programs are to read. */
#define LOGIN_WHO(sentence, action, category, outcome)                                             \
    {sentence ": user=<{user.name:most}>,{_:any} " LOGIN_BOTH, action, category, outcome},         \
        {sentence ": user=<{user.name:most}>,{_:any} " LOGIN_AT, action, category, outcome},       \
        {sentence ": " LOGIN_BOTH, action, category, outcome},                                     \
        {sentence ": " LOGIN_AT, action, category, outcome},                                       \
    {                                                                                              \
        sentence ": method={_}, " LOGIN_BOTH, action, category, outcome                            \
    }
#define DOVECOT_LOGIN(process)                                                                     \
    LOGIN_WHO(process "Login", "login", AUTH, YES),                                                \
        LOGIN_WHO(process "Logged in", "login", AUTH, YES),                                        \
        LOGIN_WHO(process "proxy({_:any}): Started proxying to {_:any}", "login", AUTH, YES),      \
        LOGIN_WHO(process "proxy({_:any}): started proxying to {_:any}", "login", AUTH, YES),      \
        LOGIN_WHO(process "{event.reason:any} (auth failed, {_:any})", "login", AUTH, NO),         \
        LOGIN_WHO(process "{event.reason:any} (authorization failed{_:any})", "login", AUTH, NO),  \
        LOGIN_WHO(process "{event.reason:any} (user disabled{_:any})", "login", AUTH, NO),         \
        LOGIN_WHO(process "{event.reason:any} (password expired{_:any})", "login", AUTH, NO),      \
        LOGIN_WHO(process "{event.reason:any} (login disabled{_:any})", "login", AUTH, NO),        \
        LOGIN_WHO(process "{event.reason:any} (proxy dest auth{_:any})", "login", AUTH, NO),       \
        LOGIN_WHO(process "{event.reason:any} (tried to use {_:any})", "login", AUTH, NO),         \
        LOGIN_WHO(process "{event.reason:any} (no auth attempts{_:any})", "disconnect", "network", \
                  "unknown"),                                                                      \
        LOGIN_WHO(process "Internal login failure{event.reason:any}", "login", AUTH, NO),          \
        LOGIN_END(process "Disconnected"), LOGIN_END(process "Aborted login"),                     \
        LOGIN_END(process "Login aborted"), LOGIN_END(process "Connection closed"),                \
        LOGIN_END(process "Maximum number of connections"),                                        \
        LOGIN_WHO(process "{event.reason:any}", NULL, NULL, NULL)
/* What ends a connection, and what it says of it. */
#define LOGIN_END(sentence)                                                                        \
    LOGIN_WHO(sentence, "disconnect", "network", "unknown"),                                       \
        LOGIN_WHO(sentence "{event.reason:any}", "disconnect", "network", "unknown")
#define ASKED "{user.name:most},{source.ip:ip}{_:any}): "
/* auth-request.c, of whom acts as another. Since 2.4 the database stands behind who it is. */
#define MASTER "Master user logging in as {user.effective.name:rest}"
#define DOVECOT_AUTH(process)                                                                      \
    {process "{_}(" ASKED MASTER, "login-as", AUTH, YES},                                          \
        {process "pam(" ASKED "unknown user{event.reason:rest}", "login-invalid-user", AUTH, NO},  \
        {process "pam(" ASKED "pam_authenticate() failed: {event.reason:rest}", "login", AUTH,     \
         NO},                                                                                      \
        {process "sql(" ASKED "unknown user{event.reason:rest}", "login-invalid-user", AUTH, NO},  \
        {process "sql(" ASKED "Password mismatch{event.reason:rest}", "login", AUTH, NO},          \
        {process "ldap(" ASKED "unknown user{event.reason:rest}", "login-invalid-user", AUTH, NO}, \
        {process "ldap(" ASKED "{event.reason:rest}", "login", AUTH, NO},                          \
        {process "passwd-file(" ASKED "unknown user{event.reason:rest}", "login-invalid-user",     \
         AUTH, NO},                                                                                \
    {                                                                                              \
        process "passwd-file(" ASKED "Password mismatch{event.reason:rest}", "login", AUTH, NO     \
    }
/* Behind who it is: passdb-ldap.c, passdb-pam.c and their like. */
#define DOVECOT_ASKED(who)                                                                         \
    {who "{_}: " MASTER, "login-as", AUTH, YES},                                                   \
        {who "{_}: unknown user{event.reason:rest}", "login-invalid-user", AUTH, NO},              \
        {who "{_}: Password mismatch{event.reason:rest}", "login", AUTH, NO},                      \
    {                                                                                              \
        who "{_}: pam_authenticate() failed: {event.reason:rest}", "login", AUTH, NO               \
    }
static const struct meaning dovecot[] = {
    DOVECOT_LOGIN("{service.name}-login: Info: "),
    DOVECOT_LOGIN("{service.name}-login: "),
    DOVECOT_AUTH("{_:any}: "),
    DOVECOT_ASKED("auth({user.name:most},{source.ip:ip}{_:any}): "),
    DOVECOT_ASKED("auth({user.name:most},{source.ip:ip}{_:any})<{_:any}>: "),
    {"{service.name}({user.name:any})<{_:any}>: Disconnected: {event.reason:rest}", "disconnect",
     "session", YES},
    {"{service.name}({user.name:any}): Disconnected: {event.reason:rest}", "disconnect", "session",
     YES},
    DOVECOT_STORED("{service.name}({user.target.name:any})<{_:any}>: "),
    DOVECOT_STORED("{service.name}({user.target.name:any}): "),
};
static const struct meaning dovecot_login[] = {DOVECOT_LOGIN("")};
static const struct meaning dovecot_auth[] = {DOVECOT_AUTH(""), DOVECOT_AUTH("{_:any}: ")};

/* A name that the client says may have brackets, but no space before them; what it sends as a
 * command may have anything, so that both addresses are told. Exim, src/auths, smtp_in.c, acl.c,
 * deliver.c. */
#define EXIM_TO(mark, behind, action, outcome)                                                     \
    {                                                                                              \
        mark " {email.to.address} {_:any}T={_} H={destination.address} "                           \
             "[{destination.ip:ip}]" behind,                                                       \
            action, MAIL, outcome                                                                  \
    }
static const struct meaning exim[] = {
    EXIM_TO("=>", "{_:rest}", "mail-deliver", YES),
    EXIM_TO("->", "{_:rest}", "mail-deliver", YES),
    EXIM_TO("**", "{_:any}: {event.reason:rest}", "mail-deliver", NO),
    EXIM_TO("==", "{_:any}: {event.reason:rest}", "mail-defer", NO),
    {"{_} authenticator failed for {_:any} [{source.ip:ip}]{_:any}: 535 Incorrect authentication "
     "data (set_id={user.name:any})",
     "login", AUTH, NO},
    {"{_} authenticator failed for {_:any} [{source.ip:ip}]{_:any}: 535 Incorrect authentication "
     "data{_:rest}",
     "login", AUTH, NO},
    {"no host name found for IP address {source.ip:ip}", "name-mismatch", "network", NO},
    {"no IP address found for host {source.address} (during SMTP connection from "
     "{_:any}[{source.ip:ip}]{_:rest}",
     "name-mismatch", "network", NO},
    {"SMTP protocol synchronization error {_:any}H=[{source.ip:ip}]{_:rest}", "protocol-error",
     "network", NO},
    {"SMTP protocol synchronization error {_:any}H={_:any} [{source.ip:ip}]{_:rest}",
     "protocol-error", "network", NO},
    {"SMTP protocol error in {_:any} H={_:any} [{source.ip:ip}]{_:any} H={_:any} "
     "[{source.ip:ip}]{event.reason:rest}",
     "protocol-error", "network", NO},
    {"SMTP protocol error in {_:any} H={_:any} [{source.ip:ip}]{event.reason:rest}",
     "protocol-error", "network", NO},
    {"SMTP call from{_:any} [{source.ip:ip}]{_:any} dropped: {event.reason:rest}", "protocol-error",
     "network", NO},
    {"no MAIL in SMTP connection from{_:any} [{source.ip:ip}]{_:rest}", "protocol-error", "network",
     NO},
    {"SMTP connection from{_:any} [{source.ip:ip}]{_:any} closed by DROP in ACL{_:rest}",
     "connection-closed", "network", NO},
    {"SMTP connection from{_:any} [{source.ip:ip}]{_:any} closed by {event.reason:rest}",
     "connection-closed", "network", "unknown"},
    {"SMTP connection from{_:any} [{source.ip:ip}]{_:rest}", "connection", "network", "unknown"},
    {"H={_:any} [{source.ip:ip}]{_:any} rejected RCPT <{email.to.address:any}>: "
     "{event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"H={_:any} [{source.ip:ip}]{_:any} rejected RCPT {email.to.address:any}: {event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"H={_:any} [{source.ip:ip}]{_:any} rejected {event.reason:rest}", "mail-reject", MAIL, NO},
    {"H={_:any} [{source.ip:ip}]{_:any} sender verify fail for <{email.from.address:any}>: "
     "{event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"H=[{source.ip:ip}]{_:any} dropped by {event.reason:rest}", "connection-closed", "network",
     NO},
    {"H={_:any} [{source.ip:ip}]{_:any} dropped by {event.reason:rest}", "connection-closed",
     "network", NO},
    {"H={_:any} [{source.ip:ip}]{_:any} F=<{email.from.address:any}> {event.reason:rest}",
     "mail-reject", MAIL, "unknown"},
    {"F={email.from.address:any} H={_:any} [{source.ip:ip}]{_:any} rejected {event.reason:rest}",
     "mail-reject", MAIL, NO},
    {"<= {email.from.address} H={_:any} [{source.ip:ip}]{_:any} A={_}:{user.name} S={_:n}{_:rest}",
     "mail-receive", MAIL, YES},
    {"<= {email.from.address} H={_:any} [{source.ip:ip}]{_:any} A={_}:{user.name} K "
     "S={_:n}{_:rest}",
     "mail-receive", MAIL, YES},
    {"<= {email.from.address} H={_:any} [{source.ip:ip}]{_:rest}", "mail-receive", MAIL, YES},
    {"<= {email.from.address} U={user.name} {_:rest}", "mail-submit", MAIL, YES},
    {"<= {email.from.address} {_:rest}", "mail-receive", MAIL, YES},
    {"=> {email.to.address} {_:rest}", "mail-deliver", MAIL, YES},
    {"-> {email.to.address} {_:rest}", "mail-deliver", MAIL, YES},
    {"** {email.to.address} {event.reason:rest}", "mail-deliver", MAIL, NO},
    {"== {email.to.address} {event.reason:rest}", "mail-defer", MAIL, NO},
    {"Completed{_:rest}", "mail-remove", MAIL, "unknown"},
    {"Start queue run: {_:rest}", "queue-run", MAIL, "unknown"},
    {"End queue run: {_:rest}", "queue-run", MAIL, "unknown"},
    {"exim {_} daemon started: {_:rest}", "service-start", "process", YES},
};

/* Cyrus SASL: saslauthd/saslauthd-main.c, do_auth(): of whom, not from where. */
#define ASKED_BY                                                                                   \
    "[user={user.name:most}] [service={service.name:any}] [realm={_:any}] [mech={_:any}]"
static const struct meaning saslauthd[] = {
    {"do_auth{_:pad}: auth failure: " ASKED_BY " [reason={event.reason:any}]", "login", AUTH, NO},
    {"do_auth{_:pad}: auth success: " ASKED_BY, "login", AUTH, YES},
};

static const struct program programs[] = {
    {.name = "saslauthd", .meanings = saslauthd, .count = COUNT_OF(saslauthd)},
    {.name = "smtpd", .meanings = smtpd, .count = COUNT_OF(smtpd)},
    {.name = "postscreen", .meanings = postscreen, .count = COUNT_OF(postscreen)},
    {.name = "smtp|lmtp|lda|local|virtual|pipe|error",
     .meanings = delivery,
     .count = COUNT_OF(delivery)},
    {.name = "qmgr", .meanings = queue, .count = COUNT_OF(queue)},
    {.name = "cleanup", .meanings = cleanup, .count = COUNT_OF(cleanup)},
    {.name = "pickup", .meanings = pickup, .count = COUNT_OF(pickup)},
    {.name = "dovecot", .meanings = dovecot, .count = COUNT_OF(dovecot)},
    {.name = "imap-login|pop3-login|managesieve-login|submission-login",
     .meanings = dovecot_login,
     .count = COUNT_OF(dovecot_login)},
    {.name = "auth|auth-worker", .meanings = dovecot_auth, .count = COUNT_OF(dovecot_auth)},
    {.name = "exim|exim4", .meanings = exim, .count = COUNT_OF(exim)},
};
const struct program_list mail_programs = {programs, COUNT_OF(programs)};
