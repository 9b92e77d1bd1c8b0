/* appliance.h: what firewalls and other appliances log as named values: pairs ("src=10.0.0.5"),
 * labels ("SrcIP: 10.0.0.5, "), or columns of a fixed order. One row of a table for each
 * (appliance_tables.c, doc/format/timeline.md section 2). */
#pragma once
#include "timeline/format.h"

enum appliance_layout {
    APPLIANCE_PAIRS,   /* key=value key="a value" */
    APPLIANCE_LABELS,  /* Key: value, Other Key: value */
    APPLIANCE_COLUMNS, /* value,"a, value",value: named by place */
};

enum appliance_kind {
    AS_TEXT,
    AS_ADDRESS,   /* what is no address stays under its own name */
    AS_NUMBER,    /* likewise; 0 is none */
    AS_SOURCE,    /* "10.0.0.5:51234:X0:name": address, port, interface, name */
    AS_TARGET,    /* the same of the other end */
    AS_TRANSPORT, /* "tcp/https", "TCP", "6" */
    AS_LEVEL,     /* the name of a severity */
    AS_PRIORITY,  /* its number, as syslog counts them */
    AS_USER,      /* "corp\eva" is eva of corp */
    AS_HOST,      /* of the appliance itself */
};

struct appliance_key {
    const char *key, *field;
    enum appliance_kind kind;
};

enum { APPLIANCE_SIGNS = 3, APPLIANCE_NEEDS = 2, APPLIANCE_FRONTS = 3 };
/* What it means that these keys have these values ("~word": it is in it; "*": any). The first
 * row that fits counts. */
struct appliance_meaning {
    struct {
        const char *key, *value;
    } when[APPLIANCE_SIGNS];
    const char *action, *category, *outcome;
};

struct appliance {
    const char *name;   /* in front of keys that have no field */
    const char *vendor; /* observer.vendor */
    enum appliance_layout layout;
    const char *fronts[APPLIANCE_FRONTS]; /* how its messages begin, one of them; of columns what
                                             the one with its name is */
    const char *needs[APPLIANCE_NEEDS];   /* keys that each has besides */
    const char *date, *time, *zone;       /* keys of its own time; NULL: there is none */
    const struct appliance_key *keys;
    size_t key_count;
    const struct appliance_meaning *meanings;
    size_t meaning_count;
    const char *const *columns; /* names by place; NULL: nobody knows what stands there */
    size_t column_count;
    const char *sentence; /* the key of a text that a table of patterns tells, */
    const char *program;  /* and that one's name */
};
extern const struct appliance appliances[];
extern const size_t appliance_count;

/* A message behind the head of a line of syslog, and what it states of its time. False: none of
 * theirs, and e is as it was. */
bool appliance_understand(struct reader *r, struct str message, struct event *e);
/* Gives e what counts of a message's own time and that of its head. Two minutes apart are alike.
 * Where both state a zone, or neither does, a message's own counts that is alike, and one with a
 * zone beside a head without one, if they are whole quarters apart, as zones are; without a zone,
 * beside a head that has one or at a clock of another zone, the head's counts, in the year of the
 * message. One that states its zone and was delivered late (delivery.h) counts, and event.ingested
 * is the head's. Where nothing explains how far they are apart, or it is later than the file, the
 * head's counts, and text, as that of the message is written, becomes event.stated_time. */
void appliance_put_settled(struct reader *r, struct event *e, const struct stated *own,
                           const struct stated *head, struct str text);
/* The same, where the head gave e its time; among lines of others a year that is another one than
 * theirs does not count. */
void appliance_put_time(struct reader *r, struct event *e, const struct stated *own,
                        struct str text);
/* Whether nothing but names of hosts stands between the time of a head and a message: behind the
 * tag of a program ("guestbook[5]: ") a text is that program's. */
bool appliance_is_behind_hosts(struct str between);
