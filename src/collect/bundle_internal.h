/* bundle_internal.h: what the files of the bundle's writer share. */
#pragma once
#include "collect/bundle.h"

enum {
    BUNDLE_BLOCK_SIZE = 512, /* of a tar archive */
    BUNDLE_CHUNK_SIZE = 65536,
    BUNDLE_CHUNK_ADDED = 17, /* what the stream adds to a chunk: crypto_secretstream's ABYTES */
    BUNDLE_LINK_SIZE = 64,
    BUNDLE_PATH_LIMIT = 4096,
    BUNDLE_ATTRIBUTE_LIMIT = 64 << 10, /* names and values of a member's attributes */
    BUNDLE_LINE_LIMIT = 256 << 10,
    BUNDLE_PART_SIZE = 1 << 20,
    BUNDLE_MEMBER_LIMIT = 1000000,
    BUNDLE_MEMBER_RESERVE = 20000, /* for the lines, and what ends the bundle */
};

#define BUNDLE_ARCHIVE_LIMIT ((uint64_t)1 << 40)
#define BUNDLE_ARCHIVE_RESERVE ((uint64_t)1 << 34)
#define BUNDLE_LINK_LAST ((uint64_t)1 << 63)

/* The frames, their chain and what is below: bundle_frame.c. */
struct bundle_frames;
MUST_CHECK int bundle_frames_begin(struct bundle_frames **out, const struct bundle_output *output,
                                   const struct bundle_recipient *to, size_t to_count,
                                   struct err *e);
MUST_CHECK int bundle_frames_add(struct bundle_frames *f, const void *bytes, size_t size,
                                 struct err *e);
/* Ends the piece, if it holds anything. */
MUST_CHECK int bundle_frames_cut(struct bundle_frames *f, bool is_last, struct err *e);
uint64_t bundle_frames_in(const struct bundle_frames *f);  /* bytes of the archive */
uint64_t bundle_frames_out(const struct bundle_frames *f); /* bytes of the output */
void bundle_frames_free(struct bundle_frames *f);          /* NULL is fine */

/* The stream that is sealed: bundle_seal.c. */
struct bundle_seal;
/* Adds what stands before the chunks to head. */
MUST_CHECK int bundle_seal_begin(struct bundle_seal **out, const struct bundle_recipient *to,
                                 size_t to_count, struct buf *head, struct err *e);
/* out: 4 + size + BUNDLE_CHUNK_ADDED bytes; size is at most BUNDLE_CHUNK_SIZE. */
void bundle_seal_chunk(struct bundle_seal *s, const uint8_t *bytes, size_t size, bool is_last,
                       uint8_t *out);
void bundle_seal_free(struct bundle_seal *s); /* NULL is fine */
DEFINE_CLEANUP(struct bundle_seal *, bundle_seal_free)

/* The name under which a path of the host stands in the archive; number makes one that is cut
 * distinct. */
void bundle_name(struct buf *out, struct str path, uint64_t number);
/* The blocks before a member's content. left_out: attributes that did not fit. */
void bundle_header(struct buf *out, const struct bundle_member *m, struct str name,
                   struct str target, struct utc made, size_t *left_out);

/* The bundle goes: whoever holds lines of it gets an error from now on. */
void bundle_lines_forget(struct bundle *b);
/* Takes away what stands of a line that is not ended. */
void bundle_lines_cut(struct bundle *b);
/* As bundle_settle, of the lines alone. */
MUST_CHECK int bundle_lines_settle(struct bundle *b, struct bundle_lines *const *kept, size_t count,
                                   struct err *e);
/* Puts the parts that are full; only between members. */
MUST_CHECK int bundle_lines_put_full(struct bundle *b, struct err *e);

struct bundle {
    struct bundle_frames *frames;
    struct bundle_lines *lines; /* the first of those that are open */
    struct bundle_lines *manifest;
    struct digest *digest; /* of the member that is open */
    struct utc made;
    struct buf header;
    struct buf name;   /* of the member that is open */
    struct buf source; /* of the same */
    uint64_t size;     /* of the same */
    uint64_t left;     /* of its content, to come */
    size_t left_out;   /* attributes of the same */
    bool is_open;
    bool is_unlisted; /* the member that is open does not stand in the manifest */
    struct bundle_counts counts;
    uint64_t room_members; /* what bundle_has_room tells by */
    uint64_t room_bytes;
    struct err failure; /* the first one; code 0: none */
};
