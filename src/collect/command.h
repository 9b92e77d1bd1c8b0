/* command.h: the command line of calm-collect, from one table. */
#pragma once
#include "collect/collection.h"

enum { COMMAND_LIST_COUNT = 64 }; /* of what may be given several times */

struct command_list {
    const char *items[COMMAND_LIST_COUNT];
    size_t count;
};

struct command {
    bool wants_help;
    bool wants_version;
    const char *output;     /* FILE, a folder, "-", or tcp://ADDRESS:PORT */
    struct command_list to; /* files of recipients */
    bool is_unsealed;
    const char *token;
    uint64_t patience_s;
    bool has_continues;
    struct command_list definitions;
    struct command_list artifacts;
    struct command_list trees;
    uint64_t memory_pids[COMMAND_LIST_COUNT];
    struct collection_options options; /* points into this struct */
    struct command_list told;          /* the arguments that bundle.json tells */
};

/* The struct must stay where it is afterwards. ERR_USAGE, ERR_LIMIT. */
MUST_CHECK int command_read(struct command *out, int argc, char *const *argv, struct err *e);
void command_help(struct buf *out);
