/* auditd.h: what the parts of the reader of audit logs share: numbers and their names. */
#pragma once
#include "base/str.h"

/* What a type of record says that somebody did. */
struct audit_type {
    const char *name; /* "USER_LOGIN" */
    const char *action, *category;
};
const struct audit_type *audit_type_of(struct str name); /* NULL: none of its own */
/* What a system call does, in words; its name where there are none. */
struct str audit_syscall_action(struct str name);
/* arch=c000003e: AUDIT_ARCH_*. Empty: none that is known. */
struct str audit_arch_name(struct str hex);
/* The number of a call of that architecture; empty: none that is known. */
struct str audit_syscall_name(struct str arch, struct str number);
/* "-13" is EACCES; empty: no error. */
struct str audit_error_name(struct str exit_code);
