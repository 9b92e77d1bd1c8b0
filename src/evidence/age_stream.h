/* age_stream.h: the bytes of a file of age behind its header (C2SP age.md, "Payload"): a nonce,
 * then chunks of 64 KiB, each encrypted and authenticated by itself and by its place. */
#pragma once
#include "evidence/bundle_walk.h"
#include "sys/age_key.h"

enum { AGE_NONCE_SIZE = 16, AGE_CHUNK_SIZE = 64 << 10, AGE_TAG_SIZE = 16 };

/* Encrypts. */
struct age_sealer;
/* Draws the nonce, and adds it to out. */
struct age_sealer *age_sealer_new(const uint8_t file_key[AGE_FILE_KEY_SIZE], struct buf *out);
void age_sealer_free(struct age_sealer *s); /* NULL is fine; wipes */
DEFINE_CLEANUP(struct age_sealer *, age_sealer_free)
/* Adds chunks to out as they fill. The last is held back, since it is marked. */
void age_seal(struct age_sealer *s, struct str plain, struct buf *out);
void age_seal_end(struct age_sealer *s, struct buf *out);

/* Decrypts: the plain bytes as a source, which gives nothing that was not authenticated. What does
 * not open ends it. */
struct age_opener;
/* Reads the nonce. ERR_FORMAT: it is cut off; ERR_IO. */
MUST_CHECK int age_opener_new(struct age_opener **out, const struct bundle_source *sealed,
                              const uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e);
void age_opener_free(struct age_opener *o); /* NULL is fine; wipes */
DEFINE_CLEANUP(struct age_opener *, age_opener_free)
struct bundle_source age_opener_source(struct age_opener *o);
/* After the end: how it ended, and why it is not whole. */
enum bundle_state age_opener_state(const struct age_opener *o, const char **why);
uint64_t age_opener_chunks(const struct age_opener *o); /* that are good so far */
