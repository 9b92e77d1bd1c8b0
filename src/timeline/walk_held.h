/* walk_held.h: a walk through the evidence, and how much of what is packed in it may be unpacked
 * (doc/format/timeline.md section 2). */
#pragma once
#include "timeline/packing.h"
#include "timeline/walk.h"
#include "timeline/walk_zones.h"

struct archive;
struct bundle_unsealer;
enum { HEAD_SIZE = 512, CHUNK_SIZE = 256 << 10, WORDS_SIZE = 512 };
#define WALK_OVERDRAWN_MOST ((uint64_t)64 << 20)

/* The evidence, or a member that is held in memory. */
struct content {
    int fd; /* -1: in memory */
    struct str held;
    uint64_t size;
};

struct walking {
    const struct walk *walk;
    const struct source *root; /* the outermost container, while it is open */
    uint64_t in_size;          /* of the evidence, or of the files so far */
    uint64_t before;           /* of the files before this one */
    uint64_t out_size;         /* unpacked so far and held, in sum */
    uint64_t unpacked;         /* of packed streams, also what was passed over */
    uint64_t overdrawn;        /* held though the share was spent */
    uint64_t held;             /* bytes in memory now */
    uint64_t names;            /* bytes of the members' names */
    unsigned depth;
    uint64_t members;
    uint64_t things; /* taken and remarked, by all walkers */
    struct walk_zones zones;
    const char *ended; /* the limit that ended it, in words; NULL: none did */
};

/* What libarchive reads: a content, or what is packed in it. */
struct source {
    struct walking *walking;
    struct content *content;
    struct bundle_unsealer *unsealer; /* of a content that is sealed; else NULL */
    uint64_t off;
    char *bytes; /* CHUNK_SIZE */
    struct archive *archive;
    struct packing *packing; /* NULL: the content is not packed */
    char *unpacked;          /* CHUNK_SIZE */
    size_t head_size;        /* bytes of unpacked that were looked at before */
};

/* A member, or what was packed, as far as it is in memory. */
struct held {
    struct buf bytes;
    uint64_t size;   /* of what was unpacked; of another walker's only the beginning is kept */
    const char *why; /* what ended it before its end; NULL: nothing */
    char words[WORDS_SIZE];
};
void held_release(struct held *h);
/* Whether there is no room for more of it; then it says so. */
bool held_is_full(const struct walking *w, struct held *h);
/* What is another walker's is unpacked and counted, and only its beginning kept, unless it may be a
 * container, which all walk through. bytes NULL: zeros. */
void held_add(struct walking *w, struct held *h, const char *bytes, size_t size);
/* The member's content, by blocks, so that what stands before damage is there. */
void held_read(struct walking *w, struct archive *a, struct held *h);
/* It ended as the packing says. */
void held_tell_damage(struct held *h, const struct packing *p);

/* Whether the next thing is this walker's. */
bool walking_is_own(const struct walking *w);
/* Whether it is shown to all walkers, by its first bytes. */
bool walking_is_for_all(const struct walking *w, struct str head);
/* Whether what is there for all was unpacked: half of it is there from the beginning, the other
 * half comes as the evidence is read, so that what lies behind a bomb has its own. */
bool walking_is_spent(const struct walking *w);
/* So much more is held; it was of a stream, too, or the rest of one was passed over. Either may end
 * the walk. */
void walking_count_out(struct walking *w, uint64_t more);
void walking_count_unpacked(struct walking *w, uint64_t more);
/* The rest of a member. libarchive does it without unpacking, but in 7-Zip, where members may be
 * packed together: there it is counted. */
void walking_pass_over(struct walking *w, struct archive *a);
