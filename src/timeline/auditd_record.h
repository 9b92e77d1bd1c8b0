/* auditd_record.h: a record of audit, and what an event has from its records so far. */
#pragma once
#include "timeline/auditd.h"
#include "timeline/members.h"

enum { AUDIT_ID_SIZE = 48 };

struct audit_state {
    struct members members;
    char id[AUDIT_ID_SIZE]; /* of the event before: "1170021493.977:293" */
    size_t id_len;
    bool has_user, is_accept;
    const char *outcome;            /* NULL: no record says */
    bool call_says;                 /* how it went: that counts before what others say */
    const struct audit_type *known; /* the first that is; NULL: none */
    bool is_apparmor;               /* which is an AVC of AppArmor */
    struct str did;                 /* what the call did; empty: no record has one */
};

struct audit_record {
    struct reader *r;
    struct audit_state *state;
    struct event *e;
    struct str type, arch;
    const struct audit_type *known;
    bool is_execve;
    bool has_pieces; /* arguments too long for one record */
};

/* The field that a key's value becomes. */
uint16_t audit_field(struct audit_record *c, struct str key);
/* Not "?" and "(null)", which stand for none. */
void audit_put_named(struct audit_record *c, struct str key, struct str value);
/* Other words than these say nothing that is sure. The record of the call says what came of it,
 * whichever record stands first. */
void audit_put_outcome(struct audit_record *c, struct str word);
/* What stands behind "msg=audit(…):". The part in msg='…' is what the program said itself. */
void audit_take_body(struct audit_record *c, struct str body);
/* The words of EXECVE as one line. */
void audit_put_command_line(struct audit_record *c);
