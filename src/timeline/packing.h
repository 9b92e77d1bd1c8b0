/* packing.h: unpacks gzip, bzip2, xz and zstd as it is read: what comes before damage is given, and
 * the damage told. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum packing_kind {
    PACKING_NONE, /* it is not packed, or in another way */
    PACKING_GZIP, /* RFC 1952 */
    PACKING_BZIP2,
    PACKING_XZ,
    PACKING_ZSTD, /* RFC 8878, with frames that are skipped */
};
/* By its first bytes: 6 are enough. */
enum packing_kind packing_of(struct str head);

/* The next bytes of what is packed, borrowed until the next call; *got 0 is the end. */
typedef int packing_more(void *context, const void **bytes, size_t *got, struct err *e);

struct packing;
struct packing *packing_new(enum packing_kind kind, packing_more *more, void *context);
void packing_free(struct packing *p); /* NULL is fine */
DEFINE_CLEANUP(struct packing *, packing_free)
/* Up to size bytes that were packed; *got 0 is the end, behind damage too. What more returned. */
MUST_CHECK int packing_read(struct packing *p, void *bytes, size_t size, size_t *got,
                            struct err *e);
/* Why what was read ends before its end, or is not what was packed; NULL: nothing is known against
 * it. Behind the end of packing_read alone. */
const char *packing_damage(const struct packing *p);
/* Whether the damage may lie before what was read last: a check sum is of all that stands before
 * it, and damaged bytes may look like others for long. */
bool packing_is_unsure(const struct packing *p);
/* When it was written by the head of gzip; INT64_MIN: nothing says. Behind the first
 * packing_read. */
int64_t packing_written_s(const struct packing *p);
/* Bytes that more gave, and that it has not taken in yet. */
size_t packing_untaken(const struct packing *p);
