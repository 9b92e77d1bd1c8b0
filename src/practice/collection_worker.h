/* collection_worker.h: the half of reading a collection that runs in the worker: members in, rows
 * out. Internal to the reading of collections. */
#pragma once
#include "base/mem.h"
#include "collect/foreign.h"
#include "practice/collection_pack.h"
#include "practice/import.h"

/* Rows, each of so many texts. Facts come before all others. */
enum collection_row {
    ROW_FACT,     /* name, value */
    ROW_DOCUMENT, /* some lines of the snapshot document, in order */
    ROW_OBSERVED, /* code, weight, hint, words, harmless, evidence */
    ROW_MISSING,  /* what, step, why, count */
    ROW_COUNT_
};
extern const unsigned char collection_row_texts[ROW_COUNT_];

enum { COLLECTION_TEXT_SIZE = 4096, COLLECTION_DOCUMENT_PART_SIZE = 256 << 10 };

struct member {
    struct str name;
    struct str bytes;
    uint64_t whole; /* its size in the archive */
    bool is_cut;
    bool is_over; /* the bytes are its first: it is larger than is read */
};

struct collection_job {
    enum collection_tool tool;
    struct utc newest;
    bool is_encrypted;
    struct buf input;
    struct member *members;
    size_t count;
    size_t room;
    struct str index; /* struct pack_seen and names */
    bool index_is_cut;
    const struct import_sink *sink;
    struct arena *arena;
    struct buf document; /* lines not yet sent */
};

/* The argument of the job: which tool, the newest time of a file in the archive, and whether
 * what was collected lies encrypted in it. */
struct collection_argument {
    uint32_t tool;
    uint32_t is_encrypted;
    uint32_t unused;
    uint32_t newest_ns;
    int64_t newest_sec;
};
worker_job collection_job;
/* The same on a pack in memory, for tests. */
MUST_CHECK int collection_job_run(struct str pack, const struct collection_argument *argument,
                                  const struct import_sink *sink, struct err *e);

/* A whole member's bytes; empty where there is none. */
struct str collection_member(const struct collection_job *c, const char *name);
MUST_CHECK int collection_fact(struct collection_job *c, const char *name, struct str value,
                               struct err *e);
/* Texts are made UTF-8 and cut. */
MUST_CHECK int collection_missed(struct collection_job *c, struct str what, const char *step,
                                 const char *why, struct err *e);
/* As collect_line, with the job as the context: gathers lines into rows. */
int collection_document_line(void *context, struct str line, struct err *e);
MUST_CHECK int collection_document_end(struct collection_job *c, struct err *e);

/* What each tool's collection becomes. */
MUST_CHECK int collection_read_bundle(struct collection_job *c, struct err *e);
MUST_CHECK int collection_read_uac(struct collection_job *c, struct err *e);
MUST_CHECK int collection_read_velociraptor(struct collection_job *c, struct err *e);
