/* public.h: the members of `public` that section 9 of the format gives to the types it knows. */
#pragma once
#include "verify/line.h"

/* What stands in `public`; only the members of the type are set. Slices point into the line. */
struct public
{
    uint8_t key[KEY_LEN];
    uint8_t recovery[KEY_LEN];
    char power;           /* 'l'ead, 'm'ember, lo'g' */
    uint8_t sig[SIG_LEN]; /* of checkpoint/1; the proof of enrol/1 */
    uint64_t from;
    uint8_t target[ID_LEN];
    uint8_t request[ID_LEN];
    struct slice names;     /* text of the array */
    struct slice approvals; /* text of the array, two or more */
    bool hold;              /* set, not lifted */
    uint64_t size;
    uint8_t root[HASH_LEN];
    enum anchor_kind { ANCHOR_RFC3161, ANCHOR_WITNESS, ANCHOR_PAGE } kind;
    struct slice name;
    struct slice token; /* base64, not yet decoded; its length says that it may be */
    uint64_t fork;
    uint64_t count;
    uint8_t head[HASH_LEN];
    struct slice skip; /* text of the array of triples */
    size_t skip_count; /* triples */
};

/* Reads `public` of a well spelled line of that type. Returns 0, or -1 with *wrong the member that
 * is missing, not wanted or not of its kind. */
MUST_CHECK int public_parse(enum type t, const char *public_at, const char *end, struct public *out,
                            const char **wrong);

/* The numbers of a merge/1 alone: count, fork, size and skip, whatever its other members are. */
MUST_CHECK int public_merge_numbers(const char *public_at, const char *end, struct public *out);

/* The text of a checkpoint (section 7). Returns its length. */
#define CHECKPOINT_TEXT_MAX 160
size_t checkpoint_text(char out[CHECKPOINT_TEXT_MAX], const uint8_t name[HASH_LEN], uint64_t size,
                       const uint8_t root[HASH_LEN]);
