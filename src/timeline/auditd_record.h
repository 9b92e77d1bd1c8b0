/* auditd_record.h: a record of audit, and what an event has from its records so far. */
#pragma once
#include "timeline/auditd.h"
#include "timeline/members.h"

enum { AUDIT_ID_SIZE = 48 };

/* In which dates of ausearch -i stand; nobody can tell before a day is over 12. */
enum audit_order { AUDIT_NO_ORDER, AUDIT_DAY_FIRST, AUDIT_MONTH_FIRST };

struct audit_state {
    struct members members;
    char id[AUDIT_ID_SIZE]; /* of the event before: "1170021493.977:293" */
    size_t id_len;
    bool has_user, is_accept;
    const char *outcome;            /* NULL: no record says */
    bool call_says;                 /* how it went: that counts before what others say */
    const struct audit_type *known; /* the first that is; NULL: none */
    bool is_apparmor;               /* which is an AVC of AppArmor */
    enum audit_order order;         /* of the source */
    struct str did;                 /* what the call did; empty: no record has one */
};

struct audit_record {
    struct reader *r;
    struct audit_state *state;
    struct event *e;
    struct str type, arch;
    const struct audit_type *known;
    bool is_execve;
    bool has_pieces;     /* arguments too long for one record */
    bool is_interpreted; /* by ausearch -i */
    struct str uid_name; /* of such a one, in place of the number */
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
/* Of ausearch -i: "11/25/2026 03:12:09.123" off the front of *rest, in the order that *order has
 * or learns from it; in none it is no date. */
bool audit_interpreted_time(enum audit_order *order, struct str *rest, struct stated *out,
                            bool *has_short_year);
/* A value with the words that follow it up to the next key, which come off *rest. */
struct str audit_interpreted_value(struct str value, struct str *rest);
bool audit_is_key_char(char c);
/* The words of EXECVE as one line. */
void audit_put_command_line(struct audit_record *c);
