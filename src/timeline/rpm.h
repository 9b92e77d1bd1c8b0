/* rpm.h: packages of rpm, as lists and other programs' logs name them. */
#pragma once
#include "timeline/format.h"

/* "bash-5.1.8-6.el9.x86_64", "1:bash-…", "bash-1:5.1.8-…": name and version; what has no version is
 * a name. */
void rpm_put_package(struct event *e, struct str nevra);
/* What rpm's plugin for syslog says through whatever program: "[RPM] install nmap-3:7.92-1.el9:
 * success". */
bool rpm_understand(struct str sentence, struct event *e);
/* What rpm's plugin for audit says: an event that has op= and sw=. */
void rpm_put_update(struct field_names *names, struct event *e);
