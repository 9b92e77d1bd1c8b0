/* device_windows.h: the parts of a PowerShell script: its strings, and the rules of the firewall.
 */
#pragma once
#include "contain/device_text.h"

/* A value in single quotes; what is not printable ASCII by its number, since a file is read in the
 * code page of the host, where parts of UTF-8 become quotation marks. */
void windows_add_string(struct buf *out, struct str text);
/* Refuses control characters, bytes that are not UTF-8, wild cards and the characters of more.
 * ERR_FORMAT. */
MUST_CHECK int windows_judge_name(struct str name, const char *what, const char *more,
                                  struct err *e);

/* New-NetFirewallRule, as often as it is needed, all in our group. */
void windows_add_isolate(const struct device_job *j, struct buf *out);
void windows_add_block(const struct device_job *j, struct buf *out);
/* ERR_USAGE: endpoints that overlap cannot be told apart there. */
MUST_CHECK int windows_judge_allow(const struct device_job *j, struct err *e);
