/* age_head.h: the header of a file of age (C2SP age.md, "Header"): who may open it. Memory in,
 * memory out; hostile bytes are read in a worker only. */
#pragma once
#include "base/str.h"
#include "sys/age_key.h"

enum {
    AGE_HEAD_SIZE_LIMIT = 128 << 10,
    AGE_STANZA_LIMIT = 128,
    AGE_MAC_SIZE = 32,
};

struct age_head {
    struct age_share shares[AGE_STANZA_LIMIT];
    size_t share_count;
    struct age_lock lock; /* of a passphrase, which stands alone */
    bool has_lock;
    size_t other_count; /* stanzas that are not known */
    size_t covered;     /* bytes that the check at the end covers */
    uint8_t mac[AGE_MAC_SIZE];
};

/* Whether a header ends with the last line of these bytes, which were gathered line by line. */
bool age_head_is_whole(struct str bytes);
/* Reads a whole header. ERR_FORMAT; ERR_LIMIT; ERR_NEWER: of another version of age. */
MUST_CHECK int age_head_read(struct age_head *out, struct str bytes, struct err *e);
/* Whether the header is as it was made by who knows the file's key. */
bool age_head_fits(const struct age_head *h, struct str bytes,
                   const uint8_t file_key[AGE_FILE_KEY_SIZE]);

/* Writes a header, of shares or one lock. */
void age_head_begin(struct buf *out);
void age_head_add_share(struct buf *out, const struct age_share *share);
void age_head_add_lock(struct buf *out, const struct age_lock *lock);
void age_head_end(struct buf *out, const uint8_t file_key[AGE_FILE_KEY_SIZE]);
