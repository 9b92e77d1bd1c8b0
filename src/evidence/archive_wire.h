/* archive_wire.h: the messages from the worker that reads an archive. Numbers are in this machine's
 * order. */
#pragma once
#include "evidence/archive.h"
#include "sys/worker.h"

enum archive_message {
    WIRE_ENTRY = 1, /* struct archive_entry_head, name, link, warning */
    WIRE_DATA,      /* bytes of the content */
    WIRE_HOLE,      /* u64: so many zero bytes of the content */
    WIRE_ENTRY_END, /* u64 size of the content, problem */
    WIRE_SUMMARY,   /* u64 count, u64 size, format, NUL, filters */
};

enum {
    WIRE_HAS_SIZE = 1,
    WIRE_HAS_MODIFIED = 2,
    WIRE_IS_SPARSE = 4,
    WIRE_IS_ENCRYPTED = 8,
    WIRE_TEXT_LIMIT = 512, /* of a warning or problem */
    WIRE_CHUNK_SIZE = 256 << 10,
};

struct archive_entry_head {
    uint32_t type;
    uint32_t flags;
    uint64_t size;
    uint64_t uid;
    uint64_t gid;
    int64_t modified_sec;
    uint32_t modified_ns;
    uint32_t mode;
    uint32_t name_len;
    uint32_t link_len;
    uint32_t warning_len;
    uint32_t unused;
};

/* Adds to a sum of content and checks it against base/limits.h; in_size is what the input had so
 * far, or in all. */
MUST_CHECK int archive_count_out(uint64_t *out_size, uint64_t more, uint64_t in_size,
                                 struct err *e);

/* What the program's side knows of an archive that a worker reads. */
struct archive_reading {
    const struct archived_receiver *to;
    uint64_t in_size;
    uint64_t out_size;
    uint64_t entry_size; /* of the entry that is open */
    uint64_t entry_count;
    uint64_t entry_limit;
    bool counts_out; /* against the limits on what is unpacked */
    bool is_open;    /* an entry was begun and not ended */
    bool has_summary;
    struct archived_summary summary;
};
/* Checks a message and tells the receiver. ERR_TAMPER: no sound worker sends it. */
MUST_CHECK int archive_take_message(struct archive_reading *r, uint32_t kind, struct str body,
                                    struct err *e);
int archive_unsound(struct err *e);

/* Sends the content of an entry, in messages of the right size. */
MUST_CHECK int archive_send_content(struct worker_channel *channel, struct str bytes,
                                    struct err *e);
/* Sends what a receiver's entry and end tell. */
MUST_CHECK int archive_send_entry(struct worker_channel *channel, const struct archived *entry,
                                  struct err *e);
MUST_CHECK int archive_send_end(struct worker_channel *channel, uint64_t size, struct str problem,
                                struct err *e);

/* Runs in the worker. The argument is the input's size, u64. */
int archive_job(int in, struct str argument, struct worker_channel *channel, struct err *e);
