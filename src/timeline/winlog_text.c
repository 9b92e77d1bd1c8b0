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

/* What stands up to the next two blanks. */
static struct str take_flat(struct str *rest)
{
    struct str part;
    size_t len = 0;

    str_skip_blanks(rest);
    while (len < rest->len &&
           (rest->p[len] != ' ' || (len + 1 < rest->len && rest->p[len + 1] != ' ')))
        len++;
    part = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return part;
}

/* Of a text without line ends, on its way. */
struct flat {
    struct winlog *w;
    int section;
    struct str label; /* whose value comes next; empty: none */
    struct str head;  /* of a section, where a label comes next */
    uint64_t seen;    /* labels, a bit each */
    bool is_ambiguous, found;
};
_Static_assert(COUNT_OF(labels) <= 64, "a bit each");

/* The place of a label in the section that is open; COUNT_OF(labels): it is none. */
static size_t label_at(const struct flat *f, struct str label)
{
    size_t i = 0;

    while (i < COUNT_OF(labels) &&
           !((labels[i].section == SECTION_ANY || labels[i].section == f->section) &&
             str_is(label, labels[i].label)))
        i++;
    return i;
}

static bool is_label(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        if (str_is(name, labels[i].label))
            return true;
    return false;
}

static void see_label(struct flat *f, struct str name)
{
    size_t i;

    if (f->head.len)
        f->section = section_of(f->head);
    f->head = STR("");
    f->label = STR("");
    i = label_at(f, name);
    if (i < COUNT_OF(labels)) {
        f->is_ambiguous = f->is_ambiguous || (f->seen >> i & 1);
        f->seen |= (uint64_t)1 << i;
        f->label = name;
    } else if (!is_label(name)) {
        f->head = name;
    }
}

static void see_value(struct flat *f, struct str value)
{
    size_t i = f->label.len ? label_at(f, f->label) : COUNT_OF(labels);

    f->label = STR("");
    f->head = STR("");
    if (i == COUNT_OF(labels) || value.len == 0)
        return;
    winlog_put_named(f->w, str_of(labels[i].data), value);
    f->found = true;
}

bool winlog_put_flat_text(struct winlog *w, struct str text)
{
    struct flat f = {.w = w, .section = SECTION_ANY};

    while (text.len) {
        struct str part = take_flat(&text), value = part, name;

        if (str_ends(part, ":")) {
            see_label(&f, str_head(part, part.len - 1));
            continue;
        }
        name = str_cut(&value, ':'); /* "Caller Process ID: 0x0" */
        if (f.label.len == 0 && str_starts(value, " ") && is_label(name)) {
            see_label(&f, name);
            value = str_trim(value);
        } else {
            value = part;
        }
        see_value(&f, value);
    }
    if (f.is_ambiguous)
        event_puts(w->e, field_number(w->r->names, STR("event.is_ambiguous")), "yes");
    return f.found;
}
