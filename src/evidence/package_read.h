/* package_read.h: what a package holds (doc/format/package.md), decrypted and told inside a worker.
 *
 * The package is hostile and so is all that is told of it. */
#pragma once
#include "base/hash.h"
#include "evidence/age_head.h"
#include "evidence/archive.h"
#include "evidence/bundle_read.h"

/* The names are the archive's own; they say what it must begin with. */
#define PACKAGE_SUMS "SHA256SUMS"
/* Why a file of age is no package at all: of struct package_summary. */
#define PACKAGE_NONE "it does not begin with " PACKAGE_SUMS
enum { PACKAGE_MEMBER_LIMIT = 100000, PACKAGE_NAME_LIMIT = 512, PACKAGE_DEPTH_LIMIT = 8 };

/* Relative, down only, and of characters that do no harm anywhere. */
bool package_name_is_fit(struct str name);

/* Each member gives begin, data in order, and end. Of the member at which the package ends, end is
 * not told. */
struct package_receiver {
    /* sum is what its SHA-256 is to be; NULL for SHA256SUMS itself. */
    int (*begin)(void *context, struct str name, const struct hash *sum, struct err *e);
    int (*data)(void *context, struct str bytes, struct err *e);
    int (*end)(void *context, struct err *e);
    void *context;
};

struct package_summary {
    enum bundle_state state;
    uint64_t chunks;  /* that are good */
    uint64_t members; /* that are whole in them */
    char why[256];    /* it is not whole, a sentence part; else empty */
};

/* Who may open it. ERR_FORMAT, ERR_LIMIT, ERR_NEWER; and as worker_run. */
MUST_CHECK int package_head(int fd, const char *name, struct age_head *out, struct err *e);
/* Reads a package from the start of a file (the descriptor is borrowed; its offset may move). 0
 * also where it is cut, altered or unsound: what was received up to there stands. ERR_TAMPER: its
 * header is not as it was made; and as worker_run. */
MUST_CHECK int package_read(int fd, const char *name, const uint8_t file_key[AGE_FILE_KEY_SIZE],
                            const struct package_receiver *to, struct package_summary *out,
                            struct err *e);
