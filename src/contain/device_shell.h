/* device_shell.h: what the shell scripts for nftables, iptables and pf share. */
#pragma once
#include "contain/device_text.h"

/* "left=": for how many seconds the change is in effect: what is left until the plan's expiry, and
 * where with_timer is set no more than its timer. Ends the script where it has expired. Nothing
 * where there is neither. */
void shell_add_left(const struct device_job *j, bool with_timer, struct buf *out);
bool shell_has_left(const struct device_job *j, bool with_timer);
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
