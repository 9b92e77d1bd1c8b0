/* evtx_meanings.c: a table of events of Windows by provider and number, as Microsoft documents the
 * security audit events and Sysmon. */
#include "timeline/evtx_meanings.h"
#include "base/mem.h"
#include "timeline/syslog_words.h"
#include "timeline/value_test.h"

#define AUTH "authentication"
#define SECURITY "Microsoft-Windows-Security-Auditing"
#define SYSMON "Microsoft-Windows-Sysmon"
#define EVENTLOG "Microsoft-Windows-Eventlog"
#define SERVICES "Service Control Manager"
#define SESSIONS "Microsoft-Windows-TerminalServices-LocalSessionManager"
#define TASKS "Microsoft-Windows-TaskScheduler"
#define MACHINE_CHECK "Microsoft-Windows-WHEA-Logger"
#define FIREWALL "Microsoft-Windows-Windows Firewall With Advanced Security"
#define DEFENDER "Microsoft-Windows-Windows Defender"
#define YES "success"
#define NO "failure"

enum { MOVES_MOST = 14 };

/* The value of a field that also is one of another name. */
struct move {
    const char *from, *to;
};
#define DATA(name) "winlog.event_data." name

static const struct move logon[] = {{DATA("TargetUserName"), "user.name"},
                                    {DATA("TargetDomainName"), "user.domain"},
                                    {DATA("TargetUserSid"), "user.id"},
                                    {DATA("IpAddress"), "source.ip"},
                                    {DATA("IpPort"), "source.port"},
                                    {DATA("WorkstationName"), "source.domain"},
                                    {DATA("ProcessName"), "process.executable"},
                                    {DATA("SubjectUserName"), "user.effective.name"},
                                    {NULL, NULL}};
static const struct move explicit_logon[] = {{DATA("SubjectUserName"), "user.name"},
                                             {DATA("SubjectDomainName"), "user.domain"},
                                             {DATA("SubjectUserSid"), "user.id"},
                                             {DATA("TargetUserName"), "user.effective.name"},
                                             {DATA("TargetServerName"), "destination.address"},
                                             {DATA("IpAddress"), "source.ip"},
                                             {DATA("IpPort"), "source.port"},
                                             {DATA("ProcessName"), "process.executable"},
                                             {NULL, NULL}};
static const struct move kerberos[] = {
    {DATA("TargetUserName"), "user.name"},  {DATA("TargetDomainName"), "user.domain"},
    {DATA("TargetSid"), "user.id"},         {DATA("ServiceName"), "service.name"},
    {DATA("IpAddress"), "source.ip"},       {DATA("IpPort"), "source.port"},
    {DATA("Workstation"), "source.domain"}, {NULL, NULL}};
static const struct move subject[] = {{DATA("SubjectUserName"), "user.name"},
                                      {DATA("SubjectDomainName"), "user.domain"},
                                      {DATA("SubjectUserSid"), "user.id"},
                                      {DATA("ProcessName"), "process.executable"},
                                      {DATA("ObjectName"), "file.path"},
                                      {DATA("IpAddress"), "source.ip"},
                                      {DATA("IpPort"), "source.port"},
                                      {DATA("ShareName"), "file.share"},
                                      {DATA("RelativeTargetName"), "file.path"},
                                      {DATA("TaskName"), "winlog.task_name"},
                                      {DATA("CallerProcessName"), "process.executable"},
                                      {NULL, NULL}};
static const struct move process[] = {{DATA("SubjectUserName"), "user.name"},
                                      {DATA("SubjectDomainName"), "user.domain"},
                                      {DATA("SubjectUserSid"), "user.id"},
                                      {DATA("TargetUserName"), "user.effective.name"},
                                      {DATA("NewProcessId"), "process.pid"},
                                      {DATA("NewProcessName"), "process.executable"},
                                      {DATA("ProcessName"), "process.executable"},
                                      {DATA("CommandLine"), "process.command_line"},
                                      {DATA("ParentProcessName"), "process.parent.executable"},
                                      {NULL, NULL}};
/* ProcessId is that of the process that made the other one. */
static const struct move process_start[] = {
    {DATA("SubjectUserName"), "user.name"},
    {DATA("SubjectDomainName"), "user.domain"},
    {DATA("SubjectUserSid"), "user.id"},
    {DATA("TargetUserName"), "user.effective.name"},
    {DATA("NewProcessId"), "process.pid"},
    {DATA("NewProcessName"), "process.executable"},
    {DATA("CommandLine"), "process.command_line"},
    {DATA("ProcessId"), "process.parent.pid"},
    {DATA("ParentProcessName"), "process.parent.executable"},
    {NULL, NULL}};
static const struct move account[] = {{DATA("SubjectUserName"), "user.name"},
                                      {DATA("SubjectDomainName"), "user.domain"},
                                      {DATA("SubjectUserSid"), "user.id"},
                                      {DATA("TargetUserName"), "user.target.name"},
                                      {DATA("TargetDomainName"), "user.target.domain"},
                                      {DATA("TargetSid"), "user.target.id"},
                                      {DATA("NewTargetUserName"), "user.changes.name"},
                                      {NULL, NULL}};
/* Of 4740 the target's domain is the computer from which it was locked out. */
static const struct move lockout[] = {{DATA("SubjectUserName"), "user.name"},
                                      {DATA("SubjectDomainName"), "user.domain"},
                                      {DATA("SubjectUserSid"), "user.id"},
                                      {DATA("TargetUserName"), "user.target.name"},
                                      {DATA("TargetSid"), "user.target.id"},
                                      {DATA("TargetDomainName"), "source.domain"},
                                      {NULL, NULL}};
static const struct move reconnect[] = {{DATA("AccountName"), "user.name"},
                                        {DATA("AccountDomain"), "user.domain"},
                                        {DATA("ClientAddress"), "source.ip"},
                                        {DATA("ClientName"), "source.domain"},
                                        {NULL, NULL}};
/* Terminal services: what a session is, and who asked for one. */
static const struct move terminal[] = {
    {"winlog.user_data.User", "user.name"},   {"winlog.user_data.Address", "source.ip"},
    {"winlog.user_data.Param1", "user.name"}, {"winlog.user_data.Param2", "user.domain"},
    {"winlog.user_data.Param3", "source.ip"}, {NULL, NULL}};
static const struct move package[] = {
    {DATA("param1"), "package.name"}, {DATA("param2"), "package.version"}, {NULL, NULL}};
static const struct move device[] = {{DATA("param1"), "file.path"}, {NULL, NULL}};
static const struct move shutdown[] = {
    {DATA("param1"), "process.executable"}, {DATA("param7"), "user.name"}, {NULL, NULL}};
static const struct move faulty[] = {
    {DATA("param1"), "process.name"}, {DATA("AppName"), "process.name"}, {NULL, NULL}};
static const struct move task[] = {{DATA("UserContext"), "user.name"},
                                   {DATA("UserName"), "user.name"},
                                   {DATA("TaskName"), "winlog.task_name"},
                                   {DATA("ActionName"), "process.executable"},
                                   {NULL, NULL}};
static const struct move defender[] = {{DATA("Threat Name"), "rule.name"},
                                       {DATA("Path"), "file.path"},
                                       {DATA("Detection User"), "user.name"},
                                       {DATA("Process Name"), "process.executable"},
                                       {NULL, NULL}};
static const struct move firewall_rule[] = {{DATA("RuleName"), "rule.name"},
                                            {DATA("ModifyingUser"), "user.id"},
                                            {DATA("ModifyingApplication"), "process.executable"},
                                            {NULL, NULL}};
/* "Login failed for user '%s'.%s%s": the reason, and " [CLIENT: 203.0.113.7]". */
static const struct move sql_failure[] = {{DATA("param1"), "user.name"},
                                          {DATA("param2"), "event.reason"},
                                          {DATA("param3"), "source.ip"},
                                          {NULL, NULL}};
static const struct move sql_login[] = {
    {DATA("param1"), "user.name"}, {DATA("param2"), "source.ip"}, {NULL, NULL}};
static const struct move transfer[] = {{DATA("url"), "url.original"}, {NULL, NULL}};
static const struct move query[] = {{DATA("QueryName"), "dns.question.name"}, {NULL, NULL}};
static const struct move group[] = {{DATA("SubjectUserName"), "user.name"},
                                    {DATA("SubjectDomainName"), "user.domain"},
                                    {DATA("SubjectUserSid"), "user.id"},
                                    {DATA("TargetUserName"), "group.name"},
                                    {DATA("TargetDomainName"), "group.domain"},
                                    {DATA("TargetSid"), "group.id"},
                                    {DATA("MemberName"), "user.target.name"},
                                    {DATA("MemberSid"), "user.target.id"},
                                    {DATA("CallerProcessName"), "process.executable"},
                                    {NULL, NULL}};
static const struct move service[] = {{DATA("SubjectUserName"), "user.name"},
                                      {DATA("SubjectDomainName"), "user.domain"},
                                      {DATA("SubjectUserSid"), "user.id"},
                                      {"winlog.user.identifier", "user.id"},
                                      {DATA("ServiceName"), "service.name"},
                                      {DATA("ServiceFileName"), "process.command_line"},
                                      {DATA("ImagePath"), "process.command_line"},
                                      {DATA("param1"), "service.name"},
                                      {NULL, NULL}};
static const struct move cleared[] = {{"winlog.user_data.SubjectUserName", "user.name"},
                                      {"winlog.user_data.SubjectDomainName", "user.domain"},
                                      {"winlog.user_data.SubjectUserSid", "user.id"},
                                      {NULL, NULL}};
static const struct move filter[] = {
    {DATA("Application"), "process.executable"}, {DATA("SourceAddress"), "source.ip"},
    {DATA("SourcePort"), "source.port"},         {DATA("DestAddress"), "destination.ip"},
    {DATA("DestPort"), "destination.port"},      {DATA("ProcessID"), "process.pid"},
    {DATA("ProcessId"), "process.pid"},          {NULL, NULL}};
static const struct move sysmon[] = {{DATA("User"), "user.name"},
                                     {DATA("Image"), "process.executable"},
                                     {DATA("ProcessId"), "process.pid"},
                                     {DATA("CommandLine"), "process.command_line"},
                                     {DATA("ParentImage"), "process.parent.executable"},
                                     {DATA("ParentCommandLine"), "process.parent.command_line"},
                                     {DATA("ParentProcessId"), "process.parent.pid"},
                                     {DATA("SourceIp"), "source.ip"},
                                     {DATA("SourcePort"), "source.port"},
                                     {DATA("DestinationIp"), "destination.ip"},
                                     {DATA("DestinationPort"), "destination.port"},
                                     {DATA("TargetFilename"), "file.path"},
                                     {DATA("TargetObject"), "registry.path"},
                                     {DATA("QueryName"), "dns.question.name"}};
static const struct move sysmon_load[] = {{DATA("User"), "user.name"},
                                          {DATA("Image"), "process.executable"},
                                          {DATA("SourceImage"), "process.executable"},
                                          {DATA("ProcessId"), "process.pid"},
                                          {DATA("SourceProcessId"), "process.pid"},
                                          {DATA("ImageLoaded"), "file.path"},
                                          {DATA("TargetImage"), "process.target.executable"},
                                          {DATA("TargetFilename"), "file.path"},
                                          {DATA("PipeName"), "file.name"},
                                          {NULL, NULL}};
static const struct move script[] = {{"winlog.user.identifier", "user.id"},
                                     {DATA("Path"), "file.path"},
                                     {DATA("ScriptBlockText"), "powershell.file.script_block_text"},
                                     {NULL, NULL}};

struct windows_event {
    const char *provider;
    unsigned code;
    const char *action;
    const char *category;
    const char *outcome; /* NULL: its keywords say so, or nothing does */
    const struct move *moves;
};
static const struct windows_event meanings[] = {
    {EVENTLOG, 104, "log-clear", "configuration", YES, cleared},
    {EVENTLOG, 1100, "logging-stop", "host", YES, NULL},
    {EVENTLOG, 1102, "log-clear", "configuration", YES, cleared},
    {SECURITY, 4608, "boot", "host", YES, NULL},
    {SECURITY, 4609, "shutdown", "host", YES, NULL},
    {SECURITY, 4616, "clock-change", "host", NULL, subject},
    {SECURITY, 4624, "login", AUTH, YES, logon},
    {SECURITY, 4625, "login", AUTH, NO, logon},
    {SECURITY, 4634, "logout", AUTH, YES, logon},
    {SECURITY, 4647, "logout", AUTH, YES, logon},
    {SECURITY, 4648, "login-explicit", AUTH, NULL, explicit_logon},
    {SECURITY, 4656, "object-open", "file", NULL, subject},
    {SECURITY, 4657, "registry-change", "registry", NULL, subject},
    {SECURITY, 4660, "object-delete", "file", NULL, subject},
    {SECURITY, 4661, "object-open", "file", NULL, subject},
    {SECURITY, 4662, "object-access", "file", NULL, subject},
    {SECURITY, 4663, "object-access", "file", NULL, subject},
    {SECURITY, 4672, "privileges-assigned", "iam", YES, subject},
    {SECURITY, 4673, "privilege-use", "iam", NULL, subject},
    {SECURITY, 4688, "process-start", "process", YES, process_start},
    {SECURITY, 4689, "process-end", "process", YES, process},
    {SECURITY, 4697, "service-install", "configuration", YES, service},
    {SECURITY, 4698, "task-create", "configuration", YES, subject},
    {SECURITY, 4699, "task-delete", "configuration", YES, subject},
    {SECURITY, 4700, "task-enable", "configuration", YES, subject},
    {SECURITY, 4701, "task-disable", "configuration", YES, subject},
    {SECURITY, 4702, "task-change", "configuration", YES, subject},
    {SECURITY, 4704, "right-assign", "iam", NULL, subject},
    {SECURITY, 4719, "audit-policy-change", "configuration", NULL, subject},
    {SECURITY, 4720, "user-add", "iam", YES, account},
    {SECURITY, 4722, "user-enable", "iam", YES, account},
    {SECURITY, 4723, "password-change", "iam", NULL, account},
    {SECURITY, 4724, "password-reset", "iam", NULL, account},
    {SECURITY, 4725, "user-disable", "iam", YES, account},
    {SECURITY, 4726, "user-delete", "iam", YES, account},
    {SECURITY, 4727, "group-add", "iam", YES, group},
    {SECURITY, 4728, "group-member-add", "iam", YES, group},
    {SECURITY, 4729, "group-member-remove", "iam", YES, group},
    {SECURITY, 4730, "group-delete", "iam", YES, group},
    {SECURITY, 4731, "group-add", "iam", YES, group},
    {SECURITY, 4732, "group-member-add", "iam", YES, group},
    {SECURITY, 4733, "group-member-remove", "iam", YES, group},
    {SECURITY, 4734, "group-delete", "iam", YES, group},
    {SECURITY, 4735, "group-change", "iam", YES, group},
    {SECURITY, 4737, "group-change", "iam", YES, group},
    {SECURITY, 4738, "user-change", "iam", YES, account},
    {SECURITY, 4740, "user-lock", "iam", YES, lockout},
    {SECURITY, 4741, "computer-add", "iam", YES, account},
    {SECURITY, 4742, "computer-change", "iam", YES, account},
    {SECURITY, 4743, "computer-delete", "iam", YES, account},
    {SECURITY, 4756, "group-member-add", "iam", YES, group},
    {SECURITY, 4757, "group-member-remove", "iam", YES, group},
    {SECURITY, 4767, "user-unlock", "iam", YES, account},
    {SECURITY, 4768, "kerberos-ticket", AUTH, NULL, kerberos},
    {SECURITY, 4769, "kerberos-service-ticket", AUTH, NULL, kerberos},
    {SECURITY, 4771, "kerberos-ticket", AUTH, NO, kerberos},
    {SECURITY, 4776, "credentials-check", AUTH, NULL, kerberos},
    {SECURITY, 4778, "session-reconnect", "session", YES, reconnect},
    {SECURITY, 4779, "session-disconnect", "session", YES, reconnect},
    {SECURITY, 4781, "user-rename", "iam", YES, account},
    {SECURITY, 4794, "password-reset", "iam", NULL, subject},
    {SECURITY, 4798, "group-list", "iam", NULL, account},
    {SECURITY, 4799, "group-member-list", "iam", NULL, group},
    {SECURITY, 4800, "session-lock", "session", YES, logon},
    {SECURITY, 4801, "session-unlock", "session", YES, logon},
    {SECURITY, 5140, "share-access", "file", NULL, subject},
    {SECURITY, 5145, "share-access", "file", NULL, subject},
    {SECURITY, 5156, "connection-allowed", "network", YES, filter},
    {SECURITY, 5157, "connection-blocked", "network", NO, filter},
    {SECURITY, 5158, "port-bind", "network", YES, filter},
    {SERVICES, 7034, "service-crash", "process", NO, service},
    {SERVICES, 7036, "service-state", "process", NULL, service},
    {SERVICES, 7040, "service-change", "configuration", YES, service},
    {SERVICES, 7045, "service-install", "configuration", YES, service},
    {SYSMON, 1, "process-start", "process", YES, sysmon},
    {SYSMON, 2, "file-time-change", "file", YES, sysmon},
    {SYSMON, 3, "connection", "network", YES, sysmon},
    {SYSMON, 5, "process-end", "process", YES, sysmon},
    {SYSMON, 6, "driver-load", "driver", YES, sysmon_load},
    {SYSMON, 7, "image-load", "process", YES, sysmon_load},
    {SYSMON, 8, "remote-thread", "process", YES, sysmon_load},
    {SYSMON, 10, "process-access", "process", YES, sysmon_load},
    {SYSMON, 11, "file-create", "file", YES, sysmon},
    {SYSMON, 12, "registry-change", "registry", YES, sysmon},
    {SYSMON, 13, "registry-change", "registry", YES, sysmon},
    {SYSMON, 14, "registry-change", "registry", YES, sysmon},
    {SYSMON, 15, "file-stream-create", "file", YES, sysmon},
    {SYSMON, 17, "pipe-create", "file", YES, sysmon_load},
    {SYSMON, 18, "pipe-connect", "file", YES, sysmon_load},
    {SYSMON, 22, "dns-query", "network", NULL, sysmon},
    {SYSMON, 23, "file-delete", "file", YES, sysmon},
    {SYSMON, 25, "process-tamper", "process", YES, sysmon},
    {SYSMON, 26, "file-delete", "file", YES, sysmon},
    {"Microsoft-Windows-PowerShell", 4103, "script-command", "process", NULL, script},
    {"Microsoft-Windows-PowerShell", 4104, "script-block", "process", NULL, script},
    {"PowerShell", 400, "process-start", "process", YES, NULL},
    {"PowerShell", 403, "process-end", "process", YES, NULL},
    {SESSIONS, 21, "login", AUTH, YES, terminal},
    {SESSIONS, 22, "session-open", "session", YES, terminal},
    {SESSIONS, 23, "logout", AUTH, YES, terminal},
    {SESSIONS, 24, "session-disconnect", "session", YES, terminal},
    {SESSIONS, 25, "session-reconnect", "session", YES, terminal},
    {"Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149, "connection", AUTH,
     "unknown", terminal},
    {"MsiInstaller", 1033, "package-install", "package", NULL, package},
    {"MsiInstaller", 1034, "package-remove", "package", NULL, package},
    {"MsiInstaller", 11707, "package-install", "package", YES, NULL},
    {"MsiInstaller", 11708, "package-install", "package", NO, NULL},
    {"MsiInstaller", 11724, "package-remove", "package", YES, NULL},
    {"disk", 7, "disk-fault", "host", NO, device},
    {"disk", 11, "disk-fault", "host", NO, device},
    {"disk", 51, "disk-fault", "host", NO, device},
    {"disk", 153, "disk-fault", "host", NO, device},
    {"Ntfs", 55, "file-system-fault", "host", NO, NULL},
    {"Microsoft-Windows-Ntfs", 55, "file-system-fault", "host", NO, NULL},
    {MACHINE_CHECK, 17, "hardware-fault", "host", "unknown", NULL}, /* it was corrected */
    {MACHINE_CHECK, 18, "hardware-fault", "host", NO, NULL},
    {MACHINE_CHECK, 19, "hardware-fault", "host", "unknown", NULL},
    {MACHINE_CHECK, 20, "hardware-fault", "host", NO, NULL},
    {MACHINE_CHECK, 46, "memory-fault", "host", NO, NULL},
    {MACHINE_CHECK, 47, "memory-fault", "host", "unknown", NULL},
    {FIREWALL, 2004, "firewall-rule-add", "configuration", YES, firewall_rule},
    {FIREWALL, 2005, "firewall-rule-change", "configuration", YES, firewall_rule},
    {FIREWALL, 2006, "firewall-rule-delete", "configuration", YES, firewall_rule},
    {"Microsoft-Windows-WMI-Activity", 5861, "wmi-subscription", "configuration", YES, NULL},
    {"Microsoft-Windows-Kernel-Power", 41, "power-fault", "host", "unknown", NULL},
    {"Microsoft-Windows-WER-SystemErrorReporting", 1001, "kernel-fault", "host", NO, NULL},
    {"EventLog", 6005, "boot", "host", YES, NULL},
    {"EventLog", 6006, "shutdown", "host", YES, NULL},
    {"EventLog", 6008, "power-fault", "host", "unknown", NULL},
    {"User32", 1074, "shutdown", "host", YES, shutdown},
    {"Application Error", 1000, "crash", "process", NO, faulty},
    {TASKS, 106, "task-create", "configuration", YES, task},
    {TASKS, 140, "task-change", "configuration", YES, task},
    {TASKS, 141, "task-delete", "configuration", YES, task},
    {TASKS, 200, "task-run", "process", YES, task},
    {DEFENDER, 1116, "malware-detected", "malware", "unknown", defender},
    {DEFENDER, 1117, "malware-action", "malware", "unknown", defender},
    {DEFENDER, 5001, "protection-off", "configuration", YES, NULL},
    {"MSSQLSERVER", 18453, "login", AUTH, YES, sql_login},
    {"MSSQLSERVER", 18454, "login", AUTH, YES, sql_login},
    {"MSSQLSERVER", 18456, "login", AUTH, NO, sql_failure},
    {"Microsoft-Windows-Bits-Client", 59, "file-transfer", "network", "unknown", transfer},
    {"Microsoft-Windows-DNS-Client", 3008, "dns-query", "network", NULL, query},
};

struct numbered {
    size_t count;
    struct {
        uint16_t from, to;
    } moves[MOVES_MOST];
};
struct evtx_meanings {
    uint16_t keywords, domain, parent_pid, installer_status, ssh_program, ssh_sentence;
    struct numbered numbered[COUNT_OF(meanings)];
};

struct evtx_meanings *evtx_meanings_new(struct field_names *names)
{
    struct evtx_meanings *m = mem_new(struct evtx_meanings);

    m->keywords = field_number(names, STR("winlog.keywords"));
    m->domain = field_number(names, STR("user.domain"));
    m->parent_pid = field_number(names, STR("process.parent.pid"));
    m->installer_status = field_number(names, STR(DATA("param4")));
    m->ssh_program = field_number(names, STR(DATA("process")));
    m->ssh_sentence = field_number(names, STR(DATA("payload")));
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        struct numbered *n = &m->numbered[i];
        const struct move *moves = meanings[i].moves;

        for (; moves && n->count < MOVES_MOST && moves[n->count].from; n->count++) {
            n->moves[n->count].from = field_number(names, str_of(moves[n->count].from));
            n->moves[n->count].to = field_number(names, str_of(moves[n->count].to));
        }
    }
    return m;
}

void evtx_meanings_free(struct evtx_meanings *m)
{
    free(m);
}

/* An IPv4 address may stand as one of IPv6; " [CLIENT: 192.0.2.7]" is SQL Server's. */
static void put_address(struct event *e, uint16_t to, struct str value)
{
    uint8_t address[16];
    struct str v4;

    (void)str_take(&value, " ");
    if (str_take(&value, "[CLIENT: "))
        value = str_cut(&value, ']');
    v4 = value;
    if (!address_bytes(value, address))
        return;
    event_put(e, to, str_take(&v4, "::ffff:") && memchr(v4.p, '.', v4.len) ? v4 : value);
}

/* "0x58" as 88. */
static void put_pid(struct event *e, uint16_t to, struct str value)
{
    static const char digits[] = "0123456789abcdef";
    struct str hex = value;
    uint64_t n = 0;

    if (!str_take(&hex, "0x")) {
        event_put(e, to, value);
        return;
    }
    if (hex.len == 0 || hex.len > 16)
        return;
    for (size_t i = 0; i < hex.len; i++) {
        const char *digit = memchr(digits, hex.p[i], 16);

        if (!digit)
            return;
        n = n << 4 | (uint64_t)(digit - digits);
    }
    event_put_u64(e, to, n);
}

/* "DOMAIN\name". */
static void put_user(const struct evtx_meanings *m, struct event *e, struct str value)
{
    struct str name = value;
    struct str domain = str_cut(&name, '\\');

    if (name.len && event_value(e, m->domain).len == 0)
        event_put(e, m->domain, domain);
    event_put(e, FIELD_USER_NAME, name.len ? name : value);
}

/* "-" says that there is none. */
static void put_moved(const struct evtx_meanings *m, struct event *e, uint16_t to, struct str value)
{
    if (value.len == 0 || str_is(value, "-") || event_value(e, to).len)
        return;
    if (to == FIELD_SOURCE_IP || to == FIELD_DESTINATION_IP)
        put_address(e, to, value);
    else if (to == FIELD_PROCESS_PID || to == m->parent_pid)
        put_pid(e, to, value);
    else if (to == FIELD_USER_NAME)
        put_user(m, e, value);
    else
        event_put(e, to, value);
}

/* The bits that Windows sets for an audit of success or failure. */
static const char *outcome_of(struct str keywords)
{
    char bits = keywords.len == 18 ? keywords.p[4] : '0';

    if (str_is(keywords, "Audit success") || str_is(keywords, "Audit failure")) /* by its name */
        return str_ends(keywords, "success") ? YES : NO;
    return bits == '2' ? YES : bits == '1' ? NO : "unknown";
}

/* Of what the installer ended its status says it: 0 is ERROR_SUCCESS. */
static const char *told_outcome(const struct evtx_meanings *m, const struct windows_event *of,
                                const struct event *e)
{
    struct str status = event_value(e, m->installer_status);
    uint64_t code;

    if (of->outcome)
        return of->outcome;
    if (of->moves == package)
        return !str_u64(status, &code) ? "unknown" : code ? NO : YES;
    return outcome_of(event_value(e, m->keywords));
}

/* An instance of SQL Server that has a name says "MSSQL$NAME". */
static bool is_provider(struct str said, const char *provider)
{
    return str_is(said, provider) ||
           (strcmp(provider, "MSSQLSERVER") == 0 && str_starts(said, "MSSQL$"));
}

/* OpenSSH of Windows: what sshd says elsewhere in a system log. */
static void put_sentence(const struct evtx_meanings *m, struct reader *r, struct event *e)
{
    struct str sentence = event_value(e, m->ssh_sentence);

    if (sentence.len == 0)
        return;
    event_put(e, FIELD_PROCESS_NAME, event_value(e, m->ssh_program));
    syslog_understand(r, e, sentence);
}

void evtx_understand(const struct evtx_meanings *m, struct reader *r, struct event *e)
{
    struct str provider = event_value(e, FIELD_EVENT_PROVIDER);
    size_t own = e->count, i = 0;
    uint64_t code;

    if (str_is(provider, "OpenSSH"))
        put_sentence(m, r, e);
    if (!str_u64(event_value(e, FIELD_EVENT_CODE), &code))
        return;
    while (i < COUNT_OF(meanings) &&
           (meanings[i].code != code || !is_provider(provider, meanings[i].provider)))
        i++;
    if (i == COUNT_OF(meanings))
        return;
    event_puts(e, FIELD_EVENT_ACTION, meanings[i].action);
    event_puts(e, FIELD_EVENT_CATEGORY, meanings[i].category);
    if (event_value(e, FIELD_EVENT_OUTCOME).len == 0)
        event_puts(e, FIELD_EVENT_OUTCOME, told_outcome(m, &meanings[i], e));
    for (size_t k = 0; k < m->numbered[i].count; k++)
        for (size_t j = 0; j < own; j++)
            if (e->fields[j].name == m->numbered[i].moves[k].from)
                put_moved(m, e, m->numbered[i].moves[k].to, e->fields[j].value);
}
