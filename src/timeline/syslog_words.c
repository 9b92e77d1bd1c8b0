/* syslog_words.c: the names of syslog's priorities, and the sentences of programs understood. */
#include "timeline/syslog_words.h"
#include "timeline/appliance.h"
#include "timeline/auditd.h"
#include "timeline/cisco.h"
#include "timeline/kernel.h"
#include "timeline/level.h"
#include "timeline/netscaler.h"
#include "timeline/pam.h"
#include "timeline/rpm.h"
#include "timeline/syslog_programs.h"
#include "timeline/app.h"

enum { PROCURVE_DIGITS = 5 };

const char *const syslog_levels[SYSLOG_LEVELS] = {"emergency", "alert",  "critical",      "error",
                                                  "warning",   "notice", "informational", "debug"};
const char *const syslog_facilities[SYSLOG_FACILITIES] = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "solaris-cron",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

static struct str without_folder(struct str name)
{
    struct str base = name;

    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] == '/')
            base = str_from(name, i + 1);
    return base.len ? base : name;
}

/* "[12345.678901] " before a message of the kernel, or "[12345.678901][  T123] ". */
static struct str without_uptime(struct str message)
{
    struct str at = message, inside, seconds;
    uint64_t n;

    if (!str_take(&at, "["))
        return message;
    inside = str_trim(str_cut(&at, ']'));
    seconds = str_cut(&inside, '.');
    if (!str_u64(seconds, &n) || !str_u64(inside, &n)) /* "[UFW BLOCK] " is a rule's */
        return message;
    if (str_take(&at, "["))
        (void)str_cut(&at, ']');
    return at.len ? str_trim(at) : message;
}

/* "[ID 800047 auth.info] ", as Solaris has it (msgid of its syslogd). */
static struct str without_msgid(struct event *e, struct str sentence)
{
    struct str at = sentence, id, number;
    uint64_t n;

    if (!str_take(&at, "[ID "))
        return sentence;
    id = str_cut(&at, ']');
    number = str_cut(&id, ' ');
    if (!str_u64(number, &n) || !str_take(&at, " "))
        return sentence;
    event_put(e, FIELD_SYSLOG_MSGID, number);
    return at;
}

/* "message repeated 5 times: [ …]": rsyslog's action.c, of what it wrote once before. */
static struct str without_repeat(struct reader *r, struct event *e, struct str sentence)
{
    struct str at = sentence, count;
    uint64_t n;

    if (!str_take(&at, "message repeated ") || !str_ends(at, "]"))
        return sentence;
    count = str_cut(&at, ' ');
    if (!str_u64(count, &n) || !str_take(&at, "times: ["))
        return sentence;
    event_put(e, field_number(r->names, STR("event.repeated")), count);
    return str_head(at, at.len - 1);
}

/* "[825] Jul 10 23:53:52 ": a program that writes a log of its own, which another one sends on. */
static struct str without_own_stamp(const struct event *e, struct str sentence)
{
    struct str at = sentence;
    struct stated s;

    if (!str_take(&at, "[") || !str_eq(str_cut(&at, ']'), event_value(e, FIELD_PROCESS_PID)) ||
        !str_take(&at, " "))
        return sentence;
    sentence = at;
    return when_bsd(&at, &s) && str_take(&at, " ") ? at : sentence;
}

static const struct program_list *const lists[] = {
    &syslog_programs,    &kernel_programs,   &bsd_programs,     &ssh_programs,     &pam_programs,
    &mail_programs,      &sendmail_programs, &mailbox_programs, &ftp_programs,     &web_programs,
    &database_programs,  &network_programs,  &access_programs,  &machine_programs, &cisco_programs,
    &appliance_programs, &device_programs,   &app_programs,     &service_programs};

struct pattern_set *syslog_patterns(struct reader *r)
{
    if (!r->patterns)
        r->patterns = pattern_set_new(lists, COUNT_OF(lists), r->names);
    return r->patterns;
}

/* The names under which a program may be known: "postfix/smtpd", "httpd/backend1", and, of old,
 * "sshd(pam_unix)". */
struct known_as {
    struct str last, first;
    bool is_module;
};

/* "sshd@3-….service": the program that a unit is mostly of. */
static struct str unit_program(struct str unit)
{
    static const char *const others[][2] = {
        {"ssh", "sshd"},     {"cron", "CRON"},           {"mariadb", "mariadbd"},
        {"mysql", "mysqld"}, {"postgresql", "postgres"}, {"bind9", "named"},
        {"user", "systemd"}};

    unit.len -= strlen(".service");
    unit = str_cut(&unit, '@');
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_is(unit, others[i][0]))
            return str_of(others[i][1]);
    return unit;
}

static struct known_as known_as(struct str name)
{
    struct str whole = name;
    struct str program = str_cut(&whole, '(');
    struct str first = program;

    if (str_ends(program, ".service")) /* journalctl -o with-unit */
        first = program = unit_program(program);
    /* Each of OpenVPN's servers has a name of its own behind it. */
    if (str_starts(program, "ovpn-"))
        program = STR("openvpn");
    return (struct known_as){.last = without_folder(program),
                             .first = str_cut(&first, '/'),
                             .is_module = str_starts(whole, "pam_")};
}

static bool match_plain(struct reader *r, const struct known_as *k, struct str sentence,
                        struct event *e)
{
    if (str_is(k->last, "kernel") ? kernel_understand(r->patterns, sentence, e)
                                  : pattern_match(r->patterns, k->last, sentence, e))
        return true;
    if (k->first.len && !str_eq(k->first, k->last) &&
        pattern_match(r->patterns, k->first, sentence, e))
        return true;
    return pam_understand(r->patterns, r->names, k->is_module, sentence, e) ||
           pattern_match(r->patterns, STR(""), sentence, e);
}

/* "error: ", "Warning: ": the level in front of a sentence. */
static bool match_behind_level(struct reader *r, const struct known_as *k, struct str sentence,
                               struct event *e)
{
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    struct str level = str_cut(&sentence, ':');
    size_t before = e->count;

    if (!str_take(&sentence, " ") || !level_put(e, level))
        return false;
    if (has_level)
        e->count = before;
    if (match_plain(r, k, sentence, e))
        return true;
    e->count = before;
    return false;
}

static bool match(struct reader *r, const struct known_as *k, struct str sentence, struct event *e)
{
    return match_plain(r, k, sentence, e) || match_behind_level(r, k, sentence, e);
}

/* Sentences that are of root alone have no place for a name. */
static void put_root(const struct known_as *k, struct str sentence, struct event *e)
{
    bool is_login = str_is(k->last, "login");
    bool is_of_root =
        str_starts(sentence, "ROOT LOGIN ") ||
        (is_login && (str_starts(sentence, "root login ") || str_ends(sentence, " as root")));

    if ((is_login || str_is(k->last, "sshd")) && is_of_root &&
        event_value(e, FIELD_USER_NAME).len == 0)
        event_puts(e, FIELD_USER_NAME, "root");
}

/* How what sudo ran ended counts before that it ran. */
static void put_exit_outcome(const struct known_as *k, struct reader *r, struct event *e)
{
    struct str code, name, outcome = STR("failure");

    if (!str_is(k->last, "sudo"))
        return;
    code = event_value(e, field_number(r->names, STR("process.exit_code")));
    name = event_value(e, field_number(r->names, STR("sudo.signal")));
    if (code.len == 0 && name.len == 0)
        return;
    if (name.len == 0 && str_is(code, "0"))
        outcome = STR("success");
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == FIELD_EVENT_OUTCOME)
            e->fields[i].value = outcome;
}

/* As of access logs. */
static void put_status_outcome(struct event *e)
{
    struct str status = event_value(e, FIELD_HTTP_RESPONSE_STATUS);

    if (status.len == 3 && event_value(e, FIELD_EVENT_OUTCOME).len == 0)
        event_puts(e, FIELD_EVENT_OUTCOME, status.p[0] >= '4' ? "failure" : "success");
}

/* auditd's plugins, of several versions, and the journal send records on. */
static bool may_be_audit(const struct known_as *k, struct str sentence)
{
    if (str_is(k->last, "kernel"))
        return str_starts(sentence, "audit: type=") || str_starts(sentence, "type=");
    return str_is(k->last, "audit") || str_is(k->last, "audispd") ||
           str_is(k->last, "audisp-syslog") || str_is(k->last, "auditd");
}

/* "conn log: Users: eva, …", "event log: …" */
static bool qnap_understand(struct reader *r, struct str sentence, struct event *e)
{
    return (str_take(&sentence, "conn log: ") || str_take(&sentence, "event log: ")) &&
           appliance_understand(r, sentence, e);
}

/* Programs whose sentences no table of patterns tells. */
static const struct {
    struct str name;
    bool (*understand)(struct reader *r, struct str sentence, struct event *e);
} apart[] = {
    {STR_INIT("filterlog"), filterlog_understand}, {STR_INIT("suricata"), fast_alert_understand},
    {STR_INIT("snort"), fast_alert_understand},    {STR_INIT("pkg"), pkg_understand},
    {STR_INIT("pkg-static"), pkg_understand},      {STR_INIT("yum"), yum_understand},
    {STR_INIT("squid"), squid_understand},         {STR_INIT("qulogd"), qnap_understand},
    {STR_INIT("qlogd"), qnap_understand},
};

static bool read_apart(struct reader *r, const struct known_as *k, struct str sentence,
                       struct event *e)
{
    if (sentence.len && sentence.p[0] == '@') /* JSON, which few have: '@cee:{"sudo":{' */
        return str_is(k->last, "sudo")
                   ? sudo_understand(r, sentence, e)
                   : str_starts(k->last, "TNAUDIT_") && truenas_understand(r, sentence, e);
    for (size_t i = 0; i < COUNT_OF(apart); i++)
        if (str_eq(apart[i].name, k->last))
            return apart[i].understand(r, sentence, e);
    return false;
}

/* Topics in front, as RouterOS has them: "system,info,account ". */
static bool has_topics(struct str sentence)
{
    size_t i = 0;

    while (i < sentence.len &&
           ((sentence.p[i] >= 'a' && sentence.p[i] <= 'z') || (i && char_is_digit(sentence.p[i]))))
        i++;
    return i > 0 && i < sentence.len && sentence.p[i] == ',';
}

/* "00419 auth:  Invalid …": the number of the event and the part of the switch, as HP's ProCurve
 * and Aruba's AOS-S have them. */
static bool read_procurve(struct reader *r, struct str sentence, struct event *e)
{
    struct str at = sentence, number = str_cut(&at, ' '), part;
    uint64_t n;

    if (number.len != PROCURVE_DIGITS || !str_u64(number, &n))
        return false;
    part = str_cut(&at, ':');
    str_skip_blanks(&at);
    if (!pattern_match(syslog_patterns(r), STR(PROCURVE), at, e))
        return false;
    event_put(e, FIELD_EVENT_CODE, number);
    event_put(e, FIELD_PROCESS_NAME, part);
    return true;
}

/* Devices that name no program. */
static bool read_nameless(struct reader *r, struct str sentence, struct event *e)
{
    struct pattern_set *patterns = syslog_patterns(r);

    if (appliance_understand(r, sentence, e) || fortigate_understand(r, sentence, e) ||
        cisco_understand(r, sentence, e) || routeros_understand(sentence, e) ||
        netscaler_understand(r, sentence, e) || read_procurve(r, sentence, e))
        return true;
    if (has_topics(sentence))
        return pattern_match(patterns, STR(MIKROTIK), sentence, e);
    (void)(str_take(&sentence, "System ") || str_take(&sentence, "Connection "));
    (void)str_take(&sentence, "Connection: ");
    return (str_starts(sentence, "User [") || str_starts(sentence, "Host [")) &&
           pattern_match(patterns, STR(SYNOLOGY), sentence, e);
}

/* Parts of Fireware that write to logs ("Log Catalog"). */
static bool is_of_fireware(struct str program)
{
    static const char *const parts[] = {"firewall", "sessiond", "admd", "iked", "sslvpn",
                                        "wgcgi",    "wrapper",  "ctd",  "dhcpd"};

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (str_is(program, parts[i]))
            return true;
    return str_ends(program, "-proxy");
}

/* Parts of Sophos UTM that write pairs. */
static const char utm_parts[] = "ulogd|httpproxy|aua|confd|openvpn|ipsec|smtpd|awed|red_server|"
                                "afcd|snort|reverseproxy|selfmonng|astaro|named|pppoe|dhcpd";

/* "sshd|sshd-session" */
static bool is_among(const char *names, struct str name)
{
    struct str rest = str_of(names);

    while (rest.len)
        if (str_eq(str_cut(&rest, '|'), name))
            return name.len > 0;
    return false;
}

/* Whose programs have common names: by what stands in front, or within. */
static bool read_named(struct reader *r, const struct known_as *k, struct str sentence,
                       struct event *e)
{
    static const char *const chains[] = {"input", "forward", "output", "prerouting", "postrouting"};
    struct pattern_set *patterns = syslog_patterns(r);

    if (str_starts(sentence, "msg_id=\"") && is_of_fireware(k->last))
        return pattern_match(patterns, STR(WATCHGUARD), sentence, e);
    if (str_starts(sentence, "id=\"") && is_among(utm_parts, k->last))
        return appliance_understand(r, sentence, e);
    for (size_t i = 0; i < COUNT_OF(chains); i++)
        if (str_is(k->last, chains[i]))
            return str_starts(sentence, "in:") && routeros_understand(sentence, e);
    return false;
}

/* Programs that put more into a log of their own than to syslog, and may be set up to send that. */
static const struct {
    struct str name;
    struct str (*without)(struct reader *r, struct str sentence, struct event *e);
} own_logs[] = {
    {STR_INIT("httpd"), apache_without_ends},         {STR_INIT("apache2"), apache_without_ends},
    {STR_INIT("named"), named_without_front},         {STR_INIT("mysqld"), mysql_without_stamp},
    {STR_INIT("mariadbd"), mysql_without_stamp},      {STR_INIT("nginx"), nginx_without_ends},
    {STR_INIT("postgres"), postgresql_without_front}, {STR_INIT("sudo"), sudo_without_exit},
};

static struct str without_ends(struct reader *r, const struct known_as *k, struct str sentence,
                               struct event *e)
{
    for (size_t i = 0; i < COUNT_OF(own_logs); i++)
        if (str_eq(own_logs[i].name, k->last) || str_eq(own_logs[i].name, k->first))
            return own_logs[i].without(r, sentence, e);
    return sentence;
}

/* lib/failures.c, failure_log_type_prefixes. */
size_t syslog_dovecot_level(struct str sentence)
{
    static const char *const levels[] = {
        "Info: ", "Warning: ", "Error: ", "Debug: ", "Fatal: ", "Panic: "};

    if (sentence.len == 0 || sentence.p[0] < 'A' || sentence.p[0] > 'Z')
        return 0;
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (str_starts(sentence, levels[i]))
            return strlen(levels[i]);
    return 0;
}

/* Of the processes of Dovecot, which are the programs in a log of its own. */
static struct str without_dovecot_level(const struct known_as *k, struct str sentence,
                                        struct event *e)
{
    static const char names[] =
        "imap-login|pop3-login|managesieve-login|submission-login|imap|pop3|managesieve|submission|"
        "lmtp|lda|auth|auth-worker|master|log|anvil|config|indexer|indexer-worker|doveadm|dict|"
        "stats|replicator|quota-status|imap-hibernate|ssl-params";
    size_t size = syslog_dovecot_level(sentence);

    if (size == 0 || !is_among(names, k->last))
        return sentence;
    if (event_value(e, FIELD_LOG_LEVEL).len == 0)
        (void)level_put(e, str_head(sentence, size - 2));
    return str_from(sentence, size);
}

void syslog_understand(struct reader *r, struct event *e, struct str sentence)
{
    struct known_as k = known_as(event_value(e, FIELD_PROCESS_NAME));
    bool is_kernel = str_is(k.last, "kernel");

    sentence = without_msgid(e, without_repeat(r, e, sentence));
    while (str_take(&sentence, " ")) /* sudo pads the name behind its colon */
        ;
    sentence = is_kernel ? without_uptime(sentence) : without_own_stamp(e, sentence);
    if ((is_kernel || k.last.len == 0 || str_is(k.last, "ulogd")) &&
        firewall_understand(sentence, e))
        return;
    if (read_apart(r, &k, sentence, e) ||
        (str_starts(sentence, "CEF:") && event_value(e, FIELD_PROCESS_PID).len == 0 &&
         cef_understand(r, sentence, e)) ||
        (str_starts(sentence, "LEEF:") && event_value(e, FIELD_PROCESS_PID).len == 0 &&
         leef_understand(r, sentence, e)) ||
        rpm_understand(sentence, e))
        return;
    if (k.last.len == 0 ? read_nameless(r, sentence, e) : read_named(r, &k, sentence, e))
        return;
    if (may_be_audit(&k, sentence) && audit_understand(r, sentence, e))
        return;
    sentence = without_dovecot_level(&k, without_ends(r, &k, sentence, e), e);
    if (!match(r, &k, sentence, e) &&
        !(str_ends(sentence, " ") && match(r, &k, str_trim(sentence), e)) &&
        !((k.last.len == 0 || app_is_known(k.last)) && app_understand(r, e, sentence)) &&
        memmem(sentence.p, sentence.len, "] \"", 3))
        (void)access_understand(r, sentence, e);
    if (str_is(k.last, "sudo"))
        sudo_put_more(r, sentence, e);
    put_root(&k, sentence, e);
    put_exit_outcome(&k, r, e);
    put_status_outcome(e);
}

bool syslog_knows_program(struct str name)
{
    struct known_as k = known_as(name);

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (size_t p = 0; p < lists[i]->count; p++)
            if (is_among(lists[i]->programs[p].name, k.last) ||
                is_among(lists[i]->programs[p].name, k.first))
                return true;
    return false;
}
