/* programs_access.c: the sentences of what lets people in by other ways than a shell: MIT Kerberos,
 * FreeRADIUS, Samba, Proxmox VE, VMware ESXi, Webmin; and of sshguard. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define NETWORK "network"
#define YES "success"
#define NO "failure"

/* src/kdc/kdc_log.c, log_as_req and log_tgs_req; in a log of its own "(info): " stands before. A
 * client is asked for its password by the first answer, which is no failure. */
#define KDC(sentence, action, outcome)                                                             \
    {sentence, action, AUTH, outcome},                                                             \
    {                                                                                              \
        "(info): " sentence, action, AUTH, outcome                                                 \
    }
#define CLIENT "{user.name:most}@{user.domain} for {service.name:any}"
static const struct meaning krb5kdc[] = {
    KDC("AS_REQ ({_:any}) {source.ip:ip}: NEEDED_PREAUTH: " CLIENT ", {event.reason:rest}",
        "kerberos-request", "unknown"),
    KDC("AS_REQ ({_:any}) {source.ip:ip}: ISSUE: authtime {_:n}, etypes {{{_:any}}}, "
        "{user.name:most}@{user.domain} for {service.name:rest}",
        "kerberos-ticket", YES),
    KDC("AS_REQ ({_:any}) {source.ip:ip}: {error.code}: " CLIENT ", {event.reason:rest}",
        "kerberos-ticket", NO),
    KDC("AS_REQ ({_:any}) {source.ip:ip}: {error.code}: "
        "{user.name:most}@{user.domain} for {service.name:rest}",
        "kerberos-ticket", NO),
    KDC("TGS_REQ ({_:any}) {source.ip:ip}: ISSUE: authtime {_:n}, etypes {{{_:any}}}, "
        "{user.name:most}@{user.domain} for {service.name:rest}",
        "kerberos-service-ticket", YES),
};

/* src/main/auth.c, rad_authlog; a password that was logged stands behind the name, and so does
 * "<via Auth-Type = eap>". */
#define RADIUS(sentence, outcome)                                                                  \
    {"({_:n}) " sentence, "login", AUTH, outcome},                                                 \
        {"Auth: ({_:n}) " sentence, "login", AUTH, outcome},                                       \
    {                                                                                              \
        sentence, "login", AUTH, outcome                                                           \
    }
#define FROM_CLIENT "(from client {radius.client:any} port {_:n}{_:rest}"
static const struct meaning radiusd[] = {
    RADIUS("Login OK: [{user.name:any}/{_:any}] " FROM_CLIENT, YES),
    RADIUS("Login OK: [{user.name:any}] " FROM_CLIENT, YES),
    RADIUS("Login incorrect ({event.reason:any}): [{user.name:any}/{_:any}] " FROM_CLIENT, NO),
    RADIUS("Login incorrect ({event.reason:any}): [{user.name:any}] " FROM_CLIENT, NO),
    RADIUS("Login incorrect: [{user.name:any}/{_:any}] " FROM_CLIENT, NO),
    RADIUS("Login incorrect: [{user.name:any}] " FROM_CLIENT, NO),
    RADIUS("Invalid user ({event.reason:any}): [{user.name:any}/{_:any}] " FROM_CLIENT, NO),
    RADIUS("Invalid user ({event.reason:any}): [{user.name:any}] " FROM_CLIENT, NO),
};

/* source3/auth/auth.c, of levels 2 and 3. */
static const struct meaning smbd[] = {
    {"check_ntlm_password:  Authentication for user [{_:any}] -> [{user.name:any}] FAILED with "
     "error {error.code:any}, authoritative={_:rest}",
     "login", AUTH, NO},
    {"check_ntlm_password:  Authentication for user [{_:any}] -> [{user.name:any}] FAILED with "
     "error {error.code:rest}",
     "login", AUTH, NO},
    {"check_ntlm_password:  authentication for user [{_:any}] -> [{_:any}] -> [{user.name:any}] "
     "succeeded",
     "login", AUTH, YES},
};

/* PVE/API2/AccessControl.pm */
static const struct meaning proxmox[] = {
    {"authentication failure; rhost={source.ip:host} user={user.name:any} msg={event.reason:rest}",
     "login", AUTH, NO},
    {"<{_}> successful auth for user '{user.name:any}'", "login", AUTH, YES},
    {"successful auth for user '{user.name:any}'", "login", AUTH, YES},
};

/* hostd of ESXi: events, and what its own check of a password says of it. */
static const struct meaning hostd[] = {
    {"{_:any}Event {_:n} : User {user.name:most}@{source.ip:ip} logged in as {_:rest}", "login",
     AUTH, YES},
    {"{_:any}Event {_:n} : User {user.name:most}@{source.ip:ip} logged out {_:rest}", "logout",
     "session", "unknown"},
    {"{_:any}Event {_:n} : Cannot login {user.name:most}@{source.ip:ip}", "login", AUTH, NO},
    {"{_:any}Accepted password for user {user.name:most} from {source.ip:ip}", "password-accepted",
     AUTH, YES},
    {"{_:any}Rejected password for user {user.name:most} from {source.ip:ip}", "password-rejected",
     AUTH, NO},
};

/* What somebody typed at ESXi's shell (shell.log). */
static const struct meaning esxi_shell[] = {
    {"[{user.name:most}]: {process.command_line:rest}", "command", "process", "unknown"},
};

/* miniserv.pl */
static const struct meaning webmin[] = {
    {"Successful login as {user.name:most} from {source.ip:host}", "login", AUTH, YES},
    {"Invalid login as {user.name:most} from {source.ip:host}", "login", AUTH, NO},
    {"Non-existent login as {user.name:most} from {source.ip:host}", "login", AUTH, NO},
    {"Logout by {user.name:most} from {source.ip:host}", "logout", "session", "unknown"},
};

static const struct meaning sshguard[] = {
    {"Blocking \"{source.ip:ip}/{_:n}\" for {event.reason:rest}", "ban", NETWORK, YES},
};

static const struct program programs[] = {
    {.name = "krb5kdc", .meanings = krb5kdc, .count = COUNT_OF(krb5kdc)},
    {.name = "radiusd|freeradius", .meanings = radiusd, .count = COUNT_OF(radiusd)},
    {.name = "smbd|winbindd", .meanings = smbd, .count = COUNT_OF(smbd)},
    {.name = "pvedaemon|pveproxy", .meanings = proxmox, .count = COUNT_OF(proxmox)},
    {.name = "Hostd|hostd", .meanings = hostd, .count = COUNT_OF(hostd)},
    {.name = "shell|ESXShell", .meanings = esxi_shell, .count = COUNT_OF(esxi_shell)},
    {.name = "webmin|miniserv.pl", .meanings = webmin, .count = COUNT_OF(webmin)},
    {.name = "sshguard", .meanings = sshguard, .count = COUNT_OF(sshguard)},
};
const struct program_list access_programs = {programs, COUNT_OF(programs)};
