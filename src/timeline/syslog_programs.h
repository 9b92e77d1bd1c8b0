/* syslog_programs.h: what sentences of programs mean that write to syslog, the journal and logs of
 * their own: one list for each kind of program. */
#pragma once
#include "timeline/pattern.h"

extern const struct program_list syslog_programs;   /* of every system */
extern const struct program_list ssh_programs;      /* OpenSSH */
extern const struct program_list mail_programs;     /* Postfix, Dovecot, Exim */
extern const struct program_list ftp_programs;      /* vsftpd, ProFTPD, Pure-FTPd */
extern const struct program_list web_programs;      /* Apache, nginx */
extern const struct program_list database_programs; /* PostgreSQL, MySQL, MariaDB */
extern const struct program_list machine_programs;  /* smartd, mdadm, UPS, clocks, links */
extern const struct program_list network_programs;  /* BIND, OpenLDAP, Dropbear, DHCP */

/* "IN=eth0 OUT= SRC=192.0.2.1 DST=…": a packet that iptables, nftables or ufw logged. */
bool firewall_understand(struct str sentence, struct event *e);
