/* field.h: what can be said about a thing: name, type, limits, help; how people write it, how it is
 * kept, how it is shown.
 *
 * One table of fields drives the command line, help, completion, manual, forms and the journal: a
 * field is read from what a person wrote (field_read) into the one text that is committed to, and
 * shown again from it (field_show). */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "base/utc.h"

enum field_type {
    FIELD_LINE,   /* one line of text */
    FIELD_TEXT,   /* text of any length up to the limit of a value */
    FIELD_WORD,   /* one of choices */
    FIELD_TIME,   /* a moment, kept in the journal's spelling */
    FIELD_SPAN,   /* a duration, kept as decimal seconds */
    FIELD_NUMBER, /* 0 to 2^63−1 */
    FIELD_SIZE,   /* bytes */
    FIELD_FLAG,   /* yes where it is there */
    FIELD_REF,    /* another thing of the case: kept as its id in hex */
    FIELD_PATH,   /* a file or folder on this machine */
    FIELD_REST,   /* all remaining arguments, as they are: a command to run */
};

enum field_flags {
    FIELD_REQUIRED = 1,
    FIELD_ARG = 2,      /* positional on the command line, in the order of the table */
    FIELD_MANY = 4,     /* may repeat; kept as lines */
    FIELD_OUTSIDE = 8,  /* guides the operation only; is not kept in the record */
    FIELD_ONCE = 16,    /* may be set when the thing is made, not changed later */
    FIELD_ASK = 64,     /* asked for on a terminal, though not needed */
    FIELD_UTC = 128,    /* FIELD_TIME: UTC is meant where no zone is written */
    FIELD_UNTIL = 256,  /* FIELD_TIME: a bound from above, so a date is all of that day */
    FIELD_WHOLE = 512,  /* FIELD_TIME: shown with its day and zone, also on that day */
    FIELD_INNER = 1024, /* for the program that goes on from it: not in lists for people */
    FIELD_LEAD = 32,    /* has effect only where a key with the power of a lead says it */
};

struct field {
    const char *name; /* lower case, hyphens: the option is --name, the commitment has this name */
    enum field_type type;
    unsigned flags;
    const char *help;           /* a few words, no full stop */
    const char *const *choices; /* FIELD_WORD: ends with NULL. The first is the usual one */
    const char *kind;           /* FIELD_REF: the kind of thing, or NULL for any record */
    const char *fallback; /* what holds when nothing is given, as people write it; NULL for none */
    const char *option;   /* its option where it is called otherwise than the field; NULL: --name.
                             FIELD_REST: what stands behind --, in help */
    const char *group;    /* the heading that it stands under in help; NULL: none */
};

const char *field_option(const struct field *f);
const struct field *field_find(const struct field *fields, size_t count, struct str name);
/* Whether the field stands under a heading that the one before it does not stand under. */
bool field_begins_group(const struct field *fields, size_t i);
bool field_has_choice(const struct field *f, struct str word);
void field_choices(struct buf *out, const struct field *f); /* "low, medium or high" */

/* What a person wrote, into what is kept; appended to out. FIELD_REF is not for this function
 * (view_resolve). ERR_USAGE with the field named and the forms understood; ERR_LIMIT. */
MUST_CHECK int field_read(const struct field *f, struct str written, struct utc now,
                          struct buf *out, struct err *e);
/* Is that what field_read could have kept? Nothing always is, and so are texts; ids are only looked
 * at for their spelling. A value that somebody else's program wrote may be anything. */
bool field_is_kept(const struct field *f, struct str kept);
/* What is kept, as people read it. FIELD_REF is shown by view_show_ref. */
void field_show(const struct field *f, struct str kept, struct utc now, struct buf *out);
