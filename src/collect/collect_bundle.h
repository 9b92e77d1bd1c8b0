/* collect_bundle.h: the live state of a host into one bundle (doc/format/bundle.md): what
 * calm-collect does, and calm on its own machine. */
#pragma once
#include "collect/bundle.h"
#include "collect/collection.h"

struct collect_bundle {
    const struct collection_options *options;
    const struct bundle_output *output;
    const struct bundle_recipient *to;
    size_t to_count;              /* 0: not sealed */
    struct id id;                 /* of the collection, drawn at random */
    const char *program;          /* "calm-collect 0.1.0" */
    const char *const *arguments; /* that bundle.json tells: without addresses and tokens */
    size_t argument_count;
};

struct collect_bundle_result {
    struct bundle_counts counts; /* before the last of them were put */
    uint64_t missing;            /* lines of missing, and what they count besides */
    uint64_t observed;
    uint64_t atime_misses; /* files whose access time reading may have changed */
    double seconds;
    bool was_stopped; /* options->is_stopped said so; the bundle is whole, not all was read */
    bool held_up; /* what the program was held up by never came back, and may keep the program from
                     ending: close what others wait for */
    struct collection_refusal refused[COLLECTION_REFUSAL_COUNT];
    size_t refused_count;
};

/* Errors: of the output, ERR_IO where the root cannot be opened. *out is assigned in any case but
 * the latter. */
MUST_CHECK int collect_bundle(const struct collect_bundle *b, struct collect_bundle_result *out,
                              struct err *e);
