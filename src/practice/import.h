/* import.h: foreign JSON documents, parsed in the worker, handed back as rows of texts.
 *
 * The half of a reader that runs in the worker reads the document (import_json), judges it, and
 * sends rows (import_send). The other half gets each row after it was checked: a kind that the
 * reader knows, the number of texts that this kind has, each of them UTF-8. Shipped documents go
 * the same way as foreign ones (import_memory). */
#pragma once
#include <jansson.h>
#include "base/str.h"
#include "sys/worker.h"

enum { IMPORT_TEXTS_MAX = 16 };

/* In the worker. */

/* Parses the whole of a document: at most LIMIT_IMPORT_SIZE bytes and LIMIT_JSON_DEPTH levels, no
 * member twice, nothing behind it. The caller owns *out: json_decref(). ERR_FORMAT says at which
 * line; ERR_LIMIT; ERR_IO. */
MUST_CHECK int import_json(json_t **out, int in, struct err *e);
/* The same from memory. */
MUST_CHECK int import_json_text(json_t **out, struct str text, struct err *e);
static inline UNUSED void import_json_freep(json_t **local)
{
    json_decref(*local);
}
#define CLEANUP_IMPORT_JSON CLEANUP(import_json_freep)
/* A member that is a text; empty where there is none, or it is of another type. */
struct str import_text(const json_t *object, const char *member);
/* A row's texts in one message. */
void import_row_add(struct buf *row, struct str text);

/* Where a reader in the worker puts its rows; tests put a function of their own. */
struct import_sink {
    int (*put)(void *context, uint32_t kind, struct str row, struct err *e);
    void *context;
};
MUST_CHECK int import_put(const struct import_sink *sink, uint32_t kind, const struct str *texts,
                          size_t count, struct err *e);
/* The sink that sends over a channel. */
struct import_sink import_channel(struct worker_channel *channel);

/* Outside of it. */

typedef int import_row(void *context, uint32_t kind, const struct str *texts, struct err *e);
struct import_reader {
    worker_job *job;
    const unsigned char *text_counts; /* of each kind */
    size_t kind_count;
    import_row *row;
    void *context;
};
/* Reads the document behind a descriptor (from its beginning). name is for messages. ERR_FORMAT,
 * ERR_LIMIT, ERR_TAMPER, ERR_DENIED, ERR_IO: worker_run. */
MUST_CHECK int import_run(const struct import_reader *r, const char *name, int fd,
                          struct str argument, struct err *e);
/* As worker_receive does: checks one message and hands it on. For tests too. */
MUST_CHECK int import_receive(const struct import_reader *r, uint32_t kind, struct str bytes,
                              struct err *e);
/* Bytes of the program as a descriptor; the caller closes it. */
MUST_CHECK int import_memory(int *fd, struct str bytes, struct err *e);
/* A regular file, for reading, of at most LIMIT_IMPORT_SIZE bytes. ERR_NOTFOUND, ERR_USAGE,
 * ERR_LIMIT, ERR_IO. */
MUST_CHECK int import_open(int *fd, const char *path, struct err *e);
