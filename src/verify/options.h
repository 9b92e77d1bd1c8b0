/* options.h: the command line of section 11. */
#pragma once
#include "verify/token.h"

#include <stdio.h>

/* Names given to an option that may repeat. */
struct texts {
    const char **items;
    size_t count;
    size_t room;
};

struct options {
    enum { RUN_VERIFY, RUN_HELP, RUN_VERSION } run;
    bool brief;
    bool json;
    const char *openings; /* or NULL */
    bool has_root;
    uint64_t root_size;
    uint8_t root[HASH_LEN];
    uint8_t (*witnesses)[KEY_LEN];
    size_t witness_count;
    size_t witness_room;
    struct texts authorities;
    struct texts notes;
    struct texts tokens;
    struct texts journals;
};

/* Returns 0, or -1 where the command line is wrong: fault, of that room, then says how. Release in
 * either case. */
MUST_CHECK int options_read(struct options *o, int argc, char **argv, char *fault, size_t room);
void options_release(struct options *o);
void options_help(FILE *out);

/* A root in hex or in its printed groups (section 8). *group gets the number of the first group
 * whose check digits do not fit, from 1; or 0 where the text is spelled otherwise. */
bool root_read(const char *text, uint8_t out[HASH_LEN], unsigned *group);
