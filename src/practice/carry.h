/* carry.h: what a case holds, carried from a case's folder or an export into a new folder.
 * Internal to continue.c. */
#pragma once
#include "case/salvage.h"
#include "practice/export_read.h"

struct carry {
    const char *from;
    struct store *old;         /* NULL: from is an export */
    struct export_copy export; /* of an export */
    struct buf copy;           /* the readable copy of a case */
    struct salvage lines;      /* verified */
    size_t items;              /* of evidence, carried and hashed again */
    size_t items_lost;         /* could not be read, or were not what their name says */
    size_t files_lost;         /* others beside them */
};
void carry_release(struct carry *c);

/* Reads the lines that can be had, and asks calm-verify about them. ERR_NOTFOUND: neither a case
 * nor an export; ERR_TAMPER, ERR_FORMAT (says what may be done); ERR_IO. */
MUST_CHECK int carry_read(struct carry *c, struct err *e);
/* Fills a new folder, which must not exist or be empty. What was begun stays there on error. */
MUST_CHECK int carry_fill(struct carry *c, const char *folder, bool with_evidence, struct err *e);
