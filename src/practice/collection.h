/* collection.h: collections of hosts (doc/format/collection.md): bundles of calm-collect, archives
 * of UAC, files of Velociraptor offline collectors; what is read out of them, and their records. */
#pragma once
#include "practice/collection_pack.h"
#include "practice/intake.h"

extern const struct kind collection_kind;
extern const struct operation preserve_import;
extern const struct operation preserve_collect;

/* The path of calm-collect, which lies beside this program. ERR_NOTFOUND. */
MUST_CHECK int collector_find(struct buf *path, struct err *e);

/* "calm-collect", "uac", "velociraptor"; "" for one that is not known. */
const char *collection_tool_name(enum collection_tool tool);

/* What a collection says of itself; empty where it does not. UTF-8, cut, hostile. */
struct collection_facts {
    struct buf program, host, machine_id, boot_id, profile, clock, collection, uid;
    struct buf step;             /* the last that is complete */
    struct buf continues, after; /* the collection, and its step, that it goes on behind */
    struct buf encryption;       /* x509, pgp, password, zip: what was collected cannot be read */
    struct utc taken;            /* zero where unknown */
    bool has_end;                /* its own end was there */
};

struct collection_reading {
    enum collection_tool tool;
    struct collection_facts facts;
    struct buf document;      /* the state of the host; empty where there is none */
    struct blob_digests list; /* calm-collection/1, in the case's blobs */
    uint64_t members;
    uint64_t size;
    uint64_t observed;
    uint64_t heavy; /* of those: to look at first */
    uint64_t missing;
    bool is_sealed;
    size_t parts;       /* that it was made in, this and those before it */
    struct utc resumed; /* when the last of several parts was begun; else zero */
    struct buf problem; /* why it is not whole; empty where it is */
};

/* Finds the parts that a collection goes on behind, the first first; 0: none is here. */
enum { COLLECTION_PARTS_MOST = 16 };
typedef size_t collection_before(void *context, const struct collection_facts *facts,
                                 struct hash parts[COLLECTION_PARTS_MOST]);
void collection_reading_release(struct collection_reading *r);

/* Which tool's collection lies behind a descriptor; COLLECTION_UNKNOWN for none. name is for
 * messages. ERR_DENIED: it is sealed, and no key of this person opens it; ERR_NEWER; as
 * worker_run. */
MUST_CHECK int collection_sniff(struct session *s, int fd, const char *name,
                                enum collection_tool *out, struct err *e);
/* Reads one that is kept as a blob, and with it the parts that come before it, as one. Damage and
 * limits are no error, but out->problem. Errors are those of the store, and as collection_sniff;
 * ERR_FORMAT: it is none. */
MUST_CHECK int collection_read(struct session *s, const struct hash *blob, const char *name,
                               collection_before *before, void *context,
                               struct collection_reading *out, struct err *e);

/* One line of a list. The slices live until the callback returns. */
struct collection_line {
    bool is_missing;
    /* code, weight, hint, words, harmless, evidence; or what, step, why, count */
    const struct str *texts;
};
typedef int collection_line_visit(void *context, const struct collection_line *line, struct err *e);
/* Reads a list of the case's blobs, in a worker. */
MUST_CHECK int collection_list(struct store *store, const struct hash *list,
                               collection_line_visit *visit, void *context, struct err *e);
