/* le.h: little-endian numbers out of bytes, within their bounds. */
#pragma once
#include "base/str.h"

/* The number of size bytes, 1 to 8, at off. Outside of the bytes it is a bug: their length is
 * checked where they are read. */
static inline UNUSED uint64_t le_at(struct str s, size_t off, size_t size)
{
    uint64_t n = 0;

    if (size > 8 || off > s.len || size > s.len - off)
        BUG("a number at %zu of %zu bytes", off, s.len);
    for (size_t i = size; i-- > 0;)
        n = n << 8 | (uint8_t)s.p[off + i];
    return n;
}

static inline UNUSED uint32_t le32_at(struct str s, size_t off)
{
    return (uint32_t)le_at(s, off, 4);
}
