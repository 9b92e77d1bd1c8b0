/* programs_network.c: the sentences of BIND, OpenLDAP, Dropbear, OpenVPN, xinetd and DHCP servers:
 * what serves a network and is no mail, file or web server. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

static const struct meaning dropbear[] = {
    {"Bad password attempt for '{user.name:most}' from {source.ip:ip}:{source.port:n}", "login",
     AUTH, NO},
    {"bad password attempt for '{user.name:most}' from {source.ip:ip}:{source.port:n}", "login",
     AUTH, NO},
    {"Login attempt for nonexistent user from {source.ip:ip}:{source.port:n}", "login-invalid-user",
     AUTH, NO},
    {"login attempt for nonexistent user from {source.ip:ip}:{source.port:n}", "login-invalid-user",
     AUTH, NO},
    {"Login attempt for nonexistent user '{user.name:most}' from {source.ip:ip}:{source.port:n}",
     "login-invalid-user", AUTH, NO},
    {"Password auth succeeded for '{user.name:most}' from {source.ip:ip}:{source.port:n}", "login",
     AUTH, YES},
    {"password auth succeeded for '{user.name:most}' from {source.ip:ip}:{source.port:n}", "login",
     AUTH, YES},
    {"Pubkey auth succeeded for '{user.name:most}' with {_:any} from "
     "{source.ip:ip}:{source.port:n}",
     "login", AUTH, YES},
    {"Child connection from {source.ip:ip}:{source.port:n}", "connection", NETWORK, "unknown"},
    {"Exit before auth from <{source.ip:ip}:{source.port:n}>: (user '{user.name:any}', {_:n} "
     "fails): {event.reason:rest}",
     "login-too-many", AUTH, NO},
    {"Exit before auth from <{source.ip:ip}:{source.port:n}>: {event.reason:rest}",
     "connection-closed", AUTH, NO},
    {"Exit before auth (user '{user.name:any}', {_:n} fails): Max auth tries reached - user "
     "'{_:any}' from {source.ip:ip}:{source.port:n}",
     "login-too-many", AUTH, NO},
    {"Exit ({user.name:any}) from <{source.ip:ip}:{source.port:n}>: {event.reason:rest}", "logout",
     "session", "unknown"},
    {"Exit ({user.name:any}): {event.reason:rest}", "logout", "session", "unknown"},
};

/* bin/named, ns/client.c: "client @0x7f… 192.0.2.7#53124 (name): …" since 9.11, and without the
 * place before. */
#define NAMED(sentence, action, outcome)                                                           \
    {"client @{_} {source.ip:ip}#{source.port:n}" sentence, action, NETWORK, outcome},             \
    {                                                                                              \
        "client {source.ip:ip}#{source.port:n}" sentence, action, NETWORK, outcome                 \
    }
static const struct meaning named[] = {
    NAMED(" ({dns.question.name:any}): query (cache) '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED(" ({dns.question.name:any}): query '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED("{_:any}: query (cache) '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED("{_:any}: query '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED(": query (cache) '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED(": query '{_:any}' denied{_:rest}", "dns-query", NO),
    NAMED("{_:any}: zone transfer '{_:any}' denied{_:rest}", "dns-transfer", NO),
    NAMED("{_:any}: bad zone transfer request: {event.reason:rest}", "dns-transfer", NO),
    NAMED("{_:any}: transfer of '{_:any}': {event.reason:rest}", "dns-transfer", "unknown"),
    NAMED("{_:any}: update '{_:any}' denied{_:rest}", "dns-update", NO),
    NAMED(" ({dns.question.name:any}): query: {_} IN {dns.question.type} {_:rest}", "dns-query",
          "unknown"),
};

static const struct meaning slapd[] = {
    {"conn={_:n} fd={_:n} ACCEPT from IP={source.ip:ip}:{source.port:n} {_:rest}", "connection",
     NETWORK, "unknown"},
    {"conn={_:n} op={_:n} BIND dn=\"{user.name:any}\" method={_:rest}", "login", AUTH, "unknown"},
    {"conn={_:n} op={_:n} RESULT tag=97 err=49 {_:rest}", "login", AUTH, NO},
};

static const struct meaning dhcpd[] = {
    {"DHCPACK on {client.ip:ip} to {client.mac} ({client.address:any}) via {_:rest}", "dhcp-lease",
     NETWORK, YES},
    {"DHCPACK on {client.ip:ip} to {client.mac} via {_:rest}", "dhcp-lease", NETWORK, YES},
    {"DHCPREQUEST for {client.ip:ip} {_:any}from {client.mac} {_:rest}", "dhcp-request", NETWORK,
     "unknown"},
    {"DHCPDISCOVER from {client.mac} {_:rest}", "dhcp-discover", NETWORK, "unknown"},
};

/* OpenVPN: src/openvpn/{multi,ssl,ssl_verify,forward,socket}.c. Before a sentence stands its
 * client, with its name once that is known; a name may be anything. */
#define PEER(sentence, action, category, outcome)                                                  \
    {"{source.ip:ip}:{source.port:n} " sentence, action, category, outcome},                       \
    {                                                                                              \
        "{user.name:most}/{source.ip:ip}:{source.port:n} " sentence, action, category, outcome     \
    }
static const struct meaning openvpn[] = {
    {"TCP connection established with [AF_INET]{source.ip:ip}:{source.port:n}", "connection",
     NETWORK, "unknown"},
    {"TCP connection established with [AF_INET6]{source.ip:ip}:{source.port:n}", "connection",
     NETWORK, "unknown"},
    {"{_:any}[{user.name:most}] Peer Connection Initiated with [AF_INET]{source.ip:ip}:"
     "{source.port:n}{_:rest}",
     "login", AUTH, YES},
    {"{_:any}[{user.name:most}] Peer Connection Initiated with [AF_INET6]{source.ip:ip}:"
     "{source.port:n}{_:rest}",
     "login", AUTH, YES},
    PEER("TLS: Username/Password authentication succeeded for username '{user.name:any}'{_:rest}",
         "login", AUTH, YES),
    PEER("TLS Auth Error: {event.reason:rest}", "login", AUTH, NO),
    PEER("TLS Error: {event.reason:rest}", "tls-handshake", NETWORK, NO),
    PEER("VERIFY ERROR: {event.reason:rest}", "login", AUTH, NO),
    PEER("VERIFY SCRIPT ERROR: {event.reason:rest}", "login", AUTH, NO),
    PEER("VERIFY X509NAME ERROR: {event.reason:rest}", "login", AUTH, NO),
    PEER("WARNING: Bad encapsulated packet length from peer {event.reason:rest}", "protocol-error",
         NETWORK, NO),
    PEER("Connection reset, restarting [{_:n}]", "connection-lost", NETWORK, NO),
    PEER("MULTI_sva: pool returned IPv4={client.ip:ip}, {_:rest}", "vpn-address", NETWORK, YES),
    PEER("SIG{_:any} received, client-instance {_:rest}", "disconnect", NETWORK, "unknown"),
    {"{user.name:most}/{source.ip:ip}:{source.port:n} [{_:any}] Inactivity timeout{_:rest}",
     "disconnect", NETWORK, "unknown"},
    {"AUTH: Received control message: AUTH_FAILED{_:rest}", "login", AUTH, NO},
    {"TLS Error: {event.reason:any} from [AF_INET]{source.ip:ip}:{source.port:n}{_:rest}",
     "protocol-error", NETWORK, NO},
    {"TLS Error: {event.reason:any} from [AF_INET6]{source.ip:ip}:{source.port:n}{_:rest}",
     "protocol-error", NETWORK, NO},
    {"TLS Error: TLS handshake failed", "tls-handshake", NETWORK, NO},
};

/* xinetd: xinetd/log.c. */
static const struct meaning xinetd[] = {
    {"START: {service.name} pid={process.pid:n} from={source.ip:host}", "connection", NETWORK, YES},
    {"START: {service.name} from={source.ip:host}", "connection", NETWORK, YES},
    {"FAIL: {service.name} {event.reason} from={source.ip:host}", "connection", NETWORK, NO},
    {"EXIT: {service.name} {_:rest}", "disconnect", NETWORK, "unknown"},
};

/* strongSwan: src/libcharon, behind "05[IKE] " and, with some settings, "<name|12> ". Which end
 * asked for an IKE_SA its end does not say. */
static const struct meaning charon[] = {
    {"{_:any}authentication of '{user.name:any}' with {_:any} successful", "login", AUTH, YES},
    {"{_:any}authentication of '{user.name:any}' with {_:any} failed", "login", AUTH, NO},
    {"{_:any}XAuth authentication of '{user.name:any}' successful", "login", AUTH, YES},
    {"{_:any}XAuth authentication of '{user.name:any}' failed{_:rest}", "login", AUTH, NO},
    {"{_:any}EAP method {_} failed for peer {user.name:rest}", "login", AUTH, NO},
    {"{_:any}EAP-MS-CHAPv2 verification failed{_:rest}", "password-rejected", AUTH, NO},
    {"{_:any}received AUTHENTICATION_FAILED notify{_:rest}", "vpn-negotiation", NETWORK, NO},
    {"{_:any}] {source.ip:ip} is initiating {_:any}IKE_SA", "connection", NETWORK, MAYBE},
    {"{_:any}> {source.ip:ip} is initiating {_:any}IKE_SA", "connection", NETWORK, MAYBE},
    {"{_:any}IKE_SA {vpn.name} established between {related.ip:ip}[{_:any}]...{related.ip:ip}"
     "[{vpn.peer:any}]",
     "session-open", "session", YES},
    {"{_:any}deleting IKE_SA {vpn.name} between {related.ip:ip}[{_:any}]...{related.ip:ip}"
     "[{vpn.peer:any}]",
     "session-close", "session", MAYBE},
    {"{_:any}no IKE config found for {destination.ip:ip}...{source.ip:ip}, {event.reason:rest}",
     "connection", NETWORK, NO},
    {"{_:any}assigning virtual IP {client.ip:ip} to peer '{user.name:any}'", "vpn-address", NETWORK,
     YES},
    {"{_:any}received packet: from {source.ip:ip}[{source.port:n}] to "
     "{destination.ip:ip}[{destination.port:n}] {_:rest}",
     NULL, NETWORK, NULL},
};

/* xrdp: sesman/sesexec, behind "[INFO ] ". */
static const struct meaning xrdp[] = {
    {"{_:any}++ created session (access granted): username {user.name:any}, ip "
     "{source.ip:ip}:{source.port:n}{_:rest}",
     "login", AUTH, YES},
    {"{_:any}Session created, access granted for user {user.name}", "login", AUTH, YES},
    {"{_:any}AUTHFAIL: user={user.name:most} ip={source.ip:host} time={_:n}", "login", AUTH, NO},
};

/* fail2ban: server/actions.py, by its logging to syslog. */
static const struct meaning fail2ban[] = {
    {"{_:any}[{fail2ban.jail:any}] Ban {source.ip:ip}", "ban", NETWORK, YES},
    {"{_:any}[{fail2ban.jail:any}] Unban {source.ip:ip}", "unban", NETWORK, YES},
};

/* Samba: vfs_full_audit(8): its prefix %u|%I, mostly with the share (%S), and often with the name
 * of the client's machine before that (%m); an operation is a word. */
#define AUDITED(prefix)                                                                            \
    {prefix "{smb.operation:name}|ok|{file.path:rest}", "file-access", "file", YES},               \
    {                                                                                              \
        prefix "{smb.operation:name}|fail ({event.reason:any})|{file.path:rest}", "file-access",   \
            "file", NO                                                                             \
    }
static const struct meaning smbd_audit[] = {
    AUDITED("{user.name:any}|{source.ip:ip}|"),
    AUDITED("{user.name:any}|{source.ip:ip}|{smb.share:any}|"),
    AUDITED("{user.name:any}|{source.ip:ip}|{smb.client:any}|{smb.share:any}|"),
};
#undef AUDITED

static const struct program programs[] = {
    {.name = "dropbear", .meanings = dropbear, .count = COUNT_OF(dropbear)},
    /* The others are its categories, as a channel without a program's name prints them. */
    {.name = "named|client|general|notify|queries|query-errors|rate-limit|resolver|security|update|"
             "update-security|xfer-in|xfer-out",
     .meanings = named,
     .count = COUNT_OF(named)},
    {.name = "openvpn", .meanings = openvpn, .count = COUNT_OF(openvpn)},
    {.name = "xinetd", .meanings = xinetd, .count = COUNT_OF(xinetd)},
    {.name = "slapd", .meanings = slapd, .count = COUNT_OF(slapd)},
    {.name = "dhcpd", .meanings = dhcpd, .count = COUNT_OF(dhcpd)},
    {.name = "charon|charon-systemd", .meanings = charon, .count = COUNT_OF(charon)},
    {.name = "xrdp-sesman|xrdp-sesexec", .meanings = xrdp, .count = COUNT_OF(xrdp)},
    {.name = "fail2ban.actions|fail2ban-server|fail2ban",
     .meanings = fail2ban,
     .count = COUNT_OF(fail2ban)},
    {.name = "smbd_audit", .meanings = smbd_audit, .count = COUNT_OF(smbd_audit)},
};
const struct program_list network_programs = {programs, COUNT_OF(programs)};
