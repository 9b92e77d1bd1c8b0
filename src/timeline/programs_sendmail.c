/* programs_sendmail.c: the sentences of Sendmail: sendmail/{srvrsmtp,envelope,deliver,collect,tls,
 * sasl}.c, headers.c. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define MAIL "email"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

/* "host [address]", "[address]"; IPv6 addresses have a word before them. Behind may stand "(may be
 * forged)". */
#define FROM(before, behind, action, category, outcome)                                            \
    {before "[{source.ip:ip}]" behind, action, category, outcome},                                 \
        {before "[IPv6:{source.ip:ip}]" behind, action, category, outcome},                        \
        {before "{source.address} [{source.ip:ip}]" behind, action, category, outcome},            \
    {                                                                                              \
        before "{source.address} [IPv6:{source.ip:ip}]" behind, action, category, outcome          \
    }
/* A mail has an identifier, a connection that was refused has none. */
#define ID "{email.local_id}: "

/* Names and addresses that a client gives stand before its own address. */
static const struct meaning sendmail[] = {
    FROM(ID "AUTH failure ({_}: {event.reason:any}, user={user.name:most}, relay=", "{_:rest}",
         "login", AUTH, NO),
    FROM(ID "AUTH failure ({_}: {event.reason:any}, relay=", "{_:rest}", "login", AUTH, NO),
    FROM("AUTH=server, relay=", "{_:any}, authid={user.name:any}, mech={_:rest}", "login", AUTH,
         YES),
    FROM(ID "AUTH=server, relay=", "{_:any}, authid={user.name:any}, mech={_:rest}", "login", AUTH,
         YES),
    FROM(ID, "{_:any}: possible SMTP attack: command=AUTH, count={_:n}", "login-too-many", AUTH,
         NO),
    FROM(ID, "{_:any}: possible SMTP attack: {event.reason:rest}", "protocol-error", NETWORK, NO),
    FROM(ID "rejecting commands from ", "{_:any} due to {event.reason:rest}", "protocol-error",
         NETWORK, NO),
    /* A host without a name leaves two blanks. */
    FROM(ID "rejecting commands from  ", "{_:any} due to {event.reason:rest}", "protocol-error",
         NETWORK, NO),
    FROM(ID, "{_:any}did not issue MAIL/EXPN/VRFY/ETRN during connection to {_:rest}", "connection",
         NETWORK, NO),
    FROM(ID, "{_:any}: EXPN {event.reason:rest}", "protocol-error", NETWORK, NO),
    FROM(ID, "{_:any}: VRFY {event.reason:rest}", "protocol-error", NETWORK, NO),
    FROM(ID, "{_:any}: expn {event.reason:rest}", "protocol-error", NETWORK, NO),
    FROM(ID, "{_:any}: vrfy {event.reason:rest}", "protocol-error", NETWORK, NO),
    FROM(ID "lost input channel from ", "{_:any} to {_:rest}", "connection-lost", NETWORK, NO),
    FROM(ID "timeout waiting for input from ", "{_:any} during {_:rest}", "connection-lost",
         NETWORK, NO),
    FROM(ID "ruleset={rule.name:any}, arg1=<{email.to.address:most}>, relay=",
         "{_:any}, reject={error.code:n} {event.reason:rest}", "mail-reject", MAIL, NO),
    FROM(ID "ruleset={rule.name:any}, arg1={_:most}, relay=",
         "{_:any}, reject={error.code:n} {event.reason:rest}", "mail-reject", MAIL, NO),
    FROM("ruleset={rule.name:any}, arg1={_:most}, relay=",
         "{_:any}, reject={error.code:n} {event.reason:rest}", "connection", NETWORK, NO),
    {ID "<{email.to.address:any}>... {event.reason:rest}", "mail-reject", MAIL, NO},
    FROM(ID "from=<{email.from.address:most}>, size={_:any}, relay=", "{_:rest}", "mail-receive",
         MAIL, MAYBE),
    FROM(ID "from={email.from.address:most}, size={_:any}, relay=", "{_:rest}", "mail-receive",
         MAIL, MAYBE),
    {ID "from={email.from.address:most}, size={_:any}, relay={user.name:any}@localhost",
     "mail-submit", MAIL, MAYBE},
    {ID "to={email.to.address:any}, {_:any}, stat=Sent{event.reason:rest}", "mail-deliver", MAIL,
     YES},
    {ID "to={email.to.address:any}, {_:any}, stat=Deferred{event.reason:rest}", "mail-defer", MAIL,
     NO},
    {ID "to={email.to.address:any}, {_:any}, stat=queued{event.reason:rest}", "mail-queue", MAIL,
     MAYBE},
    {ID "to={email.to.address:any}, {_:any}, stat={event.reason:rest}", "mail-deliver", MAIL, NO},
};

static const struct program programs[] = {
    /* The others are those of MAIN and of queues (-L), as Debian's and FreeBSD's packages name
     * them. */
    {.name = "sendmail|sm-mta|sm-msp|sm-msp-queue|sm-que|sm-acceptingconnections|sendmail-in",
     .meanings = sendmail,
     .count = COUNT_OF(sendmail)},
};
const struct program_list sendmail_programs = {programs, COUNT_OF(programs)};
