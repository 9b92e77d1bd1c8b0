/* syslog_programs.c: the sentences of programs that write to syslog and the journal, by program. */
#include "timeline/syslog_programs.h"
#include "base/mem.h"

#define AUTH "authentication"
#define YES "success"
#define NO "failure"

/* Todd Miller's sudo, logging.c. */
static const struct meaning sudo[] = {
    {"{user.name} : command not allowed ; {_:any}USER={user.effective.name} ; "
     "COMMAND={process.command_line:rest}",
     "command", "process", NO},
    {"{user.name} : user NOT in sudoers ; {_:any}USER={user.effective.name} ; "
     "COMMAND={process.command_line:rest}",
     "command", "process", NO},
    {"{user.name} : {_:n} incorrect password attempt{_:any}USER={user.effective.name} ; "
     "COMMAND={process.command_line:rest}",
     "command", AUTH, NO},
    {"{user.name} : TTY={_:any} ; PWD={_:any} ; USER={user.effective.name} ; "
     "{_:any}COMMAND={process.command_line:rest}",
     "command", "process", YES},
    {"{user.name} : PWD={_:any} ; USER={user.effective.name} ; "
     "{_:any}COMMAND={process.command_line:rest}",
     "command", "process", YES},
};

/* util-linux and shadow. */
static const struct meaning su[] = {
    {"Successful su for {user.effective.name} by {user.name}", "switch-user", AUTH, YES},
    {"FAILED su for {user.effective.name} by {user.name}", "switch-user", AUTH, NO},
    {"(to {user.effective.name}) {user.name} on {_:rest}", "switch-user", AUTH, YES},
    {"FAILED SU (to {user.effective.name}) {user.name} on {_:rest}", "switch-user", AUTH, NO},
    {"+ {_} {user.name}:{user.effective.name}", "switch-user", AUTH, YES},
    {"- {_} {user.name}:{user.effective.name}", "switch-user", AUTH, NO},
};

static const struct meaning accounts[] = {
    {"new user: name={user.target.name}, UID={user.id:n}, GID={_:n}, home={_:any}, "
     "shell={_:rest}",
     "user-add", "iam", YES},
    {"new group: name={group.name}, GID={_:rest}", "group-add", "iam", YES},
    {"group added to {_:any}: name={group.name}{_:rest}", "group-add", "iam", YES},
    {"add '{user.target.name}' to group '{group.name}'", "group-member-add", "iam", YES},
    {"add '{user.target.name}' to shadow group '{group.name}'", "group-member-add", "iam", YES},
    {"delete '{user.target.name}' from group '{group.name}'", "group-member-remove", "iam", YES},
    {"delete user '{user.target.name}'", "user-delete", "iam", YES},
    {"removed group '{group.name}'{_:rest}", "group-delete", "iam", YES},
    {"group '{group.name}' removed{_:rest}", "group-delete", "iam", YES},
    {"password for '{user.target.name}' changed by '{user.name}'", "password-change", "iam", YES},
    {"changed password expiry for {user.target.name}", "password-change", "iam", YES},
    {"change user '{user.target.name}' {event.reason:rest}", "user-change", "iam", YES},
    {"lock user '{user.target.name}' password", "user-lock", "iam", YES},
    {"unlock user '{user.target.name}' password", "user-unlock", "iam", YES},
    {"failed adding user '{user.target.name}'{event.reason:rest}", "user-add", "iam", NO},
};

static const struct meaning cron[] = {
    {"({user.name}) CMD ({process.command_line:any})", "scheduled-command", "process", YES},
    {"({user.name}) RELOAD ({file.path:any})", "schedule-change", "configuration", YES},
    {"({user.name}) LIST ({_:any})", "schedule-list", "configuration", YES},
    {"({user.name}) REPLACE ({_:any})", "schedule-change", "configuration", YES},
    {"({user.name}) BEGIN EDIT ({_:any})", "schedule-change", "configuration", "unknown"},
    {"({user.name}) END EDIT ({_:any})", "schedule-change", "configuration", YES},
    {"({user.name}) AUTH ({event.reason:any})", "scheduled-command", AUTH, NO},
};

/* systemd: src/core/job.c, unit.c. */
static const struct meaning systemd[] = {
    {"Starting {service.name:any} - {_:any}...", "service-starting", "process", "unknown"},
    {"Started {service.name:any}.service - {_:rest}", "service-start", "process", YES},
    {"Stopped {service.name:any}.service - {_:rest}", "service-stop", "process", YES},
    {"Failed to start {service.name:any}.", "service-start", "process", NO},
    {"{service.name}: Main process exited, code={_:any}, status={error.code:rest}", "service-exit",
     "process", "unknown"},
    {"{service.name}: Failed with result '{event.reason:any}'.", "service-exit", "process", NO},
    {"{service.name}: Scheduled restart job, restart counter is at {_:n}.", "service-restart",
     "process", "unknown"},
    {"{service.name}: Deactivated successfully.", "service-stop", "process", YES},
    {"Reached target {_:rest}", "target-reached", "host", YES},
    {"Startup finished in {_:rest}", "boot", "host", YES},
    {"Shutting down.", "shutdown", "host", YES},
};

static const struct meaning logind[] = {
    {"New session {_} of user {user.name}.", "session-open", "session", YES},
    {"Removed session {_}.", "session-close", "session", YES},
    {"Session {_} logged out. Waiting for processes to exit.", "session-close", "session", YES},
    {"Power key pressed{_:rest}", "power-key", "host", "unknown"},
    {"System is rebooting.", "reboot", "host", YES},
    {"System is powering down.", "shutdown", "host", YES},
};

/* Linux, the kernel: faults of disks, memory, processors, network and power; what is loaded. */
static const struct meaning kernel[] = {
    {"Linux version {_:rest}", "boot", "host", YES},
    {"Out of memory: Kill{_:any} process {process.pid:n} ({process.name:any}){_:rest}",
     "out-of-memory", "host", NO},
    {"{_} invoked oom-killer: {_:rest}", "out-of-memory", "host", NO},
    {"blk_update_request: I/O error, dev {device.id:any}, sector {_:rest}", "disk-fault", "host",
     NO},
    {"blk_update_request: critical medium error, dev {device.id:any}, sector {_:rest}",
     "disk-fault", "host", NO},
    {"I/O error, dev {device.id:any}, sector {_:rest}", "disk-fault", "host", NO},
    {"critical medium error, dev {device.id:any}, sector {_:rest}", "disk-fault", "host", NO},
    {"Buffer I/O error on dev{_:any} {device.id:any}, logical block {_:rest}", "disk-fault", "host",
     NO},
    {"end_request: I/O error, dev {device.id:any}, sector {_:rest}", "disk-fault", "host", NO},
    {"EXT4-fs error (device {device.id:any}): {event.reason:rest}", "file-system-fault", "host",
     NO},
    {"EXT4-fs warning (device {device.id:any}): {event.reason:rest}", "file-system-fault", "host",
     "unknown"},
    {"XFS ({device.id:any}): Corruption {event.reason:rest}", "file-system-fault", "host", NO},
    {"BTRFS error (device {device.id:any}): {event.reason:rest}", "file-system-fault", "host", NO},
    {"EDAC {_:any}: {_:n} CE {event.reason:rest}", "memory-fault", "host", "unknown"},
    {"EDAC {_:any}: {_:n} UE {event.reason:rest}", "memory-fault", "host", NO},
    {"mce: [Hardware Error]: {event.reason:rest}", "hardware-fault", "host", NO},
    {"[Hardware Error]: {event.reason:rest}", "hardware-fault", "host", NO},
    {"{_:any}segfault at {_} ip {_} sp {_} error {error.code:any} in {file.path:rest}", "crash",
     "process", NO},
    {"device {device.id} entered promiscuous mode", "promiscuous-mode", "network", "unknown"},
    {"device {device.id} left promiscuous mode", "promiscuous-mode", "network", "unknown"},
    {"{device.id}: entered promiscuous mode", "promiscuous-mode", "network", "unknown"},
    {"{_}: module verification failed: signature and/or required key missing - tainting kernel",
     "module-load", "driver", "unknown"},
    {"{_}: loading out-of-tree module taints kernel.", "module-load", "driver", "unknown"},
    {"usb {device.id}: New USB device found, {event.reason:rest}", "device-attach", "host", YES},
    {"usb {device.id}: USB disconnect, {_:rest}", "device-detach", "host", YES},
};

/* polkit's pkexec.c. */
#define PKEXEC_WHERE                                                                               \
    " [USER={user.effective.name:any}] [TTY={_:any}] [CWD={process.working_directory:any}] "       \
    "[COMMAND={process.command_line:rest}"
static const struct meaning pkexec[] = {
    {"{user.name}: Executing command" PKEXEC_WHERE, "command", "process", YES},
    {"{user.name}: Error executing command as another user: {event.reason:any}" PKEXEC_WHERE,
     "command", AUTH, NO},
    {"{user.name}: {event.reason:any}" PKEXEC_WHERE, "command", "process", NO},
};

/* What libraries say in the name of the program that has them: TCP wrappers. */
static const struct meaning any_program[] = {
    {"refused connect from {source.address:most} ({source.ip:ip})", "connection", "network", NO},
    {"refused connect from {source.ip:host}", "connection", "network", NO},
};

#define TABLE(names, table)                                                                        \
    {                                                                                              \
        (names), (table), COUNT_OF(table)                                                          \
    }
static const struct program programs[] = {
    TABLE("sudo", sudo),
    TABLE("su", su),
    TABLE("useradd|userdel|usermod|groupadd|groupdel|groupmod|gpasswd|chage|chfn|chsh|newusers|"
          "adduser|deluser",
          accounts),
    TABLE("CRON|cron|crond|crontab|anacron|/usr/sbin/cron|/USR/SBIN/CRON", cron),
    TABLE("systemd", systemd),
    TABLE("systemd-logind", logind),
    TABLE("kernel", kernel),
    TABLE("pkexec", pkexec),
    TABLE("", any_program),
};
const struct program_list syslog_programs = {programs, COUNT_OF(programs)};
