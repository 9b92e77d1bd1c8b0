/* view.h: what one person sees of a case. Every reading of the state by a practice, a screen or a
 * report goes through a view; so need to know holds before anything is counted, and nobody can
 * forget it. */
#pragma once
#include "case/state.h"

struct view {
    const struct state *state;
    struct store *store;        /* to fetch text that is not kept in memory */
    const struct thing *person; /* the viewer; NULL for one who is not on the team */
    struct key key;             /* the viewer's */
    unsigned roles;
    enum tlp clearance;
    const char
        *only_scope; /* NULL: what this viewer can open; else the team's and this one's alone */
    struct utc now;
};

/* The view of the person whose key it is. */
void view_init(struct view *v, const struct state *s, struct store *store, const struct key *key,
               struct utc now);
/* The same view cut down to a label: what may be shown to someone cleared only that far (a report's
 * reader, a message's recipient). */
struct view view_at_most(const struct view *v, enum tlp highest);

bool view_allows(const struct view *v, const struct thing *t);
bool view_allows_record(const struct view *v, const struct record *r);

uint64_t view_record_count(const struct view *v);

/* Things of a kind, in order; start with *at = 0; NULL at the end. */
const struct thing *view_next(const struct view *v, const char *kind, size_t *at);
/* The same, where a field has a value. */
const struct thing *view_next_with(const struct view *v, const char *kind, const char *field,
                                   const char *value, size_t *at);
/* The same, where a field refers to a thing. */
const struct thing *view_next_of(const struct view *v, const char *kind, const char *field,
                                 const struct thing *of, size_t *at);
size_t view_count(const struct view *v, const char *kind);
/* A field's thing, if this viewer may see it. */
const struct thing *view_ref(const struct view *v, const struct thing *t, const char *field);
bool view_refers(const struct view *v, const struct thing *t, const char *field,
                 const struct thing *to);

/* "p3", "web1" or the record's "r17". */
void view_call(struct buf *out, const struct thing *t);
/* Its first field's value: the words that name it. */
struct str view_title(const struct thing *t);
/* What it is called and the words of its title: "p3 raid degraded", "web1". */
void view_name(const struct view *v, const struct thing *t, struct buf *out);
/* A field as people read it; refs become what they are called, and with_title adds the words of
 * their titles. */
void view_show(const struct view *v, const struct thing *t, const struct field *f, bool with_title,
               struct buf *out);

/* What a person wrote for a thing ("p3", "web1", "r17", a name's beginning if only one fits) into
 * its record's id. ERR_NOTFOUND says what there is; ERR_DENIED: the viewer is not on the team. */
MUST_CHECK int view_resolve(const struct view *v, const struct field *f, struct str written,
                            struct id *id, struct err *e);
/* The person who signed a record; NULL when their person is not known. */
const struct thing *view_signer(const struct view *v, const struct record *r);
/* Their name, or the first digits of their key. */
void view_signer_name(const struct view *v, const struct record *r, struct buf *out);

/* A value of the record is not what was signed, and is left out. */
bool view_is_damaged(const struct view *v, uint64_t seq);
/* A value of the record is not there, though no redaction destroyed it. */
bool view_is_missing(const struct view *v, uint64_t seq);
/* Text of a record that keeps none in memory. Empty when there is none, when it is not for this
 * viewer, or where it is damaged. */
MUST_CHECK int view_text(const struct view *v, uint64_t seq, const char *field, struct buf *out,
                         struct err *e);
