/* report_make.h: what the sections of the report share. Internal to the report.
 *
 * A report is made in one pass: report_load reads every record that its reader may see, the
 * sections build the document from them, and report_json writes the same as data. All that they
 * look at goes through a view that was cut to the report's label; nothing else is counted. */
#pragma once
#include <jansson.h>
#include "practice/calm.h"
#include "render/doc.h"

/* One value that one record says. */
struct said {
    struct str name;
    struct str value; /* as kept */
};

/* One record that the report's reader may see. */
struct told {
    uint64_t seq;
    const struct record *record;
    struct utc when; /* when it happened as far as was said, else when it was recorded */
    enum utc_precision precision;
    bool has_occurred;
    bool is_missing; /* some of its values are not there */
    bool is_damaged; /* some of its values do not fit what was committed to */
    struct said *said;
    size_t said_count;
    struct told *correction;      /* the first that corrects it; NULL for none */
    struct told *next_correction; /* of the same record */
    struct told *corrects;        /* NULL unless it is a correction */
};

/* A clock that was set while records were written on one machine. */
struct clock_step {
    const struct told *before, *after;
    int64_t ms; /* positive: set forward */
};

struct report_signer {
    const char *role; /* "Reviewed by" */
    struct str name;  /* empty where the reader may not know it */
    struct str key;   /* hex; empty: to be signed by hand */
    struct str words;
    struct utc at;
};

/* What the person who makes the report decides about it. */
struct report_choice {
    struct str title, privilege, audience, distribution; /* distribution: lines */
    enum tlp label;
    struct str scope; /* its readers': what is of another compartment is not in it; empty: team */
    enum doc_status status;
    bool is_issued;
    struct report_signer signers[3];
    size_t signer_count;
};

/* A heading and one or more sentences of the summary. */
struct report_say {
    const char *heading;
    struct str text;
};

/* One row of what a formal capability would have changed. */
struct report_gain {
    const struct practice *practice;
    struct str missing;    /* sentences */
    struct str cost;       /* measured; empty where the record does not show it */
    struct str capability; /* what would have been there */
    struct str brief;      /* for the summary: "the CIO was told after 2 h 10 min"; may be empty */
};

enum { REPORT_SAYS_MAX = 16, REPORT_STEPS_MAX = 32, REPORT_SILENCES = 5 };

struct report {
    const struct view *view; /* cut to the label */
    const struct report_choice *choice;
    struct arena *arena;
    struct doc *doc;
    struct told *told; /* in the order of the journal */
    size_t count;
    struct told **by_time; /* the same, in the order in which things happened */
    uint32_t *index;       /* by seq: place in told, plus one; 0 for what is not for the reader */
    struct str *names;     /* by record->key: who signed */
    struct clock_step steps[REPORT_STEPS_MAX];
    size_t step_count;
    size_t free_clock_count; /* records signed under a clock that nothing kept right */
    struct practice_status status[PRACTICES_MAX];
    struct utc opened;  /* of the first record shown */
    bool knows_opening; /* that is the case's first record */
    json_t *formal;
    json_t *glossary;
    struct report_say says[REPORT_SAYS_MAX];
    size_t say_count;
    struct report_gain gains[PRACTICES_MAX];
    size_t gain_count;
    uint64_t size; /* of the journal that the root below is of */
    struct hash root;
};

/* Reads all records; fills everything of *r that is not of a section. ERR_* of the store. */
MUST_CHECK int report_load(struct report *r, struct store *store, struct scopes *scopes,
                           struct err *e);
void report_release(struct report *r);

/* Lookups. */
struct told *report_told(const struct report *r, uint64_t seq);     /* NULL: not for the reader */
struct str told_value(const struct told *t, const char *name);      /* empty where it says none */
struct str told_name(const struct report *r, const struct told *t); /* who recorded it */
struct str told_by(const struct report *r,
                   const struct told *t); /* who did it, where said, else who recorded it */
bool report_says(const struct thing *t, const char *field, const char *value);
const struct practice *report_practice_of(const struct told *t);              /* NULL for none */
bool told_is(const struct report *r, const struct told *t, const char *type); /* "problem/1" */
/* The first record of a kind, in the order in which things happened; NULL for none. */
const struct told *report_first(const struct report *r, const char *kind);
int64_t told_late_s(const struct told *t); /* how long after it happened it was recorded */

/* Which problem was on top, and since when. The caller frees *out. */
struct report_top {
    const struct thing *problem; /* NULL: none was open */
    struct utc from;
    uint64_t seq;
};
size_t report_tops(const struct report *r, struct report_top **out);

/* Words. What they return lives in the arena. */
struct str report_time(const struct report *r, struct utc t); /* local, and UTC behind it */
struct str report_span(const struct report *r, struct utc from, struct utc to);
struct str report_number(const struct report *r, size_t n); /* in words up to twelve */
struct str report_count(const struct report *r, size_t n, const char *one, const char *many);
struct str report_capital(const struct report *r, struct str words); /* first letter large */
/* What stands before item i of n: "a", "a and b", "a, b and c". */
const char *report_between(size_t i, size_t n);
/* Ends with one full stop, whatever the words end with. */
void report_sentence(struct buf *out, struct str words);
/* Words of the user in typographic quotes, cut at limit bytes. */
void report_quote(struct buf *out, struct str words, size_t limit);
void report_plain(struct buf *out, struct str word); /* "false-alarm" as "false alarm" */
/* A line of a practice's status without the command that it hints at. */
struct str report_bare(struct str line);
/* The same, with roles in words: "head-of-security: …" as "head of security: …". */
struct str report_status_line(const struct report *r, struct str line);
bool report_is_call(struct str line);  /* begins with the name of a thing: "w1 …", "web1: …" */
const char *report_a(struct str word); /* "an" before a vowel, else "a" */
struct str report_take(const struct report *r,
                       struct buf *b); /* into the arena; b is empty after */

/* Words and links in the document. */
void report_ref(struct inlines *t, uint64_t seq); /* [r17] */
/* A thing as it is called, linked where a row carries it, with the words that name it. */
void report_thing(struct inlines *t, const struct thing *thing, bool with_title);
/* A value as people read it; refs are linked. */
void report_inline(struct report *r, struct inlines *t, const struct kind *kind, struct str name,
                   struct str value, size_t limit);
/* What a record tells, as a sentence; false where there is no phrase for it. */
bool report_phrase(struct report *r, struct inlines *t, const struct told *told);
void report_field(struct report *r, struct inlines *t, const struct thing *thing,
                  const char *field);
/* Words of a person as a sentence. */
void report_inline_sentence(struct inlines *t, struct str words);
/* The same without links, for data. */
void report_shown(const struct report *r, struct buf *out, const struct kind *kind, struct str name,
                  struct str value);

/* Sections, in the order of the report. */
void report_summary_make(struct report *r);
void report_summary(struct report *r);
void report_scope(struct report *r);
void report_unread(struct report *r); /* within its limits: items of their list */
void report_handling(struct report *r);
void report_timeline(struct report *r);
void report_marked(struct report *r);
void report_problems(struct report *r);
void report_systems(struct report *r);
void report_hypotheses(struct report *r);
void report_facts(struct report *r);
void report_evidence(struct report *r);
void report_people(struct report *r);
void report_deviations(struct report *r);
void report_stops(struct report *r); /* within the deviations */
void report_gaps(struct report *r);
void report_weaknesses(struct report *r);
void report_risks(struct report *r);
void report_gains_make(struct report *r);
void report_gains(struct report *r);
void report_lessons(struct report *r);
void report_distribution(struct report *r);
void report_signatures(struct report *r);
void report_glossary(struct report *r);
void report_records(struct report *r);
void report_verify(struct report *r);
void report_json(struct report *r, struct buf *out);
