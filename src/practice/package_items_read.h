/* package_items_read.h: the items that a journal and its openings tell of, read inside the worker
 * that package_hold.h starts. */
#pragma once
#include "base/hash.h"
#include "base/mem.h"
#include "base/utc.h"

enum hold_field {
    HOLD_TITLE,
    HOLD_PATH,
    HOLD_SHA256,
    HOLD_FILES,
    HOLD_DESTROYED,
    HOLD_SEAL_NOW, /* as it is in the end, of an item */
    HOLD_HOLDER_NOW,
    HOLD_PLACE_NOW,
    HOLD_ACT, /* of a line of the chain, from here on: what a later record may complete */
    HOLD_FROM,
    HOLD_TO,
    HOLD_PLACE,
    HOLD_SEAL,
    HOLD_BECAUSE,
    HOLD_SIGNED,
    HOLD_RECIPIENT,
    HOLD_PACKAGE,
    HOLD_OUTCOME,
    HOLD_OCCURRED, /* and what it does not */
    HOLD_PRECISION,
    HOLD_CLOCK,
    HOLD_PERFORMER,
    HOLD_HOLDER,
    HOLD_NAME, /* of a person, from here on */
    HOLD_ROLE,
    HOLD_POSITION,
    HOLD_KEY,
    HOLD_FIELD_COUNT
};

enum { HOLD_NAMES_MAX = 64 }; /* of the fields of a record that are looked at: a bit each */

/* What a record of an item or of an acquisition says of one of custody_facts, as it is told. */
struct hold_said {
    size_t fact;
    struct str value;
    struct hold_said *next;
};
/* All of them, of an item and the acquisition that it was made by, as they stand in the end. */
struct hold_facts {
    struct str *values; /* CUSTODY_FACT_COUNT; NULL: nothing is told */
    uint64_t unsure;    /* a bit each: a record says it, and no opening tells what */
};

/* A record evidence/1 or evidence-change/1, or a line of the chain, custody/1 or custody-change/1;
 * of the first kind also what became of it. Or person/1 or person-change/1; or acquisition/1 or
 * acquisition-change/1. */
struct hold_record {
    struct id id;
    uint64_t seq;
    struct hold_record *item; /* itself, or what it changes; NULL: nothing */
    struct str names;         /* of its fields, each ended by a space */
    uint64_t told;            /* of them, a bit each: there is an opening */
    uint64_t gone;            /* destroyed by a redaction */
    uint64_t scope;           /* the compartment, as a number made of its name */
    int label;                /* enum tlp */
    struct str *values;       /* HOLD_FIELD_COUNT of them; .p is NULL where one was not told */
    struct utc time;          /* when it was signed, and with which key */
    struct key by;
    struct hold_record *person; /* of one of a person: who it makes or changes; NULL else */
    struct hold_record *act;    /* of a custody-change/1: the act that it completes; NULL else */
    struct hold_record *image;  /* of one of an acquisition: what it makes or changes; of an item:
                                 * the acquisition that it was made by; NULL else */
    struct hold_record *made;   /* of an acquisition/1: the item; NULL: none */
    struct hold_said *said;
    struct hold_facts facts; /* of an item, or an acquisition/1 */
    uint32_t fields;         /* of an item, that it has, a bit each */
    uint32_t redacted;
    uint32_t withheld; /* of an item: fields that a record gives it, and no opening tells */
    uint32_t unsure;   /* of an act or a person: fields that a later record gives it, and no
                        * opening tells */
    bool is_change;
    bool is_chain;
    bool is_chain_change; /* of the second kind of these */
    bool is_person;
    bool is_image;
    uint32_t acts;      /* of an item: its own record, and the acts of its chain */
    uint32_t due;       /* of an item: mentions that its form has to have */
    struct str kept;    /* of an item: where it is kept now, as custody_kept_now() */
    bool is_kept_known; /* all that says so is told */
    bool is_told;       /* of an item: openings tell something of it */
    bool is_own; /* an act of the export that the package is of: its sender always tells it */
};

/* A record of another kind that is a row of the chain of an item: its values are told of nobody. */
enum hold_mention_kind { MENTION_VERIFIED, MENTION_READ, MENTION_LEFT, MENTION_UNLAWFUL };
struct hold_mention {
    struct id id;
    uint64_t seq;
    struct hold_record *item;
    enum hold_mention_kind kind;
    uint64_t scope;
    int label;
    struct utc time;
    struct key by;
    bool is_redacted; /* a part of it, at least */
    bool is_due;      /* whoever told what is told could see it */
};

/* An export on record: what it says of its items stands right before it. */
struct hold_export {
    size_t first; /* in exported and acts */
    size_t count;
    uint64_t seq;
    bool is_sealed; /* a checkpoint behind it covers it */
};

struct hold_items {
    struct arena *arena;
    struct hold_record *records; /* in the journal's order */
    size_t count;
    struct hold_mention *mentions; /* so, too; of a record in the order of its refs */
    size_t mention_count;
    uint64_t record_count; /* of the journal, of any type */
    struct hash root;
    struct hash case_id;
    size_t *exported; /* numbers of records: items that left */
    size_t *acts;     /* the records that say so */
    size_t exported_count;
    struct hold_export *exports;
    size_t export_count;
};
void hold_items_release(struct hold_items *h);

/* Reads both, each from where it is, which must be a file. ERR_FORMAT: a line is none; ERR_NEWER;
 * ERR_LIMIT; ERR_IO. */
MUST_CHECK int hold_items_read(struct hold_items *h, int journal, int openings, struct err *e);
/* Records of items of which openings tell that are not told, or only in part, though no redaction
 * destroyed what lacks. What says of which bytes an item is does not count: .withheld has it.
 * is_beyond: it is labelled higher, or in another compartment, than all that is told and than the
 * export that the package is of, so the sender may have meant it. A non-zero return ends it and is
 * returned. */
typedef int hold_untold(void *context, const struct hold_record *record, bool is_beyond,
                        struct err *e);
MUST_CHECK int hold_each_untold(struct hold_items *h, hold_untold *tell, void *context,
                                struct err *e);
/* Says of each mention whether it is due, and counts those of each item, and its acts; and where
 * each item is kept now. */
void hold_count_rows(struct hold_items *h);
/* The bit of a name in .told and .gone; 0: the record has no such name. */
uint64_t hold_bit_of(const struct hold_record *record, struct str name);
/* The item that a record says something of: it, its chain, or how it was made; NULL: none. */
struct hold_record *hold_item_of(const struct hold_record *record);
/* Takes what an opening tells, if a form of custody says it. False: it does not. */
bool hold_fact_take(struct hold_items *h, struct hold_record *record, struct str name,
                    struct str value);
/* Whether that would be taken. */
bool hold_is_fact(const struct hold_record *record, struct str name);
extern const char *const hold_field_names[HOLD_FIELD_COUNT];
/* Once all is told, of one record after the other: what it says stands in the values of its item,
 * act or person. */
void hold_record_apply(struct hold_items *h, const struct hold_record *record);
/* Likewise: what it says stands in the facts of its item, or its acquisition. */
void hold_fact_apply(struct hold_items *h, const struct hold_record *record);
/* The last export of any item of which openings tell: that of the package; NULL. */
const struct hold_export *hold_last_export(const struct hold_items *h);
/* Whether a record is a row of the chain of an item, and openings tell of both. */
bool hold_is_act(const struct hold_record *record);
/* What a record that is no act of it says of an item; NULL: nothing. */
const struct hold_mention *hold_mention_at(const struct hold_items *h, uint64_t seq,
                                           const struct hold_record *item);
/* It has that field, or an item has it in the end, and no opening tells what it says. */
bool hold_is_silent(const struct hold_record *record, enum hold_field field);
/* The person whose key it is, by their records that are told; NULL: not told. */
const struct hold_record *hold_person(const struct hold_items *h, const struct key *by);
/* What they are called; empty: not told. */
struct str hold_signer(const struct hold_items *h, const struct key *by);
/* A value as it stands at the end, empty where there is none. */
struct str hold_value(const struct hold_record *item, enum hold_field field);

/* The lines of a file, each ended by LF and at most so long. */
struct hold_lines {
    int fd;
    const char *name;
    size_t line_max;
    struct buf bytes;
    size_t at;
    uint64_t number; /* of the line that was read last, from 1 */
    bool is_at_end;
};
void hold_lines_release(struct hold_lines *l);
/* 1 and the line, which is good until the next call; 0 at the end. ERR_FORMAT, ERR_IO. */
MUST_CHECK int hold_lines_next(struct hold_lines *l, struct str *line, struct err *e);
