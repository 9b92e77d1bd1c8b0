/* finding.h: what a checker found: a status of section 11 and whole sentences that say why. */
#pragma once
#include "verify/mem.h"

#include <stdbool.h>
#include <stdint.h>

enum status {
    STATUS_VERIFIED = 0,
    STATUS_TAMPERED = 1,
    STATUS_NOT_ANCHORED = 2,
    STATUS_MALFORMED = 3,
    STATUS_UNCHECKED = 4,
};

#define NO_RECORD UINT64_MAX

/* The text may hold bytes of a hostile file: whoever shows it escapes it. */
struct finding {
    enum status status;
    uint64_t record;  /* the record of the file, or NO_RECORD */
    const char *rule; /* a short constant, such as "signature" */
    char text[320];   /* a sentence: what is so, and what it means */
};

/* Fills *f and returns -1, so that a checker can write `return finding_set(...)`. */
int finding_set(struct finding *f, enum status status, uint64_t record, const char *rule,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
