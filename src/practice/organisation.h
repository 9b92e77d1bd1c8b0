/* organisation.h: the organisation file (data/README.md): people, systems, backups, suppliers, and
 * what is missing in it by data/organisation-required.json. */
#pragma once
#include "practice/import.h"
#include "practice/practice.h"

/* X(code, number of texts) */
#define ORGANISATION_ROWS(X)                                                                       \
    X(HEAD, ORGANISATION_HEAD_COUNT)                                                               \
    X(PERSON, PERSON_TEXT_COUNT)                                                                   \
    X(SYSTEM, SYSTEM_TEXT_COUNT)                                                                   \
    X(CONTACT, CONTACT_TEXT_COUNT)                                                                 \
    X(BACKUP, BACKUP_TEXT_COUNT)                                                                   \
    X(CHANNEL, CHANNEL_TEXT_COUNT)                                                                 \
    X(LAW, LAW_TEXT_COUNT)                                                                         \
    X(MISSING, MISSING_TEXT_COUNT)                                                                 \
    X(REMARK, 1)

enum {
    ORGANISATION_NAME,
    ORGANISATION_TIME_ZONE,
    ORGANISATION_UPDATED,
    ORGANISATION_UPDATED_BY,
    ORGANISATION_ROOM,
    ORGANISATION_BRIDGE,
    ORGANISATION_CHANNEL,
    ORGANISATION_PRINTED_AT,
    ORGANISATION_HEAD_COUNT
};
enum {
    PERSON_ID,
    PERSON_ROLE,
    PERSON_DECIDES,
    PERSON_NAME,
    PERSON_MOBILE,
    PERSON_HOME,
    PERSON_DEPUTY, /* a name */
    PERSON_TEXT_COUNT
};
enum {
    SYSTEM_ID,
    SYSTEM_NAME,
    SYSTEM_PURPOSE,
    SYSTEM_OWNER,     /* "Eva Brandt, 0171 000000" */
    SYSTEM_ADDRESSES, /* lines */
    SYSTEM_PLACE,     /* location, switch and port, console */
    SYSTEM_NORMAL,    /* lines */
    SYSTEM_WAIT,
    SYSTEM_MAY_STOP,
    SYSTEM_REBUILD,
    SYSTEM_TEXT_COUNT
};
enum {
    CONTACT_SORT, /* "suppliers", "providers", "insurer", "authorities", "experts" */
    CONTACT_ID,   /* "police", "cert" */
    CONTACT_WHAT, /* what they supply or are called for */
    CONTACT_NAME,
    CONTACT_PHONE,
    CONTACT_HOURS,
    CONTACT_NUMBERS, /* contract, customer or policy */
    CONTACT_TEXT_COUNT
};
enum { BACKUP_ID, BACKUP_COVERS, BACKUP_PLACE, BACKUP_HOLD, BACKUP_CONTACT, BACKUP_TEXT_COUNT };
enum {
    CHANNEL_KIND,    /* "mail", or the meeting's own words */
    CHANNEL_RELIES,  /* lines: ids of systems */
    CHANNEL_TRUST,   /* "trusted", "unknown", "compromised"; empty where nobody said */
    CHANNEL_REACHES, /* "Eva Brandt: eva@example"; empty for all */
    CHANNEL_TEXT_COUNT
};
enum { LAW_ID, LAW_APPLIES, LAW_DECIDED_BY, LAW_REASON, LAW_TEXT_COUNT };
enum {
    MISSING_IMPORTANCE, /* "must", "should", "may" */
    MISSING_SAY,
    MISSING_WHY,
    MISSING_WHERE, /* "web1: owner; db1: addresses"; empty where nothing is there at all */
    MISSING_TEXT_COUNT
};

enum organisation_row {
#define X(code, count) ROW_##code,
    ORGANISATION_ROWS(X)
#undef X
        ORGANISATION_ROW_COUNT
};
extern const unsigned char organisation_text_counts[ORGANISATION_ROW_COUNT];

/* In the worker. ERR_FORMAT where it is no organisation file. */
MUST_CHECK int organisation_rows(const json_t *file, const json_t *required,
                                 const struct import_sink *sink, struct err *e);
worker_job organisation_job;

/* Rows of one kind, text_counts[kind] texts each. */
struct organisation_table {
    struct str *texts;
    size_t count; /* rows */
    size_t room;  /* texts */
};
struct organisation {
    struct arena *arena;
    struct organisation_table tables[ORGANISATION_ROW_COUNT];
};
/* Texts are foreign. name is for messages. ERR_FORMAT, ERR_LIMIT, and those of worker_run. */
MUST_CHECK int organisation_read(struct organisation **out, const char *name, int fd,
                                 struct err *e);
MUST_CHECK int organisation_read_file(struct organisation **out, const char *path, struct err *e);
MUST_CHECK int organisation_read_text(struct organisation **out, const char *name, struct str text,
                                      struct err *e);
void organisation_free(struct organisation *o);
DEFINE_CLEANUP(struct organisation *, organisation_free)
import_row organisation_take_row;
struct organisation *organisation_new(void);
/* Texts of one row. */
const struct str *organisation_row(const struct organisation *o, enum organisation_row kind,
                                   size_t i);

/* Whom to phone, in which order: a page to print, of at most 78 columns. */
void organisation_call_sheet(const struct organisation *o, struct buf *out);

/* The file of this machine, or of the stick that this program runs from. ERR_NOTFOUND. */
MUST_CHECK int organisation_find(const struct surroundings *around, struct buf *path,
                                 struct err *e);

/* How many of each came into the case. */
struct organisation_counts {
    size_t people;
    size_t told; /* roles that must be told, or can be called */
    size_t systems;
    size_t channels;
    size_t backups;
    size_t laws;
};
/* Puts all of the file into the case that is not in it yet, each with its source. *first is the
 * first record; it stays where nothing came. */
MUST_CHECK int organisation_put(struct session *s, const struct organisation *o,
                                struct organisation_counts *counts, uint64_t *first, struct err *e);
/* "5 people, 3 systems and 2 laws"; nothing for none. */
void organisation_say(const struct organisation_counts *c, struct buf *out);
/* "organisation file of 2026-09-01, by Ana"; a line, not escaped. */
void organisation_source(const struct organisation *o, struct buf *out);

extern const struct operation organisation_load, organisation_team_load, organisation_assess_load;
