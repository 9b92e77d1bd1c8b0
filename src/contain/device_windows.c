/* device_windows.c: a plan as a PowerShell script: the firewall, adapters, accounts, services and
 * tasks. */
#include "contain/device_windows.h"
#include <string.h>

#define KEY "HKLM:\\SOFTWARE\\calm\\"
enum { RULE_MANY = 10000 };

static void add_char(struct buf *out, uint32_t c)
{
    if (c > 0xffff)
        buf_addf(out, "' + [char]::ConvertFromUtf32(0x%x) + '", (unsigned)c);
    else
        buf_addf(out, "' + [char]0x%x + '", (unsigned)c);
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    return true;
}

void windows_add_string(struct buf *out, struct str text)
{
    bool plain = is_plain(text);

    buf_adds(out, plain ? "'" : "('");
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c == '\'')
            buf_adds(out, "''");
        else if (c >= 0x20 && c <= 0x7e)
            buf_addc(out, (char)c);
        else
            add_char(out, c);
    }
    buf_adds(out, plain ? "'" : "')");
}

int windows_judge_name(struct str name, const char *what, const char *more, struct err *e)
{
    bool is_good = name.len > 0 && name.len <= 255 && !str_has_utf8_error(name);

    for (size_t i = 0; i < name.len && is_good; i++) {
        uint8_t c = (uint8_t)name.p[i];

        is_good = c >= 0x20 && c != 0x7f && !strchr("*?[]`\"", c) && !strchr(more, c);
    }
    if (is_good)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "\"" STR_FMT "\" cannot be %s there: UTF-8 without control characters and any "
                   "of *?[]`\"%s",
                   STR_ARG(str_head(name, 80)), what, more);
}

static struct str value(const struct device_job *j, const char *name)
{
    const struct plan_value *v = plan_value(j->plan, name);

    return v ? v->text : STR("");
}

/* "DOMAIN\name" is an account of Active Directory. */
static bool split_user(const struct device_job *j, struct str *domain, struct str *name)
{
    struct str rest = value(j, "user"), first = str_cut(&rest, '\\');

    if (first.len == value(j, "user").len) {
        *name = first;
        return false;
    }
    *domain = first;
    *name = rest;
    return true;
}

static void add_user(const struct device_job *j, struct buf *out)
{
    struct str domain, name;
    bool is_domain = split_user(j, &domain, &name);

    buf_adds(out, is_domain ? " -Identity " : " -Name ");
    windows_add_string(out, name);
    if (is_domain) {
        buf_adds(out, " -Server ");
        windows_add_string(out, domain);
    }
}

static const char *user_command(const struct device_job *j, const char *domain, const char *local)
{
    struct str a, b;

    return split_user(j, &a, &b) ? domain : local;
}

/* "/Microsoft/Windows/Name" is the task \Microsoft\Windows\ Name. */
static void add_task(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};
    struct str file = value(j, "file");
    const char *slash = memrchr(file.p, '/', file.len);
    size_t at = (size_t)(slash - file.p) + 1;

    for (size_t i = 0; i < at; i++)
        buf_addc(&path, file.p[i] == '/' ? '\\' : file.p[i]);
    buf_adds(out, " -TaskPath ");
    windows_add_string(out, buf_str(&path));
    buf_adds(out, " -TaskName ");
    windows_add_string(out, str_from(file, at));
}

static void add_named(struct buf *out, const char *command, const char *parameter, struct str name,
                      const char *more)
{
    buf_addf(out, "%s %s ", command, parameter);
    windows_add_string(out, name);
    buf_adds(out, more);
}

/* What undo must know, kept where only administrators write. */
static void keep(const struct device_job *j, const char *name, const char *what, struct buf *out)
{
    buf_addf(out, "New-ItemProperty -Path '" KEY "%s' -Name '%s' -Value ([string]%s) | Out-Null\n",
             j->tag, name, what);
}

static void keep_begin(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             "if (Test-Path -Path '" KEY
             "%s') { throw 'calm %s is there already: undo it first' }\n"
             "New-Item -Path '" KEY "%s' -Force | Out-Null\n",
             j->tag, j->tag, j->tag);
}

static bool is_firewall(const struct device_job *j)
{
    return device_is(j, "isolate") || device_is(j, "block");
}

static bool goes_back(const struct device_job *j)
{
    return !j->plan->action->cannot_undo;
}

static void undo_user(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "    if ($state.Enabled -eq 'True') { %s",
             user_command(j, "Enable-ADAccount", "Enable-LocalUser"));
    add_user(j, out);
    buf_adds(out, " }\n");
}

static void undo_unit(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "    ");
    add_named(out, "Set-Service", "-Name", value(j, "unit"), " -StartupType $state.StartType\n");
    buf_adds(out, "    if ($state.Status -eq 'Running') { ");
    add_named(out, "Start-Service", "-Name", value(j, "unit"), " }\n");
}

static void undo_job(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "    if ($state.State -ne 'Disabled') { Enable-ScheduledTask");
    add_task(j, out);
    buf_adds(out, " | Out-Null }\n");
}

static void undo_down(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "    if ($state.Status -eq 'Up') { ");
    add_named(out, "Enable-NetAdapter", "-Name", value(j, "interface"), " }\n");
}

static void windows_undo(const struct device_job *j, struct buf *out)
{
    if (!goes_back(j)) {
        buf_adds(out, "throw 'this cannot be undone'\n");
        return;
    }
    buf_adds(out, "$ErrorActionPreference = 'Stop'\n");
    if (is_firewall(j)) {
        buf_addf(out,
                 "Get-NetFirewallRule -Group 'calm-%s' -ErrorAction SilentlyContinue | "
                 "Remove-NetFirewallRule\n",
                 j->tag);
    } else {
        buf_addf(out,
                 "if (Test-Path -Path '" KEY "%s') {\n"
                 "    $state = Get-ItemProperty -Path '" KEY "%s'\n",
                 j->tag, j->tag);
        if (device_is(j, "lock"))
            undo_user(j, out);
        else if (device_is(j, "unit"))
            undo_unit(j, out);
        else if (device_is(j, "job"))
            undo_job(j, out);
        else
            undo_down(j, out);
        buf_addf(out, "    Remove-Item -Path '" KEY "%s'\n}\n", j->tag);
    }
    buf_addf(out,
             "Get-ScheduledTask -TaskName 'calm-%s-back', 'calm-%s-end' -ErrorAction "
             "SilentlyContinue | Unregister-ScheduledTask -Confirm:$false\n",
             j->tag, j->tag);
}

static void add_schedule(const struct device_job *j, const char *name, const char *when,
                         struct buf *out)
{
    buf_addf(out,
             "Register-ScheduledTask -TaskName 'calm-%s-%s' -Action $action -Trigger "
             "(New-ScheduledTaskTrigger -Once -At %s) -Settings $settings -User 'SYSTEM' -RunLevel "
             "Highest | Out-Null\n",
             j->tag, name, when);
}

/* Before anything changes: tasks that undo it, and need no file that someone could change. */
static void add_watches(const struct device_job *j, struct buf *out)
{
    CLEANUP_BUF struct buf when = {0};

    if (!goes_back(j) || (!j->plan->timer_s && !j->plan->expiry_s))
        return;
    buf_adds(out, "$undo = @'\n");
    windows_undo(j, out);
    buf_adds(out,
             "'@\n"
             "$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($undo))\n"
             "$action = New-ScheduledTaskAction -Execute "
             "\"$env:SystemRoot\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\" -Argument "
             "\"-NoProfile -NonInteractive -EncodedCommand $encoded\"\n"
             "$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable "
             "-AllowStartIfOnBatteries -DontStopIfGoingOnBatteries\n");
    if (j->plan->timer_s) {
        buf_addf(&when, "(Get-Date).AddSeconds(%u)", j->plan->timer_s);
        add_schedule(j, "back", buf_text(&when), out);
    }
    if (j->plan->expiry_s) {
        buf_clear(&when);
        buf_adds(&when, "([DateTimeOffset]::FromUnixTimeSeconds(");
        buf_add_u64(&when, j->plan->expiry_s);
        buf_adds(&when, ").LocalDateTime)");
        add_schedule(j, "end", buf_text(&when), out);
    }
}

static void apply_firewall(const struct device_job *j, struct buf *out)
{
    buf_addf(
        out,
        "if (Get-NetFirewallProfile | Where-Object { $_.Enabled -ne 'True' }) { throw 'the "
        "firewall is off in a profile: turn it on first' }\n"
        "if (Get-NetFirewallRule -Group 'calm-%s' -ErrorAction SilentlyContinue) { throw 'calm "
        "%s is there already: undo it first' }\n",
        j->tag, j->tag);
    add_watches(j, out);
    if (device_is(j, "isolate"))
        windows_add_isolate(j, out);
    else
        windows_add_block(j, out);
}

static void apply_lock(const struct device_job *j, struct buf *out)
{
    buf_addf(out, "$user = %s", user_command(j, "Get-ADUser", "Get-LocalUser"));
    add_user(j, out);
    buf_addc(out, '\n');
    keep_begin(j, out);
    keep(j, "Enabled", "$user.Enabled", out);
    add_watches(j, out);
    buf_adds(out, user_command(j, "Disable-ADAccount", "Disable-LocalUser"));
    add_user(j, out);
    buf_addc(out, '\n');
}

/* quser prints a name, perhaps the name of a session, then the number that logoff wants. */
static void apply_log_out(const struct device_job *j, struct buf *out)
{
    struct str domain, name;

    split_user(j, &domain, &name);
    buf_adds(out, "foreach ($line in @(quser ");
    windows_add_string(out, name);
    buf_adds(out, " 2>$null) | Select-Object -Skip 1) {\n"
                  "    if ($line -match '^[ >]\\S+\\s+(?:\\S+\\s+)?(\\d+)\\s+\\D') { logoff "
                  "$Matches[1] }\n"
                  "}\n");
}

static void apply_unit(const struct device_job *j, struct buf *out)
{
    add_named(out, "$service = Get-Service", "-Name", value(j, "unit"), "\n");
    keep_begin(j, out);
    keep(j, "StartType", "$service.StartType", out);
    keep(j, "Status", "$service.Status", out);
    add_watches(j, out);
    add_named(out, "Set-Service", "-Name", value(j, "unit"), " -StartupType Disabled\n");
    add_named(out, "Stop-Service", "-Name", value(j, "unit"), " -Force\n");
}

static void apply_job(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "$task = Get-ScheduledTask");
    add_task(j, out);
    buf_addc(out, '\n');
    keep_begin(j, out);
    keep(j, "State", "$task.State", out);
    add_watches(j, out);
    buf_adds(out, "Disable-ScheduledTask");
    add_task(j, out);
    buf_adds(out, " | Out-Null\n");
}

static void apply_down(const struct device_job *j, struct buf *out)
{
    add_named(out, "$adapter = Get-NetAdapter", "-Name", value(j, "interface"), "\n");
    keep_begin(j, out);
    keep(j, "Status", "$adapter.AdminStatus", out);
    add_watches(j, out);
    add_named(out, "Disable-NetAdapter", "-Name", value(j, "interface"), " -Confirm:$false\n");
}

static void windows_apply(const struct device_job *j, struct buf *out)
{
    buf_adds(out, "$ErrorActionPreference = 'Stop'\n");
    if (is_firewall(j))
        apply_firewall(j, out);
    else if (device_is(j, "lock"))
        apply_lock(j, out);
    else if (device_is(j, "log-out"))
        apply_log_out(j, out);
    else if (device_is(j, "unit"))
        apply_unit(j, out);
    else if (device_is(j, "job"))
        apply_job(j, out);
    else
        apply_down(j, out);
}

static void windows_check(const struct device_job *j, struct buf *out)
{
    struct str domain, name;

    if (is_firewall(j)) {
        buf_addf(
            out,
            "Get-NetFirewallRule -Group 'calm-%s' -PolicyStore ActiveStore | Format-Table Name, "
            "Direction, Action, Enabled, PrimaryStatus\n"
            "Get-NetFirewallProfile -PolicyStore ActiveStore | Format-Table Name, Enabled, "
            "AllowLocalFirewallRules\n",
            j->tag);
    } else if (device_is(j, "lock")) {
        buf_adds(out, user_command(j, "Get-ADUser", "Get-LocalUser"));
        add_user(j, out);
        buf_adds(out, " | Format-Table Name, Enabled\n");
    } else if (device_is(j, "log-out")) {
        split_user(j, &domain, &name);
        add_named(out, "quser", "", name, "\n");
    } else if (device_is(j, "unit")) {
        add_named(out, "Get-Service", "-Name", value(j, "unit"),
                  " | Format-Table Name, Status, StartType\n");
    } else if (device_is(j, "job")) {
        buf_adds(out, "Get-ScheduledTask");
        add_task(j, out);
        buf_adds(out, " | Format-Table TaskPath, TaskName, State\n");
    } else {
        add_named(out, "Get-NetAdapter", "-Name", value(j, "interface"),
                  " | Format-Table Name, AdminStatus, Status\n");
    }
}

static void windows_confirm(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             "$ErrorActionPreference = 'Stop'\n"
             "Unregister-ScheduledTask -TaskName 'calm-%s-back' -Confirm:$false\n",
             j->tag);
}

static int judge_user(const struct device_job *j, struct err *e)
{
    const char *never = "/:;|=,+<>@\\";
    struct str domain, name;
    bool is_domain = split_user(j, &domain, &name);
    int rc = windows_judge_name(name, "an account (of a domain: DOMAIN\\name)", never, e);

    return rc || !is_domain ? rc : windows_judge_name(domain, "a domain", never, e);
}

static int windows_judge(const struct device_job *j, struct err *e)
{
    if (!j->place->is_host_itself)
        return err_set(e, ERR_USAGE,
                       "a Windows is written for as the host itself: it does not "
                       "stand before others");
    if (j->plan->expiry_s > INT32_MAX * UINT64_C(64))
        return err_set(e, ERR_LIMIT, "Windows knows no such time");
    if (is_firewall(j))
        return windows_judge_allow(j, e);
    if (device_is(j, "lock") || device_is(j, "log-out"))
        return judge_user(j, e);
    if (device_is(j, "unit"))
        return windows_judge_name(value(j, "unit"), "a service", "/\\", e);
    if (device_is(j, "down"))
        return windows_judge_name(value(j, "interface"), "an adapter", "", e);
    if (plan_value(j->plan, "line"))
        return err_set(e, ERR_USAGE,
                       "a task of Windows is disabled as a whole: leave out the line");
    if (value(j, "file").len < 2 || value(j, "file").p[0] != '/' || str_ends(value(j, "file"), "/"))
        return err_set(e, ERR_FORMAT, "a task is named by its path, with / for \\");
    return windows_judge_name(value(j, "file"), "a task", "\\:|<>", e);
}

static void windows_lacks(const struct device_job *j, struct buf *out)
{
    if (device_is(j, "isolate")) {
        for (size_t i = 0; i < j->plan->allow_count; i++) {
            if (!j->plan->allow[i].protocol)
                continue;
            buf_adds(out,
                     "From responders whose ports are named, protocols other than TCP, UDP and "
                     "ICMP are not held.\n");
            break;
        }
        if (!j->plan->allow_count)
            buf_adds(out,
                     "Where nobody must pass, taking the adapter down (action down) is surer.\n");
    }
    if (is_firewall(j))
        buf_adds(out, "Where the group policy does not let local rules count, it has no effect: "
                      "check shows it.\n");
    if (j->plan->net_count > RULE_MANY)
        buf_addf(out, "%zu networks in rules of 1,000: putting them in takes minutes.\n",
                 j->plan->net_count);
    if (device_is(j, "lock"))
        buf_adds(out,
                 "Sessions that are open already go on, and tickets of Kerberos hold for up to "
                 "ten hours: end the sessions too.\n");
    if (device_is(j, "unit"))
        buf_adds(out, "A service that started with delay comes back as one that starts at once.\n");
}

static const struct device_ability abilities[] = {
    {"isolate", "The link's own addresses of IPv6 (fe80::/10, ff00::/8) pass, for neighbour "
                "discovery."},
    {"block", NULL},
    {"down", NULL},
    {"lock", NULL},
    {"log-out", "It cannot be undone: what is not saved in those sessions is lost."},
    {"unit", NULL},
    {"job", NULL},
    {0}};

static const struct device_ssh over_ssh = {.feed = DEVICE_POWERSHELL};

const struct contain_device device_windows = {.name = "windows",
                                              .title = "Windows",
                                              .language = "ps1",
                                              .comment = "#",
                                              .how = "in a PowerShell of an administrator",
                                              .ssh = &over_ssh,
                                              .abilities = abilities,
                                              .judge = windows_judge,
                                              .lacks = windows_lacks,
                                              .apply = windows_apply,
                                              .check = windows_check,
                                              .confirm = windows_confirm,
                                              .undo = windows_undo};
