/* programs_appliance.c: the sentences of appliances that write whole ones: MikroTik's RouterOS,
 * WatchGuard's Fireware, Synology's DSM, VMware's vCenter and ESXi; and of access points. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define NETWORK "network"
#define SESSION "session"
#define CHANGE "configuration"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

/* RouterOS: topics, then what happened (its manual, "Log"). Of tunnels who came in, the address
 * that it got, and from where; of PPPoe that is a card's. */
#define PPP(topic)                                                                                 \
    {topic ",ppp,info,account {user.name:most} logged in, {client.ip:ip} from {source.ip:host}",   \
     "login", AUTH, YES},                                                                          \
        {topic ",ppp,info,account {user.name:most} logged in, {client.ip:ip}", "login", AUTH,      \
         YES},                                                                                     \
        {topic ",ppp,info,account {user.name:most} logged out, {_:any} from {source.ip:host}",     \
         "logout", SESSION, MAYBE},                                                                \
        {topic ",ppp,info,account {user.name:most} logged out, {_:rest}", "logout", SESSION,       \
         MAYBE},                                                                                   \
    {                                                                                              \
        topic ",ppp,error {_}: user {user.name:most} authentication failed{_:rest}", "login",      \
            AUTH, NO                                                                               \
    }
static const struct meaning mikrotik[] = {
    {"system,info,account user {user.name:most} logged in from {source.ip:host} via {service.name}",
     "login", AUTH, YES},
    {"system,info,account user {user.name:most} logged in via {service.name}", "login", AUTH, YES},
    {"system,info,account user {user.name:most} logged out from {source.ip:host} via "
     "{service.name}",
     "logout", SESSION, YES},
    {"system,info,account user {user.name:most} logged out via {service.name}", "logout", SESSION,
     YES},
    {"system,error,critical login failure for user {user.name:most} from {source.ip:host} via "
     "{service.name}",
     "login", AUTH, NO},
    {"system,error,critical login failure for user {user.name:most} via {service.name}", "login",
     AUTH, NO},
    {"system,info {_:any} changed by {service.name:any}:{user.name:most}@{source.ip:ip}{_:rest}",
     "configuration-change", CHANGE, YES},
    {"system,info {_:any} added by {service.name:any}:{user.name:most}@{source.ip:ip}{_:rest}",
     "configuration-change", CHANGE, YES},
    {"system,info {_:any} removed by {service.name:any}:{user.name:most}@{source.ip:ip}{_:rest}",
     "configuration-change", CHANGE, YES},
    {"system,info {_:any} changed by {user.name}", "configuration-change", CHANGE, YES},
    {"system,info {_:any} added by {user.name}", "configuration-change", CHANGE, YES},
    {"system,info {_:any} removed by {user.name}", "configuration-change", CHANGE, YES},
    {"system,info router rebooted{_:rest}", "boot", "host", YES},
    {"interface,info {device.id:any} link down", "network-fault", NETWORK, NO},
    {"interface,info {device.id:any} link up{_:rest}", "link-up", NETWORK, YES},
    {"dhcp,info {_} assigned {client.ip:ip} to {client.mac}", "dhcp-lease", NETWORK, YES},
    {"dhcp,info {_} assigned {client.ip:ip} for {client.mac}{_:rest}", "dhcp-lease", NETWORK, YES},
    {"hotspot,info,debug {user.name:most} ({source.ip:ip}): login failed: {event.reason:rest}",
     "login", AUTH, NO},
    {"hotspot,account,info,debug {user.name:most} ({source.ip:ip}): logged in", "login", AUTH, YES},
    {"hotspot,account,info,debug {user.name:most} ({source.ip:ip}): logged out: "
     "{event.reason:rest}",
     "logout", SESSION, MAYBE},
    {"ipsec,error {source.ip:ip} {event.reason:rest}", "vpn-negotiation", NETWORK, NO},
    {"ipsec,error phase1 negotiation failed due to "
     "{event.reason:any}<=>{related.ip:ip}[{_:n}] {_:rest}",
     "vpn-negotiation", NETWORK, NO},
    PPP("pptp"),
    PPP("l2tp"),
    PPP("sstp"),
    PPP("ovpn"),
    PPP("pppoe"),
};

/* Fireware ("Log Catalog"): the number of each message in front. Of ICMP type and code stand in
 * place of ports. */
#define ID "msg_id=\"{event.code:any}\" "
#define WHERE "{observer.ingress.interface.name} {observer.egress.interface.name} "
#define ENDS "{source.ip:ip} {destination.ip:ip} {source.port:n} {destination.port:n} "
#define PACKET(verdict, action, outcome)                                                           \
    {ID verdict " " WHERE "{network.bytes:n} icmp {_:n} {_:n} {source.ip:ip} {destination.ip:ip} " \
                "{_:rest}",                                                                        \
     action, NETWORK, outcome},                                                                    \
        {ID verdict " " WHERE "{network.bytes:n} {network.transport} {_:n} {_:n} " ENDS            \
                    "{_:any}({rule.name:any})",                                                    \
         action, NETWORK, outcome},                                                                \
        {ID verdict " " WHERE "{network.bytes:n} {network.transport} {_:n} {_:n} " ENDS            \
                    "{_:rest}",                                                                    \
         action, NETWORK, outcome},                                                                \
        {ID verdict " " WHERE "{network.transport} " ENDS "{_:rest}", action, NETWORK, outcome},   \
    {                                                                                              \
        ID verdict " {_:any} tcp {_:n} {_:n} " ENDS "{_:rest}", action, NETWORK, outcome           \
    }
static const struct meaning watchguard[] = {
    PACKET("Allow", "firewall-allow", YES),
    PACKET("Deny", "firewall-deny", NO),
    /* Who is rejected chose the name. */
    {ID "Management user {user.name:most} from {source.ip:ip} log in attempt was rejected - "
        "{event.reason:rest}",
     "login", AUTH, NO},
    {ID "Management user {user.name:most} from {source.ip:ip} logged in{_:rest}", "login", AUTH,
     YES},
    {ID "Management user {user.name:most} from {source.ip:ip} logged out{_:rest}", "logout",
     SESSION, MAYBE},
    {ID "Authentication of {_:any} user [{user.name:most}] from {source.ip:ip} was rejected, "
        "{event.reason:rest}",
     "login", AUTH, NO},
    {ID "Authentication of {_:any} user [{user.name:most}] from {source.ip:ip} was accepted",
     "login", AUTH, YES},
    {ID "SSL VPN user {user.name:most} from {source.ip:ip} logged in assigned virtual IP is "
        "{client.ip:ip}",
     "session-open", SESSION, YES},
    {ID "SSL VPN user {user.name:most} from {source.ip:ip} logged out{_:rest}", "session-close",
     SESSION, MAYBE},
};

/* DSM's Log Center, connections; before 6.2 the place of the address is another one. Who fails to
 * log in chooses the name, which may look like another of these sentences: their ends are DSM's. */
static const struct meaning synology[] = {
    {"User [{user.name:most}] from [{source.ip:host}] failed to {_:any} to [{service.name:any}] "
     "via "
     "[{_:any}] due to {event.reason:rest}",
     "login", AUTH, NO},
    {"User [{user.name:most}] from [{source.ip:host}] failed to {_:any} via [{service.name:any}] "
     "due "
     "to {event.reason:rest}",
     "login", AUTH, NO},
    {"User [{user.name:most}] from [{source.ip:host}] via [{_:any}] failed to {_:any} via "
     "[{service.name:any}] due to {event.reason:rest}",
     "login", AUTH, NO},
    {"User [{user.name:most}] from [{source.ip:host}] signed in to [{service.name:any}] "
     "successfully via [{_:any}].",
     "login", AUTH, YES},
    {"User [{user.name:most}] from [{source.ip:host}] logged in successfully via "
     "[{service.name:any}].",
     "login", AUTH, YES},
    {"User [{user.name:most}] from [{source.ip:host}] logged out the server via "
     "[{service.name:any}]{_:rest}",
     "logout", SESSION, MAYBE},
    {"User [{user.name:most}] from [{source.ip:host}] signed out {_:any} "
     "[{service.name:any}]{_:rest}",
     "logout", SESSION, MAYBE},
    {"User [{user.name:most}] from [{_:any}({source.ip:ip})] via [{network.protocol:any}] accessed "
     "the shared folder [{file.path:any}].",
     "file-access", "file", YES},
    {"Host [{source.ip:ip}] {_:any} blocked via [{service.name:any}]{_:rest}", "ban", NETWORK, YES},
};

/* "Event Log Message Reference Guide" of HP's switches. */
static const struct meaning procurve[] = {
    {"Invalid user name/password on {service.name} session User '{user.name:most}' is trying to "
     "login from {source.ip:ip}{_:rest}",
     "login", AUTH, NO},
    {"Invalid user name/password on {service.name} session{_:rest}", "login", AUTH, NO},
    {"User '{user.name:most}' logged in from {source.ip:ip} to {service.name} session{_:rest}",
     "login", AUTH, YES},
    {"User '{user.name:most}' logged out of {service.name} session from {source.ip:ip}{_:rest}",
     "logout", SESSION, MAYBE},
    {"SME {service.name} from {source.ip:ip} - {event.reason:rest}", "session-open", SESSION, YES},
    {"port {device.id} is now off-line", "network-fault", NETWORK, NO},
    {"port {device.id} is now on-line", "link-up", NETWORK, YES},
};

/* The web interfaces of pfSense (src/etc/inc/auth.inc) and OPNsense (src/etc/inc/authgui.inc). */
static const struct meaning web_gui[] = {
    {"/{_}: webConfigurator authentication error for user '{user.name:most}' from: "
     "{source.ip:ip}{_:rest}",
     "login", AUTH, NO},
    {"/{_}: Web GUI authentication error for '{user.name:most}' from {source.ip:ip}{_:rest}",
     "login", AUTH, NO},
    {"/{_}: Successful login for user '{user.name:most}' from: {source.ip:ip}{_:rest}", "login",
     AUTH, YES},
    {"/{_}: User logged out for user '{user.name:most}' from: {source.ip:ip}{_:rest}", "logout",
     SESSION, MAYBE},
};

/* Aruba's AOS-CX ("Event Log Message Reference Guide"). */
#define AOS_CX "Event|{event.code:n}|{_:any}|{_:any}|{_:any}|"
static const struct meaning aos_cx[] = {
    {AOS_CX "User {user.name:most} login from {source.ip:ip} failed{_:rest}", "login", AUTH, NO},
    {AOS_CX "User {user.name:most} logged in from {source.ip:ip} through {service.name} "
            "session{_:rest}",
     "login", AUTH, YES},
};

/* vCenter: events, with the name of their class. */
#define EVENT "Event [{_:n}] [{_}] [{_}] [vim.event."
static const struct meaning vpxd[] = {
    {EVENT "UserLoginSessionEvent] [{_}] [{_:any}] [{_:any}] [{_:n}] [User "
           "{user.name:most}@{source.ip:ip} logged in as {_:rest}",
     "login", AUTH, YES},
    {EVENT "UserLogoutSessionEvent] [{_}] [{_:any}] [{_:any}] [{_:n}] [User "
           "{user.name:most}@{source.ip:ip} logged out {_:rest}",
     "logout", SESSION, MAYBE},
    {EVENT "BadUsernameSessionEvent] [{_}] [{_:any}] [{_:any}] [{_:n}] [Cannot login "
           "{user.name:most}@{source.ip:ip}]",
     "login", AUTH, NO},
};
/* vobd of ESXi. */
static const struct meaning vobd[] = {
    {"{_:any}[esx.audit.ssh.session.opened] SSH session was opened for "
     "'{user.name:most}@{source.ip:ip}'.",
     "session-open", SESSION, YES},
    {"{_:any}[esx.audit.ssh.session.failed] SSH login has failed for "
     "'{user.name:most}@{source.ip:ip}'.",
     "session-open", SESSION, NO},
    {"{_:any}[esx.audit.account.locked] Remote access for ESXi local user account "
     "'{user.name:most}' has been locked {event.reason:rest}",
     "user-lock", "iam", YES},
};

/* hostapd: src/ap; who is let into a wireless network. */
#define STATION(sentence, action, outcome)                                                         \
    {                                                                                              \
        "{device.id:any}: STA {client.mac} " sentence, action, NETWORK, outcome                    \
    }
static const struct meaning hostapd[] = {
    STATION("IEEE 802.11: associated{_:rest}", "wireless-association", YES),
    STATION("IEEE 802.11: disassociated{event.reason:rest}", "wireless-disassociation", MAYBE),
    STATION("IEEE 802.11: deauthenticated{event.reason:rest}", "wireless-disassociation", MAYBE),
    STATION("WPA: pairwise key handshake completed{_:rest}", "wireless-authentication", YES),
    STATION("IEEE 802.1X: authentication failed{event.reason:rest}", "wireless-authentication", NO),
};

/* NetScaler: "NetScaler syslog message reference". Who tried may have any name. */
#define NS_USER "{_:any}: {_:pad}{_:any}User {user.name:most} - Client_ip {source.ip:ip} - "
static const struct meaning netscaler[] = {
    {"SSLVPN LOGIN " NS_USER "{_:rest}", "login", AUTH, YES},
    {"SSLVPN LOGOUT " NS_USER "{_:rest}", "logout", SESSION, YES},
    {"AAA LOGIN_FAILED " NS_USER "Failure_reason {event.reason:rest}", "login", AUTH, NO},
    {"{_} CMD_EXECUTED {_:any}: {_:pad}User {user.name:most} - {_:any}Remote_ip {source.ip:ip} - "
     "Command \"{process.command_line:any}\" - Status \"Success\"{_:rest}",
     "command", "process", YES},
    {"{_} CMD_EXECUTED {_:any}: {_:pad}User {user.name:most} - {_:any}Remote_ip {source.ip:ip} - "
     "Command \"{process.command_line:any}\" - Status \"ERROR{_:rest}",
     "command", "process", NO},
};

/* FRITZ!OS' events, in German and English. */
static const struct meaning fritzbox[] = {
    {"Anmeldung des Benutzers {user.name:most} an der FRITZ!Box-Benutzeroberfl{_:any}che von "
     "IP-Adresse {source.ip:ip} gescheitert ({event.reason:any}).{_:rest}",
     "login", AUTH, NO},
    {"Anmeldung des Benutzers {user.name:most} an der FRITZ!Box-Benutzeroberfl{_:any}che von "
     "IP-Adresse {source.ip:ip}.{_:rest}",
     "login", AUTH, YES},
    {"Anmeldung an der FRITZ!Box-Benutzeroberfl{_:any}che von IP-Adresse {source.ip:ip} "
     "gescheitert "
     "({event.reason:any}).{_:rest}",
     "login", AUTH, NO},
    {"Anmeldung an der FRITZ!Box-Benutzeroberfl{_:any}che von IP-Adresse {source.ip:ip}.{_:rest}",
     "login", AUTH, YES},
    {"Internetverbindung wurde getrennt{_:rest}", "network-fault", NETWORK, MAYBE},
    {"Internetverbindung wurde erfolgreich hergestellt{_:rest}", "link-up", NETWORK, YES},
};

/* Cisco's small switches (SG, CBS): "System Messages", AAA. */
static const struct meaning cisco_small[] = {
    {"New {service.name} connection for user {user.name:most}, source {source.ip:ip} destination "
     "{destination.ip:ip}{_:pad}ACCEPTED{_:rest}",
     "login", AUTH, YES},
    {"New {service.name} connection for user {user.name:most}, source {source.ip:ip} destination "
     "{destination.ip:ip}{_:pad}REJECTED{_:rest}",
     "login", AUTH, NO},
    {"{service.name} connection for user {user.name:most}, source {source.ip:ip} destination "
     "{destination.ip:ip}{_:pad}TERMINATED{_:rest}",
     "logout", SESSION, YES},
};

/* The plugin WP fail2ban (lib/), whose tag has the site in brackets. */
static const struct meaning wordpress[] = {
    {"Accepted password for {user.name:most} from {source.ip:ip}", "login", AUTH, YES},
    {"Authentication failure for {user.name:most} from {source.ip:ip}", "login", AUTH, NO},
    {"Authentication attempt for unknown user {user.name:most} from {source.ip:ip}", "login", AUTH,
     NO},
    {"Blocked authentication attempt for {user.name:most} from {source.ip:ip}", "login", AUTH, NO},
    {"XML-RPC authentication failure for {user.name:most} from {source.ip:ip}", "login", AUTH, NO},
    {"Blocked user enumeration attempt from {source.ip:ip}", "user-enumeration",
     "intrusion_detection", NO},
};

static const struct program programs[] = {
    {.name = NETSCALER, .meanings = netscaler, .count = COUNT_OF(netscaler)},
    {.name = FRITZBOX, .meanings = fritzbox, .count = COUNT_OF(fritzbox)},
    {.name = "%AAA-W-REJECT|%AAA-I-CONNECT|%AAA-I-DISCONNECT",
     .meanings = cisco_small,
     .count = COUNT_OF(cisco_small)},
    {.name = "wordpress", .meanings = wordpress, .count = COUNT_OF(wordpress)},
    {.name = "hostapd", .meanings = hostapd, .count = COUNT_OF(hostapd)},
    {.name = MIKROTIK, .meanings = mikrotik, .count = COUNT_OF(mikrotik)},
    {.name = WATCHGUARD, .meanings = watchguard, .count = COUNT_OF(watchguard)},
    {.name = "Connection|" SYNOLOGY, .meanings = synology, .count = COUNT_OF(synology)},
    {.name = PROCURVE, .meanings = procurve, .count = COUNT_OF(procurve)},
    {.name = "php-fpm|audit", .meanings = web_gui, .count = COUNT_OF(web_gui)},
    {.name = "log-proxyd|hpe-restd", .meanings = aos_cx, .count = COUNT_OF(aos_cx)},
    {.name = "vpxd", .meanings = vpxd, .count = COUNT_OF(vpxd)},
    {.name = "vobd", .meanings = vobd, .count = COUNT_OF(vobd)},
};
const struct program_list device_programs = {programs, COUNT_OF(programs)};
