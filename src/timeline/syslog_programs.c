/* syslog_programs.c: the sentences of programs that write to syslog and the journal, by program. */
#include "timeline/syslog_programs.h"
#include "base/mem.h"

#define AUTH "authentication"
#define YES "success"
#define NO "failure"

/* Todd Miller's sudo: plugins/sudoers/logging.c, lib/eventlog/eventlog.c. The name of a folder, and
 * what is run, may look like more of these pairs. */
#define SUDO_RUN                                                                                   \
    "PWD={process.working_directory:most} ; USER={user.effective.name} ; "                         \
    "{_:any}COMMAND={process.command_line:any}"
#define SUDO(reason, category, outcome)                                                            \
    {"{user.name:any} : " reason "TTY={sudo.tty} ; " SUDO_RUN, "command", category, outcome},      \
        {"{user.name:any} : " reason "HOST={sudo.host} ; TTY={sudo.tty} ; " SUDO_RUN, "command",   \
         category, outcome},                                                                       \
        {"{user.name:any} : " reason "HOST={sudo.host} ; " SUDO_RUN, "command", category,          \
         outcome},                                                                                 \
        {"{user.name:any} : " reason                                                               \
         "HOST={sudo.host} ; TTY={sudo.tty} ; CHROOT={sudo.chroot:any} ; " SUDO_RUN,               \
         "command", category, outcome},                                                            \
        {"{user.name:any} : " reason "TTY={sudo.tty} ; CHROOT={sudo.chroot:any} ; " SUDO_RUN,      \
         "command", category, outcome},                                                            \
        {"{user.name:any} : " reason "CHROOT={sudo.chroot:any} ; " SUDO_RUN, "command", category,  \
         outcome},                                                                                 \
    {                                                                                              \
        "{user.name:any} : " reason SUDO_RUN, "command", category, outcome                         \
    }
/* sudo -g without -u, which names no user. */
#define SUDO_GROUP                                                                                 \
    "PWD={process.working_directory:most} ; GROUP={user.effective.group.name} ; "                  \
    "{_:any}COMMAND={process.command_line:any}"
static const struct meaning sudo[] = {
    /* Where it is not joined to the line that began it. */
    {"{user.name} : (command continued) {process.command_line:rest}", "command-continued",
     "process", "unknown"},
    /* Of a command that another line is of. */
    {"{user.name:any} : problem with defaults entries ; {_:any}USER={user.effective.name} "
     ";{_:rest}",
     "command-warning", "process", "unknown"},
    /* sudo-rs: src/sudo/pipeline.rs, where there is no terminal. */
    {"{user.name:any} :  " SUDO_RUN, "command", "process", YES},
    SUDO("", "process", YES),
    SUDO("{_:n} incorrect password attempt ; ", AUTH, NO),
    SUDO("{_:n} incorrect password attempts ; ", AUTH, NO),
    SUDO("{event.reason:any} ; ", "process", NO),
    {"{user.name:any} : TTY={sudo.tty} ; " SUDO_GROUP, "command", "process", YES},
    {"{user.name:any} : HOST={sudo.host} ; TTY={sudo.tty} ; " SUDO_GROUP, "command", "process",
     YES},
    {"{user.name:any} : " SUDO_GROUP, "command", "process", YES},
    {"{user.name:any} : {event.reason:any} ; TTY={sudo.tty} ; " SUDO_GROUP, "command", "process",
     NO},
    {"{user.name:any} : {event.reason:any} ; " SUDO_GROUP, "command", "process", NO},
    {"{user.name:any} : {event.reason:any} ; {_:any}USER={user.effective.name} ;{_:rest}",
     "command", "process", NO},
};

/* util-linux and shadow. */
static const struct meaning su[] = {
    {"Successful su for {user.effective.name} by {user.name}", "switch-user", AUTH, YES},
    {"FAILED su for {user.effective.name} by {user.name}", "switch-user", AUTH, NO},
    {"(to {user.effective.name}) {user.name} on {_:rest}", "switch-user", AUTH, YES},
    {"FAILED SU (to {user.effective.name}) {user.name} on {_:rest}", "switch-user", AUTH, NO},
    {"+ {_} {user.name}:{user.effective.name}", "switch-user", AUTH, YES},
    {"- {_} {user.name}:{user.effective.name}", "switch-user", AUTH, NO},
    /* FreeBSD's usr.bin/su/su.c; others write no terminal. */
    {"BAD SU {user.name} to {user.effective.name} on {_}", "switch-user", AUTH, NO},
    {"BAD SU {user.name} to {user.effective.name}", "switch-user", AUTH, NO},
    /* Solaris' and AIX'. */
    {"'su {user.effective.name:any}' succeeded for {user.name} on {_}", "switch-user", AUTH, YES},
    {"'su {user.effective.name:any}' failed for {user.name} on {_}", "switch-user", AUTH, NO},
    {"{user.name} to {user.effective.name} on {_}", "switch-user", AUTH, YES},
    {"{user.name} to {user.effective.name}", "switch-user", AUTH, YES},
};

static const struct meaning accounts[] = {
    {"new user: name={user.target.name}, UID={user.target.id:n}, GID={_:n}, home={_:any}, "
     "shell={_:rest}",
     "user-add", "iam", YES},
    {"new group: name={group.name}, GID={_:rest}", "group-add", "iam", YES},
    {"group added to {_:any}: name={group.name:any}, GID={_:rest}", "group-add", "iam", YES},
    {"group added to {_:any}: name={group.name:rest}", "group-add", "iam", YES},
    /* groupmod: of /etc/gshadow without the number */
    {"group changed in {_:any} (group {group.name}/{group.id:n}, new name: {group.name}, "
     "{event.reason:any})",
     "group-change", "iam", YES},
    {"group changed in {_:any} (group {group.name}/{group.id:n}, new name: {group.name:any})",
     "group-change", "iam", YES},
    {"group changed in {_:any} (group {group.name}/{group.id:n}, {event.reason:any})",
     "group-change", "iam", YES},
    {"group changed in {_:any} (group {group.name}, new name: {group.name:any})", "group-change",
     "iam", YES},
    {"add '{user.target.name}' to group '{group.name}'", "group-member-add", "iam", YES},
    {"add '{user.target.name}' to shadow group '{group.name}'", "group-member-add", "iam", YES},
    {"delete '{user.target.name}' from group '{group.name}'", "group-member-remove", "iam", YES},
    {"delete user '{user.target.name}'", "user-delete", "iam", YES},
    {"removed group '{group.name}'{_:rest}", "group-delete", "iam", YES},
    {"removed shadow group '{group.name}'{_:rest}", "group-shadow-delete", "iam", YES},
    {"group '{group.name}' removed{_:rest}", "group-delete", "iam", YES},
    {"password for '{user.target.name}' changed by '{user.name}'", "password-change", "iam", YES},
    /* FreeBSD's pam_unix.c; BusyBox: loginutils/passwd.c */
    {"Password for {user.target.name} changed by {user.name:any}(uid={user.id:n})",
     "password-change", "iam", YES},
    {"Password for {user.target.name} changed by {user.name}", "password-change", "iam", YES},
    {"password for {user.target.name} changed by {user.name}", "password-change", "iam", YES},
    {"changed password expiry for {user.target.name}", "user-change", "iam", YES},
    {"change user '{user.target.name}' password", "password-change", "iam", YES},
    {"change user '{user.target.name}' {event.reason:rest}", "user-change", "iam", YES},
    {"lock user '{user.target.name}' password", "user-lock", "iam", YES},
    {"unlock user '{user.target.name}' password", "user-unlock", "iam", YES},
    {"user {user.target.name} added by {user.name} to group {group.name}", "group-member-add",
     "iam", YES},
    {"user {user.target.name} removed by {user.name} from group {group.name}",
     "group-member-remove", "iam", YES},
    {"members of group {group.name} set by {user.name} to {user.target.name:rest}",
     "group-member-add", "iam", YES},
    {"administrators of group {group.name} set by {user.name} to {user.target.name:rest}",
     "group-change", "iam", YES},
    {"password of group {group.name} changed by {user.name}", "password-change", "iam", YES},
    {"password of group {group.name} removed by {user.name}", "password-change", "iam", YES},
    {"change user name '{user.target.name:any}' to '{user.target.name:any}'", "user-change", "iam",
     YES},
    {"changed user '{user.target.name}' {event.reason:rest}", "user-change", "iam", YES},
    {"can't view or modify password information for {user.target.name:rest}", "password-change",
     "iam", NO},
    {"failed adding user '{user.target.name}'{event.reason:rest}", "user-add", "iam", NO},
};

/* util-linux' login-utils/login.c and shadow's login.c. Of a name that it does not know shadow's
 * writes UNKNOWN, and util-linux' of none "(unknown)". */
#define LOGIN_OF(who)                                                                              \
    {"FAILED LOGIN ({_:n}) on '{_:any}' from '{source.ip:host}' FOR '" who                         \
     "', {event.reason:rest}",                                                                     \
     "login", AUTH, NO},                                                                           \
        {"FAILED LOGIN ({_:n}) on '{_:any}' FOR '" who "', {event.reason:rest}", "login", AUTH,    \
         NO},                                                                                      \
    {                                                                                              \
        "TOO MANY LOGIN TRIES ({_:n}) on '{_:any}'{_:any} FOR '" who "', {event.reason:rest}",     \
            "login-too-many", AUTH, NO                                                             \
    }
/* FreeBSD's usr.bin/login/login.c says once without a name, and once with one for those who may
 * know it; and of a root that it is a login, and that it is root's. */
#define FREEBSD_LOGIN(at)                                                                          \
    {"{_:n} LOGIN FAILURE " at, "login-failures", AUTH, NO},                                       \
        {"{_:n} LOGIN FAILURES " at, "login-failures", AUTH, NO},                                  \
        {"{_:n} LOGIN FAILURE " at ", {user.name:rest}", "login", AUTH, NO},                       \
    {                                                                                              \
        "{_:n} LOGIN FAILURES " at ", {user.name:rest}", "login", AUTH, NO                         \
    }
static const struct meaning login[] = {
    FREEBSD_LOGIN("FROM {source.ip:host}"),
    FREEBSD_LOGIN("ON {_}"),
    {"ROOT LOGIN ({user.name:any}) ON {_} FROM {source.ip:host}", "login", AUTH, YES},
    {"ROOT LOGIN ({user.name:any}) ON {_}", "login", AUTH, YES},
    {"login from {source.ip:host} on {_} as root", "session-open", "session", YES},
    {"login on {_} as root", "session-open", "session", YES},
    {"login from {source.ip:host} on {_} as {user.name}", "login", AUTH, YES},
    {"login on {_} as {user.name}", "login", AUTH, YES},
    {"LOGIN {user.name} REFUSED ({event.reason:any}) FROM {source.ip:host} ON TTY {_}",
     "login-not-allowed", AUTH, NO},
    {"LOGIN {user.name} REFUSED ({event.reason:any}) ON TTY {_}", "login-not-allowed", AUTH, NO},
    /* BusyBox' loginutils/login.c; UNKNOWN is whom it does not know. */
    {"invalid password for 'UNKNOWN' on '{_:any}' from '{source.ip:host}'", "login", AUTH, NO},
    {"invalid password for 'UNKNOWN' on '{_:any}'", "login", AUTH, NO},
    {"invalid password for '{user.name:most}' on '{_:any}' from '{source.ip:host}'", "login", AUTH,
     NO},
    {"invalid password for '{user.name:most}' on '{_:any}'", "login", AUTH, NO},
    {"root login on '{_:any}' from '{source.ip:host}'", "login", AUTH, YES},
    {"root login on '{_:any}'", "login", AUTH, YES},
    LOGIN_OF("UNKNOWN"),
    LOGIN_OF("{user.name:most}"),
    {"FAILED LOGIN {_:n} FROM {source.ip:host} FOR (unknown), {event.reason:rest}", "login", AUTH,
     NO},
    {"FAILED LOGIN {_:n} FROM {source.ip:host} FOR {user.name:most}, {event.reason:rest}", "login",
     AUTH, NO},
    {"ROOT LOGIN ON {_} FROM {source.ip:host}", "login", AUTH, YES},
    {"ROOT LOGIN {_:any}on '{_:any}' from '{source.ip:host}'", "login", AUTH, YES},
    {"ROOT LOGIN {_:any}on '{_:rest}", "login", AUTH, YES},
    {"ROOT LOGIN on {_}", "login", AUTH, YES},
    {"ROOT LOGIN ON {_}", "login", AUTH, YES},
    {"LOGIN ON {_} BY {user.name} FROM {source.ip:host}", "login", AUTH, YES},
    {"LOGIN ON {_} BY {user.name:rest}", "login", AUTH, YES},
};

/* atd.c; what is run is in its job's file. */
static const struct meaning at[] = {
    {"Starting job {_:n} ({_:any}) for user '{user.name:any}' ({user.id:n})", "scheduled-command",
     "process", YES},
};

static const struct meaning cron[] = {
    /* database.c: the system's tables have no account of their own. */
    {"(*system*{_:any}) RELOAD ({file.path:any})", "schedule-change", "configuration", YES},
    {"({user.name}) CMD ({_:pad}{process.command_line:any})", "scheduled-command", "process", YES},
    {"({user.name}) RELOAD ({file.path:any})", "schedule-change", "configuration", YES},
    /* crontab.c: who asked, and whose table it is. */
    {"({user.name}) LIST ({user.target.name:any})", "schedule-list", "configuration", YES},
    {"({user.name}) REPLACE ({user.target.name:any})", "schedule-change", "configuration", YES},
    {"({user.name}) BEGIN EDIT ({user.target.name:any})", "schedule-change", "configuration",
     "unknown"},
    {"({user.name}) END EDIT ({user.target.name:any})", "schedule-change", "configuration", YES},
    {"Job `{process.command_line:any}' started", "scheduled-command", "process", YES},
    {"Job `{process.command_line:any}' terminated{event.reason:rest}", "scheduled-command-end",
     "process", "unknown"},
    {"({user.name}) AUTH ({event.reason:any})", "scheduled-command", AUTH, NO},
    /* cronie's src/security.c, do_command.c, crontab.c; cron's do_command.c. */
    {"({user.name}) FAILED to authorize user with PAM ({event.reason:any})", "scheduled-command",
     AUTH, NO},
    {"({user.name}) FAILED to open PAM security session ({event.reason:any})", "scheduled-command",
     AUTH, NO},
    {"({user.name}) PAM ERROR ({event.reason:any})", "scheduled-command", AUTH, NO},
    {"({user.name}) CMDEND ({_:pad}{process.command_line:any})", "scheduled-command-end", "process",
     "unknown"},
    {"({user.name}) DELETE ({user.target.name:any})", "schedule-change", "configuration", YES},
    /* dcron's main.c and BusyBox' miscutils/crond.c, of it. */
    {"USER {user.name} pid {_:pad}{process.pid:n} cmd {process.command_line:rest}",
     "scheduled-command", "process", YES},
    {"FILE {file.path:any} USER {user.name} pid {_:pad}{process.pid:n} cmd "
     "{process.command_line:rest}",
     "scheduled-command", "process", YES},
    {"({_}) error (grandchild #{process.pid:n} failed with exit status {error.code:n})",
     "scheduled-command-end", "process", NO},
};

/* systemd: src/core/{job,unit,service,mount,socket,timer,target,device}.c, manager.c. Since 249 a
 * unit stands before its description, or for it; before, the description alone did. */
#define UNIT(before, behind, action, outcome)                                                      \
    {before "{service.name:unit} - {_:any}" behind, action, "process", outcome},                   \
        {before "{service.name:unit}" behind, action, "process", outcome},                         \
    {                                                                                              \
        before "{service.name:any}" behind, action, "process", outcome                             \
    }
#define AT_END(text)                                                                               \
    {                                                                                              \
        "{service.name:unit}: " text, "service-exit", "process", NO                                \
    }
static const struct meaning systemd[] = {
    UNIT("Starting ", "...", "service-starting", "unknown"),
    UNIT("Started ", ".", "service-start", YES),
    UNIT("Finished ", ".", "service-finish", YES),
    UNIT("Stopping ", "...", "service-stopping", "unknown"),
    {"Stopped target {_:rest}", "target-stop", "host", YES},
    {"Created symlink {file.path:any} \xE2\x86\x92 {file.target_path:any}.", "service-enable",
     "configuration", YES},
    {"Created symlink from {file.path:any} to {file.target_path:any}.", "service-enable",
     "configuration", YES},
    UNIT("Stopped ", ".", "service-stop", YES),
    UNIT("Reloaded ", ".", "service-reload", YES),
    UNIT("Failed to start ", ".", "service-start", NO),
    UNIT("Failed to mount ", ".", "service-start", NO),
    UNIT("Failed to listen on ", ".", "service-start", NO),
    UNIT("Failed to activate swap ", ".", "service-start", NO),
    {"Failed to start {service.name:unit}: {event.reason:rest}", "service-start", "process", NO},
    UNIT("Dependency failed for ", ".", "service-start", NO),
    UNIT("Timed out starting ", ".", "service-start", NO),
    UNIT("Timed out stopping ", ".", "service-stop", NO),
    UNIT("Timed out mounting ", ".", "service-start", NO),
    UNIT("Timed out waiting for device ", ".", "service-start", NO),
    AT_END("Failed with result '{event.reason:any}'."),
    AT_END("Unit entered failed state."),
    AT_END("Start request repeated too quickly."),
    AT_END("start request repeated too quickly, refusing to start."),
    AT_END("Start{_:any} operation timed out. Terminating."),
    AT_END("State '{_}' timed out. Killing."),
    AT_END("State '{_}' timed out. Terminating."),
    AT_END("Watchdog timeout (limit {_:any})!"),
    AT_END("A process of this unit has been killed by the OOM killer."),
    {"Unit {service.name:unit} entered failed state.", "service-exit", "process", NO},
    {"{service.name:unit}: {_:any}rocess exited, code=killed, status={error.code:rest}",
     "service-exit", "process", "unknown"},
    {"{service.name:unit}: {_:any}rocess exited, code=dumped, status={error.code:rest}",
     "service-exit", "process", NO},
    {"{service.name:unit}: {_:any}rocess exited, code=exited, status=0/SUCCESS", "service-exit",
     "process", YES},
    {"{service.name:unit}: {_:any}rocess exited, code={_:any} status={error.code:rest}",
     "service-exit", "process", NO},
    {"{service.name:unit}: Scheduled restart job, restart counter is at {_:n}.", "service-restart",
     "process", "unknown"},
    {"{service.name:unit}: Service hold-off time over, scheduling restart.", "service-restart",
     "process", "unknown"},
    {"{service.name:unit}: {_:any}, scheduling restart.", "service-restart", "process", "unknown"},
    {"{service.name:unit}: Deactivated successfully.", "service-stop", "process", YES},
    {"{service.name:unit}: Succeeded.", "service-stop", "process", YES},
    {"Reached target {_:rest}", "target-reached", "host", YES},
    {"Startup finished in {_:rest}", "boot", "host", YES},
    {"Shutting down.", "shutdown", "host", YES},
    {"Rebooting.", "reboot", "host", YES},
    {"Powering off.", "shutdown", "host", YES},
    {"Time has been changed", "clock-step", "host", "unknown"},
    {"Caught <{_:any}>, {event.reason:rest}", "kernel-fault", "host", NO},
    {"Freezing execution.", "kernel-fault", "host", NO},
};

static const struct meaning logind[] = {
    {"New session {_} of user {user.name}.", "session-open", "session", YES},
    /* Since 257; class "manager" is the user's own systemd, type "tty" a console. */
    {"New session '{_:any}' of user '{user.name:any}' with class '{logind.session_class:any}' and "
     "type '{logind.session_type:any}'.",
     "session-open", "session", YES},

    {"Removed session {_}.", "session-close", "session", YES},
    {"Session {_} logged out. Waiting for processes to exit.", "session-close", "session", YES},
    {"Power key pressed{_:rest}", "power-key", "host", "unknown"},
    {"Operation '{event.reason:any}' finished.", "power-operation", "host", YES},
    {"System is rebooting.", "reboot", "host", YES},
    {"System is powering down.", "shutdown", "host", YES},
    {"System is halting.", "shutdown", "host", YES},
    /* logind-wall.c, once it is time, and before; what was said with it stands in front. */
    {"{_:any}The system will reboot now!", "reboot", "host", "unknown"},
    {"{_:any}The system will kexec now!", "reboot", "host", "unknown"},
    {"{_:any}The system will soft-reboot now!", "reboot", "host", "unknown"},
    {"{_:any}The system will power off now!", "shutdown", "host", "unknown"},
    {"{_:any}The system will halt now!", "shutdown", "host", "unknown"},
    {"{_:any}The system will {event.reason:any} at {_:any}!", "shutdown-schedule", "host",
     "unknown"},
};

/* systemd: src/journal/journald-server.c, journal-vacuum.c; rsyslog: tools/rsyslogd.c; audit:
 * src/auditd.c. Who stops what logs leaves this behind. */
static const struct meaning journald[] = {
    {"Journal started", "logging-start", "host", YES},
    {"Journal stopped", "logging-stop", "host", YES},
    {"Vacuuming done, freed {_} of archived journals from {file.path:any}.", "log-remove", "host",
     YES},
    {"File {file.path:any} corrupted or uncleanly shut down, renaming and replacing.", "log-damage",
     "host", "unknown"},
};
static const struct meaning rsyslogd[] = {
    {"[origin software=\"rsyslogd\"{_:any}] start", "logging-start", "host", YES},
    {"[origin software=\"rsyslogd\"{_:any}] exiting on signal {_:n}.", "logging-stop", "host", YES},
};
static const struct meaning auditd[] = {
    {"The audit daemon is exiting.", "logging-stop", "host", YES},
    {"Init complete, auditd {_} listening for events{_:rest}", "logging-start", "host", YES},
};

/* systemd: src/coredump/coredump.c. */
static const struct meaning coredump[] = {
    {"Process {process.pid:n} ({process.name:any}) of user {user.id:n} dumped core.{_:rest}",
     "crash", "process", NO},
    {"Process {process.pid:n} ({process.name:any}) of user {user.id:n} terminated abnormally "
     "{event.reason:rest}",
     "crash", "process", NO},
};

/* polkit: src/polkitbackend/polkitbackendinteractiveauthority.c. What a process shows as its
 * command line is its own. */
#define FOR_ACTION                                                                                 \
    " for action {polkit.action} for {_:any} [{process.command_line:most}] (owned by "             \
    "unix-user:{user.name:any})"
static const struct meaning polkitd[] = {
    {"Operator of {_} successfully authenticated as unix-user:{user.effective.name} to gain {_} "
     "authorization" FOR_ACTION,
     "authorization", AUTH, YES},

    {"Operator of {_} FAILED to authenticate to gain authorization" FOR_ACTION, "authorization",
     AUTH, NO},
};

/* OpenBSD's doas.c, of 5.8 and later, and OpenDoas' of it. What is run, and where, is chosen by
 * who runs it. */
static const struct meaning doas[] = {
    {"{user.name} ran command {process.command_line:most} as {user.effective.name} from "
     "{process.working_directory:any}",
     "command", "process", YES},
    {"{user.name} ran command as {user.effective.name}: {process.command_line:rest}", "command",
     "process", YES},
    {"failed command for {user.name}: {process.command_line:rest}", "command", "process", NO},
    {"failed password for {user.name}", "command", AUTH, NO},
    {"failed auth for {user.name}", "command", AUTH, NO},
    {"tty required for {user.name}", "command", AUTH, NO},
    {"command not permitted for {user.name}: {process.command_line:rest}", "command", "process",
     NO},
};

/* polkit's pkexec.c. */
#define PKEXEC_WHERE                                                                               \
    " [USER={user.effective.name:any}] [TTY={_:any}] [CWD={process.working_directory:any}] "       \
    "[COMMAND={process.command_line:"
/* A line that syslog cut has no bracket at its end. */
#define PKEXEC(sentence, category, outcome)                                                        \
    {"{user.name}: " sentence PKEXEC_WHERE "any}]", "command", category, outcome},                 \
    {                                                                                              \
        "{user.name}: " sentence PKEXEC_WHERE "rest}", "command", category, outcome                \
    }
static const struct meaning pkexec[] = {
    PKEXEC("Executing command", "process", YES),
    PKEXEC("Error executing command as another user: {event.reason:any}", AUTH, NO),
    PKEXEC("{event.reason:any}", "process", NO),
};

/* dpkg: utils/update-alternatives.c, log_msg. */
static const struct meaning alternatives[] = {
    {"run with {process.args:rest}", "command", "process", "unknown"},
    {"link group {alternatives.name} updated to point to {file.target_path:rest}",
     "alternative-change", "configuration", YES},
    {"link group {alternatives.name} fully removed", "alternative-remove", "configuration", YES},
    {"auto-repair link group {alternatives.name}", "alternative-change", "configuration", YES},
    {"status of link group {file.path} set to {event.reason:rest}", "alternative-change",
     "configuration", YES},
};

/* What libraries say in the name of the program that has them: TCP wrappers; duo_unix, duo_log().
 */
#define DUO(what, outcome)                                                                         \
    {what " Duo login for '{user.name:any}' from {source.ip:host}: {event.reason:rest}",           \
     "login-second-factor", AUTH, outcome},                                                        \
        {what " Duo login for '{user.name:any}' from {source.ip:host}", "login-second-factor",     \
         AUTH, outcome},                                                                           \
        {what " Duo login for '{user.name:any}': {event.reason:rest}", "login-second-factor",      \
         AUTH, outcome},                                                                           \
    {                                                                                              \
        what " Duo login for '{user.name:any}'", "login-second-factor", AUTH, outcome              \
    }
/* Drupal's modules/syslog, whose tag is the site's: base|timestamp|type|address|request|referer|
 * user|link|message. Who asks writes the request and the referer. */
#define DRUPAL(sentence, action, category, outcome)                                                \
    {                                                                                              \
        "http{_:any}|{_:n}|user|{source.ip:ip}|{url.original:any}|{_:any}|{_:n}|{_:any}"           \
        "|" sentence,                                                                              \
            action, category, outcome                                                              \
    }
static const struct meaning any_program[] = {
    DRUPAL("Login attempt failed for {user.name:most}.", "login", AUTH, NO),
    DRUPAL("Login attempt failed from {_:rest}", "login", AUTH, NO),
    DRUPAL("Session opened for {user.name:most}.", "login", AUTH, YES),
    DUO("Successful", YES),
    DUO("Failed", NO),
    DUO("Aborted", NO),
    /* Without having asked, as its settings or a server that is down have it. */
    DUO("Skipped", "unknown"),
    DUO("Failsafe", "unknown"),
    {"refused connect from {source.address:most} ({source.ip:ip})", "connection", "network", NO},
    {"refused connect from {source.ip:host}", "connection", "network", NO},
    {"last message repeated {event.repeated:n} times", NULL, NULL, NULL},
    {"Last message '{_:any}' repeated {event.repeated:n} times, suppressed by syslog-ng on {_}",
     NULL, NULL, NULL},
};

#define TABLE(names, table)                                                                        \
    {                                                                                              \
        .name = (names), .meanings = (table), .count = COUNT_OF(table)                             \
    }
static const struct program programs[] = {
    TABLE("sudo|sudo-rs", sudo),
    TABLE("su", su),
    TABLE("useradd|userdel|usermod|groupadd|groupdel|groupmod|gpasswd|chage|chfn|chsh|newusers|"
          "adduser|deluser|passwd|chpasswd",
          accounts),
    TABLE("CRON|cron|crond|CROND|crontab|anacron|/usr/sbin/cron|/USR/SBIN/CRON", cron),
    TABLE("atd", at),
    TABLE("login", login),
    TABLE("systemd", systemd),
    TABLE("systemd-logind", logind),
    TABLE("systemd-journald", journald),
    TABLE("rsyslogd", rsyslogd),
    TABLE("auditd", auditd),
    TABLE("systemd-coredump", coredump),
    TABLE("polkitd", polkitd),
    TABLE("doas", doas),
    TABLE("pkexec", pkexec),

    TABLE("update-alternatives", alternatives),
    TABLE("", any_program),
};
const struct program_list syslog_programs = {programs, COUNT_OF(programs)};
