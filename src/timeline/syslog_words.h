/* syslog_words.h: what syslog and the systemd journal have in common: the names of priorities, and
 * what sentences of programs mean. */
#pragma once
#include "timeline/format.h"

enum { SYSLOG_LEVELS = 8, SYSLOG_FACILITIES = 24 };
extern const char *const syslog_levels[SYSLOG_LEVELS];         /* log.level */
extern const char *const syslog_facilities[SYSLOG_FACILITIES]; /* log.syslog.facility.name */
/* Fills e from the sentence of the program that e names as process.name. */
void syslog_understand(struct reader *r, struct event *e, struct str sentence);
/* The same of a text that others sent on: of the program that e names, or else of the one whose
 * tag, with a number, is in front of it ("sshd[812]: …"), also behind the head of a line of syslog.
 */
void syslog_understand_line(struct reader *r, struct event *e, struct str text);
/* How many bytes the level takes that Dovecot puts in front of a sentence in a log of its own
 * ("Info: "); 0: there is none. */
size_t syslog_dovecot_level(struct str sentence);
/* Whether there are sentences of a program of that name. */
bool syslog_knows_program(struct str name);
/* The patterns of all programs. */
struct pattern_set *syslog_patterns(struct reader *r);
