/* journal_fields.h: the fields of an entry of the systemd journal (systemd.journal-fields(7)), and
 * the event that they make. */
#pragma once
#include "timeline/bytes.h"

enum { JOURNAL_NAME_SIZE = 64, JOURNAL_FIELDS_MAX = EVENT_FIELDS_MAX - 64 };

/* What a name stands for. */
struct journal_name {
    uint16_t field; /* FIELD_NONE: no name that the journal allows */
    uint8_t rule;
};
/* Names that were asked for, which mostly are again; zeroed before the first. */
struct journal_names {
    struct {
        char name[JOURNAL_NAME_SIZE];
        size_t len; /* 0: none */
        struct journal_name is;
    } known[64];
    uint16_t realtime, monotonic, sequence; /* numbers + 1; 0: not asked for yet */
};
struct journal_name journal_name(struct journal_names *n, struct field_names *names,
                                 struct str name);

/* A value that several entries share. */
struct journal_text {
    struct journal_name name;
    uint32_t same; /* event_put_same */
    struct str text;
};
/* Of a value that is known to be text, borrowed: what it is told as. */
struct journal_text journal_text(struct journal_name name, struct str text, uint32_t same);

/* An entry that is being made into e. */
struct journal_entry {
    struct reader *r;
    struct journal_names *names;
    struct event *e;
    uint64_t realtime_us;  /* when the journal took it; 0: it does not say */
    uint64_t monotonic_us; /* since the boot */
    uint64_t number;       /* 0: it has none */
    uint64_t source_us;    /* when its program made it; 0: it does not say */
    struct str message, command, unit, tag;
    bool has_odd_time; /* of the entry: one that no journal has, which the event has as text */
    size_t count;
};
/* When the journal took it, as text. */
void journal_put_realtime(struct journal_entry *entry, struct str value);
void journal_begin(struct journal_entry *entry, struct reader *r, struct journal_names *names,
                   struct event *e, uint64_t at);
/* value is copied; whole is its size before it was cut. */
void journal_put(struct journal_entry *entry, struct journal_name name, struct str value,
                 uint64_t whole);
/* It stays until the entry is ended. */
void journal_put_text(struct journal_entry *entry, const struct journal_text *t);
MUST_CHECK int journal_end(struct journal_entry *entry, struct err *err);
