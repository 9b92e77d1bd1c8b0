/* programs_bsd.c: the sentences of programs that FreeBSD has and Linux has not, or not so. */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/syslog_programs.h"

#define HOST "host"
#define YES "success"
#define NO "failure"

/* sbin/shutdown/shutdown.c; sbin/reboot/reboot.c. */
static const struct meaning shutdown[] = {
    {"reboot by {user.name}: {event.reason:rest}", "reboot", HOST, "unknown"},
    {"power-cycle by {user.name}: {event.reason:rest}", "reboot", HOST, "unknown"},
    {"halt by {user.name}: {event.reason:rest}", "shutdown", HOST, "unknown"},
    {"power-down by {user.name}: {event.reason:rest}", "shutdown", HOST, "unknown"},
    {"shutdown by {user.name}: {event.reason:rest}", "shutdown", HOST, "unknown"},
    {"rebooted by {user.name}", "reboot", HOST, YES},
    {"power cycled by {user.name}", "reboot", HOST, YES},
    {"halted by {user.name}", "shutdown", HOST, YES},
    {"powered off by {user.name}", "shutdown", HOST, YES},
};

/* usr.sbin/syslogd/syslogd.c; sbin/savecore/savecore.c; usr.sbin/newsyslog/newsyslog.c. */
static const struct meaning syslogd[] = {
    {"kernel boot file is {_:rest}", "service-start", "process", YES},
    {"exiting on signal {event.code:n}", "service-stop", "process", YES},
    {"restart", "service-restart", "process", "unknown"},
};
static const struct meaning savecore[] = {
    {"reboot after panic: {event.reason:rest}", "kernel-fault", HOST, NO},
    {"reboot", "boot", HOST, YES},
};
static const struct meaning newsyslog[] = {
    {"logfile turned over{_:rest}", "log-rotate", "file", YES},
    {"logfile first created", "log-create", "file", YES},
};

static const struct program programs[] = {
    {.name = "shutdown|reboot|halt", .meanings = shutdown, .count = COUNT_OF(shutdown)},
    {.name = "syslogd", .meanings = syslogd, .count = COUNT_OF(syslogd)},
    {.name = "savecore", .meanings = savecore, .count = COUNT_OF(savecore)},
    {.name = "newsyslog", .meanings = newsyslog, .count = COUNT_OF(newsyslog)},
};
const struct program_list bsd_programs = {programs, COUNT_OF(programs)};

/* "py311-foo-1.2_3,1": a name may have dashes, a version has none (pkg_version(3)). */
static bool put_package(struct event *e, struct str package)
{
    const char *dash = memrchr(package.p, '-', package.len);
    size_t len = dash ? (size_t)(dash - package.p) : 0;

    if (len == 0 || len + 1 == package.len || memchr(package.p, ' ', package.len))
        return false;
    event_put(e, FIELD_PACKAGE_NAME, str_head(package, len));
    event_put(e, FIELD_PACKAGE_VERSION, str_from(package, len + 1));
    return true;
}

/* "1.24.0 -> 1.26.0", or one version of what was installed again. */
static bool put_versions(struct reader *r, struct event *e, struct str versions)
{
    struct str old = str_cut(&versions, ' ');

    if (versions.len && !str_take(&versions, "-> "))
        return false;
    event_put(e, FIELD_PACKAGE_VERSION, versions.len ? versions : old);
    event_put(e, field_number(r->names, STR("pkg.version_before")), versions.len ? old : versions);
    return old.len > 0;
}

static const struct {
    struct str word;
    const char *action;
} verbs[] = {
    {STR_INIT("installed"), "package-install"},      {STR_INIT("deinstalled"), "package-remove"},
    {STR_INIT("upgraded:"), "package-upgrade"},      {STR_INIT("downgraded:"), "package-downgrade"},
    {STR_INIT("reinstalled:"), "package-reinstall"},
};

static const char *action_of(struct str verb)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (str_eq(verb, verbs[i].word))
            return verbs[i].action;
    return NULL;
}

bool pkg_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct str rest = str_trim(sentence), package = str_cut(&rest, ' ');
    struct str verb = str_cut(&rest, ' ');
    const char *action = action_of(verb);
    size_t before = e->count;

    if (!action)
        return false;
    if (str_ends(verb, ":"))
        event_put(e, FIELD_PACKAGE_NAME, package);
    if (str_ends(verb, ":") ? !put_versions(r, e, rest) : rest.len || !put_package(e, package)) {
        e->count = before;
        return false;
    }
    event_puts(e, FIELD_EVENT_ACTION, action);
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_puts(e, FIELD_EVENT_OUTCOME, YES);
    return true;
}
