/* syslog_words.c: the names of syslog's priorities, and the sentences of programs understood. */
#include "timeline/syslog_words.h"
#include "timeline/apache_error.h"
#include "timeline/syslog_programs.h"

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

/* "[12345.678901] " before a message of the kernel. */
static struct str without_uptime(struct str message)
{
    struct str at = message;

    if (!str_take(&at, "["))
        return message;
    (void)str_cut(&at, ']');
    return at.len ? str_trim(at) : message;
}

static const struct program_list *const lists[] = {&syslog_programs,   &mail_programs,
                                                   &ftp_programs,      &web_programs,
                                                   &database_programs, &network_programs};

void syslog_understand(struct reader *r, struct event *e, struct str sentence)
{
    struct str name = without_folder(event_value(e, FIELD_PROCESS_NAME));
    bool is_kernel = str_is(name, "kernel");

    if (is_kernel)
        sentence = without_uptime(sentence);
    if (str_is(name, "httpd") || str_is(name, "apache2"))
        (void)apache_error_parts(r, &sentence, e);
    if ((is_kernel || str_is(name, "ulogd")) && firewall_understand(sentence, e))
        return;
    if (!r->patterns)
        r->patterns = pattern_set_new(lists, COUNT_OF(lists), r->names);
    if (!pattern_match(r->patterns, name, sentence, e))
        (void)pattern_match(r->patterns, STR(""), sentence, e);
}
