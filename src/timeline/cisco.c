/* cisco.c: the messages of Cisco's devices, by their mnemonic. */
#include "timeline/cisco.h"
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/pattern.h"
#include "timeline/syslog_words.h"
#include "timeline/transport.h"
#include "timeline/zone_word.h"

#define AUTH "authentication"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

/* "System Message Guide" of IOS, "NX-OS System Messages Reference": each behind its mnemonic. A
 * name that a client chose may look like more brackets. */
static const struct meaning ios[] = {
    {"LOGIN_FAILED: Login failed [user: {user.name:most}] [Source: {source.ip:host}] [localport: "
     "{destination.port:n}] [Reason: {event.reason:any}]{_:rest}",
     "login", AUTH, NO},
    {"LOGIN_FAILED: Login failed [user: {user.name:most}] [Source: {source.ip:host}]{_:rest}",
     "login", AUTH, NO},
    {"LOGIN_SUCCESS: Login Success [user: {user.name:most}] [Source: {source.ip:host}] [localport: "
     "{destination.port:n}]{_:rest}",
     "login", AUTH, YES},
    {"LOGIN_SUCCESS: Login Success [user: {user.name:most}] [Source: {source.ip:host}]{_:rest}",
     "login", AUTH, YES},
    {"SSH2_USERAUTH: User '{user.name:most}' authentication for SSH2 Session from {source.ip:ip} "
     "(tty = {_:n}) {_:any} Succeeded",
     "login", AUTH, YES},
    {"SSH2_USERAUTH: User '{user.name:most}' authentication for SSH2 Session from {source.ip:ip} "
     "(tty = {_:n}) {_:any} Failed",
     "login", AUTH, NO},
    {"SSH2_SESSION: SSH2 Session request from {source.ip:ip} (tty = {_:n}) {_:any} Succeeded",
     "connection", NETWORK, YES},
    {"SSH2_SESSION: SSH2 Session request from {source.ip:ip} (tty = {_:n}) {_:any} Failed",
     "connection", NETWORK, NO},
    {"LOGOUT: User {user.name} has exited tty session {_:n}({source.ip:ip})", "logout", "session",
     YES},
    {"CONFIG_I: Configured from {_} by {user.name} on {_} ({source.ip:ip})", "configuration-change",
     "configuration", YES},
    {"CONFIG_I: Configured from {_} by {user.name} on {_:rest}", "configuration-change",
     "configuration", YES},
    {"CONFIG_I: Configured from {_} by {_} ({source.ip:ip})", "configuration-change",
     "configuration", YES},
    {"CONFIG_I: Configured from {_:rest}", "configuration-change", "configuration", YES},
    {"VSHD_SYSLOG_CONFIG_I: Configured from vty by {user.name} on {source.ip:ip}@{_:rest}",
     "configuration-change", "configuration", YES},
    {"CFGLOG_LOGGEDCMD: User:{user.name} {_:any}logged command:{process.command_line:rest}",
     "command", "configuration", YES},
    {"RELOAD: Reload requested by {user.name} on {_} ({source.ip:ip}).{event.reason:rest}",
     "reboot", "host", MAYBE},
    {"RELOAD: Reload requested {event.reason:rest}", "reboot", "host", MAYBE},
    {"RESTART: System restarted --{_:rest}", "boot", "host", YES},
    {"UPDOWN: Interface {device.id:any}, changed state to down", "network-fault", NETWORK, NO},
    {"UPDOWN: Line protocol on Interface {device.id:any}, changed state to down", "network-fault",
     NETWORK, NO},
    {"UPDOWN: Interface {device.id:any}, changed state to up", "link-up", NETWORK, YES},
    {"UPDOWN: Line protocol on Interface {device.id:any}, changed state to up", "link-up", NETWORK,
     YES},
    {"CHANGED: Interface {device.id:any}, changed state to administratively down", "link-disable",
     NETWORK, YES},
    {"IF_DOWN_{_}: Interface {device.id} is down ({event.reason:any})", "network-fault", NETWORK,
     NO},
    {"IF_UP: Interface {device.id} is up{_:rest}", "link-up", NETWORK, YES},
    {"IPACCESSLOGP: list {rule.name} denied {network.transport} "
     "{source.ip:ip}({source.port:n}){_:any} -> {destination.ip:ip}({destination.port:n}), "
     "{_:rest}",
     "firewall-deny", NETWORK, NO},
    {"IPACCESSLOGP: list {rule.name} permitted {network.transport} "
     "{source.ip:ip}({source.port:n}){_:any} -> {destination.ip:ip}({destination.port:n}), "
     "{_:rest}",
     "firewall-allow", NETWORK, YES},
    {"IPACCESSLOGDP: list {rule.name} denied {network.transport} {source.ip:ip}{_:any} -> "
     "{destination.ip:ip} ({_}), {_:rest}",
     "firewall-deny", NETWORK, NO},
    {"IPACCESSLOGDP: list {rule.name} permitted {network.transport} {source.ip:ip}{_:any} -> "
     "{destination.ip:ip} ({_}), {_:rest}",
     "firewall-allow", NETWORK, YES},
    {"IPACCESSLOGNP: list {rule.name} denied {_:n} {source.ip:ip}{_:any} -> {destination.ip:ip}, "
     "{_:rest}",
     "firewall-deny", NETWORK, NO},
    {"IPACCESSLOGS: list {rule.name} denied {source.ip:ip} {_:rest}", "firewall-deny", NETWORK, NO},
    {"IPACCESSLOGS: list {rule.name} permitted {source.ip:ip} {_:rest}", "firewall-allow", NETWORK,
     YES},
};

/* "Cisco Secure Firewall ASA Series Syslog Messages": the mnemonic is a number. */
/* The interface of less security is named first: of what was built outbound that of the target.
 * Which end asked for what is torn down nobody says. */
#define FLOWS(number)                                                                              \
    {number ": Built inbound {network.transport} connection {_:n} for "                            \
            "{_:any}:{source.ip:ip}/{source.port:n}{_:any} to "                                    \
            "{_:any}:{destination.ip:ip}/{destination.port:n} {_:rest}",                           \
     "connection", NETWORK, YES},                                                                  \
    {                                                                                              \
        number ": Built outbound {network.transport} connection {_:n} for "                        \
               "{_:any}:{destination.ip:ip}/{destination.port:n}{_:any} to "                       \
               "{_:any}:{source.ip:ip}/{source.port:n} {_:rest}",                                  \
            "connection", NETWORK, YES                                                             \
    }
#define TEARDOWN(number)                                                                           \
    {number ": Teardown {network.transport} connection {_:n} for "                                 \
            "{_:any}:{related.ip:ip}/{_:n}{_:any} to {_:any}:{related.ip:ip}/{_:n}{_:any} "        \
            "duration {_} bytes {network.bytes:n} {event.reason:rest}",                            \
     "connection-end", NETWORK, MAYBE},                                                            \
    {                                                                                              \
        number ": Teardown {network.transport} connection {_:n} for "                              \
               "{_:any}:{related.ip:ip}/{_:n}{_:any} to {_:any}:{related.ip:ip}/{_:n}{_:any} "     \
               "duration {_} bytes {network.bytes:n}",                                             \
            "connection-end", NETWORK, MAYBE                                                       \
    }
static const struct meaning asa[] = {
    {"605004: Login denied from {source.ip:ip}/{source.port} to {_:any}:{destination.ip:ip}/{_} "
     "for "
     "user \"{user.name:any}\"",
     "login", AUTH, NO},
    {"605005: Login permitted from {source.ip:ip}/{source.port} to {_:any}:{destination.ip:ip}/{_} "
     "for user \"{user.name:any}\"",
     "login", AUTH, YES},
    {"611101: User authentication succeeded: IP address: {source.ip:ip}, Uname: {user.name:rest}",
     "login", AUTH, YES},
    {"611102: User authentication failed: IP address: {source.ip:ip}, Uname: {user.name:rest}",
     "login", AUTH, NO},
    {"113004: AAA user authentication Successful : server = {_:any} : user = {user.name:rest}",
     "login", AUTH, YES},
    {"113005: AAA user authentication Rejected : reason = {event.reason:any} : server = {_:any} : "
     "user = {user.name:most} : user IP = {source.ip:ip}",
     "login", AUTH, NO},
    {"113015: AAA user authentication Rejected : reason = {event.reason:any} : local database : "
     "user = {user.name:most} : user IP = {source.ip:ip}",
     "login", AUTH, NO},
    {"113012: AAA user authentication Successful : local database : user = {user.name:rest}",
     "login", AUTH, YES},
    {"113019: Group = {group.name:any}, Username = {user.name:most}, IP = {source.ip:ip}, Session "
     "disconnected. {event.reason:rest}",
     "session-close", "session", MAYBE},
    {"716001: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> WebVPN session "
     "started.",
     "session-open", "session", YES},
    {"716002: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> WebVPN session "
     "terminated: {event.reason:rest}",
     "session-close", "session", MAYBE},
    {"716038: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> Authentication: "
     "successful, {_:rest}",
     "login", AUTH, YES},
    {"716039: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> Authentication: "
     "rejected, {_:rest}",
     "login", AUTH, NO},
    {"722022: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> "
     "{event.reason:rest}",
     "connection", NETWORK, YES},
    {"722051: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> IPv4 Address "
     "<{client.ip:ip}> {_:rest}",
     "vpn-address", NETWORK, YES},
    {"113039: Group <{group.name:any}> User <{user.name:any}> IP <{source.ip:ip}> "
     "{event.reason:rest}",
     "session-open", "session", YES},
    {"111008: User '{user.name:any}' executed the '{process.command_line:any}' command.", "command",
     "configuration", YES},
    {"111010: User '{user.name:any}', running '{_:any}' from IP {source.ip:ip}, executed "
     "'{process.command_line:any}'",
     "command", "configuration", YES},
    {"106001: Inbound TCP connection denied from {source.ip:ip}/{source.port:n} to "
     "{destination.ip:ip}/{destination.port:n} flags {_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106023: Deny {network.transport} src {_:any}:{source.ip:ip}/{source.port:n}{_:any} dst "
     "{_:any}:{destination.ip:ip}/{destination.port:n}{_:any} by access-group "
     "\"{rule.name:any}\"{_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106023: Deny {network.transport} src {_:any}:{source.ip:ip} dst {_:any}:{destination.ip:ip} "
     "{_:any}by access-group \"{rule.name:any}\"{_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106100: access-list {rule.name} denied {network.transport} "
     "{_}/{source.ip:ip}({source.port:n})"
     "{_:any} -> {_}/{destination.ip:ip}({destination.port:n}){_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106100: access-list {rule.name} permitted {network.transport} "
     "{_}/{source.ip:ip}({source.port:n}){_:any} -> {_}/{destination.ip:ip}({destination.port:n})"
     "{_:rest}",
     "firewall-allow", NETWORK, YES},
    FLOWS("302013"),
    FLOWS("302015"),
    TEARDOWN("302014"),
    TEARDOWN("302016"),
    {"302020: Built inbound ICMP connection for faddr {source.ip:ip}/{_:any} gaddr {_:any} laddr "
     "{destination.ip:ip}/{_:rest}",
     "connection", NETWORK, YES},
    {"302020: Built outbound ICMP connection for faddr {destination.ip:ip}/{_:any} gaddr {_:any} "
     "laddr {source.ip:ip}/{_:rest}",
     "connection", NETWORK, YES},
    {"302021: Teardown ICMP connection for faddr {related.ip:ip}/{_:any} gaddr {_:any} laddr "
     "{related.ip:ip}/{_:rest}",
     "connection-end", NETWORK, MAYBE},
    {"305011: Built {_} {network.transport} translation from {_:any}:{source.ip:ip}/{source.port:n}"
     "{_:any} to {_:any}:{source.nat.ip:ip}/{source.nat.port:n}",
     "address-translation", NETWORK, YES},
    {"106006: Deny inbound {network.transport} from {source.ip:ip}/{source.port:n} to "
     "{destination.ip:ip}/{destination.port:n} on interface {observer.ingress.interface.name}",
     "firewall-deny", NETWORK, NO},
    {"106007: Deny inbound {network.transport} from {source.ip:ip}/{source.port:n} to "
     "{destination.ip:ip}/{destination.port:n} due to {event.reason:rest}",
     "firewall-deny", NETWORK, NO},
    {"106010: Deny inbound {network.transport} src {_:any}:{source.ip:ip}/{source.port:n} dst "
     "{_:any}:{destination.ip:ip}/{destination.port:n}",
     "firewall-deny", NETWORK, NO},
    {"106014: Deny inbound {network.transport} src {_:any}:{source.ip:ip} dst "
     "{_:any}:{destination.ip:ip} {_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106015: Deny {network.transport} ({event.reason:any}) from {source.ip:ip}/{source.port:n} to "
     "{destination.ip:ip}/{destination.port:n} {_:rest}",
     "firewall-deny", NETWORK, NO},
    {"106021: Deny {network.transport} reverse path check from {source.ip:ip} to "
     "{destination.ip:ip} on interface {observer.ingress.interface.name}",
     "firewall-deny", NETWORK, NO},
    {"313001: Denied {network.transport} type={_:any} from {source.ip:ip} on interface "
     "{observer.ingress.interface.name}",
     "firewall-deny", NETWORK, NO},
    {"710002: {network.transport} access permitted from {source.ip:ip}/{source.port} to "
     "{_:any}:{destination.ip:ip}/{_}",
     "firewall-allow", NETWORK, YES},
    {"710003: {network.transport} access denied by ACL from {source.ip:ip}/{source.port} to "
     "{_:any}:{destination.ip:ip}/{_}",
     "firewall-deny", NETWORK, NO},
    {"710005: {network.transport} request discarded from {source.ip:ip}/{source.port} to "
     "{_:any}:{destination.ip:ip}/{_}",
     "firewall-deny", NETWORK, NO},
    {"109005: Authentication succeeded for user '{user.name:any}' from "
     "{source.ip:ip}/{source.port:n} to {destination.ip:ip}/{destination.port:n} {_:rest}",
     "login", AUTH, YES},
    {"109006: Authentication failed for user '{user.name:any}' from "
     "{source.ip:ip}/{source.port:n} to {destination.ip:ip}/{destination.port:n} {_:rest}",
     "login", AUTH, NO},
    {"315011: SSH session from {source.ip:ip} on interface {_:any} for user \"{user.name:any}\" "
     "{event.reason:rest}",
     "session-close", "session", MAYBE},
    {"611103: User logged out: Uname: {user.name:rest}", "logout", "session", MAYBE},
    {"111009: User '{user.name:any}' executed cmd: {process.command_line:rest}", "command",
     "configuration", YES},
    {"502101: New user added to local dbase: Uname: {user.target.name:most} Priv: {_:rest}",
     "user-create", "iam", YES},
    {"502102: User deleted from local dbase: Uname: {user.target.name:most} Priv: {_:rest}",
     "user-delete", "iam", YES},
    {"411001: Line protocol on Interface {device.id:any}, changed state to up", "link-up", NETWORK,
     YES},
    {"411002: Line protocol on Interface {device.id:any}, changed state to down", "network-fault",
     NETWORK, NO},
};

static const struct program programs[] = {
    {.name = "cisco-ios", .meanings = ios, .count = COUNT_OF(ios)},
    {.name = "cisco-asa", .meanings = asa, .count = COUNT_OF(asa)},
};
const struct program_list cisco_programs = {programs, COUNT_OF(programs)};

enum { FRONT_WORDS_MOST = 3, NAME_MOST = 64, STAMP_SIZE = 160 };

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static struct str name_at(struct str s)
{
    size_t len = 0;

    while (len < s.len && len < NAME_MOST && is_name_char(s.p[len]))
        len++;
    return str_head(s, len);
}

static bool is_number(struct str s)
{
    uint64_t n;

    return s.len && str_u64(s, &n);
}

bool cisco_front(struct str *rest, struct str *host)
{
    struct str at = *rest, name, found = STR("");

    for (unsigned i = 0; i < FRONT_WORDS_MOST; i++) {
        struct str after = at;

        name = name_at(after);
        after = str_from(after, name.len);
        if (!str_take(&after, ": "))
            break;
        if (name.len && !is_number(name))
            found = name;
        at = after;
    }
    if (!str_take(&at, "*"))
        (void)str_take(&at, ".");
    if (at.p == rest->p)
        return false;
    *host = found;
    *rest = at;
    return true;
}

/* A message in its parts. */
struct message {
    struct str code; /* SEC_LOGIN-4-LOGIN_FAILED */
    char severity;
    struct str rest; /* from the mnemonic on */
};

/* "%FACILITY-SEVERITY-MNEMONIC: ", the facility with a subfacility of its own or none. */
static bool take_message(struct str s, struct message *out)
{
    struct str code, after;

    (void)str_take(&s, ": "); /* ASA, where a host is named */
    if (!str_take(&s, "%"))
        return false;
    code = name_at(s);
    after = str_from(s, code.len);
    if (!str_starts(after, ":"))
        return false;
    for (size_t i = 1; i + 3 < code.len; i++)
        if (code.p[i] == '-' && code.p[i + 1] >= '0' && code.p[i + 1] <= '7' &&
            code.p[i + 2] == '-') {
            *out = (struct message){code, code.p[i + 1], str_from(s, i + 3)};
            return true;
        }
    return false;
}

/* Its own front and time may stand before it, which a collector left there. */
static bool find_message(struct str s, struct message *out)
{
    struct str head = str_head(s, STAMP_SIZE), at = s, host, word;
    struct stated time;

    if (take_message(s, out))
        return true;
    if (!memchr(head.p, '%', head.len) || !memmem(head.p, head.len, ": %", 3))
        return false;
    (void)cisco_front(&at, &host);
    if (!when_bsd(&at, &time))
        return false;
    (void)zone_word_take(&at, &time, &word);
    return str_take(&at, ": ") && take_message(at, out);
}

bool cisco_is_message(struct str s)
{
    struct message m;

    return find_message(s, &m);
}

bool cisco_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct message m;

    if (!find_message(sentence, &m))
        return false;
    if (event_value(e, FIELD_LOG_LEVEL).len == 0)
        event_puts(e, FIELD_LOG_LEVEL, syslog_levels[m.severity - '0']);
    event_put(e, FIELD_EVENT_CODE, m.code);
    event_put(e, FIELD_EVENT_PROVIDER, STR("cisco"));
    if (str_starts(m.rest, "43000") && appliance_understand(r, str_from(m.rest, 8), e))
        return true;
    (void)pattern_match(r->patterns,
                        str_starts(m.code, "ASA-") || str_starts(m.code, "FTD-") ? STR("cisco-asa")
                                                                                 : STR("cisco-ios"),
                        m.rest, e);
    transport_spell(e);
    return true;
}
