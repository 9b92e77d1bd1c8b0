/* syslog_head.h: what stands between the time and the message of a line of syslog: a host, and the
 * program with its number. */
#pragma once
#include "timeline/format.h"

/* Each takes it off the front of *rest and gives e its fields, or leaves both as they are. */
/* "sshd[812]: ", "kernel: ", "postfix/smtpd[7]: ", "CRON[1] " of old. */
bool syslog_take_tag(struct str *rest, struct event *e);
/* The same, with a number. */
bool syslog_take_tag_with_pid(struct str *rest, struct event *e);
/* The same, with a number, or of a program that is known. */
bool syslog_take_sure_tag(struct str *rest, struct event *e);
/* "sogod [812]: ", of a program that is known: a host may stand in front of a number, too. */
bool syslog_take_parted_tag(struct str *rest, struct event *e);
/* "[sshd] ", "[sshd]: " in place of host and tag, as metalog writes it; "<airportd[88]> ", of
 * macOS's log of wireless networks. */
bool syslog_take_metalog(struct str *rest, struct event *e);
/* A word that could be a host's name and is no tag. */
void syslog_take_host(struct str *rest, struct event *e);
/* That word, empty where there is none. */
struct str syslog_host(struct str rest);
/* "web1/relay", "s_sys@web1/relay": hosts as syslog-ng chains them (chain_hostnames), the one that
 * the message named first, behind each slash who sent it on; a tag follows, or one with a number.
 */
void syslog_take_chain(struct reader *r, struct str *rest, bool needs_pid, struct event *e);
/* Behind a host. UniFi's devices have their name twice: "gate gate sshd[7]: ", "gate gate
 * [WAN-D-1] …". */
bool syslog_take_tag_again(struct str *rest, struct event *e);
/* "-- Reboot --", "-- Logs begin at …, end at …. --": what journalctl writes between its lines. */
bool journal_text_is_comment(struct reader *r, struct str line);
/* "203.0.113.9 web1 sshd[7]: ": behind the address of who sent it, which was taken as the host, its
 * own name, and a tag with a number or of a program that is known. */
bool syslog_take_tag_behind_sender(struct str *rest, struct event *e);
/* "Auth.Info TAB 203.0.113.9 TAB ", behind which the message is as it was sent: the default format
 * of files of Kiwi Syslog Server. */
bool syslog_take_kiwi(struct str *rest, struct event *e);
/* '[id name="value" …]' of RFC 5424, several one after another; a quoted value may hold \" \\ \].
 * Or "-". False: it has no end. */
bool syslog_take_structured(struct str *rest, struct str *data);
/* WatchGuard's Fireware has a serial number, its time in brackets and a name in front of the
 * program, and "msg_id=" behind it. */
bool syslog_take_fireware(struct str *rest, struct event *e);
/* That time, which is UTC ("Fireware Log Catalog"), and the text of it. */
bool syslog_fireware_time(struct str message, struct stated *s, struct str *text);
/* "U7PG2,f09fc2000000,v4.0.66: hostapd: ": what was taken as the program says which of UniFi's
 * devices it is, and the program follows. */
bool syslog_take_unifi(struct reader *r, struct str *rest, struct event *e);
