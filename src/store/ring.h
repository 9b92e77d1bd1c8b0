/* ring.h: bytes go in once and several eaters, each in a thread of its own, take them all in order.
 *
 * Hashing twice and writing a large blob then take as long as the slowest of the three. What fits
 * one slot starts no thread. One thread fills a ring. */
#pragma once
#include "base/err.h"

/* Takes the next bytes. Non-zero stops the whole ring and is what ring_room and ring_end return. */
typedef int ring_eat(void *context, const void *bytes, size_t size, struct err *e);

struct ring_eater {
    ring_eat *eat;
    void *context;
};

enum { RING_EATERS = 3 };

struct ring;
/* At most RING_EATERS. */
struct ring *ring_new(const struct ring_eater *eaters, size_t count);
/* Stops the threads; bytes that no eater took yet are dropped. */
void ring_free(struct ring *r);
DEFINE_CLEANUP(struct ring *, ring_free)
/* Where the next *room bytes may be put; waits until the slowest eater made room. */
MUST_CHECK int ring_room(struct ring *r, uint8_t **at, size_t *room, struct err *e);
/* size bytes were put there. */
void ring_filled(struct ring *r, size_t size);
/* Fills it with at most `most` bytes read from a descriptor; *got is 0 at the end. name is for the
 * error. ERR_IO. */
MUST_CHECK int ring_read(struct ring *r, int fd, const char *name, uint64_t most, uint64_t *got,
                         struct err *e);
/* Waits until all was eaten. Nothing may be filled afterwards. */
MUST_CHECK int ring_end(struct ring *r, struct err *e);
