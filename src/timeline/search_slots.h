/* search_slots.h: how wide the slots of a histogram are. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SLOTS_WANTED = 24 };

/* A width that people count in, so that a span has about SLOTS_WANTED of them. */
int64_t slot_width(uint64_t span_ns);
/* One that those are whole multiples of, as small as may be where at most count slots, a hundred at
 * least, are to hold all from the first to the last time. */
int64_t slot_width_fine(int64_t first_ns, int64_t last_ns, uint32_t count);
/* Where the slot begins that has a time: at a multiple of its width. */
int64_t slot_begin(int64_t ns, int64_t width_ns);
