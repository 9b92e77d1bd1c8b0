/* bundle_walk.h: takes a bundle apart (doc/format/bundle.md), piece by piece, and stops where it is
 * no longer good. It starts no worker itself: bundle_read.h is what callers use. */
#pragma once
#include "base/hash.h"
#include "base/str.h"
#include "evidence/archive.h"
#include "evidence/bundle_read.h"

enum {
    BUNDLE_WALK_PIECE = 1 << 20,                /* content of a frame */
    BUNDLE_WALK_FRAME = (1 << 20) + (64 << 10), /* a frame */
    BUNDLE_WALK_WINDOW = 8 << 20,
    BUNDLE_WALK_LINK = 64,
    BUNDLE_WALK_CHUNK = 65536,
    BUNDLE_WALK_RECORDS = 256 << 10,
    BUNDLE_WALK_MEMBERS = 1000000,
};

#define BUNDLE_WALK_ARCHIVE ((uint64_t)1 << 40)

/* Where bytes come from: reads up to size bytes; *got is 0 only at the end. ERR_IO. */
struct bundle_source {
    int (*read)(void *context, void *bytes, size_t size, size_t *got, struct err *e);
    void *context;
};
/* Fewer than size bytes only at the end. */
MUST_CHECK int bundle_source_fill(const struct bundle_source *s, void *bytes, size_t size,
                                  size_t *got, struct err *e);

/* Reads head and boxes of a sealed bundle; hash is what the chunks are bound to. ERR_FORMAT,
 * ERR_NEWER. */
MUST_CHECK int bundle_head_read(const struct bundle_source *s, struct bundle_box *boxes,
                                size_t *count, struct hash *hash, struct err *e);

/* The frames within a sealed bundle, as a source. What does not open ends it. */
struct bundle_unsealer;
MUST_CHECK int bundle_unsealer_new(struct bundle_unsealer **out, const struct bundle_source *sealed,
                                   const uint8_t key[32], struct err *e);
void bundle_unsealer_free(struct bundle_unsealer *u); /* NULL is fine; wipes */
DEFINE_CLEANUP(struct bundle_unsealer *, bundle_unsealer_free)
struct bundle_source bundle_unsealer_source(struct bundle_unsealer *u);
/* After the end: how the sealed bytes ended, and why they are not whole. */
enum bundle_state bundle_unsealer_state(const struct bundle_unsealer *u, const char **why);

/* What an archive may hold. */
struct bundle_members_limits {
    const char *what; /* it is within: "bundle" */
    const char *count_text;
    uint64_t count; /* members */
    uint64_t size;  /* of one */
};
extern const struct bundle_members_limits bundle_members_usual;

/* The archive, pushed in pieces. ERR_FORMAT and a sentence part for what none holds; ERR_LIMIT. The
 * receiver may be NULL: nobody. */
struct bundle_members;
struct bundle_members *bundle_members_new(const struct archived_receiver *to,
                                          const struct bundle_members_limits *limits);
void bundle_members_free(struct bundle_members *m); /* NULL is fine */
DEFINE_CLEANUP(struct bundle_members *, bundle_members_free)
MUST_CHECK int bundle_members_add(struct bundle_members *m, struct str bytes, struct err *e);
uint64_t bundle_members_count(const struct bundle_members *m); /* of those that are whole */
bool bundle_members_is_at_end(const struct bundle_members *m); /* both blocks of zeros came */

/* Gives each good piece, with its link, to frames (which may be NULL) after what it holds went to
 * the members (NULL: the chain alone is checked, and nothing unpacked). Returns what a receiver or
 * the source returned; else 0, and the summary says how far it is good. */
MUST_CHECK int bundle_walk(const struct bundle_source *s, struct bundle_members *members,
                           int (*frames)(void *context, struct str bytes, struct err *e),
                           void *context, struct bundle_summary *out, struct err *e);
