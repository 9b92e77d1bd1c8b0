/* test_timeline_seed.h: numbers that follow from a seed alone (splitmix64, Steele, Lea and Flood
 * 2014), so that what fails once fails again. */
#pragma once
#include <stdint.h>

static inline uint64_t seed_next(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15U;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static inline uint64_t seed_below(uint64_t *seed, uint64_t most)
{
    return seed_next(seed) % most;
}
