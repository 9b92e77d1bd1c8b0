/* stick.h: a folder that holds all that is needed when nothing else works. Internal to ready.c. */
#pragma once
#include "practice/organisation.h"

enum stick_program {
    STICK_CALM,
    STICK_VERIFIER,
    STICK_COLLECTOR,
    STICK_HELPER, /* calm-contain */
    STICK_IMAGER,
    STICK_DISK_READER,
    STICK_PROGRAM_COUNT
};

struct stick {
    const char *folder;
    struct buf sums;    /* lines of SHA256SUMS */
    struct buf remarks; /* lines: what is not on it, and why */
    size_t file_count;
    size_t library_count;
    bool has_programs;
    bool has[STICK_PROGRAM_COUNT];
    bool makes_key;          /* this person had none */
    char recipient_check[5]; /* check digits of recipient.txt; "" where there is none */
    struct buf recipient;    /* whose it is, as its line says */
    uint64_t size;
};
void stick_release(struct stick *s);

enum stick_organisation { ORGANISATION_KEPT, ORGANISATION_COPIED, ORGANISATION_EMPTY };

/* Puts one file there, and its hash on the list. */
MUST_CHECK int stick_put(struct stick *s, const char *name, struct str bytes, unsigned mode,
                         struct err *e);
/* The programs; the libraries of those that need some, and scripts that run them. What cannot be
 * had is a remark. */
MUST_CHECK int stick_put_programs(struct stick *s, struct err *e);
/* Playbooks (as documents and to read), help pages, glossary, sheets. */
MUST_CHECK int stick_put_texts(struct stick *s, struct err *e);
/* recipient.txt, to which calm-collect seals: the one that is there, else this person's own key,
 * which is made and named so where they have none. Not written where there is no folder for keys.
 */
MUST_CHECK int stick_put_recipient(struct stick *s, const char *key_folder, const char *person,
                                   struct err *e);
MUST_CHECK int stick_put_sums(struct stick *s, struct err *e);
/* Hashes all that the list of a stick names; each that differs or is not there is a line of
 * *faults. ERR_NOTFOUND without a list. */
MUST_CHECK int stick_check(const char *folder, struct buf *faults, size_t *count, struct err *e);
