/* args.h: the words of a command line, told apart by the table of operations: which operation, and
 * what was given for which field. */
#pragma once
#include "practice/practice.h"

struct args {
    const struct operation *op;      /* NULL: a bare practice, or help */
    const struct practice *practice; /* a bare verb: its page */
    bool wants_help;
    bool wants_json;
    const char *case_folder; /* --case */
    struct buf *given; /* for each field of the operation, then COMMON_COUNT: what was written,
                          several as lines */
    bool *is_given;
    char **rest; /* FIELD_REST: the arguments behind --; borrowed from argv */
    size_t rest_count;
    struct buf tlp;
    struct buf scope;
    struct arena *arena;
};

/* Reads argv[1…]. ERR_USAGE with a suggestion where a word is mistyped. */
MUST_CHECK int args_read(struct args *a, const struct model *m, int argc, char **argv,
                         struct err *e);
void args_release(struct args *a);

/* Turns what was written into values that the operation takes; refs are looked up in the view (NULL
 * for operations that need no case). Asks for what is missing where a person sits at a terminal.
 * ERR_USAGE, ERR_NOTFOUND. *in and its memory live as long as a->arena. */
MUST_CHECK int args_input(struct args *a, const struct view *v, bool may_ask, struct input *in,
                          struct err *e);
