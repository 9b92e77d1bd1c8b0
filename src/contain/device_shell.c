/* device_shell.c: what the shell scripts for nftables, iptables and pf share. */
#include "contain/device_shell.h"
#include <stdio.h>
#include <string.h>

enum { LINK_NAME_SIZE = 15 };

const struct device_ssh device_ssh_shell = {.feed = DEVICE_SHELL};

void shell_add_left(const struct device_job *j, struct buf *out)
{
    if (!j->plan->expiry_s)
        return;
    buf_adds(out, "left=$((");
    buf_add_u64(out, j->plan->expiry_s);
    buf_addf(out,
             " - $(date +%%s)))\n"
             "if [ \"$left\" -le 0 ]; then echo \"calm %s has expired\" >&2; exit 1; fi\n",
             j->tag);
}

void shell_add_later(struct buf *out, const char *seconds, const char *what)
{
    buf_addf(out, "nohup sh -c 'sleep '%s'; %s' </dev/null >/dev/null 2>&1 &\n", seconds, what);
}

int shell_judge(const struct device_job *j, struct err *e)
{
    const struct plan_value *v = plan_value(j->plan, "interface");
    int rc = 0;

    if (v)
        rc = device_judge_name(v->text, "an interface", "._-:", LINK_NAME_SIZE, e);
    if (rc == 0 && j->place->port.len)
        rc = device_judge_name(j->place->port, "an interface", "._-:", LINK_NAME_SIZE, e);
    return rc;
}

static void add_link(const struct device_job *j, const char *command, struct buf *out)
{
    struct str name = plan_value(j->plan, "interface")->text;
    const char *at = strstr(command, "%s");

    buf_add(out, command, (size_t)(at - command));
    buf_addstr(out, name);
    buf_adds(out, at + 2);
}

/* Raises it later, if the marker is there still. */
static void add_raising(const struct device_job *j, const struct shell_link *link,
                        const char *marker, const char *seconds, struct buf *out)
{
    CLEANUP_BUF struct buf back = {0};

    buf_addf(&back, "if [ -e /var/run/calm-%s.%s ]; then ", j->tag, marker);
    add_link(j, link->up, &back);
    buf_addf(&back, "; rm -f /var/run/calm-%s.pending /var/run/calm-%s.was-up; fi", j->tag, j->tag);
    shell_add_later(out, seconds, buf_text(&back));
}

/* Two markers: that it was up, without which undo must not raise it; that it is not confirmed. */
void shell_down_apply(const struct device_job *j, const struct shell_link *link, struct buf *out)
{
    char seconds[16];

    buf_adds(out, "set -eu\numask 077\n");
    shell_add_left(j, out);
    buf_adds(out, "if ! ");
    add_link(j, link->is_up, out);
    buf_addf(out,
             "; then echo \"it is down already: nothing was done\"; exit 0; fi\n"
             ": >/var/run/calm-%s.was-up\n",
             j->tag);
    if (j->plan->expiry_s)
        add_raising(j, link, "was-up", "\"$left\"", out);
    if (j->plan->timer_s) {
        snprintf(seconds, sizeof(seconds), "%u", j->plan->timer_s);
        buf_addf(out, ": >/var/run/calm-%s.pending\n", j->tag);
        add_raising(j, link, "pending", seconds, out);
    }
    add_link(j, link->down, out);
    buf_addf(out, "\necho \"calm %s: the interface is down\"\n", j->tag);
}

void shell_down_check(const struct device_job *j, const struct shell_link *link, struct buf *out)
{
    buf_adds(out, "if ");
    add_link(j, link->is_up, out);
    buf_addf(out,
             "; then echo \"calm %s is not in effect\"; exit 1; fi\n"
             "echo \"calm %s is in effect\"\n",
             j->tag, j->tag);
}

void shell_down_confirm(const struct device_job *j, struct buf *out)
{
    buf_addf(out,
             "set -eu\n"
             "if [ ! -e /var/run/calm-%s.pending ]; then echo \"calm %s is confirmed, or went "
             "back\" >&2; exit 1; fi\n"
             "rm -f /var/run/calm-%s.pending\n",
             j->tag, j->tag, j->tag);
}

void shell_down_undo(const struct device_job *j, const struct shell_link *link, struct buf *out)
{
    buf_addf(out,
             "set -eu\nrm -f /var/run/calm-%s.pending\n"
             "if [ -e /var/run/calm-%s.was-up ]; then\n    ",
             j->tag, j->tag);
    add_link(j, link->up, out);
    buf_addf(out, "\n    rm -f /var/run/calm-%s.was-up\nfi\n", j->tag);
}
