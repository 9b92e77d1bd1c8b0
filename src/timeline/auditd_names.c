/* auditd_names.c: numbers and types of audit records as Linux and auditd define them
 * (linux/audit.h, libaudit), and what they mean. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "timeline/auditd.h"

static const struct audit_type types[] = {
    {"ACCT_LOCK", "locked-account", "iam"},
    {"ACCT_UNLOCK", "unlocked-account", "iam"},
    {"ADD_GROUP", "added-group-account-to", "iam"},
    {"ADD_USER", "added-user-account", "iam"},
    {"ANOM_ABEND", "crashed-program", "process"},
    {"ANOM_LOGIN_ACCT", "attempted-log-in-to-disabled-account", "authentication"},
    {"ANOM_LOGIN_FAILURES", "failed-log-in-too-many-times-to", "authentication"},
    {"ANOM_LOGIN_LOCATION", "attempted-log-in-from-unusual-place-to", "authentication"},
    {"ANOM_LOGIN_TIME", "attempted-log-in-during-unusual-hour-to", "authentication"},
    {"ANOM_PROMISCUOUS", "changed-promiscuous-mode-on-device", "network"},
    {"AVC", "violated-selinux-policy", "process"},
    {"CONFIG_CHANGE", "changed-audit-configuration", "configuration"},
    {"CRED_ACQ", "acquired-credentials", "authentication"},
    {"CRED_DISP", "disposed-credentials", "authentication"},
    {"CRED_REFR", "refreshed-credentials", "authentication"},
    {"CRYPTO_KEY_USER", "negotiated-crypto-key", "process"},
    {"CRYPTO_SESSION", "started-crypto-session", "process"},
    {"DAEMON_ABORT", "aborted-auditd-startup", "process"},
    {"DAEMON_CONFIG", "changed-auditd-configuration", "configuration"},
    {"DAEMON_END", "shutdown-audit", "process"},
    {"DAEMON_START", "started-audit", "process"},
    {"DEL_GROUP", "deleted-group-account-from", "iam"},
    {"DEL_USER", "deleted-user-account", "iam"},
    {"FEATURE_CHANGE", "changed-audit-feature", "configuration"},
    {"GRP_AUTH", "authenticated-to-group", "authentication"},
    {"GRP_CHAUTHTOK", "changed-group-password", "iam"},
    {"GRP_MGMT", "modified-group-account", "iam"},
    {"KERN_MODULE", "loaded-kernel-module", "driver"},
    {"LOGIN", "changed-login-id-to", "authentication"},
    {"MAC_CONFIG_CHANGE", "changed-selinux-boolean", "configuration"},
    {"MAC_POLICY_LOAD", "loaded-selinux-policy", "configuration"},
    {"MAC_STATUS", "changed-selinux-enforcement", "configuration"},
    {"NETFILTER_CFG", "loaded-firewall-rule-to", "configuration"},
    {"RESP_ACCT_LOCK", "locked-account", "iam"},
    {"RESP_ACCT_LOCK_TIMED", "locked-account", "iam"},
    {"RESP_ACCT_UNLOCK_TIMED", "unlocked-account", "iam"},
    {"ROLE_ASSIGN", "assigned-user-role-to", "iam"},
    {"ROLE_MODIFY", "modified-role", "iam"},
    {"ROLE_REMOVE", "removed-user-role-from", "iam"},
    {"SECCOMP", "violated-seccomp-policy", "process"},
    {"SERVICE_START", "started-service", "process"},
    {"SERVICE_STOP", "stopped-service", "process"},
    {"SOFTWARE_UPDATE", "package-updated", "package"},
    {"SYSTEM_BOOT", "booted-system", "host"},
    {"SYSTEM_RUNLEVEL", "changed-to-runlevel", "host"},
    {"SYSTEM_SHUTDOWN", "shutdown-system", "host"},
    {"TIME_ADJNTPVAL", "changed-system-time", "host"},
    {"TIME_INJOFFSET", "changed-system-time", "host"},
    {"TTY", "typed", "process"},
    {"USER_ACCT", "was-authorized", "authentication"},
    {"USER_AUTH", "authenticated", "authentication"},
    {"USER_CHAUTHTOK", "changed-password", "iam"},
    {"USER_CMD", "ran-command", "process"},
    {"USER_END", "ended-session", "session"},
    {"USER_ERR", "error", "authentication"},
    {"USER_LOGIN", "logged-in", "authentication"},
    {"USER_LOGOUT", "logged-out", "authentication"},
    {"USER_MGMT", "modified-user-account", "iam"},
    {"USER_ROLE_CHANGE", "changed-role-to", "iam"},
    {"USER_START", "started-session", "session"},
    {"USER_TTY", "typed", "process"},
    {"USYS_CONFIG", "changed-configuration", "configuration"},
    {"VIRT_CONTROL", "issued-vm-control", "host"},
};

const struct audit_type *audit_type_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (name.len && name.p[0] == types[i].name[0] && str_is(name, types[i].name))
            return &types[i];
    return NULL;
}

struct words {
    const char *from, *to;
};

/* Of records that are events of their own. */
static const struct words numbers[] = {
    {"1006", "LOGIN"},
    {"1100", "USER_AUTH"},
    {"1101", "USER_ACCT"},
    {"1102", "USER_MGMT"},
    {"1103", "CRED_ACQ"},
    {"1104", "CRED_DISP"},
    {"1105", "USER_START"},
    {"1106", "USER_END"},
    {"1108", "USER_CHAUTHTOK"},
    {"1109", "USER_ERR"},
    {"1110", "CRED_REFR"},
    {"1112", "USER_LOGIN"},
    {"1113", "USER_LOGOUT"},
    {"1114", "ADD_USER"},
    {"1115", "DEL_USER"},
    {"1116", "ADD_GROUP"},
    {"1117", "DEL_GROUP"},
    {"1123", "USER_CMD"},
    {"1124", "USER_TTY"},
    {"1126", "GRP_AUTH"},
    {"1127", "SYSTEM_BOOT"},
    {"1128", "SYSTEM_SHUTDOWN"},
    {"1129", "SYSTEM_RUNLEVEL"},
    {"1130", "SERVICE_START"},
    {"1131", "SERVICE_STOP"},
    {"1132", "GRP_MGMT"},
    {"1133", "GRP_CHAUTHTOK"},
    {"1305", "CONFIG_CHANGE"},
    {"1319", "TTY"},
    {"1325", "NETFILTER_CFG"},
    {"1326", "SECCOMP"},
    {"1328", "FEATURE_CHANGE"},
    {"1330", "KERN_MODULE"},
    {"1400", "AVC"},
    {"1403", "MAC_POLICY_LOAD"},
    {"1404", "MAC_STATUS"},
    {"1405", "MAC_CONFIG_CHANGE"},
    {"1700", "ANOM_PROMISCUOUS"},
    {"1701", "ANOM_ABEND"},
    {"2500", "VIRT_CONTROL"},
};

struct str audit_type_name(struct str number)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (str_is(number, numbers[i].from))
            return str_of(numbers[i].to);
    return STR("");
}

/* Words for what calls do; several of a kind have the same. */
static const struct words calls[] = {
    {"execve", "executed"},
    {"execveat", "executed"},
    {"open", "opened-file"},
    {"openat", "opened-file"},
    {"openat2", "opened-file"},
    {"creat", "opened-file"},
    {"truncate", "opened-file"},
    {"ftruncate", "opened-file"},
    {"connect", "connected-to"},
    {"bind", "bound-socket"},
    {"listen", "listen-for-connections"},
    {"accept", "accepted-connection-from"},
    {"accept4", "accepted-connection-from"},
    {"sendto", "sent-to"},
    {"recvfrom", "received-from"},
    {"unlink", "deleted"},
    {"unlinkat", "deleted"},
    {"rmdir", "deleted"},
    {"rename", "renamed"},
    {"renameat", "renamed"},
    {"renameat2", "renamed"},
    {"mkdir", "created-directory"},
    {"mkdirat", "created-directory"},
    {"link", "linked"},
    {"linkat", "linked"},
    {"symlink", "symlinked"},
    {"symlinkat", "symlinked"},
    {"chmod", "changed-file-permissions-of"},
    {"fchmod", "changed-file-permissions-of"},
    {"fchmodat", "changed-file-permissions-of"},
    {"chown", "changed-file-ownership-of"},
    {"fchown", "changed-file-ownership-of"},
    {"fchownat", "changed-file-ownership-of"},
    {"lchown", "changed-file-ownership-of"},
    {"setxattr", "changed-file-attributes-of"},
    {"mount", "mounted"},
    {"umount2", "unmounted"},
    {"init_module", "loaded-kernel-module"},
    {"finit_module", "loaded-kernel-module"},
    {"delete_module", "unloaded-kernel-module"},
    {"kill", "killed-pid"},
    {"tkill", "killed-pid"},
    {"tgkill", "killed-pid"},
    {"setuid", "changed-identity-of"},
    {"seteuid", "changed-identity-of"},
    {"setreuid", "changed-identity-of"},
    {"setresuid", "changed-identity-of"},
    {"sethostname", "changed-system-name"},
    {"setdomainname", "changed-system-name"},
    {"settimeofday", "changed-system-time"},
    {"clock_settime", "changed-system-time"},
    {"adjtimex", "changed-system-time"},
};

struct str audit_syscall_action(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (name.len && name.p[0] == calls[i].from[0] && str_is(name, calls[i].from))
            return str_of(calls[i].to);
    return name;
}

static const struct words archs[] = {
    {"c000003e", "x86_64"}, {"40000003", "i386"},    {"c00000b7", "aarch64"},
    {"40000028", "arm"},    {"c0000015", "ppc64le"}, {"80000015", "ppc64"},
    {"80000016", "s390x"},  {"c00000f3", "riscv64"}, {"c0000102", "loongarch64"},
};

struct str audit_arch_name(struct str hex)
{
    for (size_t i = 0; i < COUNT_OF(archs); i++)
        if (str_is(hex, archs[i].from))
            return str_of(archs[i].to);
    return STR("");
}

struct call {
    uint16_t number;
    const char *name;
};
#define SYSCALL(number, name) {(number), (name)},
static const struct call x86_64_calls[] = {
#include "timeline/syscalls_x86_64.def"
};
static const struct call i386_calls[] = {
#include "timeline/syscalls_i386.def"
};
static const struct call aarch64_calls[] = {
#include "timeline/syscalls_aarch64.def"
};
#undef SYSCALL

static const struct {
    const char *arch;
    const struct call *calls;
    size_t count;
} tables[] = {{"x86_64", x86_64_calls, COUNT_OF(x86_64_calls)},
              {"i386", i386_calls, COUNT_OF(i386_calls)},
              {"aarch64", aarch64_calls, COUNT_OF(aarch64_calls)}};

static int compare(const void *a, const void *b)
{
    return (int)((const struct call *)a)->number - (int)((const struct call *)b)->number;
}

struct str audit_syscall_name(struct str arch, struct str number)
{
    struct call key = {0};
    uint64_t n;

    if (!str_u64(number, &n) || n > UINT16_MAX)
        return STR("");
    key.number = (uint16_t)n;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        const struct call *found = NULL;

        if (str_is(arch, tables[i].arch))
            found = bsearch(&key, tables[i].calls, tables[i].count, sizeof(key), compare);
        if (found)
            return str_of(found->name);
    }
    return STR("");
}

struct str audit_error_name(struct str exit_code)
{
    uint64_t n;

    if (!str_take(&exit_code, "-") || !str_u64(exit_code, &n) || n > 4095)
        return STR("");
    return str_of(strerrorname_np((int)n));
}

/* asm-generic/signal.h, from 1. */
struct str audit_signal_name(struct str number)
{
    static const char *const names[] = {
        "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",  "SIGFPE",
        "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
        "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",  "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
    uint64_t n;

    if (!str_u64(number, &n) || n == 0 || n > COUNT_OF(names))
        return STR("");
    return str_of(names[n - 1]);
}
