/* appliance_tables.c: the appliances whose messages are named values. */
#include "timeline/appliance.h"
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define ALLOW "firewall-allow", "network", "success"
#define DENY "firewall-deny", "network", "failure"
#define LOGIN "login", "authentication", "success"
#define LOGIN_FAILED "login", "authentication", "failure"
#define LOGOUT "logout", "session", "success"

/* "SonicOS Log Events Reference Guide", "Index of Syslog Tag Field Descriptions". */
static const struct appliance_key sonicwall_keys[] = {
    {"src", NULL, AS_SOURCE},
    {"dst", NULL, AS_TARGET},
    {"srcV6", "source.ip", AS_ADDRESS},
    {"dstV6", "destination.ip", AS_ADDRESS},
    {"srcMac", "source.mac", AS_TEXT},
    {"dstMac", "destination.mac", AS_TEXT},
    {"usr", "user.name", AS_USER},
    {"proto", "network.transport", AS_TRANSPORT},
    {"sent", "source.bytes", AS_NUMBER},
    {"rcvd", "destination.bytes", AS_NUMBER},
    {"m", "event.code", AS_TEXT},
    {"pri", "log.level", AS_PRIORITY},
    {"fw", "observer.ip", AS_ADDRESS},
    {"sn", "observer.serial_number", AS_TEXT},
    {"rule", "rule.name", AS_TEXT},
    {"dstname", "url.domain", AS_TEXT},
    {"note", "event.reason", AS_TEXT},
};
/* The number of a message and words of it agree; what became of a packet newer versions say. */
static const struct appliance_meaning sonicwall_meanings[] = {
    {{{"fw_action", "drop"}}, DENY},
    {{{"m", "29"}, {"msg", "~login allowed"}}, LOGIN},
    {{{"m", "30"}, {"msg", "~login denied"}}, LOGIN_FAILED},
    {{{"m", "31"}, {"msg", "~login"}, {"msg", "~allowed"}}, LOGIN},
    {{{"m", "32"}, {"msg", "~login denied"}}, LOGIN_FAILED},
    {{{"m", "33"}, {"msg", "~login denied"}}, LOGIN_FAILED},
    {{{"m", "35"}, {"msg", "~login denied"}}, LOGIN_FAILED},
    {{{"m", "237"}, {"msg", "~login allowed"}}, LOGIN},
    {{{"m", "238"}, {"msg", "~login allowed"}}, LOGIN},
    {{{"m", "1080"}, {"msg", "~login allowed"}}, LOGIN},
    {{{"msg", "User login successful"}, {"usr", "*"}}, LOGIN},
    {{{"msg", "User login failed"}, {"usr", "*"}}, LOGIN_FAILED},
    {{{"m", "36"}, {"msg", "~dropped"}}, DENY},
    {{{"m", "37"}, {"msg", "~dropped"}}, DENY},
    {{{"m", "38"}, {"msg", "~dropped"}}, DENY},
    {{{"m", "14"}, {"msg", "~denied"}}, DENY},
    {{{"m", "98"}, {"msg", "Connection Opened"}}, ALLOW},
    {{{"m", "537"}, {"msg", "Connection Closed"}}, "connection-end", "network", NULL},
    {{{"m", "82"}, {"msg", "~port scan"}}, "port-scan", "intrusion_detection", NULL},
    {{{"m", "83"}, {"msg", "~port scan"}}, "port-scan", "intrusion_detection", NULL},
    {{{"fw_action", "forward"}}, ALLOW},
};

/* "Stormshield Network Security, Description of audit logs": WELF, as SonicWall's is. */
static const struct appliance_key stormshield_keys[] = {
    {"src", "source.ip", AS_ADDRESS},
    {"srcport", "source.port", AS_NUMBER},
    {"dst", "destination.ip", AS_ADDRESS},
    {"dstport", "destination.port", AS_NUMBER},
    {"srcif", "observer.ingress.interface.name", AS_TEXT},
    {"dstif", "observer.egress.interface.name", AS_TEXT},
    {"ipproto", "network.transport", AS_TRANSPORT},
    {"user", "user.name", AS_USER},
    {"fw", "host.name", AS_HOST},
    {"pri", "log.level", AS_PRIORITY},
    {"ruleid", "rule.id", AS_TEXT},
    {"rulename", "rule.name", AS_TEXT},
    {"sent", "source.bytes", AS_NUMBER},
    {"rcvd", "destination.bytes", AS_NUMBER},
};
static const struct appliance_meaning stormshield_meanings[] = {
    {{{"action", "pass"}, {"logtype", "*"}}, ALLOW},
    {{{"action", "block"}, {"logtype", "*"}}, DENY},
    {{{"logtype", "auth"}, {"msg", "~logged in"}}, LOGIN},
    {{{"logtype", "auth"}, {"msg", "~failed"}}, LOGIN_FAILED},
};

/* "Sophos Firewall: Syslog guide": the device format, and before version 18 the old one. */
static const struct appliance_key sophos_keys[] = {
    {"src_ip", "source.ip", AS_ADDRESS},
    {"src_port", "source.port", AS_NUMBER},
    {"dst_ip", "destination.ip", AS_ADDRESS},
    {"dst_port", "destination.port", AS_NUMBER},
    {"src_mac", "source.mac", AS_TEXT},
    {"protocol", "network.transport", AS_TRANSPORT},
    {"user_name", "user.name", AS_USER},
    {"user", "user.name", AS_USER},
    {"log_id", "event.code", AS_TEXT},
    {"severity", "log.level", AS_LEVEL},
    {"priority", "log.level", AS_LEVEL},
    {"fw_rule_id", "rule.id", AS_TEXT},
    {"fw_rule_name", "rule.name", AS_TEXT},
    {"signature_msg", "rule.name", AS_TEXT},
    {"in_interface", "observer.ingress.interface.name", AS_TEXT},
    {"out_interface", "observer.egress.interface.name", AS_TEXT},
    {"url", "url.original", AS_TEXT},
    {"domain", "url.domain", AS_TEXT},
    {"user_agent", "user_agent.original", AS_TEXT},
    {"bytes_sent", "source.bytes", AS_NUMBER},
    {"bytes_received", "destination.bytes", AS_NUMBER},
    {"sent_bytes", "source.bytes", AS_NUMBER},
    {"recv_bytes", "destination.bytes", AS_NUMBER},
    {"reason", "event.reason", AS_TEXT},
    {"device_id", "observer.serial_number", AS_TEXT},
    {"device_serial_id", "observer.serial_number", AS_TEXT},
};
static const struct appliance_meaning sophos_meanings[] = {
    {{{"log_type", "Firewall"}, {"log_subtype", "Allowed"}}, ALLOW},
    {{{"log_type", "Firewall"}, {"log_subtype", "Denied"}}, DENY},
    {{{"log_type", "Content Filtering"}, {"log_subtype", "Allowed"}}, ALLOW},
    {{{"log_type", "Content Filtering"}, {"log_subtype", "Denied"}}, DENY},
    {{{"log_type", "IDP"}, {"log_subtype", "Drop"}}, DENY},
    {{{"log_type", "IDP"}, {"log_subtype", "Detect"}}, "alert", "intrusion_detection", NULL},
    {{{"log_type", "Event"}, {"log_subtype", "Authentication"}, {"message", "~logged out"}},
     LOGOUT},
    {{{"log_type", "Event"}, {"log_subtype", "Authentication"}, {"status", "Successful"}}, LOGIN},
    {{{"log_type", "Event"}, {"log_subtype", "Authentication"}, {"status", "Failed"}},
     LOGIN_FAILED},
    {{{"log_subtype", "Admin"}, {"status", "Successful"}, {"message", "~logged in"}}, LOGIN},
    {{{"log_subtype", "Admin"}, {"status", "Failed"}, {"message", "~log in"}}, LOGIN_FAILED},
    {{{"log_subtype", "Admin"}, {"status", "Failed"}, {"message", "~login"}}, LOGIN_FAILED},
};

/* "Secure Firewall Threat Defense Syslog Messages", security events: behind "%FTD-1-430003: ". */
static const struct appliance_key ftd_keys[] = {
    {"SrcIP", "source.ip", AS_ADDRESS},
    {"SrcPort", "source.port", AS_NUMBER},
    {"DstIP", "destination.ip", AS_ADDRESS},
    {"DstPort", "destination.port", AS_NUMBER},
    {"Protocol", "network.transport", AS_TRANSPORT},
    {"User", "user.name", AS_USER},
    {"IngressInterface", "observer.ingress.interface.name", AS_TEXT},
    {"EgressInterface", "observer.egress.interface.name", AS_TEXT},
    {"AccessControlRuleName", "rule.name", AS_TEXT},
    {"AccessControlRuleReason", "event.reason", AS_TEXT},
    {"URL", "url.original", AS_TEXT},
    {"UserAgent", "user_agent.original", AS_TEXT},
    {"ApplicationProtocol", "network.protocol", AS_TEXT},
    {"InitiatorBytes", "source.bytes", AS_NUMBER},
    {"ResponderBytes", "destination.bytes", AS_NUMBER},
    {"FileName", "file.name", AS_TEXT},
    {"FileSHA256", "file.hash.sha256", AS_TEXT},
};
static const struct appliance_meaning ftd_meanings[] = {
    {{{"AccessControlRuleAction", "Allow"}}, ALLOW},
    {{{"AccessControlRuleAction", "Trust"}}, ALLOW},
    {{{"AccessControlRuleAction", "~Block"}}, DENY},
    {{{"InlineResult", "Blocked"}, {"Classification", "*"}}, DENY},
    {{{"Classification", "*"}, {"Message", "*"}}, "alert", "intrusion_detection", NULL},
};

/* Synology's Log Center, of files: "WinFileService Event: delete, Path: /x, …". */
static const struct appliance_key synology_keys[] = {
    {"Path", "file.path", AS_TEXT},
    {"User", "user.name", AS_USER},
    {"IP", "source.ip", AS_ADDRESS},
};
#define SYNOLOGY_FILES(verb, action)                                                               \
    {                                                                                              \
        {{"WinFileService Event", verb}, {"User", "*"}}, action, "file", "success"                 \
    }
static const struct appliance_meaning synology_meanings[] = {
    SYNOLOGY_FILES("delete", "file-delete"), SYNOLOGY_FILES("write", "file-write"),
    SYNOLOGY_FILES("read", "file-read"),     SYNOLOGY_FILES("create", "file-create"),
    SYNOLOGY_FILES("rename", "file-rename"), SYNOLOGY_FILES("move", "file-rename"),
};

/* QNAP's QuLog: behind "qulogd[7]: conn log: " and "event log: ". */
static const struct appliance_key qnap_keys[] = {
    {"Users", "user.name", AS_USER},
    {"Source IP", "source.ip", AS_ADDRESS},
    {"Computer name", "source.domain", AS_TEXT},
    {"Connection type", "network.protocol", AS_TEXT},
    {"Accessed resources", "file.path", AS_TEXT},
    {"Application", "service.name", AS_TEXT},
};
static const struct appliance_meaning qnap_meanings[] = {
    {{{"Connection type", "*"}, {"Action", "~Login Fail"}}, LOGIN_FAILED},
    {{{"Connection type", "*"}, {"Action", "~Login Success"}}, LOGIN},
    {{{"Connection type", "*"}, {"Action", "Login OK"}}, LOGIN},
    {{{"Connection type", "*"}, {"Action", "~Logout"}}, LOGOUT},
    {{{"Connection type", "*"}, {"Action", "~Delete"}}, "file-delete", "file", "success"},
    {{{"Connection type", "*"}, {"Action", "~Write"}}, "file-write", "file", "success"},
    {{{"Connection type", "*"}, {"Action", "~Read"}}, "file-read", "file", "success"},
    {{{"Content", "~ailed to log in"}, {"Users", "*"}}, LOGIN_FAILED},
};

/* "PAN-OS Administrator's Guide", "Syslog Field Descriptions": columns of each type, from the one
 * of the time of receipt; those without a name here say nothing or are for the future. */
#define PANOS_BEGIN "receive_time", "serial", "type", "subtype", "", "time_generated"
#define PANOS_TRAFFIC                                                                              \
    PANOS_BEGIN, "src", "dst", "natsrc", "natdst", "rule", "srcuser", "dstuser", "app", "vsys",    \
        "from", "to", "inbound_if", "outbound_if", "logset", "", "sessionid", "repeatcnt",         \
        "sport", "dport", "natsport", "natdport", "flags", "proto", "action"
static const char *const traffic_columns[] = {PANOS_TRAFFIC,
                                              "bytes",
                                              "bytes_sent",
                                              "bytes_received",
                                              "packets",
                                              "start",
                                              "elapsed",
                                              "category",
                                              "",
                                              "seqno",
                                              "actionflags",
                                              "srcloc",
                                              "dstloc",
                                              "",
                                              "pkts_sent",
                                              "pkts_received",
                                              "session_end_reason",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "vsys_name",
                                              "device_name",
                                              "action_source"};
static const char *const threat_columns[] = {PANOS_TRAFFIC,
                                             "misc",
                                             "threatid",
                                             "category",
                                             "severity",
                                             "direction",
                                             "seqno",
                                             "actionflags",
                                             "srcloc",
                                             "dstloc",
                                             "",
                                             "contenttype",
                                             "pcap_id",
                                             "filedigest",
                                             "cloud",
                                             "url_idx",
                                             "user_agent",
                                             "filetype",
                                             "xff",
                                             "referer",
                                             "sender",
                                             "subject",
                                             "recipient",
                                             "reportid",
                                             "",
                                             "",
                                             "",
                                             "",
                                             "vsys_name",
                                             "device_name"};
static const char *const system_columns[] = {
    PANOS_BEGIN, "vsys",        "eventid",    "object",      "", "", "module",
    "severity",  "description", "seqno",      "actionflags", "", "", "",
    "",          "vsys_name",   "device_name"};
static const char *const config_columns[] = {PANOS_BEGIN, "host",   "vsys",   "cmd",
                                             "admin",     "client", "result", "path"};
static const char *const globalprotect_columns[] = {
    PANOS_BEGIN,      "vsys",       "eventid",       "stage",       "auth_method",
    "tunnel_type",    "srcuser",    "srcregion",     "machinename", "public_ip",
    "public_ipv6",    "private_ip", "private_ipv6",  "hostid",      "serialnumber",
    "client_ver",     "client_os",  "client_os_ver", "repeatcnt",   "reason",
    "error",          "opaque",     "status",        "location",    "login_duration",
    "connect_method", "error_code", "portal",        "seqno",       "actionflags"};
static const char *const userid_columns[] = {
    PANOS_BEGIN, "vsys",    "ip",        "user",    "datasourcename", "eventid",
    "repeatcnt", "timeout", "beginport", "endport", "datasource",     "datasourcetype"};

static const struct appliance_key panos_keys[] = {
    {"src", "source.ip", AS_ADDRESS},
    {"dst", "destination.ip", AS_ADDRESS},
    {"sport", "source.port", AS_NUMBER},
    {"dport", "destination.port", AS_NUMBER},
    {"proto", "network.transport", AS_TRANSPORT},
    {"srcuser", "user.name", AS_USER},
    {"admin", "user.name", AS_USER},
    {"user", "user.name", AS_USER},
    {"host", "source.ip", AS_ADDRESS},
    {"ip", "source.ip", AS_ADDRESS},
    {"public_ip", "source.ip", AS_ADDRESS},
    {"rule", "rule.name", AS_TEXT},
    {"app", "network.application", AS_TEXT},
    {"inbound_if", "observer.ingress.interface.name", AS_TEXT},
    {"outbound_if", "observer.egress.interface.name", AS_TEXT},
    {"bytes_sent", "source.bytes", AS_NUMBER},
    {"bytes_received", "destination.bytes", AS_NUMBER},
    {"bytes", "network.bytes", AS_NUMBER},
    {"severity", "log.level", AS_LEVEL},
    {"serial", "observer.serial_number", AS_TEXT},
    {"device_name", "host.name", AS_HOST},
    {"session_end_reason", "event.reason", AS_TEXT},
    {"error", "event.reason", AS_TEXT},
    {"eventid", "event.code", AS_TEXT},
    {"machinename", "source.domain", AS_TEXT},
    {"user_agent", "user_agent.original", AS_TEXT},
    {"cmd", "event.action", AS_TEXT},
};
/* What a rule of the firewall, or of a profile that looks for threats, did. */
static const struct appliance_meaning panos_meanings[] = {
    {{{"type", "TRAFFIC"}, {"action", "allow"}}, ALLOW},
    {{{"type", "TRAFFIC"}, {"action", "~deny"}}, DENY},
    {{{"type", "TRAFFIC"}, {"action", "~drop"}}, DENY},
    {{{"type", "TRAFFIC"}, {"action", "~reset"}}, DENY},
    {{{"type", "THREAT"}, {"subtype", "url"}, {"action", "~block"}}, DENY},
    {{{"type", "THREAT"}, {"subtype", "url"}}, "url-access", "network", NULL},
    {{{"type", "THREAT"}, {"action", "~drop"}}, "alert", "intrusion_detection", "failure"},
    {{{"type", "THREAT"}, {"action", "~reset"}}, "alert", "intrusion_detection", "failure"},
    {{{"type", "THREAT"}, {"action", "~block"}}, "alert", "intrusion_detection", "failure"},
    {{{"type", "THREAT"}, {"action", "*"}}, "alert", "intrusion_detection", NULL},
    {{{"type", "CONFIG"}, {"result", "Succeeded"}}, NULL, "configuration", "success"},
    {{{"type", "CONFIG"}, {"result", "Failed"}}, NULL, "configuration", "failure"},
    {{{"type", "CONFIG"}, {"result", "Unauthorized"}}, NULL, "configuration", "failure"},
    {{{"type", "CONFIG"}}, NULL, "configuration", NULL},
    {{{"type", "GLOBALPROTECT"}, {"eventid", "~-auth"}, {"status", "success"}}, LOGIN},
    {{{"type", "GLOBALPROTECT"}, {"eventid", "~-auth"}, {"status", "failure"}}, LOGIN_FAILED},
    {{{"type", "GLOBALPROTECT"}, {"eventid", "gateway-connected"}, {"status", "success"}},
     "session-open",
     "session",
     "success"},
    {{{"type", "GLOBALPROTECT"}, {"eventid", "gateway-logout"}, {"status", "success"}}, LOGOUT},
    {{{"type", "GLOBALPROTECT"}, {"status", "success"}}, NULL, NULL, "success"},
    {{{"type", "GLOBALPROTECT"}, {"status", "failure"}}, NULL, NULL, "failure"},
    {{{"type", "USERID"}, {"subtype", "login"}}, "user-mapping", "session", NULL},
};

/* "ZyWALL USG Series, User's Guide", "Log Descriptions"; what is logged as syslog. */
static const struct appliance_key zyxel_keys[] = {
    {"src", NULL, AS_SOURCE},         {"dst", NULL, AS_TARGET},
    {"user", "user.name", AS_USER},   {"devID", "observer.serial_number", AS_TEXT},
    {"msg", "event.reason", AS_TEXT},
};
static const struct appliance_meaning zyxel_meanings[] = {
    {{{"cat", "User"}, {"msg", "~has logged in "}, {"note", "~Account: "}}, LOGIN},
    {{{"cat", "User"}, {"msg", "~has logged out "}}, LOGOUT},
    {{{"cat", "User"}, {"msg", "~Failed login attempt"}}, LOGIN_FAILED},
    {{{"note", "ACCESS BLOCK"}, {"dst", "*"}}, DENY},
    {{{"note", "ACCESS DROP"}, {"dst", "*"}}, DENY},
    {{{"note", "ACCESS REJECT"}, {"dst", "*"}}, DENY},
    {{{"note", "ACCESS FORWARD"}, {"dst", "*"}}, ALLOW},
};

/* Sophos UTM (Astaro): its log files, and what it sends on. */
static const struct appliance_key utm_keys[] = {
    {"srcip", "source.ip", AS_ADDRESS},
    {"srcport", "source.port", AS_NUMBER},
    {"dstip", "destination.ip", AS_ADDRESS},
    {"dstport", "destination.port", AS_NUMBER},
    {"srcmac", "source.mac", AS_TEXT},
    {"dstmac", "destination.mac", AS_TEXT},
    {"proto", "network.transport", AS_TRANSPORT},
    {"user", "user.name", AS_USER},
    {"username", "user.name", AS_USER},
    {"id", "event.code", AS_TEXT},
    {"severity", "log.level", AS_LEVEL},
    {"fwrule", "rule.id", AS_TEXT},
    {"initf", "observer.ingress.interface.name", AS_TEXT},
    {"outitf", "observer.egress.interface.name", AS_TEXT},
    {"caller", "service.name", AS_TEXT},
    {"reason", "event.reason", AS_TEXT},
    {"method", "http.request.method", AS_TEXT},
    {"statuscode", "http.response.status_code", AS_NUMBER},
    {"url", "url.original", AS_TEXT},
};
static const struct appliance_meaning utm_meanings[] = {
    {{{"sub", "packetfilter"}, {"action", "drop"}}, DENY},
    {{{"sub", "packetfilter"}, {"action", "reject"}}, DENY},
    {{{"sub", "packetfilter"}, {"action", "accept"}}, ALLOW},
    {{{"sub", "auth"}, {"name", "Authentication successful"}, {"user", "*"}}, LOGIN},
    {{{"sub", "auth"}, {"name", "Authentication failed"}}, LOGIN_FAILED},
    {{{"sub", "http"}, {"method", "*"}, {"action", "pass"}}, "http-request", "web", "success"},
    {{{"sub", "http"}, {"method", "*"}, {"action", "block"}}, "http-request", "web", "failure"},
};

#define KEYS(table) .keys = (table), .key_count = COUNT_OF(table)
#define MEANINGS(table) .meanings = (table), .meaning_count = COUNT_OF(table)
#define PANOS(type, names)                                                                         \
    {                                                                                              \
        .name = "panos", .vendor = "Palo Alto Networks", .layout = APPLIANCE_COLUMNS,              \
        .fronts = {type}, .needs = {"time_generated", "serial"}, .time = "time_generated",         \
        KEYS(panos_keys), MEANINGS(panos_meanings), .columns = (names),                            \
        .column_count = COUNT_OF(names), .sentence = "description", .program = PANOS_SYSTEM        \
    }
const struct appliance appliances[] = {
    {.name = "stormshield",
     .vendor = "Stormshield",
     .fronts = {"id=firewall "},
     .needs = {"startime", "fw"},
     .time = "time",
     .zone = "tz",
     KEYS(stormshield_keys),
     MEANINGS(stormshield_meanings)},
    {.name = "sonicwall",
     .vendor = "SonicWall",
     .fronts = {"id="},
     .needs = {"sn", "fw"},
     .time = "time",
     KEYS(sonicwall_keys),
     MEANINGS(sonicwall_meanings)},
    {.name = "sophos",
     .vendor = "Sophos",
     .fronts = {"device_name=\"SFW\" "},
     .needs = {"log_type", "log_subtype"},
     .time = "timestamp",
     KEYS(sophos_keys),
     MEANINGS(sophos_meanings)},
    {.name = "sophos",
     .vendor = "Sophos",
     .fronts = {"device=\"SFW\" "},
     .needs = {"log_type", "log_subtype"},
     .date = "date",
     .time = "time",
     .zone = "timezone",
     KEYS(sophos_keys),
     MEANINGS(sophos_meanings)},
    {.name = "zyxel",
     .vendor = "Zyxel",
     .fronts = {"src=\""},
     .needs = {"devID", "cat"},
     KEYS(zyxel_keys),
     MEANINGS(zyxel_meanings)},
    {.name = "sophos_utm",
     .vendor = "Sophos",
     .fronts = {"id=\""},
     .needs = {"sys", "sub"},
     KEYS(utm_keys),
     MEANINGS(utm_meanings)},
    {.name = "ftd",
     .vendor = "Cisco",
     .layout = APPLIANCE_LABELS,
     .fronts = {"EventPriority: ", "DeviceUUID: ", "SrcIP: "},
     .needs = {"SrcIP", "DstIP"},
     KEYS(ftd_keys),
     MEANINGS(ftd_meanings)},
    {.name = "qnap",
     .vendor = "QNAP",
     .layout = APPLIANCE_LABELS,
     .fronts = {"Users: "},
     .needs = {"Users", "Source IP"},
     KEYS(qnap_keys),
     MEANINGS(qnap_meanings)},
    {.name = "synology",
     .vendor = "Synology",
     .layout = APPLIANCE_LABELS,
     .fronts = {"WinFileService Event: "},
     .needs = {"Path", "User"},
     KEYS(synology_keys),
     MEANINGS(synology_meanings)},
    PANOS("TRAFFIC", traffic_columns),
    PANOS("THREAT", threat_columns),
    PANOS("SYSTEM", system_columns),
    PANOS("CONFIG", config_columns),
    PANOS("GLOBALPROTECT", globalprotect_columns),
    PANOS("USERID", userid_columns),
};
const size_t appliance_count = COUNT_OF(appliances);

/* What the description of a SYSTEM log says. */
static const struct meaning panos_system[] = {
    {"failed authentication for user '{user.name:most}'. Reason: {event.reason:any}. From: "
     "{source.ip:ip}{_:rest}",
     LOGIN_FAILED},
    {"failed authentication for user '{user.name:most}'.  Reason: {event.reason:any}. From: "
     "{source.ip:ip}{_:rest}",
     LOGIN_FAILED},
    {"failed authentication for user '{user.name:most}'. Reason: {event.reason:any}. {_:any}From: "
     "{source.ip:ip}{_:rest}",
     LOGIN_FAILED},
    {"authenticated for user '{user.name:most}'.{_:pad}From: {source.ip:ip}{_:rest}", LOGIN},
    {"authenticated for user '{user.name:most}'.{_:any}From: {source.ip:ip}{_:rest}", LOGIN},
    {"User {user.name:most} logged in via {service.name} from {source.ip:host} using {_:rest}",
     LOGIN},
    {"User {user.name:most} logged in via {service.name} from {source.ip:host}", LOGIN},
    {"User {user.name:most} logged out via {service.name} from {source.ip:host}", LOGOUT},
    {"User {user.name:most} failed authentication.{_:pad}Reason: {event.reason:any} From: "
     "{source.ip:ip}{_:rest}",
     LOGIN_FAILED},
};
static const struct program programs[] = {
    {.name = PANOS_SYSTEM, .meanings = panos_system, .count = COUNT_OF(panos_system)},
};
const struct program_list appliance_programs = {programs, COUNT_OF(programs)};
