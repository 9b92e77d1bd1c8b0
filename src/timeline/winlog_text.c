/* winlog_text.c: the text that Windows renders of a security event, in English, where an export has
 * nothing else: sections of "Label:\tvalue", which are the values of the event's template
 * (Microsoft, "Security auditing": each event's XML beside its text). */
#include "base/mem.h"
#include "timeline/winlog.h"

enum { SECTION_ANY, SECTION_SUBJECT, SECTION_TARGET, SECTION_MEMBER, SECTION_GROUP };

static const struct {
    const char *name;
    int section;
} sections[] = {
    {"Subject", SECTION_SUBJECT},
    {"Creator Subject", SECTION_SUBJECT},
    {"New Logon", SECTION_TARGET},
    {"Account For Which Logon Failed", SECTION_TARGET},
    {"Account Whose Credentials Were Used", SECTION_TARGET},
    {"Account That Was Locked Out", SECTION_TARGET},
    {"Account Information", SECTION_TARGET},
    {"Target Account", SECTION_TARGET},
    {"Target Subject", SECTION_TARGET},
    {"New Account", SECTION_TARGET},
    {"Member", SECTION_MEMBER},
    {"Group", SECTION_GROUP},
};

/* Of all sections together: labels that mean one thing wherever they stand. */
static const struct {
    int section;
    const char *label, *data;
} labels[] = {
    {SECTION_SUBJECT, "Account Name", "SubjectUserName"},
    {SECTION_SUBJECT, "Account Domain", "SubjectDomainName"},
    {SECTION_SUBJECT, "Logon ID", "SubjectLogonId"},
    {SECTION_TARGET, "Account Name", "TargetUserName"},
    {SECTION_TARGET, "Account Domain", "TargetDomainName"},
    {SECTION_TARGET, "Supplied Realm Name", "TargetDomainName"},
    {SECTION_TARGET, "Logon ID", "TargetLogonId"},
    {SECTION_MEMBER, "Account Name", "MemberName"},
    {SECTION_GROUP, "Group Name", "TargetUserName"},
    {SECTION_GROUP, "Group Domain", "TargetDomainName"},
    {SECTION_ANY, "Logon Account", "TargetUserName"},
    {SECTION_ANY, "Source Workstation", "Workstation"},
    {SECTION_ANY, "Error Code", "Status"},
    {SECTION_ANY, "Logon Type", "LogonType"},
    {SECTION_ANY, "Source Network Address", "IpAddress"},
    {SECTION_ANY, "Network Address", "IpAddress"},
    {SECTION_ANY, "Client Address", "IpAddress"},
    {SECTION_ANY, "Source Port", "IpPort"},
    {SECTION_ANY, "Client Port", "IpPort"},
    {SECTION_ANY, "Workstation Name", "WorkstationName"},
    {SECTION_ANY, "Status", "Status"},
    {SECTION_ANY, "Sub Status", "SubStatus"},
    {SECTION_ANY, "Failure Reason", "FailureReason"},
    {SECTION_ANY, "New Process Name", "NewProcessName"},
    {SECTION_ANY, "Process Name", "ProcessName"},
    {SECTION_ANY, "Caller Process Name", "ProcessName"},
    {SECTION_ANY, "Process Command Line", "CommandLine"},
    {SECTION_ANY, "Share Name", "ShareName"},
    {SECTION_ANY, "Task Name", "TaskName"},
    {SECTION_ANY, "Service Name", "ServiceName"},
};

static int section_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (str_is(name, sections[i].name))
            return sections[i].section;
    return SECTION_ANY;
}

static const char *data_of(int section, struct str label)
{
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        if ((labels[i].section == SECTION_ANY || labels[i].section == section) &&
            str_is(label, labels[i].label))
            return labels[i].data;
    return NULL;
}

bool winlog_put_text(struct winlog *w, struct str text)
{
    int section = SECTION_ANY;
    bool found = false;

    while (text.len) {
        struct str line = str_cut(&text, '\n'), value = line, label;
        bool is_indented = line.len && (line.p[0] == '\t' || line.p[0] == ' ');
        const char *data;

        label = str_trim(str_cut(&value, ':'));
        value = str_trim(value);
        if (label.len == 0)
            continue;
        if (!is_indented)
            section = value.len ? SECTION_ANY : section_of(label);
        data = value.len ? data_of(section, label) : NULL;
        if (!data)
            continue;
        winlog_put_named(w, str_of(data), value);
        found = true;
    }
    return found;
}
