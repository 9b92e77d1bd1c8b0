/* script_facts.h: the placeholders of the printable scripts (data/scripts/), and what fills them.
 */
#pragma once
#include "practice/practice.h"

/* One script being filled. */
struct script {
    const struct view *view;    /* cut to the reader's label */
    const struct operation *op; /* NULL: values are not given as its fields */
    const struct input *in;
    struct arena *arena;
    const struct thing *system;   /* NULL: none was named */
    const struct thing *deadline; /* that a reminder is about; else NULL */
    enum tlp label;
};

struct placeholder {
    const char *name;   /* as in the text: {began} */
    const char *option; /* the field of the operation that overrides it, or NULL */
    struct str (*find)(struct script *s); /* what the case knows, or NULL for nothing */
};

/* NULL for a name that is none. */
const struct placeholder *script_placeholder(struct str name);
/* What was given, else what the case knows; empty for neither. It lives as long as the arena. */
struct str script_value(struct script *s, const struct placeholder *p);
