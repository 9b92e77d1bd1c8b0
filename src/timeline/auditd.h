/* auditd.h: what the parts of the reader of audit logs share: numbers and their names. */
#pragma once
#include "timeline/format.h"

/* What a type of record says that somebody did. */
struct audit_type {
    const char *name; /* "USER_LOGIN" */
    const char *action, *category;
};
const struct audit_type *audit_type_of(struct str name); /* NULL: none of its own */
/* By its number, of which the kernel's own log has no name: "1400" is "AVC"; empty: none that is
 * known. */
struct str audit_type_name(struct str number);
/* What a system call does, in words; its name where there are none. */
struct str audit_syscall_action(struct str name);
/* arch=c000003e: AUDIT_ARCH_*. Empty: none that is known. */
struct str audit_arch_name(struct str hex);
/* The number of a call of that architecture; empty: none that is known. */
struct str audit_syscall_name(struct str arch, struct str number);
/* "31" is SIGSYS, of all architectures above; empty: none that is known. */
struct str audit_signal_name(struct str number);
/* "-13" is EACCES; empty: no error. */
struct str audit_error_name(struct str exit_code);
/* Fills e from a record that a program sent on to syslog: "type=1400 audit(1170021493.977:293): …"
 * of the kernel, "type=USER_LOGIN msg=audit(…): …" of auditd's plugins, "USER_LOGIN pid=7 …" of the
 * journal. The time is that of e. False: it is none, or of a type that is not known. */
bool audit_understand(struct reader *r, struct str sentence, struct event *e);
