/* device_shell.h: what the shell scripts for nftables, iptables and pf share. */
#pragma once
#include "contain/device_text.h"

/* "left=": the seconds until the plan's expiry; ends the script where there are none. Nothing where
 * the plan has no expiry. */
void shell_add_left(const struct device_job *j, struct buf *out);
/* Begins a process that outlives the terminal; what it does stands in single quotes, so it has
 * none.
 */
void shell_add_later(struct buf *out, const char *seconds, const char *what);

/* An interface that is taken down: commands with the name in place of their %s. */
struct shell_link {
    const char *is_up; /* succeeds where it is up */
    const char *down;
    const char *up;
};
void shell_down_apply(const struct device_job *j, const struct shell_link *link, struct buf *out);
void shell_down_check(const struct device_job *j, const struct shell_link *link, struct buf *out);
void shell_down_confirm(const struct device_job *j, struct buf *out);
void shell_down_undo(const struct device_job *j, const struct shell_link *link, struct buf *out);
MUST_CHECK int shell_judge(const struct device_job *j, struct err *e); /* names of interfaces */
