/* rpm.c: what "rpm -qa --last" prints, a line for each package with when it was installed, and what
 * rpm's plugins for syslog and audit say (plugins/syslog.c and audit.c of rpm). */
#include "timeline/rpm.h"
#include "base/mem.h"
#include "timeline/dated_when.h"

enum { NAME_LEAST = 40 }; /* columns that a name is filled up to, "%-40{NVRA}" and more */

/* Before the last dash but one is the name. Of what it removed yum writes a name alone, which may
 * have dashes: a version begins with a digit. */
void rpm_put_package(struct event *e, struct str nevra)
{
    size_t dash = nevra.len;
    struct str epoch = nevra;
    uint64_t n;

    if (memchr(nevra.p, ' ', nevra.len))
        return;
    for (int i = 0; i < 2 && dash; i++)
        while (dash > 0 && nevra.p[--dash] != '-')
            ;
    if (dash == 0 || !char_is_digit(nevra.p[dash + 1])) {
        event_put(e, FIELD_PACKAGE_NAME, nevra);
        return;
    }
    if (str_u64(str_cut(&epoch, ':'), &n) && epoch.p > nevra.p &&
        (size_t)(epoch.p - nevra.p) < dash) {
        event_put(e, FIELD_PACKAGE_NAME, str_head(epoch, dash - (size_t)(epoch.p - nevra.p)));
    } else {
        event_put(e, FIELD_PACKAGE_NAME, str_head(nevra, dash));
    }
    event_put(e, FIELD_PACKAGE_VERSION, str_from(nevra, dash + 1));
}

/* "install", "erase" of the one plugin, "install", "update", "remove" of the other. */
static const char *action_of(struct str op)
{
    return str_is(op, "install")                         ? "package-install"
           : str_is(op, "update")                        ? "package-upgrade"
           : str_is(op, "erase") || str_is(op, "remove") ? "package-remove"
                                                         : NULL;
}

bool rpm_understand(struct str sentence, struct event *e)
{
    struct str op, package;
    const char *action;

    if (!str_take(&sentence, "[RPM] "))
        return false;
    op = str_cut(&sentence, ' ');
    action = action_of(op);
    package = sentence;
    if (action) {
        const char *end = memmem(sentence.p, sentence.len, ": ", 2);

        package = str_head(sentence, end ? (size_t)(end - sentence.p) : 0);
        sentence = str_from(sentence, package.len + 2);
    } else { /* "nmap-3:7.92-1.el9.x86_64: install: success" */
        package = str_ends(op, ":") ? str_head(op, op.len - 1) : STR("");
        op = str_cut(&sentence, ':');
        action = action_of(op);
        (void)str_take(&sentence, " ");
    }
    if (!action || package.len == 0 ||
        (!str_is(sentence, "success") && !str_is(sentence, "failure")))
        return false;
    event_puts(e, FIELD_EVENT_ACTION, action);
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_puts(e, FIELD_EVENT_OUTCOME, str_is(sentence, "success") ? "success" : "failure");
    rpm_put_package(e, package);
    return true;
}

void rpm_put_update(struct field_names *names, struct event *e)
{
    const char *action = action_of(event_value(e, field_number(names, STR("auditd.op"))));
    struct str package = event_value(e, field_number(names, STR("auditd.sw")));
    struct str type = event_value(e, field_number(names, STR("auditd.sw_type")));

    if (action)
        for (size_t i = 0; i < e->count; i++)
            if (e->fields[i].name == FIELD_EVENT_ACTION)
                e->fields[i].value = str_of(action);
    if (package.len && (type.len == 0 || str_is(type, "rpm")))
        rpm_put_package(e, package);
    else
        event_put(e, FIELD_PACKAGE_NAME, package);
}

static bool is_name(struct str word)
{
    size_t dashes = 0;

    for (size_t i = 0; i < word.len; i++)
        dashes += word.p[i] == '-';
    return dashes >= 2;
}

/* "nmap-7.92-1.el9.x86_64        Thu 20 Nov 2025 03:12:09 AM CET" */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str rest = line, name = str_cut(&rest, ' ');
    struct dated d = {0};

    if (!is_name(name) || name.len + 1 >= line.len || (name.len < NAME_LEAST && rest.p[0] != ' '))
        return LINE_FOREIGN;
    str_skip_blanks(&rest);
    if (!dated_named(&rest, &d) || str_trim(rest).len)
        return LINE_FOREIGN;
    reader_time(r, e, &d.time);
    event_put(e, FIELD_EVENT_TIMEZONE, d.zone);
    event_puts(e, FIELD_EVENT_ACTION, "package-install");
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    rpm_put_package(e, name);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_rpm = {
    .name = "rpm", .version = 1, .is_splittable = true, .is_unordered = true, .line = line_of};
