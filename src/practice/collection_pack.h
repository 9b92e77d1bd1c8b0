/* collection_pack.h: those members of a collection that are read, packed behind one descriptor for
 * the worker. Internal to the reading of collections.
 *
 * Names decide which they are, and nothing else: no name becomes a path, and no byte of a member is
 * looked at here. */
#pragma once
#include "base/hash.h"
#include "evidence/archive.h"
#include "practice/collection_name.h"

enum {
    PACK_MEMBER_SIZE = 128 << 20, /* of a member; what is behind is not read */
    PACK_SIZE = 320 << 20,        /* of all */
    PACK_INDEX_SIZE = 96 << 20,   /* of what tells all members */
};

enum pack_flags {
    PACK_CUT = 1,   /* not whole, by damage */
    PACK_INDEX = 2, /* not a member: of each one struct pack_seen and the name */
    PACK_OVER = 4,  /* larger than is read: these are its first bytes */
};

/* Before the name and the bytes of each; in this machine's order. */
struct pack_head {
    uint64_t size;
    uint64_t whole; /* bytes of the member in the archive */
    uint32_t name_len;
    uint32_t flags;
};

struct pack_seen {
    uint64_t size;
    struct hash sha256;
    uint32_t name_len;
    uint32_t unused;
};

struct pack {
    enum collection_tool tool; /* a guess until is_sure */
    bool is_sure;
    bool stops_when_known; /* only to learn which tool it is of */
    bool is_encrypted;     /* what was collected lies encrypted in it */
    bool index_is_cut;     /* there are more members than the index tells */
    struct utc newest;     /* of the times of files in it; zero where there is none */
    uint64_t members;
    uint64_t size; /* of their content */
    int fd;        /* in memory; the caller closes it by pack_release */
    /* of the member that is open */
    struct buf name;
    struct buf bytes;
    struct digest *sha256;
    bool is_open;
    bool is_taken;
    bool is_cut;
    bool is_over;
    uint64_t open_size;
    uint64_t packed;
    struct buf index;
};

MUST_CHECK int pack_begin(struct pack *p, struct err *e);
void pack_release(struct pack *p);
/* To be handed to archived_read with the pack as the context. ERR_CANCEL once the tool is known,
 * where that was all that was wanted. */
extern const struct archived_receiver pack_receiver;
/* After the reading, whole or not: what was open is kept as cut, the index is added, and a tool
 * that was only guessed is COLLECTION_UNKNOWN. */
MUST_CHECK int pack_end(struct pack *p, struct err *e);
