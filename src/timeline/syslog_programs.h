/* syslog_programs.h: what sentences of programs mean that write to syslog, the journal and logs of
 * their own: one list for each kind of program. */
#pragma once
#include "timeline/pattern.h"

extern const struct program_list syslog_programs;   /* of every system */
extern const struct program_list bsd_programs;      /* FreeBSD */
extern const struct program_list ssh_programs;      /* OpenSSH */
extern const struct program_list mail_programs;     /* Postfix, Dovecot, Exim */
extern const struct program_list sendmail_programs; /* Sendmail */
extern const struct program_list mailbox_programs;  /* Courier, Cyrus, UW imapd */
extern const struct program_list ftp_programs;      /* vsftpd, ProFTPD, Pure-FTPd */
extern const struct program_list web_programs;      /* Apache, nginx */
extern const struct program_list database_programs; /* PostgreSQL, MySQL, MariaDB */
extern const struct program_list machine_programs;  /* smartd, mdadm, UPS, clocks, links */
extern const struct program_list access_programs;   /* Kerberos, RADIUS, Samba, hypervisors */
/* Of devices; these have sentences that no program's name tells. */
#define MIKROTIK "RouterOS"
#define WATCHGUARD "Fireware"
#define SYNOLOGY "DSM"
#define PROCURVE "ProCurve"
#define NETSCALER "NetScaler"
#define FRITZBOX "FRITZ!Box"
extern const struct program_list device_programs;
#define PANOS_SYSTEM "PAN-OS system" /* whose sentences stand in a column */
extern const struct program_list appliance_programs;
/* Of services whose logs name no program (app.h), and whose sentences say of themselves whose they
 * are. */
#define OWN_LOG "a log of its own"
#define OWN_LOG_FROM "a log of its own, whose lines begin with who it is of"
extern const struct program_list app_programs;
extern const struct program_list service_programs; /* other services that write to syslog */
extern const struct program_list
    network_programs; /* BIND, OpenLDAP, Dropbear, DHCP, OpenVPN, xinetd */

/* Sentences without what programs put around them in a log of their own (time, thread or category,
 * level; of nginx the client and its request, too), which becomes e's. The level in the head of a
 * line of syslog goes before. */
struct reader;
struct str apache_without_ends(struct reader *r, struct str sentence, struct event *e);
struct str mysql_without_stamp(struct reader *r, struct str sentence, struct event *e);
struct str named_without_front(struct reader *r, struct str sentence, struct event *e);
struct str nginx_without_ends(struct reader *r, struct str sentence, struct event *e);
/* What became of the command (sudoers(5), log_exit_status). */
struct str sudo_without_exit(struct reader *r, struct str sentence, struct event *e);
/* The number of what it sends, too ("[3-1] "). Empty: it was an addition to another sentence, and
 * is e's now. */
struct str postgresql_without_front(struct reader *r, struct str sentence, struct event *e);
/* What a format that calls the following has as its state. */
struct postgresql_parts {
    uint64_t at;              /* of the event that was joined last; */
    uint64_t message, number; /* which of the server's messages, and its last line */
};
/* Whether e is of a further line of what PostgreSQL said in the event before; in e stays what that
 * line adds to it. */
bool postgresql_continues(struct reader *r, const struct event *before, struct event *e);
/* As its line alone shows: it is the second or a later one of a message. */
bool postgresql_may_continue(const struct event *e);
/* Of an event with all its lines: a value that goes on in further lines has them, too. */
void postgresql_join(const struct field_names *names, struct event *e);

/* Whether e is of a line that goes on with the command that sudo told in the event before; then it
 * has no fields left. */
bool sudo_continues(const struct event *before, struct event *e);
bool sudo_may_continue(const struct event *e); /* as its line alone shows */
void sudo_join(struct event *e);               /* of an event with all its lines */
/* What stands between the user and the command, which e has. */
void sudo_put_more(struct reader *r, struct str sentence, struct event *e);

/* '192.0.2.7 - eva [25/Nov/2026:03:12:09 +0100] "GET / HTTP/1.1" 200 7': a line of an access log.
 */
bool access_understand(struct reader *r, struct str sentence, struct event *e);
/* "GET /x?y HTTP/1.1", and its parts where they stand apart; what was done, and by its status how
 * it went. */
void access_put_request(struct event *e, struct str request);
void access_put_target(struct event *e, struct str method, struct str target);
void access_put_answer(struct event *e, struct str status);

/* "IN=eth0 OUT= SRC=192.0.2.1 DST=…": a packet that iptables, nftables or ufw logged. */
bool firewall_understand(struct str sentence, struct event *e);
/* "firewall,info input: in:ether1 out:(none), proto TCP (SYN), 192.0.2.1:5000->10.0.0.5:22, len
 * 60": a packet that RouterOS logged, also without its topics. */
bool routeros_understand(struct str sentence, struct event *e);
/* What a firewall did with a packet, and its outcome: what it denied is a failure. */
void firewall_action(struct event *e, const char *action);

/* Of programs whose sentences a table of patterns does not tell; false: none of theirs, and e is as
 * it was. */
/* "53,,,1000000301,em0,match,block,in,4,…": a packet that pf logged, as filterlog writes it. */
bool filterlog_understand(struct reader *r, struct str sentence, struct event *e);
/* "py311-foo-1.2_3 installed", "foo upgraded: 1.2 -> 1.3": FreeBSD's pkg. */
bool pkg_understand(struct reader *r, struct str sentence, struct event *e);
/* "Installed: bash-5.1.8-6.el9.x86_64", as in yum's own log. */
bool yum_understand(struct reader *r, struct str sentence, struct event *e);
/* "1795576329.123    456 192.0.2.7 TCP_MISS/200 …": Squid's access log, whose time is that of the
 * line. */
bool squid_understand(struct reader *r, struct str sentence, struct event *e);
/* "[1:2010935:3] ET SCAN … [Priority: 2] {TCP} 203.0.113.9:5000 -> 10.0.0.5:22": Suricata, Snort.
 */
bool fast_alert_understand(struct reader *r, struct str sentence, struct event *e);
/* "CEF:0|Vendor|Product|…", also without its beginning. */
bool cef_understand(struct reader *r, struct str sentence, struct event *e);
/* "date=2026-11-25 time=03:12:09 devname=… logid=…" */
bool fortigate_understand(struct reader *r, struct str message, struct event *e);
/* '@cee:{"TNAUDIT":{…}}' */
bool truenas_understand(struct reader *r, struct str sentence, struct event *e);
/* "LEEF:1.0|Vendor|Product|…" */
bool leef_understand(struct reader *r, struct str sentence, struct event *e);
/* '@cee:{"sudo":{"accept":{…}}}' */
bool sudo_understand(struct reader *r, struct str sentence, struct event *e);
