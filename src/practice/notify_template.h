/* notify_template.h: texts of messages with placeholders (doc/format/notification.md §4), the
 * program's own and a person's. */
#pragma once
#include "practice/script_facts.h"

enum { TEMPLATE_SIZE_LIMIT = 32 * 1024 };

struct notify_template {
    struct buf bytes;
    struct str title;
    struct buf roles; /* with commas; "anyone" */
    struct str subject;
    struct str text;
    enum tlp label;
    int64_t answer_s; /* 0: no answer is waited for */
    bool has_word;    /* it asks for a one-time word */
};
void notify_template_release(struct notify_template *t);
#define CLEANUP_TEMPLATE CLEANUP(notify_template_release)

/* name is for messages. ERR_FORMAT with what is wrong and its line. */
MUST_CHECK int notify_template_parse(struct notify_template *out, const char *name,
                                     struct str bytes, struct err *e);
/* The person's own of that name, else the program's. ERR_NOTFOUND names those that there are. */
MUST_CHECK int notify_template_load(struct notify_template *out, const struct surroundings *around,
                                    struct str name, struct err *e);
/* Is that text for somebody who holds one of these roles? */
bool notify_template_is_for(const struct notify_template *t, struct str role);

/* Takes the next part of a template's text off: what stands before it, and the part in brackets.
 * False at the end, where all the rest is plain. A ] that stands alone goes with its line. */
bool notify_template_part(struct str *rest, struct str *plain, struct str *part);

/* Values beside those of the case. */
struct template_values {
    struct str to;
    struct str word;
    struct str set; /* lines "name=value", which come before what the case knows */
};
/* left_out gets the names, with commas, for which parts in brackets were left out; missing those
 * without which the text has a hole: where there are any, out is not for sending. */
void notify_template_fill(const struct notify_template *t, struct script *s,
                          const struct template_values *values, struct buf *out,
                          struct buf *left_out, struct buf *missing);
/* ERR_USAGE where a line is no "name=value", or its name is no placeholder. */
MUST_CHECK int notify_template_check_set(struct str lines, struct utc now, struct err *e);

extern const struct operation notify_templates;
