/* auditd_record.h: a record of audit, and what an event has from its records so far. */
#pragma once
#include "timeline/auditd.h"
#include "timeline/date_order.h"
#include "timeline/members.h"

enum { AUDIT_ID_SIZE = 48, AUDIT_KEYS_MOST = 64, AUDIT_KEPT_COUNT = 12 };

struct audit_person {
    struct str id, name; /* empty: not known */
    bool is_unset;       /* it is stated that there is none */
};

/* Of all records of an event. */
struct audit_people {
    struct audit_person login;              /* auid: who logged in to the session */
    struct audit_person process, effective; /* uid, euid */
    struct audit_person account;            /* acct and id: of whom a program speaks */
    struct str longer;                      /* a second reading of acct; empty: none */
    struct str type, program; /* of the first record of a known type; its executable */
    bool is_of_program;       /* there is one that a program wrote, not the kernel */
    bool is_login, is_change; /* what that says of the account */
};

/* Of an argument of EXECVE: a2[1] is piece 1 of argument 2, a2 piece 0. */
struct audit_place {
    uint64_t argument, piece;
};

/* The arguments of an event, in the order of its records. */
struct audit_args {
    uint64_t argc;           /* as it is stated; 0: it is not */
    uint64_t begun;          /* arguments whose first bytes are there */
    uint64_t stated;         /* by "a2_len=", of all that are in pieces; */
    uint64_t bytes, spelled; /* what the pieces have, and as they are spelled */
    size_t count;            /* of these that are values of the event */
    struct audit_place places[EVENT_FIELDS_MAX];
};

struct audit_state {
    struct members members;
    char id[AUDIT_ID_SIZE]; /* of the event before: "1170021493.977:293" */
    size_t id_len;
    bool is_accept;
    struct audit_people people;
    const char *outcome;            /* NULL: no record says */
    bool call_says;                 /* how it went: that counts before what others say */
    const struct audit_type *known; /* the first that is; NULL: none */
    bool is_apparmor;               /* which is an AVC of AppArmor */
    enum date_order order;          /* of dates of ausearch -i, in the source */
    struct date_order_vote vote;    /* while lines are looked at for it */
    struct str did;                 /* what the call did; empty: no record has one */
    struct audit_args args;
    char *kept[AUDIT_KEPT_COUNT]; /* of these texts, those that outlive their record's event */
};

struct audit_record {
    struct reader *r;
    struct audit_state *state;
    struct event *e;
    struct str type, arch;
    const struct audit_type *known;
    bool is_execve, is_apparmor;
    uint64_t argc;                    /* of an EXECVE; 0: it does not say */
    bool is_interpreted;              /* by ausearch -i */
    bool is_inside;                   /* within what a program said itself */
    bool is_faillock;                 /* which is pam_faillock, whose uid= is of an account */
    bool says_how;                    /* the outcome of the event is from this record */
    struct str keys[AUDIT_KEYS_MOST]; /* that it had so far, where it may have one twice */
    size_t key_count;
    bool is_again;     /* it had this key before */
    unsigned replaced; /* bits of the kinds of people of whom it says who they are after all */
};

/* The field that a key's value becomes. */
uint16_t audit_field(struct audit_record *c, struct str key);
/* Not "?" and "(null)", which stand for none. */
void audit_put_named(struct audit_record *c, struct str key, struct str value);
/* Of the value of a key what it means; one that is not quoted may be spelled in hex. */
void audit_put_value(struct audit_record *c, struct str key, struct str value, bool is_quoted);
/* Other words than these say nothing that is sure. The record of the call says what came of it,
 * whichever record stands first. */
void audit_put_outcome(struct audit_record *c, struct str word);
/* What stands behind "msg=audit(…):". The part in msg='…' is what the program said itself. */
void audit_take_body(struct audit_record *c, struct str body);
/* Of ausearch -i: "11/25/2026 03:12:09.123" off the front of *rest, in the order that it shows, or
 * else in that of its source; in none it is no date. */
bool audit_interpreted_time(enum date_order order, struct str *rest, struct stated *out,
                            bool *has_short_year);
/* What such a date shows of that of its source; false: nothing is asked of it. */
bool audit_see_order(struct date_order_vote *v, struct str text);
/* A value with the words that follow it up to the next key, which come off *rest. */
struct str audit_interpreted_value(struct str value, struct str *rest);
bool audit_is_key_char(char c);
/* "a0", "a1_len", "a2[0]" of EXECVE, and the number there. */
bool audit_is_argument(struct str key);
uint64_t audit_argument_number(struct str key);
/* "a2[0]": its bytes may begin or end within a character. */
bool audit_is_piece(struct str key);
/* The value of such a key, which has so many characters in the log. */
void audit_put_argument(struct audit_record *c, struct str key, struct str value, size_t spelled);
/* Of an event with all its records: arguments in their order, each whole, and as one line;
 * event.cut says what is missing. */
void audit_join_arguments(const struct audit_args *a, struct field_names *names, struct event *e);
/* Whether records of audit have such a key. */
bool audit_is_known_key(struct str key);
/* A text that somebody chose, all of it; shorter: up to what looks like a key, or the same. */
struct audit_chosen {
    struct str text, shorter;
};
/* Takes the value off *body where key has such a text and no quotes enclose it; false: it has
 * not. */
bool audit_take_chosen(struct audit_record *c, struct str key, struct str *body,
                       struct audit_chosen *out);
/* Whether keys in what stands outside of "msg='…'" have such texts. */
bool audit_has_chosen(const struct audit_record *c, struct str body);
/* A key that a record has twice: one of them is part of a text that somebody chose. */
void audit_see_key(struct audit_record *c, struct str key);
/* What was made of the record may be part of a text that somebody chose. */
void audit_put_ambiguous(struct audit_record *c);
/* Nobody logged in: -1 as the kernel has it, and what ausearch makes of it. */
bool audit_is_unset(struct str value);
/* Takes a number or a name, where it has none yet; "unknown(1001)" is no name, and behind "unset"
 * it takes neither. */
void audit_person_take(struct audit_person *p, struct str value);
/* user.name and user.id of who acted: of a session the one who logged in, whatever the process is
 * called now; user.effective… of whom they became, user.target… (group… of a group) of whom they
 * changed. Where the process is another's than of who acted it is auditd.uid and
 * auditd.UID_name. */
void audit_put_people(const struct audit_people *p, struct field_names *names, struct event *e);
