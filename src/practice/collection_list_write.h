/* collection_list_write.h: the list of what is noticed and missing in a collection
 * (doc/format/collection.md 1), as it is written from what a worker says. */
#pragma once
#include "base/json.h"
#include "practice/collection.h"

enum { LIST_CODE_COUNT = 96 };

struct list_writer {
    struct collection_reading *out;
    struct store *store;
    struct blob_writer *writer; /* NULL: only the facts are wanted */
    struct hash of;
    struct buf line;
    struct json json;
    uint64_t
        of_code[LIST_CODE_COUNT]; /* how many came, by row; the last: of all codes not known here */
    uint64_t missing_kept;
    bool has_head;
    struct hash before[COLLECTION_PARTS_MOST]; /* the parts before it */
    size_t before_count;
    size_t part; /* that is read, from 0 */
    size_t document_part;
    bool is_of_other_boot; /* than the first part */
};
void list_writer_release(struct list_writer *r);

/* One answer of the worker; context is a struct list_writer. */
MUST_CHECK int list_writer_receive(void *context, uint32_t kind, struct str bytes, struct err *e);
/* The head where no line came, what came and was not kept, the last line, and into the case. */
MUST_CHECK int list_writer_end(struct list_writer *r, bool is_encrypted, struct err *e);
/* Adds to why it is not whole. */
void list_writer_problem(struct list_writer *r, const char *words);
