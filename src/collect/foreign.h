/* foreign.h: a snapshot document put together from what another collector took: files of the host
 * that it copied, and rows that the caller makes of its listings (doc/format/collection.md).
 *
 * Reads nothing but memory, so a worker may call it; what it gets may be hostile. */
#pragma once
#include "collect/collect.h"
#include "collect/doc.h"
#include "collect/host.h"

/* Fills the section that was begun. False: there is nothing of it in the listings. */
typedef bool foreign_section(void *context, struct doc *d, const char *section);

struct foreign {
    const struct host_file *files; /* sorted by path, no path twice */
    size_t file_count;
    struct str host; /* as the collection names it; empty where it does not */
    struct utc taken;
    const char *collector; /* "UAC" */
    foreign_section *fill;
    void *context;
};

/* Errors: what emit returned. */
MUST_CHECK int collect_foreign(const struct foreign *f, collect_line *emit, void *context,
                               struct err *e);
