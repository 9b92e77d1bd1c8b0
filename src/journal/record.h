/* record.h: the record types that a checker knows, and what their `public` must hold
 * (doc/format/journal.md §9). Internal to the journal. */
#pragma once
#include "journal/entry.h"

enum record_kind {
    RECORD_CASE,
    RECORD_ENROL,
    RECORD_REVOKE,
    RECORD_REDACT_REQUEST,
    RECORD_REDACT_APPROVE,
    RECORD_REDACT,
    RECORD_HOLD,
    RECORD_CHECKPOINT,
    RECORD_ANCHOR,
    RECORD_MERGE,
    RECORD_OTHER, /* the application's */
};

enum record_kind record_kind_named(struct str name);        /* the type without its version */
enum record_kind record_kind_of(const struct statement *s); /* by name, of whatever version */
/* The version is 1 and `public` has exactly the members of the type, each of its shape. ERR_NEWER,
 * ERR_TAMPER. */
MUST_CHECK int record_check_public(enum record_kind kind, const struct statement *s, struct err *e);

/* Members of a record that passed record_check_public; a missing one is a bug. */
struct str record_text(const struct statement *s, const char *name); /* as spelled */
struct str record_string(const struct statement *s, const char *name);
uint64_t record_integer(const struct statement *s, const char *name);
/* size bytes from hex: a hash, a key, an id, a signature */
void record_hex(const struct statement *s, const char *name, void *out, size_t size);
